"""A CPU's C compiler -> what an engine computes for single tokens, in float32 (native.c).

torch's kernels for matrices of few bits compute in bfloat16, which most laptops' CPUs cannot, and a dozen small
operations for one token's attention take longer to launch than to compute.  The functions are built once for a
computer, in a few seconds, and kept in NAKO_HOME/native.  Where that cannot be, `native` is None and torch computes,
more slowly: `nako doctor` says so.
"""

import contextlib
import ctypes
import functools
import hashlib
import platform
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor

from nakochat.core.compiler import c_compiler
from nakochat.core.errors import ConfigError
from nakochat.core.files import write_bytes
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.core.progress import warn

KINDS = ("float32", "bf16", "int8", "int4")
GROUP, OUTPUTS, LANES = 32, 32, 8  # what a product's inputs and outputs, and other widths, are multiples of
LEAST_WORK = 1 << 17  # multiplications that are worth a second thread
_FLAGS = ("-O3", "-march=native", "-std=gnu11", "-ffp-contract=off", "-fPIC", "-shared")
_POINTER, _LONG, _INT, _FLOAT = ctypes.c_void_p, ctypes.c_long, ctypes.c_int, ctypes.c_float


class Native:
    """The built functions.  All tensors are on the CPU, and float32 but where it says otherwise."""

    def __init__(self, library: ctypes.CDLL, runtime: ctypes.CDLL) -> None:
        names = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads")
        library.use_threads_of.argtypes = [_POINTER] * 3
        library.use_threads_of(*(ctypes.cast(getattr(runtime, name), _POINTER) for name in names))
        self._product, self._attend = library.product, library.attend
        self._norm, self._rotate, self._swiglu = library.norm, library.rotate, library.swiglu
        self._product.argtypes = [_INT, *[_POINTER] * 4, *[_LONG] * 3, _INT]
        self._attend.argtypes = [*[_POINTER] * 8, *[_LONG] * 7, _FLOAT, _INT]
        self._norm.argtypes = [*[_POINTER] * 3, *[_LONG] * 2, _FLOAT, _INT]
        self._rotate.argtypes = [*[_POINTER] * 4, *[_LONG] * 3, _INT]
        self._swiglu.argtypes = [*[_POINTER] * 3, *[_LONG] * 2, _INT]
        for function in (self._norm, self._rotate, self._swiglu):
            function.restype = None

    def product(self, kind: int, x: Tensor, weights: Tensor, scales: Tensor | None, out: int) -> Tensor:
        """(..., in) -> (..., out), with a matrix as native.c describes that of its kind (of KINDS).

        weights, scales: of exactly that kind and size.  TypeError for rows of another dtype, device or size.
        """
        size = weights.shape[1]
        if x.dtype is not torch.float32 or not x.is_cpu or x.shape[-1] != size:
            raise TypeError(f"{x.dtype} rows of {x.shape[-1]} on {x.device}, float32 rows of {size} expected")
        x = x.contiguous()
        rows = x.numel() // size
        y = x.new_empty((*x.shape[:-1], out))
        of_scales = None if scales is None else scales.data_ptr()
        threads = _threads(rows * size * out)
        if self._product(
            kind, x.data_ptr(), weights.data_ptr(), of_scales, y.data_ptr(), rows, size, out, threads
        ):
            raise MemoryError
        return y

    def norm(self, x: Tensor, weight: Tensor | None, epsilon: float) -> Tensor:
        """RMSNorm over the last axis, a multiple of LANES."""
        x = x.contiguous()
        y = torch.empty_like(x)
        width = x.shape[-1]
        of_weight = None if weight is None else weight.data_ptr()
        rows, threads = x.numel() // width, _threads(x.numel())
        self._norm(x.data_ptr(), of_weight, y.data_ptr(), rows, width, epsilon, threads)
        return y

    def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x (B, T, H, C); cos, sin broadcast to (B, T, 1, C/2)"""
        rows, steps, heads, width = x.shape
        x, wanted = x.contiguous(), (rows, steps, 1, width // 2)
        if cos.shape != wanted:
            cos, sin = cos.expand(wanted), sin.expand(wanted)
        cos, sin = cos.contiguous(), sin.contiguous()
        y = torch.empty_like(x)
        rows, threads = x.numel() // width, _threads(x.numel())
        self._rotate(x.data_ptr(), cos.data_ptr(), sin.data_ptr(), y.data_ptr(), rows, width, heads, threads)
        return y

    def swiglu(self, x: Tensor, other: Tensor) -> Tensor:
        """x·sigmoid(x)·other of one shape, the last axis a multiple of LANES."""
        x, other = x.contiguous(), other.contiguous()
        y = torch.empty_like(x)
        width = x.shape[-1]
        rows, threads = x.numel() // width, _threads(8 * x.numel())
        self._swiglu(x.data_ptr(), other.data_ptr(), y.data_ptr(), rows, width, threads)
        return y

    def attend(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        keys: Tensor,
        values: Tensor,
        slots: Tensor,
        places: Tensor,
        *,
        scale: float,
        window: int | None,
        longest: int,
    ) -> Tensor:
        """Write k and v (N, K, C) of N tokens to their slots and attend with q (N, H, C).  -> (N, H, C)

        keys, values (slots, K, S, C), one head's positions contiguous; slots, places (N,) int64; longest: the most
        positions of a token.  MemoryError where there is no room for the scores.
        """
        q, k, v = q.contiguous(), k.contiguous(), v.contiguous()
        n, heads, width = q.shape
        out = torch.empty_like(q)
        failed = self._attend(
            q.data_ptr(),
            k.data_ptr(),
            v.data_ptr(),
            keys.data_ptr(),
            values.data_ptr(),
            slots.data_ptr(),
            places.data_ptr(),
            out.data_ptr(),
            n,
            heads,
            k.shape[1],
            width,
            keys.stride(0),
            keys.stride(1),
            window or 0,
            scale,
            _threads(n * heads * width * longest),
        )
        if failed:
            raise MemoryError
        return out


def native_for(x: Tensor) -> Native | None:
    """The functions, where they are for such a tensor: where nothing is learnt from it, and no compiler looks on."""
    plain = (
        type(x) is Tensor and x.device.type == "cpu" and x.dtype == torch.float32 and x.shape[-1] % LANES == 0
    )
    if not plain or torch.is_grad_enabled() or torch.compiler.is_compiling():
        return None
    return native()


def _threads(work: int) -> int:
    return torch.get_num_threads() if work >= LEAST_WORK else 1


@functools.cache
def native() -> Native | None:
    """The functions, built where they are not there yet; None where they cannot be."""
    compiler = c_compiler()
    if platform.system() != "Linux" or compiler is None:
        return None
    try:
        # by the library that uses it: a process may have more than one
        runtime = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"))
        return Native(_library(compiler), runtime)
    except (OSError, AttributeError, _NotBuilt) as error:
        warn(
            say(
                f"엔진의 C 함수를 만들지 못하여 더 느린 것을 씁니다: {error}",
                f"the engine's C functions could not be built, so slower ones are used: {error}",
            )
        )
        return None


class _NotBuilt(Exception):
    """What the compiler said."""


def _library(compiler: list[str]) -> ctypes.CDLL:
    """The kept one, or one that is built now and kept where it can be.  OSError or _NotBuilt where there is none."""
    source = resources.files("nakochat.models").joinpath("native.c").read_bytes()
    name = hashlib.sha256("\0".join((*_FLAGS, *compiler, _cpu())).encode() + source).hexdigest()[:16] + ".so"
    kept: Path | None = None
    with contextlib.suppress(ConfigError):
        kept = home() / "native" / name
    with contextlib.suppress(OSError):  # not there, or not whole, or of another system
        if kept is not None:
            return ctypes.CDLL(str(kept))
    with tempfile.TemporaryDirectory() as folder:
        built, text = Path(folder) / name, Path(folder) / "native.c"
        text.write_bytes(source)
        done = subprocess.run(
            [*compiler, *_FLAGS, "-o", str(built), str(text), "-lm"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            lines = done.stderr.splitlines()
            raise _NotBuilt(
                next((line for line in lines if "error" in line), f"{compiler[0]}: {done.returncode}")
            )
        with contextlib.suppress(OSError):  # a home that cannot be written: the next process builds it anew
            if kept is not None:
                write_bytes(kept, built.read_bytes())
                return ctypes.CDLL(str(kept))
        return ctypes.CDLL(str(built))  # stays when its file is gone


def _cpu() -> str:
    """What -march=native depends on: computers that share a home may differ."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    flags = (line for line in info if line.startswith(("flags", "Features")))
    return platform.machine() + next(flags, "")

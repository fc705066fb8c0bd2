"""A CPU's C compiler -> what an engine computes for single tokens, in float32 (native.c).

torch's kernels for such matrices compute in bfloat16, which most laptops' CPUs cannot, and launching a dozen small
operations for one token's attention takes longer than it.  The functions are built once for a computer, in a second or
two, and kept in NAKO_HOME/native.  Where there is no compiler, or no torch with OpenMP of its own, `native` is None and
everything works as before, more slowly: `nako doctor` says so.
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
GROUP, OUTPUTS, LANES = 32, 8, 8  # what a product's inputs and outputs, and other widths, are multiples of
LEAST_WORK = 1 << 17  # multiplications that are worth a second thread
_FLAGS = ("-O3", "-march=native", "-std=gnu11", "-fPIC", "-shared")
_POINTER, _LONG, _INT, _FLOAT = ctypes.c_void_p, ctypes.c_long, ctypes.c_int, ctypes.c_float


class Native:
    """The built functions.  All tensors are on the CPU, and float32 but where it says otherwise."""

    def __init__(self, library: ctypes.CDLL, runtime: ctypes.CDLL) -> None:
        names = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads")
        library.begin.argtypes = [_POINTER] * 3
        library.begin(*(ctypes.cast(getattr(runtime, name), _POINTER) for name in names))
        self._product, self._attend = library.product, library.attend
        self._norm, self._rotate, self._swiglu = library.norm, library.rotate, library.swiglu
        self._product.argtypes = [_INT, *[_POINTER] * 4, *[_LONG] * 3, _INT]
        self._attend.argtypes = [*[_POINTER] * 8, *[_LONG] * 7, _FLOAT, _INT]
        self._norm.argtypes = [*[_POINTER] * 3, *[_LONG] * 2, _FLOAT, _INT]
        self._rotate.argtypes = [*[_POINTER] * 4, *[_LONG] * 3, _INT]
        self._swiglu.argtypes = [*[_POINTER] * 3, *[_LONG] * 2, _INT]
        for function in (self._product, self._norm, self._rotate, self._swiglu):
            function.restype = None

    def product(self, kind: int, x: Tensor, weights: Tensor, scales: Tensor | None, out: int) -> Tensor:
        """(..., in) -> (..., out), with a matrix as native.c describes that of its kind (of KINDS)."""
        x = x.contiguous()
        size = x.shape[-1]
        rows = x.numel() // size
        y = torch.empty(*x.shape[:-1], out)
        of_scales = None if scales is None else scales.data_ptr()
        threads = _threads(rows * size * out)
        self._product(
            kind, x.data_ptr(), weights.data_ptr(), of_scales, y.data_ptr(), rows, size, out, threads
        )
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
        x = x.contiguous()
        cos, sin = (table.expand(rows, steps, 1, width // 2).contiguous() for table in (cos, sin))
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
    plain = x.device.type == "cpu" and x.dtype == torch.float32 and x.shape[-1] % LANES == 0
    if not plain or torch.is_grad_enabled() or torch.compiler.is_compiling():
        return None
    return native()


def _threads(work: int) -> int:
    return torch.get_num_threads() if work >= LEAST_WORK else 1


@functools.cache
def native() -> Native | None:
    """The functions, built where they are not there yet; None where they cannot be."""
    compiler, runtime = c_compiler(), _torchs_openmp()
    if platform.system() != "Linux" or compiler is None or runtime is None:
        return None
    source = resources.files("nakochat.models").joinpath("native.c").read_bytes()
    name = hashlib.sha256("\0".join((*_FLAGS, compiler, _cpu())).encode() + source).hexdigest()[:16] + ".so"
    try:
        kept: Path | None = home() / "native" / name
    except ConfigError:
        kept = None
    if kept is not None and kept.is_file():
        return Native(ctypes.CDLL(str(kept)), runtime)
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / name
        (Path(folder) / "native.c").write_bytes(source)
        command = [compiler, *_FLAGS, "-o", str(built), str(Path(folder) / "native.c"), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            lines = done.stderr.splitlines()
            why = next((line for line in lines if "error" in line), f"{compiler}: {done.returncode}")
            warn(
                say(
                    f"C 컴파일러가 실패하여 더 느린 함수를 씁니다: {why}",
                    f"the C compiler failed, so slower functions are used: {why}",
                )
            )
            return None
        library = ctypes.CDLL(str(built))  # stays when its file is gone
        if kept is not None:
            with contextlib.suppress(
                OSError
            ):  # a home that cannot be written: the next process builds it anew
                write_bytes(kept, built.read_bytes())
    return Native(library, runtime)


def _cpu() -> str:
    """What -march=native depends on: computers that share a home may differ."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    flags = (line for line in info if line.startswith(("flags", "Features")))
    return platform.machine() + next(flags, "")


def _torchs_openmp() -> ctypes.CDLL | None:
    """The OpenMP that torch has loaded, of GNU or of LLVM, which knows the other's names."""
    maps = Path("/proc/self/maps")
    if not maps.is_file():
        return None
    paths = {
        line.split(maxsplit=5)[-1] for line in maps.read_text(encoding="utf-8", errors="replace").splitlines()
    }
    for name in ("libgomp", "libiomp", "libomp"):
        for path in sorted(paths):
            if Path(path).name.startswith(name):
                return ctypes.CDLL(path)
    return None

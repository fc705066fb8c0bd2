"""The hardware and torchrun's environment -> one value: where tensors live, and the collectives between ranks.

`Machine` is passed to whatever computes; nothing reads a global.  This is the only module that imports
torch.distributed.
"""

import gc
import os
import platform
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from nakochat.core.compiler import may_compile
from nakochat.core.dtypes import DTYPES, probe_dtype
from nakochat.core.errors import ConfigError
from nakochat.core.meeting import meet
from nakochat.core.messages import say
from nakochat.core.progress import warn
from nakochat.core.watchdog import PeerLost, Roll, Watchdog

# the first rank may tokenise a corpus for long while the others wait
PATIENCE = timedelta(hours=4)


# torch 2.13 gave the collectives new names
_SHARE = getattr(dist, "reduce_scatter_single", None) or dist.reduce_scatter_tensor
_GATHER = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor


class Pending(Protocol):
    """A collective on its way."""

    def wait(self) -> object: ...


@dataclass(frozen=True)
class Work:
    """A collective of torch's, waited for in a frame of this file: _is_waiting looks for that."""

    work: Any

    def wait(self) -> None:
        self.work.wait()


@dataclass(frozen=True)
class Machine:
    """Where to compute (device, dtype of activations) and as which of how many processes."""

    device: torch.device
    dtype: torch.dtype = torch.float32
    compile: bool = False
    rank: int = 0
    world: int = 1
    roll: Roll | None = field(default=None, compare=False, repr=False)
    """Who the other ranks are; None where there are none."""

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return self.rank == 0

    def sum(self, value: float) -> float:
        """The sum of a number over all ranks."""
        return self.sums(value)[0]

    def sums(self, *values: float) -> list[float]:
        """Of several numbers at once."""
        if self.world == 1:
            return list(values)
        totals = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(totals)
        return [float(total) for total in totals.tolist()]

    def largest(self, value: float) -> float:
        """The largest of a number over all ranks."""
        if self.world == 1:
            return value
        most = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.all_reduce(most, op=dist.ReduceOp.MAX)
        return float(most)

    def forget_cached_memory(self) -> None:
        """After memory ran out: free what is cached for shapes that will not come again."""
        gc.collect()
        if self.compile:
            torch.compiler.reset()  # graphs for the new shape, not ones for every shape
        if self.device.type != "cpu":
            torch.accelerator.empty_cache()

    def start_sum(self, tensor: Tensor) -> Pending:
        """Replace a tensor by its sum over all ranks; valid after the returned handle's wait()."""
        return Work(dist.all_reduce(tensor, async_op=True))

    def start_share(self, parts: Tensor, own: Tensor) -> Pending:
        """Reduce-scatter: own (...) = the sum over all ranks of their parts[this rank]; parts (world, ...)."""
        return Work(_SHARE(own.view(-1), parts.view(-1), async_op=True))

    def start_gather(self, own: Tensor, parts: Tensor) -> Pending:
        """All-gather: parts[r] = rank r's own; own (...), parts (world, ...)."""
        return Work(_GATHER(parts.view(-1), own.view(-1), async_op=True))

    def gather_bytes(self, own: bytes) -> list[bytes]:
        """Every rank's bytes, in the order of ranks."""
        if self.world == 1:
            return [own]
        room = int(self.largest(len(own))) + 8  # the length stands before
        sent = torch.zeros(room, dtype=torch.uint8)
        sent[: 8 + len(own)] = torch.frombuffer(
            bytearray(len(own).to_bytes(8, "little") + own), dtype=torch.uint8
        )
        parts = torch.zeros(self.world, room, dtype=torch.uint8, device=self.device)
        self.start_gather(sent.to(self.device), parts).wait()
        rows = [bytes(row.tolist()) for row in parts.cpu()]
        return [row[8 : 8 + int.from_bytes(row[:8], "little")] for row in rows]

    def wait(self) -> None:
        """A barrier: until every rank is here."""
        if self.world > 1:
            dist.barrier()

    def close(self) -> None:
        if self.world > 1 and dist.is_initialized():
            dist.destroy_process_group()

    @contextmanager
    def named_failures(self) -> Iterator[None]:
        """A failing rank names itself: the output of several processes is mixed."""
        try:
            yield
        except PeerLost:
            raise  # another's failure, which its words name
        except Exception as error:
            if self.roll is not None:
                self.roll.say("left", "failed")
            if self.world > 1:
                warn(_failure(self.rank, self.world, error))
            raise

    @contextmanager
    def in_step(self, patience: float) -> Iterator[Callable[[], None]]:
        """Watch over ranks that step together; call what it yields at every step.

        Where a rank makes no step for `patience` seconds while others wait for it, it is named and the process ends.
        PeerLost where another rank has ended.
        """
        if self.roll is None:
            yield lambda: None
            return
        with Watchdog(self.roll, patience, _is_waiting) as watchdog:
            try:
                yield watchdog.beat
            except RuntimeError as error:
                if not _is_lost_peer(error):
                    raise
                raise self.roll.missing() from error

    def gpu_uuids(self) -> tuple[str, ...]:
        """NVIDIA's names of the GPUs of this computer that the ranks use; none on a CPU."""
        if self.device.type != "cuda" or torch.version.hip is not None:
            return ()
        used = (
            range(min(self.world, torch.cuda.device_count())) if self.world > 1 else (self.device.index or 0,)
        )
        return tuple(f"GPU-{torch.cuda.get_device_properties(index).uuid}" for index in used)

    def describe(self) -> dict[str, Any]:
        """What a reader of a result needs to know about the machine, as JSON."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else cpu_name()
        return {
            "device": self.device.type,
            "name": name,
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "memory_gb": round(physical_memory_bytes() / 1e9, 1),
            "dtype": str(self.dtype).removeprefix("torch."),
            "compiled": self.compile,
            "processes": self.world,
            "system": platform.platform(),
        }


def _is_waiting() -> bool:
    """Whether the main thread waits for other ranks, which happens in this file only."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code.co_filename == __file__:
            return True
        frame = frame.f_back
    return False


def _failure(rank: int, world: int, error: Exception) -> str:
    where = f"{rank}/{world} ({socket.gethostname()}, {os.getpid()})"
    if isinstance(error, RuntimeError) and _is_lost_peer(error):
        return say(
            f"프로세스 {where}: 다른 프로세스와 연결이 끊겼습니다. 먼저 멈춘 프로세스의 말을 보세요.",
            f"process {where}: the connection to another process was lost. See what the one that failed first says.",
        )
    return say(
        f"프로세스 {where}: 여기에서 실패했습니다 ({type(error).__name__}).",
        f"process {where} failed ({type(error).__name__}).",
    )


def _is_lost_peer(error: RuntimeError) -> bool:
    words = (
        "closed by peer",
        "Connection reset",
        "Broken pipe",
        "remote process exited",
        "NCCL communicator",
    )
    return isinstance(error, dist.DistError) or any(word in str(error) for word in words)


def open_machine(device: str = "auto", dtype: str = "auto", compile: str = "auto") -> Machine:
    """The machine that this process runs on; joins the process group when torchrun started it.

    Raises ConfigError for a device that is not there.
    """
    place = pick_device(device)
    world = _told("WORLD_SIZE", 1)
    rank = own_rank()
    if world > 1:
        _require_launcher()
    if place.type == "cuda":
        place = _own_gpu(_told("LOCAL_RANK", 0))
        torch.cuda.set_device(place)
    roll = _join(place, rank, world) if world > 1 else None
    machine = Machine(device=place, rank=rank, world=world, compile=may_compile(compile, place), roll=roll)
    require_dtype(dtype)
    chosen = probe_dtype(place) if dtype == "auto" else DTYPES[dtype]
    # every rank must compute alike: bf16 and the compiler only where all of them have it
    agreed = machine.sum(chosen == torch.bfloat16) == machine.world
    compiled = machine.sum(machine.compile) == machine.world
    return replace(machine, dtype=torch.bfloat16 if agreed else torch.float32, compile=compiled)


_roll: list[Roll] = []  # of the process group, which is joined once


def _join(device: torch.device, rank: int, world: int) -> Roll:
    """Join the process group that torchrun's environment describes; at a second call, the group that was joined."""
    if not dist.is_initialized():
        shared, _, _ = next(rendezvous("env://", timeout=PATIENCE))
        start = meet(shared, rank, world, PATIENCE.total_seconds())
        dist.init_process_group(
            "nccl" if device.type == "cuda" else "gloo",
            store=_under(f"{start}/group", shared),
            rank=rank,
            world_size=world,
            timeout=PATIENCE,
        )
        # a connection of its own: the watchdog speaks while the group may be waiting on the other
        own = _under(f"{start}/roll", shared.clone())
        _roll[:] = [Roll(own, rank, world, f"{socket.gethostname()}, {os.getpid()}")]
    return _roll[0]


def _under(prefix: str, store: Any) -> Any:
    return dist.PrefixStore(prefix, store)  # type: ignore[attr-defined]


def own_rank() -> int:
    """torchrun's rank of this process, 0 without torchrun; for code that runs before there is a Machine."""
    return _told("RANK", 0)


def _told(name: str, default: int) -> int:
    """A number of torchrun's environment.  ConfigError where it is none."""
    value = os.environ.get(name, str(default))
    if not value.isdecimal():
        raise ConfigError(
            say(
                f"환경 변수가 수가 아닙니다: {name}={value!r}. torchrun을 쓰지 않는다면 지우세요: unset {name}",
                f"the environment variable {name} is {value!r}, which is no number. Without torchrun, 'unset {name}'.",
            )
        )
    return int(value)


def _require_launcher() -> None:
    """ConfigError where WORLD_SIZE stands alone, as job scripts export it: the others would never come."""
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise ConfigError(
            say(
                f"WORLD_SIZE만 있고 다음 환경 변수가 없습니다: {', '.join(missing)}. 여러 프로세스로 하려면 "
                "torchrun으로 시작하고, 아니면 지우세요: unset WORLD_SIZE",
                f"WORLD_SIZE is set, but not {', '.join(missing)}. Start several processes with torchrun; else 'unset "
                "WORLD_SIZE'.",
            )
        )


def _own_gpu(local_rank: int) -> torch.device:
    require_gpus(local_rank + 1, "torchrun --nproc-per-node")
    return torch.device("cuda", local_rank)


def require_gpus(processes: int, flag: str) -> None:
    """ConfigError where this machine has fewer GPUs than processes that want one each; the flag says how many."""
    count = torch.cuda.device_count()
    if processes > count:
        raise ConfigError(
            say(
                f"이 컴퓨터에는 GPU가 {count}개인데 프로세스 {processes}개가 하나씩 쓰려고 합니다. "
                f"이렇게 줄이세요: {flag} {count}",
                f"this machine has {count} GPUs and {processes} processes want one each. Give {flag} {count}.",
            )
        )


def require_dtype(name: str) -> None:
    """ConfigError for a --dtype that there is not."""
    if name != "auto" and name not in DTYPES:
        raise ConfigError(
            say(
                f"dtype은 auto, float32, bfloat16 가운데 하나여야 합니다: {name}.",
                f"dtype is auto, float32 or bfloat16: {name}.",
            )
        )


def pick_device(name: str) -> torch.device:
    """The device of a --device.  ConfigError for one that is not there."""
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "xpu": torch.xpu.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if not available.get(name):
        known = ", ".join(kind for kind, there in available.items() if there)
        raise ConfigError(
            say(
                f"'{name}' 장치를 쓸 수 없습니다. 이 컴퓨터에 있는 것: {known}. 하나를 고르거나 auto로 두세요.",
                f"device '{name}' cannot be used. This machine has: {known}. Choose one of them, or auto.",
            )
        )
    return torch.device(name)


def cpu_name() -> str:
    """The processor's own name for itself."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def physical_memory_bytes() -> int:
    """Main memory of this computer; 0 where the system does not say."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0


def synchronise(device: torch.device) -> None:
    """Wait until the device has finished its queued work; a clock read earlier measures launches."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def peak_memory_bytes(device: torch.device) -> int:
    """Most bytes that this process has held so far on its device."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if platform.system() == "Darwin" else 1024)

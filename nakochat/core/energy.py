"""Meters that the machine has -> joules since a moment: the processor's by RAPL, NVIDIA's by NVML.

Both count by themselves, so that reading them costs nothing and misses nothing between two readings.  A machine that
has neither, or does not let this user read them, has no figure, and none is guessed.
https://www.kernel.org/doc/html/latest/power/powercap/powercap.html
https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

RAPL = Path("/sys/class/powercap")


@dataclass
class _Counter:
    """A counter that only grows, but begins anew at `wraps_at`."""

    read: Callable[[], float | None]
    wraps_at: float | None
    last: float
    total: float = 0.0

    def advance(self) -> float:
        now = self.read()
        if now is not None:
            gone = now - self.last
            if gone < 0 and self.wraps_at is not None:
                gone += self.wraps_at
            self.total += max(0.0, gone)
            self.last = now
        return self.total


class EnergyMeter:
    """Joules since it was made, of the whole machine's processors and of these NVIDIA GPUs."""

    def __init__(self, gpu_uuids: tuple[str, ...] = (), *, rapl: Path = RAPL) -> None:
        self._counters = [
            _Counter(read, wraps_at, first)
            for read, wraps_at in [*_processors(rapl), *_gpus(gpu_uuids)]
            if (first := read()) is not None
        ]

    def joules(self) -> float | None:
        """None where nothing can be read.  Ask at least every few minutes: a processor's counter begins anew."""
        return sum(counter.advance() for counter in self._counters) if self._counters else None


def _processors(folder: Path) -> list[tuple[Callable[[], float | None], float | None]]:
    """The packages; the cores and memory inside are counted in them."""
    found: list[tuple[Callable[[], float | None], float | None]] = []
    for package in sorted(folder.glob("intel-rapl:*")):
        if package.name.count(":") == 1 and _number(package / "energy_uj") is not None:
            whole = _number(package / "max_energy_range_uj")
            found.append((_reader(package / "energy_uj"), None if whole is None else whole * 1e-6))
    return found


def _reader(path: Path) -> Callable[[], float | None]:
    def read() -> float | None:
        value = _number(path)
        return None if value is None else value * 1e-6

    return read


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):  # most systems let only root read it
        return None


def _gpus(uuids: tuple[str, ...]) -> list[tuple[Callable[[], float | None], float | None]]:
    if not uuids:
        return []
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return []
    if library.nvmlInit_v2() != 0:
        return []
    found: list[tuple[Callable[[], float | None], float | None]] = []
    for uuid in uuids:
        handle = ctypes.c_void_p()
        if library.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(handle)) == 0:
            found.append((_gpu_reader(library, handle), None))
    return found


def _gpu_reader(library: ctypes.CDLL, handle: ctypes.c_void_p) -> Callable[[], float | None]:
    def read() -> float | None:
        millijoules = ctypes.c_ulonglong()
        if library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules)) != 0:
            return None
        return millijoules.value * 1e-3

    return read

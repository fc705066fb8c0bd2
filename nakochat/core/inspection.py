"""This computer -> facts about it: memory, cores, disk, kernels, network.  Nothing is changed.

`nako doctor` says them and what each lack costs; a plan asks how much memory there is.
"""

import os
import shutil
import socket
from pathlib import Path

import torch

from nakochat.core.machine import peak_memory_bytes, physical_memory_bytes


def memory_bytes(device: torch.device) -> int:
    """Memory that a process on this device may take; of a container, what it is allowed."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    limit = _container_limit()
    return min(physical_memory_bytes(), limit) if limit else physical_memory_bytes()


def free_memory_bytes() -> int | None:
    """Main memory that is not in use; None where the system does not say."""
    info = Path("/proc/meminfo")
    if not info.is_file():
        return None
    for line in info.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def held_bytes(device: torch.device) -> int:
    """What training has needed: on a GPU its peak; in main memory what is held now, which keeps all that training once
    had (allocator.py) and not what preparing data had before.  The peak of the process where the system says no more.
    """
    pages = Path("/proc/self/statm")
    if device.type == "cuda" or not pages.is_file():
        return peak_memory_bytes(device)
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def usable_cores() -> int:
    """Cores that this process may run on, which may be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_disk_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def reaches(host: str, port: int = 443, *, seconds: float = 3.0) -> bool:
    """Whether a connection to a host opens within that time; nothing is sent."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except OSError:
        return False


def _container_limit() -> int | None:
    """What cgroups allow, of both versions."""
    for path in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isdecimal() and int(text) < 2**60:
            return int(text)
    return None

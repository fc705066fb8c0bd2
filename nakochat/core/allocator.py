"""Settings of glibc's allocator: keep freed memory instead of returning it to the kernel.

Training allocates the same large blocks at every step.  By default glibc returns each to the kernel and takes page
faults for it again: keeping them saves those (`nako bench train --ablations` measures it).  It must be called before
torch is imported, so only `cli.py` does; importing the package never changes the process.
"""

import ctypes
import gc
import sys

# malloc.h: parameter numbers of mallopt(3)
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8


def keep_memory() -> bool:
    """Tune the allocator; False where it is not glibc's."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl
        return False
    settings = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 * 2**20, _ARENA_MAX: 1}
    accepted = [mallopt(parameter, value) == 1 for parameter, value in settings.items()]
    return all(accepted)


def give_back() -> None:
    """Return unused memory to the kernel: between stages, so that one's peak does not add to the next one's."""
    gc.collect()
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

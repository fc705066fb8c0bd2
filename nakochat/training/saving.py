"""The state of a training at one moment -> a checkpoint, written by a thread while training goes on.

Training stands still only while tensors are copied into memory that is kept for them.  One save is on its way at a
time; the next, and whoever needs to know how it ended, waits for it.
"""

import threading
from collections.abc import Callable

import torch
from torch import Tensor


class Snapshot:
    """Copies of tensors in the host's memory, which every save uses again: getting it takes longer than copying."""

    def __init__(self) -> None:
        self._buffers: dict[str, Tensor] = {}

    def take(self, name: str, tensor: Tensor) -> Tensor:
        """A copy, kept under this name; it is complete once the device has been synchronised."""
        there = self._buffers.get(name)
        if there is None or there.shape != tensor.shape or there.dtype != tensor.dtype:
            pinned = tensor.device.type == "cuda"  # else the copy waits for the device
            there = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=pinned)
            self._buffers[name] = there
        there.copy_(tensor.detach(), non_blocking=True)
        return there


def drop(name: str, tensor: Tensor) -> Tensor:
    """In place of `Snapshot.take`, on ranks that do not write."""
    return tensor.new_empty(0)


class Saver:
    """Runs one piece of writing at a time."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def begin(self, write: Callable[[], object]) -> None:
        """Start writing; `collect` or `wait` before the next."""
        assert self._thread is None

        def work() -> None:
            try:
                write()
            except BaseException as error:
                self._error = error

        # not a daemon: a process that ends without waiting for it would leave half of a save
        self._thread = threading.Thread(target=work, name="nako-save")
        self._thread.start()

    def collect(self) -> OSError | None:
        """As `wait`, but None while the save goes on."""
        if self._thread is None or self._thread.is_alive():
            return None
        return self.wait()

    def wait(self) -> OSError | None:
        """Wait for the save.  -> its OSError, None for success; any other error is raised."""
        if self._thread is None:
            return None
        self._thread.join()
        error, self._thread, self._error = self._error, None, None
        if error is None or isinstance(error, OSError):
            return error
        raise error

"""Standard output and error -> streams that outlive whoever reads them.

A training that is shown through a pipe, a remote terminal or a file on a full disk goes on when that ends: what it
would have said is in metrics.jsonl.
"""

import io
import os
import sys
from typing import Any


class _Lasting(io.FileIO):
    """A descriptor that leads nowhere once a write to it has failed."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # also for who writes past Python
            os.close(nowhere)
            return super().write(data)


def outlive_readers() -> None:
    """Let sys.stdout and sys.stderr, where they are of the system, fail in silence from now on."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        stream.flush()
        lasting = io.BufferedWriter(_Lasting(stream.fileno(), "w", closefd=False))
        setattr(
            sys,
            name,
            io.TextIOWrapper(
                lasting,
                encoding=stream.encoding,
                errors=stream.errors,
                line_buffering=stream.line_buffering,
                write_through=stream.write_through,
            ),
        )

"""Crafted files read in a process of their own: whatever they hold, its memory stays within a bound."""

import io
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
import zstandard

MIB = 1 << 20
BOUND = 640 * MIB
LONG = "가" * (10 * MIB)  # 30 MiB


def repeated() -> pa.Table:
    """One long text that a dictionary lets stand in a thousand rows."""
    return pa.table(
        {"text": pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array([LONG]))}
    )


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(repeated(), out, compression="zstd", dictionary_pagesize_limit=64 * MIB)
    return out.getvalue()


def arrow() -> bytes:
    out = io.BytesIO()
    with ipc.new_stream(out, repeated().schema) as sink:
        sink.write_table(repeated())
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


# name of the file -> what is in it.  All but the repeated texts are refused.
FILES: dict[str, Callable[[], bytes]] = {
    "line.jsonl.zst": lambda: zstd(b'{"text": "' + b"a" * (400 * MIB)),
    "line.txt": lambda: b"a" * (40 * MIB),
    "empties.jsonl": lambda: b'{"text": "a", "x": [' + b"[]," * (5 * MIB) + b"[]]}\n[]",
    "quotes.csv": lambda: b'id,text\n1,"' + b'\n","' * (8 * MIB),
    "cells.tsv": lambda: b"\t" * (15 * MIB) + b"\n" + b"\t" * 9,
    "repeated.parquet": parquet,
    "repeated.arrow": arrow,
    "length.arrow": lambda: b"\xff\xff\xff\xff" + struct.pack("<i", 2**31 - 8) + bytes(2 * MIB),
    "deep.json": lambda: b"[" * (10 * MIB),
}


SCRIPT = """
import re, sys
from itertools import islice
from pathlib import Path
from nakochat.core.errors import DataError
from nakochat.data.corpus.documents import read_documents
try:
    found = sum(1 for _ in islice(read_documents([Path(sys.argv[1])]), 2))
except DataError:
    found = -1
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(found, int(peak) * 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("name", FILES)
def test_no_file_takes_more_memory_than_the_bound(name: str, tmp_path: Path) -> None:
    """Each in its own process: what Python's heap keeps of one file is not the next one's."""
    (tmp_path / name).write_bytes(FILES[name]())
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found, peak = map(int, done.stdout.split())
    assert found == (2 if name.startswith("repeated") else -1)
    assert peak < BOUND, f"{peak / MIB:.0f} MiB"

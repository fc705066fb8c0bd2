"""Packed files: one that unpacks to far more than texts do is refused, plain and small ones never are."""

import gzip
from pathlib import Path

import pytest
import zstandard

from nakochat.core.errors import DataError
from nakochat.data.corpus import streams
from nakochat.data.corpus.streams import open_bytes, open_seekable

ZEROS = bytes(8 << 20)


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_a_bomb_is_refused_where_it_passes_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    packed = gzip.compress(ZEROS) if name.endswith("gz") else zstandard.ZstdCompressor().compress(ZEROS)
    (tmp_path / name).write_bytes(packed)
    assert len(open_bytes(tmp_path / name).read()) == len(ZEROS)  # small in any case
    monkeypatch.setattr(streams, "_SMALL_BYTES", 1 << 20)
    with pytest.raises(DataError, match=rf"{name}.*250배"):
        open_bytes(tmp_path / name).read()
    with pytest.raises(DataError, match="250배"):
        open_seekable(tmp_path / name)


def test_texts_and_plain_files_are_no_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_SMALL_BYTES", 0)
    text = "".join(f"{n}번 문장입니다.\n" for n in range(20_000)).encode()
    (tmp_path / "a.gz").write_bytes(gzip.compress(text))
    (tmp_path / "a.txt").write_bytes(ZEROS)
    assert open_bytes(tmp_path / "a.gz").read() == text
    assert open_bytes(tmp_path / "a.txt").read() == ZEROS

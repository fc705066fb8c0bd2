"""Files -> blocks, and what a worker makes of one."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from nakochat.core.errors import DataError
from nakochat.data.cleaning.cleaner import CleanSettings
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.files import find_files
from nakochat.data.shards import tokenising
from nakochat.data.shards.tokenising import (
    START,
    Encoder,
    Place,
    Reading,
    SourceFile,
    blocks,
    encoded_blocks,
    pieces,
)
from nakochat.data.village.village import Village
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    Tokenizer.train([Village(0).text(number) for number in range(40)], 400).save(folder)
    return folder


@pytest.fixture
def reading(tmp_path, monkeypatch):
    """Three small files, of which the last is of another source."""
    monkeypatch.setattr(tokenising, "BLOCK_CHARACTERS", 60)
    for name, count in (("a", 13), ("b", 2), ("c", 9)):
        rows = [json.dumps({"text": f"{name} 문서 {n}번입니다.", "id": f"{n}"}) for n in range(count)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return Reading(
        files=tuple(
            SourceFile(file=find_files([tmp_path / f"{name}.jsonl"])[0], source=source, column="text")
            for name, source in (("a", 0), ("b", 0), ("c", 1))
        )
    )


def test_blocks_hold_every_document_and_none_of_two_sources(reading):
    found = list(blocks(reading, START))
    assert [text for block in found for text in block.texts] == [
        f"{name} 문서 {n}번입니다." for name, count in (("a", 13), ("b", 2), ("c", 9)) for n in range(count)
    ]
    assert all({text[0] == "c" for text in block.texts} == {block.source == 1} for block in found)
    assert len(found) > 3


def test_going_on_behind_any_block_gives_the_blocks_that_follow(reading):
    found = list(blocks(reading, START))
    for number, block in enumerate(found):
        assert list(blocks(reading, block.after)) == found[number + 1 :]
    assert found[-1].after == Place(3, 0)


def test_damaged_lines_stand_with_the_block_behind_them_wherever_reading_goes_on(reading):
    """Between documents, and at the end of the first source, whose last block may be full."""
    for entry, places in zip(reading.files, ((0, 5, 13), (2, 2), (9,)), strict=True):
        rows = entry.file.path.read_text(encoding="utf-8").splitlines()
        for place in reversed(places):
            rows.insert(place, "{")
        entry.file.path.write_text("\n".join(rows), encoding="utf-8")

    def read(start):
        return list(blocks(dataclasses.replace(reading, damage=Damage("skip")), start))

    found = read(START)
    assert [sum(block.damaged for block in found if block.source == source) for source in (0, 1)] == [5, 1]
    for number, block in enumerate(found):
        assert read(block.after) == found[number + 1 :]


def test_a_giant_document_has_the_ids_that_it_has_in_one_piece(folder, monkeypatch):
    monkeypatch.setattr(tokenising, "PIECE_CHARACTERS", 50)
    text = "\n".join(f"이것은 {n}번째 줄이에요.  빈칸도 있고\n\n\t들여쓴 줄도 있어요!" for n in range(30))
    assert "".join(pieces(text)) == text
    assert max(map(len, pieces(text))) <= 50
    tokenizer, encode = Tokenizer.load(folder), Encoder(folder, CleanSettings())
    encoded = encode(["앞글", text, "뒷글"])
    apart = [[tokenizer.bos, *tokenizer.encode(part)] for part in ("앞글", text, "뒷글")]
    assert encoded.ids.tolist() == [token for ids in apart for token in ids]
    assert encoded.lengths.tolist() == list(map(len, apart))


def test_a_document_without_lines_is_cut_all_the_same(monkeypatch):
    monkeypatch.setattr(tokenising, "PIECE_CHARACTERS", 50)
    assert [len(piece) for piece in pieces("가" * 120)] == [50, 50, 20]


def test_nothing_left_is_no_documents(folder):
    encoded = Encoder(folder, CleanSettings(minimum_characters=100))(["짧아요", "이것도"])
    assert (len(encoded.ids), len(encoded.lengths), encoded.counts["too_short"]) == (0, 0, 2)
    assert encoded.ids.dtype == np.uint16


def test_a_worker_that_dies_is_named(folder, reading, monkeypatch):
    class Pool:
        def __init__(self, *arguments):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def submit(self, function, *arguments):
            raise tokenising.BrokenProcessPool("gone")

    monkeypatch.setattr(tokenising, "worker_pool", Pool)
    with pytest.raises(DataError, match="--workers"):
        list(encoded_blocks(reading, START, folder, CleanSettings(), 2))


MEASURE = """
import resource, sys
from pathlib import Path
from nakochat.data.shards import tokenising
from nakochat.data.cleaning.cleaner import CleanSettings
from nakochat.data.corpus.files import find_files
from nakochat.data.shards.set_writer import Preparation, prepare_part
tokenising.BLOCK_CHARACTERS = 1 << 16
path, tokenizer, out = map(Path, sys.argv[1:])
files = (tokenising.SourceFile(file=find_files([path])[0], source=0),)
made = Preparation(
    reading=tokenising.Reading(files=files),
    sources=("a",),
    tokenizer=tokenizer,
    shard_tokens=200_000,
    cleaning=CleanSettings(exact_duplicates=False),
)
prepare_part(out, made, 1, 1, lambda progress: None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
def test_memory_stays_flat_however_long_the_corpus_is(tmp_path, folder):
    peaks = []
    for count in (4_000, 40_000):
        path = tmp_path / f"{count}.txt.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": f"{n}번째 글이에요. " * 6}) + "\n" for n in range(count))
        found = subprocess.run(
            [sys.executable, "-c", MEASURE, str(path), str(folder), str(tmp_path / f"set-{count}")],
            check=True,
            capture_output=True,
            text=True,
        )
        peaks.append(int(found.stdout) // 1024)
    assert peaks[1] - peaks[0] < 20, peaks  # of MiB; the texts alone would be 9, their ids as numbers 60

"""Small corpora -> sets: the same bytes however the work is divided and wherever it is broken off."""

import json
import os
import re

import numpy as np
import pytest

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import lock_file
from nakochat.data.cleaning.cleaner import CleanSettings
from nakochat.data.corpus.documents import read_documents
from nakochat.data.corpus.files import find_files
from nakochat.data.held_out import VALIDATION_SHARE, place
from nakochat.data.shards import set_writer, tokenising
from nakochat.data.shards.set_writer import Preparation, prepare_part
from nakochat.data.shards.token_set import TokenSet
from nakochat.data.shards.tokenising import Reading, SourceFile
from nakochat.data.village.village import Village
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    Tokenizer.train([Village(0).text(number) for number in range(40)], 400).save(folder)
    return folder


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(tokenising, "BLOCK_CHARACTERS", 1500)


def lines(count, start=0):
    return [
        f"문서 {n}번입니다. 이 글은 {n * 7919 % 1000}에 대한 글이에요.\n둘째 줄."
        for n in range(start, start + count)
    ]


def write_lines(path, texts):
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    return path


@pytest.fixture
def corpus(tmp_path):
    """Three files of two sources, with repeats within and over files."""
    first, second = lines(150), lines(150, 140)
    write_lines(tmp_path / "a1.jsonl", [*first, first[3]])
    write_lines(tmp_path / "a2.jsonl", second)
    (tmp_path / "b.txt").write_text("따로 온 글이에요.\n" * 40, encoding="utf-8")
    return tmp_path


def preparation(corpus, tokenizer, **changes):
    files = [("a1.jsonl", 0), ("a2.jsonl", 0), ("b.txt", 1)]
    reading = Reading(
        files=tuple(SourceFile(file=find_files([corpus / name])[0], source=source) for name, source in files)
    )
    options = {"sources": ("가", "b"), "tokenizer": tokenizer, "shard_tokens": 3000, **changes}
    return Preparation(reading=reading, **options)


def ignore(progress):
    pass


def prepared(folder, made_from, *, workers=1):
    for part in range(1, made_from.parts + 1):
        prepare_part(folder, made_from, part, workers, ignore)
    return folder


def bytes_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def documents_of(made, tokenizer):
    tokens = Tokenizer.load(tokenizer)
    return [
        tokens.decode(made.part(n, 0, int(length))[0].tolist())
        for n, length in enumerate(made.lengths(np.arange(len(made))))
    ]


def test_a_set_holds_every_document_once_in_order_but_for_those_held_out(tmp_path, corpus, tokenizer):
    made = TokenSet.load(prepared(tmp_path / "set", preparation(corpus, tokenizer)))
    held_out = made.held_out()
    every = [*lines(290), ("따로 온 글이에요.\n" * 40).strip()]
    texts = documents_of(made, tokenizer)
    assert held_out
    assert texts == [text for text in every if text not in held_out]
    assert len(made.shards) > 2
    assert max(shard.tokens for shard in made.shards) <= 3000
    tokens = Tokenizer.load(tokenizer)
    assert made.part(0, 0, 1)[0][0] == tokens.bos
    assert sum(made.lengths(np.arange(len(made)))) == made.tokens


def test_what_was_read_repaired_dropped_and_kept_is_counted(tmp_path, corpus, tokenizer):
    made = TokenSet.load(prepared(tmp_path / "set", preparation(corpus, tokenizer)))
    counts = made.counts["가"]
    assert counts["documents_in"] == 301
    assert counts["exact_duplicates"] == 11
    assert counts["documents_out"] + counts["held_out"] + 11 == 301
    assert counts["held_out"] == len(made.held_out())
    assert made.counts["b"]["documents_out"] == 1
    assert sum(found["tokens"] for found in made.counts.values()) == made.tokens
    texts = documents_of(made, tokenizer)
    assert sum(found["characters_out"] for found in made.counts.values()) == sum(map(len, texts))


def test_the_bytes_are_the_same_for_every_number_of_workers(tmp_path, corpus, tokenizer):
    cleaning = CleanSettings(near_duplicates=True, minimum_characters=5, mask_personal=True)
    made_from = preparation(corpus, tokenizer, cleaning=cleaning)
    alone = bytes_of(prepared(tmp_path / "one", made_from))
    assert alone == bytes_of(prepared(tmp_path / "two", made_from, workers=2))
    assert not any("keys" in name or "lock" in name for name in alone)


class Killed(Exception):
    pass


def kill_after(blocks):
    def watch(progress):
        nonlocal blocks
        blocks -= 1
        if blocks < 0:
            raise Killed

    return watch


@pytest.mark.parametrize("near", [False, True])
def test_broken_off_anywhere_and_run_again_it_is_the_same(tmp_path, corpus, tokenizer, near):
    made_from = preparation(corpus, tokenizer, cleaning=CleanSettings(near_duplicates=near))
    whole = bytes_of(prepared(tmp_path / "whole", made_from))
    for blocks in range(0, 8, 2):
        folder = tmp_path / f"broken-{blocks}"
        for _ in range(20):
            try:
                prepare_part(folder, made_from, 1, 1, kill_after(blocks))
                break
            except Killed:
                # what a power cut leaves: files half written under names of their own
                (folder / "part-1" / ".00009.x").mkdir(exist_ok=True)
                (folder / "part-1" / ".part.json.x").write_text("{")
                if blocks < 4:  # a shard is up to four blocks long, and one broken off is begun again
                    blocks += 1
        assert bytes_of(folder) == whole


def test_finished_shards_are_not_made_again(tmp_path, corpus, tokenizer, monkeypatch):
    made_from = preparation(corpus, tokenizer)
    with pytest.raises(Killed):
        prepare_part(tmp_path / "set", made_from, 1, 1, kill_after(6))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "set").rglob("ids.npy")}
    assert len(before) > 1
    calls = []
    encode = tokenising.Encoder.__call__
    monkeypatch.setattr(
        tokenising.Encoder, "__call__", lambda self, texts: calls.extend(texts) or encode(self, texts)
    )
    prepare_part(tmp_path / "set", made_from, 1, 1, ignore)
    assert before.items() <= {p: p.stat().st_mtime_ns for p in (tmp_path / "set").rglob("ids.npy")}.items()
    assert len(calls) < 200  # of 302
    calls.clear()
    prepare_part(tmp_path / "set", made_from, 1, 1, ignore)
    assert not calls


def test_a_damaged_shard_is_made_again_until_the_set_is_finished(tmp_path, corpus, tokenizer, capsys):
    made_from = preparation(corpus, tokenizer)
    whole = bytes_of(prepared(tmp_path / "whole", made_from))
    folder = tmp_path / "set"
    with pytest.raises(Killed):
        prepare_part(folder, made_from, 1, 1, kill_after(6))
    flip(folder / "part-1" / "00001" / "ids.npy")
    prepare_part(folder, made_from, 1, 1, ignore)
    assert "00001" in capsys.readouterr().err
    assert bytes_of(folder) == whole
    flip(folder / "part-1" / "00001" / "ids.npy")
    with pytest.raises(DataError, match="part-1"):
        prepare_part(folder, made_from, 1, 1, ignore)
    with pytest.raises(DataError):
        TokenSet.load(folder)


def flip(path):
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)


def test_parts_made_apart_are_one_set(tmp_path, corpus, tokenizer):
    made_from = preparation(corpus, tokenizer, parts=2)
    folder = tmp_path / "set"
    prepare_part(folder, made_from, 2, 1, ignore)
    with pytest.raises(DataError, match="--part 1/2"):
        TokenSet.load(folder)
    prepare_part(folder, made_from, 1, 1, ignore)
    made = TokenSet.load(folder)
    texts = documents_of(made, tokenizer)
    # what two files of different parts share is kept in both: the parts do not know of each other
    assert set(texts) | set(made.held_out()) == {*lines(290), ("따로 온 글이에요.\n" * 40).strip()}
    assert sum(found["documents_in"] for found in made.counts.values()) == 302
    assert bytes_of(prepared(tmp_path / "again", made_from)) == bytes_of(folder)


@pytest.mark.parametrize(
    ("part", "parts", "word"), [(3, 2, "--part"), (0, 2, "--part"), (1, 4, "파일이 3개")]
)
def test_parts_that_cannot_be(tmp_path, corpus, tokenizer, part, parts, word):
    with pytest.raises(ConfigError, match=word):
        prepare_part(tmp_path / "set", preparation(corpus, tokenizer, parts=parts), part, 1, ignore)


def test_a_name_stands_for_one_set(tmp_path, corpus, tokenizer):
    prepared(tmp_path / "set", preparation(corpus, tokenizer))
    cleaning = CleanSettings(minimum_characters=9)
    with pytest.raises(ConfigError, match="cleaning"):
        prepared(tmp_path / "set", preparation(corpus, tokenizer, cleaning=cleaning))
    about = tmp_path / "set" / "set.json"
    older = {
        name: value for name, value in json.loads(about.read_text("utf-8")).items() if name != "held_out_rule"
    }
    about.write_text(json.dumps(older), encoding="utf-8")
    with pytest.raises(ConfigError, match="held_out_rule"):  # it may have learned what is held out now
        prepared(tmp_path / "set", preparation(corpus, tokenizer))
    write_lines(corpus / "a1.jsonl", lines(3))
    with pytest.raises(ConfigError, match="fingerprint"):
        prepared(tmp_path / "set", preparation(corpus, tokenizer))


def test_one_process_at_a_time_writes_a_part(tmp_path, corpus, tokenizer):
    (tmp_path / "set" / "part-1").mkdir(parents=True)
    handle = lock_file(tmp_path / "set" / "part-1" / "lock")
    assert handle is not None
    with pytest.raises(DataError, match="다른 프로세스"):
        prepared(tmp_path / "set", preparation(corpus, tokenizer))
    os.close(handle)
    prepared(tmp_path / "set", preparation(corpus, tokenizer))


def test_held_out_texts_are_of_every_source_and_bounded(tmp_path, tokenizer, monkeypatch):
    monkeypatch.setattr(set_writer, "VALIDATION_BYTES", 1400)
    write_lines(tmp_path / "a1.jsonl", lines(1600))
    write_lines(tmp_path / "a2.jsonl", lines(10, 9000))
    (tmp_path / "b.txt").write_text("한 줄", encoding="utf-8")
    made = TokenSet.load(prepared(tmp_path / "set", preparation(tmp_path, tokenizer)))
    size = sum(len(text.encode()) for text in made.held_out())
    assert 700 <= size < 900  # half of it for each of two sources, of which one is too small
    counts = made.counts["가"]
    assert counts["held_out"] == len(made.held_out())
    below = [text for text in [*lines(1600), *lines(10, 9000)] if place(text) < VALIDATION_SHARE]
    assert counts["held_out"] + counts["held_out_unused"] == len(below) > counts["held_out"]
    assert not set(below) & set(
        documents_of(made, tokenizer)
    )  # what is too much to measure is not learned either
    assert len(made) + len(below) == 1611  # no other is lost


def odd_lines(count):
    return [f"문서 {n}번이고\xa0전화는\u3000010-1234-{n:04d}\u200b예요. \x0b둘째 줄." for n in range(count)]


@pytest.mark.parametrize("mask", [False, True])
def test_every_reader_of_a_file_holds_out_the_same_documents(tmp_path, tokenizer, monkeypatch, mask):
    """However they are repaired and masked on their way into the set."""
    monkeypatch.setattr(set_writer, "VALIDATION_BYTES", 300)
    path = write_lines(tmp_path / "a1.jsonl", odd_lines(1500))
    (tmp_path / "b.txt").write_text("한 줄", encoding="utf-8")
    write_lines(tmp_path / "a2.jsonl", ["또 하나"])
    cleaning = CleanSettings(mask_personal=mask, exact_duplicates=False)
    made = TokenSet.load(prepared(tmp_path / "set", preparation(tmp_path, tokenizer, cleaning=cleaning)))
    trained = {number_of(text) for text in documents_of(made, tokenizer)} - {None}
    read = [text for text in read_documents([path]) if place(text) < VALIDATION_SHARE]
    measured = {number_of(text) for text in read}
    assert {number_of(text) for text in made.held_out()} < measured
    assert measured == set(range(1500)) - trained
    assert any("[전화번호]" in text for text in made.held_out()) == mask


def number_of(text):
    found = re.match(r"문서 (\d+)번", text)
    return int(found[1]) if found else None


def test_texts_of_which_nothing_is_left_are_an_empty_set(tmp_path, corpus, tokenizer):
    cleaning = CleanSettings(minimum_characters=10**6)
    made = TokenSet.load(prepared(tmp_path / "set", preparation(corpus, tokenizer, cleaning=cleaning)))
    assert len(made) == made.tokens == 0
    assert made.counts["가"]["too_short"] == 301

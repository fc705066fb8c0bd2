"""A tokenizer that knew little Korean gets more tokens, and the model rows that begin as means."""

import pytest
import torch

from nakochat import cli
from nakochat.core.errors import DataError
from nakochat.core.files import read_json
from nakochat.core.paths import find_run, run_folder
from nakochat.interop.exported import read_run
from nakochat.interop.extension import extend
from nakochat.interop.hf import write_hf
from nakochat.interop.imports import read_folder
from nakochat.text.characters import train_characters
from tests.interop.families import make_family

TEXTS = [f"무궁화 꽃이 피었습니다. 그리고 {number}번째 밤에는 비가 내렸습니다." for number in range(60)]
NEW = "무궁화 꽃이 피었습니다."


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    return make_family("smollm2", tmp_path_factory.mktemp("smollm2"))


def test_new_tokens_are_made_of_old_ones_and_old_text_stays(family):
    short = read_folder(family.folder).tokenizer
    found = extend(short, TEXTS, 40)
    long = found.tokenizer
    assert long.vocab_size == short.vocab_size + 40
    assert list(found.pieces) == list(range(short.vocab_size, long.vocab_size))
    for number, parts in found.pieces.items():
        assert long.token_bytes[number] == b"".join(short.token_bytes[part] for part in parts)
    assert len(long.encode(NEW)) < 0.6 * len(short.encode(NEW))
    assert long.decode(long.encode(NEW)) == NEW
    english = "The cat sat.  It's 3 o'clock."
    assert long.encode(english) == short.encode(english)
    assert (long.bos, long.im_end, long.pad) == (short.bos, short.im_end, short.pad)
    assert extend(short, TEXTS, 40).tokenizer.hash == long.hash


def test_no_pair_comes_twice_then_no_token_is_made(family):
    short = read_folder(family.folder).tokenizer
    assert extend(short, ["뷁"], 40).pieces == {}
    with pytest.raises(DataError, match="BPE"):
        extend(train_characters(["가나다"]), TEXTS, 3)


def test_the_model_gets_rows_that_begin_as_means(family):
    before = read_folder(family.folder)
    after = read_folder(family.folder, lengthen=lambda tokenizer: extend(tokenizer, TEXTS, 40))
    table, old = after.model.embedding.weight, before.model.embedding.weight
    assert torch.equal(table[: before.tokenizer.vocab_size], old[: before.tokenizer.vocab_size])
    found = extend(before.tokenizer, TEXTS, 40)
    for number, parts in found.pieces.items():
        assert torch.allclose(table[number], old[parts].mean(dim=0), atol=1e-6)


def test_the_command_says_what_was_gained(family, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "en")
    corpus = tmp_path / "글.jsonl"
    corpus.write_text("".join(f'{{"text": "{text}"}}\n' for text in TEXTS), encoding="utf-8")
    words = ["import", str(family.folder), "--name", "longer", "--add-tokens", "40", "--corpus", str(corpus)]
    assert cli.run(words) == 0
    assert "40 tokens were added" in capsys.readouterr().out
    assert read_json(run_folder("longer") / "base" / "config.json")["learnt"] == 40
    write_hf(read_run(find_run("longer")), tmp_path / "out", "f32")
    back = read_folder(tmp_path / "out").tokenizer
    assert back.encode(NEW) == read_run(find_run("longer")).tokenizer.encode(NEW)
    for wrong in (
        ["--add-tokens", "4"],
        ["--corpus", str(corpus)],
        ["--add-tokens", "0", "--corpus", str(corpus)],
    ):
        assert cli.run(["import", str(family.folder), "--name", "other", *wrong]) == 2
    assert "Traceback" not in capsys.readouterr().err

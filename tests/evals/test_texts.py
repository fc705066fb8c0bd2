import math

import pytest
import torch

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.machine import Machine
from nakochat.evals.texts import Texts, measure_texts, pinned, read_texts, text_sets
from nakochat.tasks.task import Label

LABEL = Label("글", "text")
PINNED = {
    "encyclopaedia": "51c389f6", "law": "2eaa3430", "reviews": "0459a2a4", "chat": "1ebbecf7",
    "english": "5297d552", "code": "76c5210e", "numbers": "6ffff933", "nfd": "53ec4ada",
}  # fmt: skip


class Even:
    """Every character is a token, and each of 16 is as likely; right is the token 'ㄱ' alone."""

    context = 8

    def encode(self, text):
        return [0, *map(ord, text)]

    def predict(self, sequences):
        assert all(2 <= len(ids) <= self.context + 1 for ids in sequences)
        return [
            (torch.full((len(ids) - 1,), math.log(1 / 16)), torch.tensor(ids[1:]) == ord("ㄱ"))
            for ids in sequences
        ]


def texts(*documents, name="글"):
    return Texts(name=name, label=LABEL, language="ko", documents=documents)


def test_figures_are_those_of_a_model_that_knows_nothing():
    found = measure_texts(Even(), [texts("가ㄱ나다abcd" * 3, "ab")])["texts/글"]
    assert found["bits_per_character"] == pytest.approx(4)
    assert found["perplexity"] == pytest.approx(16)
    assert found["bits_per_byte"] == found["value"] == pytest.approx(4 * 26 / (3 * 16 + 2))
    assert found["token_accuracy"] == pytest.approx(3 / 26)
    assert (found["tokens"], found["characters"], found["items"]) == (26, 26, 2)


def test_pinned_texts_are_the_same_bytes_for_everybody():
    assert {one.name: one.sha256[:8] for one in pinned()} == PINNED
    assert {one.language for one in pinned()} == {"ko", "en", "python"}


def test_two_processes_read_what_one_does(monkeypatch):
    documents = ("가ㄱ나다" * 5, "나", "다라ㄱ", "abc" * 4)
    alone = measure_texts(Even(), [texts(*documents)])

    class Rank(Machine):
        def sum(self, value):
            brought.setdefault(len(asked), []).append(value)
            asked.append(value)
            return sum(seen[len(asked) - 1]) if seen else 0.0

    seen, brought = {}, {}
    for rank in (0, 1):
        asked = []
        with pytest.raises(ZeroDivisionError):  # the sums are not there yet
            measure_texts(Even(), [texts(*documents)], machine=Rank(torch.device("cpu"), rank=rank, world=2))
    seen = brought
    for rank in (0, 1):
        brought, asked = {}, []
        machine = Rank(torch.device("cpu"), rank=rank, world=2)
        assert measure_texts(Even(), [texts(*documents)], machine=machine) == alone


def test_files_are_named_by_domain_and_cut_where_they_are_long(tmp_path, monkeypatch):
    path = tmp_path / "소설.txt"
    path.write_text("첫째 글입니다.\n" * 50, encoding="utf-8")
    assert read_texts(str(path)).name == "소설"
    found = read_texts(f"prose={path}")
    assert found.name == "prose"
    monkeypatch.setattr("nakochat.evals.texts.MOST_CHARACTERS", 10)
    assert sum(map(len, read_texts(str(path)).documents)) <= 10
    monkeypatch.setattr("nakochat.evals.texts.place", lambda text: 0.5)
    with pytest.raises(DataError, match="--held-out"):
        read_texts(str(path), held_out=True)


@pytest.mark.parametrize(
    ("names", "with_pinned"),
    [
        (("a/글.txt", "b/글.jsonl"), False),
        (("a/chat.txt",), True),
        (("law=a/글.txt", "law=a/chat.txt"), False),
    ],
)
def test_no_two_texts_have_one_name(tmp_path, names, with_pinned):
    for name in ("a/글.txt", "b/글.jsonl", "a/chat.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"text": "글"}', encoding="utf-8")
    files = [f"{domain}={tmp_path / path}" if domain else str(tmp_path / path)
             for domain, _, path in (name.rpartition("=") for name in names)]  # fmt: skip
    with pytest.raises(ConfigError, match="이름=경로"):
        text_sets(files, with_pinned=with_pinned)
    apart = [f"{number}={file.rpartition('=')[2]}" for number, file in enumerate(files)]
    found = text_sets(apart, with_pinned=with_pinned)
    assert len({one.name for one in found}) == len(found) == len(files) + with_pinned * len(pinned())

import dataclasses
from types import SimpleNamespace as Namespace

import pytest

from nakochat.core.errors import DataError
from nakochat.core.paths import run_folder
from nakochat.data.shards.shard import TokenShard
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import documents as module
from nakochat.training.settings import SftSettings
from nakochat.training.stage import open_stage
from tests.tasks.test_public import lines


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요. user assistant"] * 3, 300)


@pytest.fixture
def run(tokenizer):
    """A run that has its tokenizer."""
    folder = run_folder("run")
    tokenizer.save(folder / "tokenizer")
    return folder


@pytest.mark.parametrize(("weight", "village"), [(2, True), (1000, False)])
def test_chats_of_ones_own_take_the_place_of_the_villages(
    run, tmp_path, tokenizer, monkeypatch, capsys, weight, village
):
    asked = {}

    def prepare_stage(data, stage, tokenizer, **settings):
        asked.update(settings)
        if settings["chat_tokens"] > 0:
            document = [1] * settings["chat_tokens"]
            shard = TokenShard.from_documents(
                [(document, [True] * len(document))], 300, {"tokenizer": tokenizer.hash}
            )
            shard.save(data / stage / "chat")

    monkeypatch.setattr(module, "prepare_stage", prepare_stage)
    monkeypatch.setattr(module, "prepare_validation", lambda *_, **__: None)
    (tmp_path / "mine.jsonl").write_text('{"question": "안녕", "answer": "반가워요"}\n', encoding="utf-8")
    settings = SftSettings(
        preset="toy", name="run", dtype="float32", compile="no", steps=10, rows=8, assistant_name="별이",
        data=(f"{tmp_path / 'mine.jsonl'}:{weight}",),
    )  # fmt: skip
    with open_stage("sft", settings) as stage:
        sources = module._prepared(stage, settings, 32)
    room = 1.08 * 10 * 8 * 32
    mine = sources[-1]
    taken = mine.weight * TokenShard.load(run / "data/sft/chats-1").tokens
    assert asked["name"] == "별이"
    assert asked["chat_tokens"] == pytest.approx(room - taken, abs=1)
    assert (len(sources), mine.name) == (1 + village, "mine.jsonl")
    assert (mine.weight == weight) is village
    assert village or taken == pytest.approx(room)
    assert ("다 들어가지 않아" in capsys.readouterr().out) is not village


def test_conversations_and_lessons_that_were_damaged_are_passed_over_where_they_are_met(
    run, tmp_path, tokenizer, monkeypatch
):
    """And not at the start, where a shard is read whole: it would stop what is to go on without them."""
    monkeypatch.setattr(module, "prepare_stage", lambda *_, **__: None)
    monkeypatch.setattr(module, "prepare_validation", lambda *_, **__: None)
    pairs = "".join(f'{{"question": "{n}", "answer": "반가워요 {n}"}}\n' for n in range(400))
    (tmp_path / "mine.jsonl").write_text(pairs, encoding="utf-8")
    rows = [{"question": f"How many are {n}?", "answer": f"It is {n}.\n#### {n}"} for n in range(40)]
    lines(tmp_path / "tasks" / "gsm8k_train.jsonl", rows)
    settings = SftSettings(
        preset="toy", name="run", dtype="float32", compile="no", steps=100, rows=8, text_share=0.0,
        data=(f"{tmp_path / 'mine.jsonl'}:1",), tasks=("gsm8k:1000",), task_data=tmp_path / "tasks",
    )  # fmt: skip
    with open_stage("sft", settings) as stage:
        module._batches(stage, settings, 96)
    for name in ("chats-1", "tasks-1"):
        file = run / "data" / "sft" / name / "ids.npy"
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
    passing = dataclasses.replace(settings, damaged_data="skip")
    with open_stage("sft", settings) as stage:
        goes_on = dataclasses.replace(stage, resumed=Namespace())  # which makes nothing anew
        with pytest.raises(DataError, match="chats-1"):
            module._batches(goes_on, settings, 96)
        batches = module._batches(goes_on, passing, 96)
        assert sum(piece.damaged for _ in range(20) for piece in batches.step()) > 0

import dataclasses
import re
from types import SimpleNamespace as Namespace

import numpy as np
import pytest

from nakochat.core.errors import DataError
from nakochat.core.paths import run_folder
from nakochat.data.shards.shard import TokenShard
from nakochat.models.checkpoint import Keep
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import documents as module
from nakochat.training.loop import Training
from nakochat.training.optimizer import Optimizer
from nakochat.training.schedule import Schedule
from nakochat.training.settings import BaseSettings, MidSettings, SftSettings
from nakochat.training.sft_beside import taught
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


def test_what_was_set_reaches_the_training(run, tokenizer, monkeypatch):
    made = {}

    class Noted(Training):
        def train(self, then):
            made["training"] = self

    monkeypatch.setattr(module, "Training", Noted)
    monkeypatch.setattr(module, "_batches", lambda *_: None)
    monkeypatch.setattr(module, "stored_validation", lambda folder: [])
    settings = BaseSettings(
        **{"preset": "toy", "name": "run", "dtype": "float32", "compile": "no", "seed": 5, "rows": 2**18},
        **{"matrix_rate": 0.03, "weight_decay": 0.2, "rate_scale": 0.5, "clip": 1.5, "context": 16},
        **{"steps": 50, "warmup": 3, "warmdown": 0.4, "final_rate": 0.1, "curve": "cosine"},
        **{"save_every": 7, "log_every": 3, "keep_last": 4, "keep_every": 9, "keep_best": True},
        **{"skip_spikes": False, "rank_timeout": 60.0, "check_every": 11, "recompute": True},
    )
    config = NakoConfig(vocab_size=tokenizer.vocab_size, layers=1, width=16, heads=1, context=16)
    with open_stage("base", settings) as stage:
        module.train_on_documents(stage, settings, Nako(config))
    training = made["training"]
    assert training.schedule == Schedule(steps=50, warmup=3, warmdown=0.4, final=0.1, curve="cosine")
    assert training.keep == Keep(last=4, every=9, best=True)
    assert (training.save_every, training.log_every, training.clip) == (7, 3, 1.5)
    assert (training.patience, training.seed, training.guard.spikes) == (60.0, 5, False)
    assert {check.every for check in training.checks} == {11}
    assert training.model.recompute
    expected = Optimizer(
        *(training.model, training.model.parameter_groups()),
        **{"matrix_rate": 0.03, "weight_decay": 0.2, "width": 16, "tokens_per_step": 2**22, "scale": 0.5},
    )
    assert training.optimizer.peaks == expected.peaks  # of a batch so large that its size counts
    assert training.optimizer._weight_decay == 0.2


@pytest.mark.parametrize(
    ("name", "goes_on", "kept"), [("base", False, False), ("base", True, True), ("mid", False, True)]
)
def test_all_stages_of_a_run_are_measured_on_the_texts_that_its_base_held_out(
    run, monkeypatch, name, goes_on, kept
):
    asked = []
    monkeypatch.setattr(module, "prepare_stage", lambda *_, **__: None)
    monkeypatch.setattr(module, "prepare_validation", lambda *_, keep: asked.append(keep))
    kind = BaseSettings if name == "base" else MidSettings
    settings = kind(preset="toy", name="run", dtype="float32", compile="no", steps=1, rows=1)
    with open_stage(name, settings) as stage:
        stage = dataclasses.replace(stage, resumed=Namespace() if goes_on else None)
        nothing = TokenShard.from_documents([], 300)
        monkeypatch.setattr(module.TokenShard, "load", lambda *_, **__: nothing)
        module._prepared(stage, settings, 16)
    assert asked == [kept]


@pytest.fixture
def asked_village(monkeypatch):
    """What is asked of the village, which gives a single conversation of as many tokens as are wanted."""
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
    return asked


@pytest.mark.parametrize(("weight", "village"), [(2, True), (1000, False)])
def test_chats_of_ones_own_take_the_place_of_the_villages(
    run, tmp_path, asked_village, capsys, weight, village
):
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
    assert asked_village["name"] == "별이"
    assert asked_village["chat_tokens"] == pytest.approx(room - taken, abs=1)
    assert (len(sources), mine.name) == (1 + village, "mine.jsonl")
    assert (mine.weight == weight) is village
    assert village or taken == pytest.approx(room)
    said = capsys.readouterr().out
    assert ("다 들어가지 않아" in said) is not village
    assert (f"{taken / room:.0%}. 나머지는 마을의 대화" in said) is village


@pytest.mark.parametrize(
    ("context", "said"),
    [(100, r"100토큰보다 긴 \d+개를 뺐습니다"), (8, "모두 문맥 8토큰보다 길어"), (4096, None)],
)
def test_conversations_of_the_village_that_no_row_takes_are_named(
    run, tokenizer, monkeypatch, capsys, context, said
):
    monkeypatch.setattr(module, "prepare_validation", lambda *_, **__: None)
    settings = SftSettings(preset="toy", name="run", dtype="float32", compile="no", steps=3, rows=2)
    with open_stage("sft", settings) as stage:
        (source,) = module._prepared(stage, settings, context)
        assert source.shard.fits(context + 1) is (context > 8)
        spoken = capsys.readouterr().out.replace("\n", " ")
        assert re.search(said, spoken) if said else "토큰보다" not in spoken
        if context == 100:
            assert source.shard.tokens >= 1.08 * 3 * 2 * context - 1
            assert source.shard.lengths(np.arange(len(source.shard))).max() <= context + 1


@pytest.mark.parametrize(
    ("chats", "times", "said"),
    [
        (1, 1, None),
        (1, 1000, r"gsm8k: 이 단계에 다 들어가지 않아 1000번이 아니라 [\d.]+번씩 배우고, 마을"),
        (1000, 1, "gsm8k: 대화가 이 단계를 채워 배우지 않습니다.*--data"),
    ],
)
def test_lessons_that_have_no_room_are_named(run, tmp_path, asked_village, capsys, chats, times, said):
    (tmp_path / "mine.jsonl").write_text('{"question": "안녕", "answer": "반가워요"}\n', encoding="utf-8")
    lines(tmp_path / "tasks" / "gsm8k_train.jsonl", [{"question": "Is it 3?", "answer": "3.\n#### 3"}] * 9)
    settings = SftSettings(
        preset="toy", name="run", dtype="float32", compile="no", steps=10, rows=8,
        data=(f"{tmp_path / 'mine.jsonl'}:{chats}",), tasks=(f"gsm8k:{times}",), task_data=tmp_path / "tasks",
    )  # fmt: skip
    with open_stage("sft", settings) as stage:
        sources = module._prepared(stage, settings, 64)
    lesson = sources[-1]
    assert lesson.name == "gsm8k"
    assert (lesson.weight > 0) is (chats == 1)
    spoken = capsys.readouterr().out.replace("\n", " ")
    assert re.search(said, spoken) if said else "gsm8k: " not in spoken


def test_conversations_of_a_start_with_others_are_gone_but_for_a_resume(
    run, tmp_path, asked_village, tokenizer
):
    """rl --sft-weight teaches all that lies there."""
    (tmp_path / "mine.jsonl").write_text('{"question": "안녕", "answer": "반가워요"}\n', encoding="utf-8")
    lines(tmp_path / "tasks" / "gsm8k_train.jsonl", [{"question": "Is it 3?", "answer": "3.\n#### 3"}] * 9)
    data = run / "data" / "sft"
    left = TokenShard.from_documents([([1, 2, 3], [False, True, True])], 300, {"tokenizer": tokenizer.hash})
    for name in ("chat", "chats-2", "chats-12", "tasks-2"):
        left.save(data / name)
    TokenShard.from_documents([([1, 2, 3], None)], 300, left.about).save(data / "text")
    (data / "chats-of-mine").mkdir()
    settings = SftSettings(
        preset="toy", name="run", dtype="float32", compile="no", steps=10, rows=8,
        data=(f"{tmp_path / 'mine.jsonl'}:1000",), tasks=("gsm8k",), task_data=tmp_path / "tasks",
    )  # fmt: skip
    with open_stage("sft", settings) as stage:
        goes_on = dataclasses.replace(stage, resumed=Namespace())
        module._prepared(goes_on, settings, 64)
        assert (data / "chats-12").is_dir()
        module._prepared(stage, settings, 64)
    assert {path.name for path in data.iterdir()} == {"chats-1", "tasks-1", "text", "chats-of-mine"}
    assert [len(source.shard) for source in taught(run / "sft", tokenizer)] == [1, 9]


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

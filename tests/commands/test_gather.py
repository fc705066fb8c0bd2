"""What the larger presets learn from, pulled from a hub on loopback and prepared."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from nakochat.commands import gather as gather_module
from nakochat.commands import tok
from nakochat.commands.gather import Supplies, gather, gather_chats, gather_tasks, supplies_of
from nakochat.commands.plan import PlanSettings
from nakochat.commands.plan import main as plan
from nakochat.commands.presets import SUPPLIES, load_preset
from nakochat.core.files import read_json
from nakochat.core.paths import set_folder
from nakochat.data.shards.token_set import TokenSet
from nakochat.data.sources.pulled import data_folder
from nakochat.training.lesson_shards import parse_tasks
from nakochat.training.tokenizer_settings import TokenizerSettings
from tests.fake_hub import FakeHub, in_place_of_the_hub

SUPPLIED = Supplies(source="fineweb-2-edu-korean", first=2, files=4, chats=("koalpaca:2",))
KOREAN, ALPACA = "minpeter/fineweb-2-edu-korean-raw", "beomi/KoAlpaca-v1.1a"


def arrow(number: int) -> bytes:
    table = pa.table(
        {"text": [f"{number}번 글의 {place}번째 이야기예요. 무궁화가 피었어요." for place in range(60)]}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with in_place_of_the_hub(monkeypatch) as fake:
        fake.repos = {
            KOREAN: {f"data-{number:05d}-of-00502.arrow": arrow(number) for number in range(5)},
            ALPACA: {"data/train-0.parquet": b"k" * 1500},
        }
        yield fake


@pytest.mark.filterwarnings("ignore:.*Popen.__del__")  # the rest comes in a process of its own
def test_the_tokenizer_learns_from_the_first_files_and_base_from_all(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Path, ...]] = []

    def train_tokenizer(corpus: tuple[Path, ...]) -> None:
        asked.append(corpus)
        tok.train(
            TokenizerSettings(name="my", corpus=corpus, vocab_size=300, characters=2000, conversations=0)
        )

    name = gather(SUPPLIED, "my", train_tokenizer)
    names = [f"data-{number:05d}-of-00502.arrow" for number in range(4)]
    assert [[path.name for path in paths] for paths in asked] == [names[:2]]
    made = TokenSet.load(set_folder(name))
    assert made.counts["fineweb-2-edu-korean"]["documents_in"] == 240
    there = data_folder("fineweb-2-edu-korean")
    assert sorted(path.name for path in there.rglob("*.arrow")) == names
    sent = hub.sent
    capsys.readouterr()
    assert gather(SUPPLIED, "my", train_tokenizer) == name
    assert (hub.sent, len(asked)) == (sent, 1)  # neither downloaded nor trained again
    assert name in capsys.readouterr().out


def test_conversations_come_as_chats_are_named(hub: FakeHub) -> None:
    (found,) = gather_chats(SUPPLIED)
    path, _, weight = found.rpartition(":")
    assert (Path(path), weight) == (data_folder("koalpaca"), "2")
    assert [file.name for file in Path(path).rglob("*.parquet")]


def test_what_tasks_are_read_from_is_pulled_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    pulled: list[str] = []
    monkeypatch.setattr(gather_module.sources, "pull", pulled.append)
    tasks = ("arc-easy", "arc-challenge:2", "spelling")  # spelling is generated
    assert gather_tasks(dataclasses.replace(SUPPLIED, tasks=tasks)) == tasks
    assert pulled == ["arc"]
    assert gather_tasks(SUPPLIED) == ()


@pytest.mark.parametrize("name", ["d20", "d26", "d32"])
def test_a_preset_mixes_choices_maths_and_spelling_into_mid(name: str) -> None:
    found = {task.benchmark.name for task in parse_tasks(supplies_of(load_preset(name)[SUPPLIES]).tasks)}
    assert {"arc-easy", "arc-challenge", "mmlu", "kmmlu", "gsm8k", "spelling"} <= found


@pytest.mark.parametrize("name", ["d20", "d26", "d32"])
def test_a_preset_downloads_what_its_plan_asks_for(name: str, tmp_path: Path) -> None:
    supplies = supplies_of(load_preset(name)[SUPPLIES])
    plan(PlanSettings(preset=name, device_kind="h100", gpus=8, json=tmp_path / "plan.json"))
    found = read_json(tmp_path / "plan.json")["data"]
    assert (supplies.source, supplies.files) == (found["source"], found["files"])

from dataclasses import replace

import pytest

from nakochat.core.errors import DataError
from nakochat.core.files import read_json
from nakochat.evals import battery
from nakochat.evals.benchmarks import Options, Outcome
from nakochat.tasks.benchmark import Benchmark, Choice
from nakochat.tasks.catalogue import select
from nakochat.tasks.task import Label


def score(value, chance, items=10):
    return {"value": value, "chance": chance, "items": items, "unit": "accuracy"}


def test_core_with_sets_missing_is_never_called_core():
    core = {b.name: score(0.4, b.chance) for b in select(["core"])}
    whole = battery.summaries(core)
    assert list(whole) == ["core"]
    assert whole["core"]["label"]["ko"] == "CORE"
    for name in ("core/squad", "core/coqa", "core/hellaswag", "core/hellaswag_zeroshot"):
        del core[name]
    found = battery.summaries(core)
    assert list(found) == ["core_partial"]
    assert found["core_partial"]["label"]["en"] == "CORE (18/22)"
    by_hand = sum((0.4 - s["chance"]) / (1 - s["chance"]) for s in core.values()) / 18
    assert found["core_partial"]["value"] == pytest.approx(by_hand)


def test_chatcore_is_that_of_the_published_figures():
    """nanochat's d20 after SFT: ARC-E .3876, ARC-C .2807, MMLU .3151, GSM8K .0455, HumanEval .0854: ChatCORE .0884."""
    parts = {"arc-easy": (0.3876, 0.25), "arc-challenge": (0.2807, 0.25), "mmlu": (0.3151, 0.25),
             "gsm8k": (0.0455, 0.0), "humaneval": (0.0854, 0.0)}  # fmt: skip
    found = battery.summaries({name: score(*values) for name, values in parts.items()})
    assert found["chatcore"]["value"] == pytest.approx(0.0884, abs=5e-5)
    del parts["mmlu"]
    assert list(battery.summaries({name: score(*values) for name, values in parts.items()})) == [
        "chatcore_partial"
    ]
    assert battery.summaries({"jamo": score(0.5, 0.25)}) == {}


def benchmark(name, source=None, read=lambda folder: [ITEM]):
    return Benchmark(name=name, label=Label(name, name), read=read, source=source)


ITEM = Choice((("q:", "a"), ("q:", "b")))


def unreadable(folder):
    raise DataError("no such file. Get it.")


def test_what_has_no_data_is_told_and_left_out(monkeypatch, tmp_path):
    monkeypatch.setattr(battery, "measure", lambda scorer, b, items, options, machine: Outcome(b, (1.0, 0.0)))
    told = []
    chosen = [benchmark("here"), benchmark("away", "nsmc"), benchmark("broken", "klue", unreadable)]
    folders = {"nsmc": None, "klue": tmp_path}

    def tell(benchmark, outcome, why):
        told.append((benchmark.name, why))

    found = battery.run_battery(None, chosen, folders.get, Options(), told=tell)
    assert list(found) == ["here"]
    assert told == [("here", ""), ("away", "nako data pull nsmc"), ("broken", "no such file. Get it.")]
    with pytest.raises(DataError, match="nsmc"):
        battery.run_battery(None, chosen[1:2], folders.get, Options(), told=tell)


@pytest.mark.parametrize("error", [KeyError("labels"), TypeError, AttributeError, IndexError, ValueError])
def test_rows_of_another_layout_are_told_with_their_set(error, tmp_path):
    def read(folder):
        raise error

    told = []
    with pytest.raises(DataError, match=r"klue-sts.*nako data pull klue"):
        battery.run_battery(
            None,
            [benchmark("klue-sts", "klue", read)],
            lambda source: tmp_path,
            Options(),
            told=lambda benchmark, outcome, why: told.append(why),
        )
    assert len(told) == 1


def test_the_development_split_is_never_passed_off_as_the_test(monkeypatch, tmp_path):
    monkeypatch.setattr(battery, "measure", lambda scorer, b, items, options, machine: Outcome(b, (1.0,)))
    told = []
    chosen = [replace(benchmark("kmmlu", "kmmlu"), test=("*-test.csv",))]

    def found():
        return battery.run_battery(
            None,
            chosen,
            lambda source: tmp_path,
            Options(),
            told=lambda b, outcome, why: told.append(b.label.ko),
        )["kmmlu"]

    (tmp_path / "Law-dev.csv").touch()
    assert (found()["split"], found()["label"]["en"]) == ("dev", "kmmlu (dev)")
    (tmp_path / "Law-test.csv").touch()
    assert "split" not in found()
    assert told == ["kmmlu (개발용)"] * 2 + ["kmmlu"]


def test_a_set_without_an_item_leaves_the_others_their_scores(monkeypatch, tmp_path):
    monkeypatch.setattr(battery, "measure", lambda scorer, b, items, options, machine: Outcome(b, (1.0,)))
    told = []
    chosen = [benchmark("empty", "klue", lambda folder: []), benchmark("here")]
    found = battery.run_battery(
        None,
        chosen,
        lambda source: tmp_path,
        Options(),
        told=lambda b, outcome, why: told.append((b.name, why)),
    )
    assert list(found) == ["here"]
    assert [name for name, _ in told] == ["empty", "here"]
    assert str(tmp_path) in told[0][1]
    with pytest.raises(DataError, match="nako data pull"):
        battery.run_battery(None, chosen[:1], lambda source: tmp_path, Options(), told=lambda *_: None)


def test_suites_of_one_checkpoint_join(tmp_path):
    first, second = {"step": 1, "checkpoint": "a"}, {"step": 2, "checkpoint": "b"}
    battery.write_suites(tmp_path, first, {"mmlu": score(0.5, 0.25)})
    battery.write_suites(tmp_path, first, {"gsm8k": score(0.1, 0.0)})
    found = read_json(tmp_path / "suites.json")
    assert list(found["scores"]) == ["chatcore_partial", "mmlu", "gsm8k"]
    assert found["scores"]["chatcore_partial"]["parts"] == 2
    battery.write_suites(tmp_path, second, {"gsm8k": score(0.2, 0.0)})
    assert set(read_json(tmp_path / "suites.json")["scores"]) == {"gsm8k", "chatcore_partial"}
    (tmp_path / "suites.json").write_text("{")
    battery.write_suites(tmp_path, second, {"mmlu": score(0.2, 0.0)})
    assert "mmlu" in read_json(tmp_path / "suites.json")["scores"]

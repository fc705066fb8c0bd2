import json
import os
import threading
from pathlib import Path

import pytest

from nakochat.core.files import lock_file, write_json
from nakochat.core.itinerary import write_itinerary
from nakochat.data.held_out import hash_of_texts
from nakochat.serving.watch import room as room_module
from nakochat.serving.watch.room import Room
from nakochat.training.law import Law

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e"


@pytest.fixture
def runs(nako_home):
    folder = nako_home / "runs"
    folder.mkdir(parents=True)
    return folder


def append(stage: Path, *rows):
    stage.mkdir(parents=True, exist_ok=True)
    with (stage / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def step(number, loss=None, **more):
    loss = 4 - number / 50 if loss is None else loss
    return {"kind": "step", "step": number, "loss": loss, "seconds": 1.5 * number, **more}


def make_stage(stage: Path, *, steps=40, shift=0.0, ended=True, config=None):
    """As a stage leaves its folder."""
    rows = [step(number, 4 - number / 50 + shift) for number in range(1, steps + 1)]
    append(stage, *rows, *([{"kind": "end", "steps": steps, "seconds": 60.0}] if ended else []))
    shape = {
        "parameters": 1000,
        "scaling_parameters": 900,
        "flops_per_token": 7,
        "steps": steps,
        "tokens": 4000,
    }
    write_json(stage / "plan.json", {"predicted": {**shape, "seconds": 55.0}})
    write_json(stage / "config.json", {"steps": steps, "corpus": [], **(config or {})})
    write_json(
        stage.parent / "tokenizer.json", {"vocabulary": 300, "settings": {"seed": 0, "vocab_size": 300}}
    )
    (stage.parent / "tokenizer").mkdir(exist_ok=True)


def see(shown, name):
    return next(stage for stage in shown["stages"] if stage["stage"] == name)


def test_a_finished_a_running_and_an_empty_run_are_listed_and_nothing_else(runs):
    make_stage(runs / "끝난것" / "base")
    make_stage(runs / "도는것" / "sft", ended=False)
    lock = lock_file(runs / "도는것" / "sft" / "lock")
    (runs / "빈것" / "tokenizer").mkdir(parents=True)
    (runs / ".beside" / "base").mkdir(parents=True)
    (runs / "글.txt").write_text("")
    for age, name in enumerate(("도는것", "끝난것", "빈것")):
        for path in [runs / name, *(runs / name).rglob("metrics.jsonl")]:
            os.utime(path, (10_000 - age, 10_000 - age))
    listed = Room().runs()
    assert [(run["name"], run["stages"], run["training"]) for run in listed] == [
        ("도는것", ["sft"], True),
        ("끝난것", ["base"], False),
        ("빈것", [], False),
    ]
    os.close(lock)
    room = Room()
    assert room.look("빈것", {})["stages"] == []
    assert see(room.look("끝난것", {}), "base")["health"] == "finished"
    assert room.look("없는것", {}) is None
    assert room.look("../끝난것", {}) is None


def test_no_runs_folder_is_no_runs(nako_home):
    assert Room(nako_home / "nowhere").runs() == []


def test_a_second_look_brings_only_what_is_new(runs):
    stage = runs / "첫째" / "base"
    append(stage, *map(step, range(1, 30)), {"kind": "sample", "step": 0, "prompt": "가", "text": HOSTILE})
    room = Room()
    first = see(room.look("첫째", {}), "base")
    assert first["curve"]["step"] == list(range(1, 30))
    assert first["samples"] == [{"prompt": "가", "written": [(0, HOSTILE)]}]
    assert first["fresh"]

    again = see(room.look("첫째", {"base": first["mark"]}), "base")
    assert again["mark"] == first["mark"]
    assert again["rows"] == []
    assert not again.keys() & {"samples", "expected"}
    assert again["curve"]["step"] == [29]

    append(stage, step(30, reward=0.5), {"kind": "check", "step": 30, "validation_bits_per_byte": 0.9})
    new = see(room.look("첫째", {"base": first["mark"]}), "base")
    assert (new["curve"]["start"], new["curve"]["step"]) == (28, [29, 30])
    assert new["curve"]["figures"]["reward"] == [None, 0.5]
    assert new["checks"]["figures"]["validation_bits_per_byte"] == [0.9]
    assert [row["kind"] for _, row in new["rows"]] == ["step", "check"]


def test_what_the_command_will_still_train_is_foretold_at_the_pace_of_now(runs):
    make_stage(runs / "a" / "base", ended=False)  # 40 steps of 100 tokens, 1.5 seconds each
    assert Room(runs).look("a", {})["to_come"] == []
    write_itinerary(runs / "a", {"base": 4000, "mid": 2000, "sft": 1000, "rl": None})
    expected = [
        {"stage": "mid", "seconds": pytest.approx(30)},
        {"stage": "sft", "seconds": pytest.approx(15)},
        {"stage": "rl", "seconds": None},
    ]
    assert Room(runs).look("a", {})["to_come"] == expected
    make_stage(runs / "a" / "mid", ended=False)
    assert [stage["stage"] for stage in Room(runs).look("a", {})["to_come"]] == ["sft", "rl"]


def test_after_a_resume_and_after_a_restart_of_either_side_the_curve_is_told_anew(runs):
    stage = runs / "첫째" / "base"
    append(stage, *map(step, range(1, 30)))
    room = Room()
    mark = see(room.look("첫째", {}), "base")["mark"]
    append(stage, step(20, 9.0))  # killed at 29, resumed from 19
    resumed = see(room.look("첫째", {"base": mark}), "base")
    assert (resumed["curve"]["start"], len(resumed["curve"]["step"])) == (0, 20)

    other = see(Room().look("첫째", {"base": resumed["mark"]}), "base")
    assert other["fresh"]
    assert len(other["curve"]["step"]) == 20
    for mark in ("", "x", resumed["mark"] + ".1", resumed["mark"].rpartition(".")[0] + ".-1"):
        assert see(room.look("첫째", {"base": mark}), "base")["fresh"]

    (stage / "metrics.jsonl").write_text(json.dumps(step(1)) + "\n")
    anew = see(room.look("첫째", {"base": resumed["mark"]}), "base")
    assert anew["fresh"]
    assert anew["curve"]["step"] == [1]


def test_the_loss_of_earlier_runs_of_the_same_shape_is_what_is_expected(runs):
    make_stage(runs / "가" / "base", shift=0.1)
    make_stage(runs / "나" / "base", shift=-0.1)
    make_stage(runs / "다른" / "base", shift=3.0, config={"corpus": ["other.txt"]})
    make_stage(runs / "지금" / "base", ended=False)
    room = Room()
    expected = see(room.look("지금", {}), "base")["expected"]["loss"]
    assert sorted(expected["source"]) == ["가", "나"]
    assert expected["middle"][-1] == pytest.approx(4 - 40 / 50, abs=0.03)
    assert all(
        low < middle < high
        for low, middle, high in zip(expected["low"], expected["middle"], expected["high"], strict=True)
    )
    assert see(room.look("다른", {}), "base")["expected"]["loss"] is None


def test_the_law_is_what_bits_are_expected_to_be_where_it_speaks_of_the_same_text(runs, monkeypatch):
    law = Law(
        floor=0.4, a=1.0, alpha=0.1, b=1.0, beta=0.1, spread=0.01, points=6, text=hash_of_texts(["글"]),
        vocab_size=300, context=64,
    )  # fmt: skip
    monkeypatch.setattr(room_module, "load_law", lambda: law)
    make_stage(runs / "지금" / "base")
    write_json(runs / "지금" / "data" / "validation.json", ["글"])
    make_stage(runs / "다른" / "base")
    write_json(runs / "다른" / "data" / "validation.json", ["다른 글"])
    bits = see(Room().look("지금", {}), "base")["expected"]["validation_bits_per_byte"]
    assert bits["steps"][-1] == 40
    assert bits["middle"][-1] == pytest.approx(law.loss(900, 4000))
    assert see(Room().look("다른", {}), "base")["expected"]["validation_bits_per_byte"] is None


def test_a_damaged_run_is_shown_with_what_is_wrong_and_is_json(runs):
    stage = runs / "깨진것" / "base"
    make_stage(stage)
    with (stage / "metrics.jsonl").open("ab") as file:
        file.write(b'{"kind": "step"\n\xff\xfe\n{"kind": "step", "step": 41, "loss": NaN}\n')
    for name in ("scores.json", "loss_watch.json", "config.json"):
        (stage / name).write_bytes(b"\x00\xff{")
    (runs / "깨진것" / "tokenizer.json").write_bytes(b"[")
    (runs / "깨진것" / "data").mkdir()
    shown = Room().look("깨진것", {})
    base = see(shown, "base")
    assert sorted(base["damaged"]) == ["config.json", "loss_watch.json", "scores.json"]
    assert base["unreadable"] == 2
    assert base["step"] == 41
    assert shown["tokenizer"] == {}
    json.dumps(shown, allow_nan=False)


def test_odd_values_in_scores_and_findings_become_texts(runs):
    stage = runs / "첫째" / "base"
    make_stage(stage)
    scores = {"a": {"value": 0.5, "unit": "accuracy", "label": {"ko": HOSTILE}}, "b": 3, "c": {"value": "x"}}
    write_json(stage / "scores.json", {"scores": scores})
    write_json(stage / "loss_watch.json", {"findings": [{"normal": "yes", "ko": "가"}, 7]})
    base = see(Room().look("첫째", {}), "base")
    assert [(score["key"], score["value"]) for score in base["scores"]] == [
        ("a", 0.5),
        ("b", None),
        ("c", None),
    ]
    assert base["scores"][0]["ko"] == HOSTILE  # the page shows text as text
    assert base["findings"][0] == {"normal": False, "ko": "가", "en": ""}


def test_nothing_in_a_run_is_changed_by_looking(runs):
    make_stage(runs / "첫째" / "base", ended=False)
    (runs / "첫째" / "base" / "lock").write_text("1\n")
    before = {
        path: (path.stat().st_mtime_ns, path.read_bytes()) for path in runs.rglob("*") if path.is_file()
    }
    room = Room()
    room.runs()
    room.look("첫째", {})
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in runs.rglob("*") if path.is_file()}
    assert after == before


def test_several_readers_at_once_see_the_same(runs):
    make_stage(runs / "첫째" / "base", steps=300)
    room, found = Room(), []
    threads = [threading.Thread(target=lambda: found.append(room.look("첫째", {}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    marks = {see(shown, "base")["mark"] for shown in found}
    assert len(found) == 8
    assert len(marks) == 1

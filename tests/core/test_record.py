import json
import os

import pytest

from nakochat.core.files import lock_file
from nakochat.core.record import KEPT_ROWS, StageRecord


@pytest.fixture
def stage(tmp_path):
    folder = tmp_path / "첫 실행" / "base"
    folder.mkdir(parents=True)
    return folder


def write(folder, *rows, tail=""):
    with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows) + tail)


def step(number, **more):
    return {"kind": "step", "step": number, "loss": 5 - number / 100, "seconds": 2.0 * number, **more}


def record_of(folder):
    record = StageRecord(folder)
    record.refresh()
    return record


def test_an_empty_folder_waits(stage):
    record = record_of(stage)
    assert (record.health, record.step, record.step_count, record.seconds_left) == ("waiting", 0, None, None)
    assert record.changed is None


def test_a_stage_is_followed_while_it_trains_until_its_end(stage):
    (stage / "config.json").write_text('{"steps": 40}')
    lock = lock_file(stage / "lock")
    write(stage, *map(step, range(1, 11)), tail='{"kind": "step", "st')
    record = record_of(stage)
    assert (record.health, record.step, record.step_count) == ("training", 10, 40)
    assert record.step_seconds == 2.0
    assert record.seconds_left == 60.0
    assert record.unreadable == 0  # a torn line is a writer caught in the act

    write(stage, tail='ep": 11, "loss": 4.0, "seconds": 22}\n')
    record.refresh()
    assert record.step == 11
    write(stage, {"kind": "end", "steps": 11, "seconds": 22})
    record.refresh()
    assert (record.health, record.seconds_left, record.step_count) == ("finished", None, 11)
    os.close(lock)


def test_a_stage_whose_writer_died_has_stopped_and_goes_on_where_it_resumes(stage):
    write(stage, *map(step, range(1, 21)))
    record = record_of(stage)
    assert record.health == "stopped"
    write(stage, step(16, loss=1.0), step(17, loss=1.0))
    record.refresh()
    assert record.step == 17
    assert record.steps.steps()[-2:] == [16, 17]
    assert record.steps.column("loss")[-2:] == [1.0, 1.0]
    assert record.step_seconds == 2.0


def test_a_log_that_begins_anew_makes_everything_before_void(stage):
    write(stage, *map(step, range(1, 5)), {"kind": "skipped", "step": 5, "fault": "loss nan"})
    record = record_of(stage)
    assert record.skipped == 1
    (stage / "metrics.jsonl").write_text(json.dumps(step(1)) + "\n")
    record.refresh()
    assert (record.generation, record.skipped, record.step, len(record.steps)) == (1, 0, 1, 1)


def test_samples_of_one_prompt_are_kept_spread_over_the_steps(stage):
    write(
        stage,
        *(
            {"kind": "sample", "step": at, "prompt": "옛날에", "text": f"{at}째"}
            for at in range(0, 10_000, 100)
        ),
        *({"kind": "sample", "step": 1, "prompt": f"{number}", "text": "가"} for number in range(20)),
    )
    samples = record_of(stage).samples
    assert len(samples.of) == samples.most_prompts
    kept = samples.of["옛날에"]
    assert kept[0] == (0, "0째")
    assert kept[-1] == (9900, "9900째")
    assert len(kept) <= samples.most_steps


def test_what_cannot_be_read_is_counted_and_named_and_the_rest_stands(stage):
    write(stage, step(1))
    with (stage / "metrics.jsonl").open("ab") as file:
        file.write('{"kind": "st\n"글"\n[]\n'.encode() + b"\xff\n")
        file.write(b"[" * 100_000 + b"\n" + b'{"kind": "step", "step": "many"}\n')
        file.write(b'{"kind": "step", "step": 2, "loss": NaN, "seconds": 1e999, "x": ' + b"9" * 400 + b"}\n")
    write(stage, step(3))
    for name, content in (("scores.json", "{"), ("config.json", "[1]"), ("origin.json", '{"seed": 1}')):
        (stage / name).write_text(content)
    record = record_of(stage)
    assert record.unreadable == 6
    assert record.steps.steps() == [1, 2, 3]
    assert record.steps.column("loss")[1] is None
    assert [name for name, file in record.files.items() if file.damaged] == ["config.json", "scores.json"]
    assert record.files["origin.json"].value == {"seed": 1}
    (stage / "scores.json").write_text('{"scores": {}}')
    record.refresh()
    assert not record.files["scores.json"].damaged


def test_a_log_of_any_length_is_read_in_pieces_and_takes_no_more_memory(stage):
    write(
        stage,
        *map(step, range(1, 20_001)),
        {"kind": "check", "step": 20_000, "validation_bits_per_byte": 0.5},
    )
    record = StageRecord(stage, most_bytes=100_000)
    record.refresh()
    assert 0 < record.share_read < 0.2
    looks = 1
    while record.share_read < 1:
        record.refresh()
        looks += 1
    record.refresh()
    assert looks > 5
    assert record.step == 20_000
    assert len(record.steps) <= 600
    assert len(record.log) <= 2 * KEPT_ROWS
    assert record.checks.column("validation_bits_per_byte") == [0.5]

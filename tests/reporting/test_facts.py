import json
from pathlib import Path

import pytest

from nakochat.core.errors import CheckpointError, DataError
from nakochat.core.record import StageRecord
from nakochat.reporting.facts import read_metrics, read_run

STEP = {"kind": "step", "loss": 1.0}


def rows(path: Path, *entries: dict[str, object], tail: bytes = b"") -> Path:
    path.write_bytes("".join(json.dumps(entry) + "\n" for entry in entries).encode() + tail)
    return path


def test_later_row_of_a_repeated_step_wins(tmp_path: Path) -> None:
    metrics = read_metrics(
        rows(
            tmp_path / "m.jsonl",
            STEP | {"step": 10, "loss": 3.0},
            STEP | {"step": 20, "loss": 2.0},
            STEP | {"step": 10, "loss": 2.9},
        )
    )
    assert [(row["step"], row["loss"]) for row in metrics.steps] == [(10, 2.9), (20, 2.0)]


def test_torn_last_line_is_passed_over_even_inside_a_syllable(tmp_path: Path) -> None:
    torn = '{"kind":"sample","text":"가'.encode()[:-1]
    metrics = read_metrics(rows(tmp_path / "m.jsonl", STEP | {"step": 1}, tail=torn))
    assert len(metrics.steps) == 1
    assert metrics.unreadable_lines == 0


def test_unreadable_line_in_the_middle_is_counted(tmp_path: Path) -> None:
    path = rows(
        tmp_path / "m.jsonl", STEP | {"step": 1}, tail=b'{"kind":"st{"kind":"step"}\n{"kind":"end"}\n'
    )
    metrics = read_metrics(path)
    assert metrics.unreadable_lines == 1
    assert metrics.end is not None


def test_what_a_training_went_on_without_is_counted(tmp_path: Path) -> None:
    step = STEP | {"step": 1, "damaged": 3}
    path = rows(tmp_path / "m.jsonl", step, step, {"kind": "skipped", "step": 2}, STEP | {"step": 2})
    metrics = read_metrics(path)
    assert (metrics.skipped_batches, metrics.damaged_pieces) == (1, 3)


def test_a_batch_that_is_passed_over_again_after_a_kill_counts_once(tmp_path: Path) -> None:
    first, second, third = ({"kind": "skipped", "step": 4, "number": n} for n in (1, 2, 3))
    began, killed = ({"kind": "session", "skipped": n} for n in (0, 1))
    rows_of = [began, first, second, third, killed, second]  # the third batch was good this time
    assert read_metrics(rows(tmp_path / "m.jsonl", *rows_of)).skipped_batches == 2
    record = StageRecord(tmp_path)
    (tmp_path / "m.jsonl").rename(tmp_path / "metrics.jsonl")
    record.refresh()
    assert record.skipped == 2


def test_checks_of_one_step_complete_each_other(tmp_path: Path) -> None:
    check = {"kind": "check", "step": 5}
    metrics = read_metrics(rows(tmp_path / "m.jsonl", check | {"a": 1}, check | {"b": 2}))
    assert [(row["a"], row["b"]) for row in metrics.checks] == [(1, 2)]


def test_an_end_is_forgotten_when_training_goes_on(tmp_path: Path) -> None:
    path = rows(tmp_path / "m.jsonl", STEP | {"step": 1}, {"kind": "end"}, STEP | {"step": 2})
    assert read_metrics(path).end is None


def test_stages_are_read_in_order_and_the_newest_whole_checkpoint_counts(run_folder: Path) -> None:
    (run_folder / "base" / "checkpoints" / "500").mkdir()  # no manifest: not whole
    run = read_run(run_folder)
    assert [stage.name for stage in run.folders] == ["tokenizer", "base", "mid", "sft", "rl"]
    assert run.stages[0].checkpoint == 400
    assert run.stages[0].scores["josa"].interval == (0.95, 0.98)


def test_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="실행 기록이 없습니다"):
        read_run(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'{"scores": {"josa": {"items": 3}}}'])
def test_scores_that_cannot_be_understood_name_their_file(run_folder: Path, content: bytes) -> None:
    (run_folder / "mid" / "scores.json").write_bytes(content)
    with pytest.raises(DataError, match=r"mid/scores\.json"):
        read_run(run_folder)

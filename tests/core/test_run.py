import errno
import os
import subprocess
import sys

import pytest

from nakochat.core.errors import CheckpointError
from nakochat.core.files import is_locked, read_json
from nakochat.core.run import Run, command_line, read_metrics


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path):
    with Run(tmp_path / "sft"):
        with pytest.raises(CheckpointError, match=rf"{os.getpid()} .*sft"), Run(tmp_path / "sft"):
            pass
        with Run(tmp_path / "rl"):  # another stage is free
            pass
    with Run(tmp_path / "sft"):
        pass


def test_the_lock_of_a_process_that_was_killed_is_taken_over(tmp_path):
    holds = (
        "import sys, time; from pathlib import Path; from nakochat.core.files import lock_file;"
        "held = lock_file(Path(sys.argv[1])); print(held, flush=True); time.sleep(600)"
    )
    (tmp_path / "sft").mkdir()
    path = tmp_path / "sft" / "lock"
    process = subprocess.Popen([sys.executable, "-c", holds, str(path)], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        assert is_locked(path)
        with pytest.raises(CheckpointError), Run(tmp_path / "sft"):
            pass
    finally:
        process.kill()
        process.communicate()
    assert not is_locked(path)
    with Run(tmp_path / "sft"):
        assert is_locked(path)
    assert not is_locked(tmp_path / "nowhere" / "lock")


def test_where_there_are_no_locks_everyone_may_write_and_is_told(tmp_path, monkeypatch, capsys):
    fcntl = pytest.importorskip("fcntl")

    def none(handle, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    with Run(tmp_path / "sft"):
        assert not is_locked(tmp_path / "sft" / "lock")
    assert str(tmp_path / "sft") in capsys.readouterr().out


def test_a_lock_that_cannot_be_asked_for_is_no_lock_of_another(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def broken(handle, how):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", broken)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)), Run(tmp_path / "sft"):
        pass


def test_other_ranks_write_nothing(tmp_path):
    with Run(tmp_path / "sft", writes=False) as run:
        run.log("step", step=1)
        run.write_config({"a": 1})
        run.write_origin(machine={}, seed=0, parent=None)
    assert not (tmp_path / "sft").exists()


def test_rows_are_appended_over_sessions(tmp_path):
    for step in (1, 2):
        with Run(tmp_path) as run:
            run.log("step", step=step, text="가나")
    assert list(read_metrics(tmp_path)) == [{"kind": "step", "step": s, "text": "가나"} for s in (1, 2)]
    assert list(read_metrics(tmp_path / "nowhere")) == []


@pytest.mark.parametrize("cut", [1, 5, 8])  # 8 leaves half a syllable
def test_a_torn_line_is_passed_over_and_the_next_stands_alone(tmp_path, cut):
    with Run(tmp_path) as run:
        run.log("a")
        run.log("sample", text="한국어")
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with Run(tmp_path) as run:
        run.log("b")
    kinds = [row["kind"] for row in read_metrics(tmp_path)]
    assert kinds == (["a", "sample", "b"] if cut == 1 else ["a", "b"])


def test_a_row_that_is_no_object_is_passed_over(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('[1]\n"text"\n{"kind": "a"}\n\n')
    assert list(read_metrics(tmp_path)) == [{"kind": "a"}]


def test_a_full_disk_loses_the_row_and_not_the_run(tmp_path, capsys):
    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    with Run(tmp_path) as run:
        run._metrics.close()
        run._metrics = Full()
        run.log("step", step=1)
    assert "No space left" in capsys.readouterr().err


def test_secrets_are_left_out_of_the_command():
    shown = command_line(
        ["/usr/bin/nako", "serve", "--api-key", "s3cret", "--token=hidden", "--port", "80", "--key"]
    )
    assert shown == "nako serve --api-key *** --token=*** --port 80 --key"


def test_the_origin_says_where_a_stage_came_from(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nako", "train", "sft", "--key=s3cret"])
    with Run(tmp_path) as run:
        assert run.read_config() is None
        run.write_config({"steps": 3})
        run.write_origin(machine={"device": "cpu"}, seed=7, parent={"checkpoint": "toy/mid@4", "hash": "ab"})
        assert run.read_config() == {"steps": 3}
    origin = read_json(tmp_path / "origin.json")
    assert origin["command"] == "nako train sft --key=***"
    assert (origin["seed"], origin["parent"]["hash"], origin["machine"]) == (7, "ab", {"device": "cpu"})
    assert origin["versions"]["torch"]


def test_rows_that_a_full_disk_lost_are_said_and_the_run_ends_well(tmp_path, full_disk, capsys):
    with full_disk():
        with Run(tmp_path) as run:
            for _ in range(25):  # about a kilobyte each, of 20
                run.log("sample", text="가" * 300)
        assert "기록하지 못했습니다" in capsys.readouterr().err
    with Run(tmp_path) as run:
        run.log("step", step=1)
    found = list(read_metrics(tmp_path))
    assert len(found) > 15
    assert found[-1]["step"] == 1


def test_a_stage_that_starts_over_forgets_its_rows(tmp_path):
    with Run(tmp_path) as run:
        run.log("step", step=1)
        run.forget_rows()
        run.log("step", step=2)
    assert [row["step"] for row in read_metrics(tmp_path)] == [2]

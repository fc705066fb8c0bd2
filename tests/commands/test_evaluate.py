import signal
from pathlib import Path

import pytest
import torch

from nakochat.commands import evaluate
from nakochat.commands.evaluate import EvalSettings
from nakochat.core.errors import CheckpointError, NakoError
from nakochat.core.files import read_json, write_json
from nakochat.core.paths import RunReference, run_folder
from nakochat.data.village.scene import Exercise, Expected
from nakochat.evals import suite
from nakochat.models.checkpoint import checkpoint_of, save_checkpoint
from nakochat.models.nako import Nako, NakoConfig
from nakochat.tasks.catalogue import select
from nakochat.tasks.task import Label, Task
from nakochat.text.conversation import assistant, user
from nakochat.text.tokenizer import Tokenizer
from tests.journeys.commands import Commands

BASE = RunReference("run", "base", None)


@pytest.fixture
def save():
    """Leaves a checkpoint of step `step` of 4."""
    tokenizer = Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요."] * 3, 300)
    tokenizer.save(run_folder("run") / "tokenizer")
    write_json(run_folder("run") / "data" / "validation.json", ["무궁화 꽃이 피었어요."])

    def at(step, seed=0, context=32):
        model = Nako(
            NakoConfig(vocab_size=tokenizer.vocab_size, layers=1, width=16, heads=1, context=context)
        )
        model.initialise(seed)
        state = {"step": step, "steps": 4}
        folder = run_folder("run") / "base" / "checkpoints"
        return save_checkpoint(folder, model=model, tokenizer_hash=tokenizer.hash, state=state)

    return at


@pytest.fixture
def scored(monkeypatch):
    """The suite, which would take long, stands in for itself; what it was asked for."""
    asked = []

    def score(engine, texts, items):
        asked.append((engine, texts, items))
        figure = {"value": 0.5, "unit": "accuracy", "label": {"ko": "조사", "en": "particles"}}
        return {"seconds": 1.0, "scores": {"josa": figure}}

    monkeypatch.setattr(evaluate, "score", score)
    return asked


def scores():
    return read_json(run_folder("run") / "base" / "scores.json")


def test_scores_name_the_checkpoint_they_are_of(save, scored, tmp_path, capsys):
    save(4)
    evaluate.main("run", settings=EvalSettings(device="cpu", dtype="float32", json=tmp_path / "out.json"))
    ((engine, texts, items),) = scored
    assert items is None
    assert texts == ["무궁화 꽃이 피었어요."]
    assert engine.machine.dtype == torch.float32
    found = scores()
    assert (found["step"], found["checkpoint"], found["dtype"]) == (4, checkpoint_of(BASE).hash, "float32")
    assert read_json(tmp_path / "out.json") == found
    assert "50.0 %  조사" in capsys.readouterr().out


def test_an_older_step_is_scored_without_replacing_the_scores(save, scored, tmp_path):
    save(2)
    save(4)
    evaluate.main(
        "run/base@2", settings=EvalSettings(device="cpu", dtype="float32", json=tmp_path / "out.json")
    )
    assert read_json(tmp_path / "out.json")["step"] == 2
    assert not (run_folder("run") / "base" / "scores.json").exists()


def test_a_finished_stage_is_scored_once_and_scores_of_less_do_not_count(save, scored):
    save(2)
    evaluate.main("run", settings=EvalSettings(device="cpu", dtype="float32"))
    evaluate.score_stage(BASE, device="cpu", dtype="float32")
    assert len(scored) == 1  # not finished: there is nothing to score yet
    save(4, seed=1)
    evaluate.score_stage(BASE, device="cpu", dtype="float32")
    assert (len(scored), scores()["step"]) == (2, 4)
    evaluate.score_stage(BASE, device="cpu", dtype="float32")
    assert len(scored) == 2


def test_scores_of_some_items_are_kept_only_where_a_preset_says_so(save, scored, tmp_path):
    save(4)
    evaluate.main(
        "run", settings=EvalSettings(limit=3, device="cpu", dtype="float32", json=tmp_path / "out.json")
    )
    assert read_json(tmp_path / "out.json")["limit"] == scored[0][2] == 3
    assert not (run_folder("run") / "base" / "scores.json").exists()
    evaluate.score_stage(BASE, device="cpu", dtype="float32", items=3)
    assert scores()["limit"] == 3


STALLED = """
import sys, time
from pathlib import Path
from nakochat.commands import evaluate
from nakochat.evals import suite
from tests.commands.test_evaluate import BASE, TASK, score

def stall(*words, **options):
    Path(sys.argv[1]).touch()
    time.sleep(3600)

suite.answer_all, evaluate.score, suite.JOSA_PAIRS = stall, score, 4
evaluate.score_stage(BASE, device="cpu", dtype="float32")
"""
EXERCISES = [Exercise((user(text), assistant("")), Expected()) for text in ("안녕", "무궁화")]
TASK = Task("kind", Label("과제", "task"), lambda: EXERCISES, lambda answer, expected: True, max_tokens=4)


def score(engine, texts, items):
    return suite.score(engine, texts, tasks=[TASK], items=items, shown=False)


def test_an_evaluation_that_was_killed_in_its_middle_runs_again_to_the_same_scores(
    save, tmp_path, nako_home, monkeypatch, fork_server
):
    monkeypatch.setattr(suite, "CONVERSATIONS", ())
    monkeypatch.setattr(suite, "JOSA_PAIRS", 4)
    monkeypatch.setattr(evaluate, "score", score)
    save(4, context=128)
    nako, script = Commands(fork_server, tmp_path), tmp_path / "stalled.py"
    script.write_text(STALLED)
    moment = {"when": "stalled", "number": signal.SIGKILL}
    ended = nako.run(str(tmp_path / "stalled"), script=script, at=nako_home, **moment)
    assert ended["status"] == -signal.SIGKILL, nako.errors()
    stage = run_folder("run") / "base"
    assert {path.name for path in stage.iterdir()} == {"checkpoints"}  # no half of a score
    found = []
    for _ in range(2):
        evaluate.score_stage(BASE, device="cpu", dtype="float32")
        found.append({name: value for name, value in scores().items() if name != "seconds"})
        (stage / "scores.json").unlink()  # the second was killed by nobody
    assert found[0] == found[1]
    assert found[0]["scores"]["kind"]["items"] == 2


def test_bits_per_byte_of_a_file(save, tmp_path):
    save(4)
    text = tmp_path / "글.txt"
    text.write_text("무궁화 꽃이 피었어요.\n" * 3, encoding="utf-8")
    evaluate.main(
        "run",
        settings=EvalSettings(bpb=(str(text),), device="cpu", dtype="float32", json=tmp_path / "out.json"),
    )
    found = read_json(tmp_path / "out.json")
    figures = found["scores"]["texts/글"]
    assert 0 < figures["bits_per_byte"] < figures["bits_per_character"]
    assert figures["perplexity"] > 1
    assert {name: found[name] for name in evaluate._OF_TEXT} == {
        name: figures[name] for name in evaluate._OF_TEXT
    }
    assert 0 <= figures["token_accuracy"] <= 1
    assert read_json(run_folder("run") / "base" / "suites.json")["scores"]["texts/글"] == figures
    assert not (run_folder("run") / "base" / "scores.json").exists()


def test_missing_texts_and_missing_checkpoints_are_named(save, scored):
    save(4)
    (run_folder("run") / "data" / "validation.json").unlink()
    with pytest.raises(CheckpointError, match=r"validation\.json"):
        evaluate.main("run", settings=EvalSettings(device="cpu", dtype="float32"))
    with pytest.raises(CheckpointError, match="3"):
        evaluate.main("run/base@3", settings=EvalSettings(device="cpu", dtype="float32"))


def test_suites_are_written_beside_the_scores(save, tmp_path, capsys):
    save(4)
    evaluate.main(
        "run",
        settings=EvalSettings(
            suite=("jamo", "nsmc"), device="cpu", dtype="float32", json=tmp_path / "out.json"
        ),
    )
    said = capsys.readouterr()
    assert "자모" in said.out
    assert "nako data pull nsmc" in said.err
    written = read_json(run_folder("run") / "base" / "suites.json")
    assert written["checkpoint"] == checkpoint_of(BASE).hash
    assert written["scores"]["jamo"]["items"] == 400
    assert written["scores"] == read_json(tmp_path / "out.json")["scores"]
    assert not (run_folder("run") / "base" / "scores.json").exists()


def test_a_limited_suite_says_of_how_many_it_is_and_replaces_no_fuller_one(save):
    save(4)
    kept = run_folder("run") / "base" / "suites.json"

    def items(limit):
        settings = EvalSettings(suite=("jamo",), limit=limit, device="cpu", dtype="float32")
        evaluate.main("run", settings=settings)
        score = read_json(kept)["scores"]["jamo"]
        return score["items"], score.get("of")

    of = len(select(["jamo"])[0].read(None))
    assert items(5) == (5, of)
    assert items(7) == (7, of)
    assert items(6) == (7, of)
    assert items(of) == (of, None)
    assert items(7) == (of, None)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"suite": ("kor",)}, "korean"),
        ({"suite": ("jamo",), "limit": 0}, "--limit"),
        ({"suite": ("humaneval",), "samples": 4, "temperature": 0.0}, "--samples"),
        ({"suite": ("nsmc",), "data": Path("/nowhere")}, "/nowhere"),
        ({"suite": ("nsmc",)}, "nako data pull nsmc"),
    ],
)
def test_mistakes_are_named(save, options, named):
    save(4)
    with pytest.raises(NakoError, match=named):
        evaluate.main("run", settings=EvalSettings(device="cpu", dtype="float32", **options))

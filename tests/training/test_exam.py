import pytest
import torch

from nakochat.core.files import read_json
from nakochat.core.machine import Machine
from nakochat.inference.engine import Generated
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.conversation import user
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import exam as module
from nakochat.training.exam import Exam
from nakochat.training.practice import Prompt


@pytest.fixture
def exam(tmp_path, monkeypatch):
    tokenizer = Tokenizer.train(["무궁화 꽃이 피었어요. user assistant 안녕하세요."] * 3, 300)
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=1, width=16, heads=1, context=64))
    model.initialise(0)
    prompts = [
        Prompt(task, (user(text),), lambda answer: answer == "꽃")
        for task, text in (("one", "무궁화"), ("one", "안녕"), ("two", "꽃이"), ("two", "가" * 60))
    ]

    class Scripted:
        """Of every four answers, as many are right as its number says; the likeliest is right where it is the first."""

        context = 64

        def __init__(self, *parts):
            pass

        def generate(self, asked, sampling, *, seeds=None):
            right = [n % 4 < (n // 4 + said["more"]) for n in range(len(asked))]
            if sampling.temperature == 0:
                right = [n < said["more"] for n in range(len(asked))]
            return [
                Generated([*tokenizer.encode("꽃" if good else "무"), tokenizer.im_end], [], "stop")
                for good in right
            ]

    said = {"more": 0}
    monkeypatch.setattr(module, "Engine", Scripted)
    made = Exam(tmp_path, tokenizer, Machine(torch.device("cpu")), prompts, 4, 8, steps=10)
    return made, model, said


def test_pass_at_k_of_every_task_and_what_changed(exam, tmp_path):
    made, model, said = exam
    found = made.measure(model, 0)
    # of four tries, none, one and two are right; the last prompt does not fit
    assert found == {
        "pass@1/one": pytest.approx((0 + 1 / 4) / 2), "pass@2/one": pytest.approx((0 + 1 / 2) / 2),
        "pass@4/one": 0.5, "pass@1/two": 0.5, "pass@2/two": pytest.approx(5 / 6), "pass@4/two": 1.0,
    }  # fmt: skip
    said["more"] = 2
    made.measure(model, 5)
    entries = read_json(tmp_path / "changes.json")["answers"]
    assert len(entries) == 3
    assert "after" not in entries[0]
    made.measure(model, 10)
    entries = read_json(tmp_path / "changes.json")["answers"]
    assert [(e["right_before"], e["right_after"]) for e in entries] == [
        (False, True),
        (False, True),
        (False, False),
    ]
    assert (entries[0]["task"], entries[0]["prompt"], entries[0]["before"]) == ("one", "무궁화", "무")


def test_nothing_held_out_measures_nothing(exam, tmp_path):
    made, model, _ = exam
    made.prompts = []
    assert made.measure(model, 0) == {}
    assert not (tmp_path / "changes.json").exists()


def test_where_no_prompt_fits_the_context_nothing_is_measured_which_is_said(exam, tmp_path, capsys):
    made, model, _ = exam
    made.prompts = [Prompt("one", (user("가" * 60),), lambda answer: False)]
    assert made.measure(model, 0) == {}
    assert "문맥(64토큰)" in capsys.readouterr().out
    assert not (tmp_path / "changes.json").exists()

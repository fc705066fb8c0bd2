"""Samples during training: of what fits the model's context."""

import pytest
import torch

from nakochat.core import progress
from nakochat.core.machine import Machine
from nakochat.core.run import Run, read_metrics
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.watch import CHAT_PROMPTS, TEXT_PROMPTS, Watch


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train([*TEXT_PROMPTS, *CHAT_PROMPTS, "user assistant"] * 3, 400)


@pytest.mark.parametrize(
    ("stage", "context", "shown"),
    [
        ("base", 64, TEXT_PROMPTS),
        ("base", 1, ()),
        ("sft", 64, CHAT_PROMPTS),
        ("sft", 14, CHAT_PROMPTS[:1]),
        ("sft", 2, ()),
    ],
)
def test_samples_that_do_not_fit_are_left_out_and_named_once(
    tmp_path, tokenizer, monkeypatch, capsys, stage, context, shown
):
    monkeypatch.setattr(progress, "_spoken", set())
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=1, width=16, heads=1, context=context))
    model.initialise(0)
    with Run(tmp_path / stage) as run:
        watch = Watch(run, tokenizer, Machine(torch.device("cpu")), [])
        for step in (0, 5):
            assert watch.measure(model, step) == {}
    assert [row["prompt"] for row in read_metrics(tmp_path / stage)] == [*shown, *shown]
    said = capsys.readouterr().out.count(f"문맥({context}토큰)")
    assert said == (0 if context == 64 else 1)

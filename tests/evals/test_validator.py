"""Perplexity by language, against the definition; and the door for Python programs."""

import json
import math

import pytest
import torch

from nakochat import cli
from nakochat.core.errors import CheckpointError, DataError
from nakochat.core.files import write_json
from nakochat.core.paths import run_folder
from nakochat.evals import ModelValidator
from nakochat.evals.validator import language_of
from tests.interop.test_hf import CONFIGS, make_run

KOREAN, ENGLISH = "강가에는 새가 있었어요!", "The cat sat."


@pytest.fixture(autouse=True)
def run(nako_home):
    make_run("my", CONFIGS["gpt2"])
    return run_folder("my")


def test_perplexity_is_that_of_the_tokens_and_of_each_language(run, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in (KOREAN, ENGLISH)), encoding="utf-8"
    )
    validator = ModelValidator(model_path=run, tokenizer_path=run / "tokenizer", dtype="float32")
    found = validator.run_comprehensive_evaluation([file])
    losses = {}
    for name, text in (("korean", KOREAN), ("english", ENGLISH)):
        ids = [validator.engine.tokenizer.bos, *validator.engine.tokenizer.encode(text)]
        with torch.no_grad():
            logs = validator.engine.model(torch.tensor([ids[:-1]]))[..., :300].log_softmax(-1)[0]
        own = [-float(logs[place, token]) for place, token in enumerate(ids[1:])]
        losses[name] = own
        assert found["languages"][name]["perplexity"] == pytest.approx(
            math.exp(sum(own) / len(own)), rel=1e-4
        )
    both = losses["korean"] + losses["english"]
    assert found["perplexity"] == pytest.approx(math.exp(sum(both) / len(both)), rel=1e-4)
    assert found["tokens"] == len(both)
    assert 0 <= found["token_accuracy"] <= 1
    assert found["samples"][0]["prompt"] == "옛날 어느 마을에"
    assert len(found["samples"]) == 4


def test_without_texts_it_is_what_the_run_held_out(run):
    validator = ModelValidator(run / "sft", dtype="float32")
    with pytest.raises(DataError, match="떼어 둔 글"):
        validator.run_comprehensive_evaluation()
    write_json(run / "data" / "validation.json", [KOREAN])
    assert list(validator.run_comprehensive_evaluation()["languages"]) == ["korean"]
    with pytest.raises(CheckpointError, match="nako import"):
        ModelValidator("model.pt")


def test_the_command(run, tmp_path, capsys):
    write_json(run / "data" / "validation.json", [KOREAN, ENGLISH])
    assert cli.run(["validate", "my", "--json", str(tmp_path / "out.json")]) == 0
    said = capsys.readouterr().out
    assert "한국어: 혼란도" in said
    assert "영어: 혼란도" in said
    assert json.loads((tmp_path / "out.json").read_text())["perplexity"] > 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (KOREAN, "korean"),
        (ENGLISH, "english"),
        ("GPU를 사러 갔어요", "korean"),
        ("東京", "other"),
        ("12", "other"),
    ],
)
def test_the_letters_tell_the_language(text, language):
    assert language_of(text) == language

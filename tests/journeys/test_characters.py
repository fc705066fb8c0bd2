"""The character quick start in Korean: a syllable is a token, from the village's texts to a sample."""

import re

from nakochat import cli
from nakochat.core.paths import run_folder
from nakochat.core.run import read_metrics
from nakochat.text.tokenizer import Tokenizer

PROMPT = "시장에"


def test_syllables_are_learnt_one_by_one(capsys, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "ko")
    preset = ["--preset", "korean-char", "--name", "음절"]
    assert cli.run(["tok", "train", *preset, "--max-chars", "60000"]) == 0
    short = ["--steps", "12", "--warmup", "2", "--check-every", "12", "--compile", "no", "--device", "cpu"]
    assert cli.run(["train", "base", *preset, *short]) == 0
    tokenizer = Tokenizer.load(run_folder("음절") / "tokenizer")
    assert [tokenizer.decode([number]) for number in tokenizer.encode(PROMPT)] == list(PROMPT)
    losses = [row["loss"] for row in read_metrics(run_folder("음절") / "base") if row["kind"] == "step"]
    assert losses[-1] < losses[0] - 1
    capsys.readouterr()
    assert cli.run(["sample", "음절", "--prompt", PROMPT, "--max-tokens", "20", "--seed", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(PROMPT)
    assert re.fullmatch(r"[가-힣ㄱ-ㅣ0-9A-Za-z\s\W]+", said)

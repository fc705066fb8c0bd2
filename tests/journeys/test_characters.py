"""The character quick start in Korean: a syllable is a token, from texts of one's own to a sample."""

import re

from nakochat import cli
from nakochat.core.paths import run_folder
from nakochat.core.run import read_metrics
from nakochat.text.tokenizer import Tokenizer

PROMPT = "시장에"
TEXTS = [
    f"{place}에 {who} 갔어요. 거기에서 {count} 마리의 새를 보고 {who} 웃었어요.\n"
    for place in ("시장", "강가", "학교", "바다", "마을", "들판")
    for who in ("토끼가", "할머니가", "나무꾼이", "고양이가", "선생님이")
    for count in ("한", "두", "세", "네", "다섯", "여섯", "일곱")
]


def test_syllables_are_learnt_one_by_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "ko")
    corpus = tmp_path / "글"
    corpus.mkdir()
    for number, text in enumerate(TEXTS):
        (corpus / f"{number}.txt").write_text(text, encoding="utf-8")
    common = ["--preset", "korean-char", "--name", "음절", "--corpus", str(corpus)]
    assert cli.run(["tok", "train", *common]) == 0
    short = ["--steps", "30", "--warmup", "4", "--check-every", "30", "--compile", "no", "--device", "cpu"]
    assert cli.run(["train", "base", *common, *short]) == 0
    tokenizer = Tokenizer.load(run_folder("음절") / "tokenizer")
    assert [tokenizer.decode([number]) for number in tokenizer.encode(PROMPT)] == list(PROMPT)
    losses = [row["loss"] for row in read_metrics(run_folder("음절") / "base") if row["kind"] == "step"]
    assert losses[-1] < losses[0] / 2
    capsys.readouterr()
    assert cli.run(["sample", "음절", "--prompt", PROMPT, "--max-tokens", "20", "--temperature", "0"]) == 0
    said = capsys.readouterr().out.strip()
    assert re.fullmatch(r"시장에 [가-힣]+[가-힣 .]+", said), said  # the place, and who went there

import json

import pytest

from nakochat.commands import tok_eval
from nakochat.core.errors import CheckpointError, ConfigError, DataError
from nakochat.core.files import read_json
from nakochat.core.paths import run_folder
from nakochat.data.held_out import VALIDATION_SHARE, place
from nakochat.evals.compression_samples import SAMPLES
from nakochat.evals.texts import pinned
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture
def tokenizer():
    made = Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요."] * 3, 300)
    made.save(run_folder("run") / "tokenizer")
    return made


def evaluated(tmp_path, **options):
    tok_eval.evaluate("run", json=tmp_path / "out.json", **options)
    return read_json(tmp_path / "out.json")


def test_it_is_measured_on_a_file(tokenizer, tmp_path):
    text = tmp_path / "글.txt"
    text.write_text("안녕하세요.\n", encoding="utf-8")
    found = evaluated(tmp_path, file=(str(text),))
    ids = tokenizer.encode("안녕하세요.")
    assert list(found["domains"]) == ["글"]
    assert found["characters_per_token"] == pytest.approx(6 / len(ids))
    assert found["bytes_per_token"] == pytest.approx(16 / len(ids))
    assert found["vocabulary"] == tokenizer.vocab_size
    text.write_text("안녕하세요.\n", encoding="cp949")
    assert evaluated(tmp_path, file=(str(text),), encoding="cp949")["tokens"] == found["tokens"]


def test_without_a_file_every_domain_has_a_sample(tokenizer, tmp_path, capsys):
    found = evaluated(tmp_path)
    assert set(found["domains"]) == set(SAMPLES)
    assert found["domains"]["nfd"] == found["domains"]["encyclopaedia"]  # NFC makes them one
    shown = capsys.readouterr().out
    for sample in pinned():
        assert sample.label.ko in shown
    assert "encyclopaedia" not in shown


def test_only_what_training_left_out(tokenizer, tmp_path):
    path = tmp_path / "글.jsonl"
    texts = [f"문서 {number}" for number in range(500)]
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    kept = [text for text in texts if place(text) < VALIDATION_SHARE]
    assert kept
    found = evaluated(tmp_path, file=(f"law={path}",), held_out=True)
    assert found["domains"]["law"]["tokens"] == sum(len(tokenizer.encode(text)) for text in kept)


def test_published_ones_stand_beside_it(tokenizer, tmp_path):
    (tmp_path / "tokenizer.json").write_text(tokenizer.backend.to_str(), encoding="utf-8")
    found = evaluated(tmp_path, beside="kobart", peers=tmp_path)
    assert found["beside"]["kobart"]["domains"] == found["domains"]


def test_what_cannot_be_measured_is_said(tokenizer, tmp_path):
    with pytest.raises(ConfigError, match="--peers"):
        tok_eval.evaluate("run", beside="gpt2")
    with pytest.raises(ConfigError, match="gpt3"):
        tok_eval.evaluate("run", beside="gpt3", peers=tmp_path)
    with pytest.raises(ConfigError, match="--max-chars"):
        tok_eval.evaluate("run", max_chars=0)
    with pytest.raises(CheckpointError, match="nowhere"):
        tok_eval.evaluate("nowhere")
    (tmp_path / "one.jsonl").write_text('{"text": "글 0"}', encoding="utf-8")
    with pytest.raises(DataError, match="one"):
        tok_eval.evaluate("run", file=(f"law={tmp_path / 'one.jsonl'}",), held_out=True)

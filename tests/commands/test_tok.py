import pytest

from nakochat.commands import tok
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json
from nakochat.core.paths import run_folder
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.settings import TokenizerSettings


def settings(**changes):
    return TokenizerSettings(**{"name": "run", "vocab_size": 400, "characters": 8000, **changes})


@pytest.fixture(autouse=True)
def few_texts(monkeypatch):
    monkeypatch.setattr(tok, "validation_texts", lambda corpus, seed: ["안녕하세요. 무궁화 꽃이 피었어요."])


def test_a_tokenizer_is_made_once_and_held_to_its_settings(capsys):
    tok.train(settings())
    made = Tokenizer.load(run_folder("run") / "tokenizer")
    assert made.vocab_size == 400
    record = read_json(run_folder("run") / "tokenizer.json")
    assert record["characters_per_token"] > 0
    assert record["settings"]["characters"] == 8000
    capsys.readouterr()
    tok.train(settings(device="cpu", preset="toy"))
    assert "이미 있습니다" in capsys.readouterr().out
    for name, value in (("seed", 1), ("vocab_size", 500), ("characters", 9000), ("column", "글")):
        with pytest.raises(ConfigError, match=f"{name}: .*--name"):
            tok.train(settings(**{name: value}))
    assert Tokenizer.load(run_folder("run") / "tokenizer").hash == made.hash


def test_a_start_that_failed_binds_nobody(tmp_path):
    with pytest.raises(DataError):
        tok.train(settings(corpus=(tmp_path / "nowhere.txt",)))
    tok.train(settings())
    assert read_json(run_folder("run") / "tokenizer.json")["settings"]["corpus"] == []


def test_it_is_measured_on_a_file(tmp_path, capsys):
    tok.train(settings())
    (run_folder("run") / "base" / "checkpoints" / "000001").mkdir(parents=True)
    text = tmp_path / "글.txt"
    text.write_text("안녕하세요.\n", encoding="utf-8")
    tok.evaluate("run", file=text, json=tmp_path / "out.json")
    found = read_json(tmp_path / "out.json")
    ids = Tokenizer.load(run_folder("run") / "tokenizer").encode("안녕하세요.")
    assert found["characters_per_token"] == pytest.approx(6 / len(ids))
    assert found["bytes_per_token"] == pytest.approx(16 / len(ids))

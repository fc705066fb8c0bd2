import json

import pytest

from nakochat.commands import tok
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json, write_json
from nakochat.core.paths import run_folder
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.tokenizer_settings import TokenizerSettings


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


def test_an_older_record_stands_for_the_settings_that_it_does_not_name():
    tok.train(settings())
    path = run_folder("run") / "tokenizer.json"
    record = read_json(path)
    del record["settings"]["phrases"], record["settings"]["conversations"]
    write_json(path, record)
    tok.train(settings())
    with pytest.raises(ConfigError, match="phrases"):
        tok.train(settings(phrases=0.3))


def test_what_is_held_out_of_the_end_shapes_a_tokenizer(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("가나다라 마바사" * 100 + "\n\n" + "퓨퓨퓨퓨" * 100, encoding="utf-8")
    asked = {"corpus": (path,), "conversations": 0.0, "vocab_size": 300}
    tok.train(settings(**asked, validation_tail=0.4))
    made = Tokenizer.load(run_folder("run") / "tokenizer")
    assert "퓨퓨".encode() not in made.token_bytes
    with pytest.raises(ConfigError, match=r"validation_tail: 0\.4 → None"):
        tok.train(settings(**asked))


def test_a_vocabulary_of_characters_is_the_same_whatever_is_held_out(capsys):
    tok.train(settings(kind="characters"))
    tok.train(settings(kind="characters", validation_tail=0.1))
    assert "이미 있습니다" in capsys.readouterr().out


def test_phrases_make_tokens_that_span_words():
    tok.train(settings(phrases=0.2, vocab_size=900))
    made = Tokenizer.load(run_folder("run") / "tokenizer")
    assert made.vocab_size == 900
    assert any(b" " in data[1:-1] for data in made.token_bytes)


def test_more_than_fits_into_memory_is_sampled_and_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(tok, "MOST_CHARACTERS", 5000)
    tok.train(settings())
    said = capsys.readouterr().out
    assert "8,000자 대신" in said
    assert "5,000자를" in said
    assert read_json(run_folder("run") / "tokenizer.json")["characters_at_most"] == 5000
    path = tmp_path / "글.jsonl"
    path.write_text("\n".join(json.dumps({"text": f"글 {n} 가나다"}) for n in range(100)), encoding="utf-8")
    tok.train(settings(name="small", corpus=(path,)))
    assert "대신" not in capsys.readouterr().out


def test_a_path_may_have_a_weight(tmp_path):
    path = tmp_path / "글.jsonl"
    path.write_text("\n".join(json.dumps({"text": f"글 {n} 가나다"}) for n in range(100)), encoding="utf-8")
    chosen = settings(corpus=(tmp_path / "글.jsonl:2",))
    assert [(source.path, source.weight) for source in chosen.texts.sources] == [(path, 2.0)]
    assert chosen.source.paths == (path,)
    tok.train(chosen)


@pytest.mark.parametrize("changes", [{"phrases": 1.0}, {"phrases": -0.1}, {"conversations": 1.0}])
def test_a_share_is_less_than_all(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        settings(**changes)


def test_lines_that_could_not_be_read_stand_in_the_record(tmp_path, capsys):
    path = tmp_path / "글.jsonl"
    rows = [json.dumps({"text": f"{n}번 글에는 다람쥐가 살아요."}) for n in range(300)]
    path.write_text("\n".join([*rows, "{"]), encoding="utf-8")
    with pytest.raises(DataError, match=r"301번째 줄.*--damaged-data skip"):
        tok.train(settings(corpus=(path,)))
    tok.train(settings(corpus=(path,), damaged_data="skip"))
    assert read_json(run_folder("run") / "tokenizer.json")["damaged_lines"] == 1
    assert capsys.readouterr().err.count(f"{path}:301: ") == 1  # however often the corpus is read

import pytest

from nakochat.commands import bench_tok
from nakochat.commands.bench_tok import Rate
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json
from nakochat.core.paths import run_folder, set_folder
from nakochat.data.village.village import Village
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture
def tokenizer(tmp_path, monkeypatch):
    monkeypatch.setenv("NAKO_HOME", str(tmp_path))
    Tokenizer.train([Village(0).text(number) for number in range(20)], 300).save(
        run_folder("작은-것") / "tokenizer"
    )
    return run_folder("작은-것") / "tokenizer"


@pytest.fixture
def clock(monkeypatch):
    """Every work takes what it is told, once more for each time that it is asked."""
    asked = []

    def encode(work, folder, texts, count):
        asked.append((work.__name__, count))
        return Rate(seconds=8.0 / count, processor_seconds=8.0 + len(asked))

    def prepare(path, folder, scratch, workers):
        lines = path.read_text(encoding="utf-8").count("\n")
        asked.append(("prepare", lines))
        return Rate(seconds=2.0 if lines == 1 else 7.0, processor_seconds=3.0 if lines == 1 else 19.0)

    monkeypatch.setattr(bench_tok, "_in_processes", encode)
    monkeypatch.setattr(bench_tok, "_prepare", prepare)
    return asked


def test_all_come_in_turn_and_the_start_does_not_count(tokenizer, clock, tmp_path, capsys):
    bench_tok.tok(megabytes=0.002, workers=2, repeats=2, json=tmp_path / "out.json")
    assert [name for name, _ in clock] == ["_encode", "_decode", "_encode", "prepare", "prepare"] * 2
    found = read_json(tmp_path / "out.json")
    assert found["prepare_share_of_encode"] == 4 / (7 - 2)
    assert found["prepare_share_of_encode_by_processor_time"] == ((8 + 3) + (8 + 8)) / 2 / (19 - 3)
    assert found["encode"]["megabytes_per_second"] == pytest.approx(found["megabytes"] / 4)
    assert "80%" in capsys.readouterr().out


def test_too_little_text_tells_no_share(tokenizer, clock, monkeypatch, capsys):
    monkeypatch.setattr(bench_tok, "_prepare", lambda *_: Rate(seconds=2.0, processor_seconds=3.0))
    bench_tok.tok(megabytes=0.001, workers=2, repeats=1)
    assert "--megabytes" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [{"megabytes": 0}, {"workers": -1}, {"repeats": 0}])
def test_nothing_cannot_be_measured(tokenizer, clock, wrong):
    with pytest.raises(ConfigError, match=f"--{next(iter(wrong))}"):
        bench_tok.tok(**wrong)
    assert not clock


def test_the_works_work_and_leave_nothing_behind(tokenizer, tmp_path):
    texts = [Village(0).text(number) for number in range(30)]
    for work in (bench_tok._encode, bench_tok._decode):
        rate = work(tokenizer, bench_tok._chunks(texts))
        assert rate.processor_seconds > 0
    path = bench_tok._written(tmp_path / "whole.jsonl", texts)
    before = sorted(tmp_path.iterdir())
    assert bench_tok._prepare(path, tokenizer, tmp_path, 1).processor_seconds > 0
    assert sorted(tmp_path.iterdir()) == before
    assert not set_folder("whole").exists()


def test_what_cannot_be_prepared_is_said(tokenizer, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    with pytest.raises(DataError, match="빈 파일"):
        bench_tok._prepare(tmp_path / "empty.jsonl", tokenizer, tmp_path, 1)

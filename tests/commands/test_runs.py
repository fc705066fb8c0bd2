import json

import pytest

from nakochat.commands import runs
from nakochat.core.errors import CheckpointError
from nakochat.core.paths import run_folder
from nakochat.core.run import Run
from nakochat.models.checkpoint import save_checkpoint
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import Tokenizer


def save(name, stage, step, steps):
    model = Nako(NakoConfig(vocab_size=64, layers=1, width=8, heads=1, context=8))
    folder = run_folder(name) / stage / "checkpoints"
    return save_checkpoint(folder, model=model, tokenizer_hash="hash", state={"step": step, "steps": steps})


def listed(capsys) -> dict[str, str]:
    lines = (line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    return {name: rest.strip() for name, rest in lines}


def test_every_run_is_listed_with_how_far_it_came(capsys):
    save("나코", "base", 6, 6)
    save("나코", "mid", 2, 4)
    (run_folder("begun") / "base").mkdir(parents=True)
    for name in ("나코", "words"):
        Tokenizer.train(["무궁화 꽃이 피었어요."], 300).save(run_folder(name) / "tokenizer")
    runs.main()
    assert listed(capsys) == {
        "나코": "base 6/6 (끝남), mid 2/4 (멈춤)",
        "begun": "base (체크포인트 없음)",
        "words": "토크나이저만",
    }


def test_a_training_on_its_way_and_what_it_skipped_are_seen(capsys):
    save("나코", "base", 2, 6)
    with Run(run_folder("나코") / "base") as run:
        run.log("skipped", step=3, fault="loss nan")
        runs.main()
        assert listed(capsys) == {"나코": "base 2/6 (학습 중, 건너뜀 1)"}
        for _ in range(2):  # a step that was done again counts once
            run.log("step", step=4, loss=1.0, damaged=2)
    runs.main()
    assert listed(capsys) == {"나코": "base 2/6 (멈춤, 건너뜀 1, 깨진 글 2)"}


@pytest.mark.parametrize(("language", "said"), [("ko", "아직"), ("en", "no trained model")])
def test_no_run_is_said(capsys, monkeypatch, language, said):
    monkeypatch.setenv("NAKO_LANG", language)
    runs.main()
    assert said in capsys.readouterr().out


def test_verify_reads_every_file_and_names_what_is_damaged(capsys, tmp_path):
    save("나코", "base", 2, 6)
    newest = save("나코", "base", 4, 6)
    runs.main(verify=True, json=tmp_path / "out.json")
    assert "2개가 모두 온전" in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text())["runs"][0]["damaged"] == []
    model = newest / "model.safetensors"
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    model.write_bytes(data)
    runs.main()  # sizes are as they were: only reading it shows
    assert "4/6" in capsys.readouterr().out
    with pytest.raises(CheckpointError, match="2개 가운데 1개"):
        runs.main(verify=True, json=tmp_path / "out.json")
    assert str(newest) in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text())["runs"][0]["damaged"] == [str(newest)]
    (newest / "manifest.json").unlink()
    runs.main()
    assert "2/6" in capsys.readouterr().out  # the one that looks whole
    with pytest.raises(CheckpointError):
        runs.main(verify=True)

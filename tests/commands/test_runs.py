import pytest

from nakochat.commands import runs
from nakochat.core.paths import run_folder
from nakochat.models.checkpoint import save_checkpoint
from nakochat.models.nako import Nako, NakoConfig


def save(name, stage, step, steps):
    model = Nako(NakoConfig(vocab_size=64, layers=1, width=8, heads=1, context=8))
    folder = run_folder(name) / stage / "checkpoints"
    save_checkpoint(folder, model=model, tokenizer_hash="hash", state={"step": step, "steps": steps})


def test_every_run_is_listed_with_how_far_it_came(capsys):
    save("나코", "base", 6, 6)
    save("나코", "mid", 2, 4)
    (run_folder("begun") / "base").mkdir(parents=True)
    runs.main()
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert {name: rest.strip() for name, rest in lines.items()} == {"나코": "base 6/6, mid 2/4", "begun": "-"}


@pytest.mark.parametrize(("language", "said"), [("ko", "아직"), ("en", "no trained model")])
def test_no_run_is_said(capsys, monkeypatch, language, said):
    monkeypatch.setenv("NAKO_LANG", language)
    runs.main()
    assert said in capsys.readouterr().out

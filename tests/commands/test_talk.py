import pytest

from nakochat import cli
from tests.interop.test_hf import CONFIGS, make_run


@pytest.fixture(autouse=True)
def run(nako_home):
    make_run("my", CONFIGS["gpt2"])


def test_a_text_goes_on_from_a_file_as_often_as_asked_for(tmp_path, capsys):
    file = tmp_path / "시작.txt"
    file.write_text("강가에는 새가", encoding="utf-8")
    words = [
        "sample",
        "my",
        "--samples",
        "3",
        "--max-tokens",
        "4",
        "--temperature",
        "1.5",
        "--dtype",
        "float32",
    ]
    assert cli.run([*words, "--prompt-file", str(file)]) == 0
    from_file = capsys.readouterr().out
    assert from_file.count("강가에는 새가") == 3
    assert cli.run([*words, "--prompt", "강가에는 새가"]) == 0
    assert capsys.readouterr().out == from_file
    assert cli.run([*words]) == 0


def test_mistakes_end_with_a_line(tmp_path, capsys):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    for wrong in (
        ["--prompt", "a", "--prompt-file", str(tmp_path / "a.txt")],
        ["--prompt-file", str(tmp_path / "a.txt")],
        ["--prompt-file", str(tmp_path / "none.txt")],
        ["--samples", "0"],
    ):
        assert cli.run(["sample", "my", *wrong]) == 2
    assert "Traceback" not in capsys.readouterr().err

"""nako data identity: a file that --data reads, and that is not lost once somebody has edited it."""

from pathlib import Path

import pytest

from nakochat.cli import run
from nakochat.data.chats.conversations import Passed, read_chats

COMMAND = [
    "data",
    "identity",
    "--name",
    "별이",
    "--maker",
    "나",
    "--traits",
    "다정한,호기심많은",
    "--count",
    "40",
]


def test_every_conversation_it_writes_can_be_learned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "새 폴더" / "identity.jsonl"
    assert run([*COMMAND, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "nako train sft --data" in shown
    assert "--assistant-name" in shown
    passed = Passed()
    found = list(read_chats([out], passed))
    assert (len(found), passed.kept, dict(passed.reasons)) == (40, 40, {})
    assert any("저는 별이예요" in message.text for _, chat in found for message in chat)


def test_an_edited_file_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.jsonl"
    command = [*COMMAND, "--out", str(out)]
    assert [run(command), run(command)] == [0, 0]  # the same again is no harm
    out.write_text("고친 것", encoding="utf-8")
    assert run(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "고친 것"
    assert run([*command, "--overwrite"]) == 0


@pytest.mark.parametrize("out", ["a.txt", ".", "file/b.jsonl"])
def test_where_no_such_file_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str) -> None:
    (tmp_path / "file").write_text("")
    assert run([*COMMAND, "--out", str(tmp_path / out)]) == 2
    assert "--out" in capsys.readouterr().err

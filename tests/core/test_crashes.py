"""Writing that ends at any place -> the old content or the new, never a mixture, and nothing left but hidden names."""

import contextlib
import errno
import random
import shutil
from pathlib import Path

import pytest

from nakochat.core.errors import CheckpointError
from nakochat.core.files import is_whole, read_json, verify_folder, whole_folder, write_bytes, write_json
from tests.core.faults import Dying, Killed, Refusing, broken

POINTS = 200


def put_folder(path: Path, text: str) -> None:
    with whole_folder(path) as files:
        write_bytes(files / "a", text.encode() * 50)
        write_json(files / "deep" / "b.json", {"text": text})


def text_of(path: Path) -> str | None:
    """What a whole folder holds; the same in both files."""
    if not path.exists():
        return None
    verify_folder(path)
    text = read_json(path / "deep" / "b.json")["text"]
    assert (path / "a").read_text() == text * 50
    return text


@pytest.mark.parametrize("power", [False, True], ids=["killed", "power cut"])
def test_at_every_point_a_file_is_the_old_or_the_new_one(tmp_path, power):
    path, ends = tmp_path / "f", []
    for point in range(POINTS):
        path.write_bytes(b"old")
        dying = Dying(point, power=power)
        with broken(dying), contextlib.suppress(Killed):
            write_bytes(path, b"new" * 100)
        if point > 3 * len(dying.calls):
            break
        ends.append(path.read_bytes())
        assert all(found.name.startswith(".f.") for found in tmp_path.iterdir() if found != path)
    assert set(ends) == {b"old", b"new" * 100}
    assert len(ends) > 12


@pytest.mark.parametrize("power", [False, True], ids=["killed", "power cut"])
@pytest.mark.parametrize("before", [None, "old"])
def test_at_every_point_a_folder_is_the_old_one_the_new_one_or_aside(tmp_path, power, before):
    """Replacing takes two renames: between them the old folder lies whole under a hidden name."""
    ends = []
    for point in range(POINTS):
        home = tmp_path / str(point) / "above"
        path = home / "f"
        if before:
            put_folder(path, before)
        dying = Dying(point, power=power)
        with broken(dying), contextlib.suppress(Killed):
            put_folder(path, "new")
        if point > 3 * len(dying.calls):
            break
        ends.append(text_of(path))
        if before and ends[-1] is None:
            aside = [found for found in home.glob(".f.*") if is_whole(found)]
            assert before in {text_of(found) for found in aside}
    assert {before, "new"} <= set(ends) <= {before, "new", None}
    if not power:
        assert ends[-1] == "new"
    assert len(ends) > 40


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_refused_call_is_an_error_and_leaves_the_old_folder(tmp_path, code):
    path = tmp_path / "f"
    for number in range(POINTS):
        put_folder(path, "old")
        refusing = Refusing(number, code)
        failed = False
        with broken(refusing):
            try:
                put_folder(path, "new")
            except OSError as error:
                failed = error.errno == code
        assert text_of(path) in (("old", "new") if failed else ("new",))
        if number >= len(refusing.calls):
            break
        if refusing.calls[number] in ("create", "make_folder", "write", "sync", "rename"):
            assert (failed, text_of(path)) == (True, "old")
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
    assert number > 20


def test_every_byte_of_a_manifest_counts(tmp_path):
    put_folder(tmp_path / "f", "text")
    path = tmp_path / "f" / "manifest.json"
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        with pytest.raises(CheckpointError):
            verify_folder(tmp_path / "f")
    path.write_bytes(whole[:-1])  # the newline at its end
    assert not is_whole(tmp_path / "f")
    path.write_bytes(whole)
    assert is_whole(tmp_path / "f")


def test_of_400_damages_none_is_silent(tmp_path):
    put_folder(tmp_path / "f", "text")
    rng, files = random.Random(1), sorted(file for file in (tmp_path / "f").rglob("*") if file.is_file())
    for number in range(400):
        file = files[number % len(files)]
        whole = file.read_bytes()
        at = rng.randrange(len(whole))
        changed = {
            0: whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :],
            1: whole[:at],
            2: whole[:at] + bytes(len(whole[at : at + 64])) + whole[at + 64 :],
            3: None,
        }[number // len(files) % 4]
        file.unlink()
        if changed is not None:
            file.write_bytes(changed)
        with pytest.raises(CheckpointError):
            verify_folder(tmp_path / "f")
        file.write_bytes(whole)
    verify_folder(tmp_path / "f")

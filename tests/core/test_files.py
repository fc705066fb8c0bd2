import errno
import json
import os
from pathlib import Path

import pytest

from nakochat.core.errors import CheckpointError
from nakochat.core.files import is_whole, verify_folder, whole_folder, write_bytes, write_json, write_text


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file(tmp_path, monkeypatch, broken):
    path = tmp_path / "a.txt"
    write_text(path, "옛것")

    def fail(*arguments):
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, broken, fail)
        with pytest.raises(OSError, match="no space"):
            write_bytes(path, b"new")
    assert path.read_text(encoding="utf-8") == "옛것"
    assert list(tmp_path.iterdir()) == [path]
    write_json(path, {"새": 1})
    assert json.loads(path.read_text(encoding="utf-8")) == {"새": 1}


def folder_of(path: Path, text: str) -> Path:
    with whole_folder(path) as files:
        write_text(files / "a.txt", text)
        write_text(files / "deep" / "b.txt", "b" * 100)
    return path


def test_a_block_that_fails_leaves_the_old_folder_and_nothing_beside_it(tmp_path):
    folder = folder_of(tmp_path / "f", "old")
    with pytest.raises(TypeError), whole_folder(folder) as files:
        (files / "a.txt").write_text(None)  # type: ignore[arg-type]
    assert (folder / "a.txt").read_text() == "old"
    assert is_whole(folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_a_rename_that_fails_leaves_the_old_folder(tmp_path, monkeypatch):
    folder = folder_of(tmp_path / "f", "old")
    replace = Path.replace

    def fail(self, target):
        if Path(target) == folder and not self.name.endswith(".old"):
            raise OSError(errno.EIO, "broken disk")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="broken disk"):
            folder_of(folder, "new")
    assert (folder / "a.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_new_folder_takes_the_old_ones_place(tmp_path):
    folder = folder_of(tmp_path / "f", "old")
    (folder / "stray.txt").write_text("from before")
    folder_of(folder, "new")
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "deep", "manifest.json"]
    assert (folder / "a.txt").read_text() == "new"
    assert list(tmp_path.iterdir()) == [folder]


def test_files_are_readable_by_others_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        folder = folder_of(tmp_path / "f", "x")
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "a.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["a.txt", "deep/b.txt"])
@pytest.mark.parametrize("damage", ["altered", "missing", "truncated", "longer"])
def test_the_manifest_finds_every_damage(tmp_path, name, damage):
    folder = folder_of(tmp_path / "f", "text")
    verify_folder(folder)
    file = folder / name
    data = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    else:
        changed = {"altered": bytes([data[0] ^ 1]) + data[1:], "truncated": data[:-1], "longer": data + b"x"}
        file.write_bytes(changed[damage])
    with pytest.raises(CheckpointError, match=file.name):
        verify_folder(folder)
    assert not is_whole(folder)


@pytest.mark.parametrize("manifest", [None, "", "{", "[]", "{}"])
def test_a_folder_without_a_readable_manifest_is_not_whole(tmp_path, manifest):
    folder = folder_of(tmp_path / "f", "text")
    if manifest is None:
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_text(manifest)
    with pytest.raises(CheckpointError):
        verify_folder(folder)


def test_a_link_stays_and_the_file_that_it_names_is_written(tmp_path):
    (tmp_path / "target.json").write_text("old", encoding="utf-8")
    (tmp_path / "link.json").symlink_to("target.json")
    write_json(tmp_path / "link.json", {"새": 1})
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "target.json").read_text(encoding="utf-8")) == {"새": 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
def test_a_pipe_with_a_name_is_written_to_and_stays(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_text(tmp_path / "pipe", "글")
    assert os.read(reader, 100).decode() == "글"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()

"""Paths as a user gives them, files or folders -> the corpus files, in order, each what it claims to be.

What a glance at the first bytes shows is checked for every file before the first document is read, so that a
Git LFS pointer at place 300 of 502 shows at once and not an hour into the tokenizer.
"""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.corpus.streams import PACKED_ENDINGS, head_of, unreadable

Kind = Literal["txt", "json", "jsonl", "csv", "tsv", "parquet", "arrow"]
KINDS: tuple[Kind, ...] = ("txt", "json", "jsonl", "csv", "tsv", "parquet", "arrow")
HEAD_BYTES = 1 << 16
_NUL_SHARE = 0.01  # real texts hold a stray NUL here and there, compiled things a few per cent and more
_MAGIC = {
    b"\x1f\x8b": "gzip (.gz)",
    b"\x28\xb5\x2f\xfd": "zstd (.zst)",
    b"PAR1": "Parquet (.parquet)",
    b"ARROW1": "Arrow (.arrow)",
    b"PK\x03\x04": "zip",
    b"%PDF": "PDF",
}


@dataclass(frozen=True, kw_only=True)
class CorpusFile:
    """One file of a corpus.  named: the user gave it by name, so that it must hold something."""

    path: Path
    kind: Kind
    named: bool


def find_files(paths: Sequence[Path], kinds: Sequence[Kind] = KINDS) -> list[CorpusFile]:
    """The files behind paths: in the given order, folders recursively and sorted by NFC name, each file once.

    Hidden files, files of other endings and empty .txt files in a folder are passed over (there is a README), and
    .json too: folders of data sets hold some that are settings.
    DataError for a missing path, an unknown ending, an empty file, and a folder with nothing to read.
    """
    if not paths:
        raise DataError(
            say(
                "말뭉치 경로가 없습니다. --corpus에 파일이나 폴더를 하나 이상 주세요.",
                "no corpus path. Give one file or folder, or more, with --corpus.",
            )
        )
    found: dict[Path, CorpusFile] = {}
    for given in paths:
        path = _on_disk(given.expanduser())
        for file in _in_folder(path, kinds) if path.is_dir() else [_named(path, kinds)]:
            found.setdefault(file.path.resolve(), file)
    return list(found.values())


def kind_of(path: Path, kinds: Sequence[Kind] = KINDS) -> Kind | None:
    """What the name says that the file is; None for an ending that is not read."""
    name = path.name.lower()
    for packed in PACKED_ENDINGS:
        name = name.removesuffix(packed)
    ending = Path(name).suffix.removeprefix(".")
    return next((kind for kind in kinds if kind == ending), None)


def check_head(file: CorpusFile, encoding: str) -> None:
    """DataError where the first bytes are not what the name says: LFS pointer, web page, another format."""
    try:
        with file.path.open("rb") as stream:
            packed = stream.read(512)
    except OSError as error:
        raise unreadable(file.path, error) from error
    _check_impostor(file.path, packed)
    head = head_of(file.path, HEAD_BYTES)
    if not head and (file.named or file.kind != "txt"):
        raise _empty(file.path)
    _check_impostor(file.path, head)
    if file.kind not in ("parquet", "arrow"):
        _check_text(file.path, head, encoding)


def nfc(name: str) -> str:
    """A name in composed form: macOS hands out decomposed Hangul, which compares unequal, sorts elsewhere."""
    return unicodedata.normalize("NFC", name)


def _on_disk(path: Path) -> Path:
    """path, or the one on disk whose name differs only in how its Hangul is composed."""
    if path.exists():
        return path
    found = Path(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        if not (found / part).exists():
            try:
                same = sorted(child.name for child in found.iterdir() if nfc(child.name) == nfc(part))
            except OSError:
                same = []
            if not same or not (found / same[0]).exists():
                raise _missing(path, found / part)
            part = same[0]
        found /= part
    return found


def _named(path: Path, kinds: Sequence[Kind]) -> CorpusFile:
    kind = kind_of(path, kinds)
    if kind is None:
        raise DataError(
            say(
                f"읽을 줄 모르는 형식입니다: {path}. 읽는 형식: {_endings(kinds)}. 형식이 맞다면 파일 이름의 끝을 "
                f"바꾸세요.",
                f"cannot read this kind of file: {path}. What is read: {_endings(kinds)}. Rename it if it is one of "
                f"these.",
            )
        )
    if not path.is_file():
        raise DataError(
            say(
                f"보통 파일이 아닙니다: {path}. 파일이나 폴더를 주세요.",
                f"not a regular file: {path}. Give a file or a folder.",
            )
        )
    if path.stat().st_size == 0:
        raise _empty(path)
    return CorpusFile(path=path, kind=kind, named=True)


def _in_folder(folder: Path, kinds: Sequence[Kind]) -> list[CorpusFile]:
    files = []
    for path in sorted(_walk(folder), key=lambda path: nfc(path.relative_to(folder).as_posix())):
        kind = kind_of(path, kinds)
        if kind is None or kind == "json" or not path.is_file():
            continue
        if path.stat().st_size > 0:
            files.append(CorpusFile(path=path, kind=kind, named=False))
        elif kind != "txt":
            raise _empty(path)
    if not files:
        raise DataError(
            say(
                f"폴더에 읽을 파일이 없습니다: {folder}. 읽는 형식: {_endings(kinds)}. 다른 폴더를 주세요.",
                f"nothing to read in the folder {folder}. What is read: {_endings(kinds)}. Give another.",
            )
        )
    return files


def _endings(kinds: Sequence[Kind]) -> str:
    return ", ".join(f".{kind}" for kind in kinds) + " (+ .gz, .zst)"


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise unreadable(Path(error.filename or folder), error) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent) / name for name in names if not name.startswith("."))


def _check_impostor(path: Path, head: bytes) -> None:
    if head.startswith(b"version https://git-lfs"):
        raise DataError(
            say(
                f"데이터가 아니라 Git LFS 포인터입니다: {path}. 저장소를 LFS 없이 받으면 내용 대신 이 몇 "
                f"줄이 옵니다. 저장소에서 'git lfs install' 뒤 'git lfs pull'을 실행하거나 파일을 직접 "
                f"내려받으세요.",
                f"{path} is a Git LFS pointer, not the data. A clone without LFS brings these few lines in "
                f"its place. Run 'git lfs install' and 'git lfs pull' in that repository, or download the "
                f"file itself.",
            )
        )
    start = head[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise DataError(
            say(
                f"데이터가 아니라 웹 페이지(HTML)입니다: {path}. 내려받기가 로그인이나 오류 페이지를 저장한 "
                f"것입니다. 파일을 열어 까닭을 보고, 원본 파일의 주소에서 다시 내려받으세요.",
                f"{path} is a web page (HTML), not data. The download saved a login or error page. "
                "Open it to see why, and download again from the address of the file itself.",
            )
        )


def _check_text(path: Path, head: bytes, encoding: str) -> None:
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            raise DataError(
                say(
                    f"글 파일이 아니라 {name} 파일입니다: {path}. 내용에 맞게 이름을 바꾸거나 글로 "
                    f"변환하세요.",
                    f"{path} is a {name} file, not text. Rename it to what it is, or convert it to text.",
                )
            )
    wide = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32", "utf16", "utf32"))
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16: the decoder's error will name it
    if not wide and not marked and head.count(0) > _NUL_SHARE * len(head):
        share = head.count(0) / len(head)
        raise DataError(
            say(
                f"글이 아니라 이진 파일입니다: {path} (첫 {len(head):,}바이트의 {josa(f'{share:.0%}', '이')} NUL). "
                "글 파일을 주세요. UTF-16으로 쓴 글이라면 --encoding utf-16-le을 붙이세요.",
                f"{path} is binary, not text ({share:.0%} of its first {len(head):,} bytes are NUL). "
                "Give a text file. If it is text in UTF-16, add --encoding utf-16-le.",
            )
        )


def _missing(path: Path, first: Path) -> DataError:
    return DataError(
        say(
            f"파일이나 폴더가 없습니다: {path} ('{first}'부터 없습니다). 경로를 확인하세요.",
            f"no such file or folder: {path} (nothing at '{first}'). Check the path.",
        )
    )


def _empty(path: Path) -> DataError:
    return DataError(
        say(
            f"빈 파일입니다: {path}. 내려받기가 실패했는지 확인하고, 글이 든 파일을 주세요.",
            f"{path} is empty. Check whether its download failed, and give a file that holds text.",
        )
    )

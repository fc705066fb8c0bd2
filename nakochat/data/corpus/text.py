"""A .txt file -> its documents as raw text, one at a time; and, for all text formats, characters and lines.

A large .txt is cut into blocks at blank lines.  Not one document for each paragraph (a poem's stanza, a line
of speech in a novel: the model would never see a context longer than a paragraph), and not one for the whole
file (nothing to shuffle, nothing to hold out, a document that does not fit in memory).
"""

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.corpus.damage import DamagedLine, FileDamage
from nakochat.data.corpus.streams import CHUNK_BYTES, open_bytes

BLOCK_BYTES = 64 * 1024  # of UTF-8: about 20,000 Hangul syllables, longer than any context trained here
# Parsed JSON of empty lists takes twenty times its text, so that the longest line bounds what a reader holds.
MAX_LINE_BYTES = 16 * 1024 * 1024
# Bytes that are no text, where they are to be passed over (surrogateescape): no decoder makes these of what is text.
_UNREAD = re.compile("[\udc80-\udcff]")


def check_encoding(encoding: str) -> None:
    """DataError unless encoding is the name of a text encoding."""
    try:
        b" ".decode(encoding)
    except UnicodeDecodeError:
        return  # a known one, which a single byte does not fill
    except LookupError as error:
        raise DataError(
            say(
                f"모르는 글자 인코딩입니다: '{encoding}'. 예: --encoding utf-8, cp949, utf-16.",
                f"unknown text encoding '{encoding}'. For example: --encoding utf-8, cp949, utf-16.",
            )
        ) from error


def characters_of(path: Path, encoding: str, damage: FileDamage) -> Iterator[tuple[str, int]]:
    """The characters of path a chunk at a time, and how many bytes each took; "\\r\\n" and "\\r" become "\\n".

    A byte order mark at the start is dropped.  DataError at the first byte that is not in the encoding; where damaged
    lines are passed over, such bytes come as characters that `is_unread` knows.
    """
    name = codecs.lookup(encoding).name
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder("utf-8-sig" if name == "utf-8" else name)(
            "surrogateescape" if damage.skips else "strict"
        ),
        translate=True,
    )
    read, line, more = 0, 1, True
    with open_bytes(path) as stream:
        while more:
            chunk = stream.read(CHUNK_BYTES)
            read += len(chunk)
            more = bool(chunk)
            try:
                text = decoder.decode(chunk, final=not more)
            except UnicodeError as error:  # UTF-16 without its mark is no UnicodeDecodeError
                refused = _not_encoded(path, encoding, error, read, line)
                if isinstance(refused, DamagedLine) and not damage.skips:
                    damage.pass_over(refused)
                raise refused from error
            line += text.count("\n")
            yield text, len(chunk)


def is_unread(text: str) -> bool:
    """Whether some of a text's bytes were not in its encoding."""
    return _UNREAD.search(text) is not None


def lines_of(path: Path, encoding: str, damage: FileDamage) -> Iterator[tuple[int, str]]:
    """The lines of path with their numbers, each but maybe the last ending in "\\n" (where the file has "\\r\\n" or
    "\\r", too).  A line without end may be passed over; one of unread bytes comes as it is.

    Only these end a line: str.splitlines would cut JSON strings at U+2028.
    """
    parts: list[str] = []  # of the line that no "\\n" has ended yet
    held, number, giant = 0, 1, False
    for text, size in characters_of(path, encoding, damage):
        first, *rest = text.split("\n")
        held += size
        parts.append(first)
        if held > MAX_LINE_BYTES and not rest and not giant:
            damage.pass_over(giant_line(path, number, held))
            giant = True
        if giant:
            parts.clear()
        if rest:
            if not giant:
                yield number, "".join(parts) + "\n"
            yield from enumerate((line + "\n" for line in rest[:-1]), start=number + 1)
            parts, held, number, giant = [rest[-1]], len(rest[-1]), number + len(rest), False
        damage.read = number - (not any(parts) and not giant)
    last = "".join(parts)
    if last:
        yield number, last


def whole_lines(path: Path, encoding: str, damage: FileDamage) -> Iterator[tuple[int, str]]:
    """The lines of path that are in the encoding."""
    for number, line in lines_of(path, encoding, damage):
        if damage.skips and is_unread(line):
            damage.pass_over(unread_line(path, number, encoding))
        else:
            yield number, line


def text_documents(path: Path, encoding: str, damage: FileDamage) -> Iterator[str]:
    """A .txt file: whole up to 64 KiB, else in blocks of at most that, cut at blank lines.

    Where no blank line comes in 64 KiB the cut falls at a line's end, and a longer line is its own document.  A line
    that cannot be read is missing in its document.
    """
    block: list[str] = []
    sizes: list[int] = []
    total = 0  # of sizes
    blank = 0  # this many lines of the block end with a blank one
    for _, line in whole_lines(path, encoding, damage):
        size = len(line.encode("utf-8"))
        while block and total + size > BLOCK_BYTES:
            end = blank or len(block)
            yield "".join(block[:end])
            block, sizes, blank = block[end:], sizes[end:], 0
            total = sum(sizes)
        block.append(line)
        sizes.append(size)
        total += size
        if line.isspace():
            blank = len(block)
    yield "".join(block)


def giant_line(path: Path, number: int, size: int) -> DamagedLine:
    """What to raise where a line, or a value of JSON, does not end."""
    most = MAX_LINE_BYTES >> 20
    return DamagedLine(
        say(
            f"{number}번째 줄이 {most} MiB를 넘습니다: {path} ({size >> 20} MiB까지 줄바꿈이 "
            f"없습니다). 줄바꿈이 없는 이진 파일이거나 통째로 쓴 JSON일 것입니다. 문서마다 줄을 나누세요.",
            f"line {number} of {path} is longer than {most} MiB (no line end in {size >> 20} MiB). "
            "It may be binary, or one JSON written whole. Put every document on a line of its own.",
        ),
        path,
        number,
        say(f"{most} MiB보다 긺", f"longer than {most} MiB"),
    )


def unread_line(path: Path, number: int, encoding: str) -> DamagedLine:
    """What to raise for a line of which some bytes are not in the encoding."""
    why = say(f"{encoding} 글이 아님", f"not {encoding}")
    return DamagedLine(f"{path}:{number}: {why}", path, number, why)


def _not_encoded(path: Path, encoding: str, error: UnicodeError, read: int, line: int) -> DataError:
    """line: of the file, at which the decoder's buffer begins.  A damaged line, unless another encoding would fit."""
    where, guess = (f"{error}", f"{error}"), None
    if isinstance(error, UnicodeDecodeError):
        # The decoder's buffer ends where reading stands, so the offset in it counts back from there.
        offset = read - len(error.object) + error.start
        value = f"0x{error.object[error.start]:02x}"
        line += len(re.findall(r"\r\n|\r|\n", error.object[: error.start].decode(encoding, "ignore")))
        where = (
            f"{line:,}번째 줄, {offset:,}번째 바이트(0부터, 압축은 푼 뒤)가 {value}",
            f"line {line:,}, byte {offset:,} (from 0, unpacked) is {value}",
        )
        guess = _guess(error.object[: error.start], error.object[error.start :])
    if guess is None or guess == codecs.lookup(encoding).name:
        advice = (
            "글 파일이 맞는지 확인하고, 맞다면 '--encoding 이름'으로 인코딩을 알려 주세요.",
            "Check that it is text, and if so, name its encoding with '--encoding NAME'.",
        )
    else:
        advice = (josa(f"'--encoding {guess}'", "을") + " 붙여 보세요.", f"Try '--encoding {guess}'.")
    words = say(
        f"{encoding} 글이 아닙니다: {path} ({where[0]}). {advice[0]}",
        f"{path} is not {encoding} ({where[1]}). {advice[1]}",
    )
    if guess is None and isinstance(error, UnicodeDecodeError):
        return DamagedLine(words, path, line, say(f"{encoding} 글이 아님", f"not {encoding}"))
    return DataError(words)


def _guess(before: bytes, wrong: bytes) -> str | None:
    """The encodings that Korean files come in, by trial; none where the text before was not ASCII."""
    if not before and wrong.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        text = codecs.getincrementaldecoder("cp949")().decode(wrong[:4096])
    except UnicodeDecodeError:
        return None
    return "cp949" if before.isascii() and any("가" <= letter <= "힣" for letter in text) else None

"""A document as it stands in a file -> the same clean, or nothing; and counts of every reason.

    cleaner = Cleaner(CleanSettings(minimum_characters=50, hangul_share=0.3))
    text = cleaner.clean(document)     # None where the document is dropped
    total += cleaner.counts            # of several processes: Counter + Counter

Documents are looked at one by one and in any process.  What needs the others, duplicates, is in duplicates.py: the
one that writes asks there.  What is repaired is repaired in every document; what drops one is asked in this order, and
the first reason counts: empty, too short, too little Hangul, holds a test item.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.data.cleaning.ngrams import NgramSet, codes_of
from nakochat.data.cleaning.privacy import find_personal, mask_personal

Counts = Counter[str]

# name of a count -> (Korean, English)
REPAIRS: dict[str, tuple[str, str]] = {
    "control_characters": ("제어 문자를 지움", "control characters taken out"),
    "invisible_characters": ("보이지 않는 글자를 지움", "invisible characters taken out"),
    "odd_spaces": ("특수한 공백을 바꿈", "unusual spaces and line ends replaced"),
    "recomposed": ("NFC로 바꿈", "brought to NFC"),
    "mojibake": ("깨진 글자가 의심됨", "suspected of mojibake"),
}
PERSONAL: dict[str, tuple[str, str]] = {
    "resident_numbers": ("주민등록번호", "resident numbers"),
    "phone_numbers": ("전화번호", "telephone numbers"),
    "emails": ("전자우편 주소", "e-mail addresses"),
    "cards": ("카드번호", "card numbers"),
}
DROPS: dict[str, tuple[str, str]] = {
    "empty": ("빈 문서", "empty"),
    "too_short": ("너무 짧음", "too short"),
    "too_little_hangul": ("한글이 너무 적음", "too little Hangul"),
    "contaminated": ("마을의 시험 문항이 들어 있음", "holds a test item of the village"),
    "exact_duplicates": ("앞의 문서와 같음", "the same as one before"),
    "near_duplicates": ("앞의 문서와 거의 같음", "nearly the same as one before"),
}
# counted by the readers of the files, before any document is made
UNREAD: dict[str, tuple[str, str]] = {"damaged_lines": ("읽을 수 없어 건너뜀", "unreadable, passed over")}
# counted by whoever divides the documents (shards/set_writer.py)
HELD_OUT: dict[str, tuple[str, str]] = {
    "held_out": ("평가용으로 떼어 둠", "held out for evaluation"),
    "held_out_unused": ("떼어 두고 쓰지 않음", "held out, and not used"),
}
# what a count counts, where that is not documents
UNITS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("control_characters", "invisible_characters", "odd_spaces"), ("자", " characters")),
    **dict.fromkeys(PERSONAL, ("개", " pieces")),
    **dict.fromkeys(UNREAD, ("줄", " lines")),
}

_CONTROLS = "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"
_LINE_ENDS = "\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0"
# soft hyphen, word joiners, marks of direction, invisible operators, interlinear marks; U+200B and U+FEFF among them
_INVISIBLE = "\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_JOINERS = "\u200c\u200d"
_TAGS = "\U000e0000-\U000e007f"
_SUSPICIOUS = re.compile(f"[\r{_CONTROLS}{_LINE_ENDS}{_SPACES}{_INVISIBLE}{_JOINERS}{_TAGS}]")
_CONTROL = re.compile(f"[{_CONTROLS}]")
_LINE_END = re.compile(f"[{_LINE_ENDS}]")
_SPACE = re.compile(f"[{_SPACES}]")
# A joiner that shapes nothing: beside a space, a Latin, Hangul, Kana or Han letter.  Between the parts of an emoji, and
# in the scripts of Persia and India, it makes another sign and stays.  So do the tags that end the flag of Scotland.
_PLAIN = "\\s!-~\u00a1-\u036f\u1100-\u11ff\u2010-\u206f\u212a\u212b\u3000-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_STRAY_TAG = re.compile(f"(\U0001f3f4[{_TAGS}]+)|[{_TAGS}]")
_STRAY_JOINER = re.compile(f"(?<=[{_PLAIN}])[{_JOINERS}]+|^[{_JOINERS}]+|[{_JOINERS}]+(?=[{_PLAIN}]|$)")

# What bytes 0x80 to 0xbf become when they are read as Latin-1, or as Windows-1252
_TRAIL = (
    "[\x80-\xbf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019"
    + ("\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]")
)
# UTF-8 read as such: a syllable (lead byte 0xea to 0xed), an accent (0xc3), a quotation mark (0xe2 0x80); read as CP949
# ("占쏙옙", what a replacement character becomes); or not read at all (U+FFFD, and that read as Latin-1)
_MOJIBAKE = re.compile(
    f"[ê-íÃÂâï占\ufffd](?:(?<=[ê-í]){_TRAIL}{{2}}|(?<=[ÃÂ]){_TRAIL}|(?<=â)[\x80\u20ac]{_TRAIL}"
    "|(?<=ï)¿½|(?<=占)쏙|(?<=\ufffd))"
)
_SIGNS = {
    "control_characters": _CONTROL,
    "invisible_characters": re.compile(f"[{_INVISIBLE}]|{_STRAY_JOINER.pattern}|[{_TAGS}]"),
    "odd_spaces": re.compile(f"[{_LINE_ENDS}{_SPACES}]"),
    "recomposed": re.compile("[\u0300-\u036f\u1161-\u11ff\uf900-\ufaff]"),
    "mojibake": _MOJIBAKE,
}


@dataclass(frozen=True, kw_only=True)
class CleanSettings:
    """What is taken out of a corpus."""

    minimum_characters: int = 0
    """이보다 짧은 문서를 버립니다. | Drop documents of fewer characters."""
    hangul_share: float | None = None
    """글자 가운데 한글이 이보다 적은 문서를 버립니다 (0~1). | Drop documents with less Hangul among their letters."""
    exact_duplicates: bool = True
    """앞에 나온 것과 똑같은 문서를 버립니다. | Drop documents that repeat one before."""
    near_duplicates: bool = False
    """앞에 나온 것과 거의 같은 문서도 버립니다. | Drop documents that nearly repeat one before, too."""
    mask_personal: bool = False
    """주민등록번호, 전화번호, 전자우편, 카드번호를 가립니다. | Mask resident, phone and card numbers and e-mail."""
    unseen: NgramSet | None = field(default=None, repr=False)
    """시험 문항이 든 문서를 버립니다. | Drop documents that hold a test item."""

    def __post_init__(self) -> None:
        if self.minimum_characters < 0:
            raise ConfigError(
                say(
                    f"--minimum-characters는 0 이상이어야 합니다: {self.minimum_characters}.",
                    f"--minimum-characters must not be below 0: {self.minimum_characters}.",
                )
            )
        if self.hangul_share is not None and not 0 <= self.hangul_share <= 1:
            raise ConfigError(
                say(
                    f"--hangul-share는 0과 1 사이여야 합니다: {self.hangul_share}.",
                    f"--hangul-share must be between 0 and 1: {self.hangul_share}.",
                )
            )

    def plain(self) -> dict[str, Any]:
        """The settings as JSON; the windows that must not be seen by their hash."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**values, "unseen": self.unseen.identity if self.unseen is not None else None}


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What became of a document."""

    text: str
    """Repaired, also where it is dropped."""
    unmasked: str
    """Repaired only: what every other reader of the file has of it."""
    found: Counts
    """REPAIRS and PERSONAL that it had."""
    dropped: str | None
    """One of DROPS."""


class Cleaner:
    """Cleans documents one by one and counts."""

    def __init__(self, settings: CleanSettings) -> None:
        self.settings = settings
        self.counts: Counts = Counter()

    def clean(self, document: str) -> str | None:
        """The document clean, or None where it is dropped."""
        kept = self.keep(document)
        return None if kept is None else kept.text

    def keep(self, document: str) -> Cleaned | None:
        """The same, with what it was before anything was masked."""
        result = self.look(document)
        self.counts.update(result.found)
        self.counts["documents_in"] += 1
        self.counts["characters_in"] += len(document)
        if result.dropped is not None:
            self.counts[result.dropped] += 1
            return None
        self.counts["documents_out"] += 1
        self.counts["characters_out"] += len(result.text)
        return result

    def look(self, document: str) -> Cleaned:
        """What `clean` makes of the document, and why; nothing is counted."""
        settings, found = self.settings, Counter[str]()
        text = unmasked = repair(document, found)
        if settings.mask_personal:
            pieces = find_personal(text)
            found.update(piece.kind for piece in pieces)
            text = mask_personal(text, pieces)
        return Cleaned(text=text, unmasked=unmasked, found=found, dropped=self._why_dropped(text))

    def _why_dropped(self, text: str) -> str | None:
        settings = self.settings
        if not text:
            return "empty"
        if len(text) < settings.minimum_characters:
            return "too_short"
        if settings.hangul_share is not None and hangul_share(text) < settings.hangul_share:
            return "too_little_hangul"
        if settings.unseen is not None and settings.unseen.find_in(text) is not None:
            return "contaminated"
        return None


def repair(text: str, found: Counts) -> str:
    """The text in NFC, lines ending in "\\n", without control and invisible characters or space around it.

    found gets what was repaired.  Kept are tabs, jamo, and the joiners inside emoji.
    """
    if not text.isascii() and _MOJIBAKE.search(text):
        found["mojibake"] += 1
    if _SUSPICIOUS.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text, count = _CONTROL.subn("", text)
        found["control_characters"] += count
        text, lines = _LINE_END.subn("\n", text)
        text, spaces = _SPACE.subn(" ", text)
        found["odd_spaces"] += lines + spaces
        before = len(text)
        text = _STRAY_TAG.sub(r"\1", _HIDDEN.sub("", text))
        found["invisible_characters"] += before - len(text)
    if not unicodedata.is_normalized("NFC", text):
        found["recomposed"] += 1
        text = unicodedata.normalize("NFC", text)
    joiners = _joiners_in(text)
    if joiners:
        text = _without_stray_joiners(text)
        found["invisible_characters"] += joiners - _joiners_in(text)
    for name in [name for name, count in found.items() if not count]:
        del found[name]
    return text.strip()


def _joiners_in(text: str) -> int:
    return text.count("\u200c") + text.count("\u200d")


def _without_stray_joiners(text: str) -> str:
    """Again and again: where one is gone, two characters may compose to a third that the next joiner does not shape."""
    while (shorter := unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))) != text:
        text = shorter
    return text


def script_counts(text: str) -> tuple[int, int, int]:
    """Letters of a clean text: Hangul (syllables and jamo), Latin, of other scripts."""
    _, other, hangul, latin = np.bincount(
        _scripts()[np.minimum(codes_of(text), 0xFFFF)], minlength=4
    ).tolist()
    return hangul, latin, other


def hangul_share(text: str) -> float:
    """Hangul among all letters of a clean text; 0 where it has no letters."""
    hangul, latin, other = script_counts(text)
    return hangul / (hangul + latin + other) if hangul else 0.0


def first_place(repair: str, document: str) -> int:
    """Where a document first shows what one of REPAIRS mends; 0 where no single place does."""
    found = _SIGNS[repair].search(document)
    return found.start() if found else 0


@lru_cache(maxsize=1)
def _scripts() -> NDArray[np.uint8]:
    """For every code point of 16 bits: 0 no letter, 1 a letter, 2 of Hangul, 3 of Latin."""
    scripts = np.array([chr(code).isalpha() for code in range(1 << 16)], dtype=np.uint8)
    for first, last in ((0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7FB)):
        scripts[first : last + 1] *= 2
    for first, last in ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF), (0xFF21, 0xFF5A)):
        scripts[first : last + 1] *= 3
    return scripts

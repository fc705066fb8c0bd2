"""A scorer and texts by domain -> bits per byte and per character, perplexity, token accuracy of each.

Pinned are the short samples that tokenizers are measured on: the same bytes for everybody, in eight domains and three
languages.  A file of one's own is named by the SHA-256 of what was read of it, so that two figures know whether they
are of the same text.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.data.corpus.documents import read_documents
from nakochat.data.held_out import VALIDATION_SHARE, place
from nakochat.evals.bits_per_byte import Compression, compression_of
from nakochat.evals.compression_samples import SAMPLES
from nakochat.evals.scorer import Scorer
from nakochat.tasks.task import Label

SUITE = "texts"
MOST_CHARACTERS = 2_000_000  # of one file
_PINNED = {
    "encyclopaedia": Label("백과사전", "encyclopaedia"), "law": Label("법", "law"),
    "reviews": Label("영화평", "reviews"), "chat": Label("대화", "chat"), "english": Label("영어", "English"),
    "code": Label("코드", "code"), "numbers": Label("숫자", "numbers"), "nfd": Label("NFD", "NFD"),
}  # fmt: skip
_LANGUAGES = {"english": "en", "code": "python"}


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Documents of one domain."""

    name: str
    label: Label
    language: str | None
    documents: tuple[str, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256("\0".join(self.documents).encode()).hexdigest()


def pinned() -> list[Texts]:
    """The samples of every domain."""
    return [
        Texts(name=name, label=label, language=_LANGUAGES.get(name, "ko"), documents=(SAMPLES[name],))
        for name, label in _PINNED.items()
    ]


def text_sets(files: Sequence[str], *, with_pinned: bool = False, held_out: bool = False) -> list[Texts]:
    """The samples where they are asked for, then what read_texts makes of each file.

    ConfigError where two have one name: one figure would take the place of the other.  DataError as read_texts.
    """
    samples = pinned() if with_pinned else []
    names = [one.name for one in samples]
    for domain, path in map(_named, files):
        if domain in names:
            twin = f"{domain}-2={path}"
            raise ConfigError(
                say(
                    f"--bpb에 이름이 같은 글이 둘 있습니다: {domain}. 하나가 다른 하나를 덮어쓰게 되니 이름=경로로 "
                    f"나누세요. 예: --bpb {twin}",
                    f"two texts of --bpb have the same name: {domain}. One would overwrite the other: tell them apart "
                    f"with NAME=PATH, such as --bpb {twin}",
                )
            )
        names.append(domain)
    return [*samples, *(read_texts(named, held_out=held_out) for named in files)]


def _named(named: str) -> tuple[str, str]:
    """DOMAIN=PATH or PATH -> domain and path."""
    domain, _, path = named.rpartition("=")
    return domain or Path(path).name.partition(".")[0], path


def read_texts(named: str, *, held_out: bool = False) -> Texts:
    """DOMAIN=PATH or PATH -> its first documents, or of those that training leaves out the first.

    DataError where there are none.
    """
    domain, path = _named(named)
    documents = (
        text for text in read_documents([Path(path)]) if not held_out or place(text) < VALIDATION_SHARE
    )
    found: list[str] = []
    room = MOST_CHARACTERS
    while room > 0 and (text := next(islice(documents, 1), None)) is not None:
        found.append(text[:room])
        room -= len(text)
    if not found:
        raise DataError(
            say(
                f"{path}: 잴 글이 없습니다."
                + (" 떼어 둔 1 %에 드는 문서가 없으니 --held-out을 빼세요." if held_out else ""),
                f"{path}: there is no text to measure."
                + (
                    " None of its documents is among the 1 % held out: leave --held-out out."
                    if held_out
                    else ""
                ),
            )
        )
    return Texts(name=domain, label=Label(domain, domain), language=None, documents=tuple(found))


def measure_texts(
    scorer: Scorer, sets: Sequence[Texts], *, machine: Machine | None = None
) -> dict[str, dict[str, Any]]:
    """{texts/NAME: score}, as suites.json keeps them.  Of several processes, each reads its share of the documents."""
    found = {}
    for texts in sets:
        measured = _measure(scorer, texts.documents, machine)
        found[f"{SUITE}/{texts.name}"] = {
            "value": measured.bits_per_byte,
            "unit": "bits/byte",
            "better": "lower",
            "label": {"ko": texts.label.ko, "en": texts.label.en},
            "items": len(texts.documents),
            "language": texts.language,
            "sha256": texts.sha256,
            **measured.figures(),
        }
    return found


def _measure(scorer: Scorer, documents: Sequence[str], machine: Machine | None) -> Compression:
    rank, world = (machine.rank, machine.world) if machine is not None else (0, 1)
    own = documents[rank::world]
    sequences = [scorer.encode(text) for text in own]
    if world == 1 or machine is None:
        return compression_of(own, sequences, scorer.predict, context=scorer.context)
    part = compression_of(own, sequences, scorer.predict, context=scorer.context) if own else None
    total = {
        name: machine.sum(getattr(part, name) if part is not None else 0)
        for name in ("bits", "bytes", "characters", "tokens", "right")
    }
    bits = total.pop("bits")
    return Compression(bits=bits, **{name: int(value) for name, value in total.items()})

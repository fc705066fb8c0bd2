"""Documents as they stand in their files -> what is in them: scripts, lengths, and what cleaning would find.

    survey = Survey(CleanSettings(unseen=…), samples=3)
    for document in read_documents(paths, raw=True):
        survey.add(document)
    survey.figures()        # as JSON

Nothing is changed.  Everything is looked for, whatever the settings would take out; the settings say how short is too
short and how much Hangul is too little.  Personal numbers are masked in the samples: a report is passed on more freely
than a corpus.
"""

from array import array
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from nakochat.data.cleaning.cleaner import (
    DROPS,
    PERSONAL,
    REPAIRS,
    Cleaner,
    CleanSettings,
    first_place,
    script_counts,
)
from nakochat.data.cleaning.duplicates import Seen, signatures
from nakochat.data.cleaning.privacy import Personal, find_personal, mask_personal

LENGTHS = (0, 20, 100, 500, 2_000, 10_000, 50_000)  # characters: where the bars of the distribution begin
QUANTILES = (0.01, 0.1, 0.5, 0.9, 0.99)
SCRIPTS = ("hangul", "latin", "other", "none")
EXCERPT = 60  # characters
_GROUP = 512  # documents that are signed at a time


class Survey:
    """Counts over documents, with the first few examples of each finding."""

    def __init__(self, settings: CleanSettings, *, samples: int = 3) -> None:
        self._cleaner = Cleaner(replace(settings, mask_personal=False))
        self._samples = samples
        self._documents: Counter[str] = Counter()
        self._pieces: Counter[str] = Counter()
        self._examples: dict[str, list[dict[str, Any]]] = {}
        self._lengths = array("Q")
        self._letters = np.zeros(3, dtype=np.int64)
        self._scripts: Counter[str] = Counter()
        self._bytes = 0
        self._seen = Seen(numbered=True)
        self._waiting: list[tuple[int, str]] = []  # to be signed

    def add(self, document: str) -> None:
        """Look at the next document."""
        number = len(self._lengths) + 1
        result = self._cleaner.look(document)
        text = result.text
        self._lengths.append(len(text))
        self._bytes += len(text.encode())
        self._count_scripts(text)
        for name, pieces in result.found.items():
            self._find(name, number, pieces, _around(document, first_place(name, document)))
        self._find_personal(number, text)
        if result.dropped is None:
            self._waiting.append((number, text))
            if len(self._waiting) >= _GROUP:
                self._compare()
        elif result.dropped == "contaminated" and self._cleaner.settings.unseen is not None:
            held = self._cleaner.settings.unseen.find_in(text)
            self._find(result.dropped, number, 1, _around(text, 0), item=held)
        else:
            self._find(result.dropped, number, 1, _around(document, 0))

    def figures(self) -> dict[str, Any]:
        """Everything counted, as JSON."""
        self._compare()
        lengths = np.frombuffer(self._lengths, dtype=np.uint64) if len(self._lengths) else np.zeros(1)
        bars = (
            np.histogram(lengths, bins=[*LENGTHS, np.inf])[0]
            if len(self._lengths)
            else np.zeros(len(LENGTHS))
        )
        return {
            "documents": len(self._lengths),
            "characters": int(sum(self._lengths)),
            "utf8_bytes": self._bytes,
            "letters": dict(zip(SCRIPTS, self._letters.tolist(), strict=False)),
            "documents_by_script": {name: self._scripts[name] for name in SCRIPTS},
            "length": {
                "least": int(lengths.min()),
                "most": int(lengths.max()),
                "quantiles": {str(q): float(np.quantile(lengths, q)) for q in QUANTILES},
                "documents_from": {
                    str(start): int(count) for start, count in zip(LENGTHS, bars, strict=True)
                },
            },
            "repairs": self._findings(REPAIRS),
            "personal": self._findings(PERSONAL),
            "drops": self._findings(DROPS),
        }

    def _findings(self, names: dict[str, tuple[str, str]]) -> dict[str, dict[str, Any]]:
        return {
            name: {
                "documents": self._documents[name],
                "pieces": self._pieces[name],
                "samples": self._examples.get(name, []),
            }
            for name in names
        }

    def _count_scripts(self, text: str) -> None:
        counts = script_counts(text)
        self._letters += counts
        self._scripts[SCRIPTS[int(np.argmax(counts))] if any(counts) else "none"] += 1

    def _find_personal(self, number: int, text: str) -> None:
        pieces = find_personal(text)
        for name in dict.fromkeys(piece.kind for piece in pieces):
            mine = [piece for piece in pieces if piece.kind == name]
            self._find(name, number, len(mine), _masked_around(text, pieces, mine[0]))

    def _compare(self) -> None:
        """Look for the waiting documents among those before them."""
        keys = signatures([text for _, text in self._waiting])
        for (number, text), signature in zip(self._waiting, keys, strict=True):
            found = self._seen.original(signature)
            if found is None:
                self._seen.add(signature, number)
            else:
                self._find(found[0], number, 1, _around(text, 0), original=found[1])
        self._waiting = []

    def _find(self, name: str, number: int, pieces: int, excerpt: str, **more: Any) -> None:
        self._documents[name] += 1
        self._pieces[name] += pieces
        examples = self._examples.setdefault(name, [])
        if len(examples) < self._samples:
            examples.append({"document": number, "excerpt": excerpt, **more})


def _around(text: str, place: int) -> str:
    """A piece of the text, on one line; characters that cannot be seen by their numbers."""
    start = max(0, place - EXCERPT // 3)
    shown = text[start : start + EXCERPT]
    before, after = "…" if start else "", "…" if start + EXCERPT < len(text) else ""
    pieces = (c if c.isprintable() else "⏎" if c == "\n" else ascii(c)[1:-1] for c in shown)
    return before + "".join(pieces) + after


def _masked_around(text: str, pieces: list[Personal], piece: Personal) -> str:
    """A piece of the text around a personal number, with it and all others masked."""
    masked = mask_personal(text, pieces)
    shift = len(mask_personal(text[: piece.start], [p for p in pieces if p.end <= piece.start])) - piece.start
    return _around(masked, piece.start + shift)

"""A corpus or the village -> the texts that a tokenizer is trained on, evenly from everywhere in it.

A document's place in [0, 1) follows from its text alone, so the sample is the same on every machine, a smaller one is
part of a larger one, and what validation keeps for itself is never in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.documents import file_documents, read_documents
from nakochat.data.corpus.files import CorpusFile, find_files
from nakochat.data.held_out import before_tail, held_out_below, place, tail_begins
from nakochat.data.village.village import Village
from nakochat.data.weighted import Weighted


@dataclass(frozen=True, kw_only=True)
class TokenizerTexts:
    """What a tokenizer learns from: texts of the sources (none is the village), and the village's conversations."""

    sources: tuple[Weighted, ...] = ()
    column: str | None = None
    encoding: str = "utf-8"
    seed: int = 0
    conversations: float = 0.5
    """Share of the characters that comes from conversations."""
    tail: float | None = None
    """Held out is this share of all characters, at the end; None: documents here and there.  As in prepare.Corpus."""
    whole: bool = False
    """Held-out documents too: whose characters are all known, learns nothing else from them."""
    damage: Damage = field(default_factory=Damage, compare=False)
    """What to do with a line of the sources that cannot be read."""
    _village: Village = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_village", Village(self.seed))

    @cached_property
    def available(self) -> int:
        """Characters of text that the sources hold, times their weights."""
        return round(
            sum(size * source.weight for size, source in zip(self._sizes, self.sources, strict=True))
        )

    def read(self, characters: int) -> Iterator[str]:
        """Some `characters` of it: texts first.  DataError for sources that hold too little to hold any out."""
        wanted = characters - round(self.conversations * characters)
        made = 0
        for text in self._documents(wanted) if self.sources else self._village_texts(wanted):
            yield text
            made += len(text)
        if not made:
            raise DataError(
                say(
                    "토크나이저를 학습할 글이 없습니다: 말뭉치가 너무 작습니다. 문서를 더 모으세요.",
                    "there is no text to train a tokenizer on: the corpus is too small. Gather more documents.",
                )
            )
        if self.conversations:
            yield from self._village_talk(min(characters, round(made / (1 - self.conversations))) - made)

    def _village_texts(self, characters: int) -> Iterator[str]:
        made = number = 0
        while made < characters:
            text = self._village.text(number)
            yield text
            made += len(text)
            number += 1

    def _village_talk(self, characters: int) -> Iterator[str]:
        made = number = 0
        while made < characters:
            for message in self._village.exercise(number).messages:
                for part in message.parts:
                    yield part.text
                    made += len(part.text)
            number += 1

    def _documents(self, characters: int) -> Iterator[str]:
        """Every document as often as its source's weight says, or as much less often as fits into `characters`."""
        scale = min(1.0, characters / max(1, self.available))
        for source in self.sources:
            times, rest = divmod(source.weight * scale, 1)
            for text in self._training_part(source.path):
                for _ in range(int(times) + (place(text, "tokenizer") < rest)):
                    yield text

    @cached_property
    def _sizes(self) -> Sequence[int]:
        return [sum(map(len, self._training_part(source.path))) for source in self.sources]

    @cached_property
    def _held_out_below(self) -> float:
        return held_out_below(self._read([source.path for source in self.sources]))

    @cached_property
    def _tail_begins(self) -> dict[Path, int]:
        """File -> how many characters stand between its beginning and that of the tail of all of them."""
        assert self.tail is not None
        files = find_files([source.path for source in self.sources])
        sizes = [sum(map(len, self._of(file))) for file in files]
        begins, found = tail_begins(sum(sizes), self.tail), {}
        for file, size in zip(files, sizes, strict=True):
            found[file.path.resolve()] = begins
            begins -= size
        return found

    def _training_part(self, path: Path) -> Iterator[str]:
        if self.whole:
            return self._read([path])
        if self.tail is None:
            return (text for text in self._read([path]) if place(text) >= self._held_out_below)
        return chain.from_iterable(
            before_tail(self._of(file), self._tail_begins[file.path.resolve()]) for file in find_files([path])
        )

    def _read(self, paths: Sequence[Path]) -> Iterator[str]:
        return read_documents(paths, column=self.column, encoding=self.encoding, damage=self.damage)

    def _of(self, file: CorpusFile) -> Iterator[str]:
        return file_documents(file, column=self.column, encoding=self.encoding, damage=self.damage)

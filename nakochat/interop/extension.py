"""A published tokenizer and texts of another language -> the tokenizer with more tokens, and what they are made of.

Byte-pair merging goes on where the published one stopped: a new token is always two that are there, and comes after
all of them, so that what the texts do not hold is split as before.  A new token's vector begins as the mean of those
that it replaces (Hewitt 2021, https://nlp.stanford.edu/~johnhew/vocab-expansion.html): the model reads on at once, and
learns the rest.
"""

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from tokenizers import Tokenizer as Backend
from torch import Tensor

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.text.tokenizer import Tokenizer

Pair = tuple[int, int]
LEAST = 2  # times that a pair has to come


@dataclass(frozen=True)
class Extension:
    """The longer tokenizer, and for each new id those of the shorter one that it stands for."""

    tokenizer: Tokenizer
    pieces: dict[int, list[int]]


def extend(tokenizer: Tokenizer, texts: Iterable[str], count: int) -> Extension:
    """`count` more tokens, or fewer where no pair comes twice.  DataError where the tokenizer is no BPE."""
    described = json.loads(tokenizer.backend.to_str())
    if described["model"]["type"] != "BPE":
        raise DataError(
            say("BPE 토크나이저만 늘릴 수 있습니다.", "only a BPE tokenizer can be given more tokens.")
        )
    vocab: dict[str, int] = described["model"]["vocab"]
    for added in described["added_tokens"]:  # else they would be given other ids when more stand before them
        vocab.setdefault(added["content"], added["id"])
    names = {number: name for name, number in vocab.items()}
    words = _words(tokenizer, texts)
    pieces: dict[int, list[int]] = {}
    for left, right in _learn(words, count, len(vocab)):
        name = names[left] + names[right]
        number = len(vocab)
        vocab[name], names[number] = number, name
        pieces[number] = [part for side in (left, right) for part in pieces.get(side, [side])]
        described["model"]["merges"].append([names[left], names[right]])
    longer = tokenizer.with_backend(Backend.from_str(json.dumps(described, ensure_ascii=False)))
    return Extension(longer, pieces)


def _words(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[tuple[int, ...]]:
    """How often each word comes, as ids; merges never cross its borders."""
    backend = tokenizer.backend
    found: Counter[str] = Counter()
    for text in texts:
        normal = backend.normalizer.normalize_str(text) if backend.normalizer else text
        found.update(word for word, _ in backend.pre_tokenizer.pre_tokenize_str(normal))
    counted: Counter[tuple[int, ...]] = Counter()
    for word, times in found.items():
        counted[tuple(token.id for token in backend.model.tokenize(word))] += times
    return counted


def _learn(words: Counter[tuple[int, ...]], count: int, first: int) -> Iterable[Pair]:
    """The pairs to merge, the most frequent first; each makes the next id from `first` on."""
    spelt = [list(word) for word in words]
    times = list(words.values())
    pairs: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)
    for place, word in enumerate(spelt):
        _count(word, place, times[place], pairs, where)
    waiting = [(-number, pair) for pair, number in pairs.items()]
    heapq.heapify(waiting)
    made = 0
    while waiting and made < count:
        was, best = heapq.heappop(waiting)
        if pairs[best] != -was:  # it has become less frequent since it was put there
            if pairs[best] >= LEAST:
                heapq.heappush(waiting, (-pairs[best], best))
            continue
        if -was < LEAST:
            return
        yield best
        changed: set[Pair] = set()
        for place in where.pop(best):
            _count(spelt[place], place, -times[place], pairs, where)
            spelt[place] = _merged(spelt[place], best, first + made)
            _count(spelt[place], place, times[place], pairs, where)
            changed.update(pairwise(spelt[place]))
        for pair in changed:
            heapq.heappush(waiting, (-pairs[pair], pair))
        made += 1


def _count(
    word: Sequence[int], place: int, times: int, pairs: Counter[Pair], where: defaultdict[Pair, set[int]]
) -> None:
    """Add a word's pairs, or take them away where times is below 0."""
    for pair in pairwise(word):
        pairs[pair] += times
        if times > 0:
            where[pair].add(place)


def _merged(word: Sequence[int], pair: Pair, number: int) -> list[int]:
    made: list[int] = []
    at = 0
    while at < len(word):
        if tuple(word[at : at + 2]) == pair:
            made.append(number)
            at += 2
        else:
            made.append(word[at])
            at += 1
    return made


@torch.no_grad()
def begin_as_means(table: Tensor, pieces: dict[int, list[int]]) -> None:
    """Set the rows of new tokens of a table (V, D)."""
    for number, parts in pieces.items():
        table[number] = table[parts].mean(dim=0)

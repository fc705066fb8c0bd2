"""What an evaluation asks of a model, whoever made it: how likely are these continuations, and how do you go on?

`Scorer` is the whole interface.  Ours is `EngineScorer`; a model of another library comes in as a value that has the
same members (interop/ makes one of a Transformers folder), and every task scores it with the same code.

Choices share what they share: a context is computed once for all its choices, and where many questions begin alike (the
examples before an MMLU question), the common beginning once for all of them.  benchmarks/choices_rate.py measures it.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from nakochat.core.dtypes import float64_device
from nakochat.evals.likelihood import positions_at_once, predictions
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import message_of
from nakochat.models.attention import KVCache
from nakochat.text.conversation import Conversation, render_prompt

POSITIONS = 16_384  # of a batch: rows x length
ROWS = 64
SHARED = 32  # a common beginning shorter than this is not worth a pass of its own


@dataclass(frozen=True)
class Likelihood:
    """How likely a continuation was: sum of ln p over its tokens, and whether each token was the likeliest one."""

    total: float
    tokens: int
    greedy: bool

    @property
    def mean(self) -> float:
        return self.total / max(1, self.tokens)


@dataclass(frozen=True)
class Ask:
    """A context and what may follow it, as ids."""

    context: tuple[int, ...]
    continuations: tuple[tuple[int, ...], ...]
    characters: tuple[int, ...] = ()
    """How long what they stand for is, where their tokens begin before it; () where their number says that."""


class Scorer(Protocol):
    """A model that is evaluated."""

    @property
    def context(self) -> int:
        """Most tokens that it sees at once."""

    def encode(self, text: str) -> list[int]:
        """Ids of a text that begins a document: what the model is used to see there comes first."""

    def encode_more(self, text: str) -> list[int]:
        """Ids of a text that goes on where something stands before it."""

    def encode_chat(self, conversation: Conversation) -> list[int]:
        """Ids of a conversation up to where the assistant begins to answer."""

    def likelihoods(self, asks: Sequence[Ask]) -> list[list[Likelihood]]:
        """Of every continuation of every ask, in order.  A context that is too long loses its beginning."""

    def predict(self, sequences: Sequence[Sequence[int]]) -> Sequence[tuple[Tensor, Tensor]]:
        """ln p of every token but the first, and whether it was the likeliest one; of `context` + 1 ids at most."""

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        numbers: Sequence[int] | None = None,
    ) -> list[str]:
        """How it goes on, without tool calls' marks.  Of a prompt the last `prompt_room` tokens are kept.

        numbers: of each prompt, by which its sample is drawn with the seed; default its place.
        """


def ask_of(scorer: Scorer, context: str, endings: Sequence[str], *, shared: bool = False) -> Ask:
    """A text and what may follow it, in the tokens in which the model reads text and ending as one.

    Blanks at the end of the text belong to the endings, as lm-evaluation-harness has it.  A token may reach over the
    border (`nako tok train --phrases`: "을 먹었어요").  Then all endings begin where the first of them does, with the
    end of the text before them: that is the same for all, and nothing is scored in tokens which nobody would write.
    shared: they begin where they first differ from each other.
    """
    border = scorer.encode(context.rstrip())
    whole = [scorer.encode(context + ending) for ending in endings]
    at = begin = common_start([border, *whole])
    if shared and len(whole) > 1:
        at = min(common_start(whole), min(map(len, whole)) - 1)  # something of each is left to score
    early = at <= begin < len(border)
    return Ask(
        tuple(whole[0][:at]),
        tuple(tuple(ids[at:]) for ids in whole),
        tuple(map(len, endings)) if early else (),
    )


def common_start(rows: Sequence[list[int]] | Sequence[tuple[int, ...]]) -> int:
    """Tokens that all rows begin with."""
    low, high = min(rows), max(rows)  # of sorted sequences, the first and the last differ soonest
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False))
    return sum(1 for _ in same)


class EngineScorer:
    """The scorer of a model of ours."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def context(self) -> int:
        return self.engine.context

    def encode(self, text: str) -> list[int]:
        return [self.engine.tokenizer.bos, *self.engine.tokenizer.encode(text)]

    def encode_more(self, text: str) -> list[int]:
        return self.engine.tokenizer.encode(text)

    def encode_chat(self, conversation: Conversation) -> list[int]:
        return render_prompt(self.engine.tokenizer, conversation)

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        numbers: Sequence[int] | None = None,
    ) -> list[str]:
        room = prompt_room(self.context, max_tokens)
        cut = [list(prompt[-room:]) for prompt in prompts]
        order = sorted(range(len(cut)), key=lambda index: len(cut[index]))
        answers = [""] * len(cut)
        for start in range(0, len(order), ROWS):
            rows = order[start : start + ROWS]
            sampling = Sampling(max_tokens=max_tokens, temperature=temperature, seed=seed)
            seeds = [seed * 1_000_003 + (row if numbers is None else numbers[row]) for row in rows]
            made = self.engine.generate([cut[row] for row in rows], sampling, seeds=seeds)
            for row, result in zip(rows, made, strict=True):
                answers[row] = message_of(result.ids, self.engine.tokenizer).text
        return answers

    def predict(self, sequences: Sequence[Sequence[int]]) -> Sequence[tuple[Tensor, Tensor]]:
        vocab_size = self.engine.tokenizer.vocab_size
        return predictions(self.engine.model, sequences, self.engine.machine.device, vocab_size=vocab_size)

    @torch.inference_mode()
    def likelihoods(self, asks: Sequence[Ask]) -> list[list[Likelihood]]:
        asks = [fit(ask, self.context) for ask in asks]
        results: list[list[Likelihood]] = [[] for _ in asks]
        for family, shared in families(asks):
            # a beginning that a row of its own would fill is computed once, and its keys and values are copied
            beginning = self._prefill([asks[family[0]].context[:shared]], 0, None)[0] if shared else None
            for chunk in _chunks(family, asks):
                found = self._score([asks[index] for index in chunk], shared, beginning)
                for index, values in zip(chunk, found, strict=True):
                    results[index] = values
        return results

    def _score(self, asks: Sequence[Ask], shared: int, beginning: KVCache | None) -> list[list[Likelihood]]:
        """Asks that are run together; their first `shared` tokens are in `beginning`."""
        cache, last = self._prefill([ask.context[shared:] for ask in asks], _room(asks), beginning)
        first = torch.log_softmax(last, dim=-1)  # (asks, V): of the first token of every continuation
        rows = [(a, c) for a, ask in enumerate(asks) for c in range(len(ask.continuations))]
        longer = [(a, c) for a, c in rows if len(asks[a].continuations[c]) > 1]
        values = {row: Likelihood(0.0, 0, True) for row in rows}
        best = first.argmax(-1).tolist()
        for a, c in rows:
            if asks[a].continuations[c]:
                token = asks[a].continuations[c][0]
                values[a, c] = Likelihood(float(first[a, token]), 1, token == best[a])
        for part in self._parts(asks, longer):
            totals = self._continue(asks, part, cache)
            for row, (total, greedy) in zip(part, totals, strict=True):
                before = values[row]
                count = len(asks[row[0]].continuations[row[1]])
                values[row] = Likelihood(before.total + total, count, before.greedy and greedy)
        return [[values[a, c] for c in range(len(ask.continuations))] for a, ask in enumerate(asks)]

    def _parts(self, asks: Sequence[Ask], rows: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
        """Continuations in batches; padded to the longest of its batch, none may reach beyond the model's context."""
        parts: list[list[tuple[int, int]]] = []
        held = positions_at_once(self.engine.tokenizer.vocab_size, self.engine.machine.device)
        before = after = 0
        for a, c in sorted(rows, key=lambda row: len(asks[row[0]].continuations[row[1]])):
            before = max(before, len(asks[a].context))
            after = len(asks[a].continuations[c])
            size = len(parts[-1]) + 1 if parts else 1
            fits = before + after <= self.context and size <= ROWS and size * (before + after) <= POSITIONS
            fits = fits and size * after <= held
            if not parts or not fits:
                parts.append([])
                before = len(asks[a].context)
            parts[-1].append((a, c))
        return parts

    def _prefill(
        self, contexts: Sequence[Sequence[int]], room: int, beginning: KVCache | None
    ) -> tuple[KVCache, Tensor]:
        """Run contexts behind a common beginning.  -> the cache, and logits (rows, V) of what follows each"""
        device = self.engine.machine.device
        lengths = torch.tensor([len(context) for context in contexts], device=device)
        width = int(lengths.max())
        before = 0 if beginning is None else int(beginning.lengths[0])
        cache = self.engine.model.new_cache(len(contexts), before + width + room)
        if beginning is not None:
            cache.keys[:, :, :, :before] = beginning.keys[:, :, :, :before]
            cache.values[:, :, :, :before] = beginning.values[:, :, :, :before]
            cache.ids[:, :before] = beginning.ids[:, :before]
            cache.lengths += before
        hidden = self.engine.model.hidden(self._padded(contexts), cache)
        last = hidden[torch.arange(len(contexts), device=device), lengths - 1]
        cache.advance(lengths)
        return cache, self._logits(last)

    def _continue(
        self, asks: Sequence[Ask], part: Sequence[tuple[int, int]], cache: KVCache
    ) -> list[tuple[float, bool]]:
        """Of all tokens but the first: sum of ln p, and whether all were the likeliest."""
        device = self.engine.machine.device
        continuations = [asks[a].continuations[c] for a, c in part]
        own = cache.select(torch.tensor([a for a, _ in part], device=device))
        hidden = self.engine.model.hidden(self._padded([ids[:-1] for ids in continuations]), own)
        targets = self._padded([ids[1:] for ids in continuations])
        counts = torch.tensor([len(ids) - 1 for ids in continuations], device=device)
        real = torch.arange(targets.shape[1], device=device) < counts[:, None]
        logs = torch.log_softmax(self._logits(hidden[real]), dim=-1)  # (tokens, V)
        wanted = targets[real]
        right = torch.zeros_like(real)
        right[real] = logs.argmax(-1) == wanted
        greedy = (right | ~real).all(1).tolist()
        totals = row_sums(logs.gather(1, wanted[:, None])[:, 0], real)
        return list(zip(totals.tolist(), greedy, strict=True))

    def _logits(self, hidden: Tensor) -> Tensor:
        """Without the rows of the table that stand for no token."""
        return self.engine.model.logits(hidden).float()[..., : self.engine.tokenizer.vocab_size]

    def _padded(self, rows: Sequence[Sequence[int]]) -> Tensor:
        width = max(map(len, rows))
        ids = torch.full((len(rows), width), self.engine.tokenizer.pad, dtype=torch.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = torch.tensor(row)
        return ids.to(self.engine.machine.device)


def prompt_room(context: int, max_tokens: int) -> int:
    """Tokens of a prompt that are kept, the last ones, where so many may be written: half the context at the least."""
    return context - min(max_tokens, context // 2)


def row_sums(values: Tensor, real: Tensor) -> Tensor:
    """Sums in float64 of each row's own values.  values (n,), in the order of the n places that real (rows, T) names
    -> (rows,)"""
    place = float64_device(values.device)
    laid = torch.zeros(real.shape, dtype=torch.float64, device=place)
    return laid.masked_scatter(real.to(place), values.to(place).double()).sum(1)


def fit(ask: Ask, room: int) -> Ask:
    """The ask with the beginning of its context cut off where it is too long for its longest continuation.

    A continuation's last token is predicted and never read: it needs no room.  All options keep the same context.
    """
    longest = max((len(ids) for ids in ask.continuations), default=0)
    kept = max(1, room - max(0, longest - 1))
    continuations = tuple(ids[:room] for ids in ask.continuations)
    return Ask(ask.context[-kept:], continuations)


def families(asks: Sequence[Ask]) -> list[tuple[list[int], int]]:
    """Asks by common beginning: (their places, shortest context first; how many tokens they share)."""
    by_beginning: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, ask in enumerate(asks):
        by_beginning[ask.context[:SHARED]].append(index)
    alone: list[int] = []
    found: list[tuple[list[int], int]] = []
    for places in by_beginning.values():
        contexts = [asks[index].context for index in places]
        shared = common_length(contexts)
        if len(places) > 1 and shared >= SHARED:
            found.append((sorted(places, key=lambda index: len(asks[index].context)), shared))
        else:
            alone += places
    if alone:
        found.append((sorted(alone, key=lambda index: len(asks[index].context)), 0))
    return found


def common_length(contexts: Sequence[tuple[int, ...]]) -> int:
    """Tokens that all contexts begin with; at least one of each stays behind them."""
    return min(common_start(contexts), min(map(len, contexts)) - 1)


def _room(asks: Sequence[Ask]) -> int:
    return max((len(ids) for ask in asks for ids in ask.continuations), default=1)


def _chunks(family: Sequence[int], asks: Sequence[Ask]) -> list[list[int]]:
    """Places in batches of at most ROWS rows and about POSITIONS positions."""
    chunks: list[list[int]] = [[]]
    for index in family:
        width = len(asks[index].context) + _room([asks[index]])
        if (chunks[-1] and (len(chunks[-1]) + 1) * width > POSITIONS) or len(chunks[-1]) >= ROWS:
            chunks.append([])
        chunks[-1].append(index)
    return chunks

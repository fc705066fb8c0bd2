"""Prompts as token ids -> tokens, one step of all rows at a time, with the calculator answering between tokens.

One batch, one cache: prompts are prefilled together, then every step feeds one token per row.  A row that ends leaves
the batch.  When a row ends a calculator call, the result's tokens are forced on it instead of sampled ones.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from nakochat.core.calculator import calculate
from nakochat.core.errors import RequestError, ToolError
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.inference.sampling import Sampling, choose
from nakochat.inference.utf8 import WHOLE, utf8_table
from nakochat.models.attention import KVCache
from nakochat.models.model import Model
from nakochat.text.tokenizer import Tokenizer

Finish = Literal["stop", "length"]
KEPT = (
    0.75  # rows that ended stay in the batch until so few are left: copying the cache costs more than they do
)
CALCULATOR_FAILED = "오류"  # what the model reads when its expression cannot be calculated


@dataclass(frozen=True)
class Token:
    """A new token of a row.  `sampled` is False for what a tool answered; `finish` is set on the row's last one."""

    row: int
    id: int
    sampled: bool
    finish: Finish | None = None


@dataclass
class Generated:
    """All of a row, its stop token included."""

    ids: list[int] = field(default_factory=list)
    sampled: list[bool] = field(default_factory=list)
    finish: Finish = "length"


@dataclass
class _Row:
    number: int
    last: int
    length: int
    made: int = 0
    forced: list[int] = field(default_factory=list)
    call: list[int] | None = None
    character: int = WHOLE
    """Which bytes its last character lacks (utf8.py)."""
    ended: bool = False


def inference_copy(model: Model) -> Model:
    """The model with its weights in the dtype of its activations, for generation."""
    return copy.deepcopy(model).to(model.dtype).eval().requires_grad_(False)


class Engine:
    """Generates with one model.  The model should be an inference_copy."""

    def __init__(self, model: Model, tokenizer: Tokenizer, machine: Machine) -> None:
        self.model, self.tokenizer, self.machine = model, tokenizer, machine
        self._stops = frozenset((tokenizer.im_end, tokenizer.bos))
        # never sampled: what would break a character, rows of the table beyond the vocabulary, and what only a
        # template or a tool writes
        table = utf8_table(tokenizer)
        self._after = table.after
        never = torch.ones(len(table.allowed), model.config.padded_vocab, dtype=torch.bool)
        never[:, : tokenizer.vocab_size] = torch.from_numpy(~table.allowed)
        never[:, [tokenizer.pad, tokenizer.im_start, tokenizer.output_start, tokenizer.output_end]] = True
        self._never = never.to(machine.device)  # (states of UTF-8, V)

    @property
    def context(self) -> int:
        return self.model.config.context

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, *, seeds: Sequence[int] | None = None
    ) -> list[Generated]:
        """Every prompt's continuation, the stop token included."""
        results = [Generated() for _ in prompts]
        for token in self.stream(prompts, sampling, seeds=seeds):
            result = results[token.row]
            result.ids.append(token.id)
            result.sampled.append(token.sampled)
            if token.finish:
                result.finish = token.finish
        return results

    @torch.inference_mode()
    def stream(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        *,
        seeds: Sequence[int] | None = None,
        stops: bool = True,
    ) -> Iterator[Token]:
        """Tokens of all rows as they come.

        seeds: one per prompt (default: the sampling's for each); stops=False goes on to max_tokens whatever comes, for
        measuring.  RequestError when a prompt leaves no room in the model's context.
        """
        self._check(prompts)
        most = min(self.context, max(len(prompt) for prompt in prompts) + sampling.max_tokens)
        rows = [_Row(number, prompt[-1], len(prompt)) for number, prompt in enumerate(prompts)]
        device = self.machine.device
        row_seeds = torch.tensor(
            list(seeds) if seeds is not None else [sampling.seed] * len(rows), device=device
        )
        cache = self.model.new_cache(len(rows), -(-most // 32) * 32)
        logits = self._prefill(prompts, cache)
        seen = self._seen(prompts) if sampling.repetition_penalty != 1.0 else None
        alive = len(rows)
        while True:
            characters = torch.tensor([row.character for row in rows], device=device)
            logits.masked_fill_(self._never[characters], float("-inf"))
            positions = torch.tensor([row.length for row in rows], device=device)
            chosen = choose(logits, sampling, row_seeds, positions, seen).tolist()
            for row, choice in zip(rows, chosen, strict=True):
                if not row.ended:
                    token = self._advance(row, choice, sampling.max_tokens, stops)
                    alive -= row.ended
                    yield token
            if not alive:
                return
            if alive < KEPT * len(rows):
                keep = torch.tensor([i for i, row in enumerate(rows) if not row.ended], device=device)
                rows = [row for row in rows if not row.ended]
                cache, row_seeds = cache.select(keep), row_seeds[keep]
                seen = None if seen is None else seen[keep]
            last = torch.tensor([[row.last] for row in rows], device=device)
            if seen is not None:
                seen = seen.scatter(1, last, True)
            logits = self.model(last, cache)[:, -1].float()
            going = torch.tensor([not row.ended for row in rows], device=device)
            cache.advance(going.to(torch.int64))

    def _advance(self, row: _Row, chosen: int, max_tokens: int, stops: bool) -> Token:
        """Take the chosen token, or the next forced one, into a row."""
        sampled = not row.forced
        row.last = chosen if sampled else row.forced.pop(0)
        row.character = int(self._after[row.character, row.last])
        row.length += 1
        row.made += 1
        if sampled:
            self._watch_call(row)
        finish: Finish | None = None
        if stops and sampled and row.last in self._stops:
            finish = "stop"
        elif row.made >= max_tokens or row.length >= self.context:
            finish = "length"
        row.ended = finish is not None
        return Token(row.number, row.last, sampled, finish)

    def _watch_call(self, row: _Row) -> None:
        """Collect a call between its tokens; at its end, force the result."""
        t = self.tokenizer
        if row.last == t.python_start:
            row.call = []
        elif row.last == t.python_end and row.call is not None:
            try:
                result = calculate(t.decode(row.call))
            except ToolError:
                result = CALCULATOR_FAILED
            row.forced = [t.output_start, *t.encode(result), t.output_end]
            row.call = None
        elif row.call is not None:
            row.call.append(row.last)

    def _prefill(self, prompts: Sequence[Sequence[int]], cache: KVCache) -> Tensor:
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=self.machine.device)
        ids = torch.full((len(prompts), int(lengths.max())), self.tokenizer.pad, device=self.machine.device)
        for index, prompt in enumerate(prompts):
            ids[index, : len(prompt)] = torch.tensor(prompt, device=self.machine.device)
        last = self.model.hidden(ids, cache)[torch.arange(len(prompts)), lengths - 1]
        cache.advance(lengths)
        return self.model.logits(last).float()

    def _seen(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        seen = torch.zeros(
            len(prompts), self.model.config.padded_vocab, dtype=torch.bool, device=self.machine.device
        )
        for index, prompt in enumerate(prompts):
            seen[index, list(prompt)] = True
        return seen

    def _check(self, prompts: Sequence[Sequence[int]]) -> None:
        if not prompts or not all(prompts):
            raise RequestError(say("빈 프롬프트입니다.", "empty prompt."))
        longest = max(len(prompt) for prompt in prompts)
        if longest >= self.context:
            raise RequestError(
                say(
                    f"대화가 너무 깁니다: {longest}토큰 (이 모델은 {self.context}토큰까지). 새 대화를 시작하세요.",
                    f"the conversation is too long: {longest} tokens of {self.context}. Start a new one.",
                )
            )

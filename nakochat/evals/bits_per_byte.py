"""A model and held-out text -> bits per byte and per character: the ruler that does not depend on the tokenizer.

A Hangul syllable is three bytes, so Korean bits per byte look lower than English ones and cannot be compared with them;
bits per character can be read beside them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.evals.likelihood import predictions
from nakochat.text.normalise import normalise
from nakochat.text.tokenizer import Tokenizer

# sequences -> of each: log p of every token but the first, and whether it was the likeliest one
Predict = Callable[[Sequence[Sequence[int]]], Sequence[tuple[Tensor, Tensor]]]


@dataclass(frozen=True, kw_only=True)
class Compression:
    """How well a model predicts some text."""

    bits: float
    bytes: int
    characters: int
    tokens: int
    right: int
    """Tokens that were the likeliest one."""

    @property
    def bits_per_byte(self) -> float:
        return self.bits / self.bytes

    @property
    def bits_per_character(self) -> float:
        return self.bits / self.characters

    @property
    def perplexity(self) -> float:
        """Per token: of different tokenizers it cannot be compared."""
        return math.exp(self.loss)

    @property
    def loss(self) -> float:
        """Mean of -ln p over the tokens; of different tokenizers it cannot be compared."""
        return self.bits * math.log(2) / self.tokens

    @property
    def token_accuracy(self) -> float:
        """Share of tokens that were the likeliest one; of different tokenizers it cannot be compared."""
        return self.right / self.tokens

    def figures(self) -> dict[str, float]:
        """Under full names, for other programs."""
        names = ("bits_per_byte", "bits_per_character", "perplexity", "token_accuracy")
        counts = ("bytes", "characters", "tokens")
        return {name: getattr(self, name) for name in (*names, *counts)}


def bits_per_byte(
    model: nn.Module, tokenizer: Tokenizer, texts: Sequence[str], *, context: int, device: torch.device
) -> Compression:
    """Every token of every text is predicted once, by a model of ours.  DataError when there is no text."""
    sequences = [[tokenizer.bos, *ids] for ids in tokenizer.encode_batch(texts)]
    return compression_of(
        texts,
        sequences,
        partial(predictions, model, device=device, vocab_size=tokenizer.vocab_size),
        context=context,
    )


def compression_of(
    texts: Sequence[str], sequences: Sequence[Sequence[int]], predict: Predict, *, context: int
) -> Compression:
    """The same of any model.  sequences: each text's ids, behind what the model is used to see first.

    A text longer than the context is read in windows of `context` that overlap by half, so that every token but those
    at the beginning has at least half a context before it.
    """
    windows: list[Sequence[int]] = []
    fresh: list[int] = []  # tokens at the end of each window that no window before it predicted
    for sequence in sequences:
        done = 1
        while done < len(sequence):
            start = max(0, done - context // 2) if done > 1 else 0
            end = min(len(sequence), start + context + 1)
            windows.append(sequence[start:end])
            fresh.append(end - done)
            done = end
    normal = [normalise(text) for text in texts]
    if not any(normal):
        raise DataError(say("평가할 글이 없습니다.", "there is no text to evaluate."))
    found = predict(windows)
    nats = -sum(float(values[-new:].double().sum()) for (values, _), new in zip(found, fresh, strict=True))
    return Compression(
        bits=nats / math.log(2),
        bytes=sum(len(text.encode()) for text in normal),
        characters=sum(map(len, normal)),
        tokens=sum(fresh),
        right=sum(int(first[-new:].sum()) for (_, first), new in zip(found, fresh, strict=True)),
    )

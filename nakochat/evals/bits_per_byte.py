"""A model and held-out text -> bits per byte and per character: the ruler that does not depend on the tokenizer.

A Hangul syllable is three bytes, so Korean bits per byte look lower than English ones and cannot be compared with them;
bits per character can be read beside them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.evals.likelihood import predictions
from nakochat.text.normalise import normalise
from nakochat.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Compression:
    """How well a model predicts some text."""

    bits_per_byte: float
    bits_per_character: float
    bytes: int
    characters: int
    token_accuracy: float
    """Share of tokens that were the likeliest one; of different tokenizers it cannot be compared."""


def bits_per_byte(
    model: nn.Module, tokenizer: Tokenizer, texts: Sequence[str], *, context: int, device: torch.device
) -> Compression:
    """Every token of every text is predicted once.

    A text longer than the context is read in windows of `context` that overlap by half, so that every token but those
    at the beginning has at least half a context before it.  DataError when there is no text.
    """
    windows: list[list[int]] = []
    fresh: list[int] = []  # tokens at the end of each window that no window before it predicted
    count_bytes = count_characters = 0
    for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
        normal = normalise(text)
        count_bytes += len(normal.encode())
        count_characters += len(normal)
        sequence = [tokenizer.bos, *ids]
        done = 1
        while done < len(sequence):
            start = max(0, done - context // 2) if done > 1 else 0
            end = min(len(sequence), start + context + 1)
            windows.append(sequence[start:end])
            fresh.append(end - done)
            done = end
    if not count_bytes:
        raise DataError(say("평가할 글이 없습니다.", "there is no text to evaluate."))
    found = predictions(model, windows, device)
    bits = -sum(
        float(values[-new:].double().sum()) for (values, _), new in zip(found, fresh, strict=True)
    ) / math.log(2)
    right = sum(int(first[-new:].sum()) for (_, first), new in zip(found, fresh, strict=True))
    accuracy = right / sum(fresh)
    return Compression(bits / count_bytes, bits / count_characters, count_bytes, count_characters, accuracy)

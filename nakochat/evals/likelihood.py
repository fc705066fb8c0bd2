"""A model and token sequences -> how likely each token was: the base of bits per byte and of choices."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nakochat.models.model import Model

ROWS = 64
LOGITS = 2**28  # at once: 1 GiB in float32, and about four times as much again for the cap and the softmax
LOGITS_ON_CPU = (
    2**22
)  # more is slower there (1.7 times at 2**28), and takes memory that training itself does not


def log_likelihoods(
    model: Model,
    sequences: Sequence[Sequence[int]],
    device: torch.device,
    *,
    temperature: float = 1.0,
) -> list[Tensor]:
    """log p of every token but the first, given those before it.  -> a (length - 1,) float32 tensor per sequence"""
    size = model.config.padded_vocab
    found = predictions(model, sequences, device, vocab_size=size, temperature=temperature)
    return [values for values, _ in found]


@torch.inference_mode()
def predictions(
    model: nn.Module,
    sequences: Sequence[Sequence[int]],
    device: torch.device,
    *,
    vocab_size: int,
    temperature: float = 1.0,
) -> list[tuple[Tensor, Tensor]]:
    """The same, and of each token whether it was the likeliest one.  -> two (length - 1,) tensors per sequence

    vocab_size: logits beyond it stand for no token and are left out; temperature: what they are divided by.  Sequences
    must fit the model's context.  They are run longest first in batches of one width, so that padding is small, and of
    at most LOGITS (LOGITS_ON_CPU) logits, or one sequence.
    """
    some = [index for index in range(len(sequences)) if len(sequences[index]) > 1]
    order = sorted(some, key=lambda index: -len(sequences[index]))
    # room for all before the first batch: what is kept must not lie between what is given back, and split it up
    lengths = [max(0, len(sequence) - 1) for sequence in sequences]
    results = list(
        zip(
            torch.empty(sum(lengths)).split(lengths),
            torch.empty(sum(lengths), dtype=torch.bool).split(lengths),
            strict=True,
        )
    )
    most = positions_at_once(vocab_size, device)
    start = 0
    while start < len(order):
        width = len(sequences[order[start]])
        chunk = order[start : start + min(ROWS, max(1, most // (width - 1)))]
        start += len(chunk)
        ids = torch.zeros(len(chunk), width, dtype=torch.int64)
        for row, index in enumerate(chunk):
            ids[row, : len(sequences[index])] = torch.tensor(sequences[index])
        ids = ids.to(device)
        logits = model(ids[:, :-1]).flatten(0, 1)[:, :vocab_size].float()
        if temperature != 1:
            logits = logits / temperature
        targets = ids[:, 1:].flatten()
        found = -F.cross_entropy(logits, targets, reduction="none").view(len(chunk), -1).cpu()
        first = (logits.argmax(dim=-1) == targets).view(len(chunk), -1).cpu()
        for row, index in enumerate(chunk):
            values, likeliest = results[index]
            values.copy_(found[row, : lengths[index]])
            likeliest.copy_(first[row, : lengths[index]])
    return results


def positions_at_once(vocab_size: int, device: torch.device) -> int:
    """Of how many tokens the logits may be held together."""
    return max(1, (LOGITS_ON_CPU if device.type == "cpu" else LOGITS) // vocab_size)

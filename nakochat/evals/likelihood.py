"""A model and token sequences -> how likely each token was: the base of bits per byte and of choices."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROWS = 64


@torch.inference_mode()
def log_likelihoods(
    model: nn.Module, sequences: Sequence[Sequence[int]], device: torch.device
) -> list[Tensor]:
    """log p of every token but the first, given those before it.  -> a (length - 1,) float32 tensor per sequence

    Sequences must fit the model's context.  They are run longest first in batches of one width, so that padding is
    small.
    """
    order = sorted(range(len(sequences)), key=lambda index: -len(sequences[index]))
    results: list[Tensor] = [torch.empty(0)] * len(sequences)
    for start in range(0, len(order), ROWS):
        chunk = order[start : start + ROWS]
        width = len(sequences[chunk[0]])
        ids = torch.zeros(len(chunk), width, dtype=torch.int64)
        for row, index in enumerate(chunk):
            ids[row, : len(sequences[index])] = torch.tensor(sequences[index])
        ids = ids.to(device)
        logits = model(ids[:, :-1]).flatten(0, 1).float()
        found = -F.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none").view(len(chunk), -1).cpu()
        for row, index in enumerate(chunk):
            results[index] = found[row, : len(sequences[index]) - 1]
    return results

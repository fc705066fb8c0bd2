"""A model and a batch -> the loss.  One objective serves every stage; what differs is the batch's weights."""

import torch
import torch.nn.functional as F
from torch import Tensor

from nakochat.data.batches import IGNORE, Batch


def weighted_loss(model: torch.nn.Module, batch: Batch) -> Tensor:
    """Sum of weights * -log p(target), in nats.  -> () float32

    Divide by the number of scored tokens of the whole step, over all pieces and ranks: a mean of means is biased when
    the pieces hold different numbers of them.
    """
    logits = model(batch.inputs, documents=batch.documents)  # (B, T, V)
    losses = F.cross_entropy(
        logits.flatten(0, 1).float(), batch.targets.flatten(), ignore_index=IGNORE, reduction="none"
    )  # (B*T,)
    return (losses * batch.weights.flatten()).sum()

"""A model and a batch -> the loss.  One objective serves every stage; what differs is the batch's weights."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from nakochat.data.batches import IGNORE, Batch
from nakochat.models.nako import Nako

Loss = Callable[[Nako, Batch], Tensor]


def weighted_loss(model: Nako, batch: Batch) -> Tensor:
    """Sum of weights * -log p(target), in nats.  -> () float32

    Divide by the number of scored tokens of the whole step, over all pieces and ranks: a mean of means is biased when
    the pieces hold different numbers of them.  Logits are made where they are asked for only: in a conversation that
    is a third of the positions, and the head is a quarter of a small model's step.
    """
    hidden = model.hidden(batch.inputs, documents=batch.documents).flatten(0, 1)  # (B*T, D)
    targets, weights = batch.targets.flatten(), batch.weights.flatten()
    if batch.asked is not None:
        hidden, targets, weights = hidden[batch.asked], targets[batch.asked], weights[batch.asked]
    losses = F.cross_entropy(model.logits(hidden).float(), targets, ignore_index=IGNORE, reduction="none")
    return (losses * weights).sum()


def compiled_loss() -> Loss:
    """weighted_loss under torch.compile: one graph for every number of asked positions."""
    compiled = torch.compile(weighted_loss)

    def loss_of(model: Nako, batch: Batch) -> Tensor:
        if batch.asked is not None:
            torch._dynamo.mark_dynamic(batch.asked, 0)
        return compiled(model, batch)

    return loss_of

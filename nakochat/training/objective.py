"""A model and a batch -> the loss.  One objective serves every stage; what differs is the batch's weights."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from nakochat.data.batches import IGNORE, Batch
from nakochat.models.model import Model

AT_ONCE = 2**27  # logits that stand in memory at once: half a gigabyte in float32

Loss = Callable[[Model, Batch], Tensor]


def weighted_loss(model: Model, batch: Batch) -> Tensor:
    """Sum of weights * -log p(target), in nats.  -> () float32

    Divide by the number of scored tokens of the whole step, over all pieces and ranks: a mean of means is biased when
    the pieces hold different numbers of them.  Logits are made where they are asked for only: in a conversation that
    is a third of the positions, and the head is a quarter of a small model's step.
    """
    hidden = model.hidden(batch.inputs, documents=batch.documents, starts=batch.starts).flatten(
        0, 1
    )  # (B*T, D)
    targets, weights = batch.targets.flatten(), batch.weights.flatten()
    if batch.asked is not None:
        hidden, targets, weights = hidden[batch.asked], targets[batch.asked], weights[batch.asked]
    # counted from the whole batch, whose shape never changes: a compiled graph has one number of chunks
    chunks = math.ceil(batch.inputs.numel() * model.head.weight.shape[0] / AT_ONCE)
    if chunks > 1:
        return chunked_loss(hidden, model.head.weight, model.logit_cap, targets, weights, chunks)
    losses = F.cross_entropy(model.logits(hidden).float(), targets, ignore_index=IGNORE, reduction="none")
    return (losses * weights).sum()


def chunked_loss(
    hidden: Tensor, head: Tensor, cap: float | None, targets: Tensor, weights: Tensor, chunks: int
) -> Tensor:
    """The same from hidden (N, D) and head (V, D), with the logits of one chunk of the N in memory at a time."""
    loss: Tensor = _ChunkedLoss.apply(hidden, head, cap, targets, weights, chunks)  # type: ignore[no-untyped-call]
    return loss


class _ChunkedLoss(torch.autograd.Function):
    """The gradient is made beside the loss, while a chunk's logits are there: nothing is computed twice.

    d loss / d z of logits capped to y = cap tanh(z / cap): (softmax(y) - onehot) (1 - (y / cap)²), times the weight.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        head: Tensor,
        cap: float | None,
        targets: Tensor,
        weights: Tensor,
        chunks: int,
    ) -> Tensor:
        size = (hidden.shape[0] + chunks - 1) // chunks
        matrix = head.to(hidden.dtype)
        of_hidden, of_head = torch.empty_like(hidden), torch.zeros_like(head, dtype=torch.float32)
        total = torch.zeros((), device=hidden.device)
        counts = torch.where(targets == IGNORE, 0.0, weights)
        for number in range(chunks):
            here = slice(number * size, (number + 1) * size)
            part, share = hidden[here], counts[here, None]
            logits = part @ matrix.T  # (n, V)
            capped = (logits if cap is None else cap * torch.tanh(logits / cap)).float()
            chosen = targets[here, None].clamp_min(0)
            surprise = capped.logsumexp(dim=-1, keepdim=True)
            total += ((surprise - capped.gather(1, chosen)) * share).sum()
            slope = (capped - surprise).exp().scatter_add(1, chosen, -torch.ones_like(surprise))
            slope = slope if cap is None else slope * (1 - (capped / cap).square())
            slope = (slope * share).to(hidden.dtype)
            of_hidden[here] = slope @ matrix
            of_head += (slope.T @ part).float()
        ctx.save_for_backward(of_hidden, of_head)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None, None, None]:
        of_hidden, of_head = ctx.saved_tensors
        return of_hidden * gradients[0], of_head * gradients[0], None, None, None, None


def compiled_loss() -> Loss:
    """weighted_loss under torch.compile: one graph for every number of asked positions and of documents."""
    compiled = torch.compile(weighted_loss)

    def loss_of(model: Model, batch: Batch) -> Tensor:
        for counted in (batch.asked, batch.starts):
            if counted is not None:
                torch._dynamo.mark_dynamic(counted, 0)
        return compiled(model, batch)

    return loss_of

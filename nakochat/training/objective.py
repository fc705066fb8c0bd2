"""A model and a batch -> the loss.  One objective serves every stage; what differs is the batch's weights."""

import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from nakochat.data.batches import IGNORE, Batch
from nakochat.models.model import Model
from nakochat.models.parts import Apply, call

AT_ONCE = 2**27  # logits in memory at once: half a gigabyte in float32
AT_ONCE_ON_GPU = 2**29
EXPONENT = 40  # e to it, summed over any vocabulary, is a float32: capped logits need no maximum taken off
KINDS_OF_PARTS = 32  # compiled forms of one part

Loss = Callable[[Model, Batch], Tensor]
_Chunk = Callable[..., tuple[Tensor, Tensor, Tensor]]


def weighted_loss(model: Model, batch: Batch, temperature: float = 1.0, apply: Apply = call) -> Tensor:
    """Sum of weights * -log p(target), in nats, of the model whose logits are divided by a temperature.  -> () float32

    The caller divides by the number of targets of the whole step, over all pieces and ranks: a mean of means is biased
    when pieces hold different numbers of them.  Logits are computed only where there is a target: in a conversation
    that is a third of the positions, and the head is a quarter of a small model's step.
    """
    hidden = model.hidden(batch.inputs, documents=batch.documents, starts=batch.starts, apply=apply)
    hidden, targets, weights = apply(_at, hidden, batch.targets, batch.weights, batch.asked)
    rows, chunk = _rows_at_once(model, batch), partial(apply, _chunk)
    loss: Tensor = _Loss.apply(  # type: ignore[no-untyped-call]
        hidden, model.head.weight, model.logit_cap, targets, weights, rows, chunk, temperature
    )
    return loss


def compiled_loss(temperature: float = 1.0) -> Loss:
    """weighted_loss with each part of the model compiled (models/parts.py): the code is the same whatever the number of
    targets and of documents.

    Of a loss in chunks the chunk is compiled and not the loop over them: thirty unrolled ones take minutes.
    """
    compiled = functools.cache(torch.compile)
    # kinds of layers (with value embeddings, with a window) times shapes; beyond it torch would silently stop compiling
    torch._dynamo.config.recompile_limit = max(KINDS_OF_PARTS, torch._dynamo.config.recompile_limit)

    def apply(part: Callable[..., Any], *inputs: Any) -> Any:
        if isinstance(part, nn.Module):  # its class's code is what all of its kind share
            return compiled(type(part).forward)(part, *inputs)
        return compiled(part)(*inputs)

    def of_any_number(part: Callable[..., Any], *inputs: Any) -> Any:
        if part is _chunk:  # else compiled for the first number of targets, and for any at the second
            hidden, _, _, targets, weights, _ = inputs
            for counted in (hidden, targets, weights):
                torch._dynamo.maybe_mark_dynamic(counted, 0)
        return apply(part, *inputs)

    def loss_of(model: Model, batch: Batch) -> Tensor:
        for counted in (batch.asked, batch.starts):
            if counted is not None:
                torch._dynamo.mark_dynamic(counted, 0)
        return weighted_loss(model, batch, temperature, apply if batch.asked is None else of_any_number)

    return loss_of


def _rows_at_once(model: Model, batch: Batch) -> int:
    """Positions of a chunk.  Decided by the batch's shape, which stays the same, and not by its number of targets,
    which varies."""
    size = model.head.weight.shape[0]
    most = AT_ONCE if batch.inputs.device.type == "cpu" else AT_ONCE_ON_GPU
    return min(batch.inputs.numel(), max(1, most // size))


def _at(
    hidden: Tensor, targets: Tensor, weights: Tensor, asked: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """What the head reads (N, D), targets and weights (N,) at the positions `asked`; None is all."""
    hidden, targets, weights = hidden.flatten(0, 1), targets.flatten(), weights.flatten()
    if asked is not None:
        hidden, targets, weights = hidden[asked], targets[asked], weights[asked]
    return hidden, targets, weights


def _chunk(
    part: Tensor, matrix: Tensor, cap: float | None, targets: Tensor, weights: Tensor, temperature: float
) -> tuple[Tensor, Tensor, Tensor]:
    """part (n, D), matrix (V, D) -> the loss and its gradients with respect to both, the matrix's in float32.

    For logits z capped to y = cap tanh(z / cap), at a temperature T:
    d loss / d z = weight (softmax(y / T) - onehot) (1 - (y / cap)²) / T.
    """
    share = torch.where(targets == IGNORE, 0.0, weights)[:, None]
    chosen = targets[:, None].clamp_min(0)

    def slope_of(p: Tensor, y: Tensor) -> Tensor:
        if cap is not None:
            p.mul_((y / cap).square_().neg_().add_(1))
        return p if temperature == 1 else p.div_(temperature)

    # in place: without a compiler every step would be another (n, V)
    logits = part @ matrix.T
    capped = (logits if cap is None else logits.div_(cap).tanh_().mul_(cap)).float()
    warm = capped if temperature == 1 else capped / temperature
    bounded = cap is not None and cap / temperature < EXPONENT
    most = 0.0 if bounded else warm.amax(dim=-1, keepdim=True)
    powers = (warm - most).exp_()
    total = powers.sum(dim=-1, keepdim=True)
    loss = ((total.log() + most - warm.gather(1, chosen)) * share).sum()
    own = powers.gather(1, chosen) / total  # probability of the target
    of_own = slope_of((own - 1) * share, capped.gather(1, chosen)).to(part.dtype)
    slope = slope_of(powers.mul_(share / total), capped).to(part.dtype)
    slope.scatter_(1, chosen, of_own)  # not added to the others: bf16 cannot tell a probability near 1 from 1
    return loss, slope @ matrix, (slope.T @ part).float()


class _Loss(torch.autograd.Function):
    """Computes the gradients with the loss, while a chunk's logits are in memory: nothing is computed twice, nor kept
    (docs/log.md, 2026-11-29)."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        head: Tensor,
        cap: float | None,
        targets: Tensor,
        weights: Tensor,
        rows: int,
        chunk: _Chunk,
        temperature: float,
    ) -> Tensor:
        hidden, head = hidden.detach(), head.detach()  # no graph is kept inside a chunk
        matrix = head.to(hidden.dtype)
        of_hidden, of_head = torch.empty_like(hidden), torch.zeros_like(head, dtype=torch.float32)
        total = torch.zeros((), device=hidden.device)
        for first in range(0, hidden.shape[0], rows):
            here = slice(first, first + rows)
            asked = targets[here], weights[here]
            loss, of_hidden[here], slope = chunk(hidden[here], matrix, cap, *asked, temperature)
            total += loss
            of_head += slope
        ctx.save_for_backward(of_hidden, of_head)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        of_hidden, of_head = ctx.saved_tensors
        return of_hidden * gradients[0], of_head * gradients[0], None, None, None, None, None, None

"""Gradients -> new weights: Muon for the matrices, AdamW for the rest.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, so that every direction moves at the same speed:
about 1.5 to 2 times fewer steps than AdamW (https://kellerjordan.github.io/posts/muon,
https://arxiv.org/abs/2502.16982).  Here with Polar Express coefficients (https://arxiv.org/abs/2505.16932), NorMuon's
row normalisation (https://arxiv.org/abs/2510.05491) and cautious weight decay, which only acts where it points the
same way as the update (https://arxiv.org/abs/2510.12402).  Left out: MuonH, SOAP, gradient clipping by default,
skipped Adam steps (measured without gain: docs/decisions/model.md).

On several ranks each updates its share (shares.py); results are those of one rank up to the order of additions.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw as fused_adamw

from nakochat.core.machine import Machine
from nakochat.models.sizing import rate_of_batch
from nakochat.training.rates import RateSettings
from nakochat.training.shares import (
    Bucket,
    MatrixShare,
    Reduction,
    Small,
    TableShare,
    in_backward_order,
    is_divided,
)

# Polar Express, 5 iterations, for a spectral norm of at most 1 (arXiv 2505.16932, algorithm 1 with safety factor 1.02)
POLAR_EXPRESS = (
    (8.156554524902461, -22.48329292557795, 15.878769915207462),
    (4.042929935166739, -2.808917465908714, 0.5000178451051316),
    (3.8916678022926607, -2.772484153217685, 0.5060648178503393),
    (3.285753657755655, -2.3681294933425376, 0.46449024233003106),
    (2.3465413258596377, -1.7097828382687081, 0.42323551169305323),
)


@dataclass(frozen=True, kw_only=True)
class AdamRates:
    """AdamW's settings for one group of parameters, at the reference width of 768."""

    learning_rate: float
    betas: tuple[float, float] = (0.8, 0.95)
    weight_decay: float = 0.0
    scales_with_width: bool = True


# nanochat 6ed7d1d; the tables take far higher rates than matrices, since each row sees few tokens
ADAM_RATES = {
    "head": AdamRates(learning_rate=0.008, betas=(0.8, 0.96), weight_decay=0.01),
    "embedding": AdamRates(learning_rate=0.3, betas=(0.8, 0.995), weight_decay=0.001),
    "value_embeddings": AdamRates(learning_rate=0.15, betas=(0.8, 0.995), weight_decay=0.01),
    "gates": AdamRates(learning_rate=0.01),
    "smear_scale": AdamRates(learning_rate=0.05, scales_with_width=False),
    "residual_scales": AdamRates(learning_rate=0.005, weight_decay=0.05, scales_with_width=False),
    "input_scales": AdamRates(learning_rate=0.5, betas=(0.96, 0.95), scales_with_width=False),
}
_EPSILON = 1e-10
_LONG = 2  # times as long as it is wide: from there on the Gram matrix is less work than the matrix itself
_SECOND_MOMENT = 0.9  # of NorMuon's row variances


@torch.no_grad()
def orthogonalise(matrices: Tensor, dtype: torch.dtype) -> Tensor:
    """The orthogonal factor of each matrix, nearly.  (N, rows, columns) -> the same, float32."""
    x = matrices.to(dtype)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) * 1.02 + 1e-6)
    if dtype == torch.float32 and x.shape[-1] >= _LONG * x.shape[-2]:
        x = _factor_of(x @ x.mT) @ x
    else:
        for a, b, c in POLAR_EXPRESS:
            gram = x @ x.mT
            x = a * x + (b * gram + c * gram @ gram) @ x
    factor: Tensor = (x.mT if tall else x).float()
    return factor


def _factor_of(gram: Tensor) -> Tensor:
    """The same iterations on x·xᵀ (N, rows, rows) alone -> what x is to be multiplied by: half the work for a long x.

    In float32 the two differ by 1e-5 (docs/log.md, 2026-11-29); bf16 would lose the small singular values.
    """
    factor = None
    for a, b, c in POLAR_EXPRESS:
        step = b * gram + c * gram @ gram
        step.diagonal(dim1=-2, dim2=-1).add_(a)
        factor = step if factor is None else step @ factor
        gram = step @ gram @ step
    assert factor is not None
    return factor


def to_host(name: str, tensor: Tensor) -> Tensor:
    return tensor.cpu()


def alone_rates(settings: RateSettings) -> AdamRates | None:
    """AdamW's rates for all parameters under --optimizer adamw; None under muon."""
    if settings.optimizer == "muon":
        return None
    return adamw_rates(settings.learning_rate, settings.beta2, settings.weight_decay)


def adamw_rates(learning_rate: float, beta2: float, weight_decay: float) -> AdamRates:
    """AdamW for all of a model, as GPT-2's heirs use it: one rate, whatever the width."""
    return AdamRates(
        learning_rate=learning_rate, betas=(0.9, beta2), weight_decay=weight_decay, scales_with_width=False
    )


class Optimizer:
    """Muon and AdamW over a model's named groups.  State is float32 and is saved by parameter name."""

    def __init__(
        self,
        model: nn.Module,
        groups: dict[str, list[nn.Parameter]],
        *,
        matrix_rate: float,
        weight_decay: float,
        width: int,
        tokens_per_step: int,
        scale: float = 1.0,
        dtype: torch.dtype = torch.float32,
        machine: Machine | None = None,
        alone: AdamRates | None = None,
    ) -> None:
        """matrix_rate and weight_decay are Muon's peaks; `scale` multiplies every rate (later stages start lower);
        dtype is that of the orthogonalisation; machine: the ranks that share the work, None is this process alone.
        alone: rates of AdamW for all parameters, without Muon; vectors and scalars then do not decay."""
        self._names = {parameter: name for name, parameter in model.named_parameters()}
        self._dtype = dtype
        self._machine = machine or Machine(torch.device("cpu"))
        self._matrix_rate, self._weight_decay = matrix_rate * scale, weight_decay
        by_muon = [] if alone else groups["matrices"]
        self.peaks = {"matrix": alone.learning_rate * scale if alone else self._matrix_rate}
        """Peak learning rates by group."""
        by_shape: dict[torch.Size, list[nn.Parameter]] = {}
        for parameter in by_muon:
            by_shape.setdefault(parameter.shape, []).append(parameter)
        self._matrices = [MatrixShare(parameters, self._machine) for parameters in by_shape.values()]
        # larger batches take sqrt-larger steps; smaller ones do not want smaller steps (docs/log.md, 2026-11-20)
        batch = rate_of_batch(tokens_per_step)
        by_adam = {name: parameters for name, parameters in groups.items() if name != "matrices" or alone}
        rest = [p for parameters in by_adam.values() for p in parameters]
        world = self._machine.world
        whole = [p for p in rest if not is_divided(p, world)]
        self._small = Small(whole, self._machine) if world > 1 and whole else None
        self._adam: list[tuple[TableShare, AdamRates, float]] = []
        for name, parameters in by_adam.items():
            rates = alone or ADAM_RATES[name]
            size = (width / 768) ** -0.5 if rates.scales_with_width else 1.0
            peak = rates.learning_rate * scale * (1.0 if alone else size * batch)
            self.peaks[name] = peak
            for p in parameters:
                own = dataclasses.replace(rates, weight_decay=0.0) if alone and p.dim() < 2 else rates
                self._adam.append((TableShare(p, self._machine, self._small), own, peak))
        self._moments = [_moments_of(share) for share in self._matrices]
        self._adam_moments = [_adam_moments_of(share) for share, _, _ in self._adam]
        self.state = self._own_state()
        buckets = in_backward_order(self._buckets(), model)
        self._reduction = Reduction(buckets) if buckets else None

    @torch.no_grad()
    def step(self, number: int, *, rate: float, momentum: float, decay: float, shrink: float = 1.0) -> None:
        """Update number `number` (from 0), by the summed gradients times `shrink` (clipping).

        rate and decay are shares of the peaks, momentum is Muon's (schedule.py).
        """
        for share, moments in zip(self._matrices, self._moments, strict=True):
            if share.own:
                weights = torch.stack([parameter.detach() for parameter in share.own])
                rows, columns = weights.shape[-2:]
                size = self._matrix_rate * rate * max(1.0, rows / columns) ** 0.5
                muon(
                    share.gradients() * shrink,
                    *moments,
                    weights,
                    rate=size,
                    momentum=momentum,
                    decay=self._weight_decay * decay,
                    dtype=self._dtype,
                )
            else:
                weights = share.parameters[0].new_zeros(0, *share.parameters[0].shape)
            torch._foreach_copy_([*share.parameters], share.gather(weights))
        alike: dict[tuple[AdamRates, float], list[tuple[TableShare, Tensor, tuple[Tensor, Tensor]]]] = {}
        for (table, rates, peak), adam in zip(self._adam, self._adam_moments, strict=True):
            gradient = table.gradient()
            if gradient is not None:
                alike.setdefault((rates, peak), []).append((table, gradient, adam))
        for (rates, peak), some in alike.items():
            owns = [table.own(table.parameter.detach()) for table, _, _ in some]
            gradients = [gradient for _, gradient, _ in some]
            if shrink != 1.0:
                gradients = list(torch._foreach_mul(gradients, shrink))
            adamw(owns, gradients, [adam for _, _, adam in some], rates, peak * rate, number)
            for (table, _, _), own in zip(some, owns, strict=True):
                if table.bucket is not None:
                    table.parameter.copy_(table.gather(own.clone()))

    def begin_reduction(self) -> None:
        """Before the last backward pass of a step: from now on gradients are sent as soon as they are complete."""
        if self._reduction is not None:
            self._reduction.begin()

    def finish_reduction(self) -> None:
        """After that pass, or where it failed: wait for the sums over all ranks.  All ranks call it."""
        if self._reduction is not None:
            with torch.no_grad():
                self._reduction.finish()

    def zero_gradients(self) -> None:
        for parameter in self._names:
            parameter.grad = None

    def gradient_norm(self) -> float:
        """Euclidean norm of all gradients together, after finish_reduction."""
        if self._reduction is None:
            mine = [p.grad for p in self._names if p.grad is not None]
            return float(torch.stack(torch._foreach_norm(mine)).norm())
        # what every rank holds whole counts once
        buckets = [b for b in self._buckets() if self._machine.is_first or not isinstance(b, Small)]
        sums = [bucket.own for bucket in buckets if bucket.own is not None]
        square = float(torch.stack(torch._foreach_norm(sums)).double().square().sum()) if sums else 0.0
        return math.sqrt(self._machine.sum(square))

    def whole_state(self, take: Callable[[str, Tensor], Tensor] = to_host) -> dict[str, Tensor]:
        """The state of all ranks together, by parameter name: the same for every number of them.  All ranks call it.

        take: (name, tensor) -> what is kept; the tensor is valid only during the call.
        """
        found: dict[str, Tensor] = {}
        for share, moments in zip(self._matrices, self._moments, strict=True):
            for kind, own in zip(_KINDS, moments, strict=True):
                for parameter, tensor in zip(share.parameters, share.gather(own), strict=True):
                    name = f"{self._names[parameter]}.{kind}"
                    found[name] = take(name, tensor)
        for (table, _, _), adam in zip(self._adam, self._adam_moments, strict=True):
            for kind, own in zip(_KINDS, adam, strict=True):
                name = f"{self._names[table.parameter]}.{kind}"
                found[name] = take(name, table.gather(own))
        return found

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Copy this rank's part of what whole_state gave, in place.  KeyError for a parameter that it lacks."""
        for share, moments in zip(self._matrices, self._moments, strict=True):
            for kind, own in zip(_KINDS, moments, strict=True):
                for parameter, tensor in zip(share.own, own, strict=True):
                    tensor.copy_(state[f"{self._names[parameter]}.{kind}"])
        for (table, _, _), adam in zip(self._adam, self._adam_moments, strict=True):
            for kind, own in zip(_KINDS, adam, strict=True):
                own.copy_(table.own(state[f"{self._names[table.parameter]}.{kind}"]))

    def _own_state(self) -> dict[str, Tensor]:
        """This rank's part by parameter name, as views of the tensors that every step updates."""
        found: dict[str, Tensor] = {}
        for share, moments in zip(self._matrices, self._moments, strict=True):
            for index, parameter in enumerate(share.own):
                for kind, own in zip(_KINDS, moments, strict=True):
                    found[f"{self._names[parameter]}.{kind}"] = own[index]
        for (table, _, _), adam in zip(self._adam, self._adam_moments, strict=True):
            for kind, own in zip(_KINDS, adam, strict=True):
                found[f"{self._names[table.parameter]}.{kind}"] = own
        return found

    def _buckets(self) -> list[Bucket]:
        rounds: list[Bucket] = [r for share in self._matrices for r in share.rounds]
        tables = [table.bucket for table, _, _ in self._adam if table.bucket is not None]
        return [*rounds, *tables, *([self._small] if self._small is not None else [])]


_KINDS = ("momentum", "variance")


def _moments_of(share: MatrixShare) -> tuple[Tensor, Tensor]:
    """Momentum (own, rows, columns) and NorMuon's row variance (own, rows, 1)."""
    like, own = share.parameters[0].detach(), len(share.own)
    return like.new_zeros(own, *like.shape), like.new_zeros(own, like.shape[0], 1)


def _adam_moments_of(table: TableShare) -> tuple[Tensor, Tensor]:
    like = table.own(table.parameter.detach())
    return torch.zeros_like(like), torch.zeros_like(like)


def muon(
    gradients: Tensor,
    moments: Tensor,
    variances: Tensor,
    weights: Tensor,
    *,
    rate: float,
    momentum: float,
    decay: float,
    dtype: torch.dtype,
) -> None:
    """One step of a stack of matrices (N, rows, columns); moments, variances (N, rows, 1) and weights change."""
    moments.lerp_(gradients, 1 - momentum)
    update = orthogonalise(gradients.lerp(moments, momentum), dtype)  # Nesterov
    variances.lerp_(update.square().mean(dim=-1, keepdim=True), 1 - _SECOND_MOMENT)
    before = update.norm(dim=(-2, -1), keepdim=True)
    update = update * variances.clamp_min(1e-10).rsqrt()
    update = update * (before / update.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-10))
    agrees = (update * weights) >= 0
    weights.sub_(rate * (update + decay * weights * agrees))


def adamw(
    weights: Sequence[Tensor],
    gradients: Sequence[Tensor],
    moments: Sequence[tuple[Tensor, Tensor]],
    rates: AdamRates,
    rate: float,
    number: int,
) -> None:
    """AdamW step `number` (from 0) of tensors on one device, each read and written once; weights and moments change."""
    device = weights[0].device
    fused_adamw(
        list(weights),
        list(gradients),
        [first for first, _ in moments],
        [second for _, second in moments],
        [],
        list(torch.full((len(weights),), float(number), device=device).unbind()),
        fused=True,
        amsgrad=False,
        beta1=rates.betas[0],
        beta2=rates.betas[1],
        lr=rate,
        weight_decay=rates.weight_decay,
        eps=_EPSILON,
        maximize=False,
    )

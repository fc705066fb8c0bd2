"""Gradients -> new weights: Muon for the matrices, AdamW for the rest.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, so that every direction moves at the same speed:
about 1.5 to 2 times fewer steps than AdamW (https://kellerjordan.github.io/posts/muon,
https://arxiv.org/abs/2502.16982).  Here with Polar Express coefficients (https://arxiv.org/abs/2505.16932), NorMuon's
row normalisation (https://arxiv.org/abs/2510.05491) and cautious weight decay, which only acts where it points the
same way as the update (https://arxiv.org/abs/2510.12402). Left out: MuonH, SOAP, gradient clipping, skipped Adam
steps (measured without gain: docs/decisions/model.md).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

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
_SECOND_MOMENT = 0.9  # of NorMuon's row variances
_REFERENCE_BATCH = 2**19  # tokens per step at which the rates were found


@torch.no_grad()
def orthogonalise(matrices: Tensor, dtype: torch.dtype) -> Tensor:
    """The orthogonal factor of each matrix, nearly.  (N, rows, columns) -> the same, float32."""
    x = matrices.to(dtype)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) * 1.02 + 1e-6)
    for a, b, c in POLAR_EXPRESS:
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    factor: Tensor = (x.mT if tall else x).float()
    return factor


class Optimizer:
    """Both halves, over a model's named groups.  State is float32 and is saved by parameter name."""

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
    ) -> None:
        """matrix_rate and weight_decay are Muon's peaks; `scale` multiplies every rate (later stages start lower);
        dtype is that of the orthogonalisation."""
        self._names = {parameter: name for name, parameter in model.named_parameters()}
        self._dtype = dtype
        self._matrix_rate, self._weight_decay = matrix_rate * scale, weight_decay
        by_shape: dict[torch.Size, list[nn.Parameter]] = {}
        for parameter in groups["matrices"]:
            by_shape.setdefault(parameter.shape, []).append(parameter)
        self._matrices = list(by_shape.values())
        # larger batches take sqrt-larger steps; smaller ones do not want smaller steps (docs/log.md, 2026-11-20)
        batch = min(2.0, max(1.0, math.sqrt(tokens_per_step / _REFERENCE_BATCH)))
        self._adam: list[tuple[nn.Parameter, AdamRates, float]] = []
        for name, parameters in groups.items():
            if name == "matrices":
                continue
            rates = ADAM_RATES[name]
            size = (width / 768) ** -0.5 if rates.scales_with_width else 1.0
            self._adam += [(p, rates, rates.learning_rate * size * batch * scale) for p in parameters]
        self.state: dict[str, Tensor] = {}
        for parameter, name in self._names.items():
            self.state[f"{name}.momentum"] = torch.zeros_like(parameter)
        for stack in self._matrices:
            for parameter in stack:
                self.state[f"{self._names[parameter]}.variance"] = torch.zeros_like(parameter[:, :1])
        for parameter, _, _ in self._adam:
            self.state[f"{self._names[parameter]}.variance"] = torch.zeros_like(parameter)

    @torch.no_grad()
    def step(self, number: int, *, rate: float, momentum: float, decay: float) -> None:
        """Update number `number` (from 0).  rate and decay are shares of the peaks."""
        for stack in self._matrices:
            self._muon(stack, rate, momentum, decay)
        for parameter, rates, peak in self._adam:
            self._adamw(parameter, rates, peak * rate, number + 1)

    def zero_gradients(self) -> None:
        for parameter in self._names:
            parameter.grad = None

    def gradient_norm(self) -> Tensor:
        """Euclidean norm of all gradients together.  -> ()"""
        norms = torch._foreach_norm([p.grad for p in self._names if p.grad is not None])
        norm: Tensor = torch.stack(norms).norm()
        return norm

    def load_state(self, state: dict[str, Tensor]) -> None:
        for name, tensor in self.state.items():
            tensor.copy_(state[name])

    def _muon(self, stack: list[nn.Parameter], rate: float, momentum: float, decay: float) -> None:
        names = [self._names[parameter] for parameter in stack]
        gradients = torch.stack([p.grad for p in stack if p.grad is not None])
        moments = torch.stack([self.state[f"{name}.momentum"] for name in names])
        moments.lerp_(gradients, 1 - momentum)
        update = orthogonalise(gradients.lerp(moments, momentum), self._dtype)  # Nesterov
        rows, columns = update.shape[-2:]
        variances = torch.stack([self.state[f"{name}.variance"] for name in names])
        variances.lerp_(update.square().mean(dim=-1, keepdim=True), 1 - _SECOND_MOMENT)
        before = update.norm(dim=(-2, -1), keepdim=True)
        update = update * variances.clamp_min(1e-10).rsqrt()
        update = update * (before / update.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-10))
        step = self._matrix_rate * rate * max(1.0, rows / columns) ** 0.5
        for index, parameter in enumerate(stack):
            self.state[f"{names[index]}.momentum"].copy_(moments[index])
            self.state[f"{names[index]}.variance"].copy_(variances[index])
            agrees = (update[index] * parameter) >= 0
            parameter.sub_(step * (update[index] + self._weight_decay * decay * parameter * agrees))

    def _adamw(self, parameter: nn.Parameter, rates: AdamRates, rate: float, number: int) -> None:
        gradient = parameter.grad
        if gradient is None:
            return
        name = self._names[parameter]
        first, second = self.state[f"{name}.momentum"], self.state[f"{name}.variance"]
        beta1, beta2 = rates.betas
        first.lerp_(gradient, 1 - beta1)
        second.lerp_(gradient.square(), 1 - beta2)
        parameter.mul_(1 - rate * rates.weight_decay)
        scale = math.sqrt(1 - beta2**number) / (1 - beta1**number)
        parameter.addcdiv_(first, second.sqrt().add_(_EPSILON), value=-rate * scale)

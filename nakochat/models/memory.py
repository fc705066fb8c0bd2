"""A model's shape and the rows of one forward pass -> the memory that training takes, by what it is for.

Weights, gradients and the optimizer's state are counted exactly.  What the forward pass keeps for the backward pass
follows from the shape with a few coefficients, held against measured peaks (docs/decisions/plan.md).
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from nakochat.models.model import ModelConfig
from nakochat.models.sizing import count

FLOAT32, BFLOAT16 = 4, 2
Method = Literal["muon", "adamw"]  # of the matrices


@dataclass(frozen=True, kw_only=True)
class Coefficients:
    """Bytes kept: per token, layer and channel; per token and entry of the vocabulary; per score of attention."""

    channel: float
    kept: float
    """Of a channel, where a layer keeps its input only and is computed twice."""
    logit: float
    logits_at_once: int
    """The most that are in memory together (training/objective.py)."""
    score: float
    weight: float
    """Per parameter of body and head: the copies in the dtype of the activations."""
    workspace: float
    """Stacks of one kind of matrix that Muon holds while it orthogonalises them."""
    process: float
    """What Python, torch and the compiler take by themselves."""
    stage: float
    """What a stage holds beside its steps: texts, checks, samples."""


# GPU: two peaks on an H200, 32 rows of 2,048 under torch.compile: d12 32.1 GB, d20 92.2 GB (docs/decisions/plan.md)
GPU = Coefficients(
    channel=37.0,
    kept=2.0,
    logit=8.0,
    logits_at_once=2**29,
    score=0.0,
    weight=2.0,
    workspace=5.0,
    process=0.7e9,
    stage=0.0,
)
# CPU: least squares on the peaks of 23 rehearsals of one thread, bf16 (benchmarks/plan_memory.py fits others).  What a
# stage holds beside its steps lies between 0.1 GB (two layers) and 0.4 GB (tiny), in float32 (docs/log.md).
CPU_COMPILED = Coefficients(
    channel=55.7,
    kept=4.0,
    logit=4.6,
    logits_at_once=2**27,
    score=3.0,
    weight=2.0,
    workspace=9.9,
    process=0.44e9,
    stage=0.2e9,
)
CPU_EAGER = Coefficients(
    channel=55.0,
    kept=4.0,
    logit=27.6,
    logits_at_once=2**27,
    score=8.5,
    weight=2.0,
    workspace=0.0,
    process=0.30e9,
    stage=0.2e9,
)


# The same in float32, on 12 rehearsals each (docs/runs/2026-11-29-avx2).
CPU_COMPILED_FLOAT32 = dataclasses.replace(CPU_COMPILED, channel=87.7, logit=15.8, score=0.0, weight=0.0)
CPU_EAGER_FLOAT32 = dataclasses.replace(
    CPU_EAGER, channel=97.7, logit=15.6, score=2.0, weight=0.0, process=0.25e9
)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes of one process."""

    weights: float
    gradients: float
    optimizer: float
    activations: float
    workspace: float
    process: float
    stage: float

    @property
    def steps(self) -> float:
        """Bytes of the steps alone, which is what a rehearsal measures."""
        held = self.weights + self.gradients + self.optimizer
        return held + self.activations + self.workspace + self.process

    @property
    def total(self) -> float:
        return self.steps + self.stage


def training_memory(
    config: ModelConfig,
    *,
    rows: int,
    coefficients: Coefficients,
    world: int = 1,
    recompute: bool = False,
    optimizer: Method = "muon",
) -> Memory:
    """rows: those of one forward pass of one process.  Every process holds all weights and gradients, and its share of
    the optimizer's state.  recompute: all layers keep their input, and one at a time what is inside."""
    counts = count(config)
    by_muon = counts.matrices if optimizer == "muon" else 0  # one number for each weight; AdamW holds two
    at = multiplied(config, rows=rows, logits_at_once=coefficients.logits_at_once)
    layers = coefficients.channel * at["channel"] + coefficients.score * at["score"]
    if recompute:
        layers = coefficients.kept * at["channel"] + layers / config.layers
    return Memory(
        weights=FLOAT32 * counts.total,
        gradients=FLOAT32 * counts.total,
        optimizer=FLOAT32 * (2 * counts.total - by_muon) / world,
        activations=layers + coefficients.logit * at["logit"] + coefficients.weight * at["weight"],
        workspace=coefficients.workspace * at["workspace"] / world,
        process=coefficients.process,
        stage=coefficients.stage,
    )


def multiplied(config: ModelConfig, *, rows: int, logits_at_once: int) -> dict[str, float]:
    """Name of a coefficient -> what it is multiplied with in the steps of one process (benchmarks/plan_memory.py)."""
    tokens = rows * config.context
    return {
        "channel": float(tokens * config.layers * config.width),
        "logit": float(min(tokens * config.padded_vocab, logits_at_once)),
        "score": float(tokens * config.layers * config.heads * config.context),
        "weight": float(count(config).scaling),
        # the MLP's way up, or down, of all layers: the largest stack
        "workspace": float(FLOAT32 * 4 * config.layers * config.width**2),
        "process": 1.0,
    }


def largest_piece(
    config: ModelConfig,
    *,
    coefficients: Coefficients,
    room: float,
    world: int = 1,
    recompute: bool = False,
    optimizer: Method = "muon",
) -> int:
    """The most rows of one forward pass that leave the total within `room` bytes; 0 where none do."""
    rows = 0
    how: dict[str, Any] = {"coefficients": coefficients, "world": world}
    how |= {"recompute": recompute, "optimizer": optimizer}
    for power in range(12):
        if training_memory(config, rows=2**power, **how).total > room:
            break
        rows = 2**power
    return rows

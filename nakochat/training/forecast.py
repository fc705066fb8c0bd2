"""A stage's settings and a machine -> what it will take: parameters, FLOPs, tokens, seconds, memory.

Parameters and FLOPs are exact.  Seconds come from a rehearsal on this machine where there is one (`nako plan
--measure`), else from an assumption that is named.  When a stage ends, what was said before stands beside what came:
runs/NAME/STAGE/plan.json.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nakochat.core.devices import Datasheet, datasheet_of, matmul_tflops
from nakochat.core.files import read_json, write_json
from nakochat.core.machine import Machine
from nakochat.core.run import PLAN
from nakochat.models.memory import (
    CPU_COMPILED,
    CPU_COMPILED_FLOAT32,
    CPU_EAGER,
    CPU_EAGER_FLOAT32,
    GPU,
    Coefficients,
    training_memory,
)
from nakochat.models.model import ModelConfig
from nakochat.models.sizing import count
from nakochat.training.rates import Method
from nakochat.training.rehearsal import Measured, key_of, remembered

# Share of a CPU's own matrix product that whole training steps reach: tiny takes 0.333 s for a step of 0.126 TFLOP on
# two cores with AMX whose product makes 1.30 TFLOP/s in bf16, and 2.5 s on one core with AVX2 whose product makes 0.07
# to 0.085 TFLOP/s in float32.  Another CPU has another share: hence rehearsals.
CPU_SHARES = {torch.bfloat16: 0.29, torch.float32: 0.6}
_COMPILING = 30.0  # seconds, there


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast one process of several works.  `source` names where that comes from, in Korean and English."""

    flops_per_second: float | None
    start_seconds: float
    source: tuple[str, str]
    measured: Measured | None = None


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What one stage will take, over all processes; memory is that of one process."""

    parameters: int
    scaling_parameters: int
    """Those of body and head, which a law of the loss counts."""
    flops_per_token: int
    steps: int
    tokens: int
    flops: float
    seconds: float | None
    memory_bytes: float
    source: str
    """Where the pace comes from, in English; source_ko in Korean."""
    source_ko: str


def forecast(
    config: ModelConfig,
    *,
    steps: int,
    rows: int,
    rows_per_piece: int | None,
    world: int,
    pace: Pace,
    coefficients: Coefficients,
    recompute: bool = False,
    optimizer: Method = "muon",
) -> Forecast:
    """rows: those of a step over all processes, as the settings have it.  recompute: every layer goes forward twice,
    which no pace was measured with."""
    counts = count(config)
    tokens = steps * rows * config.context
    flops = float(counts.flops_per_token) * tokens
    piece = piece_of(rows, rows_per_piece, world)
    seconds = None
    how: dict[str, Any] = {"coefficients": coefficients, "world": world}
    how |= {"recompute": recompute, "optimizer": optimizer}
    memory = training_memory(config, rows=piece, **how).total
    work = 4 / 3 if recompute else 1.0  # forward, forward again, and backward, which is two of them
    if pace.measured is not None:
        seconds = pace.start_seconds + work * steps * pace.measured.step_seconds
        if not recompute:  # of a rehearsal too, which holds about as much as a stage does beside its steps
            memory = pace.measured.peak_memory_bytes
    elif pace.flops_per_second:
        seconds = pace.start_seconds + work * flops / (world * pace.flops_per_second)
    return Forecast(
        parameters=counts.total,
        scaling_parameters=counts.scaling,
        flops_per_token=counts.flops_per_token,
        steps=steps,
        tokens=tokens,
        flops=flops,
        seconds=seconds,
        memory_bytes=memory,
        source=pace.source[1],
        source_ko=pace.source[0],
    )


def piece_of(rows: int, rows_per_piece: int | None, world: int) -> int:
    """Rows of one forward pass of one process."""
    own = -(-rows // world)
    return min(own, rows_per_piece or own)


def measured_here(
    config: ModelConfig,
    machine: Machine,
    *,
    rows: int,
    rows_per_piece: int | None,
    stage: str,
    optimizer: Method,
) -> Pace | None:
    """What such a stage took on this machine, else what base did, which is named; None where neither was measured.

    rows: those of one process.
    """
    how: dict[str, Any] = {"rows": rows, "rows_per_piece": rows_per_piece, "optimizer": optimizer}
    kinds = (remembered(key_of(config, machine, stage=kind, **how)) for kind in (stage, "base"))
    found = next((measured for measured in kinds if measured is not None), None)
    if found is None:
        return None
    source = ("이 컴퓨터에서 20걸음을 잰 값", "20 steps measured on this machine")
    if found.run is not None:
        source = (
            f"이 컴퓨터에서 끝난 실행 {found.run}의 걸음",
            f"the steps of {found.run}, which finished on this machine",
        )
    return Pace(flops_per_second=None, start_seconds=found.start_seconds, source=source, measured=found)


def pace_of_machine(
    config: ModelConfig,
    machine: Machine,
    *,
    rows: int,
    rows_per_piece: int | None,
    stage: str,
    optimizer: Method,
) -> Pace:
    """This machine's, by measurement (measured_here) or assumption.  rows: those of one process."""
    found = measured_here(
        config, machine, rows=rows, rows_per_piece=rows_per_piece, stage=stage, optimizer=optimizer
    )
    if found is not None:
        return found
    name = str(machine.describe()["name"])
    if machine.device.type == "cpu":
        with torch.random.fork_rng(devices=[]):  # a forecast must not change what is trained after it
            share = CPU_SHARES[machine.dtype]
            speed = share * matmul_tflops(machine.device, machine.dtype) * 1e12
        source = (
            f"지금 잰 행렬곱 속도의 {100 * share:.0f} %",
            f"{100 * share:.0f} % of the matrix product measured just now",
        )
        return Pace(
            flops_per_second=speed, start_seconds=_COMPILING if machine.compile else 0.0, source=source
        )
    sheet = datasheet_of(name)
    if sheet is None:
        return Pace(
            flops_per_second=None, start_seconds=0.0, source=(f"모르는 장치 {name}", f"unknown device {name}")
        )
    return pace_of_device(config, sheet)


def pace_of_device(config: ModelConfig, sheet: Datasheet) -> Pace:
    """An assumption: the share of the datasheet's peak that nanochat reports on eight H100, by width.

    0.56 d / (d + 210) gives 39.7, 44.0, 47.4, 49.3 and 49.7 % at d = 512, 768, 1152, 1536 and 1664, where its log and
    leaderboard have 39.8, 41, 46, 50.0 and 49.3 % (https://github.com/karpathy/nanochat).  Communication within a node
    is in it.  For every other device it is a guess.
    """
    share = 0.56 * config.width / (config.width + 210)
    peak = f"{sheet.bf16_tflops:g} TFLOP/s"
    source = (
        f"사양 {peak}의 {100 * share:.0f} % (nanochat이 H100에서 보고한 비율)",
        f"{100 * share:.0f} % of the datasheet's {peak} (what nanochat reports on H100)",
    )
    return Pace(flops_per_second=share * sheet.bf16_tflops * 1e12, start_seconds=120.0, source=source)


def coefficients_of(machine: Machine) -> Coefficients:
    if machine.device.type != "cpu":
        return GPU
    if machine.dtype == torch.float32:
        return CPU_COMPILED_FLOAT32 if machine.compile else CPU_EAGER_FLOAT32
    return CPU_COMPILED if machine.compile else CPU_EAGER


def write_plan(folder: Path, predicted: Forecast) -> None:
    """Before a stage's first step."""
    write_json(folder / PLAN, {"predicted": dataclasses.asdict(predicted)})


def close_plan(folder: Path, actual: dict[str, float]) -> None:
    """When it has ended: the actual figures beside the predicted ones (none, for a stage older than plans)."""
    path = folder / PLAN
    before = read_json(path) if path.is_file() else {}
    write_json(path, {**before, "actual": actual})

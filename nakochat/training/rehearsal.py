"""A model's shape and a batch -> seconds and memory of 20 real steps on this machine, on random tokens.

The steps are those of the training loop, its optimizer and its batches; only nothing is saved.  What was measured, here
or by a finished run, is kept in NAKO_HOME/measured.json under a key of everything that it depends on; forecasts use it.
"""

import dataclasses
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nakochat.core.files import read_json, write_json
from nakochat.core.inspection import held_bytes
from nakochat.core.machine import Machine
from nakochat.core.paths import home
from nakochat.core.run import Run
from nakochat.data.batches import PackedBatches, Source
from nakochat.data.shards.shard import TokenShard
from nakochat.models.model import ModelConfig, build_model
from nakochat.training.loop import Training
from nakochat.training.optimizer import Optimizer, alone_rates
from nakochat.training.rates import Method, RateSettings
from nakochat.training.schedule import Schedule

STEPS = 20
_WARM = 2  # steps before the timed ones: they compile
_DOCUMENT = 300  # tokens


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one process took."""

    step_seconds: float
    """Median of a step."""
    start_seconds: float
    """What the first steps took beyond that: compiling, mostly."""
    peak_memory_bytes: int
    run: str | None = None
    """Of which finished run; None for a rehearsal."""


class _Rows(Run):
    """A run that writes no log and keeps the seconds of its steps."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, writes=False)
        self.seconds: list[float] = []

    def log(self, kind: str, **values: Any) -> None:
        if kind == "step":
            self.seconds.append(float(values["step_seconds"]))


class _Unsaved(Training):
    def _save(self) -> bool:
        """A rehearsal writes no checkpoint, and so holds no copies for one."""
        return True


def rehearse(
    config: ModelConfig,
    machine: Machine,
    *,
    rows: int,
    rows_per_piece: int | None,
    optimizer: Method = "muon",
    steps: int = STEPS,
) -> Measured:
    """Train that many steps of `rows` rows of text on this one process."""
    model = build_model(config, machine.dtype)
    model.initialise(0)
    model = model.to(machine.device)
    rates = RateSettings(optimizer=optimizer)
    total = steps + _WARM
    documents = enough_documents(config, rows, total)
    updates = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=rates.matrix_rate,
        weight_decay=0.1,
        width=config.width,
        tokens_per_step=rows * config.context,
        dtype=machine.dtype,
        machine=machine,
        alone=alone_rates(rates),
    )
    with tempfile.TemporaryDirectory() as folder:
        run = _Rows(Path(folder) / "plan")
        training = _Unsaved(
            model,
            random_batches(config, rows=rows, rows_per_piece=rows_per_piece, documents=documents),
            updates,
            Schedule(steps=total, warmup=1),
            machine,
            run,
            "",
            log_every=total,
        )
        training.train()
    timed = run.seconds[_WARM:]
    step = statistics.median(timed)
    return Measured(
        step_seconds=step,
        start_seconds=max(0.0, sum(run.seconds[:_WARM]) - _WARM * step),
        peak_memory_bytes=held_bytes(machine.device),
    )


def enough_documents(config: ModelConfig, rows: int, steps: int) -> int:
    """For a few steps of `rows` rows: the order of documents is made anew with each epoch."""
    return min(steps, 8) * rows * config.context // _DOCUMENT + 8


def random_batches(
    config: ModelConfig,
    *,
    rows: int,
    rows_per_piece: int | None,
    documents: int,
    length: int = _DOCUMENT,
    rank: int = 0,
    world: int = 1,
) -> PackedBatches:
    """So many packed documents of `length` random tokens."""
    random = np.random.default_rng(0)

    def made() -> Iterator[tuple[list[int], None]]:
        for _ in range(documents):
            yield random.integers(0, config.vocab_size, length).tolist(), None

    return PackedBatches(
        [Source(TokenShard.from_documents(made(), config.vocab_size))],
        rows=rows,
        length=config.context,
        pad=0,
        seed=0,
        rows_per_piece=rows_per_piece,
        rank=rank,
        world=world,
    )


def key_of(
    config: ModelConfig,
    machine: Machine,
    *,
    rows: int,
    rows_per_piece: int | None,
    stage: str,
    optimizer: Method,
) -> dict[str, Any]:
    """Everything that the speed of a step depends on.  rows: of one process; stage: since in conversations only a third
    of the positions are targets."""
    about = machine.describe()
    return {
        "model": dataclasses.asdict(config),
        "stage": stage,
        "optimizer": optimizer,
        "processes": machine.world,
        "rows": rows,
        "rows_per_piece": min(rows, rows_per_piece or rows),
        "device": about["device"],
        "name": about["name"],
        "threads": torch.get_num_threads() if machine.device.type == "cpu" else None,
        "dtype": about["dtype"],
        "compiled": about["compiled"],
        "torch": torch.__version__,
    }


def remember(key: dict[str, Any], measured: Measured) -> None:
    """Keep a measurement in place of the one of the same key."""
    others = [row for row in _stored() if row.get("key") != key]
    write_json(_path(), [*others, {"key": key, "measured": dataclasses.asdict(measured)}])


def remembered(key: dict[str, Any]) -> Measured | None:
    """The measurement of that key, if there is one."""
    found = next((row.get("measured") for row in _stored() if row.get("key") == key), None)
    try:
        return Measured(**found) if found else None
    except TypeError:  # of another version: it is measured again
        return None


def _stored() -> list[dict[str, Any]]:
    try:
        rows = read_json(_path())
    except (OSError, ValueError):  # none yet, or broken: it is only a memory of what can be measured again
        return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _path() -> Path:
    return home() / "measured.json"

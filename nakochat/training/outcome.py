"""The beginning and the end of a stage -> plan.json (predicted, actual) and loss_watch.json (is the loss normal?)."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.machine import Machine, peak_memory_bytes
from nakochat.core.progress import speak
from nakochat.models.nako import NakoConfig
from nakochat.models.sizing import count
from nakochat.training.forecast import (
    close_plan,
    coefficients_of,
    forecast,
    pace_of_machine,
    piece_of,
    write_plan,
)
from nakochat.training.law import Law, load_law
from nakochat.training.loop import Training
from nakochat.training.loss_watch import (
    Finding,
    compare_with_law,
    compare_with_runs,
    earlier_curves,
    look_at_itself,
    read_curve,
    say_findings,
    write_findings,
)
from nakochat.training.settings import StageSettings


def predict(folder: Path, config: NakoConfig, settings: StageSettings, machine: Machine) -> None:
    """Write down what the stage should take, before its first step."""
    rows = -(-settings.rows // machine.world)
    piece = piece_of(settings.rows, settings.rows_per_piece, machine.world)
    found = forecast(
        config,
        steps=settings.steps,
        rows=settings.rows,
        rows_per_piece=settings.rows_per_piece,
        world=machine.world,
        pace=pace_of_machine(config, machine, rows=rows, rows_per_piece=piece),
        coefficients=coefficients_of(machine),
    )
    write_plan(folder, found)


def conclude(training: Training, *, fresh: bool, texts: Sequence[str]) -> None:
    """Write down what the stage took, and say whether its loss is normal.

    fresh: training began with random weights, so that a law of the loss speaks of it.
    """
    folder, config = training.run.folder, training.model.config
    counts = count(config)
    close_plan(
        folder,
        {
            "parameters": sum(parameter.numel() for parameter in training.model.parameters()),
            "tokens": training.tokens,
            "flops": float(counts.flops_per_token) * training.tokens,
            "seconds": training.seconds,
            "memory_bytes": peak_memory_bytes(training.machine.device),
        },
    )
    curve = read_curve(folder)
    found: list[Finding | None] = [
        *look_at_itself(curve, fresh_vocabulary=config.padded_vocab if fresh else None),
        compare_with_runs(curve, earlier_curves(folder)),
    ]
    if fresh:
        found.append(
            compare_with_law(
                curve, _law(), parameters=counts.scaling, tokens=training.tokens, text=hash_of_texts(texts)
            )
        )
    findings = [finding for finding in found if finding is not None]
    write_findings(folder, findings)
    say_findings(folder.name, findings)


def hash_of_texts(texts: Sequence[str]) -> str:
    """SHA-256 by which two measurements on held-out text know that it was the same."""
    return hashlib.sha256(json.dumps(list(texts), ensure_ascii=False).encode()).hexdigest()


def _law() -> Law | None:
    """A broken file of a law is said, and does not take a finished training down."""
    try:
        return load_law()
    except DataError as error:
        speak(str(error))
        return None

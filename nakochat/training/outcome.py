"""The beginning and the end of a stage -> plan.json (predicted, actual) and loss_watch.json (is the loss normal?)."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.core.inspection import held_bytes
from nakochat.core.itinerary import stages_to_come
from nakochat.core.machine import Machine
from nakochat.core.messages import roughly, say
from nakochat.core.progress import speak
from nakochat.core.run import read_metrics
from nakochat.data.batches import PackedBatches
from nakochat.data.held_out import hash_of_texts
from nakochat.models.model import ModelConfig
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
from nakochat.training.rates import Method
from nakochat.training.rehearsal import Measured, key_of, remember
from nakochat.training.settings import StageSettings


def predict(folder: Path, config: ModelConfig, settings: StageSettings, machine: Machine) -> None:
    """Write plan.json with what the stage should take, and say it, before its first step."""
    rows = -(-settings.rows // machine.world)
    piece = piece_of(settings.rows, settings.rows_per_piece, machine.world)
    found = forecast(
        config,
        steps=settings.steps,
        rows=settings.rows,
        rows_per_piece=settings.rows_per_piece,
        world=machine.world,
        pace=pace_of_machine(
            config,
            machine,
            rows=rows,
            rows_per_piece=piece,
            stage=folder.name,
            optimizer=settings.optimizer,
        ),
        coefficients=coefficients_of(machine),
        recompute=settings.recompute,
        optimizer=settings.optimizer,
    )
    write_plan(folder, found)
    if found.seconds is not None:
        speak(_foretold(found.tokens, found.seconds, stages_to_come(folder.parent, after=folder.name)))


def _foretold(tokens: int, seconds: float, to_come: Mapping[str, int | None]) -> str:
    """What a stage will take, and all to come at its pace, but for those whose tokens nobody knows."""
    known = {name: count for name, count in to_come.items() if count is not None}
    own = roughly(seconds)
    if not known:
        return say(f"이 단계는 {own}쯤 걸릴 것으로 봅니다.", f"This stage should take about {own}.")
    whole, last = roughly(seconds + seconds / tokens * sum(known.values())), list(known)[-1]
    return say(
        f"이 단계는 {own}쯤, {last}까지는 모두 {whole}쯤 걸릴 것으로 봅니다 (점수를 매기는 시간은 빼고).",
        f"This stage should take about {own}, all up to {last} about {whole} (scoring not counted).",
    )


def conclude(
    training: Training, *, fresh: bool, texts: Sequence[str], method: Method, typical: bool = True
) -> None:
    """Add to plan.json what the stage took, and say whether its loss is normal.

    fresh: training began from random weights, so that the law of the loss applies.  typical: it ran in one session and
    with usual settings, so that its pace predicts the next run's.
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
            "memory_bytes": held_bytes(training.machine.device),
        },
    )
    if typical:
        _remember_pace(training, method)
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


def _remember_pace(training: Training, method: Method) -> None:
    """Keep the pace of this run's steps for the next forecast of this shape on this machine."""
    folder, machine = training.run.folder, training.machine
    seconds = [float(row["step_seconds"]) for row in read_metrics(folder) if row.get("kind") == "step"]
    pieces = training.batches
    if not seconds or not isinstance(pieces, PackedBatches):
        return
    step = statistics.median(seconds)
    rows = -(-pieces.rows // machine.world)
    measured = Measured(
        step_seconds=step,
        start_seconds=max(0.0, training.seconds - step * training.step),  # compiling, measuring, saving
        peak_memory_bytes=held_bytes(machine.device),
        run=f"{folder.parent.name}/{folder.name}",
    )
    key = key_of(
        training.model.config,
        machine,
        rows=rows,
        rows_per_piece=pieces.rows_per_piece,
        stage=folder.name,
        optimizer=method,
    )
    remember(key, measured)


def _law() -> Law | None:
    """The fitted law, if there is one; a damaged file is reported and does not fail a finished training."""
    try:
        return load_law()
    except DataError as error:
        speak(str(error))
        return None

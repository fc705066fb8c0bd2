"""One variant of the training benchmark, in processes of its own: JSON in argv -> JSON on stdout, from the first rank.

The allocator is set before torch is imported, as `cli.py` does it.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nakochat.core.machine import Machine
    from nakochat.data.batches import PackedBatches
    from nakochat.models.nako import Nako, NakoConfig
    from nakochat.training.optimizer import Optimizer

WARM = 2  # steps that are not timed: they compile
PHASES = ("data", "forward", "backward", "communication", "optimizer")


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Tokens per second (median step), memory, and where the time goes, of whole training steps on random tokens."""
    from nakochat.core.devices import datasheet_of, matmul_tflops
    from nakochat.core.machine import open_machine, peak_memory_bytes
    from nakochat.models.sizing import count
    from nakochat.training.optimizer import Optimizer

    machine = open_machine(options["device"], options["dtype"], "yes" if options["compile"] else "no")
    model, kernel = _model(options, machine)
    config = model.config
    batches = _batches(config, options, machine)
    tokens = options["rows"] * config.context
    optimizer = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=0.02,
        weight_decay=0.1,
        width=config.width,
        tokens_per_step=tokens,
        dtype=machine.dtype,
        machine=machine,
    )
    seconds, phases = _steps(model, batches, optimizer, machine, options["steps"])
    memory = machine.largest(peak_memory_bytes(machine.device))
    ceiling = machine.sum(matmul_tflops(machine.device, machine.dtype))
    about = machine.describe()
    machine.close()
    sheet = datasheet_of(about["name"]) if about["device"] == "cuda" else None
    speed = tokens / statistics.median(seconds)
    tflops = speed * count(config).flops_per_token / 1e12
    return {
        "tokens_per_second": speed,
        "model_tflops": tflops,
        "matmul_tflops": ceiling,
        "share_of_matmul_ceiling": tflops / ceiling,
        "share_of_datasheet": tflops / (sheet.bf16_tflops * machine.world) if sheet else None,
        "datasheet": sheet.link if sheet else None,
        "peak_memory_gb": memory / 1e9,
        "seconds": phases,
        "attention": kernel,
        "machine": about,
    }


def _model(options: dict[str, Any], machine: "Machine") -> "tuple[Nako, str]":
    """The model, ready to train, and what computes its attention."""
    import torch

    from nakochat.models import attention, nako
    from nakochat.models.kernels import FUSED, agreed_kernel, switch_on

    config = nako.NakoConfig(
        vocab_size=options["vocab_size"],
        layers=options["depth"],
        width=options["width"],
        heads=options["heads"],
        context=options["context"],
        window=options["window"],
    )
    model = nako.Nako(config, machine.dtype)
    model.initialise(0)
    model = model.to(machine.device)
    model.recompute = options["recompute"]
    if options["fp8"]:
        from nakochat.models.float8 import require_float8

        require_float8(machine.device, config.width, config.context)
        model.use_float8()
    if options["fused"]:
        attention.attend_materialised = attention.attend_fused
        return model, FUSED
    if machine.device.type == "cpu":
        return model, FUSED if machine.dtype == torch.float32 else "materialised"
    kernel = agreed_kernel(machine, config)
    model.packed = switch_on(kernel)
    return model, kernel


def _batches(config: "NakoConfig", options: dict[str, Any], machine: "Machine") -> "PackedBatches":
    """Packed documents of random tokens; None is one to a row, for which every kernel has to look all the way back."""
    from nakochat.training.rehearsal import random_batches

    length = options["document_tokens"] or config.context
    return random_batches(
        config,
        rows=options["rows"],
        rows_per_piece=options["rows_per_piece"],
        documents=max(400, 4 * options["rows"] * config.context // length),
        length=length,
        rank=machine.rank,
        world=machine.world,
    )


def _steps(
    model: "Nako", batches: "PackedBatches", optimizer: "Optimizer", machine: "Machine", steps: int
) -> tuple[list[float], dict[str, float]]:
    """Seconds of each timed step; then the median of each phase, in steps whose phases wait for each other."""
    from nakochat.core.machine import synchronise

    def waits() -> None:
        synchronise(machine.device)

    step = _step_of(model, batches, optimizer, machine)
    seconds, phases = [], []
    for number in range(steps + WARM):
        began = time.perf_counter()
        step(number, lambda name: None)
        waits()
        seconds.append(time.perf_counter() - began)
    for number in range(steps):
        spent = dict.fromkeys(PHASES, 0.0)
        last = time.perf_counter()

        def note(name: str, spent: dict[str, float] = spent) -> None:
            nonlocal last
            waits()
            now = time.perf_counter()
            spent[name] += now - last
            last = now

        step(steps + WARM + number, note)
        phases.append(spent)
    return seconds[WARM:], {name: statistics.median(row[name] for row in phases) for name in PHASES}


def _step_of(
    model: "Nako", batches: "PackedBatches", optimizer: "Optimizer", machine: "Machine"
) -> Callable[[int, Callable[[str], None]], None]:
    """One training step, which says at the end of each phase that it was one."""
    from nakochat.training.objective import compiled_loss, weighted_loss

    loss_of = compiled_loss() if machine.compile else weighted_loss

    def step(number: int, note: Callable[[str], None]) -> None:
        pieces = batches.step()
        scored = machine.sum(sum(piece.scored for piece in pieces))
        note("data")
        for at, piece in enumerate(pieces, start=1):
            loss = loss_of(model, piece.to(machine.device)) / scored
            note("forward")
            if at == len(pieces):
                optimizer.begin_reduction()
            loss.backward()
            note("backward")
        optimizer.finish_reduction()
        note("communication")
        optimizer.step(number, rate=0.5, momentum=0.95, decay=1.0)
        optimizer.zero_gradients()
        note("optimizer")

    return step


def main() -> None:
    options = json.loads(sys.argv[1])
    if options["allocator"]:
        from nakochat.core.allocator import keep_memory

        keep_memory()
    from nakochat.core.machine import own_rank

    found = measure(options)
    if own_rank() == 0:
        print(json.dumps(found), flush=True)

"""A model's size and an interval -> what checkpoints cost: the pause, and what the steps beside a save lose.

    python benchmarks/save_cost.py [--depth 12] [--context 2048] [--rows 8] [--every 200] [--saves 5]

Trainings of the same steps with and without saves take turns.  The share is what a save adds, over an interval of
steps; the goal is 1 %.  The pause is how long the loop stands while tensors are copied; that of two billion parameters
is computed from their bytes and the rate at which these were copied, and the goal is one second.

The share is told twice: of the clock's time, and of the processor's, which counts the writing thread too and does not
count what else the machine was doing.  On a machine that others use only the second can be compared.
"""

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from nakochat.core.machine import Machine, open_machine, synchronise
from nakochat.core.run import Run
from nakochat.models.model import Model
from nakochat.models.nako import Nako, NakoConfig
from nakochat.models.sizing import config_of_depth
from nakochat.training.loop import Check, Training
from nakochat.training.optimizer import Optimizer
from nakochat.training.rehearsal import enough_documents, random_batches
from nakochat.training.schedule import Schedule

LARGE = {"depth": 28, "vocab_size": 32768}  # two billion parameters
WARM = 2  # steps before the timed ones


class Clock:
    """When the timed steps began and ended, and how long each save held the training up."""

    def __init__(self, training: Training) -> None:
        self.training, self.pauses = training, []
        self._begin = training.checkpoints.begin
        training.checkpoints.begin = self.begin
        training.checks = [Check(1, self.look)]

    def begin(self, state: dict[str, Any]) -> None:
        began = time.perf_counter()
        self._begin(state)
        self.pauses.append(time.perf_counter() - began)

    def look(self, model: Model, step: int) -> dict[str, float]:
        if step == WARM:
            synchronise(self.training.machine.device)
            self.began = moment()
        if step == self.training.schedule.steps:
            synchronise(self.training.machine.device)
            self.training.checkpoints.finish()  # what is still being written is the saves' cost too
            self.ended = moment()
        return {}


def moment() -> tuple[float, float]:
    """The clock, and the seconds that processors have worked for this process, in all its threads."""
    return time.perf_counter(), time.process_time()


def optimizer_of(model: Nako, config: NakoConfig, machine: Machine, rows: int) -> Optimizer:
    return Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=0.02,
        weight_decay=0.1,
        width=config.width,
        tokens_per_step=rows * config.context,
        dtype=machine.dtype,
        machine=machine,
    )


def train(
    config: NakoConfig, machine: Machine, rows: int, steps: int, saves: int
) -> tuple[list[float], list[float]]:
    """Seconds of `steps` steps by the clock and of processors, and the pauses of the saves spread over them."""
    model = Nako(config, machine.dtype)
    model.initialise(0)
    model = model.to(machine.device)
    total = steps + WARM
    documents = enough_documents(config, rows, total)
    with tempfile.TemporaryDirectory() as folder, Run(Path(folder) / "save") as run:
        training = Training(
            model,
            random_batches(config, rows=rows, rows_per_piece=None, documents=documents),
            optimizer_of(model, config, machine, rows),
            Schedule(steps=total, warmup=1),
            machine,
            run,
            "",
            save_every=steps // saves if saves else total,
            log_every=total,
        )
        clock = Clock(training)
        training.train()
    taken = [after - before for before, after in zip(clock.began, clock.ended, strict=True)]
    return taken, clock.pauses[:saves]  # the last checkpoint of all is made behind the timed steps


def cost(
    with_saves: list[list[float]], without: list[list[float]], place: int, steps: int, saves: int
) -> tuple[float, float]:
    """Seconds of a step, and what one save adds: medians over the trainings."""
    plain = statistics.median(times[place] for times in without)
    return plain / steps, (statistics.median(times[place] for times in with_saves) - plain) / saves


def bytes_of_a_checkpoint(config: NakoConfig, dtype: torch.dtype) -> tuple[int, int]:
    """(parameters, bytes of weights and optimizer), without making them."""
    machine = Machine(torch.device("cpu"), dtype=dtype)
    with torch.device("meta"):
        model = Nako(config, dtype)
        state = optimizer_of(model, config, machine, 1).whole_state(lambda name, tensor: tensor.detach())
    tensors = [*model.state_dict().values(), *state.values()]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return parameters, sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--depth", type=int, default=12)
    parser.add_argument("--width", type=int, help="default: what the depth gives")
    parser.add_argument("--context", type=int, default=2048)
    parser.add_argument("--vocab-size", type=int, default=32768)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--steps", type=int, default=20, help="steps for each save that is timed")
    parser.add_argument("--saves", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--compile", default="auto", choices=["auto", "yes", "no"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    machine = open_machine(options.device, "auto", options.compile)
    sized = config_of_depth(options.depth, vocab_size=options.vocab_size, context=options.context)
    config = dataclasses.replace(sized, width=options.width, heads=1) if options.width else sized
    steps = options.steps * options.saves
    with_saves, without, pauses = [], [], []
    for number in range(options.repeats):
        order = (options.saves, 0) if number % 2 else (0, options.saves)
        for saves in order:
            seconds, stood = train(config, machine, options.rows, steps, saves or 0)
            (with_saves if saves else without).append(seconds)
            pauses += stood
            clock, processor = seconds
            print(f"{steps} steps, {saves} saves: {clock:.2f} s, {processor:.2f} s of processors", flush=True)
    (step, added), (processor_step, processor_added) = (
        cost(with_saves, without, place, steps, options.saves) for place in range(2)
    )
    parameters, size = bytes_of_a_checkpoint(config, machine.dtype)
    large, large_size = bytes_of_a_checkpoint(config_of_depth(**LARGE, context=2048), machine.dtype)
    pause = statistics.median(pauses[1:])  # the first gets its memory
    found = {
        "device": machine.describe(),
        "parameters": parameters,
        "checkpoint_bytes": size,
        "step_seconds": step,
        "seconds_added_by_a_save": added,
        "every": options.every,
        "share_of_step_time": added / (options.every * step),
        "share_of_processor_time": processor_added / (options.every * processor_step),
        "processor_step_seconds": processor_step,
        "processor_seconds_added_by_a_save": processor_added,
        "pause_seconds": pause,
        "copied_bytes_per_second": size / pause,
        "large_parameters": large,
        "large_checkpoint_bytes": large_size,
        "large_pause_seconds_computed": large_size / (size / pause),
    }
    share = added / (options.every * step)
    print(
        f"{parameters / 1e6:,.1f}M parameters, {size / 1e6:,.0f} MB: a step {step * 1e3:.1f} ms, a save adds "
        f"{added * 1e3:.1f} ms, {share:.2%} every {options.every} steps; pause {pause * 1e3:.1f} ms"
    )
    print(
        f"of processors: a step {processor_step * 1e3:.1f} ms, a save adds {processor_added * 1e3:.1f} ms, "
        f"{found['share_of_processor_time']:.2%}"
    )
    print(
        f"{large / 1e9:.2f}B parameters, {large_size / 1e9:.1f} GB: a pause of "
        f"{found['large_pause_seconds_computed']:.2f} s at this rate of copying (computed)"
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

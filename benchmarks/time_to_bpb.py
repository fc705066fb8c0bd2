"""Texts and a wall-clock budget -> bits per byte of held-out text against time: quality per second.

    python benchmarks/time_to_bpb.py --corpus PATH --val PATH --minutes M [--depth 4 --rows 32 ...] [--json FILE]

The clock starts with the process: reading, tokenizer, tokenising, compiling (with an empty cache) and training are in
it, evaluation is not.  How many steps there will be follows from the speed of the first few, before which no rate
depends on it; then as much text is read as they will take.
"""

import argparse
import itertools
import json
import os
import statistics
import tempfile
import time

STARTED = time.perf_counter()

from collections.abc import Iterator  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

from nakochat.core.allocator import keep_memory  # noqa: E402

keep_memory()

from nakochat.core.machine import open_machine  # noqa: E402
from nakochat.core.run import Run  # noqa: E402
from nakochat.data.batches import PackedBatches, Source  # noqa: E402
from nakochat.data.corpus.documents import read_documents  # noqa: E402
from nakochat.data.shards.shard import TokenShard  # noqa: E402
from nakochat.evals.bits_per_byte import bits_per_byte  # noqa: E402
from nakochat.models.nako import Nako, NakoConfig  # noqa: E402
from nakochat.text.tokenizer import Tokenizer  # noqa: E402
from nakochat.training.loop import Check, Training  # noqa: E402
from nakochat.training.optimizer import Optimizer  # noqa: E402
from nakochat.training.schedule import Schedule  # noqa: E402

FIRST = 6  # steps that tell how fast it goes
READ = 3_000_000  # characters that the tokenizer learns from, and that the first steps take
WARMUP = 20
SPARE = 0.97  # of the time that is left: steps are not all alike


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--val", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    for name, value in {"depth": 4, "width": 256, "heads": 4, "context": 256, "rows": 32}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--vocab-size", type=int, default=4096)
    parser.add_argument("--characters", type=int, default=READ, help="that the tokenizer learns from")
    parser.add_argument("--matrix-rate", type=float, default=0.04)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--warmdown", type=float, default=0.65)
    parser.add_argument("--checks", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compile", default="auto", choices=("auto", "yes", "no"))
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def take(texts: Iterator[str], characters: float) -> list[str]:
    """The next texts, of about so many characters."""
    taken: list[str] = []
    while characters > 0 and (text := next(texts, None)) is not None:
        taken.append(text)
        characters -= len(text)
    return taken


@dataclass(frozen=True, kw_only=True)
class FirstSteps(Schedule):
    """Of a schedule whose length is not known yet: its rates are those of any, only the momentum begins lower."""

    def rate(self, step: int) -> float:
        return (step + 1) / WARMUP

    def momentum(self, step: int) -> float:
        return 0.85


@dataclass
class Curve:
    """Bits per byte of held-out text against the clock, which stands still meanwhile."""

    tokenizer: Tokenizer
    held_out: list[str]
    context: int
    evaluating: float = 0.0

    def __post_init__(self) -> None:
        self.points: list[dict[str, float]] = []

    def seconds(self) -> float:
        return time.perf_counter() - STARTED - self.evaluating

    def measure(self, model, step: int) -> dict[str, float]:
        now, began = self.seconds(), time.perf_counter()
        device = next(model.parameters()).device
        found = bits_per_byte(model, self.tokenizer, self.held_out, context=self.context, device=device)
        bits = found.bits_per_byte
        self.points.append({"seconds": now, "step": step, "bits_per_byte": bits})
        print(f"{now / 60:6.2f} minutes  step {step:5}  {bits:.4f} bits per byte", flush=True)
        self.evaluating += time.perf_counter() - began
        return {"validation_bits_per_byte": bits}


def shard_of(tokenizer: Tokenizer, texts: list[str]) -> TokenShard:
    encoded = (([tokenizer.bos, *ids], None) for ids in tokenizer.encode_batch(texts))
    return TokenShard.from_documents(encoded, tokenizer.vocab_size)


def batches_of(options, tokenizer: Tokenizer, shards: list[TokenShard]) -> PackedBatches:
    """Of all texts alike."""
    sources = [Source(shard) for shard in shards]
    how = {"rows": options.rows, "length": options.context, "pad": tokenizer.pad, "seed": options.seed}
    return PackedBatches(sources, **how)


def main() -> None:
    options = arguments()
    machine = open_machine("auto", "auto", options.compile)
    if machine.device.type == "cpu" and options.vocab_size > 4096:
        raise SystemExit("at most 4,096 tokens of vocabulary on a CPU: the comparison would not be one")
    held_out = list(read_documents((options.val,)))
    known = set(held_out)
    corpus = (text for text in read_documents((options.corpus,)) if text not in known)
    first = take(corpus, options.characters)
    tokenizer = Tokenizer.train(first, options.vocab_size)
    shards = [shard_of(tokenizer, first)]
    characters_per_token = sum(map(len, first)) / shards[0].tokens
    config = NakoConfig(
        vocab_size=tokenizer.vocab_size,
        layers=options.depth,
        width=options.width,
        heads=options.heads,
        context=options.context,
    )
    model = Nako(config, machine.dtype)
    model.initialise(options.seed)
    model = model.to(machine.device)
    per_step = options.rows * options.context
    optimizer = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=options.matrix_rate,
        weight_decay=options.weight_decay,
        width=config.width,
        tokens_per_step=per_step,
        dtype=machine.dtype,
        machine=machine,
    )
    curve = Curve(tokenizer, held_out, config.context)
    with tempfile.TemporaryDirectory() as folder, Run(Path(folder, "run")) as run:
        for cache in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
            os.environ[cache] = str(Path(folder, cache))
        stamps: list[float] = []
        training = Training(
            model,
            batches_of(options, tokenizer, shards),
            optimizer,
            FirstSteps(steps=FIRST, warmup=WARMUP),
            machine,
            run,
            tokenizer.hash,
            checks=[Check(1, lambda *_: stamps.append(time.perf_counter()) or {})],
            save_every=10**9,
        )
        training.train()
        step_seconds = statistics.median(b - a for a, b in itertools.pairwise(stamps[1:]))

        def steps_left() -> int:
            return int(SPARE * (60 * options.minutes - curve.seconds()) / step_seconds)

        more = take(corpus, (steps_left() * per_step - shards[0].tokens) * characters_per_token)
        if more:
            shards.append(shard_of(tokenizer, more))
            training.batches = batches_of(options, tokenizer, shards)
        steps = FIRST + steps_left()
        if (
            steps * (1 - options.warmdown) < WARMUP
        ):  # what was not known in the first steps would have changed them
            raise SystemExit(f"{options.minutes} minutes are too few: {steps} steps of {step_seconds:.1f} s")
        training.schedule = Schedule(steps=steps, warmup=WARMUP, warmdown=options.warmdown)
        training.checks = [Check(-(-steps // options.checks), curve.measure)]
        training.log_every = max(1, steps // 20)
        training.train()
    if options.json:
        settings = {
            name: str(value) if isinstance(value, Path) else value for name, value in vars(options).items()
        }
        about = {"settings": settings, "machine": machine.describe(), "steps": steps, "curve": curve.points}
        options.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Texts and a wall-clock budget -> bits per byte of held-out text against time: quality per second.

    python benchmarks/time_to_bpb.py --corpus PATH --val PATH --minutes M [--depth 4 --rows 32 ...] [--json FILE]

The clock starts with the process: reading, tokenizer, tokenising, compiling and training are in it, evaluation is not.
The number of steps follows from the speed of a few steps that are thrown away, and what they took counts too.
"""

import argparse
import itertools
import json
import tempfile
import time

STARTED = time.perf_counter()

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

PROBE = 6  # steps that only tell how fast it goes
READ = 1_500_000  # characters of the corpus for each minute: 20 million for 13; reading more only takes time
SPARE = 0.97  # of the time that is left: steps are not all alike


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--val", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    for name, value in {"depth": 4, "width": 256, "heads": 4, "context": 256, "rows": 32}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--vocab-size", type=int, default=4096)
    parser.add_argument("--characters", type=int, help=f"of the corpus, at most; default: {READ:,} a minute")
    parser.add_argument("--matrix-rate", type=float, default=0.04)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--warmdown", type=float, default=0.65)
    parser.add_argument("--checks", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compile", default="auto", choices=("auto", "yes", "no"))
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def first_texts(path: Path, characters: int) -> list[str]:
    texts: list[str] = []
    for text in read_documents((path,)):
        texts.append(text)
        characters -= len(text)
        if characters <= 0:
            break
    return texts


def train(options, machine, tokenizer, shard, folder: Path, steps: int, measure=None) -> Training:
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
    batches = PackedBatches(
        [Source(shard)], rows=options.rows, length=config.context, pad=tokenizer.pad, seed=options.seed
    )
    optimizer = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=options.matrix_rate,
        weight_decay=options.weight_decay,
        width=config.width,
        tokens_per_step=options.rows * config.context,
        dtype=machine.dtype,
        machine=machine,
    )
    checks = [Check(max(1, steps // options.checks), measure)] if measure else []
    with Run(folder) as run:
        training = Training(
            model,
            batches,
            optimizer,
            Schedule(steps=steps, warmup=max(1, min(20, steps // 10)), warmdown=options.warmdown),
            machine,
            run,
            tokenizer.hash,
            checks=checks,
            save_every=10**9,
            log_every=max(1, steps // 20),
        )
        training.train()
    return training


def main() -> None:
    options = arguments()
    machine = open_machine("auto", "auto", options.compile)
    if machine.device.type == "cpu" and options.vocab_size > 4096:
        raise SystemExit("at most 4,096 tokens of vocabulary on a CPU: the comparison would not be one")
    held_out = list(read_documents((options.val,)))
    known = set(held_out)
    characters = options.characters or round(READ * options.minutes)
    texts = [text for text in first_texts(options.corpus, characters) if text not in known]
    tokenizer = Tokenizer.train(texts, options.vocab_size)
    encoded = (([tokenizer.bos, *ids], None) for ids in tokenizer.encode_batch(texts))
    shard = TokenShard.from_documents(encoded, tokenizer.vocab_size)
    evaluating, curve = 0.0, []

    def measure(model, step: int) -> dict[str, float]:
        nonlocal evaluating
        began = time.perf_counter()
        if not step:
            return {}
        seconds = began - STARTED - evaluating
        found = bits_per_byte(
            model, tokenizer, held_out, context=options.context, device=machine.device
        ).bits_per_byte
        curve.append({"seconds": seconds, "step": step, "bits_per_byte": found})
        print(f"{seconds / 60:6.2f} minutes  step {step:5}  {found:.4f} bits per byte", flush=True)
        evaluating += time.perf_counter() - began
        return {"validation_bits_per_byte": found}

    with tempfile.TemporaryDirectory() as folder:
        stamps: list[float] = []
        train(
            options,
            machine,
            tokenizer,
            shard,
            Path(folder, "probe"),
            PROBE,
            lambda *_: stamps.append(time.perf_counter()) or {},
        )
        step_seconds = min(after - before for before, after in itertools.pairwise(stamps[1:]))
        left = 60 * options.minutes - (time.perf_counter() - STARTED)
        steps = int(SPARE * left / step_seconds)
        if steps < 1:
            raise SystemExit(f"{options.minutes} minutes are over before the first step")
        train(options, machine, tokenizer, shard, Path(folder, "run"), steps, measure)
    if options.json:
        settings = {
            name: str(value) if isinstance(value, Path) else value for name, value in vars(options).items()
        }
        about = {"settings": settings, "machine": machine.describe(), "steps": steps, "curve": curve}
        options.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

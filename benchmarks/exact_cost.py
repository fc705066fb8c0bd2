"""What a CPU pays for answers that do not depend on company -> processor time with and without, turn by turn.

    python benchmarks/exact_cost.py [--depth 4] [--streams 1 16] [--prompt 64] [--tokens 48] [--repeats 7]

Three ways, all in float32: the engine's (models/alike.py, models/prepacked.py, and models/native.py with a compiler);
the same but for plain weights, whose rows come in fours; and torch as it is (plain weights, any number of rows, fused
attention, its sigmoid, silu and gelu), whose answers do depend on company.  All generate the same number of tokens from
the same weights, which mean nothing, in one process and turn by turn, so that whatever else runs slows all of them; the
ratios are those of the medians.
"""

import argparse
import contextlib
import random
import statistics
import time
from collections.abc import Iterator
from unittest import mock

import torch
import torch.nn.functional as F
from torch import Tensor

from nakochat.core.machine import Machine
from nakochat.inference.engine import Engine
from nakochat.inference.options import EngineOptions
from nakochat.inference.sampling import Sampling
from nakochat.inference.untrained import untrained_engine
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import ModelConfig
from nakochat.models.sizing import config_of_depth


def main() -> None:
    options = arguments()
    machine = Machine(torch.device("cpu"))
    shapes: dict[str, ModelConfig] = {
        "nako": config_of_depth(options.depth, vocab_size=4096, context=512),
        "llama": LlamaConfig(vocab_size=4096, layers=options.depth, width=256, heads=4, context=512),
    }
    for name, shape in shapes.items():
        ours = untrained_engine(shape, machine, EngineOptions(exact=True))
        with mock.patch("nakochat.inference.engine.prepack", side_effect=lambda model: model):
            fours, torchs = (
                untrained_engine(shape, machine, EngineOptions(exact=flag)) for flag in (True, False)
            )
        for count in options.streams:
            turns = []
            for turn in range(options.repeats + 1):
                own, plain = (seconds(engine, count, options, turn) for engine in (ours, fours))
                with as_torch_has_it():
                    turns.append((own, plain, seconds(torchs, count, options, turn)))
            own, plain, bare = (statistics.median(column) for column in zip(*turns[1:], strict=True))
            print(
                f"{name:6} {count:3} streams: {count * options.tokens / own:6.0f} tokens per processor second, "
                f"{own / plain:.2f} times the time of plain weights, {own / bare:.2f} of torch as it is",
                flush=True,
            )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 16])
    for name, default in {"depth": 4, "prompt": 64, "tokens": 48, "repeats": 7}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def seconds(engine: Engine, count: int, options: argparse.Namespace, seed: int) -> float:
    """Of the processor, for so many answers to prompts that no other seed has."""
    draw = random.Random(seed)
    prompts = [[draw.randrange(256) for _ in range(options.prompt)] for _ in range(count)]
    began = time.process_time()
    for _ in engine.stream(prompts, Sampling(max_tokens=options.tokens, temperature=0), stops=False):
        pass
    return time.process_time() - began


@contextlib.contextmanager
def as_torch_has_it() -> Iterator[None]:
    """The same models without models/alike.py."""

    def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=scale)

    with (
        mock.patch("nakochat.inference.slots.attend_one", attend),
        mock.patch.multiple("nakochat.models.nako", linear=F.linear, sigmoid=torch.sigmoid),
        mock.patch("nakochat.models.llama.swiglu", lambda x, other: F.silu(x) * other),
        mock.patch("nakochat.inference.slots.native", return_value=None),
        mock.patch("nakochat.models.native.native", return_value=None),
        mock.patch("nakochat.models.published.linear", F.linear),
    ):
        yield


if __name__ == "__main__":
    main()

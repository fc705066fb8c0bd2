"""Questions with options that share a context -> items per second of our scorer and of the naive loop, same choices.

    python benchmarks/choices_rate.py [--items 48] [--context 256] [--choices 4] [--ending 8] [--shots 0 0.8]

The naive loop runs every option's whole sequence alone, as a first evaluation script does.  Ours computes a context
once for its options, and what all questions begin with (the share --shots of the context) once for all.  Two shapes are
timed:

    --shots 0     a question and its options: at most as many times faster as there are options, less their endings
    --shots 0.8   examples before the question, the same for all of a subject, as MMLU is asked with five of them: there
                  they are 0.84 of a prompt's letters (mean over the test items of the subjects at hand)

Random weights: the work is the same.  Run it with OMP_NUM_THREADS at the number of cores.
"""

import argparse
import random
import time

import torch

from nakochat.core.machine import Machine
from nakochat.evals.scorer import Ask, EngineScorer
from nakochat.inference.engine import Engine, inference_copy
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import Tokenizer


def make_engine(depth: int, width: int, context: int) -> Engine:
    tokenizer = Tokenizer.train(["무궁화 꽃이 피었습니다."], 300)
    config = NakoConfig(
        vocab_size=tokenizer.vocab_size, layers=depth, width=width, heads=width // 64, context=context
    )
    model = Nako(config)
    model.initialise(0)
    with torch.no_grad():
        for parameter in model.parameters():  # fresh models write nothing: all options would be alike
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    return Engine(inference_copy(model), tokenizer, Machine(torch.device("cpu")))


def make_asks(options: argparse.Namespace, shots: float) -> list[Ask]:
    draw = random.Random(0)

    def ids(count: int) -> tuple[int, ...]:
        return tuple(draw.randrange(10, 290) for _ in range(count))

    examples = ids(round(options.context * shots))
    return [
        Ask(examples + ids(options.context - len(examples)),
            tuple(ids(options.ending) for _ in range(options.choices)))
        for _ in range(options.items)
    ]  # fmt: skip


@torch.inference_mode()
def naive(engine: Engine, asks: list[Ask]) -> list[int]:
    """The choice of every item, one sequence after the other."""
    chosen = []
    for ask in asks:
        totals = []
        for ending in ask.continuations:
            ids = torch.tensor([[*ask.context, *ending]])
            logits = engine.model(ids)[0, :, : engine.tokenizer.vocab_size].float()
            logs = logits[len(ask.context) - 1 : -1].log_softmax(-1)
            totals.append(float(logs.gather(1, torch.tensor(ending)[:, None]).sum()))
        chosen.append(totals.index(max(totals)))
    return chosen


def ours(engine: Engine, asks: list[Ask]) -> list[int]:
    found = [[value.total for value in values] for values in EngineScorer(engine).likelihoods(asks)]
    return [totals.index(max(totals)) for totals in found]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (
        ("items", 48),
        ("context", 256),
        ("choices", 4),
        ("ending", 8),
        ("depth", 4),
        ("width", 256),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--shots", type=float, nargs="+", default=[0.0, 0.8])
    options = parser.parse_args()
    engine = make_engine(options.depth, options.width, options.context + options.ending)
    for shots in options.shots:
        compare(engine, make_asks(options, shots), shots)


def compare(engine: Engine, asks: list[Ask], shots: float) -> None:
    chosen, seconds = {}, {}
    for name, work in (("naive", naive), ("ours", ours)):
        work(engine, asks[:2])  # warm
        # time of this process, not of the clock: a busy neighbour slows both, and not alike
        began = time.process_time()
        chosen[name] = work(engine, asks)
        seconds[name] = time.process_time() - began
        print(f"shots {shots:.1f}  {name:6} {len(asks) / seconds[name]:8.2f} items/s of processor time")
    same = sum(a == b for a, b in zip(chosen["naive"], chosen["ours"], strict=True))
    print(
        f"shots {shots:.1f}  {seconds['naive'] / seconds['ours']:.1f}x, the same choice on {same} of {len(asks)}"
    )


if __name__ == "__main__":
    main()

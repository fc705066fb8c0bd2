"""A name or a suite on the command line -> the benchmarks that it means."""

from collections.abc import Sequence

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.tasks import (
    arc,
    big_numbers,
    click,
    core,
    gsm8k,
    haerae,
    honorifics,
    hrm8k,
    humaneval,
    jamo,
    klue,
    kmmlu,
    kobest,
    mmlu,
    nsmc,
    puzzles,
    spacing,
    spelling,
    word_chain,
    word_problems,
)  # fmt: skip
from nakochat.tasks.benchmark import Benchmark
from nakochat.tasks.task import Label
from nakochat.tasks.village import PRACTISED

BENCHMARKS: tuple[Benchmark, ...] = (
    *core.BENCHMARKS,
    *arc.BENCHMARKS, *mmlu.BENCHMARKS, *gsm8k.BENCHMARKS, *humaneval.BENCHMARKS,
    *kobest.BENCHMARKS, *haerae.BENCHMARKS, *click.BENCHMARKS, *kmmlu.BENCHMARKS, *klue.BENCHMARKS,
    *nsmc.BENCHMARKS, *hrm8k.BENCHMARKS,
    *spacing.BENCHMARKS, *honorifics.BENCHMARKS, *jamo.BENCHMARKS, *word_chain.BENCHMARKS, *big_numbers.BENCHMARKS,
    *spelling.BENCHMARKS, *word_problems.BENCHMARKS, *puzzles.BENCHMARKS,
)  # fmt: skip
SUITES = ("core", "chat", "korean")


def select(names: Sequence[str]) -> list[Benchmark]:
    """The benchmarks of suites and names, each once, in the catalogue's order.  ConfigError for unknown names.

    What is no name stands for those that begin with it: kobest, core/bigbench; but gsm8k is not gsm8k-ko.
    """
    chosen = set()
    for name in names:
        begins = (f"{name}-", f"{name}/", f"{name}_")
        found = [b.name for b in BENCHMARKS if name in (b.name, *b.suites)] or [
            b.name for b in BENCHMARKS if b.name.startswith(begins)
        ]
        if not found:
            known = ", ".join([*SUITES, *(b.name for b in BENCHMARKS if "core" not in b.suites)])
            raise ConfigError(
                say(
                    f"그런 과제나 묶음이 없습니다: {name!r}. 있는 것: {known}.",
                    f"no such task or suite: {name!r}. There are: {known}.",
                )
            )
        chosen.update(found)
    return [b for b in BENCHMARKS if b.name in chosen]


def label_of(name: str) -> Label | None:
    """What people call a task that is practised: one of the village's, or a benchmark.  None for a name of neither."""
    known = PRACTISED | {benchmark.name: benchmark.label for benchmark in BENCHMARKS}
    return known.get(name)

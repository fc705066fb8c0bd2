"""A scorer and a benchmark's items -> how many are right, with chance and interval, as scores.json keeps a score."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.core.progress import Bar, console
from nakochat.core.sandbox import Limits, judge_code
from nakochat.evals.interval import wilson
from nakochat.evals.scorer import Ask, Likelihood, Scorer, ask_of, common_start, prompt_room
from nakochat.tasks.benchmark import Benchmark, Choice, Item, Program, Question
from nakochat.tasks.humaneval import pass_at_k

ITEMS_AT_ONCE = 512

Row = tuple[int, int, int]  # tries, passed, whether the beginning was cut


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to measure."""

    limit: int | None = None
    """Only so many items of each task: the first, or evenly from all where they come by subject."""
    chats: bool = True
    """The model answers conversations; one that does not gets programs as plain text to continue."""
    samples: int = 1
    """Programs, or answers to questions, written for each item."""
    temperature: float = 0.0
    seed: int = 0
    unsafe: bool = False
    """Run programs where nothing holds them."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Outcome:
    """right: of every item, whether it was (where there are several tries, the share that was)."""

    benchmark: Benchmark
    right: tuple[float, ...]
    cut: int = 0
    """Items whose beginning did not fit the model's context, beside the room for an answer."""
    passed: tuple[tuple[int, int], ...] = ()
    """Of programs and questions: (tries, passed)."""
    of: int | None = None
    """How many items there are, where a limit left some out."""

    @property
    def accuracy(self) -> float:
        return sum(self.right) / len(self.right)

    def figures(self, chance: float | None = None) -> dict[str, Any]:
        """As scores.json has it."""
        low, high = wilson(round(sum(self.right)), len(self.right))
        found: dict[str, Any] = {
            "value": self.accuracy,
            "items": len(self.right),
            "chance": self.benchmark.chance if chance is None else chance,
            "interval": [low, high],
            "unit": "accuracy",
            "better": "higher",
            "label": {"ko": self.benchmark.label.ko, "en": self.benchmark.label.en},
        }
        if self.of is not None:
            found["of"] = self.of
        if self.cut:
            found["cut"] = self.cut
        if self.passed and self.passed[0][0] > 1:
            tries = self.passed[0][0]
            found["pass_at"] = {
                str(k): sum(pass_at_k(n, c, k) for n, c in self.passed) / len(self.passed)
                for k in sorted({1, 2, 5, 10, tries})
                if k <= tries
            }
        return found


def measure(
    scorer: Scorer,
    benchmark: Benchmark,
    items: Sequence[Item],
    options: Options,
    *,
    machine: Machine | None = None,
) -> Outcome:
    """Ask all items (or `limit` of them) and grade the answers.  The items are all of one kind.

    machine: of several processes, each asks its share of the items, and all get the whole outcome.
    """
    of = len(items)
    items = limited(items, options.limit)
    rank, world = (machine.rank, machine.world) if machine is not None else (0, 1)
    own = items[rank::world]
    numbers = range(rank, len(items), world)
    rows: list[Row] = []
    title = say(benchmark.label.ko, benchmark.label.en)
    # a set that is done at once needs no bar, and a file of what was said no line for each part
    shown = console.is_terminal and rank == 0 and len(own) > ITEMS_AT_ONCE
    with Bar(title, len(own), shown=shown) as bar:
        for start in range(0, len(own), ITEMS_AT_ONCE):
            place = slice(start, start + ITEMS_AT_ONCE)
            rows += _grade(scorer, benchmark, own[place], numbers[place], options)
            bar.update(len(rows))
    if machine is not None and world > 1:
        found: list[Row] = [(0, 0, 0)] * len(items)
        for other, part in enumerate(machine.gather_bytes(json.dumps(rows).encode())):
            found[other::world] = [(row[0], row[1], row[2]) for row in json.loads(part)]
        rows = found
    tried = any(not isinstance(item, Choice) for item in items)
    return Outcome(
        benchmark,
        tuple(passed / tries for tries, passed, _ in rows),
        sum(cut for _, _, cut in rows),
        tuple((tries, passed) for tries, passed, _ in rows) if tried else (),
        of if len(items) < of else None,
    )


def _grade(
    scorer: Scorer, benchmark: Benchmark, items: Sequence[Item], numbers: Sequence[int], options: Options
) -> list[Row]:
    """(tries, passed, whether its beginning was cut) of every item.  numbers: theirs among all items."""
    choices = [item for item in items if isinstance(item, Choice)]
    questions = [item for item in items if isinstance(item, Question)]
    programs = [item for item in items if isinstance(item, Program)]
    rows: list[Row] = []
    if choices:
        rows += [(1, int(pick), int(cut)) for pick, cut in choose(scorer, choices, benchmark)]
    if questions:
        prompts = [scorer.encode_chat(item.prompt) for item in questions]
        graders = [item.is_right for item in questions]
        rows += _try(scorer, prompts, graders, numbers, benchmark, options)
    if programs:
        prompts = [scorer.encode_chat(i.prompt) if options.chats else scorer.encode(i.text) for i in programs]
        graders = [partial(_passes, item, options) for item in programs]
        rows += _try(scorer, prompts, graders, numbers, benchmark, options)
    return rows


def limited(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most `limit` items.  Files that go subject by subject are taken from evenly."""
    if limit is None or limit >= len(items):
        return items
    if not items[0].group:
        return items[:limit]
    return [items[index * len(items) // limit] for index in range(limit)]


def choose(scorer: Scorer, items: Sequence[Choice], benchmark: Benchmark) -> list[tuple[bool, bool]]:
    """Of each item: whether the right option was the likeliest, and whether it had to lose its beginning."""
    return [
        (_is_right(values, item.gold, benchmark), cut)
        for item, (values, cut) in zip(items, weigh(scorer, items, benchmark), strict=True)
    ]


def weigh(
    scorer: Scorer, items: Sequence[Choice], benchmark: Benchmark
) -> list[tuple[list[Likelihood], bool]]:
    """Of each item: how likely its options are, and whether it had to lose its beginning."""
    asks: list[Ask] = []
    places: list[list[tuple[int, int]]] = []  # of every option: (which ask, which of its continuations)
    for item in items:
        own = split(scorer, item, benchmark)
        places.append([])
        for ask in own:
            places[-1] += [(len(asks), number) for number in range(len(ask.continuations))]
            asks.append(ask)
    found = scorer.likelihoods(asks)
    longest = [len(ask.context) + max(map(len, ask.continuations)) for ask in asks]
    return [
        (
            [_weighed(found[ask][number], asks[ask], number) for ask, number in own],
            any(longest[ask] > scorer.context + 1 for ask, _ in own),
        )
        for own in places
    ]


def _weighed(value: Likelihood, ask: Ask, number: int) -> Likelihood:
    """Its mean goes by characters where its tokens hold more than the option."""
    return replace(value, tokens=ask.characters[number]) if ask.characters else value


def _is_right(values: Sequence[Likelihood], gold: int, benchmark: Benchmark) -> bool:
    return values[0].greedy if len(values) == 1 else favourite(values, benchmark) == gold


def favourite(values: Sequence[Likelihood], benchmark: Benchmark) -> int | None:
    """The option that the model finds likeliest; of equals the first, as everywhere.

    None where a value is no number: a model that broke prefers nothing.
    """
    worth = [value.mean if benchmark.measure == "mean" else value.total for value in values]
    if not all(map(math.isfinite, worth)):
        return None
    return max(range(len(worth)), key=worth.__getitem__)


def split(scorer: Scorer, item: Choice, benchmark: Benchmark) -> list[Ask]:
    """The item's options as ids: one ask where they share a context, one for each where they do not."""
    contexts = [context for context, _ in item.options]
    endings = [ending for _, ending in item.options]
    if not isinstance(contexts[0], str):
        context = tuple(scorer.encode_chat(contexts[0]))
        return [Ask(context, tuple(tuple(scorer.encode_more(ending)) for ending in endings))]
    texts = [str(context) for context in contexts]
    if len(set(texts)) == 1:
        return [ask_of(scorer, texts[0], endings, shared=benchmark.boundary == "shared")]
    # other contexts, one continuation: their common end is what is scored
    whole = [scorer.encode(text + ending) for text, ending in zip(texts, endings, strict=True)]
    ending = _common_end(whole)
    return [Ask(tuple(ids[:-ending]), (tuple(ids[-ending:]),)) for ids in whole]


def _common_end(rows: Sequence[list[int]]) -> int:
    """At least one token, and one of the context stays."""
    return max(1, min(common_start([row[::-1] for row in rows]), min(map(len, rows)) - 1))


def _try(
    scorer: Scorer,
    prompts: Sequence[Sequence[int]],
    graders: Sequence[Callable[[str], bool]],
    numbers: Sequence[int],
    benchmark: Benchmark,
    options: Options,
) -> list[Row]:
    """Every prompt is answered `samples` times; one that is too long loses its beginning."""
    passed = [0] * len(prompts)
    for sample in range(options.samples):
        answers = scorer.generate(
            prompts,
            max_tokens=benchmark.max_tokens,
            temperature=options.temperature,
            seed=options.seed + sample,
            numbers=numbers,
        )
        for place, (is_right, answer) in enumerate(zip(graders, answers, strict=True)):
            passed[place] += is_right(answer)
    room = prompt_room(scorer.context, benchmark.max_tokens)
    return [
        (options.samples, count, int(len(prompt) > room))
        for count, prompt in zip(passed, prompts, strict=True)
    ]


def _passes(item: Program, options: Options, answer: str) -> bool:
    verdict = judge_code(
        item.complete(answer), item.tests, entry=item.entry, limits=options.limits, unsafe=options.unsafe
    )
    return verdict.passed

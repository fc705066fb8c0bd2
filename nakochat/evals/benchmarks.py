"""A scorer and a benchmark's items -> how many are right, with chance and interval, as scores.json keeps a score."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nakochat.core.sandbox import Limits, judge_code
from nakochat.evals.interval import wilson
from nakochat.evals.scorer import Ask, Likelihood, Scorer
from nakochat.tasks.benchmark import Benchmark, Choice, Item, Program, Question
from nakochat.tasks.humaneval import pass_at_k

ITEMS_AT_ONCE = 512


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to measure."""

    limit: int | None = None
    """Only so many items of each task: the first, or evenly from all where they come by subject."""
    chats: bool = True
    """The model answers conversations; one that does not gets programs as plain text to continue."""
    samples: int = 1
    """Programs written for each item."""
    temperature: float = 0.0
    seed: int = 0
    unsafe: bool = False
    """Run programs where nothing holds them."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Outcome:
    """right: of every item, whether it was (of programs, the share of tries that passed)."""

    benchmark: Benchmark
    right: tuple[float, ...]
    cut: int = 0
    """Items whose beginning did not fit the model's context."""
    passed: tuple[tuple[int, int], ...] = ()
    """Of programs: (tries, passed)."""

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


def measure(scorer: Scorer, benchmark: Benchmark, items: Sequence[Item], options: Options) -> Outcome:
    """Ask all items (or `limit` of them) and grade the answers.  The items are all of one kind."""
    items = limited(items, options.limit)
    right: list[float] = []
    passed: list[tuple[int, int]] = []
    cut = 0
    for start in range(0, len(items), ITEMS_AT_ONCE):
        part = items[start : start + ITEMS_AT_ONCE]
        choices = [item for item in part if isinstance(item, Choice)]
        questions = [item for item in part if isinstance(item, Question)]
        programs = [item for item in part if isinstance(item, Program)]
        if choices:
            picks, lost = choose(scorer, choices, benchmark)
            right += [float(pick) for pick in picks]
            cut += lost
        if questions:
            answers = scorer.generate(
                [scorer.encode_chat(item.prompt) for item in questions], max_tokens=benchmark.max_tokens
            )
            right += [float(item.is_right(answer)) for item, answer in zip(questions, answers, strict=True)]
        if programs:
            tried = write_programs(scorer, programs, benchmark, options)
            passed += tried
            right += [count / tries for tries, count in tried]
    return Outcome(benchmark, tuple(right), cut, tuple(passed))


def limited(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most `limit` items.  Files that go subject by subject are taken from evenly."""
    if limit is None or limit >= len(items):
        return items
    if not items[0].group:
        return items[:limit]
    return [items[index * len(items) // limit] for index in range(limit)]


def choose(scorer: Scorer, items: Sequence[Choice], benchmark: Benchmark) -> tuple[list[bool], int]:
    """Whether the right option was the likeliest, and how many items had to lose their beginning."""
    asks: list[Ask] = []
    places: list[list[tuple[int, int]]] = []  # of every option: (which ask, which of its continuations)
    for item in items:
        own = split(scorer, item, benchmark)
        places.append([])
        for ask in own:
            places[-1] += [(len(asks), number) for number in range(len(ask.continuations))]
            asks.append(ask)
    found = scorer.likelihoods(asks)
    right = []
    for item, own_places in zip(items, places, strict=True):
        values = [found[ask][number] for ask, number in own_places]
        right.append(_is_right(values, item.gold, benchmark))
    longest = [len(ask.context) + max(map(len, ask.continuations)) for ask in asks]
    lost = sum(any(longest[ask] > scorer.context for ask, _ in own_places) for own_places in places)
    return right, lost


def _is_right(values: Sequence[Likelihood], gold: int, benchmark: Benchmark) -> bool:
    if len(values) == 1:
        return values[0].greedy
    worth = [value.mean if benchmark.measure == "mean" else value.total for value in values]
    return max(range(len(worth)), key=worth.__getitem__) == gold  # the first of equals, as everywhere


def split(scorer: Scorer, item: Choice, benchmark: Benchmark) -> list[Ask]:
    """The item's options as ids: one ask where they share a context, one for each where they do not."""
    contexts = [context for context, _ in item.options]
    endings = [ending for _, ending in item.options]
    if not isinstance(contexts[0], str):
        context = tuple(scorer.encode_chat(contexts[0]))
        return [Ask(context, tuple(tuple(scorer.encode_more(ending)) for ending in endings))]
    texts = [str(context) for context in contexts]
    whole = [scorer.encode(text + ending) for text, ending in zip(texts, endings, strict=True)]
    if len(set(texts)) > 1:  # other contexts, one continuation: their common end is what is scored
        ending = _common_end(whole)
        return [Ask(tuple(ids[:-ending]), (tuple(ids[-ending:]),)) for ids in whole]
    if benchmark.boundary == "shared" and len(whole) > 1:
        at = min(_common_start(whole), min(map(len, whole)) - 1)
        return [Ask(tuple(whole[0][:at]), tuple(tuple(ids[at:]) for ids in whole))]
    # blanks at the end of a context belong to the token that follows, as the harness has it
    before = scorer.encode(texts[0].rstrip() if texts[0].strip() else "")
    at = len(before)
    if all(ids[:at] == before for ids in whole):
        return [Ask(tuple(before), tuple(tuple(ids[at:]) for ids in whole))]
    return [Ask(tuple(before), (tuple(ids[at:]),)) for ids in whole]


def _common_start(rows: Sequence[Sequence[int]]) -> int:
    width = min(map(len, rows))
    return next((at for at in range(width) if len({row[at] for row in rows}) > 1), width)


def _common_end(rows: Sequence[Sequence[int]]) -> int:
    """At least one token, and one of the context stays."""
    return max(1, min(_common_start([row[::-1] for row in rows]), min(map(len, rows)) - 1))


def write_programs(
    scorer: Scorer, items: Sequence[Program], benchmark: Benchmark, options: Options
) -> list[tuple[int, int]]:
    """(tries, how many passed) of every item."""
    prompts = [scorer.encode_chat(i.prompt) if options.chats else scorer.encode(i.text) for i in items]
    passed = [0] * len(items)
    for sample in range(options.samples):
        answers = scorer.generate(
            prompts,
            max_tokens=benchmark.max_tokens,
            temperature=options.temperature,
            seed=options.seed + sample,
        )
        for place, (item, answer) in enumerate(zip(items, answers, strict=True)):
            verdict = judge_code(
                item.complete(answer),
                item.tests,
                entry=item.entry,
                limits=options.limits,
                unsafe=options.unsafe,
            )
            passed[place] += verdict.passed
    return [(options.samples, count) for count in passed]

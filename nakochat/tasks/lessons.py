"""A benchmark's items -> conversations to learn from, and prompts whose answers a rule can judge.

So one file in tasks/ serves four ends: mid and sft learn from its lessons, RL asks its prompts and is rewarded by its
grader, evaluation asks the items that it keeps apart, and the report shows them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.tasks.benchmark import Benchmark, Choice, Item, Question, items_of
from nakochat.text.conversation import Conversation, Message, assistant, user


@dataclass(frozen=True)
class Lesson:
    """A prompt, a right answer where one is known, and what is right."""

    prompt: Conversation
    answer: Message | None
    is_right: Callable[[str], bool]

    @property
    def conversation(self) -> Conversation | None:
        """Prompt and answer, to learn from."""
        return None if self.answer is None else (*self.prompt, self.answer)


def lessons_of(items: Sequence[Item]) -> list[Lesson]:
    """The items that can be answered in a conversation.  A choice is answered with its option's words or letter."""
    found = [_lesson(item) for item in items]
    return [lesson for lesson in found if lesson is not None]


def _lesson(item: Item) -> Lesson | None:
    if isinstance(item, Question):
        return Lesson(item.prompt, item.answer, item.is_right)
    if isinstance(item, Choice):
        contexts = {context for context, _ in item.options}
        if len(contexts) != 1 or len(item.options) < 2:
            return None  # two sentences to be compared are no question
        context = contexts.pop()
        right = item.options[item.gold][1].strip()
        others = tuple(ending.strip() for n, (_, ending) in enumerate(item.options) if n != item.gold)
        if isinstance(context, str):
            prompt: Conversation = (user(context.strip()),)
            if not context.strip():
                return None
        else:
            prompt = context
        return Lesson(prompt, assistant(right), partial(begins_with, right=right, others=others))
    return None  # a program: what is right only tests know


# what a word of one syllable may have behind it: 예입니다 is 예, and 예전 is not
_POLITE = r"(?:입니다|이에요|예요|요)?(?!\w)"


def begins_with(answer: str, *, right: str, others: Sequence[str] = ()) -> bool:
    """Whether the answer begins with the right option, as a word of its own, and with no longer one that is wrong."""
    said = answer.strip()
    longer = [other for other in others if len(other) > len(right) and other.startswith(right)]
    whole = re.match(re.escape(right) + _border(right), said) is not None
    return whole and not any(said.startswith(other) for other in longer)


def _border(word: str) -> str:
    """The pattern of what may follow a word that is said."""
    if word[-1:].isascii() and word[-1:].isalnum():
        return r"(?![A-Za-z0-9]|[.,]\d)"  # "B" does not begin "Because", 10 not 10.5; "B입니다" says B
    return _POLITE if len(word) == 1 and "가" <= word <= "힣" else ""


def training_lessons(benchmark: Benchmark, folder: Path | None) -> list[Lesson]:
    """ConfigError for a benchmark that keeps no items to learn from, DataError where its files are not there."""
    if benchmark.train is None:
        raise ConfigError(
            say(
                f"'{benchmark.name}'에는 배울 문항이 따로 없습니다. 시험 문항은 배우지 않습니다. 배울 수 있는 과제는 "
                "docs/tasks.md에 있습니다.",
                f"'{benchmark.name}' keeps no items to learn from, and its test items are never learned. docs/tasks.md "
                "lists those that do.",
            )
        )
    return lessons_of(items_of(benchmark, benchmark.train, folder))

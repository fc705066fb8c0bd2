"""A preset's sources -> texts, conversations and tasks of a run, pulled: what the larger presets learn from.

The tokenizer is trained on the first files while the rest comes in the background; base begins when all of it is
prepared.  Whatever is finished is not made again.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nakochat.commands import prepare, sources
from nakochat.commands.prepare import PrepareSettings
from nakochat.core.messages import say
from nakochat.core.paths import set_folder
from nakochat.core.progress import speak
from nakochat.data.corpus.files import find_files
from nakochat.data.shards.token_set import PART, part_folder
from nakochat.data.sources.pulled import data_folder
from nakochat.training.lesson_shards import parse_tasks


@dataclass(frozen=True, kw_only=True)
class Supplies:
    """The [supplies] of a preset."""

    source: str
    """Of the catalogue (nako data list): what base reads."""
    first: int
    """Files that the tokenizer is trained on."""
    files: int
    """Files in all."""
    chats: tuple[str, ...] = ()
    """Of the catalogue: conversations for mid and sft, NAME or NAME:WEIGHT."""
    tasks: tuple[str, ...] = ()
    """Tasks whose items to learn from are mixed into mid and sft, NAME or NAME:TIMES."""


def gather(supplies: Supplies, run: str, train_tokenizer: Callable[[tuple[Path, ...]], None]) -> str:
    """Pull, train the run's tokenizer, prepare: the name of the set, which stands in for --data.

    train_tokenizer: is given the first files.  DataError, OSError where something cannot be had.
    """
    name = f"{run}-{supplies.source}"
    if (part_folder(set_folder(name), 1) / PART).is_file():
        speak(say(f"준비한 글이 이미 있습니다: {name}", f"the prepared texts are there: {name}"))
        return name
    rest = supplies.files - supplies.first
    sources.pull(supplies.source, shards=supplies.first, background=rest or None)
    train_tokenizer(tuple(file.path for file in find_files([data_folder(supplies.source)]))[: supplies.first])
    if rest:
        speak(say("나머지 글을 기다립니다…", "waiting for the rest of the texts…"))
        sources.pull(supplies.source, shards=supplies.files)
    prepare.main((supplies.source,), settings=PrepareSettings(name=name, tokenizer=run))
    return name


def gather_chats(supplies: Supplies) -> tuple[str, ...]:
    """Pull the conversations; as --chats takes them."""
    found = []
    for entry in supplies.chats:
        name, colon, weight = entry.partition(":")
        sources.pull(name)
        found.append(f"{data_folder(name)}{colon}{weight}")
    return tuple(found)


def gather_tasks(supplies: Supplies) -> tuple[str, ...]:
    """Pull what the tasks' items are read from; as --tasks takes them."""
    named = (task.benchmark.source for task in parse_tasks(supplies.tasks))
    for source in dict.fromkeys(source for source in named if source is not None):
        sources.pull(source)
    return supplies.tasks


def supplies_of(values: dict[str, object]) -> Supplies:
    """From the preset's table."""
    known = {field.name for field in dataclasses.fields(Supplies)}
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    assert given.keys() <= known, given
    return Supplies(**given)  # type: ignore[arg-type]

"""Tasks as mid and sft name them, "gsm8k:2 spelling" -> token shards of their lessons, mixed like conversations.

RUN/data/STAGE/tasks-1     the first --tasks, and what it holds
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import MANIFEST
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.batches import Source
from nakochat.data.shards.shard import TokenShard
from nakochat.data.sources.pulled import data_folder
from nakochat.data.weighted import parse_weighted
from nakochat.tasks.benchmark import Benchmark
from nakochat.tasks.catalogue import select
from nakochat.tasks.lessons import Lesson, training_lessons
from nakochat.text.conversation import render_batch
from nakochat.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class NamedTask:
    """A benchmark to learn from, and how often each of its lessons comes."""

    benchmark: Benchmark
    weight: float


def parse_tasks(named: Sequence[str]) -> list[NamedTask]:
    """NAME or NAME:TIMES; a name may stand for several tasks (kobest).  ConfigError for one that teaches nothing."""
    found = []
    for text in named:
        entry = parse_weighted(text)
        for benchmark in select([str(entry.path)]):
            if benchmark.train is None and benchmark.name == str(entry.path):
                training_lessons(benchmark, None)  # which says why not
            if benchmark.train is not None:
                found.append(NamedTask(benchmark, entry.weight))
    if named and not found:
        raise ConfigError(
            say(
                f"배울 문항이 있는 과제가 없습니다: {', '.join(named)}. docs/tasks.md를 보세요.",
                f"none of these tasks keeps items to learn from: {', '.join(named)}. See docs/tasks.md.",
            )
        )
    return found


def lessons_at(task: NamedTask, folder: Path | None) -> list[Lesson]:
    """The task's lessons from a folder of data, or from what was pulled.  DataError where it is not there."""
    source = task.benchmark.source
    if source is not None and folder is None:
        folder = data_folder(source)
        if not folder.is_dir():
            raise DataError(
                say(
                    f"'{task.benchmark.name}'의 자료가 없습니다. 받거나 (nako data pull {source}) "
                    "--task-data로 폴더를 알려 주세요.",
                    f"the data of '{task.benchmark.name}' is not here. Get it with 'nako data pull "
                    f"{source}', or name its "
                    "folder with --task-data.",
                )
            )
    return training_lessons(task.benchmark, folder)


def prepare_lessons(
    folder: Path, named: Sequence[str], data: Path | None, tokenizer: Tokenizer, *, context: int, keep: bool
) -> None:
    """Write a shard for each task, and say what is in it.  keep: what is there stays, as in prepare_chats.

    DataError where a task's data are not here, none of its lessons fits, or a shard that stays is damaged.
    """
    for number, task in enumerate(parse_tasks(named), start=1):
        target = folder / f"tasks-{number}"
        if not (keep and (target / MANIFEST).is_file()):
            _prepare(target, task, data, tokenizer, context)
        about = TokenShard.load(target, verify=False).about
        speak(
            say(
                f"  {task.benchmark.name} ×{task.weight:g}: 문항 {about['documents']:,}개, {about['tokens']:,}토큰",
                f"  {task.benchmark.name} ×{task.weight:g}: {about['documents']:,} lessons, {about['tokens']:,} tokens",
            )
        )


def _prepare(target: Path, task: NamedTask, data: Path | None, tokenizer: Tokenizer, context: int) -> None:
    lessons = lessons_at(task, data)
    conversations = [made for lesson in lessons if (made := lesson.conversation) is not None]
    encoded = render_batch(tokenizer, conversations)
    fitting = [document for document in encoded if len(document[0]) <= context + 1]
    if not fitting:
        raise DataError(
            say(
                f"'{task.benchmark.name}'에는 문맥 {context}토큰에 들어가는 문항이 없습니다. --tasks에서 빼세요.",
                f"no lesson of '{task.benchmark.name}' fits the context of {context} tokens. Leave it out of --tasks.",
            )
        )
    made_from = {
        "tokenizer": tokenizer.hash,
        "source": task.benchmark.name,
        **({"catalogue": [task.benchmark.source]} if task.benchmark.source else {}),
        "context": context,
        "too_long": len(encoded) - len(fitting),
        "without_answer": len(lessons) - len(conversations),
    }
    TokenShard.from_documents(iter(fitting), tokenizer.vocab_size, made_from).save(target)


def lesson_sources(
    folder: Path, named: Sequence[str], tokenizer: Tokenizer, *, room: float, verify: bool = True
) -> tuple[list[Source], float]:
    """What prepare_lessons has written -> sources for a stage with room for `room` tokens, and how many they take.

    Where there are more tokens than that, each lesson comes less often.  verify: as in TokenShard.load.
    """
    tasks = parse_tasks(named)
    shards = [
        TokenShard.load(folder / f"tasks-{number}", tokenizer_hash=tokenizer.hash, verify=verify)
        for number in range(1, len(tasks) + 1)
    ]
    asked = sum(task.weight * shard.tokens for task, shard in zip(tasks, shards, strict=True))
    room = room if room >= 1 else 0.0  # less than a token is what rounding leaves
    scale = min(1.0, room / asked) if asked else 1.0
    sources = [
        Source(shard, task.weight * scale, task.benchmark.name)
        for task, shard in zip(tasks, shards, strict=True)
    ]
    return sources, asked * scale

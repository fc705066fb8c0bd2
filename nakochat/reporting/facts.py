"""A run folder -> what was written down in it, read once and never changed.

Only files are read, so a report can be made while training goes on, on another machine, or years later.
A torn last line of metrics.jsonl is a writer caught in the act and passed over; others are counted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nakochat.core.errors import CheckpointError, DataError
from nakochat.core.messages import say
from nakochat.core.rows import Row, Skipped, as_list, as_row, number, read_row, text
from nakochat.reporting.words import Words, same

STAGES = ("base", "mid", "sft", "rl")


@dataclass(frozen=True, kw_only=True)
class Score:
    """One measurement of one stage; `better` is "higher", "lower" or unknown."""

    label: Words
    value: float | None
    unit: str
    better: str | None
    items: int | None
    chance: float | None
    interval: tuple[float, float] | None
    entry: Row = field(default_factory=dict)
    """All that was written of it: pass_at, perplexity, how many parts CORE has."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the model wrote at one step of training."""

    step: int
    prompt: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Talk:
    """One conversation of the evaluation: (role, text) for each turn, and what rules found wrong in it."""

    turns: tuple[tuple[str, str], ...]
    breaches: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """metrics.jsonl in order of steps; of a step that was done twice (a resume), the later row."""

    steps: tuple[Row, ...] = ()
    checks: tuple[Row, ...] = ()
    samples: tuple[Sample, ...] = ()
    end: Row | None = None
    sessions: tuple[float, ...] = ()
    """When training began and, after each interruption, went on: seconds since 1970."""
    unreadable_lines: int = 0
    skipped_batches: int = 0
    """What the guard of the training has passed over."""

    @property
    def damaged_pieces(self) -> int:
        """Pieces of documents that could not be read when their turn came."""
        return sum(int(number(row, "damaged") or 0) for row in self.steps)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage folder.  `measures` is the whole of scores.json (the tokenizer's: tokenizer.json beside it)."""

    name: str
    config: Row
    origin: Row
    metrics: Metrics
    measures: Row
    scores: Mapping[str, Score]
    answers: tuple[tuple[str, str], ...]
    checkpoint: int | None
    talks: tuple[Talk, ...] = ()
    plan: Row = field(default_factory=dict)
    """plan.json: what was predicted of the stage, and what came."""
    watch: Row = field(default_factory=dict)
    """loss_watch.json: whether its loss looked normal."""
    suites: Mapping[str, Score] = field(default_factory=dict)
    """suites.json: public tests and texts by domain."""
    suites_step: int | None = None
    """Of the checkpoint that they are of, where it is known."""
    changes: Row = field(default_factory=dict)
    """changes.json: what RL answered before and after."""

    @property
    def unfinished(self) -> bool:
        """Training began and has not come to its end."""
        return bool(self.metrics.steps) and self.metrics.end is None

    def suites_of(self, step: int | None) -> Mapping[str, Score]:
        """The suites, unless they are known to be of another checkpoint than that of this step."""
        return self.suites if None in (step, self.suites_step) or step == self.suites_step else {}

    @property
    def own_suites(self) -> Mapping[str, Score]:
        """The suites, unless the stage has gone on since: they are no score of what it is now."""
        scored = number(self.measures, "step")
        return self.suites_of(
            self.checkpoint if self.checkpoint is not None or scored is None else int(scored)
        )

    @property
    def label(self) -> str:
        return self.name.upper()

    @property
    def title(self) -> Words:
        return Words("토크나이저", "tokenizer") if self.name == "tokenizer" else same(self.label)


@dataclass(frozen=True, kw_only=True)
class Run:
    name: str
    tokenizer: Stage | None
    stages: tuple[Stage, ...]
    shards: tuple[Row, ...] = ()
    """What is said of each prepared set and token shard in the run's data folder: stage, source, documents, tokens."""

    @property
    def folders(self) -> tuple[Stage, ...]:
        """The tokenizer, if it is there, and the stages."""
        return (*((self.tokenizer,) if self.tokenizer else ()), *self.stages)


def read_run(run: Path) -> Run:
    """Read everything that is there; a stage that is absent is left out.

    Raises CheckpointError when nothing of a run is there, DataError when a file cannot be understood.
    """
    present = {name: read_stage(run / name) for name in ("tokenizer", *STAGES) if (run / name).is_dir()}
    if not present:
        raise CheckpointError(
            say(
                f"{run}에 실행 기록이 없습니다: tokenizer, base, mid, sft, rl 폴더가 하나도 없습니다. "
                "`nako runs`로 있는 실행을 보세요.",
                f"no run in {run}: none of the folders tokenizer, base, mid, sft, rl is there. "
                "`nako runs` lists the runs you have.",
            )
        )
    stages = tuple(present[name] for name in STAGES if name in present)
    tokenizer = present.get("tokenizer")
    if tokenizer:
        # measured after its folder was closed by a manifest, so it lies beside
        table = _read_object(run / "tokenizer_table.json")
        measures = {**_read_object(run / "tokenizer.json"), **({"table": table} if table else {})}
        tokenizer = replace(tokenizer, measures=measures)
    shards = tuple(
        {"kind": "text" if file.parent.name == "text" else "chat", "stage": stage, **_read_object(file)}
        for stage in STAGES
        for pattern in ("text", "chat", "chats-*", "tasks-*")
        for file in sorted((run / "data" / stage).glob(f"{pattern}/about.json"))
    )
    sets = tuple(
        as_row(row)
        for stage in STAGES
        for row in as_list(_read_object(run / "data" / stage / "sets.json").get("sets"))
    )
    return Run(name=run.resolve().name, tokenizer=tokenizer, stages=stages, shards=(*sets, *shards))


def read_stage(folder: Path) -> Stage:
    scores_file = folder / "scores.json"
    measures = _read_object(scores_file)
    scores = as_row(measures.get("scores"))
    suites_file = folder / "suites.json"
    held = _read_object(suites_file)
    suites, suites_step = as_row(held.get("scores")), number(held, "step")
    return Stage(
        name=folder.name,
        config=_read_object(folder / "config.json"),
        origin=_read_object(folder / "origin.json"),
        metrics=read_metrics(folder / "metrics.jsonl"),
        measures=measures,
        scores={key: _score(key, value, scores_file) for key, value in scores.items()},
        answers=tuple(
            (text(entry, "prompt"), text(entry, "answer"))
            for entry in map(as_row, as_list(measures.get("samples")))
        ),
        checkpoint=_newest_checkpoint(folder / "checkpoints"),
        talks=_talks(measures),
        plan=_read_object(folder / "plan.json"),
        watch=_read_object(folder / "loss_watch.json"),
        suites={key: _score(key, value, suites_file) for key, value in suites.items()},
        suites_step=None if suites_step is None else int(suites_step),
        changes=_read_object(folder / "changes.json"),
    )


def _talks(measures: Row) -> tuple[Talk, ...]:
    breaches = as_list(measures.get("breaches"))
    return tuple(
        Talk(
            turns=tuple((text(turn, "role"), text(turn, "text")) for turn in map(as_row, as_list(talk))),
            breaches=tuple(map(str, as_list(breaches[place]))) if place < len(breaches) else (),
        )
        for place, talk in enumerate(as_list(measures.get("conversations")))
    )


def read_metrics(path: Path) -> Metrics:
    """Rows of a metrics file; no file means no rows."""
    if not path.is_file():
        return Metrics()
    steps: dict[int, Row] = {}
    checks: dict[int, Row] = {}
    samples: dict[tuple[int, str], Sample] = {}
    end: Row | None = None
    sessions: list[float] = []
    rows, unreadable = _rows(path)
    skipped = Skipped()
    for row in rows:
        skipped.add(row)
        step = int(number(row, "step") or 0)
        match row.get("kind"):
            case "step":
                steps[step] = row
                end = None  # training went on after an earlier end
            case "check":
                # several checks may fall on one step: they complete each other
                checks[step] = {**checks.get(step, {}), **row}
            case "sample":
                sample = Sample(step=step, prompt=text(row, "prompt"), text=text(row, "text"))
                samples[step, sample.prompt] = sample
            case "end":
                end = row
            case "session":
                sessions.append(number(row, "time") or 0.0)
    return Metrics(
        steps=tuple(steps[step] for step in sorted(steps)),
        checks=tuple(checks[step] for step in sorted(checks)),
        samples=tuple(sorted(samples.values(), key=lambda sample: sample.step)),
        end=end,
        sessions=tuple(time for time in sessions if time),
        unreadable_lines=unreadable,
        skipped_batches=skipped.count,
    )


def _rows(path: Path) -> tuple[list[Row], int]:
    # Split the bytes, not the text: a torn line may end in the middle of a syllable.
    lines = path.read_bytes().split(b"\n")
    rows: list[Row] = []
    unreadable = 0
    for position, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = read_row(line)
        if row is None:
            unreadable += position < len(lines)
        else:
            rows.append(row)
    return rows, unreadable


def _read_object(path: Path) -> Row:
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_bytes().decode("utf-8"))
    except ValueError as error:
        raise _unusable(path, "JSON이 아닙니다", "it is not JSON") from error
    if not isinstance(value, dict):
        raise _unusable(path, "JSON 객체가 아닙니다", "it is not a JSON object")
    return value


def _score(key: str, value: object, path: Path) -> Score:
    entry = as_row(value)
    if "value" not in entry:
        raise _unusable(path, f"점수 {key!r}에 value가 없습니다", f"the score {key!r} has no value")
    label, name = as_row(entry.get("label")), key.replace("_", " ")
    items = number(entry, "items")
    bounds = [bound for bound in as_list(entry.get("interval")) if isinstance(bound, int | float)]
    return Score(
        label=Words(text(label, "ko") or name, text(label, "en") or name),
        value=number(entry, "value"),
        unit=text(entry, "unit"),
        better=text(entry, "better") or None,
        items=None if items is None else int(items),
        chance=number(entry, "chance"),
        interval=(float(bounds[0]), float(bounds[1])) if len(bounds) == 2 else None,
        entry=entry,
    )


def _unusable(path: Path, korean: str, english: str) -> DataError:
    return DataError(
        say(
            f"{path}: 읽을 수 없습니다. {korean}. 이 단계를 다시 평가하거나 파일을 치운 뒤 다시 하세요.",
            f"{path}: cannot be read: {english}. Evaluate this stage again, or move the file away and retry.",
        )
    )


def _newest_checkpoint(folder: Path) -> int | None:
    """The largest step whose checkpoint is whole (its manifest is there)."""
    steps = [int(file.parent.name) for file in folder.glob("*/manifest.json") if file.parent.name.isdigit()]
    return max(steps, default=None)

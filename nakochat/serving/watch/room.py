"""Run folders -> what the training room shows of them, as values for JSON; only what is new since the last look.

Nothing here knows HTTP.  A look names how far the reader is with each stage by that stage's mark, and gets new points,
rows and samples.  An unknown mark (another server's, or of a log that began anew) gets everything.
"""

import dataclasses
import itertools
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nakochat.core.curves import Curves
from nakochat.core.errors import DataError
from nakochat.core.files import is_locked, read_json
from nakochat.core.itinerary import stages_to_come
from nakochat.core.paths import STAGES, runs_folder
from nakochat.core.record import StageRecord
from nakochat.core.rows import Row, as_list, as_row, number, text
from nakochat.data.held_out import hash_of_texts
from nakochat.training.expected import Expected, expected_bits, expected_loss
from nakochat.training.law import load_law
from nakochat.training.loss_watch import identity_of

# figures of a step that the page draws
DRAWN = (
    *("loss", "reward", "tokens_per_second", "step_seconds", "memory_gb", "gradient_norm", "mfu"),
    *("learning_rate", "matrix_learning_rate", "embedding_learning_rate", "head_learning_rate"),
)
CHECKED = ("validation_bits_per_byte", "validation_token_accuracy")
MOST_RECORDS = 48
MOST_PEERS = 8
_MOST_WORDS = 2000  # characters of one text

Json = dict[str, Any]


class Room:
    """All runs under one folder.  Safe to be asked by several threads."""

    def __init__(self, runs: Path | None = None) -> None:
        self._runs = runs if runs is not None else runs_folder()
        self._lock = threading.Lock()
        self._records: OrderedDict[Path, StageRecord] = OrderedDict()
        self._expected: dict[Path, tuple[tuple[Any, ...], Json]] = {}
        self._identities: dict[Path, tuple[int, Json | None]] = {}
        self._id = secrets.token_hex(4)

    def runs(self) -> list[Json]:
        """Every run, the one that was written to last first."""
        found = [(_changed(path), path) for path in self._folders().values()]
        return [
            {
                "name": path.name,
                "stages": [stage for stage in STAGES if (path / stage).is_dir()],
                "training": any(_is_held(path / stage) for stage in STAGES),
                "changed": changed,
            }
            for changed, path in sorted(found, key=lambda pair: pair[0], reverse=True)
        ]

    def look(self, name: str, marks: Mapping[str, str]) -> Json | None:
        """One run since those marks; None where there is no such run."""
        folder = self._folders().get(name)
        if folder is None:
            return None
        with self._lock:
            records = [self._record(folder / stage) for stage in STAGES if (folder / stage).is_dir()]
            for record in records:
                record.refresh()
            stages = [self._stage(record, marks.get(record.name, "")) for record in records]
        return {
            "name": folder.name,
            "tokenizer": _tokenizer(folder),
            "stages": stages,
            "to_come": _to_come(folder, records[-1]) if records else [],
            "behind": any(record.share_read < 1 for record in records),
            "now": time.time(),
        }

    def _folders(self) -> dict[str, Path]:
        try:
            inside = list(self._runs.iterdir())
        except OSError:
            return {}
        parts = (*STAGES, "tokenizer", "data")
        return {
            path.name: path
            for path in inside
            if not path.name.startswith(".") and any((path / part).is_dir() for part in parts)
        }

    def _record(self, folder: Path) -> StageRecord:
        record = self._records.pop(folder, None) or StageRecord(folder)
        self._records[folder] = record  # the last one that was asked for
        if len(self._records) > MOST_RECORDS:
            self._records.popitem(last=False)
        return record

    def _stage(self, record: StageRecord, mark: str) -> Json:
        version, expected = self._expectation(record)
        seen = _Seen.of(mark, f"{self._id}-{record.generation}")
        last = record.log[-1][0] if record.log else 0
        new = _Seen(
            steps=(record.steps.generation, len(record.steps)),
            checks=(record.checks.generation, len(record.checks)),
            samples=record.samples.version,
            rows=last,
            expected=version,
        )
        shown = {
            **_facts(record),
            "mark": new.mark(f"{self._id}-{record.generation}"),
            "curve": _points(record.steps, DRAWN, seen.steps if seen else None),
            "checks": _points(record.checks, CHECKED, seen.checks if seen else None),
            "rows": [[place, row] for place, row in record.log if seen is None or place > seen.rows],
            "fresh": seen is None,
        }
        if seen is None or seen.samples != new.samples:
            shown["samples"] = [
                {"prompt": prompt, "written": written} for prompt, written in record.samples.of.items()
            ]
        if seen is None or seen.expected != version:
            shown["expected"] = expected
        return shown

    def _expectation(self, record: StageRecord) -> tuple[int, Json]:
        """What the stage's curves are expected to be, and a number that is another when they are."""
        peers = self._peers(record.folder)
        key = (
            *((peer.folder, peer.generation, len(peer.steps), peer.steps.generation) for peer in peers),
            record.files["plan.json"].value.get("predicted") is not None,
        )
        known = self._expected.get(record.folder)
        if known is None or known[0] != key:
            curves = [(peer.folder.parent.name, peer.steps) for peer in peers]
            found = {
                "loss": _as_json(expected_loss(curves)),
                "reward": _as_json(expected_loss(curves, name="reward")),
                "validation_bits_per_byte": _as_json(_lawful(record)),
            }
            self._expected[record.folder] = key, found
        return abs(hash(key)) % 10**9, self._expected[record.folder][1]

    def _peers(self, folder: Path) -> list[StageRecord]:
        """Finished stages of other runs with the same shape, tokenizer and data, and read to their end."""
        own = self._identity(folder)
        if own is None:
            return []
        others = [run / folder.name for run in self._folders().values() if run != folder.parent]
        same = [other for other in others if other.is_dir() and self._identity(other) == own][:MOST_PEERS]
        records = [self._record(other) for other in same]
        for record in records:
            record.refresh()
        return [record for record in records if record.health == "finished" and record.share_read == 1]

    def _identity(self, folder: Path) -> Json | None:
        try:
            changed = max((folder / name).stat().st_mtime_ns for name in ("plan.json", "config.json"))
        except OSError:
            return None
        known = self._identities.get(folder)
        if known is None or known[0] != changed:
            known = self._identities[folder] = changed, identity_of(folder)
        return known[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Seen:
    """How far a reader is with one stage."""

    steps: tuple[int, int]
    checks: tuple[int, int]
    samples: int
    rows: int
    expected: int

    def mark(self, log: str) -> str:
        """log: which log of which server this is about."""
        places = (*self.steps, *self.checks, self.samples, self.rows, self.expected)
        return ".".join([log, *map(str, places)])

    @classmethod
    def of(cls, mark: str, log: str) -> "_Seen | None":
        name, *places = mark.split(".")
        if (
            name != log
            or len(places) != 7
            or not all(place.isdecimal() and len(place) < 16 for place in places)
        ):
            return None
        a, b, c, d, samples, rows, expected = map(int, places)
        return cls(steps=(a, b), checks=(c, d), samples=samples, rows=rows, expected=expected)


def _to_come(run: Path, last: StageRecord) -> list[Json]:
    """The stages that the command behind this run will still train, and their seconds at the pace of now."""
    predicted = as_row(last.files["plan.json"].value.get("predicted"))
    tokens, steps, pace = number(predicted, "tokens"), number(predicted, "steps"), last.step_seconds
    for_one = pace * steps / tokens if tokens and steps and pace else None
    return [
        {"stage": name, "seconds": None if for_one is None or count is None else count * for_one}
        for name, count in stages_to_come(run, after=last.name).items()
    ]


def _points(curves: Curves, names: tuple[str, ...], seen: tuple[int, int] | None) -> Json:
    """The points from `start` on; the last one that a reader knows may have grown since."""
    start = 0
    if seen is not None and seen[0] == curves.generation:
        start = max(0, min(seen[1], len(curves)) - 1)
    columns = {name: curves.column(name, start) for name in names if name in curves.names}
    figures = {name: [_rounded(value) for value in column] for name, column in columns.items()}
    return {"start": start, "step": curves.steps(start), "figures": figures, "width": curves.width}


def _rounded(value: float | None) -> float | None:
    """Six digits: more than a screen can show, and half the bytes."""
    return None if value is None else float(f"{value:.6g}")


def _facts(record: StageRecord) -> Json:
    """What is said anew with every look: small."""
    origin, predicted = (
        record.files["origin.json"].value,
        as_row(record.files["plan.json"].value.get("predicted")),
    )
    machine, parent = as_row(origin.get("machine")), as_row(origin.get("parent"))
    return {
        "stage": record.name,
        "health": record.health,
        "step": record.step,
        "steps": record.step_count,
        "step_seconds": record.step_seconds,
        "seconds_left": record.seconds_left,
        "seconds": number(record.end or record.last, "seconds"),
        "seconds_predicted": number(predicted, "seconds"),
        "parameters": number(predicted, "parameters"),
        "changed": record.changed,
        "share_read": record.share_read,
        "unreadable": record.unreadable,
        "damaged": [name for name, file in record.files.items() if file.damaged],
        "skipped": record.skipped,
        "last": {name: value for name in DRAWN if (value := number(record.last, name)) is not None},
        "origin": {
            **{name: text(origin, name)[:_MOST_WORDS] for name in ("command", "commit", "started", "seed")},
            **{name: text(machine, name)[:200] for name in ("name", "device", "dtype", "processes")},
            "parent": text(parent, "checkpoint")[:200],
        },
        "findings": _findings(record.files["loss_watch.json"].value),
        "scores": _scores(record.files["scores.json"].value),
    }


def _findings(watched: Row) -> list[Json]:
    found = [as_row(finding) for finding in as_list(watched.get("findings"))[:20]]
    return [
        {
            "normal": row.get("normal") is True,
            "ko": text(row, "ko")[:_MOST_WORDS],
            "en": text(row, "en")[:_MOST_WORDS],
        }
        for row in found
    ]


def _scores(measures: Row) -> list[Json]:
    scores = []
    for key, value in itertools.islice(as_row(measures.get("scores")).items(), 200):
        row = as_row(value)
        label, name = as_row(row.get("label")), key.replace("_", " ")[:200]
        scores.append(
            {
                "key": key[:200],
                "ko": text(label, "ko")[:200] or name,
                "en": text(label, "en")[:200] or name,
                "value": number(row, "value"),
                "unit": text(row, "unit")[:40],
                "better": text(row, "better")[:10],
                "chance": number(row, "chance"),
            }
        )
    return scores


def _tokenizer(run: Path) -> Json | None:
    """What the tokenizer's measurements say; {} where it is there without them, None where it is not."""
    if not (run / "tokenizer").is_dir():
        return None
    try:
        row = as_row(read_json(run / "tokenizer.json"))
    except (OSError, ValueError, RecursionError):
        return {}
    names = ("vocabulary", "characters_per_token", "bytes_per_token", "seconds")
    return {name: value for name in names if (value := number(row, name)) is not None}


def _lawful(record: StageRecord) -> Expected | None:
    """What the law of `nako scaling` says, where it was measured on this run's held-out text."""
    predicted = as_row(record.files["plan.json"].value.get("predicted"))
    parameters, tokens, steps = (
        number(predicted, name) for name in ("scaling_parameters", "tokens", "steps")
    )
    if record.name != "base" or not (parameters and tokens and steps):
        return None
    try:
        law = load_law()
        if law is None:
            return None
        texts = read_json(record.folder.parent / "data" / "validation.json")
    except (DataError, OSError, ValueError, RecursionError):
        return None
    if hash_of_texts(texts) != law.text:
        return None
    return expected_bits(law, parameters=parameters, tokens_per_step=tokens / steps, steps=int(steps))


def _as_json(expected: Expected | None) -> Json | None:
    return None if expected is None else dataclasses.asdict(expected)


def _changed(run: Path) -> float:
    """When something of a run was written last."""
    places = (run, *(run / stage / "metrics.jsonl" for stage in STAGES))
    times = []
    for place in places:
        try:
            times.append(place.stat().st_mtime)
        except OSError:
            continue
    return max(times, default=0.0)


def _is_held(stage: Path) -> bool:
    try:
        return is_locked(stage / "lock")
    except OSError:
        return False

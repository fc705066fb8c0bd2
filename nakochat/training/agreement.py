"""A stage's settings and those it began with -> whether it may go on.

Resume is exact, so the settings that shape a stage stay as they were; those that only say where and how often may
change.  A stage without a checkpoint has nothing to go on from: it begins with whatever settings it is given.
"""

import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from nakochat.core.errors import ConfigError
from nakochat.core.files import read_json
from nakochat.core.messages import say
from nakochat.training.run_settings import RunSettings

# may differ from the recorded settings; rows_per_piece changes sums in their last bits only
FREE = {
    "config",
    "name",
    "device",
    "dtype",
    "compile",
    "save_every",
    "log_every",
    "check_every",
    "track",
    "track_name",
    "rank_timeout",
    "keep_last",
    "keep_every",
    "keep_best",
    "damaged_data",  # a training that a damaged shard has stopped goes on without
    "skip_spikes",  # a training that its data's leaps have stopped goes on without
    "rows_per_piece",
    "recompute",
}

# paths: on another machine, where a run was copied to, the same data lie elsewhere
PLACES = {"corpus", "data", "task_data"}


def plain(settings: Any) -> dict[str, Any]:
    """A settings dataclass as JSON values."""
    return {name: _plain(value) for name, value in dataclasses.asdict(settings).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def require_agreement(folder: Path, settings: RunSettings) -> None:
    """ConfigError when the stage in a folder began with other settings."""
    path = folder / "config.json"
    if path.is_file():
        # a setting that is newer than the run counts as its default
        refuse_changes({**_defaults(settings), **read_json(path)}, plain(settings))


def _defaults(settings: RunSettings) -> dict[str, Any]:
    return {
        field.name: _plain(field.default)
        for field in dataclasses.fields(settings)
        if field.default is not dataclasses.MISSING
    }


def refuse_changes(before: Mapping[str, Any], now: Mapping[str, Any], free: Collection[str] = FREE) -> None:
    """ConfigError that lists what differs."""
    changed = sorted(
        name
        for name, value in now.items()
        if name not in free
        and _seen_from_anywhere(name, before.get(name)) != _seen_from_anywhere(name, value)
    )
    if not changed:
        return
    listed = ", ".join(f"{name}: {before.get(name)} → {now[name]}" for name in changed)
    raise ConfigError(
        say(
            f"이 실행은 다른 설정으로 시작했습니다 ({listed}). 같은 설정으로 잇거나 새 --name을 쓰세요.",
            f"this run began with other settings ({listed}). Go on with those, or start a new run with --name.",
        )
    )


def _seen_from_anywhere(name: str, value: Any) -> Any:
    """Paths without their folders: a stage has prepared its own data, and identifies it by hash."""
    if name not in PLACES:
        return value
    if isinstance(value, str):
        return Path(value).name
    return [Path(entry).name for entry in value] if isinstance(value, list) else value

"""A run -> the models that its stages are, without loading one.

What a client calls a model is `RUN/STAGE`, as on the command line; the stage that was asked for comes first and is what
a request without a name gets.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from nakochat.core.errors import CheckpointError
from nakochat.core.files import MANIFEST, read_json
from nakochat.core.messages import say
from nakochat.core.paths import STAGES, RunReference, find_run
from nakochat.text.tokenizer import Tokenizer


@dataclass
class Model:
    """What is known of a model before it is loaded.  The engine process checks every byte when it loads it, and says
    what it is by then: a training may have gone on."""

    name: str
    tokenizer: Tokenizer
    context: int
    created: int


def models_of(run: RunReference, most_context: int | None = None) -> dict[str, Model]:
    """Name -> model, the one that was asked for first.  CheckpointError when it has no whole checkpoint.

    most_context: what the engines will take at most, of whatever model.
    """
    tokenizer = Tokenizer.load(run.folder.parent / "tokenizer")
    others = [
        RunReference(run.name, stage, None) for stage in reversed(STAGES) if run.step or stage != run.stage
    ]
    found = {
        str(reference): model
        for reference in (run, *others)
        if (model := _model(reference, tokenizer, most_context))
    }
    if str(run) not in found:
        raise CheckpointError(say(f"온전한 체크포인트가 없습니다: {run}.", f"no whole checkpoint: {run}."))
    return found


def _model(reference: RunReference, tokenizer: Tokenizer, most_context: int | None) -> Model | None:
    """None where the stage has no checkpoint of that step that was written to its end."""
    for folder in _steps(reference):
        try:
            context = int(read_json(folder / "about.json")["config"]["context"])
            created = int((folder / MANIFEST).stat().st_mtime)
            return Model(str(reference), tokenizer, min(context, most_context or context), created)
        except (OSError, json.JSONDecodeError, KeyError, TypeError, ValueError):
            continue  # damaged, or just deleted for a newer one: the engine process says so when it loads
    return None


def _steps(reference: RunReference) -> list[Path]:
    """Checkpoint folders, newest first."""
    folders = (reference.folder / "checkpoints").glob("[0-9]*")
    found = [path for path in folders if path.name.isdecimal() and reference.step in (None, int(path.name))]
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def reference_of(name: str) -> RunReference:
    """The run, stage and step that a model's name stands for."""
    return find_run(name)

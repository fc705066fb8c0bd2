"""A RUN of the command line -> what an export needs of it: the model in float32, tokenizer, template, card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nakochat.core.errors import ConfigError
from nakochat.core.files import MANIFEST, read_json
from nakochat.core.messages import say
from nakochat.core.paths import RunReference, run_folder
from nakochat.interop import chat_format
from nakochat.interop.imports import TEMPLATE
from nakochat.models.checkpoint import checkpoint_of
from nakochat.models.model import Model, kind_of
from nakochat.models.nako import NakoConfig
from nakochat.text.tokenizer import Tokenizer

DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A checkpoint on its way out."""

    run: RunReference
    model: Model
    tokenizer: Tokenizer
    template: str
    own_template: bool
    """Whether the template is our chat format, and not that of a model that was imported and not trained on."""
    step: int
    imported: dict[str, Any] | None
    """Where the model that it began as came from, if not from training here."""
    taught: bool
    """Whether it was trained here, and is not the imported model as it came."""

    @property
    def kind(self) -> str:
        return kind_of(self.model.config)

    @property
    def needs_code(self) -> bool:
        """Whether Transformers has no such shape, so that the model has to bring its own."""
        config = self.model.config
        return isinstance(config, NakoConfig) and not config.plain

    @property
    def rows(self) -> int:
        """Of the tables that leave: those that stand for a token, not what rounds them up."""
        return self.model.config.vocab_size


def read_run(run: RunReference) -> Exported:
    """CheckpointError when there is no whole checkpoint."""
    tokenizer = Tokenizer.load(run.folder.parent / "tokenizer")
    checkpoint = checkpoint_of(run)
    checkpoint.require_tokenizer(tokenizer.hash)
    template = run.folder.parent / "tokenizer" / TEMPLATE
    as_it_came = "imported" in _object(run.folder / "config.json")
    foreign = as_it_came and template.is_file()
    return Exported(
        run=run,
        model=checkpoint.model(torch.float32, torch.device("cpu")).eval(),
        tokenizer=tokenizer,
        template=template.read_text(encoding="utf-8") if foreign else chat_format.template(tokenizer),
        own_template=not foreign,
        step=checkpoint.step,
        imported=_imported(run.folder),
        taught=not as_it_came,
    )


def _imported(folder: Path) -> dict[str, Any] | None:
    """What is recorded of the model from elsewhere that the one of a stage's folder goes back to, in whatever run it
    lies; None where there is none, or a run in between is gone."""
    passed: set[Path] = set()
    while folder not in passed:
        passed.add(folder)
        config = _object(folder / "config.json")
        if "imported" in config:
            return config
        parent = _object(folder / "origin.json").get("parent")
        named = parent.get("checkpoint") if isinstance(parent, dict) else None  # NAME/STAGE@STEP
        if not isinstance(named, str):
            return None
        name, _, rest = named.partition("/")
        folder = run_folder(name) / rest.partition("@")[0]
    return None


def _object(path: Path) -> dict[str, Any]:
    found = read_json(path) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def require_free(folder: Path, holds: str) -> None:
    """ConfigError when a folder holds something that an export of this kind, which writes a file `holds`, did not
    write: an export takes the place of the one before."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(say(f"폴더가 아닙니다: {folder}.", f"not a folder: {folder}."))
    if (
        folder.is_dir()
        and any(folder.iterdir())
        and not all((folder / name).is_file() for name in (MANIFEST, holds))
    ):
        raise ConfigError(
            say(
                f"빈 폴더가 아닙니다: {folder}. 다른 폴더를 쓰세요. 있는 것은 지우지 않습니다.",
                f"the folder is not empty: {folder}. Use another; what is there is not deleted.",
            )
        )

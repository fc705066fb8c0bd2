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
    """Where the run's base came from, if not from training here."""

    @property
    def kind(self) -> str:
        return kind_of(self.model)

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
    imported = _imported(run_folder(run.name))
    foreign = imported is not None and run.stage == "base" and template.is_file()
    return Exported(
        run=run,
        model=checkpoint.model(torch.float32, torch.device("cpu")).eval(),
        tokenizer=tokenizer,
        template=template.read_text(encoding="utf-8") if foreign else chat_format.template(tokenizer),
        own_template=not foreign,
        step=checkpoint.step,
        imported=imported,
    )


def _imported(folder: Path) -> dict[str, Any] | None:
    path = folder / "base" / "config.json"
    found = read_json(path) if path.is_file() else {}
    return found if isinstance(found, dict) and "imported" in found else None


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

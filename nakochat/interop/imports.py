"""A folder of Transformers, or a GGUF file -> a run whose base is that model.

Nothing that is read can run as code: safetensors, JSON and GGUF hold values only, and pickles are refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import refuse_pickle, write_text
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.paths import run_folder
from nakochat.core.run import Run
from nakochat.interop.extension import Extension, begin_as_means
from nakochat.interop.fields import Fields, read_bounded_json
from nakochat.interop.gguf_file import GgufFile, require_gguf
from nakochat.interop.pieces import in_gguf, in_transformers
from nakochat.interop.safetensor_files import SafetensorFiles
from nakochat.interop.shapes import from_gguf, from_transformers
from nakochat.interop.tokens import build_tokenizer, read_tokenizer
from nakochat.interop.weights import read_model
from nakochat.models.checkpoint import save_checkpoint
from nakochat.models.gpt2 import GPT2, GPT2Config
from nakochat.models.llama import Llama, LlamaConfig
from nakochat.text.tokenizer import SPECIAL_TOKENS, Tokenizer

TEMPLATE = "chat_template.jinja"
MOST_TEMPLATE = 2**20  # characters
_CONTROL, _OWN = 3, 4  # kinds of token in GGUF: special, and added by the user


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What was read."""

    model: Llama | GPT2
    tokenizer: Tokenizer
    template: str | None
    """The model's own chat template; kept for export, never run."""
    licence: str | None
    rows: int
    """Tokens that the model knew: those after them are the chat format's, and then those that were learnt."""
    shorter: Tokenizer | None = None
    """The tokenizer before it was given more tokens."""


Lengthen = Callable[[Tokenizer], Extension]


def read_path(path: Path, *, context: int | None = None, lengthen: Lengthen | None = None) -> Imported:
    """The model of a folder or a .gguf file.  DataError where it cannot be read.

    lengthen: gives the tokenizer more tokens (extension.py), which the model gets rows for.
    """
    if path.is_file() and path.suffix == ".gguf":
        return read_gguf(path, context=context, lengthen=lengthen)
    refuse_pickle(path)
    if not path.is_dir():
        raise DataError(
            say(
                f"들여올 것이 없습니다: {path}. Transformers가 저장한 폴더나 .gguf 파일이어야 합니다.",
                f"nothing to import at {path}. It must be a folder that Transformers saved, or a .gguf file.",
            )
        )
    return read_folder(path, context=context, lengthen=lengthen)


def read_folder(folder: Path, *, context: int | None = None, lengthen: Lengthen | None = None) -> Imported:
    """The model that Transformers saved in a folder."""
    path = folder / "config.json"
    if not path.is_file():
        raise DataError(
            say(
                f"설정이 없습니다: {path}. Transformers가 저장한 폴더를 쓰세요.",
                f"no config at {path}. Use a folder that Transformers saved.",
            )
        )
    config = from_transformers(_mapping(path), str(path))
    tensors = SafetensorFiles(folder)
    tokenizer = read_tokenizer(folder)
    prefix = "" if "wte.weight" in tensors.shapes else "transformer."  # as OpenAI's were published
    find = in_transformers(config, prefix=prefix)
    longer = lengthen(tokenizer) if lengthen else Extension(tokenizer, {})
    model = read_model(config, find, tensors, vocab_size=longer.tokenizer.vocab_size, context=context)
    return _imported(config, tokenizer, longer, model, _template(folder), _licence(folder))


def read_gguf(path: Path, *, context: int | None = None, lengthen: Lengthen | None = None) -> Imported:
    """The model of a GGUF file."""
    require_gguf()
    file = GgufFile(path)
    config = from_gguf(file.values, set(file.shapes), file.where)
    tokenizer = _gguf_tokenizer(file)
    longer = lengthen(tokenizer) if lengthen else Extension(tokenizer, {})
    model = read_model(config, in_gguf(config), file, vocab_size=longer.tokenizer.vocab_size, context=context)
    template, licence = (
        value if isinstance(value := file.values.get(key), str) else None
        for key in ("tokenizer.chat_template", "general.license")
    )
    return _imported(config, tokenizer, longer, model, template, licence)


def _imported(
    config: LlamaConfig | GPT2Config,
    tokenizer: Tokenizer,
    longer: Extension,
    model: Llama | GPT2,
    template: str | None,
    licence: str | None,
) -> Imported:
    for table in (model.embedding, model.own_head):
        if table is not None:
            begin_as_means(table.weight, longer.pieces)
    return Imported(
        model=model,
        tokenizer=longer.tokenizer,
        template=template,
        licence=licence,
        rows=config.vocab_size,
        shorter=tokenizer if longer.pieces else None,
    )


def _gguf_tokenizer(file: GgufFile) -> Tokenizer:
    fields = Fields(file.values, file.where)
    kind = fields.text("tokenizer.ggml.model")
    lists = [file.values.get(f"tokenizer.ggml.{key}") for key in ("tokens", "merges", "token_type")]
    tokens, merges, kinds = lists
    if kind != "gpt2" or not isinstance(tokens, list) or not isinstance(merges, list):
        raise DataError(
            say(
                f"{file.where}: 바이트 수준 BPE가 아닌 토크나이저는 아직 읽을 수 없습니다 ({kind}).",
                f"{file.where}: a tokenizer that is no byte-level BPE cannot be read yet ({kind}).",
            )
        )
    kinds = kinds if isinstance(kinds, list) and len(kinds) == len(tokens) else [1] * len(tokens)
    # a file that does not say how it splits was made when there was only GPT-2
    return build_tokenizer(
        list(map(str, tokens)),
        list(map(str, merges)),
        fields.text("tokenizer.ggml.pre", "gpt-2"),
        special=[i for i, k in enumerate(kinds) if k == _CONTROL],
        own=[i for i, k in enumerate(kinds) if k == _OWN],
        where=file.where,
        ends=[
            i for kind in ("eos", "eot", "eom") for i in fields.integers(f"tokenizer.ggml.{kind}_token_id")
        ],
    )


def keep(imported: Imported, name: str, source: str) -> list[str]:
    """Write a run of this name; the tokens that were added to the vocabulary.  ConfigError when the run is there."""
    folder = run_folder(name)
    if any(folder.glob("*/checkpoints/[0-9]*")):
        raise ConfigError(
            say(
                f"{josa(repr(name), '이라는')} 실행이 이미 있습니다. 다른 --name을 쓰거나 {folder} 폴더를 지우세요.",
                f"there is a run '{name}' already. Use another --name, or delete {folder}.",
            )
        )
    imported.tokenizer.save(folder / "tokenizer")
    if imported.template is not None:
        write_text(folder / "tokenizer" / TEMPLATE, imported.template)
    added = [t for t in SPECIAL_TOKENS if (imported.tokenizer.backend.token_to_id(t) or 0) >= imported.rows]
    with Run(folder / "base") as run:
        run.write_config(
            {
                "imported": source,
                "licence": imported.licence,
                "rows": imported.rows,
                "added": added,
                "learnt": _learnt(imported),
            }
        )
        run.write_origin(machine={"device": "cpu"}, seed=0, parent=None)
        save_checkpoint(
            folder / "base" / "checkpoints",
            model=imported.model,
            tokenizer_hash=imported.tokenizer.hash,
            state={"step": 0, "steps": 0, "dtype": "float32", "compiled": False},
        )
    return added


def _learnt(imported: Imported) -> int:
    """Tokens that the tokenizer was given beyond its own and the chat format's."""
    before = imported.shorter
    return 0 if before is None else imported.tokenizer.vocab_size - before.vocab_size


def parameters_of(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _mapping(path: Path) -> dict[str, Any]:
    found = read_bounded_json(path)
    if not isinstance(found, dict):
        raise DataError(
            say(f"설정이 아닙니다: {path}. 다시 받으세요.", f"no config: {path}. Download it again.")
        )
    return found


def _template(folder: Path) -> str | None:
    """The chat template, from its own file or from among the tokenizer's values."""
    path, config = folder / TEMPLATE, folder / "tokenizer_config.json"
    if path.is_file() and path.stat().st_size <= MOST_TEMPLATE:
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                say(
                    f"UTF-8로 된 글이 아닙니다: {path} ({error}). 다시 받으세요.",
                    f"not text in UTF-8: {path} ({error}). Download it again.",
                )
            ) from error
    found = _mapping(config).get("chat_template") if config.is_file() else None
    if isinstance(found, list):  # several, each with a name
        named = {entry.get("name"): entry.get("template") for entry in found if isinstance(entry, dict)}
        found = named.get("default")
    return found if isinstance(found, str) and len(found) <= MOST_TEMPLATE else None


def _licence(folder: Path) -> str | None:
    """What the model card names in its first lines."""
    card = folder / "README.md"
    if not card.is_file():
        return None
    with card.open(encoding="utf-8", errors="replace") as file:
        head = file.read(16_384)
    found = re.search(r"\A---\n(?:(?!---\n).*\n)*?license: *(\S+)", head)
    return found[1] if found else None

"""A run -> a folder that Transformers loads: weights, config, tokenizer, chat template, generation config, card.

`llama`, `gpt2` and a plain `nako` (Transformers' `nanochat`) load with no code but Transformers' own.  Any other `nako`
is a shape that Transformers does not have, so its folder carries a modelling file, and whoever loads it has to say
trust_remote_code=True.
"""

import dataclasses
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as serialise
from torch import Tensor

from nakochat.core.files import whole_folder, write_bytes, write_json, write_text
from nakochat.interop.card import card
from nakochat.interop.chat_format import generation_config
from nakochat.interop.exported import DTYPES, Exported, require_free
from nakochat.interop.imports import TEMPLATE
from nakochat.interop.pieces import gather, in_transformers
from nakochat.interop.shapes import to_transformers
from nakochat.models.gpt2 import GPT2
from nakochat.models.nako import Nako, NakoConfig

CODE = "modeling_nako.py"


def write_hf(exported: Exported, folder: Path, dtype: str) -> None:
    """dtype: f32, f16 or bf16.  ConfigError when something else stands in the folder."""
    require_free(folder, "config.json")
    weights = {
        name: tensor.to(DTYPES[dtype]) for name, tensor in _weights(exported) if not _is_constant(name)
    }
    with whole_folder(folder) as files:
        write_bytes(files / "model.safetensors", serialise(weights, metadata={"format": "pt"}))
        write_json(files / "config.json", _config(exported, dtype))
        write_json(files / "generation_config.json", generation_config(exported.tokenizer))
        exported.tokenizer.backend.save(str(files / "tokenizer.json"))
        write_json(files / "tokenizer_config.json", _tokenizer_config(exported))
        write_text(files / TEMPLATE, exported.template)
        write_text(files / "README.md", card(exported, "hf"))
        if exported.needs_code:
            write_text(files / CODE, modelling_code())


def _weights(exported: Exported) -> list[tuple[str, Tensor]]:
    model = exported.model
    if isinstance(model, Nako) and exported.needs_code:
        tables = ("embedding.weight", "head.weight")
        return [
            (name, x[: exported.rows].clone() if name in tables or name.startswith("value_emb") else x)
            for name, x in model.state_dict().items()
        ]
    # what is frozen in a plain model is without effect there
    parameters: dict[str, Tensor] = {
        name: x for name, x in model.named_parameters() if not isinstance(model, Nako) or x.requires_grad
    }
    if isinstance(model, GPT2) and model.places is None:  # GPT-2 elsewhere learns its positions
        parameters = {**parameters, "places.weight": model.place_table().float()}
    with torch.no_grad():
        return list(gather(parameters.items(), in_transformers(model.config), exported.rows))


def _is_constant(name: str) -> bool:
    return name in ("cos", "sin")


def _config(exported: Exported, dtype: str) -> dict[str, Any]:
    config, tokenizer = exported.model.config, exported.tokenizer
    name = str(DTYPES[dtype]).removeprefix("torch.")
    own = isinstance(config, NakoConfig) and not config.plain
    shape = _own(dataclasses.asdict(config)) if own else to_transformers(config)
    return {
        **shape,
        "bos_token_id": tokenizer.bos,
        "eos_token_id": tokenizer.im_end,
        "pad_token_id": tokenizer.pad,
        "torch_dtype": name,
    }


def _own(shape: dict[str, Any]) -> dict[str, Any]:
    """config.json of our own shape: the fields of NakoConfig, and where the code is."""
    module = CODE.removesuffix(".py")
    return {
        "model_type": "nako",
        "architectures": ["NakoForCausalLM"],
        "auto_map": {
            "AutoConfig": f"{module}.NakoConfig",
            "AutoModelForCausalLM": f"{module}.NakoForCausalLM",
        },
        **shape,
        "kv_heads": shape["kv_heads"] or shape["heads"],
        "max_position_embeddings": shape["context"],
        "tie_word_embeddings": False,
        "use_cache": False,
    }


def _tokenizer_config(exported: Exported) -> dict[str, Any]:
    """As text/tokenizer.py writes it, of a model that has a longest text."""
    backend, tokenizer = exported.tokenizer.backend, exported.tokenizer
    return {
        # Transformers 4 does not know the class that 5 writes; both know this one
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": backend.id_to_token(tokenizer.bos),
        "eos_token": backend.id_to_token(tokenizer.im_end),
        "pad_token": backend.id_to_token(tokenizer.pad),
        "clean_up_tokenization_spaces": False,
        "model_max_length": exported.model.config.context,
    }


def modelling_code() -> str:
    """The file by which Transformers runs our own shape."""
    return resources.files("nakochat.interop").joinpath(f"{CODE}.txt").read_text(encoding="utf-8")

"""A run -> a GGUF file that llama.cpp, and with it Ollama, runs: weights, tokenizer, chat template; and a Modelfile.

llama.cpp takes no patterns from a file, it knows them by name (tokens.py), and it has no shape like `nako`.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from nakochat.core.errors import ConfigError
from nakochat.core.files import whole_folder, write_text
from nakochat.core.messages import say
from nakochat.interop.card import card
from nakochat.interop.chat_format import names_of_ends, ollama_template
from nakochat.interop.exported import Exported, require_free
from nakochat.interop.gguf_file import require_gguf
from nakochat.interop.pieces import gather, in_gguf
from nakochat.interop.tokens import split_name
from nakochat.models.gpt2 import GPT2, GPT2Config
from nakochat.models.llama import Llama, LlamaConfig, stretched_frequencies
from nakochat.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from gguf import GGUFWriter

TYPES = ("f32", "f16", "bf16", "q8_0")
_NORMAL, _CONTROL, _OWN, _UNUSED = 1, 3, 4, 5  # kinds of token


def write_gguf(exported: Exported, folder: Path, packing: str) -> Path:
    """The file's path.  packing: one of TYPES.  ConfigError for a model that llama.cpp has no shape for."""
    model = exported.model
    if not isinstance(model, Llama | GPT2):
        raise ConfigError(
            say(
                f"{exported.run}의 모양 'nako'는 llama.cpp와 Ollama에 없습니다. Transformers로 쓰려면 --to hf, "
                "사람에게 열려면 'nako serve'를 쓰세요. GGUF로 나가는 것은 llama와 gpt2입니다.",
                f"the shape of {exported.run}, 'nako', is not one of llama.cpp's or Ollama's. Use --to hf for "
                "Transformers, or 'nako serve' for people. Those that go to GGUF are llama and gpt2.",
            )
        )
    require_gguf()
    require_free(folder, "Modelfile")
    split = split_name(exported.tokenizer)
    name = f"{exported.run.name}-{packing.upper()}.gguf"
    with whole_folder(folder) as files:
        _write(files / name, exported, model, split, packing)
        write_text(files / "Modelfile", _modelfile(exported, name))
        write_text(files / "README.md", card(exported, "gguf", name))
    return folder / name


def _write(path: Path, exported: Exported, model: Llama | GPT2, split: str, packing: str) -> None:
    from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType

    config = model.config
    kind = "gpt2" if isinstance(model, GPT2) else "qwen3" if model.config.qk_norm else "llama"
    writer = GGUFWriter(path, kind)
    writer.add_name(exported.run.name)
    writer.add_file_type(
        {
            "f32": LlamaFileType.ALL_F32,
            "f16": LlamaFileType.MOSTLY_F16,
            "bf16": LlamaFileType.MOSTLY_BF16,
            "q8_0": LlamaFileType.MOSTLY_Q8_0,
        }[packing]
    )
    _add_shape(writer, config)
    _add_tokenizer(writer, exported, split)
    packed = getattr(GGMLQuantizationType, packing.upper())
    for name, tensor in _weights(model, exported.rows):
        _add(writer, name, tensor, packed)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add(writer: "GGUFWriter", name: str, tensor: Tensor, packing: Any) -> None:
    """Matrices in the packing, vectors and what its blocks do not divide in float32."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import quantize

    plain = tensor.numpy().astype(np.float32)
    block = GGML_QUANT_SIZES[packing][0]
    if tensor.dim() < 2 or name.startswith("position") or tensor.shape[-1] % block:
        packing = GGMLQuantizationType.F32
    if packing == GGMLQuantizationType.F32:
        writer.add_tensor(name, plain)
    elif packing == GGMLQuantizationType.F16:
        writer.add_tensor(name, plain.astype(np.float16))
    else:
        writer.add_tensor(name, quantize(plain, packing), raw_dtype=packing)


def _weights(model: Llama | GPT2, rows: int) -> list[tuple[str, Tensor]]:
    parameters: dict[str, Tensor] = dict(model.named_parameters())
    if isinstance(model, GPT2) and model.places is None:
        parameters["places.weight"] = model.place_table().float()
    with torch.no_grad():
        found = [(name, x.detach()) for name, x in gather(parameters.items(), in_gguf(model.config), rows)]
    if isinstance(model, Llama) and model.config.stretch is not None:
        c = model.config
        plain = c.rotary_base ** -(torch.arange(0, c.head_width, 2).float() / c.head_width)
        found.append(("rope_freqs.weight", plain / stretched_frequencies(c)))
    return found


def _add_shape(writer: "GGUFWriter", config: LlamaConfig | GPT2Config) -> None:
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_head_count(config.heads)
    writer.add_vocab_size(config.vocab_size)
    writer.add_feed_forward_length(config.mlp)
    if isinstance(config, LlamaConfig):
        writer.add_head_count_kv(config.key_heads)
        writer.add_key_length(config.head_width)
        writer.add_value_length(config.head_width)
        writer.add_rope_dimension_count(config.head_width)
        writer.add_rope_freq_base(config.rotary_base)
        writer.add_layer_norm_rms_eps(config.norm_epsilon)
    else:
        writer.add_layer_norm_eps(config.norm_epsilon)


def _add_tokenizer(writer: "GGUFWriter", exported: Exported, split: str) -> None:
    tokenizer = exported.tokenizer
    tokens, kinds = token_list(tokenizer, exported.rows)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(split)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges_of(tokenizer))
    writer.add_bos_token_id(tokenizer.bos)
    end, begin, *own = tokenizer.ends
    writer.add_eos_token_id(end)
    # each of these ends a generation as well.  There are no more places; other ends llama.cpp knows by their names
    for add, number in zip((writer.add_eot_token_id, writer.add_eom_token_id), (*own, begin), strict=False):
        add(number)
    writer.add_pad_token_id(tokenizer.pad)
    writer.add_add_bos_token(exported.own_template)
    writer.add_chat_template(exported.template)


def token_list(tokenizer: Tokenizer, rows: int) -> tuple[list[str], list[int]]:
    """The tokens as the vocabulary writes them, and the kind of each; rows that stand for nothing are unused."""
    added = tokenizer.backend.get_added_tokens_decoder()
    tokens = [str(tokenizer.backend.id_to_token(number)) for number in range(tokenizer.vocab_size)]
    kinds = [
        _NORMAL if number not in added else _CONTROL if added[number].special else _OWN
        for number in range(tokenizer.vocab_size)
    ]
    empty = range(tokenizer.vocab_size, rows)
    return [*tokens, *(f"<|unused_{number}|>" for number in empty)], [*kinds, *(_UNUSED for _ in empty)]


def merges_of(tokenizer: Tokenizer) -> list[str]:
    """The merges, in their order, as GGUF writes them."""
    described = json.loads(tokenizer.backend.to_str())
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in described["model"]["merges"]]


def _modelfile(exported: Exported, name: str) -> str:
    """For `ollama create`."""
    lines = [f"FROM ./{name}"]
    if exported.own_template:
        lines.append(f'TEMPLATE """{ollama_template(exported.tokenizer)}"""')
    lines += [
        *(f'PARAMETER stop "{name}"' for name in names_of_ends(exported.tokenizer)),
        "PARAMETER temperature 0.7",
        "PARAMETER top_k 50",
    ]
    return "\n".join([*lines, f"PARAMETER num_ctx {exported.model.config.context}", ""])

"""A parameter of ours <-> the tensor of another format that holds it: its name, and how it lies there.

Formats differ in three ways: GPT-2's published files hold a matrix the other way round and queries, keys and values
as one; llama.cpp turns neighbouring channels of a head where everyone else turns its two halves.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from nakochat.models.llama import LlamaConfig
from nakochat.models.model import ModelConfig
from nakochat.models.nako import NakoConfig

TABLES = ("embedding.weight", "own_head.weight", "head.weight")  # a row for every token: ours are padded
_PARTS = ("query", "key", "value")


@dataclass(frozen=True)
class Piece:
    """Where a parameter of ours is found."""

    name: str
    transposed: bool = False
    part: int | None = None
    """Which third of the rows (after transposing) it is; None is all."""
    neighbours: int | None = None
    """In so many heads, channels that are turned together lie side by side; None: in two halves."""

    def shape(self, ours: torch.Size) -> tuple[int, ...]:
        """The shape there of a parameter that has this shape here."""
        rows = ours[0] * (1 if self.part is None else 3)
        shape = (rows, *ours[1:])
        return shape[::-1] if self.transposed else shape

    def take(self, theirs: Tensor) -> Tensor:
        """Our parameter, out of their tensor."""
        x = theirs.T if self.transposed else theirs
        if self.part is not None:
            x = x.chunk(3)[self.part]
        if self.neighbours is not None:
            x = x.view(self.neighbours, -1, 2, *x.shape[1:]).transpose(1, 2).reshape(x.shape)
        return x.contiguous()

    def put(self, ours: Tensor) -> Tensor:
        """Their tensor of our parameter, or its third."""
        x = ours
        if self.neighbours is not None:
            x = x.view(self.neighbours, 2, -1, *x.shape[1:]).transpose(1, 2).reshape(x.shape)
        return x


Find = Callable[[str], Piece]

_LLAMA = {
    "embedding.weight": "model.embed_tokens.weight",
    "last_norm.weight": "model.norm.weight",
    "own_head.weight": "lm_head.weight",
    "attention_norm.weight": "input_layernorm.weight",
    "query.weight": "self_attn.q_proj.weight",
    "key.weight": "self_attn.k_proj.weight",
    "value.weight": "self_attn.v_proj.weight",
    "out.weight": "self_attn.o_proj.weight",
    "query_norm.weight": "self_attn.q_norm.weight",
    "key_norm.weight": "self_attn.k_norm.weight",
    "mlp_norm.weight": "post_attention_layernorm.weight",
    "gate.weight": "mlp.gate_proj.weight",
    "up.weight": "mlp.up_proj.weight",
    "down.weight": "mlp.down_proj.weight",
}
_NANOCHAT = {
    "embedding.weight": "model.embed_tokens.weight",
    "head.weight": "lm_head.weight",
    "query.weight": "self_attn.q_proj.weight",
    "key.weight": "self_attn.k_proj.weight",
    "value.weight": "self_attn.v_proj.weight",
    "out.weight": "self_attn.o_proj.weight",
    "up.weight": "mlp.fc1.weight",
    "down.weight": "mlp.fc2.weight",
}
_GPT2 = {
    "embedding": "wte",
    "places": "wpe",
    "last_norm": "ln_f",
    "own_head": "lm_head",
    "attention_norm": "ln_1",
    "query": "attn.c_attn",
    "key": "attn.c_attn",
    "value": "attn.c_attn",
    "out": "attn.c_proj",
    "mlp_norm": "ln_2",
    "up": "mlp.c_fc",
    "down": "mlp.c_proj",
}
_GGUF = {
    "embedding": "token_embd",
    "places": "position_embd",
    "last_norm": "output_norm",
    "own_head": "output",
    "attention_norm": "attn_norm",
    "query": "attn_q",
    "key": "attn_k",
    "value": "attn_v",
    "out": "attn_output",
    "query_norm": "attn_q_norm",
    "key_norm": "attn_k_norm",
    "mlp_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def in_transformers(config: ModelConfig, *, prefix: str = "transformer.") -> Find:
    """Where Transformers keeps each parameter.  prefix: GPT-2's own files were published without it."""
    if isinstance(config, LlamaConfig):
        return lambda name: _named(name, _LLAMA)
    if isinstance(config, NakoConfig):  # a plain one; its angles turn the same way as there
        return lambda name: _named(name, _NANOCHAT)

    def find(name: str) -> Piece:
        layer, rest = _split(name)
        part, _, kind = rest.partition(".")
        if part == "own_head":
            return Piece("lm_head.weight")
        fused = _PARTS.index(part) if part in _PARTS else None
        matrix = part in (*_PARTS, "out", "up", "down")
        inside = "" if layer is None else f"h.{layer}."
        return Piece(f"{prefix}{inside}{_GPT2[part]}.{kind}", matrix and kind == "weight", fused)

    return find


def _named(name: str, table: dict[str, str]) -> Piece:
    layer, rest = _split(name)
    return Piece(table[rest] if layer is None else f"model.layers.{layer}.{table[rest]}")


def in_gguf(config: ModelConfig) -> Find:
    """Where llama.cpp keeps each parameter."""

    def find(name: str) -> Piece:
        layer, rest = _split(name)
        part, _, kind = rest.partition(".")
        inside = "" if layer is None else f"blk.{layer}."
        if not isinstance(config, LlamaConfig) and part in _PARTS:
            return Piece(f"{inside}attn_qkv.{kind}", part=_PARTS.index(part))
        paired = None
        if isinstance(config, LlamaConfig) and not config.qk_norm and part in ("query", "key"):
            paired = config.heads if part == "query" else config.key_heads
        return Piece(f"{inside}{_GGUF[part]}.{kind}", neighbours=paired)

    return find


def _split(name: str) -> tuple[int | None, str]:
    """ "layers.3.query.weight" -> 3, "query.weight" """
    if not name.startswith("layers."):
        return None, name
    _, layer, rest = name.split(".", 2)
    return int(layer), rest


def gather(parameters: Iterable[tuple[str, Tensor]], find: Find, rows: int) -> Iterator[tuple[str, Tensor]]:
    """(name, tensor) of another format from our parameters; of the tables so many rows."""
    thirds: dict[str, list[Tensor]] = {}
    for ours, tensor in parameters:
        piece = find(ours)
        x = piece.put(tensor[:rows] if ours in TABLES else tensor)
        if piece.part is not None:
            found = thirds.setdefault(piece.name, [])
            found.append(x)
            if len(found) < 3:
                continue
            x = torch.cat(thirds.pop(piece.name))
        yield piece.name, (x.T if piece.transposed else x).contiguous()

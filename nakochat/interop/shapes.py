"""config.json of Transformers, or the header of a GGUF file, <-> the config of our model."""

from typing import Any

import torch

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.interop.fields import Fields
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import ModelConfig
from nakochat.models.nako import LOGIT_CAP, NakoConfig

_GELU = ("gelu_new", "gelu_pytorch_tanh")


def from_transformers(values: dict[str, Any], where: str) -> LlamaConfig | GPT2Config:
    """The config of the model in a folder.  DataError for shapes that are not ours."""
    fields = Fields(values, where)
    kind = fields.text("model_type")
    if kind == "gpt2":
        return _gpt2(fields)
    if kind in ("llama", "qwen3"):
        return _llama(fields, qwen3=kind == "qwen3")
    raise DataError(_unknown(kind, where))


def _unknown(kind: str, where: str) -> str:
    return say(
        f"{where}: 모르는 모양의 모델입니다: {kind!r}. 읽을 수 있는 것은 gpt2, llama(SmolLM2도), qwen3입니다.",
        f"{where}: unknown kind of model: {kind!r}. Those that can be read are gpt2, llama (SmolLM2 too) and qwen3.",
    )


def _gpt2(fields: Fields) -> GPT2Config:
    fields.refuse("activation_function", *_GELU)
    fields.refuse("scale_attn_weights", True)
    fields.refuse("scale_attn_by_inverse_layer_idx", False)
    fields.refuse("add_cross_attention", False)
    return GPT2Config(
        vocab_size=fields.integer("vocab_size", 50257),
        layers=fields.integer("n_layer", 12),
        width=fields.integer("n_embd", 768),
        heads=fields.integer("n_head", 12),
        mlp_width=fields.integer("n_inner", 4 * fields.integer("n_embd", 768)),
        context=fields.integer("n_positions", 1024),
        norm_epsilon=fields.number("layer_norm_epsilon", 1e-5),
        tied=fields.flag("tie_word_embeddings", True),
    )


def _llama(fields: Fields, *, qwen3: bool) -> LlamaConfig:
    fields.refuse("hidden_act", "silu")
    for name in ("attention_bias", "mlp_bias", "use_sliding_window"):
        fields.refuse(name, False)
    fields.refuse("partial_rotary_factor", 1.0)
    width, heads = fields.integer("hidden_size"), fields.integer("num_attention_heads")
    rotary = _rotary(fields)
    return LlamaConfig(
        vocab_size=fields.integer("vocab_size"),
        layers=fields.integer("num_hidden_layers"),
        width=width,
        heads=heads,
        kv_heads=fields.integer("num_key_value_heads", heads),
        head_size=fields.integer("head_dim", 128 if qwen3 else width // max(heads, 1)),
        mlp_width=fields.integer("intermediate_size"),
        context=fields.integer("max_position_embeddings", 32768 if qwen3 else 2048),
        rotary_base=rotary.number("rope_theta", 1e4),
        stretch=_stretch(rotary),
        norm_epsilon=fields.number("rms_norm_eps", 1e-6),
        qk_norm=qwen3,
        tied=fields.flag("tie_word_embeddings", False),
    )


def _rotary(fields: Fields) -> Fields:
    """RoPE's values: Transformers 5 keeps them together, 4 keeps the base beside what stretches it."""
    together: dict[str, Any] = {}
    for name in ("rope_scaling", "rope_parameters"):
        value = fields.values.get(name) or {}
        if not isinstance(value, dict):
            fields.refuse(name, {})
        together |= value
    base = fields.values.get("rope_theta")
    rotary = Fields(({} if base is None else {"rope_theta": base}) | together, fields.where)
    rotary.refuse("rope_type", "default", "llama3")
    rotary.refuse("type", "default", "llama3")
    return rotary


def _stretch(rotary: Fields) -> tuple[float, float, float, int] | None:
    if (rotary.values.get("rope_type") or rotary.values.get("type") or "default") == "default":
        return None
    return (
        rotary.number("factor"),
        rotary.number("low_freq_factor"),
        rotary.number("high_freq_factor"),
        rotary.integer("original_max_position_embeddings"),
    )


def to_transformers(config: ModelConfig) -> dict[str, Any]:
    """config.json without the ids of special tokens, of a shape that Transformers knows."""
    if isinstance(config, GPT2Config):
        return {
            "model_type": "gpt2",
            "architectures": ["GPT2LMHeadModel"],
            "vocab_size": config.vocab_size,
            "n_layer": config.layers,
            "n_embd": config.width,
            "n_head": config.heads,
            "n_inner": config.mlp,
            "n_positions": config.context,
            "layer_norm_epsilon": config.norm_epsilon,
            "activation_function": "gelu_new",
            "tie_word_embeddings": config.tied,
            **dict.fromkeys(("attn_pdrop", "embd_pdrop", "resid_pdrop"), config.dropout),
        }
    if isinstance(config, NakoConfig):
        return _nanochat(config)
    stretch = dict(
        zip(
            ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
            config.stretch or (),
            strict=False,
        )
    )
    return {
        "model_type": "qwen3" if config.qk_norm else "llama",
        "architectures": ["Qwen3ForCausalLM" if config.qk_norm else "LlamaForCausalLM"],
        "vocab_size": config.vocab_size,
        "num_hidden_layers": config.layers,
        "hidden_size": config.width,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.key_heads,
        "head_dim": config.head_width,
        "intermediate_size": config.mlp,
        "max_position_embeddings": config.context,
        "rms_norm_eps": config.norm_epsilon,
        "hidden_act": "silu",
        "attention_bias": False,
        "tie_word_embeddings": config.tied,
        "rope_theta": config.rotary_base,
        **({"rope_scaling": {"rope_type": "llama3", **stretch}} if stretch else {}),
    }


def _nanochat(config: NakoConfig) -> dict[str, Any]:
    """Of a plain one: with value embeddings, smear or windows there is no such shape elsewhere."""
    assert config.plain
    return {
        "model_type": "nanochat",
        "architectures": ["NanoChatForCausalLM"],
        "vocab_size": config.vocab_size,
        "num_hidden_layers": config.layers,
        "hidden_size": config.width,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.key_heads,
        "intermediate_size": 4 * config.width,
        "max_position_embeddings": config.context,
        "rms_norm_eps": torch.finfo(torch.float32).eps,  # what F.rms_norm takes when it is told nothing
        "hidden_act": "relu2",
        "final_logit_softcapping": LOGIT_CAP,
        "attention_bias": False,
        "tie_word_embeddings": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rotary_base},
    }


def from_gguf(values: dict[str, Any], names: set[str], where: str) -> LlamaConfig | GPT2Config:
    """The config of the model in a GGUF file with these values and tensors.  DataError for shapes not ours."""
    fields = Fields(values, where)
    kind = fields.text("general.architecture")
    if kind not in ("llama", "qwen3", "gpt2"):
        raise DataError(_unknown(kind, where))
    if "rope_freqs.weight" in names:
        raise DataError(
            say(
                f"{where}: 위치를 늘인 GGUF는 읽을 수 없습니다 (rope_freqs). Transformers 폴더를 들여오세요.",
                f"{where}: a GGUF file with stretched positions (rope_freqs) cannot be read. "
                "Import the Transformers folder.",
            )
        )
    for name in ("expert_count", "attention.sliding_window"):
        fields.refuse(f"{kind}.{name}", 0)
    fields.refuse(f"{kind}.rope.scaling.type", "none")
    tied = "output.weight" not in names
    width, heads = (fields.integer(f"{kind}.{n}") for n in ("embedding_length", "attention.head_count"))
    shared: dict[str, Any] = {
        "vocab_size": len(fields.items("tokenizer.ggml.tokens", [])),
        "layers": fields.integer(f"{kind}.block_count"),
        "width": width,
        "heads": heads,
        "mlp_width": fields.integer(f"{kind}.feed_forward_length"),
        "context": fields.integer(f"{kind}.context_length"),
        "tied": tied,
    }
    if kind == "gpt2":
        epsilon = fields.number("gpt2.attention.layer_norm_epsilon", 1e-5)
        return GPT2Config(**shared, norm_epsilon=epsilon)
    return LlamaConfig(
        **shared,
        kv_heads=fields.integer(f"{kind}.attention.head_count_kv", heads),
        head_size=fields.integer(f"{kind}.attention.key_length", width // max(heads, 1)),
        rotary_base=fields.number(f"{kind}.rope.freq_base", 1e4),
        norm_epsilon=fields.number(f"{kind}.attention.layer_norm_rms_epsilon", 1e-6),
        qk_norm=kind == "qwen3",
    )

"""Small models of every family, as Transformers saves them, with a tokenizer like theirs."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers, trainers

TEXT = [
    "안녕하세요. 오늘은 날씨가 좋아서 강가를 걸었습니다. 강가에는 새가 12마리 있었어요!\n",
    "The cat sat.  It's 3 o'clock.\n",
]
CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VOCAB = 330


def published_tokenizer(special: list[str]) -> Backend:
    """Byte-level BPE that splits as GPT-2 does, with a family's special tokens first."""
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(TEXT * 20, trainer)
    return backend


FAMILIES = {
    "gpt2": {"model_type": "gpt2", "n_layer": 2, "n_embd": 32, "n_head": 4, "n_positions": 64},
    "llama": {
        "model_type": "llama",
        "num_hidden_layers": 2,
        "hidden_size": 32,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "rms_norm_eps": 1e-5,
    },
    "smollm2": {
        "model_type": "llama",
        "num_hidden_layers": 3,
        "hidden_size": 36,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "intermediate_size": 96,
        "max_position_embeddings": 64,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0},
        "tie_word_embeddings": True,
    },
    "llama3": {
        "model_type": "llama",
        "num_hidden_layers": 2,
        "hidden_size": 32,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 500.0,
            "factor": 4.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        },
    },
    "qwen3": {
        "model_type": "qwen3",
        "num_hidden_layers": 2,
        "hidden_size": 32,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "tie_word_embeddings": True,
    },
}


@dataclass(frozen=True)
class Family:
    """A folder, and the model of Transformers that was saved there."""

    name: str
    folder: Path
    model: object


def make_family(name: str, folder: Path, *, shard: str = "5GB") -> Family:
    """A model with random weights, large enough for attention to matter."""
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    backend = published_tokenizer(CHATML)
    values = {"vocab_size": backend.get_vocab_size(), "bos_token_id": 0, "eos_token_id": 2, **FAMILIES[name]}
    config = AutoConfig.for_model(**values)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    model.save_pretrained(folder, max_shard_size=shard)
    backend.save(str(folder / "tokenizer.json"))
    config_path = folder / "tokenizer_config.json"
    config_path.write_text(json.dumps({"chat_template": "{{ messages[0]['content'] }}"}), encoding="utf-8")
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# x\n", encoding="utf-8")
    return Family(name, folder, model)


@torch.no_grad()
def greedy(model, ids: list[int], tokens: int, *, never: list[int], stops: list[int], rows: int) -> list[int]:
    """The likeliest tokens one by one through the cache, without the engine's care for whole characters: a model of
    random weights breaks them, and nobody else minds."""
    cache = model.new_cache(1, len(ids) + tokens)
    found, new = [], ids
    while len(found) < tokens and not (found and found[-1] in stops):
        logits = model(torch.tensor([new]), cache)[0, -1, :rows]
        cache.advance(torch.tensor([len(new)]))
        logits[never] = float("-inf")
        new = [int(logits.argmax())]
        found += new
    return found

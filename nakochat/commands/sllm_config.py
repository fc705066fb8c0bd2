"""The JSON settings of the small Korean model's documents -> ours, key by key.

Its file is one flat table that is about tokenizer and training both; each stage takes what is its own.  What its
trainer always does, without a key for it, is the preset `sllm-default`.
"""

import os
from collections.abc import Mapping
from typing import Any

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.core.progress import speak_once

# its key -> our section and setting; the others are worked out below
_RENAMED = {
    "vocab_size": ("tokenizer", "vocab_size"),
    "d_model": ("base", "width"),
    "n_heads": ("base", "heads"),
    "n_layers": ("base", "depth"),
    "d_ff": ("base", "mlp_width"),
    "max_seq_len": ("base", "context"),
    "dropout": ("base", "dropout"),
    "learning_rate": ("base", "learning_rate"),
    "max_steps": ("base", "steps"),
    "warmup_steps": ("base", "warmup"),
    "gradient_checkpointing": ("base", "recompute"),
    "batch_size": ("base", "rows_per_piece"),
}
_WORKED_OUT = ("grad_accumulation_steps", "fp16")
# keys that no settings file of ours has
_TELLING = ("d_model", "n_heads", "n_layers", "d_ff", "max_seq_len", "grad_accumulation_steps", "max_steps")
PRESET = "sllm-default"


def is_sllm(values: Mapping[str, Any]) -> bool:
    """Whether a settings file is of that kind."""
    return any(key in values for key in _TELLING)


def from_sllm(values: Mapping[str, Any], section: str, where: str) -> dict[str, Any]:
    """What it says of one stage, and the preset that it stands over.  ConfigError for a key that it does not have."""
    unknown = [key for key in values if key not in (*_RENAMED, *_WORKED_OUT)]
    if unknown:
        known = ", ".join((*_RENAMED, *_WORKED_OUT))
        raise ConfigError(
            say(
                f"{where}: 모르는 설정입니다: {unknown[0]}. 이 형식에서 읽는 것: {known}.",
                f"{where}: unknown setting: {unknown[0]}. Of this form are read: {known}.",
            )
        )
    found = {ours: values[key] for key, (of, ours) in _RENAMED.items() if of == section and key in values}
    if section == "base":
        found |= _batch(values, where)
        if values.get("fp16"):
            speak_once(
                say(
                    f"{where}: fp16 → --dtype auto. bfloat16이 빠른 장치에서는 bfloat16을, 아니면 float32를 씁니다. "
                    "손실의 배율은 맞추지 않아도 됩니다.",
                    f"{where}: fp16 -> --dtype auto: bfloat16 where that is fast, else float32, without loss scaling.",
                )
            )
        elif "fp16" in values:
            found["dtype"] = "float32"
    return {"preset": PRESET, **found}


def _batch(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Its batch is that of one GPU and one of several passes; our rows are those of a step, over all processes."""
    if "batch_size" not in values and "grad_accumulation_steps" not in values:
        return {}
    each, times = values.get("batch_size", 8), values.get("grad_accumulation_steps", 8)
    if not all(isinstance(number, int) and number > 0 for number in (each, times)):
        raise ConfigError(
            say(
                f"{where}: batch_size와 grad_accumulation_steps는 1 이상의 정수입니다.",
                f"{where}: batch_size and grad_accumulation_steps are whole numbers of 1 or more.",
            )
        )
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    rows = each * times * processes
    speak_once(
        say(
            f"{where}: batch_size {each} × grad_accumulation_steps {times} × 프로세스 {processes}개 → --rows {rows}.",
            f"{where}: batch_size {each} x grad_accumulation_steps {times} x {processes} processes -> --rows {rows}.",
        )
    )
    return {"rows": rows}

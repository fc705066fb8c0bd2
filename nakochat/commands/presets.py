"""A preset's name and a --config file -> values for a command's settings, below the flags.

A preset is a TOML file of values with a table for each stage; a --config file may be the same, or one flat table (TOML
or JSON).
"""

import difflib
import json
import re
import tomllib
from collections.abc import Sequence
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from nakochat.commands.sllm_config import from_sllm, is_sllm
from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say

CPU = "cpu"
SECTIONS = ("tokenizer", "base", "mid", "sft", "rl", "score")
SUPPLIES = "supplies"  # the table of what a preset learns from (gather.py)


def settings_of(section: str) -> type[Any]:
    """The class of a section's settings.  The tokenizer's loads without torch."""
    module = "tokenizer_settings" if section == "tokenizer" else "settings"
    found: type[Any] = getattr(
        import_module(f"nakochat.training.{module}"), f"{section.capitalize()}Settings"
    )
    return found


def _guess(near: list[str]) -> str:
    if not near:
        return ""
    name = f"'{near[0]}'"
    return say(f" {josa(name, '을')} 쓰려고 하셨습니까?", f" Did you mean {name}?")


def preset_names() -> list[str]:
    folder = resources.files("nakochat.presets")
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def load_preset(name: str, device: str | None = None) -> dict[str, dict[str, Any]]:
    """The tables of a preset.  ConfigError with the nearest name for an unknown one.

    device: a stage's values for a CPU stand over its others where that is what --device means; None: as it is written,
    for a GPU.
    """
    if name not in preset_names():
        near = difflib.get_close_matches(name, preset_names(), n=1)
        guess = _guess(near)
        known = ", ".join(preset_names())
        raise ConfigError(
            say(
                f"'{name}' 프리셋이 없습니다.{guess} 있는 프리셋: {known}.",
                f"no preset '{name}'.{guess} There are: {known}.",
            )
        )
    text = (resources.files("nakochat.presets") / f"{name}.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, Any]] = tomllib.loads(text)
    for section, values in tables.items():
        small = values.pop(CPU, None)
        if small is not None and device is not None and _is_cpu(device):
            tables[section] = values | small
    return tables


def base_for(values: dict[str, Any], *, model: str | None, starts_elsewhere: bool) -> dict[str, Any]:
    """A preset's base section without the shape that it is written for, where the model has one of its own.

    starts_elsewhere: with --from, whose weights have a shape; dropout is none.  model: of --model; gpt2 does not
    rotate.
    """
    if starts_elsewhere:
        from nakochat.training.shape import SHAPE

        return {
            name: value
            for name, value in values.items()
            if name == "dropout" or name not in {field.name for field in SHAPE}
        }
    left_out = {"rotary_base"} if model == "gpt2" else set()
    return {name: value for name, value in values.items() if name not in left_out}


def _is_cpu(device: str) -> bool:
    from nakochat.core.machine import pick_device

    return device == CPU or pick_device(device).type == CPU


def load_config(path: Path, section: str, known: Sequence[str]) -> dict[str, Any]:
    """What a --config file says for one stage.  ConfigError when it cannot be read or names an unknown setting."""
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(_without_comments(text)) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(
            say(f"설정 파일을 읽을 수 없습니다: {path} ({error})", f"cannot read {path} ({error})")
        ) from error
    if not isinstance(values, dict) or not isinstance(values.get(section, {}), dict):
        raise ConfigError(
            say(
                f"설정 파일의 모양이 아닙니다: {path}. '이름 = 값' 줄이나 [{section}] 표여야 합니다.",
                f"not a settings file: {path}. It must hold 'name = value' lines or a table [{section}].",
            )
        )
    if not isinstance(values.get("preset", ""), str):
        raise ConfigError(
            say(
                f'{path}: preset은 이름이어야 합니다: {values["preset"]!r}. 예: preset = "tiny"',
                f'{path}: preset must be a name: {values["preset"]!r}. For example: preset = "tiny"',
            )
        )
    if is_sllm(values):
        return from_sllm(values, section, str(path))
    flat = {name: value for name, value in values.items() if name not in SECTIONS}
    found = {**flat, **values.get(section, {})}
    for name in found:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            guess = _guess(near)
            raise ConfigError(
                say(f"{path}: 모르는 설정입니다: {name}.{guess}", f"{path}: unknown setting: {name}.{guess}")
            )
    return found


def _without_comments(text: str) -> str:
    """JSON without what stands behind "//", but in strings."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text)

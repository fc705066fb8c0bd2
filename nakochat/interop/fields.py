"""Values that someone else's file gives -> values of the type we want, or a DataError that names the field."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nakochat.core.errors import DataError
from nakochat.core.messages import say

_REQUIRED = object()
LARGEST_JSON = 64 * 2**20  # bytes: the largest tokenizer.json in wide use has 34 million


class Fields:
    """The values of one file, asked for by name.  `where` is what errors call the file."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values, self.where = values, where

    def integer(self, name: str, default: Any = _REQUIRED) -> int:
        return int(self._of(name, default, int))

    def number(self, name: str, default: Any = _REQUIRED) -> float:
        found = float(self._of(name, default, int | float))
        if not math.isfinite(found):
            raise self._wrong(name, found)
        return found

    def text(self, name: str, default: Any = _REQUIRED) -> str:
        return str(self._of(name, default, str))

    def flag(self, name: str, default: Any = _REQUIRED) -> bool:
        return bool(self._of(name, default, bool))

    def integers(self, name: str) -> list[int]:
        """One, several or none, as eos_token_id may be."""
        value = self.values.get(name)
        found = [] if value is None else value if isinstance(value, list) else [value]
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in found):
            raise self._wrong(name, value)
        return found

    def items(self, name: str, default: Any = _REQUIRED) -> list[Any]:
        return list(self._of(name, default, list))

    def refuse(self, name: str, *allowed: Any) -> None:
        """DataError unless the field is missing, or has one of these values."""
        value = self.values.get(name)
        if name in self.values and value is not None and value not in allowed:
            raise DataError(
                say(
                    f"{self.where}: 이 모양의 모델은 읽을 수 없습니다 ({name}: {value!r}). 읽는 것은 편향과 창이 없는 "
                    "Llama, SmolLM2, Qwen3와 GPT-2입니다.",
                    f"{self.where}: cannot read a model of this shape ({name}: {value!r}). What can be read is GPT-2, "
                    "and Llama, SmolLM2 and Qwen3 without biases and windows.",
                )
            )

    def _of(self, name: str, default: Any, kind: Any) -> Any:
        value = self.values.get(name)
        if value is None:
            value = default
        if (
            value is _REQUIRED
            or not isinstance(value, kind)
            or (kind is not bool and isinstance(value, bool))
        ):
            raise self._wrong(name, None if value is _REQUIRED else value)
        return value

    def _wrong(self, name: str, value: Any) -> DataError:
        return DataError(
            say(
                f"{self.where}: {name}의 값을 쓸 수 없습니다 ({value!r}). 파일이 온전한지 확인하고 다시 받으세요.",
                f"{self.where}: not a value of {name} ({value!r}). Check the file and download it again.",
            )
        )


def read_bounded_json(path: Path) -> Any:
    """What a JSON file says.  DataError where it is too large, or no JSON."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise DataError(
                say(
                    f"너무 큰 파일입니다: {path} ({LARGEST_JSON / 2**20:.0f} MiB까지 읽습니다).",
                    f"the file is too large: {path} (up to {LARGEST_JSON / 2**20:.0f} MiB are read).",
                )
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(
            say(f"JSON으로 읽을 수 없습니다: {path} ({error})", f"cannot read {path} as JSON ({error})")
        ) from error

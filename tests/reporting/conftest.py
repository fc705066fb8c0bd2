"""A run folder made of invented figures, small and complete, with text in it that means harm."""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

HOSTILE = (
    "<script>alert(1)</script> | `코드` **굵게** [눌러](http://evil.example) <img src=x onerror=alert(1)>"
)
LOSSES = {"base": (8.3, 3.1), "mid": (2.9, 1.6), "sft": (1.4, 0.7)}


@pytest.fixture(autouse=True)
def _korean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAKO_LANG", raising=False)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """tokenizer, base, mid, sft and rl, as a finished run leaves them."""
    run = tmp_path / "첫 실행"
    _write(run / "tokenizer.json", {"characters_per_token": 2.114, "vocabulary": 4096, "seconds": 4.2})
    _write(
        run / "tokenizer" / "config.json", {"vocabulary": 4096, "data": [{"name": "마을", "licence": "MIT"}]}
    )
    shard = {"source": "village", "stage": "base", "documents": 43708, "tokens": 2689611}
    _write(run / "data" / "base" / "text" / "about.json", shard)
    for name, (start, end) in LOSSES.items():
        _stage(run / name, start, end)
        _scores(run / name, name)
    _stage(run / "rl", 0.01, -0.02, reward=True)
    _scores(run / "rl", "rl")
    return run


def _stage(folder: Path, start: float, end: float, *, reward: bool = False) -> None:
    rows: list[dict[str, Any]] = []
    for step in range(0, 400, 10):
        loss = end + (start - end) * math.exp(-step / 90)
        row = {
            "kind": "step",
            "step": step,
            "loss": loss,
            "tokens_per_second": 15000 + step,
            "memory_gb": 1.2,
        }
        rows.append(row | ({"reward": 0.6 + step / 1500} if reward else {}))
        if step % 100 == 0:
            rows.append({"kind": "check", "step": step, "validation_bits_per_byte": 0.5 + loss / 4})
            rows.append(
                {
                    "kind": "sample",
                    "step": step,
                    "prompt": "옛날 옛적에",
                    "text": f"{step}번째 글입니다. {HOSTILE}",
                }
            )
    end_row = {"kind": "end", "seconds": 75.0, "steps": 400, "tokens": 1_638_400, "peak_memory_gb": 1.83}
    write_rows(folder / "metrics.jsonl", [*rows, end_row])
    _write(
        folder / "config.json",
        {"depth": 4, "data": [{"name": "마을", "licence": "MIT"}], "note": "```\n닫기"},
    )
    _write(folder / "origin.json", {
        "command": "nako speedrun --preset tiny", "commit": "0123abc", "versions": {"torch": "2.13.0"},
        "machine": {"cpu": "시험용 CPU", "cores": 2, "memory_gb": 8, "device": "cpu", "dtype": "bfloat16"},
        "seed": 0, "parent": {"checkpoint": f"{folder.name}의 앞/400", "hash": "ab" * 32},
        "started": "2026-01-01T00:00:00+00:00",
    })  # fmt: skip
    _write(folder / "checkpoints" / "400" / "manifest.json", {})


def _scores(folder: Path, name: str) -> None:
    place = ("base", "mid", "sft", "rl").index(name)
    scores = {
        "bits_per_byte": {"value": 1.2 - place / 10, "unit": "bits/byte", "better": "lower"},
        "josa": {
            "value": (0.91, 0.97, 0.96, 0.955)[place], "items": 400, "chance": 0.5, "interval": [0.95, 0.98],
            "unit": "accuracy", "better": "higher", "label": {"ko": "조사 고르기", "en": "particles"},
        },
    }  # fmt: skip
    if name == "rl":
        scores["counting"] = {"value": 0.82, "items": 100, "unit": "accuracy", "better": "higher"}
    answers = [{"prompt": "안녕하세요?", "answer": f"{name}: 안녕하세요! 반가워요. {HOSTILE}"}]
    talks = [
        [
            {"role": "user", "text": f"사람의 말 {talk}"},
            {"role": "assistant", "text": f"{name}의 대답 {talk} {HOSTILE}"},
        ]
        for talk in range(1, 6)
    ]
    breaches: list[list[str]] = [[], [f"particle: 글를 {HOSTILE}"], [], [], []]
    content = {"seconds": 12.3, "scores": scores, "samples": answers, "conversations": talks}
    _write(folder / "scores.json", content | {"breaches": breaches})


def write_rows(path: Path, rows: Iterable[dict[str, Any]], tail: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(lines.encode() + tail)


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

"""A model's shape -> tokens per second.  [nako bench train | infer]

Training is compared with the same model as most code runs it on a CPU: float32, torch.compile, glibc's allocator as it
comes, the fused attention kernel (given the mask that packed documents need; without one it may be faster).  Every
variant runs in a process of its own, the variants in turn, so that a machine whose speed drifts is fair to all; the
median over the repeats counts.
"""

import json as json_format
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from nakochat.core.errors import ConfigError, NakoError
from nakochat.core.files import write_json
from nakochat.core.josa import josa
from nakochat.core.machine import missing_for_compiling, open_machine
from nakochat.core.messages import say
from nakochat.core.paths import find_run
from nakochat.core.progress import speak
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import load_engine

REFERENCE = "float32, compiled, fused attention, default allocator"
VARIANTS: dict[str, dict[str, Any]] = {
    REFERENCE: {"dtype": "float32", "compile": True, "fused": True, "allocator": False},
    "nakochat": {"dtype": "auto", "compile": True, "fused": False, "allocator": True},
    "nakochat without a compiler": {"dtype": "auto", "compile": False, "fused": False, "allocator": True},
}
ABLATIONS: dict[str, dict[str, Any]] = {
    "nakochat in float32": {"dtype": "float32", "compile": True, "fused": False, "allocator": True},
    "nakochat with fused attention": {"dtype": "auto", "compile": True, "fused": True, "allocator": True},
    "nakochat with the default allocator": {
        "dtype": "auto",
        "compile": True,
        "fused": False,
        "allocator": False,
    },
}


@dataclass(frozen=True, kw_only=True)
class TrainBench:
    """What one worker process measures."""

    depth: int = 4
    width: int = 256
    heads: int = 4
    context: int = 256
    vocab_size: int = 4096
    rows: int = 32
    steps: int = 8


def train(
    *,
    depth: int = 4,
    width: int = 256,
    heads: int = 4,
    context: int = 256,
    vocab_size: int = 4096,
    rows: int = 32,
    steps: int = 8,
    repeats: int = 5,
    ablations: bool = False,
    json: Path | None = None,
) -> None:
    """Measure training speed beside the same model in float32 as most code runs it.

    Parameters
    ----------
    rows
        한 걸음의 줄 수. | Rows of `context` tokens per step.
    steps
        프로세스마다 재는 걸음 수 (앞의 둘은 버립니다). | Timed steps of each process, after two that are not.
    repeats
        변형마다 번갈아 돌릴 프로세스 수; 중앙값을 씁니다. | Processes per variant, in turn; the median counts.
    ablations
        우리가 고른 것을 하나씩 빼고도 잽니다. | Also take our choices away one at a time.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    shape = TrainBench(
        depth=depth, width=width, heads=heads, context=context, vocab_size=vocab_size, rows=rows, steps=steps
    )
    _require_some(**asdict(shape), repeats=repeats)
    variants = _possible({**VARIANTS, **(ABLATIONS if ablations else {})})
    found: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
    for number in range(repeats):
        for name, options in variants.items():
            found[name].append(_in_own_process({**asdict(shape), **options}))
            speak(f"  {number + 1}/{repeats} {name}: {found[name][-1]['tokens_per_second'] / 1000:.1f}K")
    speeds = {
        name: statistics.median(row["tokens_per_second"] for row in rows) for name, rows in found.items()
    }
    ratios = {
        name: speed / speeds[REFERENCE] if REFERENCE in speeds else None for name, speed in speeds.items()
    }
    for name, speed in speeds.items():
        ratio = "" if ratios[name] is None else f"  x{ratios[name]:.2f}"
        speak(f"{speed / 1000:8.1f}K {say('토큰/초', 'tokens/s')}{ratio}  {name}")
    if json:
        machine = open_machine("cpu", "float32", "no").describe()
        write_json(
            json,
            {
                "shape": asdict(shape),
                "machine": {key: machine[key] for key in ("cpu", "cores", "memory_gb", "system")},
                "torch": torch.__version__,
                "variants": {
                    name: {
                        "tokens_per_second": speeds[name],
                        "ratio_to_reference": ratios[name],
                        "peak_memory_gb": statistics.median(row["peak_memory_gb"] for row in rows),
                        "all": [row["tokens_per_second"] for row in rows],
                    }
                    for name, rows in found.items()
                },
            },
        )


def _require_some(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            flag = "--" + name.replace("_", "-")
            raise ConfigError(
                say(
                    f"{josa(flag, '은')} 1 이상이어야 합니다: {count}.", f"{flag} must be 1 or more: {count}."
                )
            )


def _possible(variants: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Those that this machine can run; what is left out is said."""
    missing = missing_for_compiling(torch.device("cpu"))
    if missing is None:
        return variants
    left = {name: options for name, options in variants.items() if not options["compile"]}
    speak(
        say(
            f"torch.compile을 쓰는 {len(variants) - len(left)}가지는 재지 않습니다. 없는 것: {missing}",
            f"leaving out {len(variants) - len(left)} variants with torch.compile.  Missing: {missing}",
        )
    )
    return left


def _in_own_process(options: dict[str, Any]) -> dict[str, float]:
    start = "from nakochat.commands.bench_worker import main; main()"
    command = [sys.executable, "-c", start, json_format.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        raise NakoError(say(f"측정이 실패했습니다: {last[0]}", f"the measurement failed: {last[0]}"))
    figures: dict[str, float] = json_format.loads(done.stdout.splitlines()[-1])
    return figures


def infer(
    run: str | None = None,
    *,
    streams: tuple[int, ...] = (1, 8, 32, 64),
    tokens: int = 64,
    repeats: int = 5,
    device: str = "auto",
    dtype: str = "auto",
    json: Path | None = None,
) -> None:
    """Measure how fast a run's model generates.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새것. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest.
    streams
        한꺼번에 만들 답의 수. | Numbers of answers at once.
    tokens
        답마다의 토큰 수. | Tokens of each answer.
    repeats
        이만큼 재어 중앙값을 씁니다. | The median of so many counts.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    for count in streams:
        _require_some(streams=count, tokens=tokens, repeats=repeats)
    machine = open_machine(device, dtype, "no")
    engine = load_engine(find_run(run), machine)
    figures: dict[str, Any] = {"machine": machine.describe(), "streams": {}}
    for count in streams:
        rows = [_generate(engine, count, tokens) for _ in range(repeats + 1)][1:]
        first, speed = (statistics.median(column) for column in zip(*rows, strict=True))
        figures["streams"][str(count)] = {"first_token_seconds": first, "tokens_per_second": speed}
        speak(
            say(
                f"{count:4}개 동시: 첫 토큰 {1000 * first:.1f} ms, {speed:,.0f} 토큰/초",
                f"{count:4} at once: first token {1000 * first:.1f} ms, {speed:,.0f} tokens/s",
            )
        )
    if json:
        write_json(json, figures)


def _generate(engine: Engine, count: int, tokens: int) -> tuple[float, float]:
    """Seconds to the first token, and tokens per second, of `count` answers that end nowhere."""
    prompt = [engine.tokenizer.bos, *engine.tokenizer.encode("안녕하세요. 오늘은 날씨가 좋아요.")]
    sampling = Sampling(max_tokens=tokens, temperature=1.0)
    began = time.perf_counter()
    first = made = 0.0
    for token in engine.stream([prompt] * count, sampling, seeds=range(count), stops=False):
        first = first or time.perf_counter() - began
        made += token.sampled
    return first, made / (time.perf_counter() - began)

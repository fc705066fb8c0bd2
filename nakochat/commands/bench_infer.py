"""A run's model -> how fast it generates, beside what the memory allows.  [nako bench infer]

Every step reads all weights once, however many answers grow in it: one stream cannot be faster than the memory is,
which is measured here as the best of several sums over more than any cache holds.  Prompts are random and differ, so
that nothing is found in a slot, but for the next turn of a conversation, which is measured against a cold start.
"""

import random
import statistics
import time
from collections.abc import Sequence
from typing import Annotated, Any

import torch
from cyclopts import Parameter

from nakochat.commands.counts import require_some
from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError
from nakochat.core.files import write_json
from nakochat.core.machine import Machine, open_machine, peak_memory_bytes, synchronise
from nakochat.core.messages import say
from nakochat.core.paths import find_run
from nakochat.core.progress import speak
from nakochat.inference.engine import Engine
from nakochat.inference.options import EngineOptions
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import load_engine
from nakochat.inference.untrained import VOCABULARY, untrained_engine
from nakochat.models.model import Model
from nakochat.models.sizing import config_of_depth

READ = 256 * 2**20  # bytes that are summed
READ_GPU = 4 * 2**30  # more than any cache holds, and long beside a launch


def infer(
    run: str | None = None,
    *,
    streams: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (1, 4, 16, 64),
    prompt_tokens: int = 64,
    tokens: int = 64,
    repeats: int = 5,
    depth: int | None = None,
    how: Annotated[EngineOptions, Parameter(name="*")] = EngineOptions(),
    device: str = "auto",
    dtype: str = "auto",
    json: OutFile | None = None,
) -> None:
    """Measure how fast a run's model generates.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새것. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest.
    streams
        한꺼번에 만들 답의 수. | Numbers of answers at once.
    prompt_tokens
        프롬프트의 토큰 수. | Tokens of each prompt.
    tokens
        답마다의 토큰 수. | Tokens of each answer.
    repeats
        이만큼 재어 중앙값을 씁니다. | The median of so many counts.
    depth
        학습한 실행 대신, 이 깊이의 아무 가중치나 가진 nako 모델을 잽니다. |
        Measure a nako model of this depth with weights that mean nothing, instead of a run.
    device
        auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu.
    dtype
        auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    for count in streams:
        require_some(streams=count, tokens=tokens, repeats=repeats, prompt_tokens=prompt_tokens)
    machine = open_machine(device, dtype, "no")
    engine = _engine(run, machine, depth, how)
    bandwidth, weights = read_bandwidth(machine.device), bytes_read(engine.model)
    limit = bandwidth / weights
    speak(
        say(
            f"가중치 {weights / 1e6:,.0f} MB, 메모리 {bandwidth / 1e9:.1f} GB/초: 한 줄기의 한계 {limit:,.0f} 토큰/초",
            f"weights {weights / 1e6:,.0f} MB, memory {bandwidth / 1e9:.1f} GB/s: "
            f"limit of one stream {limit:,.0f} tokens/s",
        )
    )
    rows = {}
    for count in streams:
        made = [_generate(engine, count, prompt_tokens, tokens, n) for n in range(repeats + 1)][1:]
        rows[str(count)] = _row(made, count, limit)
    turn, peak = _next_turn(engine, repeats), peak_memory_bytes(machine.device)
    _speak_of_turn(turn, peak)
    if json:
        figures = {
            "machine": machine.describe(),
            "quant": how.quant,
            "exact": engine.exact,
            "compile": engine.compile,
            "weight_bytes_per_step": weights,
            "memory_bytes_per_second": bandwidth,
            "limit_tokens_per_second": limit,
            "streams": rows,
            "next_turn": turn,
            "peak_memory_bytes": peak,
        }
        write_json(json, figures)


def _row(made: Sequence[tuple[float, float]], count: int, limit: float) -> dict[str, Any]:
    """What so many streams came to, which is said too.  made: seconds to the first token and tokens per second"""
    first, speed = (statistics.median(column) for column in zip(*made, strict=True))
    share = speed / count / limit
    speak(
        say(
            f"{count:4}개 동시: 첫 토큰 {1000 * first:.1f} ms, {speed:,.0f} 토큰/초 (메모리 한계의 {share:.0%})",
            f"{count:4} at once: first token {1000 * first:.1f} ms, {speed:,.0f} tokens/s "
            f"({share:.0%} of the memory limit)",
        )
    )
    return {
        "first_token_seconds": first,
        "tokens_per_second": speed,
        "share_of_memory_limit": share,
        "all_tokens_per_second": [row[1] for row in made],
    }


def _speak_of_turn(turn: dict[str, Any], peak: int) -> None:
    warm, cold = 1000 * turn["first_token_seconds"], 1000 * turn["cold_first_token_seconds"]
    speak(
        say(
            f"{turn['tokens']}토큰 대화의 다음 차례: 첫 토큰 {warm:.1f} ms, 처음부터면 {cold:.1f} ms. "
            f"메모리 {peak / 1e9:.2f} GB",
            f"next turn of {turn['tokens']} tokens: first token {warm:.1f} ms, cold {cold:.1f} ms. "
            f"Memory {peak / 1e9:.2f} GB",
        )
    )


def _engine(run: str | None, machine: Machine, depth: int | None, how: EngineOptions) -> Engine:
    """Of a run, or of a depth."""
    if depth is None:
        return load_engine(find_run(run), machine, how)
    if run is not None:
        raise ConfigError(say("실행과 --depth 가운데 하나만 쓰세요.", "give a run or --depth, not both."))
    require_some(depth=depth)
    shape = config_of_depth(depth, vocab_size=VOCABULARY, context=how.context or 2048)
    return untrained_engine(shape, machine, how)


def bytes_read(model: Model) -> int:
    """Bytes of the weights that every step reads: all matrices, but of a table that is only looked up nothing."""
    tables = {id(table.weight) for table in model.modules() if isinstance(table, torch.nn.Embedding)}
    if getattr(model, "fast_head", None) is None:
        tables.discard(id(model.head.weight))
    kept = [p for p in model.parameters() if id(p) not in tables]
    packed = [
        buffer
        for module in model.modules()
        if module is not model
        for buffer in module.buffers(recurse=False)
    ]
    return sum(tensor.numel() * tensor.element_size() for tensor in (*kept, *packed))


def read_bandwidth(device: torch.device, repeats: int = 5) -> float:
    """Bytes per second that the device reads."""
    size = READ_GPU if device.type == "cuda" else READ
    tensor = torch.ones(size // 4, device=device)
    best = 0.0
    for _ in range(repeats):
        synchronise(device)
        began = time.perf_counter()
        tensor.sum()
        synchronise(device)
        best = max(best, size / (time.perf_counter() - began))
    return best


def _prompts(engine: Engine, count: int, length: int, seed: str) -> list[list[int]]:
    """Random words that begin differently under every seed; of numbers Python takes 1 and -1 for the same."""
    rng = random.Random(seed)
    words = [i for i in range(engine.tokenizer.vocab_size) if i not in engine.tokenizer.special_ids]
    return [[engine.tokenizer.bos, *rng.choices(words, k=length - 1)] for _ in range(count)]


def _generate(engine: Engine, count: int, prompt_tokens: int, tokens: int, seed: int) -> tuple[float, float]:
    """Seconds to the first token, and tokens per second, of `count` answers that end nowhere."""
    length = min(prompt_tokens, engine.context - tokens - 1)
    prompts = _prompts(engine, count, max(1, length), f"{count} streams, {seed}")
    return _timed(engine, prompts, tokens)


def _timed(engine: Engine, prompts: Sequence[Sequence[int]], tokens: int) -> tuple[float, float]:
    sampling = Sampling(max_tokens=tokens, temperature=1.0)
    began = time.perf_counter()
    first = made = 0.0
    for token in engine.stream(prompts, sampling, seeds=range(len(prompts)), stops=False):
        first = first or time.perf_counter() - began
        made += token.sampled
    return first, made / (time.perf_counter() - began)


def _next_turn(engine: Engine, repeats: int) -> dict[str, Any]:
    """Seconds to the first token of a conversation's next turn, and of the same prompt seen for the first time."""
    answer = words = max(1, min(24, engine.context // 8))
    length = max(2, min(1024, engine.context - 2 * (answer + words)))
    warm: list[float] = []
    cold: list[float] = []
    for number in range(repeats):
        (turn,) = _prompts(engine, 1, length, f"turn {number}")
        sampling = Sampling(max_tokens=answer)
        made = engine.generate([turn], sampling)[0]
        (more,) = _prompts(engine, 1, words, f"next turn {number}")
        follows = [*turn, *made.ids, *more[1:]]
        warm.append(_timed(engine, [follows], 1)[0])
        (other,) = _prompts(engine, 1, len(follows), f"cold {number}")
        cold.append(_timed(engine, [other], 1)[0])
    return {
        "tokens": length + answer + words,
        "first_token_seconds": statistics.median(warm),
        "cold_first_token_seconds": statistics.median(cold),
    }

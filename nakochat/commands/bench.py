"""A model's shape -> tokens per second, and where the time goes.  [nako bench train]

Training is compared with the same model as most code runs it: on a CPU in float32, with torch.compile, glibc's
allocator as it comes and the fused attention kernel (given the mask that packed documents need; without one it may be
faster); on a GPU in bf16 with the same.  Every variant runs in processes of its own, the variants in turn, so that a
machine whose speed drifts is fair to all; the median over the repeats counts.
"""

import json as json_format
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

import torch
from cyclopts import Parameter

from nakochat.commands.counts import require_some
from nakochat.commands.outputs import OutFile
from nakochat.core.compiler import missing_for_compiling
from nakochat.core.errors import NakoError
from nakochat.core.files import write_json
from nakochat.core.machine import pick_device
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.models.sizing import config_of_depth

REFERENCE = "float32, compiled, fused attention, default allocator"
GPU_REFERENCE = "bfloat16, compiled, fused attention"
_OURS = {"dtype": "auto", "compile": True, "fused": False, "allocator": True}
VARIANTS: dict[str, dict[str, Any]] = {
    REFERENCE: {"dtype": "float32", "compile": True, "fused": True, "allocator": False},
    "nakochat": _OURS,
    "nakochat without a compiler": {**_OURS, "compile": False},
}
GPU_VARIANTS: dict[str, dict[str, Any]] = {
    GPU_REFERENCE: {**_OURS, "dtype": "bfloat16", "fused": True},
    "nakochat": _OURS,
}
ABLATIONS: dict[str, dict[str, Any]] = {
    "nakochat in float32": {**_OURS, "dtype": "float32"},
    "nakochat with fused attention": {**_OURS, "fused": True},
    "nakochat with the default allocator": {**_OURS, "allocator": False},
}
PHASE_NAMES = {
    "data": ("자료", "data"),
    "forward": ("앞으로", "forward"),
    "backward": ("뒤로", "backward"),
    "communication": ("통신", "communication"),
    "optimizer": ("옵티마이저", "optimizer"),
}


@dataclass(frozen=True, kw_only=True)
class TrainBench:
    """What one worker measures."""

    depth: int = 4
    width: int = 256
    heads: int = 4
    context: int = 256
    vocab_size: int = 4096
    rows: int = 32
    steps: int = 8
    rows_per_piece: int | None = None
    document_tokens: int | None = None
    window: int | None = None
    recompute: bool = False
    fp8: bool = False
    device: str = "cpu"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainBenchSettings:
    """nako bench train"""

    depth: int = 4
    """층의 수. | Layers."""
    width: int | None = None
    """기본: 층마다 64. | Default: 64 per layer."""
    heads: int | None = None
    """기본: 너비에서. | Default: from the width."""
    context: int = 256
    """한 줄의 토큰 수. | Tokens of a row."""
    vocab_size: int = 4096
    """어휘의 토큰 수. | Tokens of the vocabulary."""
    rows: int = 32
    """한 걸음의 줄 수, 모든 프로세스를 합해. | Rows of `context` tokens per step, over all processes."""
    rows_per_piece: int | None = None
    """한 번에 계산할 줄 수. | Rows of one forward pass."""
    document_tokens: int | None = None
    """문서 하나의 토큰 수. 기본: CPU는 300, GPU는 한 줄. | Of a document. Default: 300 on a CPU, a row on a GPU."""
    window: int | None = None
    """네 층 가운데 세 층이 돌아보는 토큰 수. | How many tokens three of four layers look back at."""
    recompute: bool = False
    """층의 중간값을 다시 계산합니다. | Compute what is inside a layer twice."""
    fp8: bool = False
    """행렬을 8비트로 곱합니다 (GPU만). | Multiply matrices in 8 bits (GPU only)."""
    steps: int = 8
    """프로세스마다 재는 걸음 수 (앞의 둘은 버립니다). | Timed steps of each process, after two that are not."""
    repeats: int = 5
    """변형마다 번갈아 잴 횟수; 중앙값을 씁니다. | Measurements of each variant, in turn; the median counts."""
    processes: int = 1
    """함께 학습할 프로세스 수 (GPU마다 하나). | Processes that train together (one for each GPU)."""
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    ablations: bool = False
    """우리가 고른 것을 하나씩 빼고도 잽니다. | Also take our choices away one at a time."""
    json: OutFile | None = None
    """숫자를 이 파일에도 씁니다. | Write the figures here too."""


def train(settings: TrainBenchSettings = TrainBenchSettings()) -> None:
    """Measure training speed beside the same model as most code runs it, and where the time of a step goes."""
    s = settings
    require_some(depth=s.depth, context=s.context, vocab_size=s.vocab_size, rows=s.rows, steps=s.steps)
    require_some(repeats=s.repeats, processes=s.processes)
    shape = _shape(s)
    variants = _possible(_variants(shape.device, s.ablations), torch.device(shape.device))
    found = _measured(variants, shape, s.repeats, s.processes)
    figures = _compared(found)
    for name, row in figures.items():
        _show(name, row)
    if s.json:
        about = next(iter(found.values()))[0].get("machine")
        header = {
            "shape": asdict(shape),
            "processes": s.processes,
            "machine": about,
            "torch": torch.__version__,
        }
        write_json(s.json, {**header, "variants": figures})


def _shape(settings: TrainBenchSettings) -> TrainBench:
    """What every worker measures: what was left out follows from depth and device."""
    s, device = settings, pick_device(settings.device).type
    sized = config_of_depth(s.depth, vocab_size=s.vocab_size, context=s.context)
    width = sized.width if s.width is None else s.width
    return TrainBench(
        depth=s.depth,
        width=width,
        heads=max(1, width // sized.head_width) if s.heads is None else s.heads,
        context=s.context,
        vocab_size=s.vocab_size,
        rows=s.rows,
        steps=s.steps,
        rows_per_piece=s.rows_per_piece,
        document_tokens=s.document_tokens or (300 if device == "cpu" else None),
        window=s.window,
        recompute=s.recompute,
        fp8=s.fp8,
        device=device,
    )


def _measured(
    variants: dict[str, dict[str, Any]], shape: TrainBench, repeats: int, processes: int
) -> dict[str, list[dict[str, Any]]]:
    """Every repeat of every variant, the variants in turn."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in variants}
    for number in range(repeats):
        for name, options in variants.items():
            found[name].append(_in_own_process({**asdict(shape), **options}, processes))
            speak(f"  {number + 1}/{repeats} {name}: {found[name][-1]['tokens_per_second'] / 1000:.1f}K")
    return found


def _compared(found: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The typical repeat of each variant, with its speed over the reference's where that was measured."""
    figures = {name: _typical(rows) for name, rows in found.items()}
    reference = next((name for name in (REFERENCE, GPU_REFERENCE) if name in figures), None)
    base = figures[reference]["tokens_per_second"] if reference else None
    for row in figures.values():
        row["ratio_to_reference"] = row["tokens_per_second"] / base if base else None
    return figures


def _variants(device: str, ablations: bool) -> dict[str, dict[str, Any]]:
    if device == "cpu":
        return {**VARIANTS, **(ABLATIONS if ablations else {})}
    return {
        **GPU_VARIANTS,
        **({"nakochat without a compiler": {**_OURS, "compile": False}} if ablations else {}),
    }


def _typical(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The repeat of median speed, with every speed beside it."""
    ordered = sorted(rows, key=lambda row: float(row["tokens_per_second"]))
    middle = dict(ordered[(len(ordered) - 1) // 2])
    middle.pop("machine", None)
    speeds = [row["tokens_per_second"] for row in rows]
    return {**middle, "tokens_per_second": statistics.median(speeds), "all": speeds}


def _show(name: str, row: dict[str, Any]) -> None:
    ratio = "" if row["ratio_to_reference"] is None else f"  x{row['ratio_to_reference']:.2f}"
    speak(f"{row['tokens_per_second'] / 1000:8.1f}K {say('토큰/초', 'tokens/s')}{ratio}  {name}")
    total = sum(row["seconds"].values())
    shares = ", ".join(
        f"{say(*PHASE_NAMES[phase])} {spent / total:.0%}"
        for phase, spent in row["seconds"].items()
        if spent / total >= 0.005
    )
    sheet = row["share_of_datasheet"]
    stated = "" if sheet is None else say(f", 사양의 {sheet:.1%}", f", {sheet:.1%} of the datasheet")
    speak(
        say(
            f"          행렬곱 한계({row['matmul_tflops']:.3g} TFLOP/s)의 {row['share_of_matmul_ceiling']:.1%}"
            f"{stated}, 메모리 {row['peak_memory_gb']:.2f} GB, 시간: {shares}",
            f"          {row['share_of_matmul_ceiling']:.1%} of the matmul limit ({row['matmul_tflops']:.3g} TFLOP/s)"
            f"{stated}, memory {row['peak_memory_gb']:.2f} GB, time: {shares}",
        )
    )


def _possible(variants: dict[str, dict[str, Any]], device: torch.device) -> dict[str, dict[str, Any]]:
    """Those that this machine can run; what is left out is said."""
    missing = missing_for_compiling(device)
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


def _in_own_process(options: dict[str, Any], processes: int = 1) -> dict[str, Any]:
    start = [sys.executable, "-c", "from nakochat.commands.bench_worker import main; main()"]
    if processes > 1:
        torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        start = [sys.executable, *torchrun, "--no-python", *start]
    command = [*start, json_format.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        raise NakoError(say(f"측정이 실패했습니다: {last[0]}", f"the measurement failed: {last[0]}"))
    figures: dict[str, Any] = json_format.loads(lines[-1])
    return figures

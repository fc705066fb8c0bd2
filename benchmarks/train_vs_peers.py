"""Shapes -> training speed of nakochat beside Transformers' NanoChatForCausalLM and GPT2LMHeadModel, on this machine.

    python benchmarks/train_vs_peers.py [--shape cpu d12 d20 ...] [--minutes 8] [--repeats 3] [--json FILE]

Without --shape: d12 and d20 on a GPU, `cpu` (4 layers, width 256, 256 tokens, vocabulary 4,096) elsewhere.  Every
contender trains in a process of its own on the same numbers of layers, channels, heads, tokens and vocabulary, in turn;
the median of the repeats counts.  The peers run at their defaults (float32, eager, AdamW) and at their best (bf16 by
autocast where our own probe finds it faster, torch.compile, fused AdamW, every attention that is there).  The peers see
plain rows without documents; on a CPU nakochat trains on packed documents of 300 tokens, which is more work there, on a
GPU on one document a row, since its kernels do less for short ones.

Peers need `pip install transformers`; without it ours is measured alone.  When --minutes are over, what is left is
named and left out.
"""

import argparse
import importlib.util
import itertools
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

SHAPES = {
    "toy": {"depth": 2, "width": 32, "heads": 2, "context": 32, "vocab_size": 128, "rows": 4},
    "cpu": {"depth": 4, "width": 256, "heads": 4, "context": 256, "vocab_size": 4096, "rows": 32},
    "d12": {"depth": 12, "width": 768, "heads": 6, "context": 2048, "vocab_size": 32768, "rows": 32},
    "d20": {"depth": 20, "width": 1280, "heads": 10, "context": 2048, "vocab_size": 65536, "rows": 32},
}
OURS = "nakochat"
PEERS = ("NanoChatForCausalLM", "GPT2LMHeadModel")
WARM = 2
CHILD_SECONDS = 240  # one that takes longer is stopped and named


def main() -> None:
    options = arguments()
    if options.child:
        print(json.dumps(child(json.loads(options.child))), flush=True)
        return
    import torch

    cuda = torch.cuda.is_available()
    shapes = options.shape or (["d12", "d20"] if cuda else ["cpu"])
    deadline = time.monotonic() + 60 * options.minutes
    results = {name: race(name, cuda, options, deadline) for name in shapes}
    if options.json:
        about = {
            "torch": torch.__version__,
            "device": torch.cuda.get_device_name() if cuda else "cpu",
            "transformers": version_of("transformers"),
            "shapes": {name: SHAPES[name] for name in shapes},
            "results": results,
        }
        options.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shape", nargs="+", choices=SHAPES)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--repeats", type=int, default=0, help="default: 1 on a GPU, 3 elsewhere")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--eager", action="store_true", help="torch.compile for nobody")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def version_of(package: str) -> str | None:
    from importlib import metadata

    return metadata.version(package) if importlib.util.find_spec(package) else None


def contenders(cuda: bool, eager: bool, defaults: bool) -> dict[str, dict]:
    """Name -> what its child is told.  What matters most comes first: time may be over before the end."""
    found: dict[str, dict] = {OURS: {"kind": OURS, "compile": not eager}}
    if importlib.util.find_spec("transformers") is None:
        print("transformers is not installed: the peers are left out (pip install transformers)", flush=True)
        return found
    import torch

    from nakochat.core.dtypes import probe_dtype

    dtype = str(probe_dtype(torch.device("cuda" if cuda else "cpu"))).removeprefix("torch.")
    flash = importlib.util.find_spec("flash_attn") is not None
    attentions = ("sdpa", *(("flash_attention_2",) if flash else ())) if cuda else ("sdpa", "eager")
    for peer, attention in itertools.product(PEERS, attentions):
        best = {"kind": peer, "attention": attention, "dtype": dtype, "compile": not eager}
        found[f"{peer}, best, {attention}"] = best
    for peer in PEERS if defaults else ():
        found[f"{peer}, defaults"] = {
            "kind": peer,
            "attention": "sdpa",
            "dtype": "float32",
            "compile": False,
        }
    return found


def race(shape: str, cuda: bool, options: argparse.Namespace, deadline: float) -> dict[str, dict]:
    """Median tokens per second of each contender, the figures of its last child beside it."""
    print(f"{shape}: {SHAPES[shape]}", flush=True)
    rows: dict[str, list[dict]] = {}
    there = contenders(
        cuda, options.eager, defaults=shape != "d20"
    )  # there they take a minute and tell nothing new
    for number in range(options.repeats or (1 if cuda else 3)):
        for name, told in there.items():
            left = deadline - time.monotonic()
            if left < 20:
                print(f"  time is over: {name} of repeat {number + 1} is left out", flush=True)
                continue
            task = {**SHAPES[shape], **told, "cuda": cuda, "steps": options.steps}
            figures = start(task, min(left, CHILD_SECONDS))
            if "failed" in figures:
                print(f"  {name}: {figures['failed']}", flush=True)
                continue
            rows.setdefault(name, []).append(figures)
            print(f"  {name}: {figures['tokens_per_second']:,.0f} tokens/s", flush=True)
    speeds = {name: statistics.median(r["tokens_per_second"] for r in found) for name, found in rows.items()}
    for name in sorted(speeds, key=lambda name: -speeds[name]):
        ratio = f"  {speeds[OURS] / speeds[name]:.2f} times" if OURS in speeds and name != OURS else ""
        print(f"{speeds[name]:12,.0f} tokens/s  {rows[name][-1]['model_tflops']:7.2f} TFLOP/s  {name}{ratio}")
    return {
        name: {
            **found[-1],
            "tokens_per_second": speeds[name],
            "all": [row["tokens_per_second"] for row in found],
        }
        for name, found in rows.items()
    }


def start(task: dict, seconds: float) -> dict:
    """A child's figures, or {"failed": why}."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", json.dumps(task)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"stopped after {seconds:.0f} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        return {"failed": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    figures: dict = json.loads(lines[-1])
    return figures


def child(task: dict) -> dict:
    return ours(task) if task["kind"] == OURS else peer(task)


def ours(task: dict) -> dict:
    from nakochat.core.allocator import keep_memory

    keep_memory()
    from nakochat.commands.bench_worker import measure

    shape = {name: task[name] for name in SHAPES["toy"]}
    rest = {"window": None, "recompute": False, "fp8": False, "fused": False, "rows_per_piece": None}
    rest["document_tokens"] = None if task["cuda"] else 300
    device = "cuda" if task["cuda"] else "cpu"
    settings = {"device": device, "dtype": "auto", "compile": task["compile"], "steps": task["steps"]}
    return measure({**shape, **rest, **settings})


def peer(task: dict) -> dict:
    """Whole training steps of a model of Transformers, with half the rows where memory does not hold them."""
    import torch

    device = torch.device("cuda" if task["cuda"] else "cpu")
    model = built(task).to(device).train()
    flops = flops_per_token(model, task)
    forward = torch.compile(model) if task["compile"] else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, fused=task["compile"])
    rows, seconds = task["rows"], []
    while len(seconds) < task["steps"] + WARM:
        ids = torch.randint(0, task["vocab_size"], (rows, task["context"]), device=device)
        began = time.perf_counter()
        try:
            with torch.autocast(device.type, torch.bfloat16, enabled=task["dtype"] == "bfloat16"):
                loss = forward(input_ids=ids, labels=ids, use_cache=False).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            float(loss.detach())
        except torch.OutOfMemoryError:
            rows, seconds, loss = rows // 2, [], None
            optimizer.zero_grad()
            torch.cuda.empty_cache()
            if not rows:
                raise
            continue
        seconds.append(time.perf_counter() - began)
    speed = rows * task["context"] / statistics.median(seconds[WARM:])
    memory = torch.cuda.max_memory_allocated() / 1e9 if task["cuda"] else None
    return {
        "tokens_per_second": speed,
        "model_tflops": speed * flops / 1e12,
        "rows": rows,
        "dtype": task["dtype"],
        "peak_memory_gb": memory,
    }


def built(task: dict):
    """A peer of the task's shape with fresh weights."""
    import transformers

    common = {"vocab_size": task["vocab_size"], "attn_implementation": task["attention"]}
    special = {"bos_token_id": 0, "eos_token_id": 0}
    if task["kind"] == "GPT2LMHeadModel":
        shape = {"n_embd": task["width"], "n_layer": task["depth"], "n_head": task["heads"]}
        config = transformers.GPT2Config(n_positions=task["context"], **shape, **common, **special)
        return transformers.GPT2LMHeadModel(config)
    config = transformers.NanoChatConfig(
        hidden_size=task["width"],
        intermediate_size=4 * task["width"],
        num_hidden_layers=task["depth"],
        num_attention_heads=task["heads"],
        max_position_embeddings=task["context"],
        pad_token_id=0,
        **common,
        **special,
    )
    return transformers.NanoChatForCausalLM(config)


def flops_per_token(model, task: dict) -> float:
    """Of forward and backward: 6 for each weight of a product, and causal attention, as models/sizing.py counts."""
    import torch

    from transformers.pytorch_utils import Conv1D  # isort: skip

    weights = sum(m.weight.numel() for m in model.modules() if isinstance(m, torch.nn.Linear | Conv1D))
    return 6 * weights + 12 * task["width"] * task["depth"] * (task["context"] + 1) / 2


if __name__ == "__main__":
    main()

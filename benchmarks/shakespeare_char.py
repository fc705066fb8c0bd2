"""Shakespeare, character by character: the preset shakespeare-char against a plain GPT with AdamW.

    python benchmarks/shakespeare_char.py input.txt [--steps 2000] [--only ours|peer] [--json FILE]

Both are of the sizes for a CPU (4 layers, 4 heads, 128 wide, context 64, 12 rows, no dropout), see the first 90 % of
the text, and are measured alike on the whole of the rest: windows of 64 characters, one behind the other, every
position predicted from those before it in its window.

The two run at the same time, a process and a thread each, so that what else the machine does hinders both.  Shown are
the seconds of training, in which both look at the held-out text once, before the first step; those of a step, in the
median; and what the processor spent on everything from the start to the trained model: imports, the vocabulary and
saving too.
"""

import argparse
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from nakochat.core.run import read_metrics
from nakochat.models.checkpoint import newest_checkpoint
from nakochat.text.tokenizer import Tokenizer

LAYERS, HEADS, WIDTH, CONTEXT, ROWS = 4, 4, 128, 64, 12
RATE, LEAST, WARMUP = 1e-3, 1e-4, 100


class PlainLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (
            part.view(b, t, HEADS, -1).transpose(1, 2) for part in self.qkv(self.first(x)).chunk(3, dim=-1)
        )
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(attended.transpose(1, 2).reshape(b, t, WIDTH))
        return x + self.mlp(self.second(x))


class PlainGPT(nn.Module):
    def __init__(self, characters: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(characters, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.layers = nn.Sequential(*(PlainLayer() for _ in range(LAYERS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, characters, bias=False)
        self.head.weight = self.tokens.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                less = math.sqrt(2 * LAYERS) if name.endswith(("out.weight", "mlp.2.weight")) else 1.0
                nn.init.normal_(parameter, std=0.02 / less)

    def forward(self, ids):
        x = self.tokens(ids) + self.places.weight[: ids.shape[1]]
        return self.head(self.norm(self.layers(x)))


def peer(text: str, steps: int, seed: int) -> dict[str, float]:
    """Random windows, AdamW, warm-up and cosine, clipping at 1."""
    torch.manual_seed(seed)
    known = {character: number for number, character in enumerate(sorted(set(text)))}
    ids = torch.tensor([known[character] for character in text])
    learnt, held = ids[: int(0.9 * len(ids))], ids[int(0.9 * len(ids)) :]
    model = PlainGPT(len(known))
    matrices = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99))
    began, ends = time.perf_counter(), []
    loss(model, held)  # ours looks at it before the first step too
    for step in range(steps):
        done = (step - WARMUP) / max(1, steps - WARMUP)
        rate = (
            RATE * (step + 1) / WARMUP
            if done < 0
            else LEAST + (RATE - LEAST) * (1 + math.cos(math.pi * done)) / 2
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        starts = torch.randint(len(learnt) - CONTEXT - 1, (ROWS,))
        rows = torch.stack([learnt[at : at + CONTEXT + 1] for at in starts.tolist()])
        logits = model(rows[:, :-1])
        F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        ends.append(time.perf_counter())
    return {
        "seconds": ends[-1] - began,
        "step": statistics.median(after - before for before, after in itertools.pairwise(ends)),
        "processor_seconds": processor_seconds(),
        "loss": loss(model.eval(), held),
    }


def ours(path: Path, text: str, steps: int, seed: int) -> dict[str, float]:
    """The preset, through the command line, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "NAKO_HOME": home}
        common = [
            "--preset",
            "shakespeare-char",
            "--corpus",
            str(path),
            "--seed",
            str(seed),
            "--device",
            "cpu",
        ]
        length = [
            "--steps",
            str(steps),
            "--check-every",
            str(steps),
        ]  # the peer does not look while it learns
        for words in (["tok", "train", *common], ["train", "base", *common, *length]):
            subprocess.run([sys.executable, "-m", "nakochat", *words], env=environment, check=True)
        spent = processor_seconds()
        run = Path(home) / "runs" / "shakespeare-char"
        rows = [*read_metrics(run / "base")]
        seconds = [row["seconds"] for row in rows if row["kind"] == "end"][-1]
        step = statistics.median(row["step_seconds"] for row in rows if row["kind"] == "step")
        tokenizer = Tokenizer.load(run / "tokenizer")
        checkpoint = newest_checkpoint(run / "base" / "checkpoints")
        assert checkpoint is not None
        model = checkpoint.model(torch.float32, torch.device("cpu")).eval()
        held = torch.tensor(tokenizer.encode(text[int(0.9 * len(text)) :]))
        return {"seconds": seconds, "step": step, "processor_seconds": spent, "loss": loss(model, held)}


def processor_seconds() -> float:
    """Of this process so far, and of those that it waited for."""
    return sum(os.times()[:4])


@torch.no_grad()
def loss(model: nn.Module, ids: torch.Tensor) -> float:
    """Nats per character over all windows."""
    count = (len(ids) - 1) // CONTEXT
    inputs = ids[: count * CONTEXT].view(count, CONTEXT)
    targets = ids[1 : count * CONTEXT + 1].view(count, CONTEXT)
    total = 0.0
    for at in range(0, count, 64):
        logits = model(inputs[at : at + 64]).float().flatten(0, 1)
        total += float(F.cross_entropy(logits, targets[at : at + 64].flatten(), reduction="sum"))
    return total / (count * CONTEXT)


def side_by_side(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Both at once, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        outs = {name: Path(folder) / f"{name}.json" for name in ("ours", "peer")}
        common = [sys.executable, __file__, str(options.text), "--steps", str(options.steps)]
        common += ["--seed", str(options.seed)]
        running = [
            subprocess.Popen(
                [*common, "--only", name, "--json", str(out)], env={**os.environ, "OMP_NUM_THREADS": "1"}
            )
            for name, out in outs.items()
        ]
        codes = [process.wait() for process in running]
        if any(codes):
            sys.exit("one of the two failed")
        return {name: json.loads(out.read_text(encoding="utf-8"))[name] for name, out in outs.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("ours", "peer"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.only is None:
        found = side_by_side(options)
    else:
        text = options.text.read_text(encoding="utf-8")
        found = {
            options.only: ours(options.text, text, options.steps, options.seed)
            if options.only == "ours"
            else peer(text, options.steps, options.seed)
        }
    for name, row in found.items():
        print(
            f"{name:5} loss {row['loss']:.4f}  {row['seconds']:7.1f} s of training  "
            f"{1000 * row['step']:6.1f} ms a step  {row['processor_seconds']:7.1f} s of the processor in all"
        )
    if options.json:
        about = {"steps": options.steps, "seed": options.seed, **found}
        options.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

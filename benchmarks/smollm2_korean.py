"""SmolLM2 (or any model that `nako import` reads) learns to answer in Korean: bits per byte and samples, before, after.

    python benchmarks/smollm2_korean.py SmolLM2-135M-Instruct.Q4_1.gguf --chats kor.jsonl:1 --text kowiki-last.jsonl \\
        [--steps 400] [--context 512] [--add-tokens 8000 --corpus kowiki-train.jsonl] [--out DIR]

With --add-tokens its vocabulary is given Korean tokens first, and it learns to read them by --base-steps of base on
that corpus.  DIR gets figures.json and samples.md.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

QUESTIONS = (
    "안녕하세요! 자기소개를 해 주세요.",
    "대한민국의 수도는 어디인가요?",
    "김치는 무엇으로 만드나요?",
    "사과 12개에서 5개를 먹으면 몇 개가 남나요?",
    "비 오는 날에 할 만한 일을 추천해 주세요.",
)


def nako(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nakochat", *words], stdout=subprocess.PIPE, text=True, check=True
    )
    print(done.stdout, end="")
    return done.stdout


def measure(run: str, options: argparse.Namespace) -> dict:
    out = options.out / f"{run.replace('/', '-')}.json"
    nako("validate", run, "--texts", *map(str, options.text), "--json", str(out))
    found = json.loads(out.read_text(encoding="utf-8"))
    out.unlink()
    return {name: found[name] for name in ("bits_per_byte", "bits_per_character", "tokens", "bytes")}


def answers(run: str) -> list[str]:
    return [
        nako("chat", run, "--prompt", text, "--temperature", "0", "--max-tokens", "96") for text in QUESTIONS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--chats", nargs="+", required=True)
    parser.add_argument("--text", nargs="+", type=Path, required=True, help="held out: bits per byte")
    parser.add_argument("--name", default="smol-ko")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--add-tokens", type=int)
    parser.add_argument("--corpus", nargs="+", type=Path, default=[])
    parser.add_argument("--base-steps", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("smollm2-korean"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    corpus = ["--corpus", *map(str, options.corpus)]
    longer = ["--add-tokens", str(options.add_tokens), *corpus] if options.add_tokens else []
    nako("import", options.model, "--name", options.name, "--context", str(options.context), *longer)
    start = f"{options.name}/base"
    figures = {"imported": measure(start, options)}
    before = answers(start)
    common = ["--preset", "finetune", "--name", f"{options.name}-taught", "--rows", str(options.rows)]
    parent = start
    if longer:
        nako("train", "base", *common, "--from", start, *corpus, "--steps", str(options.base_steps))
        parent = f"{options.name}-taught/base"
        figures["base"] = measure(parent, options)
    chats = ["--data", *options.chats, "--text-share", "0"]
    nako("train", "sft", *common, "--from", parent, *chats, "--steps", str(options.steps))
    after = f"{options.name}-taught/sft"
    figures["sft"] = measure(after, options)
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    lines = [f"# {options.name}", "", f"`{' '.join(sys.argv)}`", ""]
    for asked, was, now in zip(QUESTIONS, before, answers(after), strict=True):
        lines += [f"## {asked}", "", "```text", f"전: {was.strip()}", f"후: {now.strip()}", "```", ""]
    (options.out / "samples.md").write_text("\n".join(lines), encoding="utf-8")
    for name, row in figures.items():
        print(
            f"{name:9} {row['bits_per_byte']:.4f} bits per byte, {row['bytes'] / row['tokens']:.2f} bytes per token"
        )


if __name__ == "__main__":
    main()

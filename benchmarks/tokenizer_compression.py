"""Korean and English corpora -> our 32K vocabulary beside GPT-2's, cl100k, o200k and KoBART's, on text none of it saw.

    python benchmarks/tokenizer_compression.py CORPORA --peers PEERS [--phrases 0.5] [--out compression.json]

CORPORA holds kowiki, enwiki, laws_ko and misc_ko (.jsonl or .jsonl.zst) and nsmc_reviews.tsv(.zst); PEERS the published
files as nakochat/evals/peers.py names them.  Trains with `nako tok train` on all but Wikipedia's last 1,000 documents
(which other figures in this project are measured on), then runs `nako tok eval --held-out` and adds those 1,000.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from nakochat.data.corpus.documents import read_documents

LAST = 1000
# characters of a source x weight: the mix that docs/log.md found
WEIGHTS = {"kowiki": 0.4, "enwiki": 0.24, "laws_ko": 0.04, "misc_ko": 0.1, "nsmc_reviews": 0.32}
DOMAINS = {
    "encyclopaedia": "kowiki",
    "english": "enwiki",
    "law": "laws_ko",
    "prose": "misc_ko",
    "reviews": "nsmc_reviews",
}


def corpora(folder: Path, scratch: Path) -> tuple[dict[str, Path], Path]:
    """Every source as plain documents, Wikipedia without its last ones, and those ones."""
    found = {}
    for name in WEIGHTS:
        path = next(iter(sorted(folder.glob(f"{name}.*"))))
        documents = list(read_documents([path]))
        kept = documents[:-LAST] if name == "kowiki" else documents
        found[name] = _write(scratch / f"{name}.jsonl", kept)
        if name == "kowiki":
            last = _write(scratch / "last.jsonl", documents[-LAST:])
    return found, last


def _write(path: Path, documents: list[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in documents)
    return path


def nako(*words: str) -> None:
    print("$ nako", *words, flush=True)
    subprocess.run([sys.executable, "-m", "nakochat", *words], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--phrases", type=float, default=0.5)
    parser.add_argument("--characters", type=int, default=100_000_000)
    parser.add_argument("--vocabulary", type=int, default=32_768)
    parser.add_argument("--name", default="compression")
    parser.add_argument("--out", type=Path, default=Path("compression.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources, last = corpora(options.corpora, Path(folder))
        mix = [f"{sources[name]}:{weight}" for name, weight in WEIGHTS.items()]
        nako("tok", "train", "--name", options.name, "--vocab-size", str(options.vocabulary), "--phrases",
             str(options.phrases), "--conversations", "0", "--max-chars", str(options.characters),
             "--corpus", *mix)  # fmt: skip
        files = [f"{domain}={sources[name]}" for domain, name in DOMAINS.items()]
        common = ["--beside", "gpt2,cl100k,o200k,kobart", "--peers", str(options.peers)]
        nako("tok", "eval", options.name, "--held-out", *common, "--json", str(options.out), "--file", *files)
        last_out = options.out.with_suffix(".last.json")
        nako(
            "tok",
            "eval",
            options.name,
            *common,
            "--json",
            str(last_out),
            "--file",
            f"encyclopaedia-last={last}",
        )


if __name__ == "__main__":
    main()

"""A corpus -> what training a BPE vocabulary on it costs: `tokenizers` (ours) beside `rustbpe`.

    pip install rustbpe
    python benchmarks/tokenizer_training.py kowiki.jsonl.zst --characters 25_000_000 75_000_000 [--only tokenizers]

Each runs in a process of its own, which reads the corpus as a stream, so that its peak of memory is the trainer's.
Prints seconds, peak memory and, beside each other, how many tokens and merges are the same.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nakochat.data.corpus.documents import read_documents
from nakochat.text.tokenizer import QWEN2_SPLIT, SPECIAL_TOKENS, Tokenizer

LIBRARIES = ("tokenizers", "rustbpe")


def texts(corpus: Path, characters: int, made: list[int]) -> Iterator[str]:
    for text in read_documents([corpus]):
        yield text
        made[0] += len(text)
        if made[0] >= characters:
            return


def train(library: str, corpus: Path, characters: int, vocabulary: int, out: Path) -> None:
    """In a process of its own: what it cost, and the tokens in the order of their learning, to a JSON file."""
    made = [0]
    began = time.perf_counter()
    stream = texts(corpus, characters, made)
    if library == "rustbpe":
        import rustbpe

        trained = rustbpe.Tokenizer()
        trained.train_from_iterator(stream, vocabulary, pattern=QWEN2_SPLIT)
        seconds = time.perf_counter() - began
        ranks = sorted(trained.get_mergeable_ranks(), key=lambda entry: entry[1])
        tokens = [bytes(token).hex() for token, _ in ranks]
    else:
        tokenizer = Tokenizer.train(stream, vocabulary + len(SPECIAL_TOKENS))
        seconds = time.perf_counter() - began
        tokens = [token.hex() for token in tokenizer.token_bytes[: -len(SPECIAL_TOKENS)]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    figures = {"seconds": seconds, "peak_gigabytes": peak, "characters": made[0], "tokens": tokens}
    out.write_text(json.dumps(figures))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--characters", type=int, nargs="+", default=[25_000_000])
    parser.add_argument("--vocabulary", type=int, default=32_760)
    parser.add_argument("--only", choices=LIBRARIES)
    parser.add_argument("--child", nargs=2, metavar=("LIBRARY", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        library, out = options.child
        return train(library, options.corpus, options.characters[0], options.vocabulary, Path(out))
    print(
        "| characters | library | seconds | peak GB | bytes of memory per character |\n|--:|---|--:|--:|--:|"
    )
    for characters in options.characters:
        found = {}
        for library in [options.only] if options.only else LIBRARIES:
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "out.json"
                child = ["--child", library, str(out), "--vocabulary", str(options.vocabulary)]
                words = [
                    sys.executable,
                    __file__,
                    str(options.corpus),
                    "--characters",
                    str(characters),
                    *child,
                ]
                subprocess.run(words, check=True)
                found[library] = figures = json.loads(out.read_text())
            peak = figures["peak_gigabytes"]
            each = peak * 1024**3 / figures["characters"]
            print(
                f"| {figures['characters']:,} | {library} | {figures['seconds']:.1f} | {peak:.2f} | {each:.0f} |",
                flush=True,
            )
        if len(found) == 2:
            ours, theirs = (found[library]["tokens"][256:] for library in LIBRARIES)
            same = sum(a == b for a, b in zip(ours, theirs, strict=True))
            print(
                f"tokens in both: {len(set(ours) & set(theirs)):,} of {len(ours):,}; at the same place: {same:,}"
            )


if __name__ == "__main__":
    main()

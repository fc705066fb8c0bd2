"""The package's own source -> how much there is to read: files, lines, characters, about how many tokens."""

from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
LOCK = "constraints.txt"
CHARACTERS_PER_TOKEN = 4  # of code, for the tokenizers of large models: a rule of thumb


@lru_cache(maxsize=1)
def code_size(package: Path = PACKAGE) -> dict[str, int]:
    """lock_lines: of the file that pins every dependency, 0 where the package was installed without it."""
    sources = sorted(path for path in package.rglob("*") if path.suffix in (".py", ".c"))
    texts = [path.read_text(encoding="utf-8") for path in sources]
    lock = package.parent / LOCK
    pinned = lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else []
    characters = sum(map(len, texts))
    return {
        "files": len(texts),
        "lines": sum(text.count("\n") for text in texts),
        "characters": characters,
        "tokens": characters // CHARACTERS_PER_TOKEN,
        "lock_lines": sum(1 for line in pinned if line.strip() and not line.startswith("#")),
    }

"""A folder of other people's published tokenizer files -> tokenizers to measure beside ours.

    encoder.json, vocab.bpe         GPT-2's                                           gpt2
    cl100k_base.tiktoken            the ranks, or the name that tiktoken caches it by cl100k
    o200k_base.tiktoken             the same                                          o200k
    tokenizer.json                  or kobart_tokenizer.json                          kobart

The rank files are read here and run by `tokenizers`, which gives the same ids: a second library would only be there
to be measured, and its speed is not what is asked.
"""

import base64
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from tokenizers import Regex, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as Backend

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.messages import say
from nakochat.text.gpt2_bpe import read_gpt2_backend
from nakochat.text.tokenizer import byte_characters

# tiktoken names a cached file by the SHA-1 of its address
RANK_FILES = {
    "cl100k": ("cl100k_base.tiktoken", "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"),
    "o200k": ("o200k_base.tiktoken", "fb374d419588a4632f3f557e76b4b70aebbca790"),
}
# as the model cards of Llama 3 (the same as cl100k's) and GPT-4o's tokenizer give them
_MARKS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_PREFIX = r"[^\r\n\p{L}\p{N}]?"
SPLITS = {
    "cl100k": rf"{_MARKS}|{_PREFIX}\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": rf"{_PREFIX}{_UPPER}*{_LOWER}+{_MARKS}?|{_PREFIX}{_UPPER}+{_LOWER}*{_MARKS}?|\p{{N}}{{1,3}}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}


def read_peer(name: str, folder: Path) -> Backend:
    """gpt2, cl100k, o200k or kobart.  ConfigError for another name, DataError where its files cannot be read."""
    readers: dict[str, Callable[[], Backend]] = {
        "gpt2": lambda: read_gpt2_backend(folder),
        "cl100k": lambda: _from_ranks(_find(folder, *RANK_FILES["cl100k"]), SPLITS["cl100k"]),
        "o200k": lambda: _from_ranks(_find(folder, *RANK_FILES["o200k"]), SPLITS["o200k"]),
        "kobart": lambda: _from_json(_find(folder, "kobart_tokenizer.json", "tokenizer.json")),
    }
    if name not in readers:
        raise ConfigError(
            say(
                f"--beside에 쓸 수 없는 이름입니다: {name}. 쓸 수 있는 것: {', '.join(readers)}.",
                f"--beside does not know '{name}'. It knows {', '.join(readers)}.",
            )
        )
    return readers[name]()


def _find(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        say(
            f"{folder}에 {' 또는 '.join(names)} 파일이 없습니다. "
            "공개된 토크나이저 파일을 받아 두고 --peers로 그 폴더를 알려 주세요.",
            f"{folder} holds no {' or '.join(names)}. Download the published files and name their folder with --peers.",
        )
    )


def _from_json(path: Path) -> Backend:
    try:
        return Backend.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for a malformed file
        raise _unreadable(path, error) from error


def _from_ranks(path: Path, split: str) -> Backend:
    """Base64 tokens and ranks, one pair in a line -> the merges that they stand for."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
        if any(bytes([byte]) not in ranks for byte in range(256)):
            raise ValueError("a byte has no rank")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    characters = byte_characters()

    def written(token: bytes) -> str:
        return "".join(characters[byte] for byte in token)

    merges = [
        (written(left), written(right))
        for left, right in (
            _halves(token, ranks) for token in sorted(ranks, key=ranks.__getitem__) if len(token) > 1
        )
    ]
    vocab = {written(token): rank for token, rank in ranks.items()}
    # ignore_merges: a word that is a token is that token, however its merges would have gone
    backend = Backend(models.BPE(vocab=vocab, merges=merges, ignore_merges=True))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(split), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    return backend


def _halves(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """The two tokens whose merge makes this one: merge its bytes by rank until two are left."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        joined = [ranks.get(left + right, len(ranks) + 2**32) for left, right in pairwise(parts)]
        best = joined.index(min(joined))
        parts[best : best + 2] = [parts[best] + parts[best + 1]]
    return parts[0], parts[1]


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        say(
            f"토크나이저 파일을 읽을 수 없습니다: {path} ({error}). 다시 받으세요.",
            f"cannot read the tokenizer file {path} ({error}). Download it again.",
        )
    )

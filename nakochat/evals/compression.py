"""A tokenizer and texts by domain -> characters and bytes per token, tokens that cut a character, speed.

Characters are counted in NFC and bytes in UTF-8 of NFC, whatever form the text came in: what a tokenizer spends on NFD
input is then seen as fewer characters per token.  Every tokenizer gets the text as it came.
"""

import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tokenizers import Tokenizer as Backend

SPEED_SECONDS = 0.5  # at least so long, for small texts


@dataclass(frozen=True, kw_only=True)
class Compression:
    """What a tokenizer makes of the texts of a domain."""

    characters: int
    bytes: int
    tokens: int
    cut: int
    """Tokens that begin or end inside a character."""

    def figures(self) -> dict[str, float]:
        """By the names that --json writes."""
        return {
            "characters_per_token": self.characters / self.tokens,
            "bytes_per_token": self.bytes / self.tokens,
            "cut_share": self.cut / self.tokens,
            "tokens": self.tokens,
        }

    def __add__(self, other: "Compression") -> "Compression":
        return Compression(
            characters=self.characters + other.characters,
            bytes=self.bytes + other.bytes,
            tokens=self.tokens + other.tokens,
            cut=self.cut + other.cut,
        )


def measure(backend: Backend, texts: Sequence[str]) -> Compression:
    """Of the texts of one domain, which hold at least one token."""
    composed = [unicodedata.normalize("NFC", text) for text in texts]
    encodings = backend.encode_batch(list(texts), add_special_tokens=False)
    return Compression(
        characters=sum(map(len, composed)),
        bytes=sum(len(text.encode()) for text in composed),
        tokens=sum(len(encoding) for encoding in encodings),
        cut=sum(_count_cut(encoding.offsets) for encoding in encodings),
    )


def _count_cut(offsets: Sequence[tuple[int, int]]) -> int:
    """Tokens that share a character with the one before or after: offsets count characters."""
    shares = [before[1] > after[0] for before, after in pairwise(offsets)]
    return sum(left or right for left, right in zip([False, *shares], [*shares, False], strict=True))


def speeds(backend: Backend, texts: Sequence[str]) -> dict[str, float]:
    """Megabytes of UTF-8 per second, on all cores: text to ids, and ids to text."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    listed = list(texts)
    ids = [encoding.ids for encoding in backend.encode_batch_fast(listed, add_special_tokens=False)]
    return {
        "encode_megabytes_per_second": size
        / _seconds(lambda: backend.encode_batch_fast(listed, add_special_tokens=False)),
        "decode_megabytes_per_second": size / _seconds(lambda: backend.decode_batch(ids)),
    }


def _seconds(work: Callable[[], object]) -> float:
    """Seconds of one call: the mean of as many as fill SPEED_SECONDS."""
    calls = 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < SPEED_SECONDS or not calls:
        work()
        calls += 1
    return passed / calls


def compression_figures(backend: Backend, domains: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Everything about one tokenizer, as --json writes it."""
    by_domain = {domain: measure(backend, texts) for domain, texts in domains.items()}
    total = sum(by_domain.values(), start=Compression(characters=0, bytes=0, tokens=0, cut=0))
    return {
        "vocabulary": backend.get_vocab_size(),
        **total.figures(),
        **speeds(backend, [text for texts in domains.values() for text in texts]),
        "domains": {domain: found.figures() for domain, found in by_domain.items()},
    }

"""Tokens that a plan asks for -> how much text that is, how many files of a source, how often it repeats."""

import math
from dataclasses import dataclass
from typing import Any

from nakochat.core.files import read_json
from nakochat.core.messages import say
from nakochat.core.paths import run_folder
from nakochat.data.mixture import resolve_sets
from nakochat.data.shards.token_set import TokenSet, find_set
from nakochat.data.sources.catalog import find_source
from nakochat.data.weighted import parse_weighted

SOURCE = "fineweb-2-edu-korean"  # which is not packed: a file is as large as its text
BYTES_PER_TOKEN = 6.0  # of Korean under a vocabulary of 32K or more, where no tokenizer says its own
MANY_EPOCHS = 4  # up to which repeated text is nearly as good as new (https://arxiv.org/abs/2305.16264)


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Text for one training."""

    tokens: float
    bytes: float
    bytes_per_token: float
    bytes_per_token_measured: bool
    source: str
    files: int
    files_there_are: int
    download_bytes: float
    epochs: float | None
    """How often prepared sets repeat; None where none is named."""


def supply_of(run: str | None, sets: tuple[str, ...], tokens: float) -> Supply:
    """run: whose tokenizer tells how many bytes a token holds.  DataError for a set that is not there."""
    measured = _bytes_per_token(run)
    density = measured or BYTES_PER_TOKEN
    source = find_source(SOURCE)
    assert source.bytes is not None
    assert source.count is not None
    each = source.bytes / source.count
    files = math.ceil(tokens * density / each)
    return Supply(
        tokens=tokens,
        bytes=tokens * density,
        bytes_per_token=density,
        bytes_per_token_measured=measured is not None,
        source=SOURCE,
        files=files,
        files_there_are=source.count,
        download_bytes=each * min(files, source.count),
        epochs=_epochs(sets, tokens),
    )


def _bytes_per_token(run: str | None) -> float | None:
    """What was measured when the run's tokenizer was made."""
    path = None if run is None else run_folder(run) / "tokenizer.json"
    if path is None or not path.is_file():
        return None
    record: Any = read_json(path)
    value = record.get("bytes_per_token") if isinstance(record, dict) else None
    return float(value) if isinstance(value, int | float) and value > 0 else None


def _epochs(sets: tuple[str, ...], tokens: float) -> float | None:
    if not sets:
        return None
    asked = [parse_weighted(text) for text in resolve_sets(sets)]
    there = sum(entry.weight * TokenSet.load(find_set(entry.path), verify=False).tokens for entry in asked)
    return tokens / max(1.0, there)


def sized(value: float) -> str:
    """Bytes as a person reads them: 6.1 MB, 7.93 GB, 1.20 TB."""
    if value >= 1e12:
        return f"{value / 1e12:.2f} TB"
    return f"{value / 1e9:.2f} GB" if value >= 1e8 else f"{value / 1e6:.1f} MB"


def counted(value: float) -> str:
    """Parameters or tokens: 6,144, 286.3M, 1.32B."""
    if value >= 1e9:
        return f"{value / 1e9:.2f}B"
    return f"{value / 1e6:.1f}M" if value >= 1e6 else f"{value:,.0f}"


def supply_lines(supply: Supply) -> list[str]:
    """What to say of it."""
    known = say("잰 값", "measured") if supply.bytes_per_token_measured else say("어림", "a guess")
    lines = [
        say(
            f"  글      토큰 {counted(supply.tokens)} ≈ {sized(supply.bytes)} "
            f"(토큰당 {supply.bytes_per_token:.2f}바이트, {known})",
            f"  text    {counted(supply.tokens)} tokens ≈ {sized(supply.bytes)} "
            f"({supply.bytes_per_token:.2f} bytes per token, {known})",
        )
    ]
    if supply.epochs is not None:
        return [*lines, *_epoch_lines(supply.epochs)]
    if supply.tokens < 1e8:  # a corpus of one's own, or the village, which makes as much as is asked for
        return lines
    download = f", {supply.download_bytes / 1e9:,.0f} GB"
    wanted = min(supply.files, supply.files_there_are)
    lines.append(
        say(
            f"          'nako data pull {supply.source} --shards {wanted}'{download}",
            f"          'nako data pull {supply.source} --shards {wanted}'{download}",
        )
    )
    if supply.files > supply.files_there_are:
        lines += _epoch_lines(supply.files / supply.files_there_are)
    return lines


def _epoch_lines(epochs: float) -> list[str]:
    if epochs <= 1:
        return [
            say(
                f"          준비한 글을 {epochs:.2f}번 봅니다.",
                f"          prepared text is seen {epochs:.2f} times.",
            )
        ]
    said = say(
        f"          주의: 같은 글을 {epochs:.1f}번 되풀이해 봅니다.",
        f"          note: the text is repeated {epochs:.1f} times.",
    )
    if epochs > MANY_EPOCHS:
        said += say(
            f" {MANY_EPOCHS}번을 넘으면 새 글만 못합니다. 글을 더 준비하거나 걸음을 줄이세요.",
            f" Beyond {MANY_EPOCHS} it is worth less than new text: prepare more, or train for fewer steps.",
        )
    return [said]

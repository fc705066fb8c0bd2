"""Prepared sets as --data names them, "laws:2 wiki" -> the sources of a stage, its held-out texts, and what they hold.

RUN/data/STAGE/sets.json    what each set holds and what cleaning counted, for the report
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import write_json
from nakochat.core.messages import say
from nakochat.data.batches import Source
from nakochat.data.held_out import VALIDATION_BYTES
from nakochat.data.shards.token_set import SET, TokenSet, find_set
from nakochat.data.weighted import Weighted, parse_weighted

SETS = "sets.json"


def resolve_sets(named: Sequence[str]) -> tuple[str, ...]:
    """The same sets as SET:WEIGHT, a path in full: from whatever folder it is named, it is the same set.

    ConfigError where a set is named twice.
    """
    sets = []
    for entry in map(parse_weighted, named):
        path = entry.path.expanduser()
        is_path = len(path.parts) > 1 or (path / SET).is_file()
        sets.append(Weighted(path.resolve() if is_path else path, entry.weight))
    twice = [str(path) for path, times in Counter(entry.path for entry in sets).items() if times > 1]
    if twice:
        raise ConfigError(
            say(
                f"--data에 같은 자료가 두 번 있습니다: {', '.join(twice)}. 두 번 배우려면 {twice[0]}:2처럼 쓰세요.",
                f"--data names a set twice: {', '.join(twice)}. To learn it twice, write {twice[0]}:2.",
            )
        )
    return tuple(map(str, sets))


def text_sources(
    named: Sequence[str], *, tokenizer_hash: str, tokens: float | None, verify: bool
) -> list[Source]:
    """The sets, mapped, each to come as often as its weight says.

    tokens: what an epoch should take of them together, where conversations are mixed in; the weights then only say how
    they are shared.  DataError where a set is not there, not finished, damaged, or of another tokenizer.
    """
    asked = [parse_weighted(text) for text in named]
    sets = [
        TokenSet.load(find_set(entry.path), tokenizer_hash=tokenizer_hash, verify=verify) for entry in asked
    ]
    total = sum(entry.weight * found.tokens for entry, found in zip(asked, sets, strict=True))
    scale = 1.0 if tokens is None else tokens / max(1.0, total)
    return [
        Source(found, entry.weight * scale, found.folder.name)
        for entry, found in zip(asked, sets, strict=True)
    ]


def record_sets(folder: Path, stage: str, sources: Sequence[Source]) -> None:
    """Write down what a stage's sets hold and what was cleaned away."""
    write_json(folder / stage / SETS, {"sets": [_row(stage, source) for source in sources]})


def _row(stage: str, source: Source) -> dict[str, Any]:
    made = _set_of(source)
    of = [entry["catalogue"] for entry in made.about["sources"] if entry["catalogue"]]
    return {
        "stage": stage,
        "kind": "text",
        "source": ", ".join(entry["name"] for entry in made.about["sources"]),
        **({"catalogue": of} if of and len(of) == len(made.about["sources"]) else {}),
        "set": source.name,
        "weight": source.weight,
        "documents": len(made),
        "tokens": made.tokens,
        "identity": made.identity,
        "cleaning": made.about["cleaning"],
        "counts": {name: dict(counts) for name, counts in made.counts.items()},
    }


def prepare_set_validation(data: Path, sources: Sequence[Source], *, keep: bool) -> None:
    """Write a run's held-out texts: the sets' own, in turn, about VALIDATION_BYTES of them; kept if they are there."""
    texts, about = data / "validation.json", data / "validation_about.json"
    if texts.is_file() and keep:
        return
    chosen: list[str] = []
    size = 0
    for text in _in_turn([_set_of(source).held_out() for source in sources]):
        chosen.append(text)
        size += len(text.encode())
        if size >= VALIDATION_BYTES:
            break
    if not chosen:
        raise DataError(
            say(
                "자료가 너무 작아 평가용으로 떼어 둔 글이 없습니다. 문서가 수백 개는 되어야 합니다.",
                "the sets are too small to have texts held out for evaluation. They need some hundreds of documents.",
            )
        )
    write_json(texts, chosen)
    write_json(about, {"sets": [source.shard.identity for source in sources]})


def _in_turn(lists: Sequence[Sequence[str]]) -> Iterator[str]:
    for several in zip_longest(*lists):
        yield from (text for text in several if text is not None)


def _set_of(source: Source) -> TokenSet:
    assert isinstance(source.shard, TokenSet)
    return source.shard

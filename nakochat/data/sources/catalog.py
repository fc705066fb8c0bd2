"""The TOML files beside this one -> every source of data that we know: address, licence, whom to name."""

import functools
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from nakochat.core.errors import ConfigError
from nakochat.core.files import read_json
from nakochat.core.messages import say

Kind = Literal["text", "chat", "task"]
Way = Literal["hub", "https", "manual"]

_KIND_OF_FILE: dict[str, Kind] = {"text.toml": "text", "chat.toml": "chat", "tasks.toml": "task"}
SETS = ("ko", "en", "all", "small")
LOCK = "source.json"  # in a pulled folder: what it is


@dataclass(frozen=True, kw_only=True)
class Address:
    """One file at a plain address.  bytes and sha256: None where nobody has published them."""

    url: str
    path: str
    bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """One entry of the catalogue.

    files:       patterns of paths in `repo`; * also crosses folders
    bytes:       about how much all of it is; None where we do not know
    start:       how many files to take where nobody says; None takes all
    revision:    a commit of repo; None resolves `branch` at the first pull
    commercial:  None where the licence leaves it open, which counts as no
    """

    name: str
    kind: Kind
    title: str
    language: Literal["ko", "en"]
    format: str
    licence: str
    attribution: str
    purpose_ko: str
    purpose_en: str
    page: str = ""
    repo: str | None = None
    files: tuple[str, ...] = ()
    branch: str = "main"
    revision: str | None = None
    urls: tuple[Address, ...] = ()
    unpack: bool = False
    steps_ko: tuple[str, ...] = ()
    steps_en: tuple[str, ...] = ()
    count: int | None = None
    bytes: int | None = None
    start: int | None = None
    column: str | None = None
    commercial: bool | None = None
    note_ko: str = ""
    note_en: str = ""
    sets: tuple[str, ...] = ()

    @property
    def way(self) -> Way:
        return "hub" if self.repo else "https" if self.urls else "manual"

    @property
    def pinned(self) -> bool:
        """Whether the catalogue itself says which bytes these are; what it does not pin, the first pull records."""
        return self.revision is not None or (
            self.way == "https" and all(url.sha256 is not None for url in self.urls)
        )

    @property
    def address(self) -> str:
        """Where a person looks it up."""
        return f"https://huggingface.co/datasets/{self.repo}" if self.repo else self.page


@functools.cache
def catalogue() -> dict[str, Source]:
    """Every source by its name, in the order of the files."""
    found: dict[str, Source] = {}
    for file, kind in _KIND_OF_FILE.items():
        values = tomllib.loads(resources.files("nakochat.data.sources").joinpath(file).read_text("utf-8"))
        for name, entry in values.items():
            found[name] = read_source(name, kind, entry)
    return found


def read_source(name: str, kind: Kind, entry: dict[str, Any]) -> Source:
    """A table of the catalogue -> a Source.  ConfigError where it does not hold together."""
    unknown = entry.keys() - {field.name for field in fields(Source)}
    urls = tuple(Address(**url) for url in entry.get("urls", []))
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    if unknown or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise ConfigError(f"catalogue entry {name!r}: unknown fields or name: {sorted(unknown)}")
    source = Source(**{**values, "urls": urls, "name": name, "kind": kind})
    ways = [bool(source.repo), bool(source.urls), bool(source.steps_ko)]
    if sum(ways) != 1 or (source.repo and not source.files) or not set(source.sets) <= set(SETS):
        raise ConfigError(f"catalogue entry {name!r}: it needs one way to come here: repo, urls or steps")
    if source.revision and not re.fullmatch(r"[0-9a-f]{40}", source.revision):
        raise ConfigError(f"catalogue entry {name!r}: a revision is the 40 digits of a commit")
    return source


def find_source(name: str) -> Source:
    """ConfigError, with the nearest names, for one that the catalogue does not have."""
    source = catalogue().get(name)
    if source is not None:
        return source
    near = near_names(name)
    raise ConfigError(
        say(
            f"목록에 없는 자료입니다: {name!r}."
            + (f" 비슷한 이름: {', '.join(near)}." if near else "")
            + " 모두 보려면 'nako data list'를 실행하세요.",
            f"no such source: {name!r}."
            + (f" Near it: {', '.join(near)}." if near else "")
            + " See them all with 'nako data list'.",
        )
    )


def near_names(name: str) -> list[str]:
    """The names of the catalogue that look like it, the nearest first."""
    from difflib import get_close_matches

    return get_close_matches(name.lower(), catalogue(), n=3, cutoff=0.5)


def select(
    names: Sequence[str] = (), *, set_name: str | None = None, commercial_ok: bool = False
) -> tuple[list[Source], list[Source]]:
    """(what is meant, what the licence leaves out).  Without names and set: the whole catalogue.

    set "all" is ko and en together.  ConfigError for unknown names, and for a named source that commercial_ok forbids.
    """
    if set_name is not None and set_name not in SETS:
        raise ConfigError(
            say(f"없는 묶음입니다: {set_name!r}. 있는 묶음: {', '.join(SETS)}.",
                f"no such set: {set_name!r}. There are: {', '.join(SETS)}.")
        )  # fmt: skip
    named = [find_source(name) for name in dict.fromkeys(names)]
    forbidden = [source.name for source in named if commercial_ok and not source.commercial]
    if forbidden:
        raise ConfigError(
            say(
                f"라이선스가 상업적 이용을 허락하지 않거나 분명하지 않습니다: {', '.join(forbidden)}. "
                "빼거나, --commercial-ok 없이 실행하세요.",
                f"the licence forbids commercial use or leaves it open: {', '.join(forbidden)}. "
                "Leave them out, or run without --commercial-ok.",
            )
        )
    wanted = {"ko", "en"} if set_name == "all" else {set_name}
    whole = [] if named and set_name is None else list(catalogue().values())
    members = [s for s in whole if set_name is None or wanted & set(s.sets)]
    chosen = [s for s in members if s.commercial or not commercial_ok]
    left_out = [s for s in members if s not in chosen]
    return [*named, *(s for s in chosen if s not in named)], left_out


def source_of(path: Path) -> str | None:
    """The name of the source that a file or folder was pulled from; None where it came from elsewhere.

    The nearest source.json above it says so: a folder that only bears a source's name proves nothing.
    """
    path = path.expanduser().resolve()
    for folder in (path, *path.parents):
        if (folder / LOCK).is_file():
            try:
                name = read_json(folder / LOCK)["name"]
            except (OSError, ValueError, KeyError, TypeError):
                return None  # not ours, or broken: 'nako data pull' says which
            return name if isinstance(name, str) and name in catalogue() else None
    return None


def may_sell(source: Source) -> str:
    """Whether the licence allows commercial use, in a word."""
    if source.commercial is None:
        return say("불분명", "unclear")
    return say("가능", "yes") if source.commercial else say("불가", "no")


def credit_lines(names: Iterable[str]) -> list[tuple[str, str]]:
    """(Korean, English) lines for a report or a model card: whom to name for data, its licence, its address.

    One line for each source of the catalogue among names, in their order; other names are passed over.
    """
    lines = []
    for name in dict.fromkeys(names):
        source = catalogue().get(name)
        if source is None:
            continue
        fact = f"{source.title}: {source.attribution}. {source.licence}. {source.address}"
        if source.commercial:
            lines.append((fact, fact))
        else:
            unclear = source.commercial is None
            korean = (
                "상업적 이용이 허락되었는지 분명하지 않습니다." if unclear else "상업적으로 쓸 수 없습니다."
            )
            english = "Commercial use is unclear." if unclear else "Not for commercial use."
            lines.append((f"{fact} ({korean})", f"{fact} ({english})"))
    return lines

"""Files, folders and sources of the catalogue -> a set of token shards.  [nako data prepare]"""

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cyclopts import Parameter

from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import write_json
from nakochat.core.messages import say
from nakochat.core.paths import find_tokenizer, set_folder
from nakochat.core.progress import speak
from nakochat.data.cleaning.cleaner import (
    DROPS,
    HELD_OUT,
    PERSONAL,
    REPAIRS,
    UNITS,
    UNREAD,
    CleanSettings,
    Counts,
)
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.files import check_head, find_files
from nakochat.data.shards.set_writer import SHARD_TOKENS, Preparation, Progress, prepare_part
from nakochat.data.shards.token_set import PART, TokenSet, part_folder
from nakochat.data.shards.tokenising import Reading, SourceFile
from nakochat.data.sources.catalog import catalogue, near_names, source_of
from nakochat.data.sources.pulled import data_folder

EVERY = 15.0  # seconds between two lines about how far it is


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PrepareSettings:
    """nako data prepare"""

    name: str | None = None
    """준비한 자료의 이름 (sets/ 아래 폴더). 기본: 첫 글의 이름. |
    The set's name (its folder in sets/).  Default: the first source's."""
    tokenizer: str | None = None
    """이 실행의 토크나이저를 씁니다. 기본: 가장 새것. | Use the tokenizer of this run.  Default: the newest."""
    part: str = "1/1"
    """여러 기계에서 나누어 할 때 이 기계의 몫: 2/8은 여덟 가운데 둘째. 파일 단위로 나눕니다. |
    This machine's share: 2/8 is the second of eight.  Divided by whole files."""
    workers: int | None = None
    """동시에 일할 프로세스의 수. 기본: 코어마다 하나. | Processes at work.  Default: one for each core."""
    shard_tokens: int = SHARD_TOKENS
    """조각 하나의 최대 토큰 수. | Most tokens of a shard."""
    column: str | None = None
    """글이 든 열의 이름. | The column that holds the text."""
    encoding: str = "utf-8"
    """글 파일의 인코딩 (예: cp949). | Encoding of text files, such as cp949."""
    minimum_characters: int = 0
    """이보다 짧은 문서를 버립니다. | Drop documents of fewer characters."""
    hangul_share: float | None = None
    """글자 가운데 한글이 이보다 적은 문서를 버립니다 (0~1). | Drop documents with less Hangul among their letters."""
    exact_duplicates: bool = True
    """앞에 나온 것과 똑같은 문서를 버립니다. | Drop documents that repeat one before."""
    near_duplicates: bool = False
    """앞에 나온 것과 거의 같은 문서도 버립니다. | Drop documents that nearly repeat one before, too."""
    mask_personal: bool = False
    """주민등록번호, 전화번호, 전자우편, 카드번호를 가립니다. | Mask resident, phone and card numbers and e-mail."""
    decontaminate: bool = True
    """마을의 시험 문항이 든 문서를 버립니다. 공개 시험의 문항은 찾지 않습니다. |
    Drop documents that hold a test item of the village; those of public tests are not looked for."""
    damaged_data: Literal["stop", "skip"] = "stop"
    """글에서 읽을 수 없는 줄을 만나면 멈출지, 그 줄을 건너뛰고 셀지. |
    Where a line of a text cannot be read: stop, or pass it over and count it."""
    json: OutFile | None = None
    """세어 본 수를 이 파일에도 씁니다. | Write the counts here too."""

    def __post_init__(self) -> None:
        for flag, value in (("--workers", self.workers), ("--shard-tokens", self.shard_tokens)):
            if value is not None and value < 1:
                raise ConfigError(
                    say(f"{flag}: 1 이상이어야 합니다: {value}.", f"{flag} must be 1 or more: {value}.")
                )

    @property
    def cleaning(self) -> CleanSettings:
        """What is taken out, with the windows of the village's test items."""
        from nakochat.tasks.contamination import unseen_items

        return CleanSettings(
            minimum_characters=self.minimum_characters,
            hangul_share=self.hangul_share,
            exact_duplicates=self.exact_duplicates,
            near_duplicates=self.near_duplicates,
            mask_personal=self.mask_personal,
            unseen=unseen_items().windows if self.decontaminate else None,
        )


def main(
    sources: tuple[str, ...],
    /,
    *,
    settings: PrepareSettings = PrepareSettings(),
) -> None:
    """Clean and tokenise texts once, into shards that training reads.  What is finished is not made again.

    Parameters
    ----------
    sources
        파일, 폴더, 'nako data pull'로 받은 자료의 이름. | Files, folders, names of sources pulled by 'nako data pull'.
    """
    started = time.perf_counter()
    part, parts = _part(settings.part)
    reading, names = _read_from(sources, settings)
    made_from = Preparation(
        reading=reading,
        sources=names,
        tokenizer=find_tokenizer(settings.tokenizer),
        cleaning=settings.cleaning,
        shard_tokens=settings.shard_tokens,
        parts=parts,
    )
    folder = set_folder(settings.name or _default_name(sources[0]))
    workers = settings.workers or os.cpu_count() or 1
    pace = _Pace()
    prepare_part(folder, made_from, part, workers, pace.watch)
    missing = [n for n in range(1, parts + 1) if not (part_folder(folder, n) / PART).is_file()]
    if missing:
        speak(
            say(
                f"{part}/{parts} 부분을 마쳤습니다. 남은 부분: {', '.join(map(str, missing))}.",
                f"part {part}/{parts} is finished. Left: {', '.join(map(str, missing))}.",
            )
        )
        return
    _tell(folder, TokenSet.load(folder), time.perf_counter() - started, settings.json)


def _part(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigError(
            say(
                f"--part는 2/8처럼 씁니다 (여덟 가운데 둘째): {text!r}.",
                f"--part is written like 2/8, the second of eight: {text!r}.",
            )
        )
    return int(found[1]), int(found[2])


def _read_from(sources: Sequence[str], settings: PrepareSettings) -> tuple[Reading, tuple[str, ...]]:
    """The files behind the sources and their names; a file that two of them hold belongs to the first."""
    files: dict[Path, SourceFile] = {}
    names: list[str] = []
    for number, source in enumerate(sources):
        path, name, column = _resolve(source, settings.column)
        names.append(name if name not in names else f"{name}-{number + 1}")
        for file in find_files([path]):
            check_head(file, settings.encoding)
            files.setdefault(file.path.resolve(), SourceFile(file=file, source=number, column=column))
    damage = Damage(settings.damaged_data)
    return Reading(files=tuple(files.values()), encoding=settings.encoding, damage=damage), tuple(names)


def _resolve(source: str, column: str | None) -> tuple[Path, str, str | None]:
    """What a source's path, name and column of text are: a path, or what was pulled under its name."""
    path = Path(source).expanduser()
    if not path.exists() and source in catalogue():
        path = data_folder(source)
        if not path.is_dir():
            raise DataError(
                say(
                    f"아직 받지 않은 자료입니다: {source}. 먼저 실행하세요: nako data pull {source}",
                    f"{source} has not been downloaded. Run 'nako data pull {source}' first.",
                )
            )
    if not path.exists() and (near := near_names(source)):
        raise DataError(
            say(
                f"그런 파일도 자료도 없습니다: {source}. 비슷한 이름의 자료: {', '.join(near)}. 목록: nako data list.",
                f"there is neither a file nor a source {source}. Sources of near names: {', '.join(near)}. "
                "The list: nako data list.",
            )
        )
    known = source_of(path.resolve())
    if known is not None:
        return path, known, column or catalogue()[known].column
    return path, _stem(path), column


def _stem(path: Path) -> str:
    """A file's name without its endings."""
    return re.sub(r"(\.(txt|jsonl?|csv|tsv|parquet|arrow|gz|zst))+$", "", path.resolve().name) or path.name


def _default_name(source: str) -> str:
    name = re.sub(r"[^\w가-힣.-]+", "-", _stem(Path(source))).strip("-.")
    return name or "set"


class _Pace:
    """Says now and then how far a preparation is.  The rate counts from the first block on: before it the workers
    start, and an earlier run may have read."""

    def __init__(self) -> None:
        self._began = self._last = 0.0
        self._before: int | None = None  # characters that were read by then

    def watch(self, progress: Progress) -> None:
        now, characters = time.perf_counter(), progress.total("characters_in")
        if self._before is None:
            self._before = characters
            self._began = self._last = now
        if now - self._last < EVERY:
            return
        self._last = now
        documents, tokens = progress.total("documents_in"), _short(progress.total("tokens"))
        rate = _short((characters - self._before) / (now - self._began))
        speak(
            say(
                f"문서 {documents:,}개 → 토큰 {tokens} · 초당 {rate}자",
                f"{documents:,} documents -> {tokens} tokens · {rate} characters/s",
            )
        )


def _short(value: float) -> str:
    """1.24M, 83.1K, 512: a slow machine's rate is no 0.00M."""
    if value >= 1e6:
        return f"{value / 1e6:,.2f}M"
    return f"{value / 1e3:.1f}K" if value >= 1e3 else f"{value:.0f}"


def _tell(folder: Path, made: TokenSet, seconds: float, json: Path | None) -> None:
    """What is in a finished set.  DataError where that is nothing."""
    for name, counts in made.counts.items():
        speak(f"{name}")
        for line in _lines(counts):
            speak(f"  {line}")
    if json:
        counts_of = {name: dict(counts) for name, counts in made.counts.items()}
        write_json(
            json,
            {"documents": len(made), "tokens": made.tokens, "sources": counts_of, "seconds": seconds},
        )
    if not made.tokens:
        raise DataError(
            say(
                "남은 글이 없습니다. 거르는 기준을 낮추고 다른 --name으로 다시 준비하세요.",
                "nothing was left of the texts. Drop less, and prepare them again under another --name.",
            )
        )
    speak(
        say(
            f"{folder.name}: 문서 {len(made):,}개, 토큰 {made.tokens:,}개, 조각 {len(made.shards)}개 ({folder})",
            f"{folder.name}: {len(made):,} documents, {made.tokens:,} tokens, {len(made.shards)} shards ({folder})",
        )
    )
    speak(say(f"학습: nako train base --data {folder.name}", f"train: nako train base --data {folder.name}"))


def _lines(counts: Counts) -> list[str]:
    """What was read, repaired, dropped and kept of a source."""
    total = say(
        f"읽음 {counts['documents_in']:,}개 ({counts['characters_in']:,}자) → 남음 {counts['documents_out']:,}개 "
        f"({counts['characters_out']:,}자, {counts['tokens']:,}토큰)",
        f"{counts['documents_in']:,} documents ({counts['characters_in']:,} characters) -> "
        f"{counts['documents_out']:,} ({counts['characters_out']:,} characters, {counts['tokens']:,} tokens)",
    )
    names = {
        **UNREAD,
        **DROPS,
        **REPAIRS,
        **PERSONAL,
        **HELD_OUT,
    }
    documents = ("개", " documents")
    return [
        total,
        *(
            f"{say(*words)}: {counts[key]:,}{say(*UNITS.get(key, documents))}"
            for key, words in names.items()
            if counts[key]
        ),
    ]

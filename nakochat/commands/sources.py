"""The catalogue -> what there is, and its files on disk.  [nako data list | pull]"""

import contextlib
from typing import Literal

from rich.cells import set_cell_size

from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError
from nakochat.core.files import write_json
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.sources.catalog import Source, may_sell, select
from nakochat.data.sources.download import quiet
from nakochat.data.sources.hub import Plan, check_room, look_up
from nakochat.data.sources.pull import UNPACKED, download, in_background, take_manual
from nakochat.data.sources.pulled import data_folder, hold, read_lock

Set = Literal["ko", "en", "all", "small"]


def show(
    *names: str, set: Set | None = None, commercial_ok: bool = False, json: OutFile | None = None
) -> None:
    """List the sources of data: what they are for, how big, under which licence, and whether they are here.

    Parameters
    ----------
    names
        이 자료만, 자세히. | These only, in detail.
    set
        이 묶음만. | This set only.
    commercial_ok
        상업적으로 쓸 수 있는 것만. | Only what may be used commercially.
    json
        이 파일에도 씁니다. | Write them here too.
    """
    chosen, left_out = select(names, set_name=set, commercial_ok=commercial_ok)
    if names:
        for source in chosen:
            _show_all_of(source)
    else:
        _say_table(chosen)
        _say_left_out(left_out)
        speak(
            say(
                "\n받기: nako data pull 이름 … · 자세히: nako data list 이름",
                "\nget: nako data pull NAME … · more: nako data list NAME",
            )
        )
    if json:
        write_json(json, [_facts(source) for source in chosen])


def pull(
    *names: str,
    set: Set | None = None,
    shards: int | None = None,
    background: int | None = None,
    commercial_ok: bool = False,
    fresh: bool = False,
    offline: bool = False,
    revision: str | None = None,
) -> None:
    """Download sources, or what is missing of them, and verify every byte.

    Parameters
    ----------
    names
        받을 자료의 이름 (nako data list). | Names of sources (nako data list).
    set
        이름 대신 묶음. | A set in place of names.
    shards
        자료마다 앞에서부터 받을 파일의 수. | Files of each source to take, from the first.
    background
        그 뒤의 파일을 이만큼 뒤에서 더 받습니다. | This many more come in the background afterwards.
    commercial_ok
        상업적으로 쓸 수 있는 것만. | Only what may be used commercially.
    fresh
        서버에 다시 묻고 처음부터 다시 받습니다. | Ask the server again and download everything again.
    offline
        연결하지 않고, 있는 파일만 확인합니다. | Verify what is here, without a connection.
    revision
        다른 판(가지나 커밋). | Another version: a branch or a commit.
    """
    _check_flags(names, set, shards, background, fresh, offline)
    sources, left_out = select(names, set_name=set, commercial_ok=commercial_ok)
    _check_revision(revision, sources)
    _say_left_out(left_out)
    with contextlib.ExitStack() as held:
        held.enter_context(quiet())
        for source in sorted(
            sources, key=lambda source: source.name
        ):  # one order: two pulls never wait in a ring
            held.enter_context(hold(source))
        plans = [
            look_up(source, shards=shards, fresh=fresh, offline=offline, revision=revision)
            for source in sources
            if source.way != "manual"
        ]
        for plan in plans:
            _say_plan(plan)
        check_room(plans)
        download(plans, fresh=fresh)
        for source in sources:
            if source.way == "manual":
                _say_taken(source, take_manual(source))
    for plan in plans:
        _say_done(plan)
    if background:
        _start_background(plans, background)


def _check_flags(
    names: tuple[str, ...],
    set_name: Set | None,
    shards: int | None,
    background: int | None,
    fresh: bool,
    offline: bool,
) -> None:
    if not names and set_name is None:
        raise ConfigError(
            say(
                "무엇을 받을지 말해 주세요: nako data pull wikipedia-ko, 또는 --set small. 목록: nako data list.",
                "say what to download: nako data pull wikipedia-ko, or --set small. The list: nako data list.",
            )
        )
    for flag, number in (("--shards", shards), ("--background", background)):
        if number is not None and number < 1:
            raise ConfigError(say(f"{flag}: 1 이상이어야 합니다.", f"{flag} must be at least 1."))
    if offline and (fresh or background):
        raise ConfigError(
            say(
                "--offline은 연결하지 않으므로 --fresh, --background와 함께 쓸 수 없습니다.",
                "--offline makes no connection, so it cannot go with --fresh or --background.",
            )
        )


def _check_revision(revision: str | None, sources: list[Source]) -> None:
    """ConfigError where a version is asked for of what has none: a plain address holds whatever it holds."""
    without = [source.name for source in sources if source.way != "hub"]
    if revision is not None and without:
        raise ConfigError(
            say(
                f"--revision은 허브의 자료에만 있습니다. 판이 없는 자료: {', '.join(without)}. 빼고 실행하세요.",
                f"--revision is for sources on the hub. These have no versions: {', '.join(without)}. Leave them out.",
            )
        )


def _start_background(plans: list[Plan], more: int) -> None:
    """The rest in a process of its own: the tokenizer needs only the first files."""
    open_ended = [plan for plan in plans if len(plan.chosen) < len(plan.listing)]
    if not open_ended:
        speak(say("더 받을 파일이 없습니다.", "there is nothing more to download."))
        return
    total = max(len(plan.chosen) for plan in open_ended) + more
    names = [plan.source.name for plan in open_ended]
    process, log = in_background(names, total)
    speak(
        say(
            f"뒤에서 이어받습니다: {', '.join(names)} (자료마다 {total}개까지). 기록: {log} · 멈추기: kill {process}",
            f"going on in the background: {', '.join(names)} (up to {total} files each). "
            f"Log: {log} · stop it: kill {process}",
        )
    )


def _say_table(sources: list[Source]) -> None:
    """A line of facts for each source and one of what it is for: a table this wide would break in 80 columns."""
    kinds = {"text": say("글", "text"), "chat": say("대화", "chat"), "task": say("과제", "tasks")}
    for kind, title in kinds.items():
        members = [source for source in sources if source.kind == kind]
        if members:
            speak(f"\n{title}")
        for source in members:
            facts = ((source.name, 21), (source.language, 3), (_size(source), 9), (_here(source), 8))
            line = " ".join(set_cell_size(fact, width) for fact, width in facts)
            speak(f"  {line} {source.licence} ({say('상업적 이용', 'commercial use')}: {may_sell(source)})")
            speak(f"      {say(source.purpose_ko, source.purpose_en)}")
            if not source.pinned and source.way != "manual" and read_lock(data_folder(source.name)) is None:
                speak(f"      {_recorded_later()}")


def _show_all_of(source: Source) -> None:
    rows = [
        (say("이름", "name"), source.name),
        (say("제목", "title"), source.title),
        (say("쓰임", "for"), say(source.purpose_ko, source.purpose_en)),
        (say("주소", "address"), source.address),
        (say("판", "version"), _version(source)),
        (say("크기", "size"), f"{_size(source)}, {_count(source)}"),
        ("SHA-256", ", ".join(url.sha256 for url in source.urls if url.sha256)),
        (say("형식", "format"), source.format + (f", {source.column}" if source.column else "")),
        (say("라이선스", "licence"), f"{source.licence} ({say('상업적 이용', 'commercial use')}: {may_sell(source)})"),
        (say("출처 표시", "credit"), source.attribution),
        (say("알림", "note"), say(source.note_ko, source.note_en)),
        (say("여기", "here"), f"{_here(source)} {data_folder(source.name)}"),
    ]  # fmt: skip
    speak("\n".join(f"{label}: {value}" for label, value in rows if value) + "\n")


def _facts(source: Source) -> dict[str, object]:
    return {
        "name": source.name, "kind": source.kind, "title": source.title, "language": source.language,
        "address": source.address, "revision": source.revision, "pinned": source.pinned,
        "files": source.count, "bytes": source.bytes, "format": source.format, "column": source.column,
        "sha256": [url.sha256 for url in source.urls],
        "licence": source.licence, "commercial": source.commercial, "attribution": source.attribution,
        "purpose": say(source.purpose_ko, source.purpose_en), "sets": list(source.sets),
    }  # fmt: skip


def _size(source: Source) -> str:
    return say("모름", "unknown") if source.bytes is None else "~" + readable(source.bytes)


def readable(size: int) -> str:
    """Bytes in the unit that fits: 1.1 MB, 250 GB."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if value >= 1000:
            value, unit = value / 1000, larger
    return f"{value:,.{0 if value >= 100 or unit == 'B' else 1}f} {unit}"


def _count(source: Source) -> str:
    return say("파일 수는 받을 때 압니다", "files: known when pulled") if source.count is None else say(
        f"파일 {source.count:,}개", f"{source.count:,} files"
    )  # fmt: skip


def _here(source: Source) -> str:
    lock = read_lock(data_folder(source.name))
    if lock is None:
        return "-"
    there = sum((data_folder(source.name) / path).is_file() for path in lock["files"])
    return f"{there}/{len(lock['files'])}"


def _version(source: Source) -> str:
    """The commit that is here, else the catalogue's; nothing for files that a person brings."""
    lock = read_lock(data_folder(source.name))
    if lock is None and not source.pinned:
        return "" if source.way == "manual" else _recorded_later()
    return str((lock or {}).get("revision") or source.revision or say("해시로 지킵니다", "held to its hash"))


def _recorded_later() -> str:
    return say("고정된 판이 없습니다. 처음 받을 때 기록합니다", "not pinned: recorded at the first download")


def _say_left_out(sources: list[Source]) -> None:
    if sources:
        shown = ", ".join(f"{source.name} ({source.licence})" for source in sources)
        speak(
            say(
                f"상업적으로 쓸 수 없거나 분명하지 않아 뺐습니다: {shown}",
                f"left out, commercial use forbidden or unclear: {shown}",
            )
        )


def _say_plan(plan: Plan) -> None:
    """What will happen, and how big it is, before it begins."""
    name = plan.source.name
    for path, why in plan.faults.items():
        speak(
            say(f"{name}: {path}: {why}. 지우고 다시 받습니다.", f"{name}: {path}: {why}. Downloaded again.")
        )
    if plan.resolved and plan.revision:
        speak(
            say(
                f"{name}: '{plan.branch}'의 지금 판은 {plan.revision[:12]}입니다. source.json에 적고 앞으로 이것을 "
                "씁니다.",
                f"{name}: '{plan.branch}' now stands for {plan.revision[:12]}. It is kept in source.json and used "
                "from now on.",
            )
        )
    of = f"{len(plan.chosen)}/{len(plan.listing)}"
    come = readable(plan.to_come)
    unknown = any(file.bytes is None for file in plan.missing)
    asked = say(" (크기를 모르는 파일이 있습니다)", " (the size of a file is unknown)") if unknown else ""
    speak(
        say(
            f"{name}: 파일 {of}개, {readable(plan.bytes)}; 받을 것 {len(plan.missing)}개, {come}{asked}. "
            f"{plan.source.licence} (상업적 이용: {may_sell(plan.source)})",
            f"{name}: {of} files, {readable(plan.bytes)}; to come: {len(plan.missing)}, {come}{asked}. "
            f"{plan.source.licence} (commercial use: {may_sell(plan.source)})",
        )
    )


def _say_done(plan: Plan) -> None:
    name, folder = plan.source.name, plan.folder / UNPACKED if plan.source.unpack else plan.folder
    rest = len(plan.listing) - len(plan.chosen)
    more = say(
        f" 더 받으려면 --shards N (모두 {len(plan.listing)}개).",
        f" For more: --shards N ({len(plan.listing)} in all).",
    )
    speak(
        say(f"{name}: 다 있고 확인했습니다: {folder}.", f"{name}: all here and verified: {folder}.")
        + (more if rest else "")
    )


def _say_taken(source: Source, count: int) -> None:
    folder = data_folder(source.name)
    speak(
        say(
            f"{source.name}: 파일 {count}개를 기록했습니다: {folder}.",
            f"{source.name}: {count} files recorded: {folder}.",
        )
    )

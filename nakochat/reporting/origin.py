"""Settings and origins of the stages -> blocks: data and licences, commands, versions, machine, settings."""

import json
from collections.abc import Callable

from nakochat.core.rows import Row, as_list, as_row, number, text
from nakochat.data.sources.catalog import Source, catalogue
from nakochat.reporting.cleaning import chats_left_out, cleaning, unread_lines
from nakochat.reporting.document import Block, Cell, Code, Table
from nakochat.reporting.facts import Run, Stage
from nakochat.reporting.words import MISSING, Words, count, same
from nakochat.tasks.catalogue import BENCHMARKS

_WORK = {
    "tokenizer": Words(
        "글을 토큰으로 자르는 법을 글에서 배웁니다.", "Learns from text how to cut it into tokens."
    ),
    "base": Words(
        "글을 읽으며 다음 토큰을 맞힙니다. 프리셋에 따라 대화도 읽습니다.",
        "Reads text, with some presets conversations too, and predicts the next token.",
    ),
    "mid": Words(
        "글과 대화, 과제를 섞어 읽으며 대화 형식과 도구를 익힙니다.",
        "Reads text, conversations and tasks mixed, and learns the chat format and the tool.",
    ),
    "sft": Words(
        "대화에서 자기가 할 말만 배웁니다.", "Learns only what the assistant says in conversations."
    ),
    "rl": Words(
        "스스로 답하고, 규칙이 매긴 점수로 배웁니다.",
        "Answers by itself and learns from the marks a rule gives.",
    ),
}


_KINDS = {"text": Words("글", "texts"), "chat": Words("대화", "conversations")}


def data(run: Run) -> list[Block]:
    """What each stage learned from, and under which licence it stands."""
    return [
        *_shards(run),
        *unread_lines(run),
        *cleaning(run),
        *chats_left_out(run),
        *_credits(run),
        *_named_sources(run),
    ]


def _shards(run: Run) -> list[Block]:
    if not run.shards:
        return []
    head = (
        Words("단계", "Stage"),
        Words("종류", "Kind"),
        Words("출처", "Source"),
        Words("라이선스", "Licence"),
        Words("문서", "Documents"),
        Words("토큰", "Tokens"),
    )
    rows = []
    for shard in run.shards:
        known = _catalogued(shard)
        source, licence = _from_catalogue(known) if known else _source(text(shard, "source"))
        kind = text(shard, "kind")
        words = (_KINDS.get(kind, same(kind)), source, licence, *_counts(shard, "documents", "tokens"))
        label = same(text(shard, "stage").upper())
        rows.append((Cell(words=label), *(Cell(words=word) for word in words)))
    return [Table(head=head, rows=tuple(rows), figures=False)]


def _counts(shard: Row, *keys: str) -> list[Words]:
    return [count(number(shard, key)) for key in keys]


def _source(name: str) -> tuple[Words, Words]:
    """A source's name and licence: what was given by --corpus only its giver knows."""
    made = made_here(name)
    return (
        (made, same("MIT")) if made else (same(name), Words("주신 분이 확인해야 합니다", "for you to check"))
    )


def made_here(name: str) -> Words | None:
    """What a source is called that nakochat generates, and gives under its own licence; None for any other."""
    if name == "village":
        return Words("마을(생성한 글)", "the village (generated)")
    if any(benchmark.name == name and benchmark.source is None for benchmark in BENCHMARKS):
        return Words(f"과제 {name}(생성한 문항)", f"task {name} (generated)")
    return None


def _catalogued(shard: Row) -> list[Source]:
    """The sources of the catalogue that a shard was made from: its record names them."""
    return [catalogue()[name] for name in map(_plain, as_list(shard.get("catalogue"))) if name in catalogue()]


def _from_catalogue(sources: list[Source]) -> tuple[Words, Words]:
    titles, licences = ([getattr(s, field) for s in sources] for field in ("title", "licence"))
    return same(", ".join(titles)), same(", ".join(dict.fromkeys(licences)))


def _credits(run: Run) -> list[Block]:
    """Whom a licence asks to name, once for each source, with what it allows."""
    sources = {source.name: source for shard in run.shards for source in _catalogued(shard)}
    if not sources:
        return []
    head = (
        Words("출처", "Source"),
        Words("밝힐 이름", "Credit"),
        Words("상업적 이용", "Commercial use"),
        Words("주소", "Address"),
    )
    rows = tuple(
        tuple(
            Cell(words=word)
            for word in (same(s.title), same(s.attribution), _SOLD[s.commercial], same(s.address))
        )
        for s in sources.values()
    )
    return [Table(head=head, rows=rows, figures=False)]


_SOLD = {
    True: Words("됩니다", "allowed"),
    False: Words("안 됩니다", "not allowed"),
    None: Words("분명하지 않습니다", "unclear"),
}


def _named_sources(run: Run) -> list[Block]:
    """The sources named in the settings, each once, with whatever is said of them (licence, address)."""
    sources: dict[str, dict[str, str]] = {}
    for stage in run.folders:
        named = stage.config.get("data")
        for entry in as_list(named) or ([named] if named else []):
            fields = {key: _plain(value) for key, value in as_row(entry).items()} or {"name": _plain(entry)}
            sources.setdefault(json.dumps(fields, sort_keys=True), fields)
    columns = list(dict.fromkeys(key for fields in sources.values() for key in fields))
    if not columns:
        return []
    known = {"name": Words("이름", "Name"), "licence": Words("라이선스", "Licence")}
    known |= {"license": known["licence"], "source": Words("출처", "Source"), "url": Words("주소", "Address")}
    head = tuple(known.get(key, same(key)) for key in columns)
    rows = tuple(
        tuple(Cell(words=same(fields.get(key, MISSING.ko))) for key in columns) for fields in sources.values()
    )
    return [Table(head=head, rows=rows, figures=False)]


def origin(run: Run) -> list[Block]:
    facts: list[tuple[Words, Callable[[Stage], str]]] = [
        (Words("명령", "Command"), lambda stage: _plain(stage.origin.get("command"))),
        (Words("시작", "Started"), lambda stage: text(stage.origin, "started").replace("T", " ")),
        (Words("커밋", "Commit"), lambda stage: text(stage.origin, "commit")),
        (Words("씨앗", "Seed"), lambda stage: text(stage.origin, "seed")),
        (Words("이어받은 체크포인트", "Parent checkpoint"), _parent),
        (Words("저장된 마지막 걸음", "Newest checkpoint"), _checkpoint),
    ]
    for part, labels in (("machine", _MACHINE), ("versions", {}), ("code", _CODE)):
        keys = dict.fromkeys(key for stage in run.folders for key in as_row(stage.origin.get(part)))
        facts += [(labels.get(key, same(key)), _reader(part, key)) for key in keys]
    rows = [row for label, read in facts if (row := _fact_row(run, label, read))]
    head = (Words("항목", "What"), Words("값", "Value"))
    work = Table(
        head=(Words("단계", "Stage"), Words("하는 일", "What it does")),
        rows=tuple((Cell(words=stage.title), Cell(words=_WORK[stage.name])) for stage in run.folders),
        figures=False,
    )
    settings = [
        Code(
            title=Words(f"{stage.title.ko} 설정", f"{stage.title.en} settings"),
            text=json.dumps(stage.config, ensure_ascii=False, indent=2),
        )
        for stage in run.folders
        if stage.config
    ]
    return [work, *([Table(head=head, rows=tuple(rows), figures=False)] if rows else []), *settings]


_MACHINE = {
    "cpu": same("CPU"),
    "gpu": same("GPU"),
    "cores": Words("코어", "Cores"),
    "memory_gb": Words("메모리(GB)", "Memory (GB)"),
    "device": Words("장치", "Device"),
    "name": Words("장치 이름", "Device name"),
    "compiled": Words("torch.compile을 썼는지", "torch.compile used"),
    "processes": Words("프로세스", "Processes"),
    "system": Words("운영 체제", "System"),
    "dtype": Words("수의 형식", "Number format"),
}


_CODE = {
    "files": Words("코드: 파일", "Code: files"),
    "lines": Words("코드: 줄", "Code: lines"),
    "characters": Words("코드: 글자", "Code: characters"),
    "tokens": Words("코드: 토큰(네 글자에 하나로 어림)", "Code: tokens (about one for four characters)"),
    "lock_lines": Words("코드: 고정한 의존성(줄)", "Code: pinned dependencies (lines)"),
}


def _reader(part: str, key: str) -> Callable[[Stage], str]:
    def read(stage: Stage) -> str:
        value = as_row(stage.origin.get(part)).get(key)
        return f"{value:,}" if part == "code" and isinstance(value, int) else _plain(value)

    return read


def _fact_row(run: Run, label: Words, read: Callable[[Stage], str]) -> tuple[Cell, ...] | None:
    """One value where all stages agree, otherwise one line for each stage."""
    values = [(stage.title, value) for stage in run.folders if (value := read(stage))]
    if not values:
        return None
    if len({value for _, value in values}) == 1:
        return (Cell(words=label), Cell(words=same(values[0][1])))
    korean = "\n".join(f"{stage.ko}: {value}" for stage, value in values)
    english = "\n".join(f"{stage.en}: {value}" for stage, value in values)
    return (Cell(words=label), Cell(words=Words(korean, english)))


def _parent(stage: Stage) -> str:
    parent = as_row(stage.origin.get("parent"))
    name, fingerprint = text(parent, "checkpoint"), text(parent, "hash")[:16]
    return f"{name} ({fingerprint})" if fingerprint else name


def _checkpoint(stage: Stage) -> str:
    return "" if stage.checkpoint is None else f"{stage.checkpoint:,}"


def _plain(value: object) -> str:
    """A value of any JSON kind as short text."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return " ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

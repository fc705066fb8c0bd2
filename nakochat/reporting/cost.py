"""What the stages took -> blocks: the tokenizer's measures; steps, tokens, time, speed, memory, energy and money."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from nakochat.core.josa import josa
from nakochat.core.rows import as_row, number
from nakochat.reporting.document import Block, Cell, Paragraph, Table
from nakochat.reporting.facts import Run, Stage
from nakochat.reporting.words import DOMAINS, MISSING, Words, count, decimal, duration, percent, same

_MEASURES = {
    "characters_per_token": Words("토큰 하나에 담기는 글자", "characters per token"),
    "bytes_per_token": Words("토큰 하나에 담기는 바이트", "bytes per token"),
    "vocabulary": Words("어휘 크기", "vocabulary"),
    "characters_at_most": Words("배운 글자(많아야)", "characters learned from, at most"),
    "seconds": Words("만드는 데 걸린 시간", "time to make"),
}


def tokenizer(run: Run) -> list[Block]:
    rows = []
    for key, value in (run.tokenizer.measures if run.tokenizer else {}).items():
        figure = number({key: value}, key)
        if figure is None:
            continue
        words = duration(figure) if key == "seconds" else decimal(figure, 0 if figure == int(figure) else 3)
        rows.append((Cell(words=_MEASURES.get(key, same(key))), Cell(words=words)))
    head = (Words("항목", "What"), Words("값", "Value"))
    return [*([Table(head=head, rows=tuple(rows))] if rows else []), *_by_domain(run)]


def _by_domain(run: Run) -> list[Block]:
    """Characters per token of each kind of text, beside published tokenizers where `nako tok eval` measured them."""
    measures = run.tokenizer.measures if run.tokenizer else {}
    own = as_row(measures.get("table")) or measures
    columns = {
        "nakochat": own,
        **{name: as_row(figures) for name, figures in as_row(own.get("beside")).items()},
    }
    domains = as_row(own.get("domains"))
    if not domains:
        return []
    head = (
        Words("글의 갈래 (토큰당 글자)", "Kind of text (characters per token)"),
        *(same(name) for name in columns),
        Words("토큰당 바이트", "Bytes per token"),
        Words("글자를 자르는 토큰", "Tokens that cut a character"),
    )
    rows = []
    for domain in domains:
        figures = [as_row(as_row(column.get("domains")).get(domain)) for column in columns.values()]
        values = [number(figure, "characters_per_token") for figure in figures]
        most = max((value for value in values if value is not None), default=None)
        rows.append(
            (
                Cell(words=DOMAINS.get(domain, same(domain))),
                *(
                    Cell(words=decimal(v), best=len(values) > 1 and v is not None and v == most)
                    for v in values
                ),
                Cell(words=decimal(number(figures[0], "bytes_per_token"))),
                Cell(words=percent(number(figures[0], "cut_share"))),
            )
        )
    return [Table(head=head, rows=tuple(rows))]


def cost(run: Run, price: float | None = None) -> list[Block]:
    """price: of an hour of one GPU, or of the computer where it has none, in any currency."""
    head = (
        Words("단계", "Stage"),
        Words("걸음", "Steps"),
        Words("토큰", "Tokens"),
        Words("학습 시간", "Training time"),
        Words("초당 토큰(중앙값)", "Tokens/s (median)"),
        Words("최대 메모리", "Peak memory"),
        Words("평가 시간", "Evaluation time"),
        Words("전력량", "Energy"),
        *([Words("비용", "Cost")] if price is not None else []),
    )
    rows = [_cost_row(stage, price) for stage in run.folders]
    seconds, tokens = total_seconds(run), total_tokens(run)
    evaluation = sum(_evaluation_seconds(stage) or 0.0 for stage in run.folders)
    total = (
        Words("모두", "Total"),
        MISSING,
        count(tokens),
        duration(seconds),
        MISSING,
        MISSING,
        duration(evaluation),
        _energy_words([total_energy(stage) for stage in run.folders]),
        *([_money(sum(_cost(stage, price) for stage in run.folders))] if price is not None else []),
    )
    rows.append(tuple(Cell(words=words, best=words != MISSING) for words in total))
    return [Table(head=head, rows=tuple(rows)), *_elapsed(run), *_remarks(run, price)]


def _cost_row(stage: Stage, price: float | None) -> tuple[Cell, ...]:
    speeds = _values(stage, "tokens_per_second")
    memories = [*_values(stage, "memory_gb"), *([_end(stage, "peak_memory_gb")] if stage.metrics.end else [])]
    peak = max((memory for memory in memories if memory is not None), default=None)
    state = Words("아직 끝나지 않음", "not finished") if stage.unfinished else None
    words = (
        count(_steps(stage)),
        count(_tokens(stage)),
        duration(_seconds(stage)),
        count(median(speeds) if speeds else None),
        MISSING if peak is None else same(f"{peak:.2f} GB"),
        duration(_evaluation_seconds(stage)),
        _energy_words([total_energy(stage)]),
        *([_money(_cost(stage, price))] if price is not None else []),
    )
    return (Cell(words=stage.title, remark=state), *(Cell(words=word) for word in words))


def _passed_over(stage: Stage) -> Iterator[Words]:
    """What a stage went on without."""
    label, metrics = stage.label, stage.metrics
    if metrics.unreadable_lines:
        lines = metrics.unreadable_lines
        yield Words(
            f"{label}의 metrics.jsonl에서 읽을 수 없는 {lines}줄을 건너뛰었습니다.",
            f"{lines} unreadable lines of {label}'s metrics.jsonl were passed over.",
        )
    if metrics.skipped_batches:
        batches = metrics.skipped_batches
        yield Words(
            f"{label} 단계는 손실이나 기울기가 나쁜 묶음 {batches}개를 건너뛰었습니다.",
            f"{label} passed over {batches} batches whose loss or gradient was bad.",
        )
    if metrics.damaged_pieces:
        pieces = metrics.damaged_pieces
        yield Words(
            f"{label} 단계는 학습하는 동안 깨진 글 {pieces}조각을 배우지 않았습니다.",
            f"{label} did not learn {pieces} pieces of documents that were damaged meanwhile.",
        )


def _cost(stage: Stage, price: float) -> float:
    """Hours of training and evaluation, by the price, for every GPU."""
    processes = number(as_row(stage.origin.get("machine")), "processes") or 1
    return ((_seconds(stage) or 0) * processes + (_evaluation_seconds(stage) or 0)) / 3600 * price


def _money(value: float) -> Words:
    return same(f"{value:,.2f}")


def total_energy(stage: Stage) -> float | None:
    """Joules over all sessions: the meter begins anew in each."""
    readings = _values(stage, "energy_joules")
    if not readings:
        return None
    ended = [before for before, after in pairwise(readings) if after < before]
    return sum(ended) + readings[-1]


def _energy_words(joules: list[float | None]) -> Words:
    known = [value for value in joules if value is not None]
    return same(f"{sum(known) / 3.6e6:,.4f} kWh") if known else MISSING


def _elapsed(run: Run) -> list[Block]:
    """From the first beginning to the last end, interruptions counted in."""
    begun = [stage for stage in run.stages if stage.metrics.sessions]
    ends = [end for stage in begun if (end := _end(stage, "time")) is not None]
    if not begun or not ends:
        return []
    first = min(stage.metrics.sessions[0] for stage in begun)
    again = sum(len(stage.metrics.sessions) - 1 for stage in begun)
    elapsed = duration(max(ends) - first)
    resumed = Words(
        f"중간에 {again}번 다시 이어서 했습니다.", f"It was taken up again {again} times on the way."
    )
    unbroken = Words("중간에 멈춘 적은 없습니다.", "It was never interrupted.")
    how = resumed if again else unbroken
    words = Words(
        f"처음 시작해서 마지막으로 끝날 때까지, 멈춘 동안과 평가를 모두 넣어 {elapsed.ko} 걸렸습니다. {how.ko}",
        f"From the first start to the last end, pauses and evaluation included, it took {elapsed.en}. {how.en}",
    )
    return [Paragraph(words=words)]


def _remarks(run: Run, price: float | None) -> list[Block]:
    notes = []
    if any(total_energy(stage) is not None for stage in run.stages):
        notes.append(
            Words(
                "전력량은 이 컴퓨터의 계량기(프로세서의 RAPL, GPU의 NVML)가 학습하는 동안 센 것입니다. 메모리, 디스크, "
                "냉각은 들어 있지 않습니다.",
                "Energy is what this computer's own meters (RAPL of the processors, NVML of the GPUs) counted while "
                "training; memory, disks and cooling are not in it.",
            )
        )
    if price is not None:
        notes.append(
            Words(
                f"비용은 GPU 하나(없으면 컴퓨터 한 대)의 한 시간을 {josa(f'{price:g}', '으로')} 셈했습니다.",
                f"The cost counts an hour of one GPU, or of the computer where there is none, at {price:g}.",
            )
        )
    notes += [words for stage in run.stages for words in _passed_over(stage)]
    return [Paragraph(words=words) for words in notes]


def _values(stage: Stage, key: str) -> list[float]:
    return [value for row in stage.metrics.steps if (value := number(row, key)) is not None]


def _end(stage: Stage, key: str) -> float | None:
    return number(stage.metrics.end or {}, key)


def _steps(stage: Stage) -> float | None:
    steps = _values(stage, "step")
    return _end(stage, "steps") or (steps[-1] if steps else None)


def _tokens(stage: Stage) -> float | None:
    return _end(stage, "tokens")


def _seconds(stage: Stage) -> float | None:
    """How long the stage took to make; of one that is not finished, nothing is said."""
    return number(stage.measures, "seconds") if stage.name == "tokenizer" else _end(stage, "seconds")


def _evaluation_seconds(stage: Stage) -> float | None:
    return None if stage.name == "tokenizer" else number(stage.measures, "seconds")


def total_seconds(run: Run) -> float:
    return sum(_seconds(stage) or 0.0 for stage in run.folders)


def total_tokens(run: Run) -> float:
    return sum(_tokens(stage) or 0.0 for stage in run.folders)

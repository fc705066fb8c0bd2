"""What the stages took -> blocks: the tokenizer's measures; steps, tokens, time, speed and memory."""

from collections.abc import Iterator
from statistics import median

from nakochat.core.rows import number
from nakochat.reporting.document import Block, Cell, Paragraph, Table
from nakochat.reporting.facts import Run, Stage
from nakochat.reporting.words import MISSING, Words, count, decimal, duration, same

_MEASURES = {
    "characters_per_token": Words("토큰 하나에 담기는 글자", "characters per token"),
    "bytes_per_token": Words("토큰 하나에 담기는 바이트", "bytes per token"),
    "vocabulary": Words("어휘 크기", "vocabulary"),
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
    return [Table(head=(Words("무엇을", "What"), Words("값", "Value")), rows=tuple(rows))] if rows else []


def cost(run: Run) -> list[Block]:
    head = (
        Words("단계", "Stage"),
        Words("스텝", "Steps"),
        Words("토큰", "Tokens"),
        Words("학습 시간", "Training time"),
        Words("초당 토큰(중앙값)", "Tokens/s (median)"),
        Words("최대 메모리", "Peak memory"),
        Words("평가 시간", "Evaluation time"),
    )
    rows = [_cost_row(stage) for stage in run.folders]
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
    )
    rows.append(tuple(Cell(words=words, best=words != MISSING) for words in total))
    return [Table(head=head, rows=tuple(rows)), *_remarks(run)]


def _cost_row(stage: Stage) -> tuple[Cell, ...]:
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
    )
    return (Cell(words=stage.title, remark=state), *(Cell(words=word) for word in words))


def _remarks(run: Run) -> list[Block]:
    return [Paragraph(words=words) for stage in run.stages for words in _passed_over(stage)]


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

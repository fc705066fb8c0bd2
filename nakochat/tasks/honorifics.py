"""Nothing -> pairs of sentences of which one keeps its honorifics and its level of speech; nothing to download.

Either who is spoken of and the verb do not fit (할머니께서 … 먹었어요, 동생이 … 드셨어요), or a talk that was
polite turns familiar in its last sentence.
"""

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

from nakochat.core.josa import josa
from nakochat.tasks.benchmark import Benchmark, Item, shuffled
from nakochat.tasks.task import Label

ITEMS = 400
SEED = 20261120
_ELDERS = (
    "할머니",
    "할아버지",
    "어머니",
    "아버지",
    "선생님",
    "교장 선생님",
    "외할머니",
    "사장님",
    "큰아버지",
    "이웃 어르신",
)
_YOUNG = ("동생", "친구", "조카", "막내", "아기", "강아지", "고양이", "사촌 동생", "짝꿍", "후배")
# (what comes before, honorific, plain)
_VERBS = (
    ("점심을", "드셨어요", "먹었어요"), ("방에서", "주무셨어요", "잤어요"), ("집에", "계셨어요", "있었어요"),
    ("재미있는 이야기를", "하셨어요", "했어요"), ("시장에", "가셨어요", "갔어요"), ("책을", "읽으셨어요", "읽었어요"),
    ("일찍", "오셨어요", "왔어요"), ("의자에", "앉으셨어요", "앉았어요"), ("크게", "웃으셨어요", "웃었어요"),
    ("그 소식을", "들으셨어요", "들었어요"), ("물을", "드셨어요", "마셨어요"), ("많이", "편찮으셨어요", "아팠어요"),
)  # fmt: skip
_WHEN = ("어제", "오늘", "아침에", "저녁에", "방금", "지난주에", "주말에")
_TALKS = (
    ("무엇을 하고 계십니까?", "책을 읽고 있습니다.", "책을 읽고 있어."),
    ("어디에 가십니까?", "도서관에 갑니다.", "도서관에 가."),
    ("점심은 드셨습니까?", "네, 조금 전에 먹었습니다.", "응, 조금 전에 먹었어."),
    ("비가 오고 있습니까?", "네, 많이 오고 있습니다.", "응, 많이 오고 있어."),
    ("이 책은 얼마입니까?", "만 원입니다.", "만 원이야."),
    ("언제 출발하십니까?", "내일 아침에 출발합니다.", "내일 아침에 출발해."),
)
_GREETINGS = ("안녕하십니까?", "처음 뵙겠습니다.", "실례합니다.", "반갑습니다.", "수고하십니다.")


def read(folder: Path | None) -> Sequence[Item]:
    """No item twice; as many who are honoured as who are not, so that who always honours gains nothing."""
    draw = random.Random(SEED)
    talks = _talks()
    each = (ITEMS - len(talks)) // 2
    found = [
        *draw.sample(_sentences(honoured=True), each), *draw.sample(_sentences(honoured=False), each), *talks
    ]  # fmt: skip
    draw.shuffle(found)
    return [shuffled(draw, *((before, f" {end.rstrip('.')}.") for end in ends)) for before, *ends in found]


def _sentences(*, honoured: bool) -> list[tuple[str, str, str]]:
    """(what comes before, the right end, the wrong one)"""
    people = [f"{who}께서" for who in _ELDERS] if honoured else [josa(who, "이") for who in _YOUNG]
    return [
        (f"{when} {who} {before}", *((honorific, plain) if honoured else (plain, honorific)))
        for when, who, (before, honorific, plain) in itertools.product(_WHEN, people, _VERBS)
    ]


def _talks() -> list[tuple[str, str, str]]:
    return [
        (f"가: {greeting} {asked}\n나:", right, wrong)
        for greeting, (asked, right, wrong) in itertools.product(_GREETINGS, _TALKS)
    ]


BENCHMARKS = (
    Benchmark(name="honorifics", label=Label("높임말과 말투", "honorifics and level of speech"), read=read,
              suites=("korean",), chance=0.5, measure="mean"),
)  # fmt: skip

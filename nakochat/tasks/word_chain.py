"""Nothing -> 끝말잇기: which word may follow, the 두음법칙 allowed; nothing to download.

A word follows that begins with the last syllable of the one before, or with what the initial-sound law makes of that:
ㄹ before ㅣ and y becomes ㅇ, before others ㄴ (력 -> 역, 로 -> 노); ㄴ before ㅣ and y becomes ㅇ (녀 -> 여).
"""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from nakochat.data.village import nouns
from nakochat.tasks.benchmark import Benchmark, Choice, Item
from nakochat.tasks.jamo import INITIALS, VOWELS
from nakochat.tasks.task import Label

ITEMS = 400
SEED = 20261120
_SOFT = "ㅑㅕㅖㅛㅠㅣ"  # before which ㄴ and ㄹ fall away
# words that end in a syllable which the law changes: common nouns, and few of the village's are such
_CHANGING = (
    "노력 실력 체력 매력 능력 기억력 상상력 달력 경력 소녀 자녀 손녀 남녀 도로 미로 피로 대로 회로 난로 요리 "
    "유리 거리 다리 소리 머리 오리 자리 보리 수료 음료 재료 무료 자료 여행료 오류 종류 교류 물류 기류 초록 기록 "
    "등록 목록 미래 노래 고래 모래 거래 나라 소라 파라 조례 사례 차례 의례 관례 마련 훈련 시련 관련 미련 협력 신뢰 "
    "의뢰 지뢰 백로 사로 연락 신랑 자랑 사랑 노랑 명랑 파랑 요람 관람 바람 사람 보람 여름 이름 구름 주름 한류"
).split()
_ANSWERS = (
    "역사 역할 역도 여자 여름 여행 여우 여왕 노인 노래 노력 노을 이름 이불 이사 이웃 이야기 요리 요정 요일 유리 "
    "유치원 유명 유행 녹차 녹두 녹음 내일 내용 내복 나무 나비 나라 예절 예의 예술 연필 연습 연못 뇌물 낙타 낙서 "
    "낙엽 낭비 남자 남산 남매 늠름 임금 임무"
).split()


def starts(syllable: str) -> set[str]:
    """What a word may begin with after this syllable."""
    place = ord(syllable) - 0xAC00
    initial, vowel, final = INITIALS[place // 588], VOWELS[place // 28 % 21], place % 28
    found = {syllable}
    changed = None
    if vowel in _SOFT and initial in "ㄴㄹ":
        changed = "ㅇ"
    elif initial == "ㄹ":
        changed = "ㄴ"
    if changed:
        found.add(chr(0xAC00 + INITIALS.index(changed) * 588 + VOWELS.index(vowel) * 28 + final))
    return found


def follows(before: str, after: str) -> bool:
    return after[0] in starts(before[-1]) and after != before


def read(folder: Path | None) -> Sequence[Item]:
    """Every word is asked at most once; every third item is one in which the law decides."""
    words = _words()
    by_start: dict[str, list[str]] = defaultdict(list)
    for word in words:
        by_start[word[0]].append(word)
    draw = random.Random(SEED)
    by_law = {first: after for first in words if (after := _following(first, by_start, by_law=True))}
    lawful = draw.sample(sorted(by_law), math.ceil(ITEMS / 3))
    others = {
        first: after
        for first in words
        if first not in lawful and (after := _following(first, by_start, by_law=False))
    }
    plain = draw.sample(sorted(others), ITEMS - len(lawful))
    found: list[Item] = []
    for number in range(ITEMS):
        first = lawful[number // 3] if number % 3 == 0 else plain[number - number // 3 - 1]
        found.append(_item(draw, first, draw.choice((by_law if number % 3 == 0 else others)[first]), words))
    return found


def _words() -> list[str]:
    groups = [value for name, value in vars(nouns).items() if name.isupper() and isinstance(value, tuple)]
    listed = {str(word) for group in groups for word in group if isinstance(word, str)}
    listed |= {*_CHANGING, *_ANSWERS}
    return sorted(word for word in listed if len(word) > 1 and all("가" <= c <= "힣" for c in word))


def _following(first: str, by_start: dict[str, list[str]], *, by_law: bool) -> list[str]:
    """Short words that may follow; by_law: only those that may by the law alone."""
    begin = sorted(starts(first[-1]) - ({first[-1]} if by_law else set()))
    return [word for start in begin for word in by_start[start] if word != first and len(word) < 4]


def _item(draw: random.Random, first: str, right: str, words: Sequence[str]) -> Choice:
    wrong: list[str] = []
    while len(wrong) < 3:
        other = draw.choice(words)
        if not follows(first, other) and len(other) == len(right) and other not in wrong:
            wrong.append(other)
    options = [right, *wrong]
    draw.shuffle(options)
    context = f"끝말잇기: {first} →"
    return Choice(tuple((context, f" {option}") for option in options), options.index(right))


BENCHMARKS = (
    Benchmark(name="word-chain", label=Label("끝말잇기", "word chain (끝말잇기)"), read=read, suites=("korean",),
              chance=0.25, measure="mean"),
)  # fmt: skip

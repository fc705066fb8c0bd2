"""Nothing -> numbers by ten thousands, as Korean counts (만, 억, 조), in figures and in words; nothing to download."""

import random
from collections.abc import Sequence
from pathlib import Path

from nakochat.core.josa import josa
from nakochat.tasks.benchmark import Benchmark, Choice, Item
from nakochat.tasks.task import Label

ITEMS = 400
SEED = 20261120
_UNITS = ("", "만", "억", "조")
_DIGITS = "영일이삼사오육칠팔구"


def mixed(number: int) -> str:
    """123456789 -> 1억 2345만 6789"""
    parts = []
    for unit in reversed(range(len(_UNITS))):
        part = number // 10_000**unit % 10_000
        if part:
            parts.append(f"{part}{_UNITS[unit]}")
    return " ".join(parts) or "0"


def spoken(number: int) -> str:
    """12345 -> 만 이천삼백사십오; a one before 십, 백, 천 and before 만 alone is not said."""
    parts = []
    for unit in reversed(range(len(_UNITS))):
        part = number // 10_000**unit % 10_000
        if part:
            said = "" if part == 1 and unit == 1 else _below_ten_thousand(part)
            parts.append(said + _UNITS[unit])
    return " ".join(parts) or "영"


def _below_ten_thousand(number: int) -> str:
    said = ""
    for power, name in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit = number // power % 10
        if digit:
            said += ("" if digit == 1 and name else _DIGITS[digit]) + name
    return said


def read(folder: Path | None) -> Sequence[Item]:
    draw = random.Random(SEED)
    numbers: dict[int, None] = {}  # none twice
    while len(numbers) < ITEMS:
        numbers[_number(draw)] = None
    return [_item(draw, place % 3, number) for place, number in enumerate(numbers)]


def _number(draw: random.Random) -> int:
    """Of 5 to 12 digits; every second one is round, as numbers in life are."""
    digits = draw.randint(5, 12)
    number = draw.randrange(10 ** (digits - 1), 10**digits)
    if draw.random() < 0.5:
        step: int = 10 ** draw.randint(2, digits - 2)
        number -= number % step
    return number


def _item(draw: random.Random, kind: int, number: int) -> Choice:
    write = (mixed, spoken, lambda value: f"{value:,}")[kind]
    # what goes wrong in life: a place too many or too few, two figures exchanged, a figure misread.  Mostly of the same
    # length, and as often longer as shorter: by the mean of its tokens a longer number is the likelier one
    near = [number * 10, number // 10, _swapped(draw, number), *(_misread(draw, number) for _ in range(4))]
    wrong = list(dict.fromkeys(write(other) for other in near if other not in (0, number)))
    options = [write(number), *draw.sample([text for text in wrong if text != write(number)], 3)]
    draw.shuffle(options)
    shown = mixed(number) if kind == 2 else f"{number:,}"
    asked = f"{josa(shown, '을')} {('만과 억으로 쓰면', '읽으면', '숫자로 쓰면')[kind]}"
    return Choice(tuple((asked, f" {option}") for option in options), options.index(write(number)))


def _swapped(draw: random.Random, number: int) -> int:
    text = list(str(number))
    place = draw.randrange(_figures(number) - 1) if _figures(number) > 1 else 0
    text[place], text[place + 1] = text[place + 1], text[place]
    # no zero in front: that would be a shorter number
    return int("".join(text)) if text[0] != "0" else number


def _misread(draw: random.Random, number: int) -> int:
    """With one figure another, of those before the zeros at the end."""
    text = list(str(number))
    text[draw.randrange(_figures(number))] = draw.choice("123456789")
    return int("".join(text))


def _figures(number: int) -> int:
    return len(str(number).rstrip("0"))


BENCHMARKS = (
    Benchmark(name="big-numbers", label=Label("만과 억", "numbers by ten thousands"), read=read, suites=("korean",),
              chance=0.25, measure="mean"),
)  # fmt: skip

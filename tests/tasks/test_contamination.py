"""Which windows of the test items are looked for, and what they find."""

import pytest

from nakochat.data.village.village import Village
from nakochat.tasks.contamination import COMMON, KOREAN, OTHER, STRIDE, unseen_items, unseen_texts
from nakochat.tasks.task import Task
from nakochat.tasks.village import TASKS

KOREAN_ITEM = (
    "지난 토요일 아침에 달빛골 장터에서 감자를 판 할머니는 저녁이 되자 남은 감자 열두 개를 "
    "이웃집 강아지와 나누어 먹었다고 한다."
)
ENGLISH_ITEM = (
    "On a rainy Tuesday the lighthouse keeper counted exactly nineteen paper boats "
    "before the harbour bell rang twice"
)


def letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


@pytest.mark.parametrize(("item", "length"), [(KOREAN_ITEM, KOREAN), (ENGLISH_ITEM, OTHER)])
def test_every_long_enough_piece_of_an_item_is_found(item: str, length: int) -> None:
    unseen = unseen_texts([item]).windows
    whole = letters(item)
    sure = length + STRIDE - 1
    for start in range(len(whole) - sure + 1):
        assert unseen.find_in("zzz" + whole[start : start + sure] + "zzz") is not None
    assert unseen.find_in("zzz" + whole[-length:]) is not None
    assert unseen.find_in("zzz" + whole[: length - 1]) is None


def test_a_short_item_is_found_whole_and_a_shorter_one_left_out() -> None:
    found = unseen_texts(
        ["사과 세 개와 배 두 개를 모두 더하면 몇 개?", "하늘은 무슨 색이에요?", "하늘은 무슨 색이에요?"]
    )
    assert (found.items, found.too_short) == (2, 1)
    assert found.windows.find_in("문제: 사과 세개와 배 두개를 모두 더하면 몇개일까") is not None
    assert found.windows.find_in("사과 세 개와 배 두 개를 모두 더하면") is None
    assert found.windows.find_in("하늘은 무슨 색이에요? 하늘은 무슨 색이에요?") is None


def test_the_wording_of_a_task_is_not_an_item() -> None:
    wording = "다음 글을 잘 읽고 알맞은 답을 하나만 골라 그 번호를 쓰세요 "
    names = [f"{a}{b}{c}" for a in "가나다라" for b in "마바사아" for c in "자차카타"]
    many = [wording + f"{name}씨가 사는 동네에서 가장 오래된 다리의 이름은 {name}교입니다" for name in names]
    assert unseen_texts(many).windows.find_in(wording) is None
    assert unseen_texts(many).windows.find_in(many[3]) is not None
    assert unseen_texts(many[:COMMON]).windows.find_in(wording) is not None


def test_every_task_is_looked_for() -> None:
    unseen = unseen_items()
    assert unseen.items > 2000
    for task in TASKS:
        asked = [
            message.text
            for exercise in task.exercises()
            for message in exercise.messages
            if message.role == "user"
        ]
        long = [text for text in asked if len(letters(text)) >= KOREAN + STRIDE]
        found = sum(unseen.windows.find_in(text) is not None for text in long)
        assert found >= 0.5 * len(long), task.name
    assert unseen.windows.identity == unseen_items().windows.identity


def test_only_what_the_user_says_is_looked_for() -> None:
    task = Task("one", TASKS[0].label, lambda: [Village(1).exercise(3, split="test")])
    exercise = task.exercises()[0]
    texts = [message.text for message in exercise.messages if message.role == "user"]
    assert unseen_items([task]).windows.identity == unseen_texts(texts).windows.identity

import re

import pytest

from nakochat.data.village.knowledge import DAYS, MONTHS
from nakochat.data.village.lists import group, order, reading, sequence
from nakochat.data.village.scene import Scene
from nakochat.data.village.situations import sino


@pytest.mark.parametrize(
    ("number", "word"), [(1, "일"), (10, "십"), (11, "십일"), (20, "이십"), (69, "육십구"), (99, "구십구")]
)
def test_numbers_are_read_as_koreans_read_them(number, word):
    assert sino(number) == word


def test_what_a_text_says_follows_does_follow():
    after = {a: b for cycle in (MONTHS, DAYS) for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True)}
    told = [order(Scene("order", number)) for number in range(100)]
    pairs = [
        pair for text in told for pair in re.findall(r"([가-힣\d]+) 다음[은에] ([가-힣\d]+?)[이가예]", text)
    ]
    assert len(pairs) > 100
    for a, b in pairs:
        assert after[a].startswith(b), (a, b)


def test_a_reading_belongs_to_its_number():
    told = " ".join(reading(Scene("reading", number)) for number in range(100))
    pairs = re.findall(r"(\d+), ([가-힣]+)\.", told)
    assert len(pairs) > 50
    for digits, word in pairs:
        assert sino(int(digits)) == word


def test_a_group_says_of_nothing_that_it_is_and_is_not():
    for number in range(200):
        text = group(Scene("group", number))
        yes = {
            (a, g) for a, g in re.findall(r"(?:^|[.] )([가-힣]+)[은는도] ([가-힣 ]+?)(?:이에요|예요)", text)
        }
        no = {(a, g) for a, g in re.findall(r"(?:^|[.] )([가-힣]+)[은는] ([가-힣 ]+?)[이가] 아니에요", text)}
        assert not yes & no, text


def test_a_sequence_is_a_stretch_of_its_cycle():
    for number in range(60):
        (wanted,) = sequence(Scene("sequence", number)).expected.accept
        found = wanted.split(", ")
        cycle = MONTHS if found[0] in MONTHS else DAYS
        start = cycle.index(found[0])
        assert found == [cycle[(start + step) % len(cycle)] for step in range(len(found))]
        asked, answer = (message.text for message in sequence(Scene("sequence", number)).messages)
        assert wanted in answer
        assert asked.startswith(found[0])  # it begins with the one that is named

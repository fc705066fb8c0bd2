"""The Korean tasks that need no download."""

import re

import pytest

from nakochat.data.village import nouns
from nakochat.tasks import big_numbers, honorifics, jamo, spacing, word_chain
from nakochat.tasks.benchmark import Choice
from nakochat.tasks.catalogue import BENCHMARKS

GENERATED = [benchmark for benchmark in BENCHMARKS if benchmark.source is None]
MODULES = (spacing, honorifics, jamo, word_chain, big_numbers)


@pytest.mark.parametrize("module", MODULES)
def test_items_are_many_fixed_and_whole(module):
    items = module.read(None)
    assert len(items) == 400
    assert module.read(None) == items
    (benchmark,) = module.BENCHMARKS
    for item in items:
        endings = [context + ending for context, ending in item.options]
        assert len(set(endings)) == len(endings) == round(1 / benchmark.chance)
        assert 0 <= item.gold < len(endings)


def asked(item):
    """What a person would see of an item."""
    if not isinstance(item, Choice):
        return tuple(message.text for message in item.prompt)
    contexts = tuple(context for context, _ in item.options)
    return contexts if any(contexts) else tuple(ending for _, ending in item.options)


@pytest.mark.parametrize("benchmark", GENERATED, ids=lambda benchmark: benchmark.name)
def test_no_item_counts_twice(benchmark):
    items = list(map(asked, benchmark.read(None)))
    assert len(set(items)) == len(items)
    if benchmark.train is not None:
        learned = list(map(asked, benchmark.train(None)))
        assert len(set(learned)) == len(learned)  # RL keeps some of them for its own exam


def test_nothing_that_is_measured_is_learned():
    """Of any task: what one teaches, another may ask."""
    assert len(GENERATED) > 5
    measured = {asked(item) for benchmark in GENERATED for item in benchmark.read(None)}
    learned = {
        asked(item) for benchmark in GENERATED if benchmark.train for item in benchmark.train(None)[:5000]
    }
    assert len(learned) == 5000
    assert not measured & learned


@pytest.mark.parametrize("module", MODULES)
def test_right_answers_stand_everywhere(module):
    places = [item.gold for item in module.read(None)]
    count = len(module.read(None)[0].options)
    assert all(280 < places.count(place) * count < 520 for place in range(count))


def test_spacing_differs_in_blanks_alone():
    apart = []
    for item in spacing.read(None):
        right, wrong = (item.options[place][1] for place in (item.gold, 1 - item.gold))
        assert right.replace(" ", "") == wrong.replace(" ", "")
        apart.append(wrong.count(" ") - right.count(" "))
    assert (apart.count(1), apart.count(-1)) == (200, 200)


def test_spacing_is_asked_of_other_nouns_than_the_village_teaches():
    listed = {word for words in vars(nouns).values() if isinstance(words, tuple) for word in words}
    assert not listed & {*spacing._PEOPLE, *spacing._FOODS, *spacing._PLACES}


def test_honorifics_go_with_whom_they_are_said_of():
    seen = set()
    for item in honorifics.read(None):
        context, right = item.options[item.gold]
        polite = right.strip(" .") in {honorific for _, honorific, _ in honorifics._VERBS}
        if context.startswith("가:"):
            assert right.endswith("니다.")
            assert not item.options[1 - item.gold][1].endswith("니다.")
            seen.add("talk")
        else:
            assert polite is ("께서" in context)
            seen.add(polite)
    assert seen == {"talk", True, False}


def test_as_many_are_honoured_as_are_not():
    """Else who always honours would be right."""
    contexts = [item.options[0][0] for item in honorifics.read(None) if item.options[0][0][0] != "가"]
    assert sum("께서" in context for context in contexts) * 2 == len(contexts)


def test_jamo_come_apart_and_together():
    assert (len(jamo.INITIALS), len(jamo.VOWELS), len(jamo.FINALS)) == (19, 21, 28)
    assert jamo.split("한") == "ㅎㅏㄴ"
    assert jamo.split("값") == "ㄱㅏㅄ"
    assert jamo.split("가") == "ㄱㅏ"
    for code in range(0xAC00, 0xD7A4, 37):
        assert jamo.join(jamo.split(chr(code))) == chr(code)
    finals = [item for item in jamo.read(None) if "받침" in item.options[0][0]]
    for item in finals:
        syllable, ending = item.options[0][0][1], item.options[item.gold][1]
        assert ending.strip() == jamo.split(syllable)[2]


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        *[("노력", word, True) for word in ("역사", "력사")],
        *[("소녀", "여름", True), ("도로", "노래", True), ("미래", "내일", True), ("요리", "이름", True)],
        *[("사과", "과일", True), ("하나", "나비", True), ("여름", "름름", True), ("구름", "늠름", True)],
        *[("사과", "가지", False), ("하나", "아침", False), ("나비", "이름", False), ("바다", "바다", False)],
    ],
)
def test_words_follow_by_the_last_syllable_and_the_law(before, after, may):
    assert word_chain.follows(before, after) is may


def test_one_word_follows_and_three_do_not():
    by_law = 0
    for item in word_chain.read(None):
        first = item.options[0][0].split()[1]
        follow = [word_chain.follows(first, ending.strip()) for _, ending in item.options]
        assert follow == [place == item.gold for place in range(4)]
        by_law += item.options[item.gold][1].strip()[0] != first[-1]
    assert by_law > 120


@pytest.mark.parametrize(
    ("number", "mixed", "spoken"),
    [
        (123456789, "1억 2345만 6789", "일억 이천삼백사십오만 육천칠백팔십구"),
        (12345, "1만 2345", "만 이천삼백사십오"),
        (100000, "10만", "십만"),
        (110010000, "1억 1001만", "일억 천일만"),
        (1000000010000, "1조 1만", "일조 만"),
        (700, "700", "칠백"),
        (0, "0", "영"),
    ],
)
def test_numbers_by_ten_thousands(number, mixed, spoken):
    assert big_numbers.mixed(number) == mixed
    assert big_numbers.spoken(number) == spoken


def test_no_length_is_right_more_often():
    """By the mean a longer number is likelier: wrong ones are as often shorter, and mostly of the same digits."""
    longer = shorter = alike = 0
    for item in big_numbers.read(None)[2::3]:  # in figures
        right = len(item.options[item.gold][1])
        lengths = [len(end) for place, (_, end) in enumerate(item.options) if place != item.gold]
        longer += sum(length > right for length in lengths)
        shorter += sum(length < right for length in lengths)
        alike += lengths.count(right)
    assert abs(longer - shorter) < 30
    assert alike > longer + shorter


def test_right_numbers_are_what_was_asked():
    for item in big_numbers.read(None):
        asked, right = item.options[item.gold]
        figures = re.match(r"[\d,]+(?=[을를])", asked)
        if figures and "만과" in asked:
            assert right.strip() == big_numbers.mixed(int(figures[0].replace(",", "")))
        elif figures:
            assert right.strip() == big_numbers.spoken(int(figures[0].replace(",", "")))
        else:
            assert asked.startswith(big_numbers.mixed(int(right.replace(",", ""))))


def test_particles_fit_the_numbers_as_they_are_read():
    particles = {"을": 0, "를": 0}
    for item in big_numbers.read(None):
        (asked, _), (_, right) = item.options[0], item.options[item.gold]
        figures = (right if "숫자로" in asked else asked.split()[0][:-1]).replace(",", "")
        particle = re.match(r".*[\d만억]([을를]) ", asked)[1]
        assert particle == ("을" if (ord(big_numbers.spoken(int(figures))[-1]) - 0xAC00) % 28 else "를")
        particles[particle] += 1
    assert min(particles.values()) > 60

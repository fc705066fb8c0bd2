"""The village as a whole: how much it varies, that it repeats itself exactly, and that the split holds."""

import collections
import re

import pytest

from nakochat.data.village.village import EXERCISES, TEXTS, Village

SENTENCE = re.compile(r"[^.?!\n]+[.?!]?[\"”']?")


def skeletons(texts: int, exercises: int) -> collections.Counter[str]:
    """Masked sentences of the mixture that training draws, options of a choice left out."""
    village, found = Village(11), collections.Counter()
    masked = [village.text(n, masked=True) for n in range(texts)]
    masked += [m.text for n in range(exercises) for m in village.exercise(n, masked=True).messages]
    for document in masked:
        sentences = (sentence.strip() for sentence in SENTENCE.findall(document))
        found.update(s for s in sentences if len(s) > 1 and not re.fullmatch(r"[○\d]+\.?", s))
    return found


def test_sentences_vary():
    found = skeletons(1500, 3500)
    total = sum(found.values())
    assert len(found) >= 3000
    skeleton, count = found.most_common(1)[0]
    assert count / total <= 0.005, skeleton


def test_a_document_depends_on_its_number_and_seed_alone():
    assert Village(3).text(7) == Village(3).text(7) != Village(4).text(7)
    assert Village(3).exercise(7) == Village(3).exercise(7) != Village(3).exercise(8)


def test_masking_draws_the_same_and_hides_the_words():
    village = Village(0)
    texts = [(village.text(n), village.text(n, masked=True)) for n in range(200)]
    assert all(plain != masked for plain, masked in texts)
    assert sum("○" in masked for _, masked in texts) > 190


@pytest.mark.parametrize("kind", sorted(EXERCISES))
def test_every_kind_ends_with_an_answer_in_haeyoche(kind):
    village = Village(2)
    for number in range(60):
        exercise = village.exercise(number, kind=kind)
        assert [message.role for message in exercise.messages[-2:]] == ["user", "assistant"]
        for message in exercise.messages:
            if message.role == "assistant":
                assert not re.search(r"(습니다|입니다|니다)[.!?]?$", message.text), message.text


@pytest.mark.parametrize(
    "kind", ["question", "sum", "story_problem", "syllables", "choice", "given", "unknown"]
)
def test_training_never_asks_what_is_held_out(kind):
    village = Village(0)
    held_out = {village.exercise(n, kind=kind, split="test").messages[:-1] for n in range(300)}
    trained = {village.exercise(n, kind=kind).messages[:-1] for n in range(3000)}
    assert not held_out & trained


def test_there_are_texts_of_many_kinds():
    assert len(TEXTS) >= 20
    assert all(Village(0).text(n) for n in range(100))

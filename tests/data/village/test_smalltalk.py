"""Everyday talk and talk about nakochat: polite, short, alternating, and in many wordings."""

import re

import pytest

from nakochat.data.village import persona, remarks, smalltalk, topics
from nakochat.data.village.feelings import FEELINGS
from nakochat.data.village.howto import CANNOT, HOWTOS
from nakochat.data.village.scene import Exercise, Scene
from nakochat.data.village.talk import THANKS, Topic, turn, words_of

KINDS = {**smalltalk.EXERCISES, **remarks.EXERCISES, **persona.EXERCISES}
_POLITE = re.compile(r"(요|죠)[.!?]$")


def exercises(kind: str, count: int = 1000, **scene: object) -> list[Exercise]:
    return [KINDS[kind](Scene(kind=kind, number=number, **scene)) for number in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_every_sentence_of_the_assistant_is_polite_and_short(kind: str) -> None:
    for exercise in exercises(kind):
        for message in exercise.messages:
            if message.role == "assistant":
                assert len(message.text) < 90, message.text
                for sentence in re.findall(r"[^.!?]+[.!?]?", message.text):
                    assert _POLITE.search(sentence.strip()), message.text


@pytest.mark.parametrize("kind", KINDS)
def test_turns_alternate_and_end_with_the_assistant(kind: str) -> None:
    for exercise in exercises(kind, 300):
        roles = [message.role for message in exercise.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert all(message.text.strip() for message in exercise.messages)
        assert not any(set("{}|/") & set(message.text) for message in exercise.messages)


@pytest.mark.parametrize("kind", KINDS)
def test_masking_changes_no_draw(kind: str) -> None:
    for plain, masked in zip(exercises(kind, 200), exercises(kind, 200, masked=True), strict=True):
        assert len(plain.messages) == len(masked.messages)


def test_it_always_has_the_same_name() -> None:
    for number in range(300):
        scene = Scene(kind="name", number=number)
        assert "나코" in turn(scene, persona._NAME, words_of(scene))[1].text


def test_everything_is_reached() -> None:
    assert len(HOWTOS) >= 25
    assert all(len(row) == 4 for row in HOWTOS)
    assert len(CANNOT) >= 25
    assert len(FEELINGS) == 9
    asked = {exercise.messages[0].text for kind in KINDS for exercise in exercises(kind)}
    assert len(asked) > 2500


def test_topics_offer_a_choice_of_wordings() -> None:
    def thin(rows: tuple[Topic, ...]) -> list[Topic]:
        return [topic for topic in rows if len(topic.asks) < 5 or not topic.answers]

    assert thin(persona.TOPICS) == []
    assert thin(smalltalk.TOPICS) == []


def test_nobody_gives_thanks_for_a_mere_greeting() -> None:
    for exercise in exercises("greeting"):
        greeted, *rest = exercise.messages[::2]
        if len(rest) == 1:
            assert rest[0].text not in THANKS.asks, (greeted.text, rest[0].text)


def test_what_was_heard_never_leads_on_to_an_exclamation() -> None:
    answers = [m.text for e in exercises("feelings", 3000) for m in e.messages if m.role == "assistant"]
    assert sum("다니 " in answer for answer in answers) > 50
    assert not [answer for answer in answers if re.search("다니 (와|저런|아이고|그)", answer)]


def test_no_joke_is_told_twice_in_a_conversation() -> None:
    jokes = {joke for topic in (topics._JOKE, topics._ANOTHER) for joke in topic.answers}
    told = [[m.text for m in e.messages if m.text in jokes] for e in exercises("small_talk", 4000)]
    assert sum(len(several) > 1 for several in told) > 3
    assert all(len(several) == len(set(several)) for several in told)


def test_only_what_was_said_is_doubted() -> None:
    for exercise in exercises("aside", 300):
        assert len(exercise.messages) == 4
    assert not [
        e for e in exercises("remark", 2000) for m in e.messages if m.text.startswith(("정말요", "진짜?"))
    ]


def test_a_question_back_leaves_the_turn_to_the_user() -> None:
    for exercise in exercises("feelings", 2000):
        for message in exercise.messages:
            if message.text.startswith(("무슨 좋은 일이", "저런, 무슨 일이", "무슨 일을 해냈어요?")):
                assert message.text.endswith("?")


def test_a_remark_is_made_of_the_whole_lexicon_and_is_never_answered_as_unknown() -> None:
    told = [exercise.messages for exercise in exercises("remark", 3000)]
    assert len({messages[0].text for messages in told}) > 2500
    assert not [m.text for messages in told for m in messages if m.role == "assistant" and "모르" in m.text]

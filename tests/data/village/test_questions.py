"""Facts and questions: the data are consistent, the Korean is well formed, and test wordings are never trained on."""

import re
from pathlib import Path

import pytest

from nakochat.core.josa import josa
from nakochat.data.village import (
    facts,
    follow_ups,
    knowledge,
    lore,
    memory,
    more_asks,
    phrasing,
    question_parts,
    questions,
    unknowns,
    village_parts,
    world,
)
from nakochat.data.village.clauses import finish
from nakochat.data.village.knowledge import Fact
from nakochat.data.village.phrasing import ask, tell
from nakochat.data.village.question_parts import INVERSES, RELATIONS
from nakochat.data.village.scene import Exercise, Scene, Split

# slots of {a} and {d} take endings of verbs, which the particle table does not name
VERB_ENDINGS = {"을", "는", "은", "으려면"}
EXERCISES = {**questions.EXERCISES, **follow_ups.EXERCISES, **memory.EXERCISES, **unknowns.EXERCISES}


def draw_many(kind: str, count: int, split: Split = "train") -> list[Exercise]:
    return [EXERCISES[kind](Scene(kind, number, split=split)) for number in range(count)]


def test_each_subject_has_one_fact_of_a_relation() -> None:
    pairs = [(fact.subject, fact.relation) for fact in lore.FACTS]
    assert len(pairs) == len(set(pairs)) >= 600


def test_every_relation_has_words() -> None:
    assert {fact.relation for fact in lore.FACTS} == set(RELATIONS)


def test_villagers_and_strangers_are_different_people() -> None:
    names = {world.bare_name(person) for person in world.PEOPLE}
    strangers = {world.bare_name(memory.stranger(Scene("stranger", number))) for number in range(500)}
    assert not names & strangers


def test_opposites_go_both_ways() -> None:
    pairs = {(fact.subject, fact.value) for fact in knowledge.FACTS if fact.relation == "opposite"}
    assert pairs == {(other, one) for one, other in pairs}


@pytest.mark.parametrize(
    ("clause", "ending", "template"),
    [
        ("{s:은} 뭘 먹다", "는지", "{s:은} 뭘 {d:는지}"),
        ("{s:은} 어디에 살다", "는다고", "{s:은} 어디에 {d:은다고}"),
        ("{s:은} 뭘 먹다", "는다고", "{s:은} 뭘 {d:는다고}"),
        ("{s:은} 날씨가 어떻다", "는지", "{s:은} 날씨가 {d:은지}"),
        ("{s:은} 뭐=", "는지", "{s:은} 뭔지"),
        ("{s:은} 뭐=", "습니까", "{s:은} 무엇입니까"),
        ("{s:은} 어디=", "던가요", "{s:은} 어디던가요"),
        ("{s:은} {v}=", "는다는", "{s:은} {v:이라는}"),
    ],
)
def test_endings(clause: str, ending: str, template: str) -> None:
    assert finish(clause, ending)[0] == template


def test_particles_are_ones_that_the_rules_know() -> None:
    """A slot's 이… that the particle table does not name would stay 이 after a vowel: 잔치이라면."""
    folder = Path(facts.__file__).parent
    modules = (
        facts,
        questions,
        follow_ups,
        memory,
        unknowns,
        question_parts,
        village_parts,
        more_asks,
        phrasing,
        lore,
    )
    for source in (folder / f"{module.__name__.rpartition('.')[2]}.py" for module in modules):
        slots = re.findall(
            r"\{[stvwxnqko1-9a-z]+:((?:이|으로|은|을|과|아|라|는|가)[^}! ]*)\}", source.read_text("utf-8")
        )
        for particle in slots:
            assert josa("나", particle) != "나" + particle or particle in VERB_ENDINGS, (
                source.name,
                particle,
            )


def test_a_particle_of_two_forms_stands_inside_its_slot() -> None:
    """{k}는 would be right after a vowel only: 우리 동생는."""
    folder = Path(facts.__file__).parent
    for module in (facts, questions, follow_ups, memory, unknowns, question_parts, village_parts, more_asks):
        source = folder / f"{module.__name__.rpartition('.')[2]}.py"
        found = re.findall(
            r"\{[a-z0-9]+\}(?:은|는|이|가|을|를|과|와|으로|로)(?![가-힣])", source.read_text("utf-8")
        )
        assert not found, (source.name, found)


@pytest.mark.parametrize("kind", EXERCISES)
def test_exercises_are_well_formed(kind: str) -> None:
    for exercise in draw_many(kind, 300):
        roles = [message.role for message in exercise.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        for message in exercise.messages:
            assert not re.search(r"[{}○▽]|  |=|\|", message.text), message.text
        for message in exercise.messages[1::2]:
            assert re.search(r"[요죠](, \S+ 님)?[.?]?$", message.text), message.text
            assert "습니다" not in message.text
            assert len(message.text) <= 90


@pytest.mark.parametrize("kind", EXERCISES)
def test_the_given_answer_is_right(kind: str) -> None:
    for exercise in draw_many(kind, 300):
        answer, expected = exercise.messages[-1].text, exercise.expected
        assert ("모르" in answer) == bool(expected.unknown), answer
        if expected.accept is not None:
            assert any(variant in answer for variant in expected.accept), (answer, expected.accept)
        assert not any(re.search(rf"(^|\s){word}\b", answer) for word in expected.reject)


def test_wordings_of_the_test_side_are_not_trained_on() -> None:
    """One short relation asked so often that the sides would meet, were they not kept apart."""

    def asked(split: Split, count: int) -> list[str]:
        return [
            ask(Scene("ask", n, split=split), RELATIONS["month_season"], {"s": "7월"}) for n in range(count)
        ]

    trained = set(asked("train", 12_000))
    assert sum(wording in trained for wording in asked("test", 1000)) <= 5
    assert sum(wording in trained for wording in asked("train", 13_000)[12_000:]) >= 20


@pytest.mark.parametrize("kind", EXERCISES)
def test_no_conversation_of_the_test_side_is_trained_on(kind: str) -> None:
    def asked(split: Split) -> set[str]:
        return {"\n".join(m.text for m in e.messages[:-1]) for e in draw_many(kind, 800, split)}

    assert len(asked("train") & asked("test")) <= 8  # wordings that coincide by their form are rare


def test_an_opposite_is_answered_in_quotes() -> None:
    """쉽다예요 is no Korean: the word is spoken of."""
    verbs = {fact.value for fact in lore.BY_RELATION["opposite"] if fact.value.endswith("다")}
    for kind in ("question", "inverse"):
        for exercise in draw_many(kind, 1500):
            said = exercise.messages[-1].text
            assert not [verb for verb in verbs if f"{verb}예요" in said or f"{verb}지요" in said], said


def test_what_has_been_is_not_said_to_lie_ahead() -> None:
    ahead = ("아직 일어나지 않은", "앞일은")
    for exercise in draw_many("unknown", 2000):
        asked, answer = exercise.messages[-2].text, exercise.messages[-1].text
        if any(reason in answer for reason in ahead):
            assert not asked.startswith(("어제", "어젯밤", "지금", "오늘 날씨")), asked


def test_people_in_a_lesson_do_not_call_each_other_by_the_name_of_the_model() -> None:
    assert not [n for n in range(500) if "나코" in facts.lesson(Scene("lesson", n))]


def test_a_contrast_is_wrong() -> None:
    for fact in lore.FACTS:
        for number in range(5):
            wrong = lore.contrast(Scene("contrast", number), fact)
            assert wrong is None or wrong not in (fact.value, *fact.also)


def test_a_masked_scene_draws_the_same() -> None:
    for kind, make in EXERCISES.items():
        for number in range(60):
            plain, masked = Scene(kind, number), Scene(kind, number, masked=True)
            make(plain), make(masked)
            assert plain.rng.random() == masked.rng.random(), kind
    for kind, text in facts.TEXTS.items():
        for number in range(60):
            plain, masked = Scene(kind, number), Scene(kind, number, masked=True)
            text(plain), text(masked)
            assert plain.rng.random() == masked.rng.random(), kind


def test_one_fact_is_asked_in_many_wordings() -> None:
    rabbit = next(fact for fact in lore.FACTS if fact.subject == "토끼" and fact.relation == "eats")
    wordings = {ask(Scene("ask", number), RELATIONS["eats"], {"s": rabbit.subject}) for number in range(1000)}
    assert len(wordings) > 900


def test_inverse_answers_hold_every_subject_with_the_value() -> None:
    fact = next(fact for fact in lore.FACTS if fact.relation == "sound" and fact.value == "야옹")
    assert lore.subject_names(fact) == ("고양이",)
    wings = next(fact for fact in lore.FACTS if fact.relation == "eats" and fact.value == "도토리")
    assert "다람쥐" in lore.subject_names(wings)
    assert set(INVERSES) <= set(RELATIONS)


@pytest.mark.parametrize("fact", lore.FACTS[::23], ids=lambda fact: f"{fact.subject} {fact.relation}")
def test_a_told_fact_holds_its_value(fact: Fact) -> None:
    for number in range(10):
        told = tell(Scene("tell", number), RELATIONS[fact.relation], fact)
        stem = fact.act.removesuffix("다")[:-1] if fact.act is not None else ""
        assert fact.value in told or (fact.act is not None and stem in told)
        assert told.endswith("요")


def test_texts_are_well_formed_and_keep_one_speech_level() -> None:
    for kind, make in facts.TEXTS.items():
        for number in range(150):
            text = make(Scene(kind, number))
            assert not re.search(r"[{}○▽]|  |=|\|", text), text
            if kind in ("about_one", "about_many", "tour", "flying"):
                levels = {sentence.endswith("요") for sentence in re.split(r"[.?]\s*", text) if sentence}
                assert len(levels) == 1, text

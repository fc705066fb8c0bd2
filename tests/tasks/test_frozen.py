"""The frozen items: whole, unaltered, right, and theirs alone."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from unicodedata import normalize

import pytest
from simpleeval import simple_eval

from nakochat.core.errors import DataError
from nakochat.data.village import knowledge, world
from nakochat.data.village.scene import Expected
from nakochat.tasks import frozen
from nakochat.tasks.frozen import FrozenItem, load
from nakochat.tasks.frozen.overlap import shared_runs

COUNTS = {"questions": 200, "word_problems": 100, "choices": 100, "everyday": 120, "everyday_later": 120}
FACTS = {(str(fact.subject), fact.relation): fact for fact in (*world.FACTS, *knowledge.FACTS)}


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_every_item_is_there_once_in_clean_text(name: str, count: int) -> None:
    items = load(name)
    assert len(items) == count
    assert len({item.id for item in items}) == count
    squeezed = Counter(re.sub(r"[\W\d]", "", item.question) for item in items)
    assert [question for question, times in squeezed.items() if times > 1] == []
    for item in items:
        assert item.question == normalize("NFC", item.question.strip())
        assert not re.search(r"  |\n|[a-zA-Z]|[^\x00-\x7f가-힣]", item.question), item.id


def test_no_question_is_asked_in_two_files() -> None:
    questions = Counter(item.question for name in COUNTS for item in load(name))
    assert max(questions.values()) == 1


def test_an_altered_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COUNTS:
        shutil.copy(frozen.FOLDER / f"{name}.jsonl", tmp_path)
    monkeypatch.setattr(frozen, "FOLDER", tmp_path)
    assert len(load("choices")) == 100
    path = tmp_path / "choices.jsonl"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(DataError, match=r"choices\.jsonl"):
        load("choices")
    path.unlink()
    with pytest.raises(DataError, match=r"choices\.jsonl"):
        load("choices")


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(DataError, match="choices, everyday, everyday_later, questions, word_problems"):
        load("riddles")


def test_word_problems_tell_their_expression() -> None:
    for item in load("word_problems"):
        assert item.expression is not None
        assert item.expected.number is not None
        value = simple_eval(item.expression)
        assert value == int(value), item.id
        assert int(value) == int(item.expected.number), item.id
        # No number in the expression that the words do not give.
        told = set(re.findall(r"\d+", item.question))
        assert set(re.findall(r"\d+", item.expression)) <= told, item.id
        assert all(len(number) <= 3 for number in told), item.id


def test_word_problems_use_every_operation() -> None:
    signs = Counter(
        sign for item in load("word_problems") for sign in set(re.findall(r"[-+*/]", item.expression or ""))
    )
    assert min(signs[sign] for sign in "+-*/") >= 12


def test_every_question_asks_for_a_fact_that_the_tables_hold() -> None:
    for item in load("questions"):
        assert item.fact is not None
        assert item.fact in FACTS, item.id
        assert item.expected.accept is not None
        assert str(FACTS[item.fact].value) in item.expected.accept, item.id


def test_questions_are_spread_over_relations_and_never_ask_a_fact_twice() -> None:
    asked = Counter(item.fact for item in load("questions"))
    assert max(asked.values()) == 1
    relations = Counter(fact[1] for fact in asked if fact)
    assert set(relations) == {relation for _, relation in FACTS}
    assert max(relations.values()) <= 12


def test_no_question_tells_its_answer() -> None:
    for item in load("questions"):
        assert item.expected.accept is not None
        words = item.question.split()
        assert str(item.expected.accept[0]) not in words, item.id


def test_choices_have_four_options_and_balanced_places() -> None:
    items = load("choices")
    for item in items:
        assert item.expected.option is not None
        assert item.expected.accept is not None
        assert len(set(item.options)) == 4, item.id
        assert item.options[item.expected.option - 1] == item.expected.accept[0], item.id
    assert Counter(item.expected.option for item in items) == {1: 25, 2: 25, 3: 25, 4: 25}


def test_a_prompt_puts_each_option_before_its_number() -> None:
    item = FrozenItem(id="x", question="무엇일까요?", options=("책장", "참새"), expected=Expected(option=2))
    assert item.prompt == "무엇일까요?\n책장1\n참새2"


def test_the_loader_keeps_every_field_of_a_row() -> None:
    known = {"id", "question", "expected", "options", "fact", "expression"}
    for name in COUNTS:
        for line in (frozen.FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert set(row) <= known
            assert set(row["expected"]) <= {"accept", "reject", "number", "option"}


def item(question: str, *options: str) -> FrozenItem:
    return FrozenItem(id="a", question=question, options=options, expected=Expected())


def test_a_shared_run_is_found_whatever_the_spacing_and_the_numbers() -> None:
    asked = item("버스에 19명이 타고 있습니다.")
    assert shared_runs([asked], "그 버스에 7명이, 타고있었다") == {"a": ("버스에명이타고있",)}
    assert shared_runs([asked], "버스에 사람이 타고 있습니다") == {}


def test_seven_syllables_are_not_a_run() -> None:
    assert shared_runs([item("가나다라마바사")], "가나다라마바사") == {}
    assert shared_runs([item("가나다라마바사아")], "가나다라마바사아") == {"a": ("가나다라마바사아",)}


def test_a_run_inside_an_allowed_name_does_not_count_and_one_around_it_does() -> None:
    asked = item("비가 그친 뒤 하늘에 뜨는 것은")
    name = "비가 그친 뒤 하늘에 뜨는 것"
    assert shared_runs([asked], asked.question, [name]) == {"a": ("뒤하늘에뜨는것은",)}
    assert shared_runs([asked], name, [name]) == {}
    # Two allowed names side by side are not one name.
    assert shared_runs([item("가나다라마바사아")], "가나다라마바사아", ["가나다라", "마바사아"]) != {}


def test_a_run_does_not_cross_a_line_in_items_nor_in_text() -> None:
    assert (
        shared_runs([item("고르기", "토끼", "참새", "고래", "거북이")], "고르기 토끼 참새 고래 거북이") == {}
    )
    assert shared_runs([item("가나다라마바사아")], "가나다라\n마바사아") == {}


def test_decomposed_training_text_hides_nothing() -> None:
    text = "가나다라마바사아"
    assert shared_runs([item(text)], normalize("NFD", text)) == {"a": (text,)}


def test_items_share_no_run_with_the_tables_of_facts() -> None:
    """The tables are training text too: beyond the names themselves, nothing of an item stands there."""
    items = [one for name in COUNTS for one in load(name)]
    table = "\n".join(f"{subject} {relation} {fact.value}" for (subject, relation), fact in FACTS.items())
    names = [str(noun) for fact in FACTS.values() for noun in (fact.subject, fact.value)]
    assert shared_runs(items, table, names) == {}

"""What tasks keep to learn from -> conversations with right answers, and graders that know them."""

import json

import pytest

from nakochat.core.errors import ConfigError
from nakochat.tasks import arc, gsm8k, kmmlu, kobest, mmlu, puzzles, word_problems
from nakochat.tasks.benchmark import Choice
from nakochat.tasks.catalogue import BENCHMARKS
from nakochat.tasks.lessons import begins_with, lessons_of, training_lessons
from nakochat.text.conversation import Part
from tests.tasks.test_public import lines, table, text


def test_worked_answers_call_the_calculator(tmp_path):
    lines(
        tmp_path / "gsm8k_train.jsonl",
        [
            {
                "question": "How many?",
                "answer": "He has 48/2 = <<48/2=24>>24 clips.\nIn all 48+24=<<48+24=73>>72.\n#### 72",
            }
        ],
    )
    (lesson,) = training_lessons(gsm8k.BENCHMARKS[0], tmp_path)
    assert lesson.answer.parts == (
        Part("text", "He has 48/2 = "),
        Part("python", "48/2"),
        Part("output", "24"),
        Part("text", "24 clips.\nIn all 48+24="),  # a call that comes to something else is not taught
        Part("text", "72.\nThe answer is 72."),
    )
    assert lesson.is_right(lesson.answer.text)
    assert not lesson.is_right("The answer is 73.")
    assert lesson.conversation[0].text == "How many?"


@pytest.mark.parametrize(
    ("answer", "right", "taken"),
    [
        *[
            (f"B{end}", "B", True)
            for end in ("", ".", ". 물", "입니다.", "예요.", "가 맞아요.", "번", ") 물")
        ],
        *[(f"B{end}", "B", False) for end in ("ecause", "1", "BC")],
        *[(f"예{end}", "예", True) for end in ("", ".", ", 맞아요.", "요", "입니다.", "예요.", "이에요!")],
        *[(f"예{end}", "예", False) for end in ("전에는", "요일", "이에요일", "입니다만요")],
        *[(f"10{end}", "10", True) for end in ("", ".", "개예요.", "입니다", ", 20")],
        *[(f"10{end}", "10", False) for end in ("0", ".5", ",000")],
        *[("긍정이에요", "긍정", True), ("긍정적이에요", "긍정", True), ("아, 긍정", "긍정", False)],
    ],
)
def test_an_answer_begins_with_the_option_as_a_word(answer, right, taken):
    assert begins_with(answer, right=right) is taken


def test_choices_are_answered_with_their_letter_or_words():
    assert not begins_with("물고기예요", right="물고", others=("물고기",))
    context = "문장: 좋아요 긍부정:"
    item = Choice(((context, " 부정"), (context, " 긍정")), gold=1)
    (lesson,) = lessons_of([item, Choice((("가", "x"), ("나", "x"))), Choice((("", "x"), ("", "y")))])
    assert (lesson.prompt[0].text, lesson.answer.text) == (context, "긍정")
    assert lesson.is_right("긍정이에요")
    assert not lesson.is_right("부정")


def test_training_splits_are_not_the_measured_ones(tmp_path):
    choices = {"text": ["가", "나"], "label": ["1", "2"]}
    for split, question in (("train", "배움"), ("test", "시험")):
        row = {"question": question, "choices": choices, "answerKey": "2"}
        table(tmp_path / "ARC-Easy" / f"{split}-0.parquet", [row])
        name = "auxiliary_train" if split == "train" else split
        table(
            tmp_path / "all" / f"{name}-0.parquet",
            [{"question": question, "subject": "s", "choices": ["a", "b", "c", "d"], "answer": 1}],
        )
        text(tmp_path / "data" / f"Law-{split}.csv", "question,answer,A,B,C,D", f"{question},3,가,나,다,라")
    text(tmp_path / "kobest_train" / "SentiNeg.tsv", "ID\tText\tLabel", "1\t배움\t1")
    text(tmp_path / "kobest_dev" / "SentiNeg.tsv", "ID\tText\tLabel", "1\t시험\t0")
    (learned,) = training_lessons(arc.BENCHMARKS[0], tmp_path)
    assert learned.prompt[0].text.startswith("배움")
    assert learned.answer.text == "B"
    (learned,) = training_lessons(mmlu.BENCHMARKS[0], tmp_path)
    assert "배움" in learned.prompt[0].text
    assert learned.answer.text == "B"
    (learned,) = training_lessons(kmmlu.BENCHMARKS[0], tmp_path)
    assert "배움" in learned.prompt[0].text
    assert learned.answer.text == "C"
    sentineg = next(b for b in kobest.BENCHMARKS if b.name == "kobest-sentineg")
    (learned,) = training_lessons(sentineg, tmp_path)
    assert "배움" in learned.prompt[0].text
    assert learned.answer.text == "긍정"


def test_korean_word_problems_take_what_the_calculator_confirms(tmp_path):
    rows = [
        {"question": f"{n}에 3을 더하면?", "answer": str(n + 3), "equation": f"{n}+{3 if n % 2 else 4}"}
        for n in range(40)
    ]
    lines(tmp_path / "kor_mwp_train.jsonl", [*rows, {"question": "누가?", "answer": "민수", "equation": "1"}])
    told = [
        {
            "kor_question": f"{n}의 두 배는?",
            "answer": f"{2 * n}.0",
            "kor_answer": f"답은 {2 * n + n % 2}개입니다.",
        }
        for n in range(40)
    ]
    (tmp_path / "kor-D_addsub-train.json").write_text(
        "".join(json.dumps(row) + "\n" for row in told), "utf-8"
    )
    (benchmark,) = word_problems.BENCHMARKS
    measured, learned = benchmark.read(tmp_path), benchmark.train(tmp_path)
    assert len(measured) + len(learned) == 80
    assert 8 < len(measured) < 36
    assert not {item.prompt for item in measured} & {item.prompt for item in learned}
    for item in [*measured, *learned]:
        if item.answer is not None:
            assert item.is_right(item.answer.text)
    worked = next(i for i in [*measured, *learned] if i.prompt[0].text == "5에 3을 더하면?")
    assert worked.answer.parts == (Part("python", "5+3"), Part("output", "8"), Part("text", "8입니다."))
    refused = next(i for i in [*measured, *learned] if i.prompt[0].text == "4에 3을 더하면?")
    assert refused.answer is None


def test_a_problem_is_kept_for_evaluation_in_every_wording_of_its_translation(tmp_path):
    def apart(korean, **more):
        row = {"kor_question": korean, "kor_answer": "답은 3입니다.", "answer": "3", **more}
        (tmp_path / "kor-D_addsub.json").write_text(json.dumps(row) + "\n", "utf-8")
        return len(word_problems.read(tmp_path))

    for number in range(12):
        english = f"Tom has {number} apples."
        assert apart(f"톰은 사과가 {number}개", question=english) == apart(
            f"{number}개의 사과가 있다", question=english
        )
        assert apart(f"사과가 {number} 개 있다") == apart(f"사과가  {number}개 있다 ")


def test_puzzles_are_right_whatever_stands_before_the_answer(tmp_path):
    rows = [{"question": f"물음 {n}", "answer": "정미"} for n in range(60)]
    lines(tmp_path / "saju_ko_easy.jsonl", rows)
    (benchmark,) = puzzles.BENCHMARKS
    measured, learned = benchmark.read(tmp_path), benchmark.train(tmp_path)
    assert len(measured) + len(learned) == 60
    assert measured[0].group == "saju"
    for said, right in (
        ("정미", True),
        ("따라서 답은 '정 미'입니다.", True),
        ("정미가 아니라 갑자", False),
        ("", False),
    ):
        assert measured[0].is_right(said) == right


@pytest.mark.parametrize(
    ("said", "expected", "right"),
    [
        ("답은 8정거장입니다.", "8정거장", True),
        ("18정거장", "8정거장", False),  # the end of another number is not the number
        ("0.33", "33", False),
        ("-33", "33", False),
        ("모두 더하면\n33", "33", True),
        ("7,395,000", "7395000", True),
        ("답: (0, 3), (1,0)", "(0,3), (1,0)", True),
        ("AI", "I", False),
        ("정답은 **I**예요.", "I", True),
        ("1999.12.4", "1999.1.24", False),
        ("1999. 1. 24.", "1999.1.24", True),
        ("1999124", "1999.1.24", False),
        ("2.5", "25", False),
        ("15", "1.5", False),
        ("(285927, 95334, 561960)", "(28592, 795334, 561960)", False),
        ("(0,3) (1,0)", "(0,3), (1,0)", True),
        ("3-5", "-5", False),
        ("x = -5", "-5", True),
        ("46점", "46", True),
        ("46점입니다.", "46", True),
        ("46만", "46", False),
        ("[1687259]", "1687259", True),
        (r"$\boxed{46}$", "46", True),
        ("Answer: [6 4 1 8]", "6 4 1 8", True),
        ("6, 4, 1, 8", "6 4 1 8", True),
        ("6418", "6 4 1 8", False),
        ("64 18", "6 4 1 8", False),
        ("6 4\n1 8", "6 4 1 8", True),
        ("**정답: 13 정거장**", "13정거장", True),
        ("정답은 17시간 48분이다", "17시간 48분", True),
        ("...", "...", False),
    ],
)
def test_a_puzzle_is_right_by_its_whole_answer(said, expected, right):
    assert puzzles.ends_in(said, expected=expected) == right


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("{'서현': False, '현수': True}", True),
        ('```json\n{\n  "현수": true,  // 참석\n  "서현": false\n}\n```', True),
        ("- 서현: 거짓\n- 현수: 참", True),
        ("- **서현**: 거짓\n- **현수**: 참입니다.", True),
        ("- 서현: 참\n- 현수: 참", False),
        ('{"서현": false}', False),
        ("- 서현: 참/거짓\n- 현수: 참/거짓", False),  # the form that is asked for
        ("현수: 참", False),
        ("", False),
    ],
)
def test_a_puzzle_of_several_answers_takes_each_form_that_it_asks_for(tmp_path, said, right):
    lines(tmp_path / "sat_puzzles_ko_easy.jsonl",
          [{"question": f"물음 {n}", "answer": {"서현": False, "현수": True}} for n in range(20)])  # fmt: skip
    item = puzzles.BENCHMARKS[0].read(tmp_path)[0]
    assert item.is_right(said) is right
    assert item.answer.text == "- 서현: 거짓\n- 현수: 참"


def test_a_puzzle_of_a_table_is_answered_in_json(tmp_path):
    answer = {"민수": {"음료": "물", "취미": "독서"}}
    lines(
        tmp_path / "logic_grid_ko_easy.jsonl",
        [{"question": f"물음 {n}", "answer": answer} for n in range(20)],
    )
    item = puzzles.BENCHMARKS[0].read(tmp_path)[0]
    assert json.loads(item.answer.text) == answer
    assert item.is_right(item.answer.text)
    assert item.is_right('{"민수": {"취미": "독서", "음료": "물"}}')
    assert not item.is_right('{"민수": {"취미": "물", "음료": "독서"}}')


def test_what_keeps_nothing_to_learn_from_says_so():
    nsmc = next(b for b in BENCHMARKS if b.name == "nsmc")
    with pytest.raises(ConfigError, match="nsmc"):
        training_lessons(nsmc, None)

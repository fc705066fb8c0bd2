import pytest

from nakochat.evals.speech import problems
from nakochat.reporting.dialogues import breach_words, dialogues
from nakochat.reporting.document import Dialogue
from nakochat.reporting.facts import Metrics, Run, Stage, Talk


def stage(name: str, *talks: Talk) -> Stage:
    return Stage(
        name=name,
        config={},
        origin={},
        metrics=Metrics(),
        measures={},
        scores={},
        answers=(),
        checkpoint=None,
        talks=talks,
    )


def talk(number: int, *breaches: str) -> Talk:
    return Talk(turns=(("user", f"말 {number}"), ("assistant", f"대답 {number}")), breaches=breaches)


def test_the_last_stage_shows_all_and_the_earlier_ones_their_first() -> None:
    stages = (stage("base", talk(1), talk(2)), stage("mid"), stage("sft", talk(3), talk(4, "particle: 글를")))
    found = [b for b in dialogues(Run(name="시험", tokenizer=None, stages=stages)) if isinstance(b, Dialogue)]
    assert [d.title.en for d in found] == [
        "SFT: conversation 1",
        "SFT: conversation 2",
        "BASE: conversation 1",
    ]
    assert [len(d.remarks) for d in found] == [0, 1, 0]
    assert [(said.speaker.ko, said.text) for said in found[2].turns] == [("사람", "말 1"), ("BASE", "대답 1")]


def test_nothing_said_no_section() -> None:
    assert dialogues(Run(name="시험", tokenizer=None, stages=(stage("base"),))) == []


@pytest.mark.parametrize(
    "answer", ["저는 간다.", "글를 읽어요.", "가 나 다 라요. 가 나 다 라요. 가 나 다 라요."]
)
def test_every_breach_that_the_rules_name_has_korean_words(answer: str) -> None:
    named = problems([answer])
    assert named
    for breach in named:
        assert breach_words(breach).ko.split(": ")[0].endswith("니다")


def test_a_breach_of_an_unknown_rule_stands_as_it_is() -> None:
    assert breach_words("something new").ko == "something new"

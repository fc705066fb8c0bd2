from nakochat.reporting.document import Paragraph, Turns
from nakochat.reporting.facts import Metrics, Run, Sample, Stage
from nakochat.reporting.samples import MOST_CHARACTERS, MOST_CONVERSATIONS, MOST_STEPS, conversations, growth


def run(answers: dict[str, list[tuple[str, str]]], samples: tuple[Sample, ...] = ()) -> Run:
    stages = tuple(
        Stage(
            name=name,
            config={},
            origin={},
            metrics=Metrics(samples=samples),
            measures={},
            scores={},
            answers=tuple(pairs),
            checkpoint=None,
        )
        for name, pairs in answers.items()
    )
    return Run(name="시험", tokenizer=None, stages=stages)


def test_a_prompt_stands_once_with_the_answers_of_all_stages() -> None:
    (turns,) = conversations(run({"base": [("안녕?", "가")], "sft": [("안녕?", "나" * 1000)]}))
    assert isinstance(turns, Turns)
    assert [label.ko for label, _ in turns.replies] == ["BASE", "SFT"]
    assert [len(reply) for _, reply in turns.replies] == [1, MOST_CHARACTERS]


def test_the_same_answer_of_a_stage_stands_once() -> None:
    (turns,) = conversations(run({"base": [("안녕?", "가"), ("안녕?", "가"), ("안녕?", "나")]}))
    assert isinstance(turns, Turns)
    assert [reply for _, reply in turns.replies] == ["가", "나"]


def test_what_is_left_out_is_counted() -> None:
    blocks = conversations(run({"sft": [(str(place), "답") for place in range(MOST_CONVERSATIONS + 3)]}))
    assert len(blocks) == MOST_CONVERSATIONS + 1
    assert isinstance(blocks[-1], Paragraph)
    assert blocks[-1].words.en.startswith("3 more")


def test_growth_shows_the_first_and_the_last_step() -> None:
    samples = tuple(Sample(step=step, prompt="옛날", text=f"글 {step}") for step in range(0, 1000, 10))
    (turns,) = growth(run({"base": []}, samples))
    assert isinstance(turns, Turns)
    assert len(turns.replies) == MOST_STEPS
    assert [turns.replies[0][1], turns.replies[-1][1]] == ["글 0", "글 990"]


def test_a_prompt_grows_through_the_stages_without_their_common_point() -> None:
    samples = tuple(Sample(step=step, prompt="옛날", text=f"글 {step}") for step in (0, 10))
    (turns,) = growth(run({"base": [], "sft": []}, samples))
    assert isinstance(turns, Turns)
    assert [label.en for label, _ in turns.replies] == ["BASE step 0", "BASE step 10", "SFT step 10"]

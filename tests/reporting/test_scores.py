from nakochat.reporting.document import Table
from nakochat.reporting.facts import Metrics, Run, Score, Stage
from nakochat.reporting.scores import most_important_first, scores_section
from nakochat.reporting.words import same


def score(
    value: float | None, better: str | None = "higher", unit: str = "accuracy", **rest: object
) -> Score:
    fields: dict[str, object] = {"items": None, "chance": None, "interval": None} | rest
    return Score(label=same("무엇"), value=value, unit=unit, better=better, **fields)  # type: ignore[arg-type]


def table(**scores: Score) -> Table:
    stages = tuple(
        Stage(
            name=name,
            config={},
            origin={},
            metrics=Metrics(),
            measures={},
            scores={"key": value},
            answers=(),
            checkpoint=None,
        )
        for name, value in scores.items()
    )
    section = scores_section(Run(name="시험", tokenizer=None, stages=stages))
    (found,) = [block for block in section.blocks if isinstance(block, Table)]
    return found


def values(found: Table) -> list[str]:
    return [cell.words.ko for cell in found.rows[0][1:]]


def best(found: Table) -> list[bool]:
    return [cell.best for cell in found.rows[0][1:5]]


def test_absent_stages_and_missing_values_are_dashes() -> None:
    found = table(base=score(0.5), sft=score(None))
    assert [words.ko for words in found.head[1:5]] == ["BASE", "MID", "SFT", "RL"]
    assert values(found) == ["50.0 %", "–", "–", "–", "–", "–"]


def test_best_is_the_highest_or_the_lowest_as_the_score_says() -> None:
    assert best(table(base=score(0.5), mid=score(0.9), sft=score(0.7))) == [False, True, False, False]
    lower = table(base=score(1.5, "lower", "bits/byte"), mid=score(1.1, "lower", "bits/byte"))
    assert best(lower) == [False, True, False, False]


def test_ties_are_both_best_and_a_lone_or_undirected_value_is_not() -> None:
    assert best(table(base=score(0.5), mid=score(0.4), rl=score(0.5))) == [True, False, False, True]
    assert best(table(base=score(0.5), rl=score(0.5))) == [False] * 4  # none is better than another
    assert best(table(base=score(0.5))) == [False] * 4
    assert best(table(base=score(0.5, None), mid=score(0.6, None))) == [False] * 4


def test_chance_items_and_interval_are_shown() -> None:
    found = table(base=score(0.96, items=1400, chance=0.25, interval=(0.95, 0.98)))
    assert values(found)[4:] == ["25.0 %", "1,400"]
    remark = found.rows[0][1].remark
    assert remark is not None
    assert remark.ko == "95.0 – 98.0"


def test_item_counts_that_differ_are_all_said() -> None:
    assert values(table(base=score(0.5, items=100), mid=score(0.5, items=200)))[5] == "100 / 200"


def test_nothing_evaluated_is_said() -> None:
    section = scores_section(Run(name="시험", tokenizer=None, stages=()))
    assert not [block for block in section.blocks if isinstance(block, Table)]


def test_shares_stand_before_counts_and_bits_last() -> None:
    stage = Stage(
        name="sft",
        config={},
        origin={},
        metrics=Metrics(),
        measures={},
        scores={
            "bits_per_byte": score(0.5, "lower", "bits/byte"),
            "josa": score(0.9),
            "breaches": score(1, "lower", "breaches"),
            "recall": score(0.7),
        },
        answers=(),
        checkpoint=None,
    )
    assert [found.value for found in most_important_first(stage)] == [0.9, 0.7, 1, 0.5]
    (found,) = [
        b
        for b in scores_section(Run(name="시험", tokenizer=None, stages=(stage,))).blocks
        if isinstance(b, Table)
    ]
    assert [row[3].words.ko for row in found.rows] == ["90.0 %", "70.0 %", "1", "0.500"]
    remark = found.rows[2][0].remark
    assert remark is not None
    assert remark.ko == "곳의 수, 낮을수록 좋음"

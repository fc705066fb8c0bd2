import json
import random

import pytest

from nakochat.core.errors import DataError
from nakochat.tasks.core import PARTS, SEED, chances, core_of, drawn, read_part

BY_NAME = {part.name: part for part in PARTS}


def write(folder, name, rows):
    path = folder / "somewhere" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_there_are_the_papers_tasks():
    assert len(PARTS) == len(BY_NAME) == 22
    assert sum(part.kind == "choice" for part in PARTS) == 11
    assert [part.name for part in PARTS if part.kind == "schema"] == ["winograd", "winogrande"]
    assert BY_NAME["hellaswag"].file == BY_NAME["hellaswag_zeroshot"].file


def test_core_is_the_mean_of_centred_accuracies():
    # (.40 - .25) / .75 = .2;  (.5 - .62) / .38 = -.31579;  .1 - 0 = .1
    accuracies = {"arc_easy": 0.40, "boolq": 0.5, "jeopardy": 0.1}
    found = core_of(accuracies, {"arc_easy": 0.25, "boolq": 0.62, "jeopardy": 0.0})
    assert found == pytest.approx((0.2 - 0.12 / 0.38 + 0.1) / 3)
    assert core_of({"copa": 1.0}, {"copa": 0.5}) == 1
    assert core_of({"copa": 0.5}, {"copa": 0.5}) == 0


def test_examples_are_drawn_as_from_a_list_of_all_others():
    """Which was made for every item, and took a time that grew with the square of their number."""
    for count, shots in ((1, 10), (2, 10), (7, 3), (30, 10), (400, 10)):
        for index in range(0, count, max(1, count // 9)):
            others = [number for number in range(count) if number != index]
            before = random.Random(SEED + index).sample(others, min(shots, len(others)))
            assert drawn(count, shots, index) == before


def test_a_bundles_own_table_says_what_chance_is(tmp_path):
    assert chances(tmp_path)["commonsense_qa"] == 0.20
    table = 'Eval Task,Random baseline,Description\ncommonsense_qa,40.3,"a, b"\nother,1,\n'
    (tmp_path / "eval_meta_data.csv").write_text(table)
    assert chances(tmp_path)["commonsense_qa"] == pytest.approx(0.403)
    assert chances(tmp_path)["boolq"] == pytest.approx(0.62)


def test_a_choice_stands_behind_examples_of_other_items(tmp_path):
    rows = [{"query": f"q{n}", "choices": [f"a{n}", f"b{n}"], "gold": n % 2} for n in range(30)]
    write(tmp_path, "arc_easy.jsonl", rows)
    items = read_part(BY_NAME["arc_easy"], tmp_path)
    assert len(items) == 30
    for item in items:
        (context, first), (same, second) = item.options
        assert context == same
        *shots, own = context.split("\n\n")
        number = int(own.removeprefix("q").removesuffix("\nAnswer: "))
        assert own == f"q{number}\nAnswer: "
        assert (first, second, item.gold) == (f"a{number}", f"b{number}", number % 2)
        assert len(set(shots)) == 10
        for shot in shots:
            query, answer = shot.split("\nAnswer: ")
            other = int(query[1:])
            assert other != number
            assert answer == "ab"[other % 2] + str(other)
    assert read_part(BY_NAME["arc_easy"], tmp_path) == items


def test_a_schema_has_one_ending_for_two_contexts(tmp_path):
    row = {"context_options": ["The fish ate the worm. The fish", "The fish ate the worm. The worm"],
           "continuation": "was hungry.", "gold": 0}  # fmt: skip
    write(tmp_path, "winograd_wsc.jsonl", [row])
    (item,) = read_part(BY_NAME["winograd"], tmp_path)
    assert item.options == (
        ("The fish ate the worm. The fish ", "was hungry."),
        ("The fish ate the worm. The worm ", "was hungry."),
    )


def test_an_exact_ending_takes_the_blank_before_it(tmp_path):
    write(tmp_path, "lambada_openai.jsonl", [{"context": "I don't care about ", "continuation": "signs"}])
    (item,) = read_part(BY_NAME["lambada_openai"], tmp_path)
    assert item.options == (("I don't care about", " signs"),)
    write(tmp_path, "jeopardy_all.jsonl", [{"context": "This planet", "continuation": "Mars"}] * 2)
    found = read_part(BY_NAME["jeopardy"], tmp_path)
    assert found[0].options == (("This planet\nAnswer: Mars\n\nThis planet\nAnswer:", " Mars"),)


def test_missing_sets_and_other_layouts_are_named(tmp_path):
    with pytest.raises(DataError, match=r"squad\.jsonl.*--data"):
        read_part(BY_NAME["squad"], tmp_path)
    write(tmp_path, "copa.jsonl", [{"question": "?"}])
    with pytest.raises(DataError, match="query, choices, gold"):
        read_part(BY_NAME["copa"], tmp_path)
    write(tmp_path, "piqa.jsonl", [{"query": "q", "choices": ["a"], "gold": 3}])
    with pytest.raises(DataError, match="CORE"):
        read_part(BY_NAME["piqa"], tmp_path)

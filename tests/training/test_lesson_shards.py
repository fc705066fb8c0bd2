"""--tasks of mid and sft -> shards whose masks are right token by token."""

import pytest

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json
from nakochat.data.batches import IGNORE, PackedBatches
from nakochat.text.conversation import render
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.lesson_shards import lesson_sources, lessons_at, parse_tasks, prepare_lessons
from tests.tasks.test_public import lines

ROWS = [
    {
        "question": f"How many are {n} and {n}?",
        "answer": f"It is {n}+{n} = <<{n}+{n}={2 * n}>>{2 * n}.\n#### {2 * n}",
    }
    for n in range(1, 13)
]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train([row["question"] + row["answer"] + " user assistant" for row in ROWS], 320)


@pytest.fixture
def data(tmp_path):
    lines(tmp_path / "data" / "gsm8k_train.jsonl", ROWS)
    return tmp_path / "data"


def test_only_what_the_assistant_says_is_asked_of_packed_lessons(data, tmp_path, tokenizer):
    prepare_lessons(tmp_path / "mid", ["gsm8k:2"], data, tokenizer, context=96, keep=False)
    about = read_json(tmp_path / "mid" / "tasks-1" / "about.json")
    assert (about["source"], about["catalogue"], about["documents"]) == ("gsm8k", ["gsm8k"], 12)
    (source,), taken = lesson_sources(tmp_path / "mid", ["gsm8k:2"], tokenizer, room=10**6)
    assert (source.weight, taken) == (2.0, 2 * about["tokens"])
    expected = {}  # ids of each lesson -> which of them the model has to produce
    for lesson in lessons_at(parse_tasks(["gsm8k"])[0], data):
        ids, scored = render(tokenizer, lesson.conversation)
        expected[tuple(ids)] = scored
    batches = PackedBatches([source], rows=2, length=96, pad=tokenizer.pad, seed=1, answers_only=True)
    seen = set()
    for _ in range(8):
        for batch in batches.step():
            for row in range(2):
                ids, targets = batch.inputs[row].tolist(), batch.targets[row].tolist()
                documents = batch.documents[row].tolist()
                for number in sorted(set(documents) - {-1}):
                    there = [at for at, document in enumerate(documents) if document == number]
                    own, asked = [ids[at] for at in there], [targets[at] for at in there]
                    whole = next((d for d in expected if list(d[: len(own)]) == own[: len(d)]), None)
                    if whole is None:
                        assert set(asked) == {IGNORE}  # padding alone
                        continue
                    # position i is asked for token i + 1, where that one is the assistant's to say
                    wanted = [
                        whole[i + 1] if i + 1 < len(whole) and expected[whole][i + 1] else IGNORE
                        for i in range(len(own))
                    ]
                    assert asked == wanted
                    seen.add(whole)
    assert len(seen) > 8


def test_tasks_that_ask_for_too_much_come_less_often(data, tmp_path, tokenizer):
    prepare_lessons(tmp_path / "mid", ["gsm8k"], data, tokenizer, context=96, keep=False)
    tokens = read_json(tmp_path / "mid" / "tasks-1" / "about.json")["tokens"]
    (source,), taken = lesson_sources(tmp_path / "mid", ["gsm8k"], tokenizer, room=tokens / 4)
    assert (source.weight, taken) == (0.25, tokens / 4)
    for nothing in (-1e-9, 0, 1e-9):
        (source,), taken = lesson_sources(tmp_path / "mid", ["gsm8k"], tokenizer, room=nothing)
        assert (source.weight, taken) == (0, 0)


def test_lessons_that_say_nothing_of_themselves_stop_a_resume(data, tmp_path, tokenizer):
    prepare_lessons(tmp_path / "mid", ["gsm8k"], data, tokenizer, context=96, keep=False)
    (tmp_path / "mid" / "tasks-1" / "about.json").write_text("{")
    with pytest.raises(DataError, match=r"tasks-1.*지우고"):
        prepare_lessons(tmp_path / "mid", ["gsm8k"], data, tokenizer, context=96, keep=True)


def test_mistakes_are_named(data, tmp_path, tokenizer):
    with pytest.raises(ConfigError, match="nothing_such"):
        parse_tasks(["nothing_such"])
    with pytest.raises(ConfigError, match="jamo"):
        parse_tasks(["jamo"])
    assert {task.benchmark.name for task in parse_tasks(["kobest:0.5", "spelling"])} >= {
        "kobest-copa",
        "spelling",
    }
    with pytest.raises(DataError, match="nako data pull gsm8k"):
        lessons_at(parse_tasks(["gsm8k"])[0], None)
    with pytest.raises(DataError, match="8"):
        prepare_lessons(tmp_path / "mid", ["gsm8k"], data, tokenizer, context=8, keep=False)

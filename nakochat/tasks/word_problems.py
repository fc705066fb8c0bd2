"""A folder of Korean word problems -> problems with a number for an answer, worked with the calculator; some held out.

Read are kor-mwp's {question, answer, equation} and the translations of AddSub, MultiArith and SingleEq,
{kor_question, kor_answer, answer}.  kor-mwp comes with reasons that a model wrote; many of them reckon wrongly, so that
only its equations are taken, and of these only what the calculator confirms.
"""

from collections.abc import Sequence
from pathlib import Path

from nakochat.core.errors import DataError
from nakochat.data.village.scene import held_out
from nakochat.tasks.benchmark import Benchmark, Item, Question, find, rows
from nakochat.tasks.grading import last_number
from nakochat.tasks.gsm8k import called, names_number
from nakochat.tasks.task import Label
from nakochat.text.conversation import Message, assistant, user

HELD_OUT_EVERY = 4  # kept from learning: a question in so many of those that its words choose


def _read(folder: Path | None) -> list[tuple[str, Question]]:
    """(the words that choose whether it is kept, the question)"""
    found: list[tuple[str, Question] | None] = []
    for path in find(folder, "kor[-_]*"):
        if path.suffix == ".jsonl":
            for row in rows([path], "question", "answer", "equation"):
                found.append(_with_equation(row["question"].strip(), str(row["answer"]), row["equation"]))
        elif path.suffix == ".json":
            for row in rows([path], "kor_question", "kor_answer", "answer"):
                told = _told(row["kor_question"].strip(), str(row["answer"]), row["kor_answer"].strip())
                # translations of one problem go the same way
                english = str(row.get("question") or "").strip()
                found.append((english, told[1]) if told and english else told)
    return [pair for pair in found if pair is not None]


def _with_equation(question: str, number: str, equation: str) -> tuple[str, Question] | None:
    parts = called(equation, number)
    answer = assistant(*parts, f"{number}입니다.") if parts else None
    return _question(question, number, answer)


def _told(question: str, number: str, worked: str) -> tuple[str, Question] | None:
    """The worked answer where it comes to the right number: some translations lost it."""
    made = _question(question, number, assistant(worked))
    if made is None or not made[1].is_right(worked):
        return _question(question, number, None)
    return made


def _question(question: str, number: str, answer: Message | None) -> tuple[str, Question] | None:
    try:
        grade = names_number(number)
    except DataError:
        return None  # the answer is a word: who came first, which shape
    if last_number(number) is None:
        return None
    return question, Question((user(question),), grade, answer=answer)


def _apart(question: str) -> bool:
    """Whether a question is kept for evaluation, by its words alone, however they are spaced."""
    words = "".join(question.split())
    return any(held_out("word-problems", words, number) for number in range(16 // HELD_OUT_EVERY))


def read(folder: Path | None) -> Sequence[Item]:
    return [item for question, item in _read(folder) if _apart(question)]


def read_train(folder: Path | None) -> Sequence[Item]:
    return [item for question, item in _read(folder) if not _apart(question)]


BENCHMARKS = (
    Benchmark(
        name="word-problems",
        label=Label("한국어 문장제", "Korean word problems"),
        read=read,
        train=read_train,
        source="kor-word-problems",
        suites=("korean",),
        max_tokens=96,
        words={"split": "about a quarter is held out by a hash of the question"},
    ),
)

"""An engine and a task's exercises -> the model's answers and which of them are right."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from nakochat.data.village.scene import Exercise
from nakochat.inference.engine import Engine, Generated
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import message_of
from nakochat.text.conversation import Message, render_prompt

ROWS = 128


@dataclass(frozen=True)
class Answer:
    """What the model said to one exercise."""

    exercise: Exercise
    message: Message
    finished: bool
    """It ended by itself, not at the length limit."""
    broken: bool
    """Its bytes are not UTF-8 (a last character that the length limit cut does not count)."""


def answer_all(engine: Engine, exercises: Sequence[Exercise], *, max_tokens: int) -> list[Answer]:
    """The likeliest answers (temperature 0), in order.  An exercise that does not fit stays unanswered.

    Of several processes, each answers its share, and all get every answer.
    """
    rank, world = engine.machine.rank, engine.machine.world
    made = _generate(engine, exercises[rank::world], max_tokens)
    own = json.dumps([[one.ids, one.finish] for one in made]).encode()
    answers: list[Answer] = [
        Answer(exercise, Message("assistant", ()), False, False) for exercise in exercises
    ]
    for other, part in enumerate(engine.machine.gather_bytes(own)):
        for place, (ids, finish) in zip(range(other, len(exercises), world), json.loads(part), strict=True):
            if ids:
                answers[place] = _answer(engine, exercises[place], ids, finish == "stop")
    return answers


def _generate(engine: Engine, exercises: Sequence[Exercise], max_tokens: int) -> list[Generated]:
    room = engine.context - 8
    prompts = [render_prompt(engine.tokenizer, exercise.messages[:-1]) for exercise in exercises]
    order = sorted((i for i in range(len(prompts)) if len(prompts[i]) < room), key=lambda i: len(prompts[i]))
    found = [Generated() for _ in exercises]
    sampling = Sampling(max_tokens=max_tokens, temperature=0)
    for start in range(0, len(order), ROWS):
        chunk = order[start : start + ROWS]
        for index, made in zip(chunk, engine.generate([prompts[i] for i in chunk], sampling), strict=True):
            found[index] = made
    return found


def _answer(engine: Engine, exercise: Exercise, ids: list[int], finished: bool) -> Answer:
    message = message_of(ids, engine.tokenizer)
    text = engine.tokenizer.decode(ids) if finished else message.text
    return Answer(exercise, message, finished, "�" in text)

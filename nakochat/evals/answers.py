"""An engine and a task's exercises -> the model's answers and which of them are right."""

from collections.abc import Sequence
from dataclasses import dataclass

from nakochat.data.village.scene import Exercise
from nakochat.inference.engine import Engine
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
    """The likeliest answers (temperature 0), in order.  An exercise that does not fit stays unanswered."""
    room = engine.context - 8
    prompts = [render_prompt(engine.tokenizer, exercise.messages[:-1]) for exercise in exercises]
    order = sorted((i for i in range(len(prompts)) if len(prompts[i]) < room), key=lambda i: len(prompts[i]))
    answers = [Answer(exercise, Message("assistant", ()), False, False) for exercise in exercises]
    sampling = Sampling(max_tokens=max_tokens, temperature=0)
    for start in range(0, len(order), ROWS):
        chunk = order[start : start + ROWS]
        for index, made in zip(chunk, engine.generate([prompts[i] for i in chunk], sampling), strict=True):
            message = message_of(made.ids, engine.tokenizer)
            finished = made.finish == "stop"
            text = engine.tokenizer.decode(made.ids) if finished else message.text
            answers[index] = Answer(exercises[index], message, finished, "�" in text)
    return answers

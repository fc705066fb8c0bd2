"""A run's stage -> scores.json: bits per byte, particles and every task, with chance and interval."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nakochat.core.files import write_json
from nakochat.core.progress import Bar
from nakochat.data.held_out import hash_of_texts
from nakochat.data.village.scene import Exercise
from nakochat.evals.answers import Answer, answer_all
from nakochat.evals.bits_per_byte import bits_per_byte
from nakochat.evals.interval import wilson
from nakochat.evals.particles import particle_choices
from nakochat.evals.speech import problems
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import message_of
from nakochat.tasks.task import Label, Task
from nakochat.tasks.village import SEED, TASKS
from nakochat.text.conversation import Conversation, render_prompt, user

JOSA_PAIRS = 400
# five conversations of five turns, kept in the report as they come out
CONVERSATIONS = (
    ("안녕하세요!", "이름이 뭐예요?", "뭘 할 수 있어요?", "37 더하기 45는 얼마예요?", "고마워요. 잘 있어요!"),
    ("안녕! 오늘 기분이 좀 안 좋아.", "친구랑 싸웠어.", "어떻게 하면 좋을까?", "고마워.", "넌 참 착하다."),
    (
        "제 이름은 하람이에요.",
        "토끼는 뭘 먹어요?",
        "그럼 소는요?",
        "제 이름이 뭐라고 했죠?",
        "맞아요, 고마워요.",
    ),
    (
        "'무궁화'는 몇 글자예요?",
        "받침은 몇 개 있어요?",
        "봄은 몇 월부터예요?",
        "내일 비가 올까요?",
        "알겠어요.",
    ),
    (
        "사과를 12개 샀는데 5개를 먹었어요. 몇 개 남았어요?",
        "귤을 8개 더 사면요?",
        "심심해요.",
        "재미있는 이야기 해 주세요.",
        "안녕히 계세요.",
    ),
)


def score(
    engine: Engine,
    texts: Sequence[str],
    *,
    tasks: Sequence[Task] = TASKS,
    items: int | None = None,
    shown: bool = True,
) -> dict[str, Any]:
    """The content of scores.json.  texts: held-out documents for bits per byte; items: the most of each task."""
    started = time.perf_counter()
    scores: dict[str, Any] = {}
    samples: list[dict[str, str]] = []
    with Bar("eval", len(tasks) + 2, shown=shown, every=100) as bar:
        measured = bits_per_byte(
            engine.model, engine.tokenizer, texts, context=engine.context, device=engine.machine.device
        )
        which = {"sha256": hash_of_texts(texts)}  # bits of other texts do not compare
        label = Label("바이트당 비트", "bits per byte")
        scores["bits_per_byte"] = _figure(measured.bits_per_byte, "bits/byte", label) | which
        label = Label("글자당 비트", "bits per character")
        scores["bits_per_character"] = _figure(measured.bits_per_character, "bits/character", label) | which
        bar.update(1)
        asked = JOSA_PAIRS if items is None else min(items, JOSA_PAIRS)
        pairs = particle_choices(
            engine.model, engine.tokenizer, count=asked, seed=SEED, device=engine.machine.device
        )
        scores["josa"] = _share(pairs, Label("조사 고르기: 새 낱말", "particles after new words"), chance=0.5)
        bar.update(2)
        made: dict[tuple[Exercise, ...], list[Answer]] = {}  # tasks may grade the same answers
        for index, task in enumerate(tasks):
            exercises = tuple(task.exercises()[:items])
            if exercises not in made:
                made[exercises] = answer_all(engine, exercises, max_tokens=task.max_tokens)
            answers = made[exercises]
            graded = [task.grade(answer.message.text, answer.exercise.expected) for answer in answers]
            scores[task.name] = _share(graded, task.label, chance=task.chance, better=task.better)
            samples += [_sample(answer) for answer in answers[:2]]
            bar.update(index + 3)
        broken = sum(answer.broken for answers in made.values() for answer in answers)
    label = Label("깨진 글자가 있는 답", "answers with broken UTF-8")
    scores["broken_utf8"] = {
        **_figure(broken, "answers", label),
        "items": sum(map(len, made.values())),
    }
    conversations = [converse(engine, turns) for turns in CONVERSATIONS]
    breaches = [
        problems([turn["text"] for turn in talk if turn["role"] == "assistant"]) for talk in conversations
    ]
    label = Label("대화 다섯 편의 어긋난 곳", "rule breaches in five conversations")
    scores["conversation_breaches"] = _figure(sum(map(len, breaches)), "breaches", label)
    return {
        "seconds": time.perf_counter() - started,
        "scores": scores,
        "samples": samples,
        "conversations": conversations,
        "breaches": breaches,
    }


def write_scores(folder: Path, scores: dict[str, Any]) -> None:
    write_json(folder / "scores.json", scores)


def converse(engine: Engine, turns: Sequence[str]) -> list[dict[str, str]]:
    """What the model answers (temperature 0) to the turns of one conversation."""
    conversation: Conversation = ()
    said = []
    for turn in turns:
        conversation = (*conversation, user(turn))
        while (
            len(render_prompt(engine.tokenizer, conversation)) > engine.context - 64 and len(conversation) > 2
        ):
            conversation = conversation[2:]  # the oldest turn no longer fits the context
        prompt = render_prompt(engine.tokenizer, conversation)
        made = engine.generate([prompt], Sampling(max_tokens=64, temperature=0))[0]
        answer = message_of(made.ids, engine.tokenizer)
        conversation = (*conversation, answer)
        said += [{"role": "user", "text": turn}, {"role": "assistant", "text": shown(answer)}]
    return said


def shown(message: Any) -> str:
    """A message with its calculator calls written out."""
    forms = {"text": "{}", "python": "[{} =", "output": " {}] "}
    return "".join(forms[part.kind].format(part.text) for part in message.parts)


def _sample(answer: Answer) -> dict[str, str]:
    asked = [message.text for message in answer.exercise.messages[:-1] if message.role == "user"]
    return {"prompt": " / ".join(asked), "answer": shown(answer.message)}


def _figure(value: float, unit: str, label: Label) -> dict[str, Any]:
    return {"value": value, "unit": unit, "better": "lower", "label": {"ko": label.ko, "en": label.en}}


def _share(
    right: Sequence[bool], label: Label, *, chance: float | None, better: str = "higher"
) -> dict[str, Any]:
    low, high = wilson(sum(right), len(right))
    return {
        "value": sum(right) / len(right),
        "items": len(right),
        "chance": chance,
        "interval": [low, high],
        "unit": "accuracy",
        "better": better,
        "label": {"ko": label.ko, "en": label.en},
    }

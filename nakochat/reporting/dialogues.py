"""Conversations of the evaluation -> blocks: the last stage's all, of each earlier stage the first."""

from nakochat.reporting.document import Block, Dialogue, Paragraph, Said
from nakochat.reporting.facts import Run, Stage, Talk
from nakochat.reporting.words import Words, same, shortened

MOST_CHARACTERS = 160  # of one breach: it may quote a whole answer

_PERSON = Words("사람", "Person")
# evals/speech.py names a breach as "rule: where"
_RULES = {
    "not in 해요체": Words("해요체가 아닙니다", "not in 해요체 (the polite level of the other sentences)"),
    "particle": Words("조사가 맞지 않습니다", "wrong particle"),
    "three times": Words("같은 말을 세 번 했습니다", "said three times"),
}


def dialogues(run: Run) -> list[Block]:
    """The newest stage first, since it is the one people will talk to; then how it grew up."""
    told = [stage for stage in run.stages if stage.talks]
    if not told:
        return []
    *earlier, last = told
    blocks: list[Block] = [Paragraph(words=_note(last))]
    blocks += [_dialogue(last, talk, place) for place, talk in enumerate(last.talks, start=1)]
    if earlier:
        words = Words(
            "앞 단계들은 첫째 대화에서 이렇게 대답했습니다.",
            "This is how the stages before it answered in the first conversation.",
        )
        blocks.append(Paragraph(words=words))
        blocks += [_dialogue(stage, stage.talks[0], 1) for stage in earlier]
    return blocks


def _note(stage: Stage) -> Words:
    return Words(
        f"사람의 말은 정해져 있고, {stage.label} 모델이 온도 0으로 한 대답을 고치지 않고 실었습니다. "
        "[ ] 안은 모델이 계산기를 부른 것입니다. 조사, 말투, 되풀이에서 규칙이 찾은 잘못을 대화 아래에 "
        "적었습니다. 대답의 뜻이 맞는지는 규칙이 보지 못합니다.",
        f"The person's turns are fixed; what {stage.label} answered at temperature 0 stands unedited. "
        "[ ] marks a call of the calculator. Under a conversation stands what rules found wrong in "
        "particles, speech level and repetition; whether an answer makes sense they cannot see.",
    )


def _dialogue(stage: Stage, talk: Talk, place: int) -> Dialogue:
    turns = tuple(
        Said(
            speaker=same(stage.label) if role == "assistant" else _PERSON,
            text=text,
            by_model=role == "assistant",
        )
        for role, text in talk.turns
    )
    return Dialogue(
        title=Words(f"{stage.label}: 대화 {place}", f"{stage.label}: conversation {place}"),
        turns=turns,
        remarks=tuple(breach_words(shortened(breach, MOST_CHARACTERS)) for breach in talk.breaches),
    )


def breach_words(breach: str) -> Words:
    """A breach as evals/speech.py names it, in both languages; one of an unknown rule as it stands."""
    rule, _, where = breach.partition(": ")
    words = _RULES.get(rule)
    return Words(f"{words.ko}: {where}", f"{words.en}: {where}") if words else same(breach)

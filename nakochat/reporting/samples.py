"""What the stages wrote -> blocks: each prompt with the answers of all stages; texts over the steps."""

from nakochat.reporting.document import Block, Paragraph, Turns
from nakochat.reporting.facts import Run, Sample, Stage
from nakochat.reporting.words import Words, same, shortened

MOST_STEPS = 6  # of one prompt's growth in one stage
MOST_PROMPTS = 4  # of one stage whose growth is shown
MOST_CONVERSATIONS = 12
MOST_CHARACTERS = 600  # of one sample


def conversations(run: Run) -> list[Block]:
    """Each prompt once, with the answers of all stages under it: so the stages can be compared."""
    answers: dict[str, list[tuple[Words, str]]] = {}
    for stage in run.stages:
        for prompt, answer in stage.answers:
            reply = (same(stage.label), shortened(answer, MOST_CHARACTERS))
            replies = answers.setdefault(prompt, [])
            if reply not in replies:  # two scores may be taken from the same answers
                replies.append(reply)
    blocks: list[Block] = [
        Turns(prompt=prompt, replies=tuple(replies))
        for prompt, replies in list(answers.items())[:MOST_CONVERSATIONS]
    ]
    left = len(answers) - MOST_CONVERSATIONS
    if left > 0:
        blocks.append(
            Paragraph(
                words=Words(f"나머지 {left}개는 scores.json에 있습니다.", f"{left} more are in scores.json.")
            )
        )
    return blocks


def growth(run: Run) -> list[Block]:
    """Each prompt once, with what was written at several steps of the stages, first and last among them."""
    by_prompt: dict[str, list[tuple[Words, str]]] = {}
    for stage in run.stages:
        for prompt, samples in _by_prompt(stage).items():
            replies = by_prompt.setdefault(prompt, [])
            # a later stage begins with the weights that the stage before it ended with: shown already
            samples = [sample for sample in samples if sample.step or not replies]
            replies += [_reply(stage, sample) for sample in _spread(samples)]
    return [Turns(prompt=prompt, replies=tuple(replies)) for prompt, replies in by_prompt.items()]


def _by_prompt(stage: Stage) -> dict[str, list[Sample]]:
    by_prompt: dict[str, list[Sample]] = {}
    for sample in stage.metrics.samples:
        by_prompt.setdefault(sample.prompt, []).append(sample)
    return dict(list(by_prompt.items())[:MOST_PROMPTS])


def _reply(stage: Stage, sample: Sample) -> tuple[Words, str]:
    label = Words(f"{stage.label} {sample.step:,}걸음", f"{stage.label} step {sample.step:,}")
    return label, shortened(sample.text, MOST_CHARACTERS)


def _spread(samples: list[Sample]) -> list[Sample]:
    if len(samples) <= MOST_STEPS:
        return samples
    return [samples[round(place * (len(samples) - 1) / (MOST_STEPS - 1))] for place in range(MOST_STEPS)]

"""A run's facts -> the report's document: summary, scores, learning, samples, cost, origin."""

from collections.abc import Sequence

from nakochat.core.josa import josa
from nakochat.core.rows import text
from nakochat.reporting.beside import Earlier, earlier, published
from nakochat.reporting.cost import cost, tokenizer, total_seconds, total_tokens
from nakochat.reporting.dialogues import dialogues
from nakochat.reporting.document import Block, Document, Figure, Section
from nakochat.reporting.facts import STAGES, Run, Stage
from nakochat.reporting.origin import data, origin
from nakochat.reporting.plan import loss_watch, plan
from nakochat.reporting.practice import practice
from nakochat.reporting.samples import conversations, growth
from nakochat.reporting.scores import most_important_first, scores_section, value_words
from nakochat.reporting.suites import public_tests, texts
from nakochat.reporting.words import Words, count, duration, listed

MOST_SCORES = 4  # named in the summary
_IN_TRAINING = Words("학습하고 있는", "in training")


def contents(
    run: Run, figures: Sequence[Figure], *, others: Sequence[Earlier] = (), price: float | None = None
) -> Document:
    """Everything the report says.  Sections of which nothing is known are left out.

    others: runs to compare with; price: of an hour of one GPU.
    """
    sections = [
        scores_section(run),
        *_optional("tests", Words("공개 시험", "Public tests"), public_tests(run)),
        *_optional("texts", Words("글 맞히기", "Predicting texts"), texts(run)),
        *_optional("published", Words("발표된 값과 나란히", "Beside published figures"), published(run)),
        *_optional("earlier", Words("앞선 실행과 나란히", "Beside earlier runs"), earlier(run, others)),
        *_optional("learning", Words("배우는 과정", "Learning"), (*figures, *loss_watch(run))),
        *_optional("practice", Words("RL 전과 후", "Before and after RL"), practice(run)),
        *_optional("dialogues", Words("대화", "Conversations"), dialogues(run)),
        *_optional(
            "conversations",
            Words("단계마다 이렇게 대답합니다", "What each stage answers"),
            conversations(run),
        ),
        *_optional("samples", Words("글이 자라는 모습", "Samples as training goes on"), growth(run)),
        *_optional("tokenizer", Words("토크나이저", "Tokenizer"), tokenizer(run)),
        Section(
            name="cost", title=Words("들인 시간과 자원", "Time and resources"), blocks=tuple(cost(run, price))
        ),
        *_optional("plan", Words("예측과 실제", "Predicted and actual"), plan(run)),
        *_optional("data", Words("데이터와 라이선스", "Data and licences"), data(run)),
        *_optional("origin", Words("어떻게 만들었는지", "How it was made"), origin(run)),
    ]
    title = Words(f"{run.name} 성적표", f"Report card of {run.name}")
    return Document(title=title, summary=_summary(run), sections=tuple(sections))


def _optional(name: str, title: Words, blocks: Sequence[Block]) -> list[Section]:
    return [Section(name=name, title=title, blocks=tuple(blocks))] if blocks else []


def _summary(run: Run) -> Words:
    labels = [stage.title for stage in run.folders if not stage.unfinished]
    names = listed(labels) if labels else None
    past = Words(f"{names.ko} 단계를 거친", f"that went through {names.en}") if names else _IN_TRAINING
    ko = [f"{josa(run.name, '은')} {past.ko} 한국어 언어 모델입니다."]
    en = [f"{run.name} is a Korean language model {past.en}."]
    for stage in run.stages:
        if source := text(stage.config, "imported"):
            ko.append(f"{josa(stage.label, '은')} 여기에서 학습한 것이 아니라 들여온 모델입니다({source}).")
            en.append(f"{stage.label} was not trained here but imported ({source}).")
    seconds, tokens = total_seconds(run), total_tokens(run)
    if seconds:
        ko.append(f"학습에 {josa(duration(seconds).ko, '이')} 걸렸습니다.")
        en.append(f"Training took {duration(seconds).en}.")
    if tokens:
        ko.append(f"모두 {count(tokens).ko}개 토큰으로 배웠습니다.")
        en.append(f"It learned from {count(tokens).en} tokens in all.")
    scored = [stage for stage in run.stages if stage.scores]
    if scored:
        last = scored[-1]
        shown = _first_scores(last)
        ko.append(f"{last.label} 단계의 점수는 {shown.ko}입니다.")
        en.append(f"{last.label} scores {shown.en}.")
    for stage in run.stages:
        if stage.unfinished:
            ko.append(f"{stage.label} 단계는 아직 끝나지 않았습니다.")
            en.append(f"{stage.label} has not finished yet.")
    missing = [name.upper() for name in STAGES if name not in {stage.name for stage in run.stages}]
    if missing:
        ko.append(f"{', '.join(missing)} 단계는 이 실행에 없습니다.")
        en.append(f"This run has no {', '.join(missing)}.")
    return Words(" ".join(ko), " ".join(en))


def _first_scores(stage: Stage) -> Words:
    known = [score for score in most_important_first(stage) if score.value is not None][:MOST_SCORES]
    values = [value_words(score.value or 0.0, score.unit) for score in known]
    return listed(
        [
            Words(f"‘{score.label.ko}’ {value.ko}", f"{value.en} in “{score.label.en}”")
            for score, value in zip(known, values, strict=True)
        ]
    )

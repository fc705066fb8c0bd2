"""A scene -> a question with options; the answer repeats the right option together with its number.

Each option is a line of the text and, right behind it, its number ("책장4"); the answer begins with the same
("책장4. 정답은 4번이에요.").  With the label before the text, or elsewhere in the answer, a small model never learns to
tie the two together; behind the text it copies both in one go.

Options come from the same relation or from other categories, so every one of them is the right answer of some other
question.  Held out: question and set of options.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from nakochat.core.josa import Noun, canonical, josa
from nakochat.data.village import knowledge, world
from nakochat.data.village.choice_parts import CATEGORIES, PROPERTIES
from nakochat.data.village.knowledge import Fact
from nakochat.data.village.question_parts import RELATIONS
from nakochat.data.village.scene import Exercise, Expected, Scene, fill, unlike
from nakochat.text.conversation import assistant, user

# relations whose value alone is an answer; the others are asked the other way round only
_BY_VALUE = frozenset(
    """
    sound eats habitat young legs colour taste season material located famous definition count opposite next_day
    previous_day next_month previous_month month_season job home likes pet hobby skill treasure where holds keeper
    opens feast_month
    """.split()
)
_BY_SUBJECT = frozenset(
    """
    sound eats habitat young colour taste season material famous tool place profession weather activity job pet likes
    hobby treasure keeper feast_month feast_act
    """.split()
)

_AMONG = (
    "다음 중 ", "다음 중에서 ", "아래에서 ", "보기에서 ", "다음 가운데 ", "이 중에서 ", "아래 중 ", "여기서 ",
    "다음 낱말 중 ", "보기 가운데 ", "문제예요. 다음 중 ", "퀴즈! 이 가운데 ", "이 중 ", "",
)  # fmt: skip
_BEFORE = (
    *_AMONG,
    "",
    "",
    "",
    "",
    "",
    "퀴즈예요. ",
    "문제예요. ",
    "골라 보세요. ",
    "다음을 보고 답하세요. ",
    "숙제인데요, ",
)
_ENDINGS = (
    ("은", "?"), ("은", " 몇 번일까요?"), ("은", " 몇 번이에요?"), ("은", " 몇 번이야?"), ("을", " 고르세요."),
    ("을", " 골라 주세요."), ("을", " 찾아보세요."), ("을", " 하나 골라 봐."), ("을", " 골라 줄래?"),
    ("을", " 맞혀 보세요."),
)  # fmt: skip
# a thing is asked for by 무엇, a person by 누구, a place by 어디, a time by 언제
_WHAT = (
    "무엇일까요?", "뭐예요?", "어느 것인가요?", "어느 것일까요?", "뭐야?", "무엇입니까?", "어떤 거예요?", "뭘까?",
)  # fmt: skip
_WHO = ("일까요?", "예요?", "인가요?", "죠?", "야?", "입니까?", "일까?", "인지 아세요?")
_FITTING = (
    ("으로", " 알맞은 것은?"),
    ("으로", " 맞는 것을 고르세요."),
    ("으로", " 옳은 것은 무엇일까요?"),
    ("으로", " 알맞은 것을 골라 줘."),
)
_ANSWERS = (
    "{o}{n}. 정답은 {n}번이에요.", "{o}{n}. {n}번이 맞아요.", "{o}{n}. 답은 {n}번이에요.",
    "{o}{n}. {n}번이에요.", "{o}{n}. 그래서 {n}번이에요.", "{o}{n}. {n}번을 고를게요.",
    "{o}{n}. 알맞은 것은 {n}번이에요.", "{o}{n}. 제 답은 {n}번이에요.", "{o}{n}. {n}번이 정답이에요.",
    "{o}{n}. 바로 {n}번이에요.", "{o}{n}. 맞는 것은 {n}번이에요.", "{o}{n}. {n}번으로 할게요.",
)  # fmt: skip


class _Question(NamedTuple):
    """A noun phrase that names the answer, its slots, and what the options are drawn from."""

    phrase: str
    slots: dict[str, Any]
    right: Noun
    wrong: tuple[Noun, ...]
    key: tuple[str, str]
    manner: str
    asked: str = "무엇"


# --- facts ----------------------------------------------------------------------------------------
def _answers(fact: Fact) -> frozenset[str]:
    return frozenset((str(fact.value), *fact.also))


@lru_cache(maxsize=1)
def _by_relation() -> dict[str, tuple[Fact, ...]]:
    table: dict[str, list[Fact]] = defaultdict(list)
    for fact in knowledge.FACTS + world.FACTS:
        table[fact.relation].append(fact)
    return {name: tuple(facts) for name, facts in table.items()}


@lru_cache(maxsize=4096)
def _others(fact: Fact) -> tuple[Fact, ...]:
    """Facts of the relation that share neither subject nor value with this one."""
    known = frozenset().union(
        *(_answers(other) for other in _by_relation()[fact.relation] if other.subject == fact.subject)
    )
    return tuple(
        other
        for other in _by_relation()[fact.relation]
        if other.subject != fact.subject and not known & _answers(other)
    )


def _unique(items: tuple[Noun, ...]) -> tuple[Noun, ...]:
    return tuple(dict.fromkeys(items))


def _value_question(scene: Scene) -> _Question:
    fact = scene.pick(_by_relation()[scene.pick(_VALUE_RELATIONS)])
    wrong = _unique(tuple(other.value for other in _others(fact)))
    phrase = scene.pick(RELATIONS[fact.relation].topics)
    key, asked = (str(fact.subject), fact.relation), RELATIONS[fact.relation].asked[0]
    return _Question(phrase, {"s": fact.subject}, fact.value, wrong, key, "value", asked)


def _subject_question(scene: Scene) -> _Question:
    fact = scene.pick(_by_relation()[scene.pick(_SUBJECT_RELATIONS)])
    wrong = _unique(tuple(other.subject for other in _others(fact)))
    phrase = scene.pick(RELATIONS[fact.relation].inverse)
    slots = {"v": fact.value, "a": fact.act}
    key, asked = (str(fact.value), "~" + fact.relation), RELATIONS[fact.relation].who[0]
    return _Question(phrase, slots, fact.subject, wrong, key, "subject", asked)


_VALUE_RELATIONS = tuple(sorted(_BY_VALUE & {name for name, row in RELATIONS.items() if row.topics}))
_SUBJECT_RELATIONS = tuple(sorted(_BY_SUBJECT & {name for name, row in RELATIONS.items() if row.inverse}))


# --- categories and properties ---------------------------------------------------------------------
def _category_question(scene: Scene) -> _Question:
    (phrases, members), *others = scene.some(CATEGORIES, 5)
    right, wrong = scene.pick(members), tuple(scene.pick(group) for _, group in others)
    return _Question(scene.pick(phrases), {}, right, wrong, (phrases[0], "category"), "among")


def _odd_question(scene: Scene) -> _Question:
    (phrases, members), (_, others) = scene.some(CATEGORIES, 2)
    phrase = josa(phrases[0], "이") + scene.pick((" 아닌 것", " 아닌 하나", " 아닌 낱말"))
    wrong = tuple(scene.some(members, min(4, len(members))))
    return _Question(phrase, {}, scene.pick(others), wrong, (phrases[0], "odd"), "among")


def _property_question(scene: Scene) -> _Question:
    phrases, members, others = scene.pick(PROPERTIES)
    return _Question(scene.pick(phrases), {}, scene.pick(members), others, (phrases[0], "property"), "among")


_SOURCES = (
    *(_value_question, _value_question, _value_question, _subject_question, _subject_question),
    *(
        _category_question,
        _category_question,
        _odd_question,
        _odd_question,
        _property_question,
        _property_question,
    ),
)


# --- the exercise ---------------------------------------------------------------------------------
def _drawn(scene: Scene) -> tuple[_Question, list[Noun]]:
    """A question and its options in random order, from this side of the split."""
    while True:
        question = scene.pick(_SOURCES)(scene)
        draw = scene.rng.random()
        count = 3 if draw < 0.08 else 5 if draw > 0.92 else 4
        if len(question.wrong) < count - 1:
            continue
        options = [question.right, *scene.some(question.wrong, count - 1)]
        if scene.allows("choice", *question.key, *sorted(options)):
            scene.rng.shuffle(options)
            return question, options


def _asked(scene: Scene, question: _Question) -> str:
    forms = [question.asked + end for end in _WHO] if question.asked in ("누구", "어디", "언제") else _WHAT
    endings = (*_ENDINGS, *(("은", " " + form) for form in forms))
    particle, ending = scene.pick(endings + _FITTING if question.manner == "value" else endings)
    before = scene.pick(_AMONG if question.manner == "among" else _BEFORE)
    phrase = fill(question.phrase, question.slots, scene.masked)
    joined = phrase + canonical(particle) if scene.masked else josa(phrase, particle)
    return before + joined + ending


def choice(scene: Scene) -> Exercise:
    """A question with options and the right one of them."""
    question, options = _drawn(scene)
    number = options.index(question.right) + 1
    asked = _asked(scene, question)
    lines = [fill("{o}{n}", {"o": option, "n": i}, scene.masked) for i, option in enumerate(options, 1)]
    answer = scene.say(_ANSWERS, o=question.right, n=number)
    right = str(question.right)
    expected = Expected(accept=(right,), reject=unlike(right, map(str, options)), option=number)
    return Exercise((user("\n".join([asked, *lines])), assistant(answer)), expected)


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {"choice": choice}

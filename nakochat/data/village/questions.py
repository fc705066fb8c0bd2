"""A scene -> questions about facts and their answers: plain, inverse, yes or no, either-or, two at once.

Facts are asked from memory; what is held out is the wording.  Answers are in 해요체 and short.
"""

from collections.abc import Callable

from nakochat.core.josa import Noun
from nakochat.data.village import lore
from nakochat.data.village.knowledge import FLYERS, NON_FLYERS, Fact
from nakochat.data.village.phrasing import PREFIXES, ask, cited, clause, slots, tell, without_subject
from nakochat.data.village.question_parts import INVERSES, RELATIONS
from nakochat.data.village.scene import Exercise, Expected, Scene
from nakochat.text.conversation import assistant, user

_OPENERS = (
    "네, ",
    "음, ",
    "네, 알려 드릴게요. ",
    "좋은 질문이에요. ",
    "아, 그건 제가 알아요. ",
    "그건 쉬워요. ",
    "제가 알기로 ",
    "네, 알고 있어요. ",
    "",
)
_BARE = (
    "{v:이에요}.", "정답은 {v:이에요}.", "답은 {v:이에요}.", "그건 {v:이에요}.", "바로 {v:이에요}.", "{v:이지요}.", "제가 알기로 {v:이에요}.", "네, {v:이에요}.", "음, {v:이에요}.",
    "물어보신 것은 {v:이에요}.", "제 대답은 {v:이에요}.", "{v:이라고} 해요.", "{v:이라고} 알고 있어요.", "제가 알고 있는 대로라면 {v:이에요}.", "{v:이라고} 배웠어요.", "아, {v:이에요}.", "물어보신 답은 {v:이에요}.",
    "맞혀 보자면 {v:이에요}.", "생각해 보니 {v:이에요}.",
)  # fmt: skip


def bare(scene: Scene, value: Noun) -> str:
    """The value alone, as an answer."""
    return scene.say(_BARE, v=value)


_EXTRAS = (
    "{first}. 그리고 {more}.",
    "{first}. {more}.",
    "{first}. 참고로 {more}.",
    "{first}. 또 {more}.",
    "{first}. 덧붙이면 {more}.",
)
_LINKS = ("그리고", "또", "그럼", "그런데", "하나 더요,", "그다음에")


def answer(scene: Scene, fact: Fact) -> str:
    """One or two sentences that state the fact."""
    relation = RELATIONS[fact.relation]
    form = scene.integer(0, 11)
    nominal = fact.act is None
    if form == 0 and nominal:
        return bare(scene, cited(fact, fact.value))
    if form in (1, 2):
        short = [rest for rest in map(without_subject, relation.tells) if rest]
        if short:
            return clause(scene, scene.pick(short), scene.pick(("어요", "어요", "지요")), slots(fact)) + "."
    if form == 3 and nominal and relation.topics:
        topic = scene.say(scene.pick(relation.topics), **slots(fact))
        return scene.say("{t:은} {v:이에요}.", t=topic, v=cited(fact, fact.value))
    if form == 4:
        return scene.pick(_OPENERS) + tell(scene, relation, fact) + "."
    if form == 5:
        more = scene.pick(lore.BY_SUBJECT[fact.subject])
        if more is not fact:
            first, second = tell(scene, relation, fact), tell(scene, RELATIONS[more.relation], more)
            return scene.say(_EXTRAS, first=first, more=second)
    return tell(scene, relation, fact, scene.pick(("어요", "어요", "어요", "어요", "지요"))) + "."


def expected(fact: Fact) -> Expected:
    return Expected(accept=lore.accepted(fact), unknown=False)


def draw(scene: Scene) -> Fact:
    """A fact, every relation's share growing with the root of its size, so that small relations are asked too."""
    names = lore.BY_RELATION
    relation = scene.rng.choices(list(names), [len(facts) ** 0.7 for facts in names.values()])[0]
    return scene.pick(names[relation])


def asking(scene: Scene, fact: Fact) -> str:
    """A question for the fact's value."""
    return ask(scene, RELATIONS[fact.relation], {"s": lore.name_subject(scene, fact)}, fact.ask)


def question(scene: Scene) -> Exercise:
    """A fact asked in one of very many wordings."""
    fact = draw(scene)
    return Exercise((user(asking(scene, fact)), assistant(answer(scene, fact))), expected(fact))


def inverse(scene: Scene) -> Exercise:
    """The subject asked for by its value: 야옹 하고 우는 동물은?"""
    fact = scene.pick(lore.INVERTIBLE)
    relation = INVERSES[fact.relation]
    words = slots(fact)
    del words["s"]
    asked = ask(scene, relation, words)
    description = scene.say(scene.pick(relation.topics), **slots(fact))
    several = len({str(other.subject) for other in lore.same_value(fact)}) > 1
    frames: tuple[str, ...] = (
        "{bare}",
        "{bare}",
        "{t:은} {s:이에요}.",
        "{t:으로는} {s:이} 있어요.",
        "{told}.",
        "{told}.",
        "{bare} {told}.",
    )
    if several:
        frames = ("{t:에는} {s:이} 있어요.", "{s:이} 그래요. {told}.", *frames)
    told = tell(scene, RELATIONS[fact.relation], fact)
    subject = cited(fact, fact.subject)
    reply = scene.say(frames, s=subject, t=description, told=told, bare=bare(scene, subject))
    return Exercise((user(asked), assistant(reply)), Expected(accept=lore.subject_names(fact), unknown=False))


_CLAIMS: tuple[tuple[str, str], ...] = (
    ("어요", "?"), ("어요", "?"), ("나요", "?"), ("죠", "?"), ("지요", "?"), ("는", " 게 맞아요?"), ("는", " 거 맞죠?"), ("는다고", " 하는데 맞아요?"),
    ("는", " 것이 사실이에요?"), ("는다고", " 들었는데 정말이에요?"), ("어", "?"), ("는", " 거야?"), ("는다고", " 하던데 맞아?"), ("는다는", " 말이 맞나요?"),
    ("습니까", "?"), ("는다고", " 해도 돼요?"),
)  # fmt: skip
_CLAIM_OPENERS = (
    *PREFIXES["polite"],
    "정말 ",
    "친구가 그러는데 ",
    "맞는지 봐 주세요. ",
    "제가 듣기로는 ",
    "맞는지 틀리는지 말해 주세요. ",
)
_YES = (
    "네, {told}.", "네, {told}.", "네, 맞아요. {told}.", "네, 그래요. {told}.", "네, 맞아요.", "네, 잘 아시네요. {told}.", "네, 맞는 말이에요. {told}.", "네, 제가 알기로도 {told}.", "네, 말씀하신 대로 {told}.",
    "네, 사실이에요. {told}.", "네, 정말 {told}.", "네, 틀림없이 {told}.",
)  # fmt: skip
_NO = (
    "아니요, {told}.", "아니요, {told}.", "아니요, 그렇지 않아요. {told}.", "아니요, 틀렸어요. {told}.", "아니요. {told}.", "아니요, 사실은 {told}.", "아니요, 제가 알기로 {told}.", "아니요, 그건 아니에요. {told}.",
)  # fmt: skip
_NOT_BUT = (
    "아니요, {wrong:이} 아니라 {v:이에요}.", "아니요, {wrong:이} 아니에요. {told}.", "아니요, {wrong:은} 아니고 {v:이에요}.", "아니요, {v:이에요}. {wrong:이} 아니에요.",
    "아니요, 답은 {wrong:이} 아니라 {v:이에요}.",
)  # fmt: skip


def _claim(scene: Scene, fact: Fact, value: Noun) -> str:
    """A yes-or-no question whether the subject has the value."""
    relation = RELATIONS[fact.relation]
    while True:
        opener, text, (form, tail) = (
            scene.pick(_CLAIM_OPENERS),
            scene.pick(relation.tells),
            scene.pick(_CLAIMS),
        )
        if scene.allows("yes or no", relation.name, opener, text, form, tail):
            break
    words = slots(fact, s=lore.name_subject(scene, fact), v=value)
    return opener + clause(scene, text, form, words) + tail


def yes_or_no(scene: Scene) -> Exercise:
    """토끼는 풀을 먹어요?"""
    if scene.chance(0.06):
        return _can_fly(scene)
    fact = draw(scene)
    wrong = lore.contrast(scene, fact) if scene.chance(0.55) else None
    told = tell(scene, RELATIONS[fact.relation], fact)
    asked = _claim(scene, fact, wrong or fact.value)
    if wrong is None:
        expected_ = Expected(accept=("네", "맞아요"), reject=("아니요",), unknown=False)
        return Exercise((user(asked), assistant(scene.say(_YES, told=told))), expected_)
    reply = scene.say(_NO + _NOT_BUT, told=told, wrong=wrong, v=fact.value)
    return Exercise(
        (user(asked), assistant(reply)),
        Expected(accept=("아니요", "아니에요"), reject=("네",), unknown=False),
    )


_FLY = (
    "{s:은} 날 수 있어요?", "{s:은} 날아요?", "{s:도} 하늘을 날아요?", "{s:은} 하늘을 날 수 있나요?", "{s} 날 수 있어?", "{s:은} 날아다녀요?", "{s:이} 날 수 있을까요?",
    "{s:은} 날개로 날 수 있나요?", "{s:이} 하늘을 나는 동물이에요?", "{s:은} 못 날죠?", "{s:은} 날 줄 알아요?", "{s:이} 날 수 있는지 궁금해요.",
)  # fmt: skip


def _can_fly(scene: Scene) -> Exercise:
    flies = scene.chance(0.5)
    while True:
        animal, row, opener = (
            scene.pick(FLYERS if flies else NON_FLYERS),
            scene.integer(0, len(_FLY) - 1),
            scene.pick(_CLAIM_OPENERS),
        )
        if scene.allows("fly", animal, row, opener):
            break
    asked = opener + scene.say(_FLY[row], s=animal)
    if flies:
        reply = scene.say(
            ("{s:은} 날 수 있어요.", "{s:은} 하늘을 날아요.", "날 수 있어요. {s:은} 하늘을 날아다녀요."),
            s=animal,
        )
        return Exercise(
            (user(asked), assistant(reply)),
            Expected(accept=("있어요", "날아요", "날아다녀요"), reject=("못",), unknown=False),
        )
    reply = scene.say(("{s:은} 날 수 없어요.", "{s:은} 못 날아요.", "{s:은} 하늘을 날지 못해요."), s=animal)
    return Exercise(
        (user(asked), assistant(reply)), Expected(accept=("없어요", "못", "못해요"), unknown=False)
    )


_EITHER = (
    "{t:은} {one:이에요}, {other:이에요}?", "{t:은} {one:일까요}, {other:일까요}?", "{t:은} {one:이야}, {other:이야}?", "{one:과} {other} 중에 {t:은} 뭐예요?",
    "{t:은} {one:인가요}, 아니면 {other:인가요}?", "{t}: {one:이랑} {other} 중 어느 쪽이에요?", "{one}, {other} 중에서 {t:을} 골라 주세요.",
    "{t:은} {one:이에요} 아니면 {other:이에요}?", "{one:이에요}, {other:이에요}? {t} 말이에요.", "{t:이} {one:인지} {other:인지} 알려 주세요.",
    "{t:이} {one:인지} {other:인지} 모르겠어요.", "{one} 아니면 {other}, {t:은} 뭘까?",
)  # fmt: skip


def either(scene: Scene) -> Exercise:
    """The right value and a wrong one, to choose from."""
    while True:
        fact = draw(scene)
        relation = RELATIONS[fact.relation]
        wrong = lore.contrast(scene, fact)
        if wrong is None or fact.act is not None or not relation.topics:
            continue
        row, topic = scene.integer(0, len(_EITHER) - 1), scene.integer(0, len(relation.topics) - 1)
        if scene.allows("either", relation.name, fact.subject, row, topic):
            break
    one, other = (fact.value, wrong) if scene.chance(0.5) else (wrong, fact.value)
    about = scene.say(relation.topics[topic], s=lore.name_subject(scene, fact))
    asked = scene.pick(_CLAIM_OPENERS) + scene.say(_EITHER[row], t=about, one=one, other=other)
    reply = bare(scene, fact.value) if scene.chance(0.4) else tell(scene, relation, fact) + "."
    return Exercise((user(asked), assistant(reply)), expected(fact))


def two_questions(scene: Scene) -> Exercise:
    """Two things about one subject in one turn."""
    first, second = scene.some(scene.pick(lore.SHARED_SUBJECTS), 2)
    rests = [
        rest for rest in map(without_subject, RELATIONS[second.relation].asks) if rest and "{w" not in rest
    ]
    if not rests:
        return question(scene)
    asked = asking(scene, first)
    rest, ending = scene.pick(rests), scene.pick(("어요", "나요", "을까요", "죠"))
    joined = scene.say(
        ("{q} {link} {r}?",), q=asked, link=scene.pick(_LINKS), r=clause(scene, rest, ending, slots(second))
    )
    one = tell(scene, RELATIONS[first.relation], first, "고")
    short = [rest for rest in map(without_subject, RELATIONS[second.relation].tells) if rest]
    two = (
        clause(scene, scene.pick(short), "어요", slots(second))
        if short
        else tell(scene, RELATIONS[second.relation], second)
    )
    reply = scene.say(("{one}, {two}.", "{one} {two}."), one=one, two=two)
    return Exercise((user(joined), assistant(reply)), expected(second))


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {
    "question": question,
    "inverse": inverse,
    "yes_or_no": yes_or_no,
    "either": either,
    "two_questions": two_questions,
}

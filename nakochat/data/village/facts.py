"""A scene -> texts that tell facts: about one subject, about one relation, a walk through the village, lessons and quizzes.

Each fact is told in many forms and directions; a text keeps one speech level, 해요체 or -다체.
"""

from collections.abc import Callable

from nakochat.core.josa import Noun
from nakochat.data.village import lore, words, world
from nakochat.data.village.knowledge import FLYERS, NON_FLYERS, Fact
from nakochat.data.village.phrasing import ask, cited, clause, slots, tell, without_subject
from nakochat.data.village.question_parts import RELATIONS
from nakochat.data.village.questions import draw
from nakochat.data.village.scene import Scene

# the ending of a clause that states, and what follows
_ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "polite": (
        ("어요", "."), ("어요", "."), ("어요", "."), ("어요", "."), ("지요", "."), ("거든요", "."), ("는다고", " 해요."), ("는", " 것으로 알려져 있어요."),
        ("는다는", " 것을 모두가 알아요."), ("는다고", " 배웠어요."), ("는다고", " 들었어요."), ("는다는", " 말이 맞아요."), ("는", " 게 맞아요."), ("는다는", " 사실을 잊지 마세요."),
        ("는다고", " 책에 나와 있어요."), ("는다고", " 적혀 있어요."), ("는다고", " 하지요."), ("는다는", " 이야기를 들었어요."), ("는다는", " 걸 기억해 두세요."), ("네요", "."),
    ),
    "plain": (
        ("는다", "."), ("는다", "."), ("는다", "."), ("는다", "."), ("는다고", " 한다."), ("는", " 것으로 알려져 있다."), ("는다는", " 것은 누구나 안다."), ("는다고", " 배웠다."),
        ("는다는", " 말이 맞다."), ("는다고", " 책에 적혀 있다."), ("는다고", " 들었다."), ("는다는", " 것을 기억해 두자."), ("는다는", " 사실은 널리 알려져 있다."), ("는다고", " 알려져 있다."),
    ),
}  # fmt: skip
_HEDGES = (
    "", "", "", "", "", "", "", "", "사실 ", "알고 보면 ", "다들 알다시피 ", "책에 따르면 ", "할머니 말씀으로는 ", "아이들도 알듯이 ", "보통 ", "옛날부터 ", "잘 살펴보면 ",
    "선생님 말씀대로 ", "누구에게 물어봐도 ", "백과사전을 보면 ", "이야기를 들어 보면 ", "많은 사람이 알듯이 ", "재미있게도 ", "요즘도 ", "언제나 ", "알아 두면 좋은데, ",
)  # fmt: skip
_LINKS = (
    "",
    "",
    "",
    "또 ",
    "그리고 ",
    "참고로 ",
    "한편 ",
    "덧붙이면 ",
    "그 밖에 ",
    "그런가 하면 ",
)
_INVERSE = {
    "polite": (
        "{t:은} {s:이에요}.", "{t:은} 바로 {s:이에요}.", "{t:이} {s:이에요}.", "{t:이라고} 하면 {s:이} 떠올라요.", "{t:을} 찾는다면 {s:이} 있어요.", "{t:으로는} {s:을} 들 수 있어요.",
        "{s:은} {t:이에요}.", "{t:을} 말하라면 {s:이에요}.",
    ),
    "plain": (
        "{t:은} {s}{is_s}.", "{t:은} 바로 {s}{is_s}.", "{t:이라고} 하면 {s:이} 떠오른다.", "{t:을} 찾는다면 {s:이} 있다.", "{t:으로는} {s:을} 들 수 있다.", "{t:을} 말하라면 {s}{is_s}.",
    ),
}  # fmt: skip


def _copula(word: str) -> str:
    """이다 after a consonant, 다 after a vowel."""
    return "이다" if Noun(word).__format__("이").endswith("이") else "다"


def _hedge(scene: Scene, tail: str) -> str:
    """How it is known, where the ending does not say that already."""
    hedge = scene.pick(_HEDGES)
    return hedge if tail == "." else ""


def statement(scene: Scene, fact: Fact, speech: str, named: bool = True) -> str:
    """A sentence that states the fact.  named: False leaves the subject to be understood where that is possible."""
    relation = RELATIONS[fact.relation]
    form, (ending, tail) = scene.integer(0, 9), scene.pick(_ENDINGS[speech])
    if named and form == 0 and relation.inverse:
        description = scene.say(scene.pick(relation.inverse), **slots(fact))
        subject = cited(fact, fact.subject)
        return scene.say(_INVERSE[speech], t=description, s=subject, is_s=_copula(subject))
    if form == 1 and relation.topics and fact.act is None:
        wrong = lore.contrast(scene, fact)
        topic = scene.say(scene.pick(relation.topics), **slots(fact))
        value = cited(fact, fact.value)
        last = _copula(value) if speech == "plain" else ""
        copula = "{v}{last}" if speech == "plain" else "{v:이에요}"
        if wrong is not None and scene.chance(0.6):
            return scene.say("{t:은} {w:이} 아니라 " + copula + ".", t=topic, w=wrong, v=value, last=last)
        return scene.say("{t:은} " + copula + ".", t=topic, v=value, last=last)
    if named and form in (2, 3):
        other = scene.pick(lore.BY_SUBJECT[fact.subject])
        modifiers = RELATIONS[other.relation].modifiers
        if other is not fact and modifiers:
            described = scene.say(scene.pick(modifiers) + " {s}", **slots(other))
            return _hedge(scene, tail) + tell(scene, relation, fact, ending, described) + tail
    if not named:
        short = [rest for rest in map(without_subject, relation.tells) if rest]
        if short:
            return clause(scene, scene.pick(short), ending, slots(fact)) + tail
    return _hedge(scene, tail) + tell(scene, relation, fact, ending) + tail


def joined(scene: Scene, first: Fact, second: Fact, speech: str) -> str:
    """Two facts in one sentence."""
    connective = scene.pick(("고", "고", "고", "으며", "으며", "는데"))
    one = tell(scene, RELATIONS[first.relation], first, connective)
    short = [rest for rest in map(without_subject, RELATIONS[second.relation].tells) if rest]
    if first.subject == second.subject and short and scene.chance(0.7):
        ending, tail = scene.pick(_ENDINGS[speech])
        two = clause(scene, scene.pick(short), ending, slots(second)) + tail
    else:
        two = statement(scene, second, speech)
    comma = scene.pick((", ", " ", ", "))
    return one + comma + two


def _speech(scene: Scene) -> str:
    return scene.pick(("polite", "polite", "plain"))


def about_one(scene: Scene) -> str:
    """What there is to say about one subject."""
    speech = _speech(scene)
    facts = lore.BY_SUBJECT[draw(scene).subject]
    facts = scene.some(facts, min(len(facts), scene.integer(2, 6)))
    sentences = [statement(scene, facts[0], speech)]
    rest = facts[1:]
    while rest:
        fact = rest.pop()
        if rest and scene.chance(0.3):
            sentences.append(joined(scene, fact, rest.pop(), speech))
        else:
            sentences.append(scene.pick(_LINKS) + statement(scene, fact, speech, named=scene.chance(0.6)))
    return " ".join(sentences)


def about_many(scene: Scene) -> str:
    """One relation of several subjects."""
    speech = _speech(scene)
    facts = lore.BY_RELATION[draw(scene).relation]
    facts = scene.some(facts, min(len(facts), scene.integer(2, 7)))
    sentences = []
    while facts:
        fact = facts.pop()
        if facts and scene.chance(0.45):
            sentences.append(joined(scene, fact, facts.pop(), speech))
        else:
            sentences.append(statement(scene, fact, speech))
    return " ".join(sentences)


_TOUR_OPENINGS = {
    "polite": (
        "{v:에} 오신 것을 환영해요.", "오늘은 {v:을} 둘러보기로 해요.", "{v:은} 작지만 정다운 마을이에요.", "{n:이} {v:에} 놀러 왔어요.", "{v:에는} 재미있는 사람이 많아요.", "이제 {v} 이야기를 들려 드릴게요.",
        "바람이 솔솔 부는 날, {n:은} {v:을} 걸었어요.", "{v:을} 소개할게요.", "{n:은} {v} 지도를 펼쳤어요.", "{v:에} 가 본 적이 있나요?",
    ),
    "plain": (
        "{v:은} 작지만 정다운 마을이다.", "{n:이} {v:에} 놀러 왔다.", "{v:에는} 재미있는 사람이 많다.", "바람이 솔솔 부는 날, {n:은} {v:을} 걸었다.", "오늘은 {v:을} 둘러본다.", "{n:은} {v} 지도를 펼쳤다.",
        "{v} 사람들은 서로 잘 안다.",
    ),
}  # fmt: skip
_TOUR_LINKS = {
    "polite": (*[""] * 12, *[""] * 12, "", "", "", "조금 더 걸어가 볼까요? ", "옆으로 가면 다른 이야기가 있어요. ", "길을 따라가 봐요. ", "다음은 누구일까요? ", "여기서 잠깐 쉬어 가요. ", "모퉁이를 돌아요. ", "저쪽에서 누가 손을 흔들어요. "),
    "plain": ("", "", "", "길을 따라 조금 더 걷는다. ", "모퉁이를 돈다. ", "저쪽에서 누가 손을 흔든다. ", "다리를 건넌다. ", "종소리가 들린다. "),
}  # fmt: skip
_VILLAGE_SUBJECTS: tuple[Noun, ...] = world.PEOPLE + world.PLACES + world.FEASTS


def tour(scene: Scene) -> str:
    """A walk through the village: its people, places and feasts."""
    speech = _speech(scene)
    sentences = [scene.say(_TOUR_OPENINGS[speech], v=world.VILLAGE, n=scene.pick(words.FIRST_NAMES))]
    for subject in scene.some(_VILLAGE_SUBJECTS, scene.integer(2, 4)):
        facts = lore.BY_SUBJECT[subject]
        facts = scene.some(facts, min(len(facts), scene.integer(1, 3)))
        text = [scene.pick(_TOUR_LINKS[speech]) + statement(scene, facts[0], speech)]
        text += [statement(scene, fact, speech, named=scene.chance(0.5)) for fact in facts[1:]]
        sentences.append(" ".join(text))
    return " ".join(sentences)


_ASKED_ALOUD = {
    "polite": ("{k:이} 물었어요. \"{q}\"", "\"{q}\" 하고 {k:이} 물었어요.", "{k:은} {o:에게} 물었어요. \"{q}\"", "{o:이} 책을 읽는데 {k:이} 물었어요. \"{q}\"", "\"{q}\" {k:은} 고개를 갸웃했어요.",
               "{k:이} 손을 들었어요. \"{q}\"", "수업 시간에 {k:이} 물었어요. \"{q}\""),
    "plain": ("{k:이} 물었다. \"{q}\"", "\"{q}\" 하고 {k:이} 물었다.", "{k:은} {o:에게} 물었다. \"{q}\"", "\"{q}\" {k:은} 고개를 갸웃했다.", "{k:이} 손을 들었다. \"{q}\"", "밥을 먹다가 {k:이} 물었다. \"{q}\""),
}  # fmt: skip
_SAID = {
    "polite": ("{o:이} 대답했어요. \"{a}\"", "\"{a}\" 하고 {o:이} 말했어요.", "{o:은} 웃으며 말했어요. \"{a}\"", "그러자 {o:이} 알려 주었어요. \"{a}\"", "\"{a}\" {o:이} 얼른 대답했어요.", "{o:은} 잠깐 생각했어요. \"{a}\""),
    "plain": ("{o:이} 대답했다. \"{a}\"", "\"{a}\" 하고 {o:이} 말했다.", "{o:은} 웃으며 말했다. \"{a}\"", "그러자 {o:이} 알려 주었다. \"{a}\"", "\"{a}\" {o:이} 얼른 대답했다."),
}  # fmt: skip

# the model is called so, and nobody in a story is
_CALLED = ("나코야, ", "나코, ", "선생님, ", "안녕하세요, ", "안녕, ", "야, ")


def lesson(scene: Scene) -> str:
    """People who ask each other."""
    speech = _speech(scene)
    lines = []
    for _ in range(scene.integer(1, 3)):
        fact = draw(scene)
        asked = ask(scene, RELATIONS[fact.relation], {"s": lore.name_subject(scene, fact)}, fact.ask)
        for called in _CALLED:
            asked = asked.removeprefix(called)
        asker, teller = scene.pick(words.FIRST_NAMES), scene.pick(words.KIN[:17])
        said = tell(scene, RELATIONS[fact.relation], fact) + "."
        lines.append(scene.say(_ASKED_ALOUD[speech], k=asker, o=teller, q=asked))
        lines.append(scene.say(_SAID[speech], o=teller, a=said))
    return " ".join(lines)


_MARKS = (
    ("문제: ", "답: "), ("물음: ", "답: "), ("질문 - ", "대답 - "), ("문) ", "답) "), ("퀴즈: ", "정답: "), ("", "→ "), ("묻는 말: ", "대답: "), ("", ""),
    ("궁금한 것: ", "알게 된 것: "), ("(물음) ", "(답) "),
)  # fmt: skip


def quiz(scene: Scene) -> str:
    """Questions with their answers, one on a line."""
    question_mark, answer_mark = scene.pick(_MARKS)
    lines = []
    for _ in range(scene.integer(1, 4)):
        fact = draw(scene)
        asked = ask(scene, RELATIONS[fact.relation], {"s": lore.name_subject(scene, fact)}, fact.ask)
        told = tell(scene, RELATIONS[fact.relation], fact) + "."
        lines.append(scene.say("{m}{q}", m=question_mark, q=asked))
        lines.append(
            scene.say(
                "{m}{v}" if fact.act is None and scene.chance(0.4) else "{m}{a}",
                m=answer_mark,
                v=cited(fact, fact.value),
                a=told,
            )
        )
    return "\n".join(lines)


_CAN = {
    "polite": (
        "{s:은} 날 수 있어요.",
        "{s:은} 하늘을 날아요.",
        "{s:은} 날개로 날아다녀요.",
        "{s:도} 날 수 있지요.",
        "{s:은} 훨훨 날 수 있어요.",
    ),
    "plain": ("{s:은} 날 수 있다.", "{s:은} 하늘을 난다.", "{s:은} 날개로 날아다닌다.", "{s:도} 날 수 있다."),
}
_CANNOT = {
    "polite": (
        "{s:은} 날 수 없어요.",
        "{s:은} 못 날아요.",
        "{s:은} 하늘을 날지 못해요.",
        "{s:은} 날 수 없지요.",
        "{s:은} 날지 못해요.",
    ),
    "plain": (
        "{s:은} 날 수 없다.",
        "{s:은} 날지 못한다.",
        "{s:은} 못 난다.",
        "{s:은} 하늘을 날지 못한다.",
    ),
}


def flying(scene: Scene) -> str:
    """Who flies, who doesn't, and what else there is to say of them."""
    speech = _speech(scene)
    sentences: list[str] = []
    for animal in scene.some(FLYERS + NON_FLYERS, scene.integer(2, 5)):
        link = scene.pick(_LINKS) if sentences else ""
        sentences.append(link + scene.say((_CAN if animal in FLYERS else _CANNOT)[speech], s=animal))
        if scene.chance(0.4):
            sentences.append(statement(scene, scene.pick(lore.BY_SUBJECT[animal]), speech))
    return " ".join(sentences)


TEXTS: dict[str, Callable[[Scene], str]] = {
    "about_one": about_one,
    "about_many": about_many,
    "tour": tour,
    "lesson": lesson,
    "quiz": quiz,
    "flying": flying,
}

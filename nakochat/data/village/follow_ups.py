"""A scene -> conversations of two to four turns about facts, where later questions leave out what was said before."""

from collections.abc import Callable

from nakochat.data.village import lore
from nakochat.data.village.knowledge import Fact
from nakochat.data.village.phrasing import cited, clause, slots, without_subject
from nakochat.data.village.question_parts import RELATIONS, with_asked
from nakochat.data.village.questions import answer, asking, draw, expected
from nakochat.data.village.scene import Exercise, Scene
from nakochat.text.conversation import Message, assistant, user

_STARTS = (
    "그럼 ",
    "그러면 ",
    "그럼 ",
    "",
    "또 ",
    "그리고 ",
    "아하, ",
    "고마워요. 그럼 ",
    "그렇군요. ",
    "오, ",
    "하나 더요. ",
    "그런데 ",
    "신기하네요. ",
    "재미있네요. 그럼 ",
)
_DEIXIS = {
    "동물": ("", "그 동물은 ", "걔는 ", "그 녀석은 "), "사람": ("", "그분은 ", "그 사람은 "), "곳": ("", "거기는 ", "그곳은 "), "잔치": ("", "그 잔치는 "),
    "고장": ("", "거기는 ", "그곳은 "),
}  # fmt: skip
_ENDINGS = (
    ("어요", "?"), ("어요", "?"), ("나요", "?"), ("을까요", "?"), ("죠", "?"), ("어", "?"), ("니", "?"), ("는지", " 알려 주세요."), ("는지", "도 알아요?"),
    ("는지", "도 궁금해요."), ("는지", "도 알려 줘."), ("는지", " 아세요?"),
)  # fmt: skip
_SAME_RELATION = (
    "{s:은}요?", "그럼 {s:은}요?", "{s:은} 어때요?", "그러면 {s:은}?", "그럼 {s:은} 어떤가요?", "{s:도} 알려 주세요.", "{s:도} 궁금해요.", "{s:은}?", "고마워요. {s:은}요?",
    "아하, 그럼 {s:은}요?", "{s:도} 말해 줘.", "이번에는 {s} 차례예요.", "그렇군요. {s:은} 어때?", "{s:은} 뭐예요?",
)  # fmt: skip

_TRIES = 100  # of a relation with two subjects every wording may be on the other side of the split


def _elliptic(scene: Scene, fact: Fact) -> str | None:
    """A question about the subject under discussion, which it does not name."""
    relation = RELATIONS[fact.relation]
    rests = [rest for rest in map(without_subject, relation.asks) if rest]
    if not rests:
        return None
    while True:
        rest, start, (form, tail) = scene.pick(rests), scene.pick(_STARTS), scene.pick(_ENDINGS)
        if scene.allows("follow up", relation.name, rest, start, form, tail):
            break
    pronoun = scene.pick(_DEIXIS.get(relation.kind, ("", "", "그건 ")))
    text = with_asked(rest, fact.ask or scene.pick(relation.asked))
    return start + pronoun + clause(scene, text, form, slots(fact)) + tail


def _of_another(scene: Scene, fact: Fact) -> tuple[str, Fact] | None:
    """The same question about another subject: 그럼 사자는요?"""
    others = [other for other in lore.BY_RELATION[fact.relation] if other.ask == fact.ask]
    if len(others) < 2 or fact.relation in ("definition", "count"):
        return None
    for _ in range(_TRIES):
        other, row = scene.pick(others), scene.integer(0, len(_SAME_RELATION) - 1)
        if other is not fact and scene.allows("other subject", fact.relation, other.subject, row):
            break
    else:
        return None
    frame = _SAME_RELATION[row]
    if frame == "{s:은} 뭐예요?" and "뭐" not in RELATIONS[fact.relation].asked:
        frame = "{s:은}요?"
    return scene.say(frame, s=cited(other, other.subject)), other


def _next(scene: Scene, fact: Fact) -> tuple[str, Fact]:
    """A question that follows one about the fact, and the fact that answers it."""
    related = [other for other in lore.BY_SUBJECT[fact.subject] if other.relation != fact.relation]
    if related and scene.chance(0.6):
        other = scene.pick(related)
        asked = _elliptic(scene, other)
        if asked is not None:
            return asked, other
    found = _of_another(scene, fact)
    if found is not None:
        return found
    other = draw(scene)
    return asking(scene, other), other


def follow_up(scene: Scene) -> Exercise:
    """A question, and one to three that stand on it."""
    fact = draw(scene)
    messages: list[Message] = [user(asking(scene, fact)), assistant(answer(scene, fact))]
    for _ in range(scene.pick((1, 1, 1, 2, 2, 3))):
        asked, fact = _next(scene, fact)
        messages += [user(asked), assistant(answer(scene, fact))]
    return Exercise(tuple(messages), expected(fact))


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {"follow_up": follow_up}

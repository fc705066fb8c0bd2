"""All FACTS of the village and the world, and the ways to look them up and to say their subjects and values."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from nakochat.core.josa import Noun, josa
from nakochat.data.village import knowledge, world
from nakochat.data.village.conjugation import Verb
from nakochat.data.village.knowledge import Fact
from nakochat.data.village.phrasing import slots
from nakochat.data.village.question_parts import INVERSES, RELATIONS
from nakochat.data.village.scene import Scene

Key = TypeVar("Key")
FACTS: tuple[Fact, ...] = world.FACTS + knowledge.FACTS
VILLAGERS = frozenset(world.PEOPLE)
VILLAGE_SUBJECTS = frozenset(world.PEOPLE + world.PLACES + world.FEASTS)


def _grouped(keys: Callable[[Fact], Iterable[Key]]) -> dict[Key, list[Fact]]:
    """Facts by each of their keys."""
    groups: dict[Key, list[Fact]] = defaultdict(list)
    for fact in FACTS:
        for key in keys(fact):
            groups[key].append(fact)
    return groups


BY_SUBJECT = _grouped(lambda fact: [str(fact.subject)])
BY_RELATION = _grouped(lambda fact: [fact.relation])
_BY_VALUE = _grouped(
    lambda fact: [(fact.relation, str(value), fact.act) for value in (fact.value, *fact.also)]
)
INVERTIBLE = tuple(fact for fact in FACTS if fact.relation in INVERSES and fact.relation != "month_season")
SHARED_SUBJECTS = tuple(facts for facts in BY_SUBJECT.values() if len(facts) > 1)

_ACT_FORMS = (
    "을",
    "는",
    "은",
    "어요",
    "어",
    "고",
    "기",
    "습니다",
    "으려고",
    "으려면",
    "거나",
    "으면서",
    "지요",
    "죠",
    "거든요",
    "나요",
)
_VILLAGER_NAMES = (
    "솔바람마을 {s}",
    "솔바람마을에 사는 {s}",
    "우리 마을 {s}",
    "마을의 {s}",
    "{bare}",
    "{bare}",
)
_SPOT_NAMES = ("솔바람마을 {s}", "솔바람마을의 {s}", "우리 마을 {s}")
_REWORDED = (
    ("가장", "제일"), ("우리나라", "한국"), ("대한민국", "한국"), ("의 ", " "), ("우리나라의 ", "우리 "), (" 하늘에서 ", " "), ("음식", "것"),
)  # fmt: skip


def accepted(fact: Fact) -> tuple[str, ...]:
    """What an answer to the fact's question may hold."""
    if fact.act is None:
        return tuple(dict.fromkeys((str(fact.value), *fact.also)))
    act = Verb(fact.act)
    forms = [format(act, "읍니다" if form == "습니다" and _bare(act) else form) for form in _ACT_FORMS]
    if str(fact.value) == str(fact.act):
        return tuple(dict.fromkeys(forms))
    things = (josa(fact.value, "을"), str(fact.value))
    return tuple(dict.fromkeys(f"{thing} {form}" for thing in things for form in forms))


def _bare(act: str) -> bool:
    return (ord(act.removesuffix("다")[-1]) - 0xAC00) % 28 in (0, 8)


def same_value(fact: Fact) -> list[Fact]:
    """Facts of other subjects that have this value, and the fact itself."""
    return _BY_VALUE[fact.relation, fact.value, fact.act]


def subject_names(fact: Fact) -> tuple[str, ...]:
    """The subjects that answer the inverse question."""
    names = [str(other.subject) for other in same_value(fact)]
    return tuple(dict.fromkeys(names + [world.bare_name(name) for name in names if name in VILLAGERS]))


def name_subject(scene: Scene, fact: Fact) -> Noun | str:
    """The subject as a person may call it."""
    subject = fact.subject
    if scene.chance(0.6):
        return subject
    if subject in VILLAGERS:
        return scene.say(_VILLAGER_NAMES, s=subject, bare=Noun(world.bare_name(subject)))
    if subject in VILLAGE_SUBJECTS:
        return scene.say(_SPOT_NAMES, s=subject)
    if fact.relation in ("definition", "count"):
        old, new = scene.pick(_REWORDED)
        return Noun(subject.replace(old, new)) if not subject.startswith("한 ") else subject
    described = scene.pick(BY_SUBJECT[subject])
    modifiers = RELATIONS[described.relation].modifiers
    if described is fact or not modifiers or scene.chance(0.5):
        return subject
    return scene.say(scene.pick(modifiers) + " {s}", **slots(described))


def contrast(scene: Scene, fact: Fact) -> Noun | None:
    """A value that is wrong for the fact, or None where no value is plainly wrong."""
    right = {str(value) for other in BY_SUBJECT[fact.subject] if other.relation == fact.relation
             for value in (other.value, *other.also)}  # fmt: skip
    wrong = [value for value in RELATIONS[fact.relation].contrast if value not in right]
    return Noun(scene.pick(wrong)) if wrong else None

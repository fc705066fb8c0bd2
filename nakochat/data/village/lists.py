"""A scene -> what belongs together and what follows what: months, days, numbers and their readings, groups of words.

A list is learned by hearing it: one that is only asked about, two members at a time, takes a small model far longer.
"""

from collections.abc import Callable, Sequence

from nakochat.core.josa import Noun
from nakochat.data.village import words
from nakochat.data.village.choice_parts import CATEGORIES, PROPERTIES
from nakochat.data.village.knowledge import DAYS, MONTHS
from nakochat.data.village.scene import Exercise, Expected, Scene
from nakochat.data.village.situations import MOST_NATIVE, native, sino
from nakochat.data.village.telling import Teller
from nakochat.data.village.wording import Words, tell
from nakochat.text.conversation import assistant, user

_CYCLES = (MONTHS, MONTHS, DAYS)  # what comes round again

_NEXT = (
    "{a} 다음은 {b:이에요}.",
    "{a} 다음에 {b:이} 와요.",
    "{b:은} {a} 다음에 와요.",
    "{b} 바로 앞은 {a:이에요}.",
    "{a:이} 지나면 {b:이} 와요.",
    "{b} 전에는 {a:이} 있어요.",
)
_ROUND = (
    "{list:이} 차례로 와요.",
    "{who:은} {list:이라고} 소리 내어 말했어요.",
    "“{list:이에요}” 하고 {who:이} 차례를 말했어요.",
    "달력을 넘기면 {list:이} 이어져요.",
)
_GROUP: tuple[str, ...] = (
    "{some:은} 모두 {g:이에요}.",
    "{g:에는} {some:이} 있어요.",
    "{one:은} {g:이에요}.",
    "{one:도} {g:이에요}.",
    "{one:은} {g}, {other:은} {h:이에요}.",
    "{other:은} {g:이} 아니에요. {other:은} {h:이에요}.",
    "{some} 가운데 {g:이} 아닌 것은 없어요.",
    "{one:과} {two:은} {g:이지만} {other:은} {g:이} 아니에요.",
    "{who:은} {g:을} 말해 보라는 말에 {some:이라고} 했어요.",
)
_HAVING: tuple[str, ...] = (
    "{some:이} {g:이에요}.",
    "{one:이} 바로 {g:이에요}.",
    "{one:과} {two:은} {g:이지만} {other:은} 아니에요.",
    "{who:은} {g:으로} {some:을} 골랐어요.",
    "{other:은} {g:이} 아니에요.",
)
_READ = (
    "{n:은} {s:이라고} 읽어요.",
    "{s:을} 숫자로 쓰면 {n:이에요}.",
    "{who:은} {n:을} 보고 “{s}” 하고 읽었어요.",
    "{s:이라는} 말을 듣고 {who:은} {n:이라고} 적었어요.",
    "{n}, {s}. {m}, {t}.",
)
_COUNTED = (
    "{n}개는 {c} 개예요.",
    "{c} 개를 숫자로 쓰면 {n}개예요.",
    "{who:은} {n}개를 {c} 개라고 읽었어요.",
)


def _joined(items: Sequence[Noun]) -> Noun:
    return Noun(", ".join(items))


def order(scene: Scene) -> str:
    """Neighbours in a cycle, and a stretch of it."""
    cycle = scene.pick(_CYCLES)
    teller, told = Teller(scene, {"who": scene.pick(words.FIRST_NAMES)}), []
    start = scene.integer(0, len(cycle) - 1)
    for step in range(scene.integer(3, 6)):
        a, b = cycle[(start + step) % len(cycle)], cycle[(start + step + 1) % len(cycle)]
        told.append(teller.tell(_NEXT, a=a, b=b))
    stretch = [cycle[(start + step) % len(cycle)] for step in range(scene.integer(3, len(cycle)))]
    told.append(teller.tell(_ROUND, list=_joined(stretch)))
    return " ".join(told)


def group(scene: Scene) -> str:
    """Who belongs to a group, and who does not."""
    teller = Teller(scene, {"who": scene.pick(words.FIRST_NAMES)})
    if scene.chance(0.5):
        (names, members), (other_names, others) = scene.some(CATEGORIES, 2)
        g, h, frames = Noun(names[0]), Noun(other_names[0]), _GROUP
        members = tuple(word for word in members if word != g)
    else:
        names, members, others = scene.pick(PROPERTIES)
        g, h, frames = Noun(names[0]), Noun(""), _HAVING
    told: list[str] = []
    for _ in range(scene.integer(3, 6)):
        some = scene.some(members, min(len(members), scene.integer(2, 5)))
        one, two = some[:2]
        told.append(
            teller.tell(frames, g=g, h=h, one=one, two=two, some=_joined(some), other=scene.pick(others))
        )
    return " ".join(told)


def reading(scene: Scene) -> str:
    """Numbers as digits and in words."""
    teller, told = Teller(scene, {"who": scene.pick(words.FIRST_NAMES)}), []
    for _ in range(scene.integer(4, 8)):
        if scene.chance(0.3):
            n = scene.integer(1, MOST_NATIVE)
            told.append(teller.tell(_COUNTED, n=Noun(n), c=Noun(native(n))))
        else:
            n, m = scene.integer(1, 99), scene.integer(1, 99)
            told.append(teller.tell(_READ, n=Noun(n), m=Noun(m), s=Noun(sino(n)), t=Noun(sino(m))))
    return " ".join(told)


_ASKED = (
    "{a}부터 {n:을} 차례로 말해 주세요.",
    "{a:으로} 시작해서 {n:을} 이어서 말해 줘",
    "{a}부터 차례대로 {n}만 대 볼래?",
    "{a}부터 이어서 {n:을} 말해 보세요.",
    "{a}부터 {n:은} {무엇:Q}",
)
_ANSWERED = ("차례는 {list:이에요}.", "차례로 {list:이에요}.", "{list}, 이 차례예요.", "네, {list:이에요}.")


def sequence(scene: Scene) -> Exercise:
    """Months or days in their order, from one of them on."""
    while True:
        cycle = scene.pick(_CYCLES)
        start, count = scene.integer(0, len(cycle) - 1), scene.integer(2, 5)
        if scene.allows("sequence", cycle[start], count):
            break
    stretch = _joined([cycle[(start + step) % len(cycle)] for step in range(count)])
    asked = Words(a=cycle[start], n=Noun(f"{native(count)} {'달' if cycle is MONTHS else '요일'}"))
    question = tell(scene, _ASKED, asked, solving=False)
    answer = tell(scene, _ANSWERED, Words(list=stretch))
    return Exercise((user(question), assistant(answer)), Expected(accept=(str(stretch),)))


TEXTS: dict[str, Callable[[Scene], str]] = {"order": order, "group": group, "reading": reading}
EXERCISES: dict[str, Callable[[Scene], Exercise]] = {"sequence": sequence}

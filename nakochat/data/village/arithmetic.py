"""A scene -> a sum or a word problem, solved by calling the calculator.

The assistant writes the expression between the calculator's tokens, reads the result there and says it with
its unit.  Numbers stand in the expression in the order of the text where the operation does not mind (+ and *):
a rule that a small model can learn.  Held out: pairs of operands, whichever way round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nakochat.core.josa import Noun
from nakochat.data.village.additions import ADDITIONS
from nakochat.data.village.divisions import DIVISIONS
from nakochat.data.village.multiplications import MULTIPLICATIONS
from nakochat.data.village.scene import Exercise, Expected, Scene, fill
from nakochat.data.village.situations import (
    MOST_NATIVE,
    NATIVE_UNITS,
    PLACES,
    RELATIVES,
    THINGS,
    Situation,
    native,
    sino,
)
from nakochat.data.village.subtractions import SUBTRACTIONS
from nakochat.data.village.sum_parts import NEXT, SIGNS, SUMS, WRITTEN
from nakochat.data.village.two_steps import TWO_STEPS
from nakochat.data.village.wording import Words, level, settle, tell
from nakochat.data.village.words import FIRST_NAMES
from nakochat.text.conversation import Message, Part, assistant, user

SITUATIONS: dict[str, tuple[Situation, ...]] = {
    "a+b": ADDITIONS,
    "a-b": SUBTRACTIONS,
    "a*b": MULTIPLICATIONS,
    "a/b": DIVISIONS,
}
_PATTERNS = ("a+b", "a+b", "a+b", "a-b", "a-b", "a-b", "a*b", "a*b", "a*b", "a/b", "a/b", "a/b", "two")
_MOST_RESULT = 9999

_PREFIXES = (
    "문제예요. ", "수학 숙제인데요, ", "이것 좀 풀어 주세요. ", "도와주세요. ", "계산 좀 해 줘. ",
    "질문이요. ", "저기요, ", "이거 어떻게 풀어요? ", "같이 풀어 봐요. ", "하나만 물어볼게요. ",
    "잘 모르겠어요. ", "퀴즈! ", "궁금한 게 있어요. ", "암산이 안 되네요. ", "문제 하나 낼게. ",
    "헷갈려서 그러는데, ", "빨리 알려 줘. ", "다음 문제를 풀어 보세요. ",
)  # fmt: skip
_DETAILS = (
    "{날씨:이} 맑은 날이었어요.", "{who:은} {노래:을} 흥얼거렸어요.", "{오늘:은} {who:의} 생일이에요.",
    "{비:이} 오는 오후였어요.", "{who:은} {place:에} 가는 길이었어요.",
    "{other:은} 옆에서 {구경하다:었어요}.", "{place:은} 사람들로 붐볐어요.",
    "{who:은} {산책:을} 아주 좋아해요.", "{who:과} {other:은} 친한 사이예요.", "{바람:이} 시원하게 불었어요.",
    "{other:은} 올해 {age}살이에요.", "지금은 오후 {hour}시예요.",
)  # fmt: skip
_LEADS = {
    "+": ("더해 볼게요. ", "더하면 돼요. ", "합하면 되겠네요. ", "두 수를 더할게요. "),
    "-": ("빼 볼게요. ", "빼면 돼요. ", "빼기를 하면 되겠네요. ", "큰 수에서 작은 수를 뺄게요. "),
    "*": ("곱해 볼게요. ", "곱하면 돼요. ", "곱하기로 풀 수 있어요. ", "두 수를 곱할게요. "),
    "/": ("나눠 볼게요. ", "나누면 돼요. ", "나눗셈으로 풀 수 있어요. ", "똑같이 나눌게요. "),
}
_OPENINGS = (
    "계산해 볼게요. ",
    "네, ",
    "음, ",
    "잠깐만요. ",
    "식을 세워 볼게요. ",
    "같이 풀어 봐요. ",
    "좋아요, ",
    "계산기로 볼게요. ",
)
# the number comes first, right behind the calculator's: a small model copies what stands next to it
_ANSWERS = (
    "{r:이에요}.", "{r:이네요}.", "{r:이} 돼요.", "{r:이} 나와요.", "{r:이} 답이에요.", "{r:이} 정답이에요.",
    "{r:이지요}.", "{r:이} 맞아요.", "{r:이} 되네요.", "{r:이} 나오네요.", "{r:이} 되지요.", "{r:이라는} 답이 나와요.",
    "{r:이} 바로 답이에요.", "{r:이} 되었어요.", "{r:이} 나오지요.", "{r:이} 답으로 나와요.",
    "{r:이} 되겠네요.", "{r:이} 제 답이에요.", "{r:이라고} 계산했어요.", "{r:이} 나왔어요.",
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """An expression as a pattern over a, b, c, with its numbers."""

    pattern: str
    numbers: dict[str, int]
    result: int


# --- drawing numbers ------------------------------------------------------------------------------
def _number(scene: Scene, most: int, least: int = 2) -> int:
    """One to three digits, the shorter ones more often."""
    draw = scene.rng.random()
    top = 9 if draw < 0.3 else 99 if draw < 0.9 else 999
    return scene.integer(least, max(least, min(most, top)))


def _money(scene: Scene, most: int) -> int:
    step = scene.pick((10, 10, 50, 100))
    return step * scene.integer(1, max(1, most // step))


def _pair(scene: Scene, operation: str, situation: Situation | None) -> tuple[int, int]:
    """Operands that the operation and the situation allow: b <= a for -, exact for /."""
    most_a, most_b = situation.most if situation else (999, 999)
    units = situation.units if situation else ("", "", "")
    if operation == "/":
        if units[1] == "원":
            b = _money(scene, most_b)
        else:
            drawn = scene.integer(2, min(most_b, scene.pick((9, 9, 12, 30))))
            b = situation.second if situation and situation.second else drawn
        quotient = _money(scene, most_a // b) if units[2] == "원" else _number(scene, max(2, most_a // b))
        return b * quotient, b
    a = _money(scene, most_a) if units[0] == "원" else _number(scene, most_a)
    if operation == "*" and not situation:
        most_b = scene.pick((9, 9, 99)) if a < 100 else 9
    b = _money(scene, most_b) if units[1] == "원" else _number(scene, most_b)
    return (max(a, b), min(a, b)) if operation == "-" else (a, b)


_VALUES: dict[str, Callable[[int, int, int], float]] = {
    "a+b": lambda a, b, c: a + b,
    "a-b": lambda a, b, c: a - b,
    "a*b": lambda a, b, c: a * b,
    "a/b": lambda a, b, c: a / b,
    "a*b+c": lambda a, b, c: a * b + c,
    "a*b-c": lambda a, b, c: a * b - c,
    "a-b*c": lambda a, b, c: a - b * c,
    "a+b*c": lambda a, b, c: a + b * c,
    "a+b-c": lambda a, b, c: a + b - c,
    "a-b-c": lambda a, b, c: a - b - c,
    "a-b+c": lambda a, b, c: a - b + c,
    "a+b+c": lambda a, b, c: a + b + c,
    "(a+b)*c": lambda a, b, c: (a + b) * c,
    "(a+b)/c": lambda a, b, c: (a + b) / c,
}


def _problem(scene: Scene, pattern: str, situation: Situation | None = None) -> Problem:
    """Numbers for a pattern, from this side of the split."""
    while True:
        if len(pattern) == 3:
            (a, b), c = _pair(scene, pattern[1], situation), 0
            key = sorted((a, b)) if pattern[1] in "+*" else [a, b]
            allowed = scene.allows("operands", key[0], pattern[1], key[1])
        else:
            most_a, most_b = situation.most if situation else (99, 20)
            money = situation is not None and situation.units[0] == "원"
            a, b = (
                (_money(scene, most_a), _number(scene, most_b))
                if money
                else (_number(scene, most_a), _number(scene, most_b))
            )
            c = scene.integer(2, 9) if "*c" in pattern or "/c" in pattern else _number(scene, 60)
            allowed = scene.allows("operands", pattern, a, b, c) and not (
                pattern.startswith("a-b") and a <= b
            )
        value = _VALUES[pattern](a, b, c)
        if allowed and 0 < value <= _MOST_RESULT and value == int(value) and a != b:
            return Problem(pattern, {"a": a, "b": b, "c": c}, int(value))


def _expression(problem: Problem, template: str) -> str:
    """The pattern with a and b in the order of the text where that does not matter."""
    pattern, first, second = problem.pattern, template.find("{a"), template.find("{b")
    if 0 <= second < first:
        pattern = pattern.replace("a+b", "b+a").replace("a*b", "b*a")
    return pattern


# --- word problems --------------------------------------------------------------------------------
def _with_unit(scene: Scene, number: int, unit: str) -> Noun:
    """12개, sometimes 열두 개 or 12 개."""
    style = scene.rng.random()
    if unit in NATIVE_UNITS and number <= MOST_NATIVE and style < 0.12:
        return Noun(f"{native(number)} {unit}")
    return Noun(f"{number} {unit}" if unit and style > 0.97 else f"{number}{unit}")


def _person(scene: Scene, name: Noun) -> Noun:
    """A name as it is said before a particle: 민준이, or 민준."""
    closed = (ord(name[-1]) - 0xAC00) % 28 > 0
    return Noun(name + "이") if scene.chance(0.6) and closed else name


def _people(scene: Scene, situation: Situation) -> tuple[Noun, Noun]:
    who, other = (_person(scene, name) for name in scene.some(FIRST_NAMES, 2))
    relative = scene.pick(RELATIVES)
    return (relative if scene.chance(0.2) and situation.units[0] != "살" else who), other


def _words(scene: Scene, situation: Situation, problem: Problem) -> Words:
    kind, second = scene.some(THINGS[situation.things], 2)
    units = [kind[1] if unit == "*" else unit for unit in situation.units]
    who, other = _people(scene, situation)
    numbers = problem.numbers
    third = units[0] if problem.pattern[-2:] in ("+c", "-c") else units[2]
    a, b, c = (
        _with_unit(scene, numbers[key], unit) for key, unit in zip("abc", (*units[:2], third), strict=True)
    )
    return Words(
        who=who, other=other, thing=kind[0], thing2=second[0], place=scene.pick(PLACES), a=a, b=b, c=c,
        ua=Noun(units[0]), ub=Noun(units[1]), ur=Noun(_result_unit(problem, units)),
        age=scene.integer(6, 14), hour=scene.integer(1, 11),
    )  # fmt: skip


def _result_unit(problem: Problem, units: Sequence[str]) -> str:
    return units[2] if len(problem.pattern) == 3 else units[0]


def _text(scene: Scene, situation: Situation) -> str:
    """The problem's template: facts and question, the other way round, or a whole sentence."""
    draw, speech = scene.rng.random(), level(scene)
    if situation.whole and draw < 0.25:
        return settle(scene, scene.pick(situation.whole), speech)
    facts = settle(scene, scene.pick(situation.facts), speech)
    ask = settle(scene, scene.pick(situation.asks), speech)
    detail = scene.pick(_DETAILS) + " " if scene.chance(0.1) and situation.units[0] != "살" else ""
    going_on = ask.startswith(("그럼", "그러면", "이제", "지금"))  # these words stand on facts told before
    asked_first = draw > 0.92 and ask.endswith(("?", ".", "줘")) and not going_on
    return f"{ask} {detail}{facts}" if asked_first else f"{detail}{facts} {ask}"


def story_problem(scene: Scene) -> Exercise:
    """A word problem of one step, seldom of two."""
    pattern = scene.pick(_PATTERNS)
    if pattern == "two":
        pattern = scene.pick(tuple(TWO_STEPS))
    situation = scene.pick(SITUATIONS.get(pattern) or TWO_STEPS[pattern])
    problem = _problem(scene, pattern, situation)
    words = _words(scene, situation, problem)
    template = _text(scene, situation)
    words["r"] = Noun(f"{problem.result}{words['ur']}")
    prefix = scene.pick(_PREFIXES) if scene.chance(0.15) else ""
    question = prefix + fill(template, words, scene.masked)
    answer = _solved(scene, problem, template, tell(scene, _ANSWERS, words))
    return Exercise((user(question), answer), Expected(number=str(problem.result)))


def _solved(scene: Scene, problem: Problem, template: str, ending: str) -> Message:
    """The assistant's message: sometimes a lead, the call, what came back, the answer."""
    draw = scene.rng.random()
    operation = problem.pattern[1]
    lead = ""
    if len(problem.pattern) == 3 and draw < 0.25:
        lead = scene.pick(_LEADS[operation])
    elif draw < 0.32:
        lead = scene.pick(_OPENINGS)
    call = fill(_braced(_expression(problem, template)), problem.numbers, scene.masked)
    output = fill("{r}", {"r": problem.result}, scene.masked)
    parts: list[str | Part] = [Part("python", call), Part("output", output), ending]
    return assistant(*([lead, *parts] if lead else parts))


def _braced(pattern: str) -> str:
    """a*b -> {a}*{b}"""
    return "".join("{" + sign + "}" if sign in "abc" else sign for sign in pattern)


# --- bare sums ------------------------------------------------------------------------------------
def _said(scene: Scene, problem: Problem) -> tuple[str, str]:
    """What the user asks and the template it came from."""
    pattern, numbers = problem.pattern, problem.numbers
    if len(pattern) == 3 and scene.chance(0.65):
        spelled = scene.chance(0.06) and max(numbers.values()) < 100
        words = Words({key: Noun(sino(value)) for key, value in numbers.items()} if spelled else numbers)
        template = settle(scene, scene.pick(SUMS[pattern[1]]))
        return fill(template, words, scene.masked), template
    template = _braced(pattern)
    spaced = scene.chance(0.4)
    for sign, written in SIGNS.items():
        shown = scene.pick(written)
        template = template.replace(sign, f" {shown} " if spaced else shown)
    formula = fill(template, numbers)
    return tell(scene, WRITTEN, Words(f=Noun(formula))), template


def sum_(scene: Scene) -> Exercise:
    """Numbers and an operation, said or written; sometimes one more step with the result, or another sum."""
    problem = _problem(scene, _sum_pattern(scene))
    question, template = _said(scene, problem)
    prefix = scene.pick(_PREFIXES) if scene.chance(0.08) else ""
    messages = [user(prefix + question), _sum_answer(scene, problem, template)]
    draw = scene.rng.random()
    if draw < 0.15:
        following = _following(scene, problem)
        if following:
            problem, template = following
            words = Words(b=problem.numbers["b"])
            messages += [user(fill(template, words, scene.masked)), _sum_answer(scene, problem, template)]
    elif draw < 0.27:
        problem = _problem(scene, _sum_pattern(scene))
        question, template = _said(scene, problem)
        messages += [
            user(scene.pick(("그럼 ", "", "이번에는 ", "또 ")) + question),
            _sum_answer(scene, problem, template),
        ]
    return Exercise(tuple(messages), Expected(number=str(problem.result)))


def _sum_pattern(scene: Scene) -> str:
    if scene.chance(0.12):
        return scene.pick(("a*b+c", "a*b-c", "a+b*c", "a+b-c", "a-b+c", "a+b+c", "(a+b)*c"))
    return scene.pick(("a+b", "a-b", "a*b", "a/b"))


def _sum_answer(scene: Scene, problem: Problem, template: str) -> Message:
    return _solved(scene, problem, template, tell(scene, _ANSWERS, Words(r=problem.result)))


def _following(scene: Scene, problem: Problem) -> tuple[Problem, str] | None:
    """One more step with the result, where the split allows it: the expression begins with the result."""
    pattern = scene.pick(tuple(NEXT))
    a, b = problem.result, scene.integer(2, 30 if pattern != "a*b" else 9)
    value = int(_VALUES[pattern](a, b, 0))
    key = sorted((a, b)) if pattern[1] in "+*" else [a, b]
    if not 0 < value <= _MOST_RESULT or not scene.allows("operands", key[0], pattern[1], key[1]):
        return None
    return Problem(pattern, {"a": a, "b": b, "c": 0}, value), settle(scene, scene.pick(NEXT[pattern]))


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {"sum": sum_, "story_problem": story_problem}

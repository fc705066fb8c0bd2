"""A scene -> sentences woven from clauses: who does what to what, joined to a second clause, in many endings.

The clauses are built from the lexicon's verbs and the objects that fit them, so each sentence makes sense on its own;
the form (subject, time, place, connective, ending) is drawn piece by piece and hardly ever comes twice.
"""

from typing import Any

from nakochat.data.village import words
from nakochat.data.village.scene import Scene
from nakochat.data.village.telling import Teller

_OPENINGS = (
    "", "", "", "", "{time} ", "{time} ", "그때 ", "그날 ", "어느 {season}날 ",
    "날씨가 {w:어서} ", "날씨가 {w:었지만} ", "비가 와서 ", "시간이 남아서 ", "{feel:어서} ", "{degree} {feel:었지만} ",
    "해가 지자 ", "아침을 먹고 ", "학교에서 돌아와서 ", "{weekday:에} ", "{season:이} 오자 ", "{n}시쯤 ",
    "잠이 안 와서 ", "배가 고파서 ", "오랜만에 ", "어느 날 ", "{holiday:을} 맞아 ",
)  # fmt: skip
_PLACES = ("{place:에서} ", "{place:에서} ", "{time} {place:에서} ", "{place} 앞에서 ", "{place} 옆에서 ")
_SUBJECTS = (
    "{who:은}", "{who:이}", "{who:도}", "{name:은}", "{name:이}", "{name:과} {friend:은}", "{who:만}", "우리는", "나는",
    "{trait:은} {who:은}", "{place2:에} 사는 {who:은}", "{name:의} {kin:은}", "{n}명의 아이들은", "옆집 {who:은}",
    "{who:과} {name:이}", "마을 사람들은", "{thing:을} 든 {who:은}", "{wear:을} 입은 {name:은}", "모두", "",
)  # fmt: skip
_JOINS = (
    "고", "고 나서", "은 뒤에", "은 다음", "기 전에", "다가", "으면서", "자마자", "으려고 하다가", "었고", "었지만",
    "고 있을 때", "은 김에", "는 대신", "느라고 늦어서", "을 때마다", "으려다가", "었는데",
)  # fmt: skip
_ENDS = (
    "{%:었@}.", "{%:었@}.", "{%:었@}.", "{%:고 싶었@}.", "{%:고 싶어 했@}.", "{%:지 않았@}.", "{%:지 못했@}.",
    "{%:기로 했@}.", "{%:으려고 했@}.", "{%:기 시작했@}.", "{%:어야 했@}.", "{%:을 수 있었@}.", "{%:을 수 없었@}.",
    "{%:은 적이 있[어요|다]}.", "{%:는 것을 좋아했@}.", "{%:느라 바빴@}.", "{%:게 되었@}.", "{%:곤 했@}.",
    "{%:었[지요|다]}.", "{%:고 있었@}.", "{%:는 중이었@}.", "{%:을 [거예요|것이다]}.",
    "{%:을 줄 알았@}.", "{%:기만 했@}.", "{%:는 데 오래 걸렸@}.", "{%:었[답니다|다고 한다]}.", "{%:는 꿈을 꾸었@}.",
)  # fmt: skip
_ASKS = (
    "{%:을까요?}", "{%:을래요?}", "{%:고 싶어요?}", "{%:을 수 있어요?}", "{%:어도 돼요?}", "{%:어 주세요.}",
    "{%:지 마세요.}", "{%:으면 좋겠어요.}", "{%:어야 해요.}", "{%:는 게 좋아요.}", "{%:어 볼까요?}", "{%:을게요.}",
    "{%:으면 안 돼요.}", "{%:을 생각이에요.}", "{%:으려고 해요.}", "{%:고 싶어요.}",
)  # fmt: skip
_ASK_OPENINGS = (
    "", "", "저기, ", "혹시 ", "내일 ", "우리 같이 ", "{time2} ", "이따가 {friend:과} ", "{name} 씨, ", "심심한데 ",
    "{w:으니까} ", "괜찮다면 ", "시간이 되면 ", "{elder:께서} 오시기 전에 ", "{holiday:에는} ", "비가 그치면 ",
)  # fmt: skip
_PAST_ASKS = (
    "{%:었어요?}", "{%:었나요?}", "{%:은 적이 있어요?}", "{%:었는지 알아요?}", "{%:은 게 맞아요?}", "{%:었다면서요?}",
    "{%:는 방법을 배웠어요?}", "{%:어 보았어요?}", "{%:었는지 궁금해요.}", "{%:은 사람이 누구예요?}",
)  # fmt: skip
_PAST_OPENINGS = (
    "", "저기, ", "혹시 ", "{time} ", "{name} 씨, ", "{degree} 궁금한데, ", "{name} 씨도 ", "정말로 ", "왜 ", "언제 ",
    "{who:이} 오기 전에 ", "{weekday:에} ", "누가 ", "그날도 ",
)  # fmt: skip
_FEELS = tuple(verb for verb in words.FEELINGS if verb not in ("고맙다", "미안하다"))
_HOLIDAYS = words.noun_list("설날 추석 명절 방학 생일 단오 대보름 주말 휴일 어린이날")
_WHO = words.KIN + words.JOBS + words.PEOPLE
_ELDERS = words.noun_list("할머니 할아버지 어머니 아버지 외할머니 외할아버지 큰아버지 큰어머니 부모님")
_MODES = ("", "", "", "{how} ", "{how} ", "{mate:과} ", "{mate:과} 함께 ", "{kin:이랑} ", "다시 ")
_GOING = words.verb_list("가다 다녀오다 달려가다 걸어가다 나가다 뛰어가다 놀러_가다 올라가다 내려가다")
_TOWARDS = tuple(verb for verb in _GOING if verb != "다녀오다")  # nobody 다녀와요 towards a place
_DOING = words.verb_list("쉬다 웃다 놀다 일하다 노래하다 춤추다 뛰어놀다 산책하다 공부하다 이야기하다 졸다")
_HOW = words.noun_list("""
    천천히 열심히 조용히 즐겁게 부지런히 얼른 정성껏 꼼꼼히 신나게 서둘러 몰래 차근차근 한참 잠깐 기쁘게 사이좋게 실컷
    틈틈이 차분히 말없이
""")


def _clause(scene: Scene, number: int) -> tuple[str, str, dict[str, Any]]:
    """(what comes before the verb, the verb's slot, slots): an object that the verb takes, or a place."""
    verb, noun = f"v{number}", f"o{number}"
    chance = scene.rng.random()
    if chance < 0.72:
        verbs, nouns = scene.pick(words.DOABLE)
        return f"{{{noun}:을}} ", verb, {verb: scene.pick(verbs), noun: scene.pick(nouns)}
    place = scene.pick(words.PLACES)
    if chance < 0.88:
        goal = scene.pick(("에", "에", "으로", "까지"))
        going = _GOING if goal == "에" else _TOWARDS
        return f"{{{noun}:{goal}}} ", verb, {verb: scene.pick(going), noun: place}
    return scene.pick(("", f"{{{noun}:에서}} ")), verb, {verb: scene.pick(_DOING), noun: place}


def _cast(scene: Scene) -> dict[str, Any]:
    pick = scene.pick
    name, friend, mate = scene.some(words.FIRST_NAMES, 3)
    place, place2 = scene.some(words.PLACES, 2)
    return {
        "who": pick(_WHO), "kin": pick(words.KIN), "name": name, "friend": friend, "mate": mate,
        "place": place, "place2": place2,
        "time": pick(words.PAST_TIMES), "time2": pick(words.FUTURE_TIMES), "season": pick(words.SEASONS),
        "weekday": pick(words.WEEKDAYS), "holiday": pick(_HOLIDAYS), "w": pick(words.ADJECTIVES["weather"][0]),
        "elder": pick(_ELDERS), "feel": pick(_FEELS), "degree": pick(words.DEGREES), "how": pick(_HOW),
        "thing": pick(words.TOOLS), "wear": pick(words.GARMENTS), "trait": pick(words.ADJECTIVES["person"][0]), "n": scene.integer(2, 9),
    }  # fmt: skip


def woven(scene: Scene, plain: bool) -> str:
    """One sentence of one or two clauses."""
    before, verb, slots = _clause(scene, 1)
    placed = before.endswith(":을} ") and scene.chance(0.3)
    opening, subject = scene.pick(_PLACES if placed else _OPENINGS), scene.pick(_SUBJECTS)
    pattern = f"{opening}{subject} {scene.pick(_MODES)}{before}"
    if scene.chance(0.5):
        pattern += f"{{{verb}:{scene.pick(_JOINS)}}} "
        before, verb, more = _clause(scene, 2)
        slots |= more
        pattern += before
    pattern += scene.pick(_ENDS).replace("%", verb)
    return Teller(scene, _cast(scene), plain).tell(_tidy(pattern), **slots)


def asked(scene: Scene) -> str:
    """One question, request or wish, in the polite level."""
    before, verb, slots = _clause(scene, 1)
    openings, ends = scene.pick(((_ASK_OPENINGS, _ASKS), (_PAST_OPENINGS, _PAST_ASKS)))
    pattern = f"{scene.pick(openings)}{scene.pick(_MODES)}{before}{scene.pick(ends).replace('%', verb)}"
    return Teller(scene, _cast(scene)).tell(_tidy(pattern), **slots)


def _tidy(pattern: str) -> str:
    return pattern.replace("  ", " ").strip()


def everyday(scene: Scene) -> str:
    """A handful of sentences from everyday life, one level throughout."""
    plain = scene.chance(0.4)
    count = scene.integer(3, 7)
    if plain:
        return " ".join(woven(scene, plain) for _ in range(count))
    return " ".join(asked(scene) if scene.chance(0.2) else woven(scene, plain) for _ in range(count))


TEXTS = {"everyday": everyday}

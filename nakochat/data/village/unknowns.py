"""A scene -> questions that nothing in the conversation or the training can answer, and "모르겠어요".

The wordings are those of answerable questions, so that only the subject tells the difference: a word that nobody knows, a
stranger, a thing about a villager that nobody told, the user's private matters, the future, today.
"""

from collections.abc import Callable

from nakochat.core.josa import Noun
from nakochat.data.village import lore, words, world
from nakochat.data.village.memory import stranger
from nakochat.data.village.phrasing import ask
from nakochat.data.village.question_parts import RELATIONS
from nakochat.data.village.questions import answer, asking, draw
from nakochat.data.village.scene import Exercise, Expected, Scene
from nakochat.text.conversation import Message, assistant, user

_SORRY = (
    "", "", "음, ", "글쎄요, ", "죄송하지만 ", "미안해요, ", "아쉽지만 ", "아, ", "그건 ", "솔직히 ", "어쩌지요, ", "죄송해요, ", "생각해 봤지만 ", "안타깝지만 ", "그 이야기는 ", "물어봐 주셨는데 ", "저런, ",
)  # fmt: skip
_DONT_KNOW = (
    "모르겠어요.", "잘 모르겠어요.", "저도 모르겠어요.", "저도 잘 모르겠어요.", "제가 모르는 거예요.", "모르겠네요.", "잘 모르겠네요.", "정말 모르겠어요.", "저는 모르겠어요.", "제가 잘 모르는 거예요.",
    "저로서는 모르겠어요.", "아직 모르겠어요.", "제가 모르는 일이에요.",
)  # fmt: skip
_OF_A_WORD = (
    "{s:은} 모르는 말이에요. 잘 모르겠어요.", "{s:이라는} 말은 처음 들어서 모르겠어요.", "{s:이} 무엇인지 모르겠어요.", "{s:은} 배운 적이 없어서 모르겠어요.", "{s:에 대해서는} 모르겠어요.",
    "{s:은} 잘 모르겠어요.", "죄송해요, {s:은} 모르겠어요.",
)  # fmt: skip
_OF_A_PERSON = (
    "{s:이} 누구인지 모르겠어요.", "{s:은} 제가 모르는 사람이에요. 모르겠어요.", "{s:에 대해서는} 모르겠어요.", "{s:을} 만난 적이 없어서 모르겠어요.", "{s:에 대해} 들은 적이 없어서 잘 모르겠어요.",
    "{s:은} 잘 모르겠어요.",
)  # fmt: skip
_OF_A_DETAIL = (
    "{s}의 {x:은} 모르겠어요.",
    "{x}까지는 모르겠어요.",
    "{s}의 {x:은} 들은 적이 없어서 모르겠어요.",
    "{x:은} 저도 모르겠어요.",
)
_WORD_RELATIONS = (
    "eats", "habitat", "sound", "young", "legs", "colour", "taste", "season", "material", "located", "famous", "tool", "place", "profession",
    "opposite", "where", "holds", "keeper", "opens", "feast_month", "feast_act",
)  # fmt: skip
_PERSON_RELATIONS = ("job", "home", "likes", "pet", "hobby", "skill", "treasure")
_DETAILS = tuple(map(Noun, (
    "생일", "전화번호", "혈액형", "별명", "고향", "성", "꿈", "비밀", "어릴 적 별명", "띠", "비밀번호", "집 주소", "세례명", "좌우명",
)))  # fmt: skip
_DETAIL_ASKED = (
    "{s}의 {x:이} 뭐예요?", "{s:은} {x:이} 뭐예요?", "{s}의 {x:을} 알려 주세요.", "{s} {x} 알아?", "{s}의 {x:이} 뭔지 궁금해요.", "{s} {x:은}?", "{s}의 {x:을} 아세요?", "{s:은} {x:이} 어떻게 돼요?",
    "혹시 {s}의 {x:이} 뭔지 아세요?", "{s} {x} 좀 말해 줘.", "{s}의 {x:이} 무엇인가요?", "{s:은} {x:이} 뭐야?", "{s}의 {x:을} 맞혀 보세요.", "{s}의 {x:이} 생각이 안 나요.",
)  # fmt: skip
_MINE = (
    "제 {x:이} 뭐예요?", "내 {x:이} 뭐야?", "제 {x:을} 아세요?", "내 {x} 알아?", "제 {x:을} 맞혀 보세요.", "제 {x:이} 뭔지 말해 주세요.", "내 {x:이} 뭔지 맞혀 봐.", "제 {x} 기억해요?",
    "우리 {k}의 {x:이} 뭐예요?", "우리 {k} {x} 알아?", "제 {k}의 {x:을} 알려 주세요.", "우리 {k}의 {x:이} 궁금해요.", "우리 {k:은} 지금 어디 있어요?", "우리 {k:은} 뭘 좋아해요?", "우리 {k:이} 어제 뭘 먹었는지 알아요?",
    "제가 어제 {p:에서} 뭘 했게요?", "내 {t:이} 어디 있어?", "제 {t:을} 어디에 뒀는지 아세요?", "우리 집 {t:은} 무슨 색이에요?", "제가 지금 들고 있는 {t:은} 무슨 색일까요?", "내가 오늘 아침에 뭘 먹었게?",
    "제 가방에 {t:이} 몇 개 들어 있을까요?", "우리 {k:은} 몇 살이에요?", "제가 지금 무슨 생각을 하는지 맞혀 보세요.", "우리 집에 {t:이} 몇 개 있는지 알아?", "제 {t:은} 누가 가져갔을까요?",
)  # fmt: skip
_FUTURE = (
    "내일 {w:이} 올까요?", "내일 날씨가 어때요?", "오늘 날씨 어때?", "지금 밖에 {w:이} 와요?", "지금 몇 시예요?", "지금 몇 시야?", "오늘이 며칠이에요?", "오늘 무슨 요일이에요?", "오늘 뉴스 알려 주세요.",
    "내일 {k:이} 뭘 할까요?", "다음 주에 {p:에} 사람이 많을까요?", "내년에 저는 어떻게 될까요?", "복권 번호 좀 알려 줘.", "이번 {g} 경기는 누가 이길까요?", "어제 {g} 경기에서 누가 이겼어요?", "오늘 {t} 값이 얼마예요?",
    "지금 {f} 값이 얼마인지 알려 주세요.", "모레 {w:이} 내릴지 알려 줘.", "오늘 {p:은} 문을 열었어요?", "지금 {p:에} 사람이 몇 명 있어요?", "다음 시험에 무슨 문제가 나올까요?", "내일 {p:에서} 누구를 만날까요?",
    "오늘 기온이 몇 도예요?", "이번 주말에 {w:이} 온대요?", "십 년 뒤에 {f} 값은 얼마일까요?", "오늘 저녁 {p:에서} 무슨 일이 있을까요?", "요즘 제일 인기 있는 노래가 뭐예요?", "지금 {k:은} 어디에 있을까요?",
    "어젯밤에 {w:이} 왔는지 알아요?", "오늘 신문에 뭐가 나왔어요?", "내일 {g} 경기가 몇 시에 있어요?", "지금 버스가 어디쯤 왔어?", "오늘 환율이 얼마예요?", "제가 언제 결혼할까요?",
)  # fmt: skip
# these ask of what has not happened yet: the others of what has, somewhere out of sight
_LATER = ("내일", "모레", "다음", "내년", "이번", "십 년", "오늘 저녁", "결혼")
_NOT_YET = ("", "", "", " 아직 일어나지 않은 일이라서요.", " 앞일은 저도 알 수 없어요.")
_UNSEEN = ("", "", "", " 그건 제가 알 수 없는 일이에요.", " 직접 확인해 보세요.")
_PRIVATE = (
    "",
    "",
    "",
    " 말해 주신 적이 없어요.",
    " 알려 주시면 기억할게요.",
    " 저에게 알려 주세요.",
    " 아직 듣지 못했어요.",
)


def _shrug(scene: Scene) -> str:
    return scene.pick(_SORRY) + scene.pick(_DONT_KNOW)


def _word(scene: Scene) -> tuple[str, str]:
    """A word that means nothing, in the place of a subject."""
    relation = RELATIONS[scene.pick(_WORD_RELATIONS)]
    while True:
        subject: Noun = words.nonce(scene)
        if scene.allows("unknown", subject):
            break
    asked = ask(scene, relation, {"s": subject})
    return asked, _shrug(scene) if scene.chance(0.5) else scene.say(_OF_A_WORD, s=subject)


def _person(scene: Scene) -> tuple[str, str]:
    """A person of whom nothing was told, asked about as villagers are."""
    relation = RELATIONS[scene.pick(_PERSON_RELATIONS)]
    while True:
        subject = stranger(scene)
        if scene.allows("unknown", subject):
            break
    asked = ask(scene, relation, {"s": subject})
    return asked, _shrug(scene) if scene.chance(0.5) else scene.say(_OF_A_PERSON, s=subject)


def _detail(scene: Scene) -> tuple[str, str]:
    """Something of a villager or a stranger that nobody told."""
    while True:
        subject, detail = (
            scene.pick(world.PEOPLE) if scene.chance(0.7) else stranger(scene),
            scene.pick(_DETAILS),
        )
        row = scene.integer(0, len(_DETAIL_ASKED) - 1)
        if scene.allows("unknown", subject, detail, row):
            break
    asked = scene.say(_DETAIL_ASKED[row], s=subject, x=detail)
    return asked, _shrug(scene) if scene.chance(0.5) else scene.say(_OF_A_DETAIL, s=subject, x=detail)


def _matter(scene: Scene) -> tuple[str, str]:
    """The user's own matters, the future, today's news."""
    rows = _MINE if scene.chance(0.5) else _FUTURE
    while True:
        row = scene.integer(0, len(rows) - 1)
        drawn = {"x": scene.pick((*_DETAILS, Noun("이름"))), "k": scene.pick(words.KIN[:17]), "t": scene.pick(words.ACCESSORIES + words.STATIONERY),
                 "p": scene.pick(words.PLACES), "w": scene.pick((Noun("비"), Noun("눈"), Noun("소나기"))), "g": scene.pick(words.SPORTS),
                 "f": scene.pick(words.FRUITS)}  # fmt: skip
        if scene.allows("unknown", rows[row], *(drawn[slot] for slot in drawn if f"{{{slot}" in rows[row])):
            break
    reasons = (
        _PRIVATE if rows is _MINE else _NOT_YET if any(word in rows[row] for word in _LATER) else _UNSEEN
    )
    return scene.say(rows[row], **drawn), _shrug(scene) + scene.pick(reasons)


_WAYS: tuple[Callable[[Scene], tuple[str, str]], ...] = (
    _word,
    _word,
    _word,
    _person,
    _person,
    _detail,
    _matter,
    _matter,
)


def unknown(scene: Scene) -> Exercise:
    """Something that cannot be known; sometimes after something that can."""
    asked, reply = scene.pick(_WAYS)(scene)
    before: tuple[Message, ...] = ()
    if scene.chance(0.15):
        fact = draw(scene)
        before = (user(asking(scene, fact)), assistant(answer(scene, fact)))
    return Exercise((*before, user(asked), assistant(reply)), Expected(unknown=True))


def known_among_unknown(scene: Scene) -> Exercise:
    """The other side: first something that cannot be known, then a fact that can."""
    asked, reply = scene.pick(_WAYS)(scene)
    fact = draw(scene)
    messages = (user(asked), assistant(reply), user(asking(scene, fact)), assistant(answer(scene, fact)))
    return Exercise(messages, Expected(accept=lore.accepted(fact), unknown=False))


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {
    "unknown": unknown,
    "known_among_unknown": known_among_unknown,
}

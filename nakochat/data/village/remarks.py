"""A scene -> the user tells of something, anything at all, and nakochat listens.

Topics (topics.py) know what to say to what people often say; these remarks are made of the whole lexicon, so that what
no topic knows is heard too: taken up, or asked about, and never answered with something else.
"""

from collections.abc import Callable

from nakochat.core.josa import Noun
from nakochat.data.village import words
from nakochat.data.village.questions import question
from nakochat.data.village.scene import Exercise, Expected, Scene
from nakochat.data.village.talk import Topic, turn
from nakochat.data.village.wording import Words
from nakochat.text.conversation import Message

_BEFORE = ("", "", "", "", "", "", "있잖아, ", "근데 ", "참, ", "아, ", "나코야, ", "음, ")
_LOST = words.ACCESSORIES + words.STATIONERY + words.TOYS
_BROKEN = words.APPLIANCES + words.noun_list("자전거 자동차 오토바이")
_STATES = tuple(words.ADJECTIVES[kind] for kind in ("food", "fruit", "animal", "clothes", "place", "plant"))

_DID = Topic(
    asks=(
        "{past} {o:을} {do:었어요}.", "오늘 {o:을} {do:었어요}.", "{past} {who:이랑} {o:을} {do:었어요}.",
        "{o:을} {do:었어요}.", "{kin:과} {o:을} {do:었어요}.", "{past} {place:에서} {o:을} {do:었어요}.",
        "저는 {past} {o:을} {do:었어요}.", "{o:을} {do:고} 왔어요.", "방금 {o:을} {do:었거든요}.",
        "오늘은 {o:을} {do:느라} 바빴어요.",
    ),
    answers=(
        "{o:을} {do:었군요}. 어땠어요?", "그랬군요. 어땠어요?", "{o:을} {do:었군요}.",
        "오, {o:을} {do:었군요}. 더 들려주세요.", "그런 일이 있었군요.", "그러셨군요. 재미있었어요?",
        "이야기해 줘서 고마워요. 어땠어요?", "그랬군요. 더 이야기해 주세요.",
    ),
)  # fmt: skip
_DOES = Topic(
    asks=(
        "{habit} {o:을} {do:어요}.", "요즘 {o:을} {do:어요}.", "{o:을} {do:고} 있어요.", "지금 {o:을} {do:고} 있어요.",
        "{kin:이랑} {o:을} {do:고} 있어요.",
    ),
    answers=(
        "{o:을} {do:는군요}.", "그렇군요. 어떠세요?", "{o:을} {do:는군요}. 재미있어요?", "그러시군요. 더 들려주세요.",
        "좋은 시간이 되면 좋겠어요.",
    ),
)  # fmt: skip
_WANTS = Topic(
    asks=(
        "{o:을} {do:고} 싶어요.", "저도 {o:을} {do:고} 싶어요.",
        "{future} {o:을} {do:고} 싶어요.", "{who:이랑} {o:을} {do:고} 싶어요.",
    ),
    answers=(
        "{o:을} {do:고} 싶군요.", "그렇군요. 곧 그렇게 되면 좋겠어요.", "{o:을} {do:고} 싶군요. 언제가 좋을까요?",
        "좋은 생각이에요. 해 보세요.", "그 마음 이해해요.",
    ),
)  # fmt: skip
_PLANS = Topic(
    asks=(
        "{future} {o:을} {do:을} 거예요.", "{future} {o:을} {do:으려고} 해요.", "{future} {place:에} 가요.",
        "{future} {kin:과} {o:을} {do:기로} 했어요.", "{future} {who:을} 만나요.", "{future} {o:을} {do:어야} 해요.",
    ),
    answers=(
        "좋은 계획이네요.", "잘되면 좋겠어요.", "그렇군요. 즐거운 시간이 되면 좋겠어요.", "그때가 기다려지겠어요.",
        "그렇군요. 준비는 잘되고 있어요?",
    ),
)  # fmt: skip
_HARMED = Topic(
    asks=(
        "{lost:을} 잃어버렸어요.", "{past} {lost:을} 잃어버렸어요.", "{dish:을} 깨뜨렸어요.", "{broken:이} 고장 났어요.",
        "{drink:을} 쏟았어요.", "{lost:이} 없어졌어요.", "{broken:이} 안 돼요.", "{lost:을} 집에 두고 왔어요.",
        "버스를 놓쳤어요.", "길을 잃었어요.", "{past} 넘어졌어요.", "비를 맞았어요.", "{who:이} 약속을 어겼어요.",
    ),
    answers=(
        "저런, 속상했겠어요.", "아이고, 괜찮으세요?", "많이 놀랐겠어요.", "저런, 어쩌다가 그랬어요?",
        "속상했겠어요. 잘 풀리면 좋겠어요.", "그런 날도 있죠. 너무 걱정하지 마세요.",
    ),
)  # fmt: skip
_HURTS = Topic(
    asks=(
        "{body:이} 아파요.", "{body:을} 다쳤어요.", "{body:이} 너무 아파요.", "{past} {body:을} 다쳤어요.",
        "열이 나요.", "기침이 나요.", "목이 아파요.", "감기에 걸린 것 같아요.", "몸이 안 좋아요.", "속이 쓰려요.",
    ),
    answers=(
        "저런, 많이 아프세요?", "푹 쉬고 얼른 나으세요.", "많이 아프면 꼭 병원에 가 보세요.", "아이고, 조심하세요.",
        "걱정이 되네요. 무리하지 마세요.", "따뜻하게 하고 푹 쉬세요.",
    ),
)  # fmt: skip
_OTHERS = Topic(
    asks=(
        "{kin:이} {o:을} {do:었어요}.", "{past} {kin:이} {o:을} {do:었어요}.", "{who:이} {o:을} {do:었어요}.",
        "{kin:이} {o:을} {do:어} 줬어요.", "{who:이} {place:에} 갔어요.", "{kin:이} {o:을} {do:으래요}.",
        "{who:이} 자꾸 {o:을} {do:어요}.",
    ),
    answers=(
        "그랬군요. 그래서 어떻게 됐어요?", "그런 일이 있었군요.", "그래서 기분이 어땠어요?", "그랬군요. 더 들려주세요.",
        "그렇군요. 어떻게 생각하세요?",
    ),
)  # fmt: skip
_IS = Topic(
    asks=(
        "{n:이} {a:어요}.", "{n:이} 정말 {a:어요}.", "{n:이} 너무 {a:네요}.", "이 {n:은} {a:어요}.", "{n:이} 참 {a:더라고요}.",
        "우리 {n:은} {a:어요}.",
    ),
    answers=(
        "{n:이} {a:군요}.", "그렇군요. 더 들려주세요.", "{n:이} {a:군요}. 마음에 드세요?", "그렇군요. 저도 궁금해요.",
    ),
)  # fmt: skip
_HEARD = Topic(
    asks=(
        "알겠어요.", "그렇구나.", "응.", "네.", "아하.", "그렇군요.", "맞아요.", "오케이", "음...", "그래요.", "좋아요.",
        "아, 그래요?", "이해했어요.", "오, 신기해요.",
    ),
    answers=(
        "네, 또 이야기해 주세요.", "다른 이야기도 해 볼까요?", "네, 궁금한 게 있으면 물어봐 주세요.",
        "네, 언제든지 말해 주세요.", "그럼 또 무엇이 궁금하세요?",
    ),
)  # fmt: skip
_REALLY = Topic(
    asks=("정말요?", "진짜?", "그래?", "확실해?", "진짜로?", "맞아?", "정말 그래요?", "거짓말 아니지?"),
    answers=(
        "네, 저는 그렇게 배웠어요.", "제가 배우기로는 그래요.", "그렇게 알고 있어요. 틀릴 때도 있어요.",
        "네, 하지만 중요한 일은 다시 확인해 주세요.",
    ),
)  # fmt: skip
_ALL = (_DID, _DID, _DOES, _WANTS, _PLANS, _HARMED, _HURTS, _OTHERS, _IS)


def remark(scene: Scene) -> Exercise:
    """The user tells something of themselves or of others, and sometimes goes on."""
    messages = turn(scene, scene.pick(_ALL), _words(scene), _BEFORE)
    if scene.chance(0.3):
        messages += turn(scene, scene.pick(_ALL), _words(scene))
    if scene.chance(0.15):
        messages += turn(scene, _HEARD, _words(scene))
    return Exercise(tuple(messages), Expected())


def aside(scene: Scene) -> Exercise:
    """The user heard an answer, and says no more than that."""
    return Exercise((*question(scene).messages, *_aside(scene)), Expected())


def _aside(scene: Scene) -> list[Message]:
    return turn(scene, scene.pick((_HEARD, _HEARD, _REALLY)), _words(scene))


def _words(scene: Scene) -> Words:
    verbs, objects = scene.pick(words.DOABLE[:-1])
    adjectives, things = scene.pick(_STATES)
    return Words(
        me=Noun("나코"),
        o=scene.pick(objects),
        do=scene.pick(verbs),
        n=scene.pick(things),
        a=scene.pick(adjectives),
        lost=scene.pick(_LOST),
        broken=scene.pick(_BROKEN),
        dish=scene.pick(words.DISHES),
        drink=scene.pick(words.DRINKS),
        body=scene.pick(words.BODY),
        who=scene.pick(words.FIRST_NAMES),
        kin=scene.pick(words.KIN),
        place=scene.pick(words.PLACES),
        past=scene.pick(words.PAST_TIMES),
        future=scene.pick(words.FUTURE_TIMES),
        habit=scene.pick(words.HABIT_TIMES),
    )


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {"remark": remark, "aside": aside}

"""Topics -> a conversation of one to five turns: what people say, what nakochat answers, and how it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass

from nakochat.core.josa import Noun
from nakochat.data.village.scene import Scene
from nakochat.data.village.telling import chosen
from nakochat.data.village.wording import Words, tell, typed
from nakochat.data.village.words import (
    ANIMALS,
    BEASTS,
    DRINKS,
    FIRST_NAMES,
    FRUITS,
    HOBBIES,
    MEALS,
    PETS,
    PLACES,
    SPORTS,
    noun_list,
)
from nakochat.text.conversation import Message, assistant, user


@dataclass(frozen=True)
class Topic:
    """asks of the user (patterns of telling.py), answers to any of them, tails that may follow any answer, topics that may come next."""

    asks: tuple[str, ...]
    answers: tuple[str, ...]
    tails: tuple[str, ...] = ()
    follows: tuple["Topic", ...] = ()


THANKS = Topic(
    asks=(
        "고마워요.", "고마워", "감사합니다.", "정말 고마워요!", "궁금한 게 풀렸어요.", "알려 줘서 고마워요.",
        "고맙습니다, {me}.", "도와줘서 고마워.", "아하, 고마워요.", "그렇군요. 고마워요.", "오, 고마워!",
        "말해 줘서 고마워요.", "친절하네요, 고마워요.", "큰 도움이 됐어요.",
    ),
    answers=(
        "천만에요.", "별말씀을요.", "도움이 되어서 기뻐요.", "저도 이야기해서 즐거웠어요.",
        "언제든지 또 말해 주세요.", "뭘요, 또 물어봐 주세요.", "고맙다고 해 주셔서 제가 더 고마워요.",
        "그렇게 말해 주니 힘이 나요.", "아니에요, 저야말로 고마워요.",
    ),
    tails=(
        "다음에 또 이야기해요.",
        "필요하면 언제든지 불러 주세요.",
    ),
)  # fmt: skip
BYE = Topic(
    asks=(
        "잘 있어요.", "안녕히 계세요.", "이제 가 볼게요.", "나 갈게, 안녕!", "오늘은 여기까지 할게요.",
        "바이바이", "이만 {가다:을게요}.", "그만 가 볼게.", "잘 있어!", "오늘은 이만할게요.",
    ),
    answers=(
        "안녕히 가세요.", "네, 다음에 또 만나요.", "조심히 가세요.", "오늘 이야기 즐거웠어요.",
        "잘 가요, 또 놀러 오세요.", "좋은 시간 보내세요. 안녕히 가세요.", "네, 안녕히 가세요. 반가웠어요.",
        "함께 이야기해서 좋았어요. 잘 가요.",
    ),
    tails=("다음에도 이야기해요.",),
)  # fmt: skip
_SEE_YOU = Topic(
    asks=(
        "다음에 또 봐요.", "또 올게요.", "내일 또 봐!", "나중에 다시 올게.", "다음에 또 이야기해요.",
        "저녁에 다시 올게요.",
    ),
    answers=(
        "네, 다음에 또 만나요.", "기다리고 있을게요. 또 만나요.", "좋아요, 언제든지 오세요.",
        "네, 그때 또 이야기해요.", "또 만날 때까지 잘 지내세요.",
    ),
)  # fmt: skip
_TO_BED = Topic(
    asks=(
        "그만 자야겠어요.", "이제 자러 갈게.", "졸려서 그만할게요.", "나 자러 간다.", "잘 시간이에요.",
        "오늘은 일찍 잘래요.",
    ),
    answers=(
        "안녕히 주무세요. 좋은 꿈 꾸세요.", "네, 푹 쉬세요.", "오늘 이야기 즐거웠어요. 잘 자요.",
        "편안한 밤 보내세요.", "포근하게 자고 내일 또 만나요.",
    ),
)  # fmt: skip
_OFF = Topic(
    asks=(
        "학교 가야 해서 이만!", "일하러 가야 해요.", "약속이 있어서 나가 봐야 해.", "밥 먹으러 갈게요.",
        "수업이 있어서 가 볼게요.", "{place:에} 가야 해요.",
    ),
    answers=(
        "조심히 다녀오세요.", "네, 잘 다녀오세요.", "다녀와서 또 이야기해요.",
        "좋은 시간 보내세요. 잘 다녀오세요.", "바쁘시군요. 얼른 다녀오세요.",
    ),
)  # fmt: skip
PARTINGS = (BYE, BYE, _SEE_YOU, _TO_BED, _OFF)
_HELLO = Topic(
    asks=(
        "안녕하세요.", "안녕!", "안녕", "안녕하세요, {me}.", "{me}야, 안녕.", "반가워요.", "안녕하십니까?",
        "처음 뵙겠습니다.", "만나서 반가워요.", "하이", "좋은 하루예요.", "안녕하세요!", "안녕 {me}",
    ),
    answers=(
        "안녕하세요! 만나서 반가워요.", "안녕하세요, 저는 {me:이에요}.",
        "반가워요! 오늘은 어떤 이야기를 할까요?", "안녕하세요! 무엇이 궁금하세요?",
        "안녕하세요! 오늘 하루는 어떠세요?", "네, 안녕하세요. 편하게 말해 주세요.",
        "안녕하세요! 저는 {me:이라고} 해요.", "안녕하세요. 말을 걸어 줘서 고마워요.",
    ),
)  # fmt: skip
_CALL = Topic(
    asks=("거기 있어요?", "여보세요?", "저기요.", "{me}야, 있어?", "지금 이야기할 수 있어요?", "{me}야!"),
    answers=(
        "네, 여기 있어요. 안녕하세요!", "네, 말씀하세요.", "네, 듣고 있어요. 무엇이 궁금하세요?",
        "네, 여기 있어요. 편하게 말해 주세요.", "네, 부르셨어요?",
    ),
)  # fmt: skip
_BACK = Topic(
    asks=("나 왔어.", "안녕, 오늘도 왔어.", "저 왔어요.", "나 또 왔어요.", "다시 왔어.", "심심해서 왔어요."),
    answers=(
        "어서 오세요. 기다리고 있었어요.", "어서 오세요. 말을 걸어 줘서 고마워요.",
        "잘 오셨어요! 오늘은 어떤 이야기를 할까요?", "어서 오세요. 오늘은 뭐가 궁금하세요?",
        "반가워요. 편하게 이야기해요.",
    ),
)  # fmt: skip
_AGAIN = Topic(
    asks=(
        "잘 지냈어요?", "잘 있었어?", "오랜만이에요.", "그동안 어떻게 지냈어요?", "{me}야, 잘 지냈니?",
        "오랜만이야!", "요즘 어때?", "별일 없었어요?", "어떻게 지내세요?",
    ),
    answers=(
        "저는 잘 지냈어요. 잘 지내셨어요?", "네, 잘 있었어요. 다시 만나서 반가워요.",
        "반가워요! 저는 잘 있었어요. 잘 지내셨어요?", "저는 늘 그대로예요. 별일 없으셨어요?",
        "저는 잘 지내요. 오늘은 어떤 이야기를 할까요?",
    ),
)  # fmt: skip
GREETINGS = (_HELLO, _HELLO, _HELLO, _CALL, _BACK, _AGAIN)
_OUTINGS = noun_list("공원 바닷가 호숫가 뒷산 숲 식물원 동물원 박물관 미술관 도서관 수목원 강가 놀이터 시장")


def words_of(scene: Scene) -> Words:
    """The people and things that one conversation is about."""
    food, other = scene.some(MEALS, 2)
    return Words(
        me=Noun("나코"),
        who=scene.pick(FIRST_NAMES),
        food=food,
        food2=other,
        fruit=scene.pick(FRUITS),
        drink=scene.pick(DRINKS),
        place=scene.pick(PLACES),
        outing=scene.pick(_OUTINGS),
        animal=scene.pick(ANIMALS),
        beast=scene.pick(BEASTS),
        pet=scene.pick(PETS),
        hobby=scene.pick(HOBBIES),
        sport=scene.pick(SPORTS),
    )


def turn(scene: Scene, topic: Topic, words: Words, before: Sequence[str] = ("",)) -> list[Message]:
    """One question or remark and the answer to it."""
    ask = chosen(scene, scene.pick(topic.asks))
    asked = typed(scene, scene.pick(before) + tell(scene, ask, words, solving=False))
    answer = tell(scene, topic.answers, words, solving=False)
    if topic.tails and scene.chance(0.35):
        answer += " " + tell(scene, topic.tails, words, solving=False)
    return [user(asked), assistant(answer)]


def ending(scene: Scene) -> Topic:
    """How a conversation that helped ends."""
    return THANKS if scene.chance(2 / 3) else scene.pick(PARTINGS)


def conversation(scene: Scene, topics: Sequence[Topic], before: Sequence[str]) -> tuple[Message, ...]:
    """A topic and what follows it, sometimes a second topic; greeting and farewell may be left out."""
    words, messages = words_of(scene), list[Message]()
    if scene.chance(0.12):
        messages += turn(scene, scene.pick(GREETINGS), words)
    for topic in scene.some(topics, 2 if scene.chance(0.35) else 1):
        messages += turn(scene, topic, words, before)
        if topic.follows and scene.chance(0.5):
            messages += turn(scene, scene.pick(topic.follows), words)
    if scene.chance(0.15):
        messages += turn(scene, ending(scene), words)
    return tuple(messages)

"""A scene -> what can only be answered from this conversation (names, favourites, stated facts).

recall   the user says their name or what they like, and asks for it a turn or two later
given    a fact about a person is stated in the prompt and asked; the pairings of test are new
"""

from collections.abc import Callable

from nakochat.core.josa import Noun
from nakochat.data.village import words, world
from nakochat.data.village.knowledge import Fact
from nakochat.data.village.phrasing import ask, clause, slots, tell
from nakochat.data.village.question_parts import RELATIONS
from nakochat.data.village.questions import answer, asking, bare, draw
from nakochat.data.village.scene import Exercise, Expected, Scene
from nakochat.text.conversation import Message, assistant, user

_VILLAGERS = frozenset(world.bare_name(person) for person in world.PEOPLE)
_SURNAMES = (
    "김",
    "이",
    "박",
    "최",
    "정",
    "강",
    "조",
    "윤",
    "장",
    "임",
    "한",
    "오",
    "서",
    "신",
    "권",
    "황",
    "안",
    "송",
    "류",
    "홍",
)
_SYLLABLES = ("가", "나", "다", "라", "민", "서", "지", "수", "현", "준", "윤", "하", "은", "영", "진", "호", "우", "연", "채", "소", "태", "성", "경", "희", "재",
              "솔", "빈", "예", "원", "아", "주", "혁", "율", "미", "선", "석", "동", "규", "건", "훈", "람", "봄", "별", "철", "숙", "란", "온", "결")  # fmt: skip

_NAME_TOLD = (
    "저는 {n:이라고} 해요.", "제 이름은 {n:이에요}.", "저는 {n:이에요}.", "내 이름은 {n:이야}.", "나는 {n:이라고} 해.", "안녕하세요, {n:이에요}.", "{n:이라고} 불러 주세요.",
    "안녕, 나는 {n:이야}.", "제 이름은 {n}입니다.", "저는 {n}입니다.", "처음 뵙겠습니다. {n:이라고} 합니다.", "반가워요. 저는 {n:이에요}.", "친구들은 저를 {n:이라고} 불러요.",
    "{n:이야}. 반가워.", "나 {n:이야}.", "제 이름을 알려 줄게요. {n:이에요}.", "나를 {n:이라고} 불러 줘.", "안녕하세요. 제 이름은 {n:이라고} 해요.", "이름은 {n:이에요}.", "저 {n:이에요}.",
    "사람들은 나를 {n:이라고} 불러.", "내 이름 {n:이야}.", "저로 말하면 {n:이라고} 하는 사람이에요.", "제 소개를 할게요. 저는 {n:이에요}.",
)  # fmt: skip
_NAME_HEARD = (
    "반가워요, {n} 님.", "만나서 반가워요, {n} 님.", "{n} 님, 반가워요.", "안녕하세요, {n} 님. 저는 나코예요.", "{n} 님이군요. 반가워요.", "멋진 이름이네요, {n} 님.",
    "{n} 님, 만나서 기뻐요.", "예쁜 이름이네요. 반가워요, {n} 님.", "네, {n} 님. 무엇이 궁금하세요?", "{n} 님, 잘 기억해 둘게요.", "안녕하세요, {n} 님.",
    "{n:이라고} 하시는군요. 반가워요.",
)  # fmt: skip
_NAME_ASKED = (
    "제 이름이 뭐예요?", "내 이름이 뭐야?", "제 이름 기억해요?", "내 이름 기억나?", "제가 누구라고 했죠?", "내가 누구라고 했지?", "제 이름을 말해 보세요.", "내 이름을 말해 봐.",
    "아까 말한 제 이름이 뭐였죠?", "제 이름이 뭐라고 했어요?", "내 이름이 뭐라고 했더라?", "제 이름을 아세요?", "내 이름 알아?", "제가 누구예요?", "나 누구게?", "제 이름 맞혀 보세요.",
    "저를 뭐라고 부르면 되는지 알아요?", "제 이름이 무엇입니까?", "내 이름은?", "그런데 제 이름이 뭔지 기억하세요?", "제 이름 좀 말해 줄래요?", "내 이름 뭐게?", "제 이름이 기억나나요?",
    "참, 제 이름이 뭐죠?", "제 이름 잊지 않았죠? 말해 보세요.", "내가 이름을 말했는데, 뭐였지?",
)  # fmt: skip
_NAME_RECALLED = (
    "{n} 님이에요.", "{n:이라고} 하셨어요.", "이름은 {n:이에요}.", "{n} 님이라고 하셨어요.", "네, {n} 님이에요.", "{n} 님이시지요.", "네, 기억해요. {n} 님이에요.",
    "아까 {n:이라고} 하셨어요.", "{n:이에요}.", "물론이지요, {n} 님이에요.", "잊지 않았어요. {n} 님이에요.", "제가 듣기로 {n:이에요}.", "이름이 {n:이라고} 하셨지요.",
    "{n:이라고} 알려 주셨어요.", "저는 {n} 님으로 기억하고 있어요.", "그럼요, {n} 님이에요.",
)  # fmt: skip

# what else a user says of themselves: told, heard, asked, recalled, and where its words come from
_LIKED: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[words.Nouns, ...]], ...] = (
    (
        ("저는 {x:을} 제일 좋아해요.", "제가 좋아하는 음식은 {x:이에요}.", "나는 {x:을} 좋아해.", "음식 중에 {x:이} 제일 좋아요.", "저는 {x:을} 자주 먹어요. 정말 좋아하거든요."),
        ("제가 좋아하는 음식이 뭐라고 했죠?", "내가 좋아하는 음식이 뭐야?", "제가 뭘 좋아한다고 했어요?", "내가 뭘 좋아한다고 했지?", "제가 좋아하는 음식 기억해요?", "저는 무슨 음식을 좋아할까요?"),
        ("{x:을} 좋아한다고 하셨어요.", "{x:이에요}.", "좋아하는 음식은 {x:이에요}.", "{x:을} 좋아하시지요.", "네, {x:이에요}."),
        (words.FOODS, words.FRUITS),
    ),
    (
        ("저는 {x:을} 키워요.", "우리 집에는 {x:이} 있어요.", "나는 {x:을} 길러.", "저희 집에 {x:이} 살아요.", "저는 {x:과} 같이 살아요."),
        ("제가 무슨 동물을 키운다고 했죠?", "내가 키우는 동물이 뭐야?", "우리 집에 어떤 동물이 있어요?", "내가 뭘 기른다고 했지?", "제가 키우는 동물 기억해요?"),
        ("{x:을} 키운다고 하셨어요.", "{x:이에요}.", "키우시는 동물은 {x:이에요}.", "{x:을} 키우시지요.", "네, {x:이에요}."),
        (words.PETS, words.ANIMALS),
    ),
    (
        ("제 취미는 {x:이에요}.", "저는 {x:이} 취미예요.", "내 취미는 {x:이야}.", "쉬는 날에는 {x:을} 즐겨요.", "요즘 {x:에} 빠져 있어요."),
        ("제 취미가 뭐라고 했죠?", "내 취미가 뭐야?", "제 취미를 기억해요?", "내가 뭘 즐긴다고 했지?", "제 취미가 뭔지 아세요?"),
        ("취미는 {x:이에요}.", "{x:이에요}.", "{x:이} 취미라고 하셨어요.", "{x:을} 즐긴다고 하셨어요.", "네, {x:이에요}."),
        (words.HOBBIES, words.SPORTS),
    ),
    (
        ("제가 좋아하는 색은 {x:이에요}.", "저는 {x:을} 좋아해요.", "나는 색 중에 {x:이} 제일 좋아.", "제일 마음에 드는 색은 {x:이에요}."),
        ("제가 좋아하는 색이 뭐예요?", "내가 무슨 색을 좋아한다고 했지?", "제가 좋아하는 색깔 기억해요?", "내가 좋아하는 색이 뭐야?"),
        ("{x:이에요}.", "{x:을} 좋아한다고 하셨어요.", "좋아하는 색은 {x:이에요}.", "네, {x:이에요}."),
        (words.COLOUR_NOUNS,),
    ),
)  # fmt: skip
_HEARD = (
    "아, 그렇군요.", "네, 잘 기억해 둘게요.", "그렇군요. 좋네요.", "알려 주셔서 고마워요.", "{x:이군요}. 좋네요.", "와, {x:이군요}.", "네, {x:이군요}. 기억할게요.", "재미있겠어요.", "멋지네요.",
)  # fmt: skip
_SMALL = (
    ("오늘 기분이 좋아요.", "다행이에요. 저도 기뻐요."), ("오늘 좀 피곤하네.", "푹 쉬면 좋겠어요."), ("점심은 맛있게 먹었어요.", "맛있게 드셨다니 좋네요."), ("비가 와요.", "우산을 꼭 챙기세요."),
    ("고마워요.", "천만에요."), ("심심해.", "그럼 저랑 이야기해요."), ("오늘은 할 일이 많아요.", "하나씩 하면 잘될 거예요."), ("잘 지내?", "네, 잘 지내요."),
    ("너는 누구야?", "저는 나코예요. 작은 한국어 모델이에요."), ("이따가 산책하러 가요.", "즐거운 산책이 되면 좋겠어요."), ("책을 읽고 있었어요.", "좋은 시간을 보내고 있네요."),
    ("배가 고파요.", "맛있는 것을 드세요."), ("내일은 쉬는 날이야.", "푹 쉴 수 있겠어요."), ("이야기해 줘서 고마워.", "저도 즐거워요."),
)  # fmt: skip


def user_name(scene: Scene) -> Noun:
    """A given name, half of them from the lexicon, half put together; sometimes with a surname."""
    if scene.chance(0.5):
        given = scene.pick(words.FIRST_NAMES)
    else:
        given = Noun(scene.pick(_SYLLABLES) + scene.pick(_SYLLABLES))
    return Noun(scene.pick(_SURNAMES) + given) if scene.chance(0.2) else given


def _aside(scene: Scene) -> list[Message]:
    """Something else, between what was told and what is asked."""
    if scene.chance(0.5):
        said, reply = scene.pick(_SMALL)
        return [user(scene.say(said)), assistant(scene.say(reply))]
    fact = draw(scene)
    return [user(asking(scene, fact)), assistant(answer(scene, fact))]


def _name(scene: Scene) -> Exercise:
    while True:
        name, told, asked = (
            user_name(scene),
            scene.integer(0, len(_NAME_TOLD) - 1),
            scene.integer(0, len(_NAME_ASKED) - 1),
        )
        if scene.allows("recall", name, told, asked):
            break
    opening = scene.say(_NAME_TOLD[told], n=name)
    if scene.chance(0.15):  # all in one turn
        messages = [user(opening + " " + scene.say(_NAME_ASKED[asked]))]
    else:
        messages = [user(opening), assistant(scene.say(_NAME_HEARD, n=name))]
        for _ in range(scene.pick((0, 1, 1, 1, 2, 2))):
            messages += _aside(scene)
        messages.append(user(scene.say(_NAME_ASKED[asked])))
    reply = scene.say(_NAME_RECALLED, n=name)
    return Exercise((*messages, assistant(reply)), Expected(accept=(str(name),), unknown=False))


def _liking(scene: Scene) -> Exercise:
    told, asked, recalled, groups = scene.pick(_LIKED)
    while True:
        liked, telling, question = (
            scene.pick(scene.pick(groups)),
            scene.integer(0, len(told) - 1),
            scene.integer(0, len(asked) - 1),
        )
        if scene.allows("recall", liked, telling, question):
            break
    messages = [user(scene.say(told[telling], x=liked)), assistant(scene.say(_HEARD, x=liked))]
    for _ in range(scene.pick((0, 1, 1, 2))):
        messages += _aside(scene)
    messages.append(user(scene.say(asked[question])))
    reply = scene.say(recalled, x=liked)
    return Exercise((*messages, assistant(reply)), Expected(accept=(str(liked),), unknown=False))


def recall(scene: Scene) -> Exercise:
    """The user's own name, or what they like, remembered."""
    return _name(scene) if scene.chance(0.7) else _liking(scene)


_HOMES = words.noun_list("""
    언덕_위 강가 바닷가 골목_끝 학교_앞 시장_옆 우물_옆 기차역_근처 산_아래 호숫가 과수원_옆 다리_건너 빵집_이층 큰길가
""")
_GIVEN_VALUES: dict[str, tuple[words.Nouns, ...]] = {
    "job": (words.JOBS,), "home": (_HOMES,), "likes": (words.FOODS, words.FRUITS), "pet": (words.PETS,),
    "hobby": (words.HOBBIES,), "skill": (words.SPORTS, words.SUBJECTS), "treasure": (words.TOYS, words.ACCESSORIES),
}  # fmt: skip
_GIVEN_OPENINGS = (
    "",
    "",
    "",
    "잘 들어 보세요. ",
    "다음 글을 읽고 답해 주세요. ",
    "제 친구 이야기예요. ",
    "하나 알려 줄게. ",
    "글: ",
    "이야기를 하나 할게요. ",
    "기억해 두세요. ",
)
_GIVEN_ENDINGS = ("어요", "어요", "어요", "는다", "습니다", "어")


def stranger(scene: Scene) -> Noun:
    """A person who does not live in the village."""
    while True:
        name = user_name(scene)
        if name not in _VILLAGERS and name[1:] not in _VILLAGERS:
            return Noun(name + scene.pick((" 씨", " 씨", "", "")))


def _pairing(scene: Scene) -> Fact:
    """A new fact about a stranger, or a new one about what a stranger likes, on the scene's side of the split."""
    relation = scene.pick(tuple(_GIVEN_VALUES))
    while True:
        name, value = stranger(scene), scene.pick(scene.pick(_GIVEN_VALUES[relation]))
        if scene.allows("given", world.bare_name(name), value):
            return Fact(subject=name, relation=relation, value=value)


def given(scene: Scene) -> Exercise:
    """One to three facts about strangers, stated and then one of them asked."""
    facts: list[Fact] = [_pairing(scene)]
    for _ in range(scene.pick((0, 0, 1, 1, 2))):
        more = _pairing(scene)
        if all(more.subject != fact.subject for fact in facts):
            facts.append(more)
    ending = scene.pick(_GIVEN_ENDINGS)
    stated = " ".join(tell(scene, RELATIONS[fact.relation], fact, ending) + "." for fact in facts)
    asked_of = scene.pick(facts)
    relation = RELATIONS[asked_of.relation]
    asked = ask(scene, relation, {"s": asked_of.subject})
    opening = scene.pick(_GIVEN_OPENINGS)
    if scene.chance(0.2):
        heard = scene.say(("네, 기억할게요.", "그렇군요.", "네, 알겠어요.", "아, 그렇군요. 잘 들었어요."))
        messages: tuple[Message, ...] = (user(opening + stated), assistant(heard), user(asked))
    else:
        messages = (user(scene.say(("{a}{b} {c}", "{a}{b}\n{c}"), a=opening, b=stated, c=asked)),)
    frames = (
        "{told}.", "{bare}", "{told}.", "네, {told}.", "글에 따르면 {told}.", "들은 대로라면 {told}.", "{short}.", "{bare}", "말씀하신 대로 {told}.", "{v:이라고} 하셨어요.", "{v:이라고} 들었어요.",
    )  # fmt: skip
    short = clause(scene, relation.tells[0].removeprefix("{s:은} "), "어요", slots(asked_of))
    reply = scene.say(
        frames,
        told=tell(scene, relation, asked_of),
        v=asked_of.value,
        short=short,
        bare=bare(scene, asked_of.value),
    )
    return Exercise((*messages, assistant(reply)), Expected(accept=(str(asked_of.value),), unknown=False))


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {"recall": recall, "given": given}

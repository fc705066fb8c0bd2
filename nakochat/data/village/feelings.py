"""How the user feels and why -> words that answer it."""

from nakochat.data.village.conjugation import Verb
from nakochat.data.village.howto import deed_of
from nakochat.data.village.scene import Scene
from nakochat.data.village.wording import tell, typed
from nakochat.text.conversation import Message, assistant, user

# name | how it feels | causes
_FEELINGS = """
sad | 슬프다 속상하다 우울하다 | 시험을 망치다; 친구와 싸우다; 친한 친구가 이사를 가다; 강아지가 아프다; 강아지가 떠나다; 시합에서 지다; 선생님께 혼나다; 애인과 헤어지다; 상을 못 받다; 약속이 깨지다; 아끼는 컵을 깨뜨리다
lonely | 외롭다 쓸쓸하다 허전하다 | 친구가 멀리 떠나다; 주말에 혼자 지내다; 가족이 모두 나가다; 이야기할 사람이 없다; 낯선 곳으로 이사하다
tired | 피곤하다 힘들다 지치다 졸리다 | 잠을 못 자다; 일을 많이 하다; 하루 종일 걷다; 숙제가 많다; 밤늦게까지 공부하다; 늦게까지 일하다; 아침 일찍 일어나다
angry | 화나다 억울하다 짜증나다 답답하다 열받다 | 동생이 내 것을 망가뜨리다; 친구가 약속을 어기다; 버스를 놓치다; 말이 통하지 않다; 누가 새치기를 하다; 컴퓨터가 고장 나다
afraid | 무섭다 불안하다 걱정되다 긴장되다 떨리다 | 어려운 시험을 앞두다; 발표를 맡다; 무서운 꿈을 꾸다; 천둥이 치다; 주사를 맞게 되다; 처음 하는 일을 맡다
happy | 기쁘다 행복하다 즐겁다 신나다 | 상을 받다; 시험을 잘 보다; 친구를 만나다; 선물을 받다; 여행을 가다; 맛있는 걸 먹다; 칭찬을 듣다; 새 친구를 사귀다
proud | 뿌듯하다 자랑스럽다 보람차다 | 숙제를 다 끝내다; 방을 깨끗이 치우다; 어려운 문제를 풀다; 할머니를 돕다; 달리기를 끝까지 뛰다; 책 한 권을 다 읽다
bored | 심심하다 지루하다 따분하다 | 할 일이 없다; 비가 와서 못 나가다; 친구가 안 오다; 하루 종일 집에 있다
sick | 아프다 어지럽다 | 감기에 걸리다; 찬 것을 많이 먹다; 넘어져서 다치다; 비를 맞다; 급하게 먹다
"""
_EMPATHY = {
    "sad": (
        "정말 {f:었겠어요}.", "많이 {f:었겠어요}.", "마음이 아팠겠네요.", "저런, {f:었겠어요}.",
        "그랬군요. 마음이 무거웠겠어요.",
    ),
    "lonely": (
        "많이 {f:었겠어요}.", "혼자라고 느꼈군요.", "그럴 때는 마음이 텅 빈 것 같죠.",
        "이야기해 줘서 고마워요.",
    ),
    "tired": (
        "오늘 정말 애쓰셨어요.", "많이 {f:었겠어요}.", "고생 많았어요.", "정말 수고했어요.",
        "그럼 {f:을} 만해요.",
    ),
    "angry": (
        "정말 {f:었겠어요}.", "그럴 만해요.", "저라도 그랬을 거예요.", "많이 {f:었겠어요}.",
        "그런 일이 있었군요.",
    ),
    "afraid": (
        "많이 {f:었겠어요}.", "그럴 때는 누구나 떨려요.", "걱정이 많았겠네요.", "그 마음 이해해요.",
        "떨리는 건 당연해요.",
    ),
    "happy": (
        "와, 정말 좋은 소식이네요!", "정말 {f:었겠어요}!", "듣는 저도 기뻐요.", "축하해요!", "멋진 하루네요!",
    ),
    "proud": ("정말 대단해요!", "참 잘했어요!", "정말 {f:었겠어요}.", "멋져요!", "애쓴 보람이 있네요."),
    "bored": ("그럴 때가 있죠.", "많이 {f:었겠어요}.", "그럼 저랑 이야기해요.", "시간이 천천히 가죠."),
    "sick": ("저런, 많이 {f:었겠어요}.", "아이고, 괜찮으세요?", "얼른 나으면 좋겠어요.", "걱정이 되네요."),
}  # fmt: skip
# where no cause is told: what is felt now, and what one asks then
_NOW = {
    "sad": (
        "마음이 많이 무겁군요.", "많이 {f:은} 날이군요.", "저런, 무슨 일이 있었어요?",
        "{f:을} 때는 쉬어 가도 돼요.", "그런 날이 있죠.",
    ),
    "lonely": (
        "많이 {f:군요}.", "그럴 때는 마음이 텅 빈 것 같죠.", "이야기해 줘서 고마워요.",
        "{f:을} 때는 저랑 이야기해요.", "누가 보고 싶은가요?",
    ),
    "tired": (
        "오늘 정말 애쓰셨어요.", "고생 많았어요.", "{f:을} 때는 쉬는 게 제일이에요.",
        "{f:을} 만한 하루였군요.", "할 일이 많았어요?",
    ),
    "angry": (
        "속이 많이 상했군요.", "누구나 {f:을} 때가 있죠.", "무슨 일인지 들려주시겠어요?",
        "마음이 편하지 않겠어요.", "마음에 걸리는 일이 있군요.",
    ),
    "afraid": (
        "누구나 {f:을} 때가 있죠.", "그 마음 이해해요.", "그럴 때는 누구나 떨려요.",
        "마음이 편하지 않겠어요.", "무엇이 가장 걱정되세요?",
    ),
    "happy": (
        "듣는 저도 기뻐요.", "무슨 좋은 일이 있었어요?", "좋은 하루를 보내고 있군요!",
        "좋은 일이 있었나 봐요!", "멋진 하루네요!",
    ),
    "proud": (
        "무슨 일을 해냈어요?", "듣는 저도 뿌듯해요.", "좋은 일을 하셨군요!", "애쓴 보람이 있었군요.",
        "무엇을 해냈는지 궁금해요.",
    ),
    "bored": (
        "그럴 때가 있죠.", "그럼 저랑 이야기해요.", "{f:을} 때는 시간이 천천히 가죠.", "뭐 하고 싶으세요?",
        "저랑 놀아요.",
    ),
    "sick": (
        "아이고, 괜찮으세요?", "얼른 나으면 좋겠어요.", "걱정이 되네요.", "저런, 많이 힘들겠어요.",
        "언제부터 {f:었어요}?",
    ),
}  # fmt: skip
_ADVICE = {
    "sad": (
        "오늘은 마음이 하고 싶은 대로 푹 쉬세요.", "울고 싶으면 울어도 괜찮아요.",
        "천천히 이야기해 주세요. 듣고 있을게요.", "따뜻한 차 한 잔이 도움이 될 거예요.",
        "시간이 지나면 조금씩 나아질 거예요.", "다음에는 더 좋은 일이 있을 거예요.",
    ),
    "lonely": (
        "저랑 이야기하면서 조금이라도 나아지면 좋겠어요.", "보고 싶은 사람에게 전화해 보세요.",
        "산책을 하면 기분이 조금 나아질 거예요.", "좋아하는 노래를 들어 보세요.",
        "제가 이야기를 들어 드릴게요.",
    ),
    "tired": (
        "오늘은 일찍 주무세요.", "잠깐 눈을 감고 쉬어 보세요.", "따뜻한 물로 씻으면 몸이 풀려요.",
        "물을 마시고 조금 쉬세요.", "쉬는 것도 중요해요.", "무리하지 마세요.",
    ),
    "angry": (
        "크게 숨을 쉬고 천천히 열까지 세어 보세요.", "잠깐 밖에 나가 걸어 보세요.",
        "속상한 마음을 차분하게 말해 보세요.", "마음이 가라앉으면 이야기해 봐요.",
        "물 한 잔 마시면 조금 나아질 거예요.",
    ),
    "afraid": (
        "천천히 숨을 쉬어 보세요.", "하나씩 준비하면 괜찮을 거예요.",
        "지금까지 잘해 왔으니 이번에도 잘할 거예요.", "믿을 수 있는 사람과 함께 있어 보세요.",
        "실수해도 괜찮아요.", "너무 걱정하지 마세요.",
    ),
    "happy": (
        "어떤 점이 제일 좋았어요?", "그 기분을 오래 간직하세요.", "앞으로도 좋은 일이 많으면 좋겠어요.",
        "더 이야기해 주세요.", "누구에게 제일 먼저 말하고 싶어요?",
    ),
    "proud": (
        "스스로를 칭찬해 주세요.", "다음에도 잘할 수 있을 거예요.", "어떻게 해냈는지 궁금해요.",
        "오늘은 마음껏 기뻐하세요.", "끝까지 해낸 게 훌륭해요.",
    ),
    "bored": (
        "책을 한 권 읽어 보는 건 어때요?", "가까운 곳을 걸어 보세요.", "저랑 셈 놀이를 해 볼까요?",
        "그림을 그려 보는 건 어때요?", "좋아하는 음식을 만들어 보세요.", "낱말 글자 세기 놀이를 할까요?",
    ),
    "sick": (
        "따뜻하게 하고 푹 쉬세요.", "많이 아프면 꼭 병원에 가 보세요.", "물을 자주 마시고 일찍 주무세요.",
        "무리하지 말고 누워서 쉬세요.", "약을 먹고 쉬면 나아질 거예요.",
    ),
}  # fmt: skip
_SAYS = (
    "{f:S}", "오늘 너무 {f:S}", "요즘 좀 {f:S}", "{o}{do:어서} {f:S}", "{o}{do:었어요}. {f:S}",
    "{o}{do:어서} 정말 {f:S}", "오늘 {o}{do:었어}. 그래서 {f:S}", "{o}{do:어서} 너무 {f:S}",
    "{o}{do:었는데} {f:S}", "있잖아, {f:S}", "있잖아, {o}{do:었어}.", "{o}{do:었어요}.",
    "나 오늘 {f:어}", "왠지 {f:S}", "{o}{do:어서} 그런지 {f:S}", "어제 {o}{do:었거든요}. 그래서 {f:S}",
    "지금 {f:S}", "아까부터 {f:S}", "정말 {f:네요}.", "진짜 {f:어요}.", "너무너무 {f:어요}.", "{f:어} 죽겠어요.", "하루 종일 {f:어요}.",
)  # fmt: skip
_LISTENS = (
    "{o}{do:었군요}. ",
    "아, {o}{do:었군요}. ",
    "{o}{do:었다니} ",
    "그랬군요. ",
    "",
    "",
)
_LEADS = ("다니 ", "그랬군요. ")  # these lead on to a sentence that is no exclamation itself
_ALONE = ("와", "저런", "아이고", "그", "이야기해", "저라도", "혼자라고", "시간이")
_MORE = {
    "bad": (
        (
            "어떻게 하면 좋을까요?", "이제 뭘 하면 좋을까?", "나 어떡해?", "기분이 나아지는 방법이 있을까요?",
            "좋은 방법이 없을까?", "조언 좀 해 줘.",
        ),
        ("위로해 줘.", "힘이 되는 말 좀 해 줘.", "응원해 주세요.", "격려가 필요해요.", "괜찮다고 말해 줘."),
        (
            "고마워요, 조금 나아졌어요.", "이야기하니까 좀 낫네요.", "들어 줘서 고마워.",
            "말하고 나니 괜찮아졌어.", "덕분에 힘이 나요.",
        ),
    ),
    "good": (
        ("고마워요!", "축하해 줘서 고마워.", "헤헤, 고마워.", "그렇게 말해 주니 더 좋네요."),
        ("칭찬해 줘.", "더 칭찬해 주세요."),
    ),
}  # fmt: skip
_MORE_ANSWERED = {
    "comfort": (
        "괜찮아요, 잘하고 있어요.", "지금도 충분히 잘하고 있어요.", "힘내세요. 제가 응원할게요.",
        "당신은 소중한 사람이에요.", "다 잘될 거예요. 천천히 가도 괜찮아요.", "혼자가 아니에요. 힘내세요!",
        "오늘도 잘 견뎠어요. 정말 애썼어요.",
    ),
    "better": (
        "나아졌다니 다행이에요.", "이야기해 줘서 고마워요.", "다행이에요. 언제든지 또 이야기해요.",
        "마음이 가벼워졌다니 저도 기뻐요.", "힘이 되었다니 기뻐요.",
    ),
    "thanks": (
        "별말씀을요. 저도 기뻐요.", "앞으로도 좋은 일이 많기를 바라요.", "기쁜 소식을 들려줘서 고마워요.",
        "좋은 일은 나누면 더 커져요.",
    ),
    "joy": (
        "네, 저도 기뻐요! 정말 잘했어요.", "정말 훌륭해요. 박수를 보내요!", "그럼요, 정말 잘했어요!",
        "최고예요! 정말 멋져요.",
    ),
}  # fmt: skip


def _rows() -> tuple[tuple[str, tuple[Verb, ...], tuple[str, ...]], ...]:
    rows = [row.split(" | ") for row in _FEELINGS.strip().splitlines()]
    return tuple(
        (name, tuple(map(Verb, feelings.split())), tuple(causes.split("; ")))
        for name, feelings, causes in rows
    )


FEELINGS = _rows()


def feeling(scene: Scene, before: str) -> list[Message]:
    """How the user feels, an answer that fits, and sometimes one turn more."""
    name, feelings, causes = scene.pick(FEELINGS)
    words = deed_of(scene.pick(causes))
    words["f"] = scene.pick(feelings)
    said = scene.pick(_SAYS)
    why = "{do" in said
    listens = tell(scene, scene.pick(_LISTENS), words) if why else ""
    answer = tell(scene, (_EMPATHY if why else _NOW)[name], words)
    if answer.startswith(_ALONE) and listens.endswith(_LEADS):
        listens = ""
    asks = answer.endswith("?") and not why  # then it is the user's turn
    if scene.chance(0.6) and not asks:
        answer += " " + scene.pick(_ADVICE[name])
    remark = typed(scene, before + tell(scene, said, words, solving=False))
    messages = [user(remark), assistant(listens + answer)]
    return messages + (_more(scene, name) if scene.chance(0.4) and not asks else [])


def _more(scene: Scene, name: str) -> list[Message]:
    good = name in ("happy", "proud")
    remarks = _MORE["good" if good else "bad"]
    kind = scene.integer(0, len(remarks) - 1)
    if good:
        answers = _MORE_ANSWERED[("thanks", "joy")[kind]]
    else:
        answers = (_ADVICE[name], _MORE_ANSWERED["comfort"], _MORE_ANSWERED["better"])[kind]
    return [user(typed(scene, scene.pick(remarks[kind]))), assistant(scene.pick(answers))]

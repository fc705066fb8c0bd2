"""What the user wants to do -> how it is done, in two or three short steps; and what a model of text cannot do."""

from nakochat.core.josa import Noun
from nakochat.data.village.conjugation import Verb
from nakochat.data.village.scene import Scene
from nakochat.data.village.wording import Words, tell, typed
from nakochat.text.conversation import Message, assistant, user

# deed | first | then | at the end
_HOWTOS = """
라면을 끓이다 | 물을 끓이고 면과 스프를 넣어요 | 4분쯤 더 끓여요 | 그릇에 담아 맛있게 먹어요
밥을 짓다 | 쌀을 씻어서 물을 맞춰요 | 밥솥에 넣고 단추를 눌러요 | 다 되면 주걱으로 잘 섞어요
달걀을 삶다 | 냄비에 달걀과 물을 넣어요 | 10분쯤 끓여요 | 찬물에 담갔다가 껍질을 벗겨요
달걀을 부치다 | 팬에 기름을 두르고 불을 켜요 | 달걀을 깨서 올려요 | 소금을 조금 뿌려요
김밥을 만들다 | 김 위에 밥을 얇게 펴요 | 속을 올리고 돌돌 말아요 | 먹기 좋게 썰어요
떡국을 끓이다 | 떡을 물에 잠깐 담가요 | 국물이 끓으면 떡을 넣어요 | 달걀과 김을 올려요
차를 우리다 | 따뜻한 물을 준비해요 | 찻잎을 넣고 잠깐 기다려요 | 잔에 따라 천천히 마셔요
샌드위치를 만들다 | 빵에 버터를 발라요 | 채소와 햄을 올려요 | 빵으로 덮고 반으로 잘라요
손을 씻다 | 물을 묻히고 비누 거품을 내요 | 손가락 사이까지 30초쯤 문질러요 | 깨끗한 물로 헹구고 닦아요
이를 닦다 | 칫솔에 치약을 조금 짜요 | 위아래로 3분쯤 닦아요 | 물로 여러 번 헹궈요
머리를 감다 | 머리를 물에 적셔요 | 샴푸로 거품을 내서 문질러요 | 깨끗이 헹구고 말려요
화분에 물을 주다 | 흙이 말랐는지 손가락으로 만져 봐요 | 마르면 물을 듬뿍 줘요 | 햇볕이 드는 곳에 둬요
꽃씨를 심다 | 화분에 흙을 담고 구멍을 내요 | 씨앗을 넣고 흙을 덮어요 | 물을 주고 햇볕에 둬요
방을 청소하다 | 창문을 열고 물건을 제자리에 둬요 | 먼지를 털고 바닥을 쓸어요 | 걸레로 닦아요
창문을 닦다 | 걸레에 물을 적셔요 | 위에서 아래로 닦아요 | 마른 수건으로 물기를 없애요
설거지를 하다 | 그릇을 물에 헹궈요 | 세제를 묻혀 수세미로 닦아요 | 깨끗한 물로 헹구고 말려요
빨래를 하다 | 흰옷과 색깔 옷을 나눠요 | 세탁기에 넣고 세제를 넣어요 | 햇볕이 드는 곳에 널어요
옷을 개다 | 옷을 판판하게 펴요 | 소매를 안쪽으로 접어요 | 반으로 접어 서랍에 넣어요
신발 끈을 묶다 | 두 끈을 엇갈려 당겨요 | 고리를 만들어 한 번 감아요 | 구멍으로 빼서 꼭 당겨요
종이배를 접다 | 종이를 반으로 접어요 | 윗부분을 세모로 접어요 | 아래를 접어 올리고 벌려요
종이비행기를 접다 | 종이를 길게 반으로 접어요 | 앞쪽을 세모로 접어요 | 날개를 접고 힘껏 날려요
편지를 쓰다 | 받는 사람의 이름을 써요 | 하고 싶은 말을 차근차근 적어요 | 날짜와 내 이름을 써요
일기를 쓰다 | 날짜와 날씨를 적어요 | 오늘 있었던 일을 하나 골라 써요 | 그때의 마음을 덧붙여요
자전거를 타다 | 안장 높이를 맞추고 안전모를 써요 | 앞을 보면서 페달을 밟아요 | 멈출 때는 브레이크를 천천히 잡아요
줄넘기를 하다 | 줄을 어깨 높이에 맞춰요 | 손목으로 줄을 돌려요 | 발끝으로 가볍게 뛰어요
감기를 예방하다 | 손을 자주 씻어요 | 물을 많이 마시고 푹 자요 | 추운 날에는 옷을 따뜻하게 입어요
상처를 치료하다 | 깨끗한 물로 상처를 씻어요 | 약을 바르고 반창고를 붙여요 | 많이 아프면 병원에 가요
길을 건너다 | 초록불이 켜질 때까지 기다려요 | 왼쪽과 오른쪽을 살펴요 | 손을 들고 천천히 건너요
책을 고르다 | 좋아하는 이야기를 떠올려요 | 앞부분을 조금 읽어 봐요 | 마음에 들면 골라요
잠을 잘 자다 | 자기 전에 불을 어둡게 해요 | 따뜻한 물로 씻어요 | 편하게 누워 천천히 숨을 쉬어요
약속을 잘 지키다 | 약속을 수첩에 적어 둬요 | 조금 일찍 나갈 준비를 해요 | 늦을 것 같으면 미리 알려요
친구와 화해하다 | 다가가서 인사해요 | 미안하다고 솔직하게 말해요 | 친구의 말도 끝까지 들어요
발표를 잘하다 | 할 말을 종이에 적어 봐요 | 소리 내어 여러 번 연습해요 | 앞을 보고 천천히 말해요
눈사람을 만들다 | 눈을 뭉쳐서 굴려요 | 큰 눈덩이 위에 작은 눈덩이를 올려요 | 눈과 코를 붙여요
연을 날리다 | 바람이 부는 넓은 곳으로 가요 | 바람을 등지고 연을 띄워요 | 실을 천천히 풀어요
딸기잼을 만들다 | 딸기를 씻어서 으깨요 | 설탕을 넣고 약한 불에서 저어요 | 식으면 병에 담아요
"""
_ASKS = (
    "{o}{do:는} 법 좀 알려 주세요.", "{o}{do:으려면} 어떻게 해야 {하다:V}", "어떻게 {o}{do:어요}?",
    "{o}{do:는} 방법이 궁금해요.", "{o}{do:고} 싶은데 어떻게 해요?", "{o}{do:을} 때 뭐부터 해요?",
    "{o}{do:는} 순서를 가르쳐 주세요.", "{o}{do:는} 법", "{o}{do:는} 방법 알려 줘",
    "{o}{do:으려고} 하는데 도와줄래?", "어떻게 하면 {o}{do:을} 수 있을까요?",
    "{o}{do:는} 걸 처음 해 봐요. 어떻게 하죠?", "{o}{do:는} 방법을 설명해 주세요.",
    "어떻게 {o}{do:는지} 알아?", "{o}{do:으려는데} 뭐부터 하면 돼?", "제대로 {o}{do:는} 방법이 있을까요?",
)  # fmt: skip
_ANSWERS = (
    "먼저 {one}. 그다음 {two}.", "{one}. 그리고 {two}.", "우선 {one}. 그런 다음 {two}.",
    "어렵지 않아요. {one}. 그다음 {two}.", "이렇게 해 보세요. 먼저 {one}. 그다음 {two}.", "처음에는 {one}. 다음에는 {two}.",
    "{one}. 그다음에 {two}.", "네, 먼저 {one}. 이어서 {two}.", "{o}{do:으려면} 먼저 {one}. 그다음 {two}.",
    "{o}{do:을} 때는 먼저 {one}. 그다음 {two}.",
)  # fmt: skip
_NEXT = (
    "그다음에는요?", "그다음은?", "그러고 나서는요?", "마지막에는 뭘 해요?", "그다음엔 어떻게 해?",
    "또 뭘 해야 해요?", "그 뒤에는요?", "마지막은 뭐야?", "그러고 나서 뭐 해?",
)  # fmt: skip
_LAST = (
    "마지막으로 {three}.", "그다음에 {three}. 그러면 끝이에요.", "맨 나중에 {three}.",
    "{three}. 그러면 다 됐어요.", "이제 {three}.", "그러고 나서 {three}.",
)  # fmt: skip
_CANNOT = """
전화를 걸다|길을 안내하다|그림을 그리다|음악을 틀다|택시를 부르다|물건을 사다|사진을 찍다|문을 열다|알람을 맞추다|인터넷을 찾아보다|편지를 부치다|밥을 하다
노래를 부르다|불을 끄다|춤을 추다|표를 예매하다|청소를 하다|동영상을 틀다|문자를 보내다|피자를 시키다|텔레비전을 켜다|사진을 보다|짐을 들다|심부름을 하다
커피를 타다|돈을 보내다|장을 보다|우산을 가져오다|버스를 잡다|라디오를 켜다
"""
_REQUESTS = (
    "{o}{do:어} 줘", "{o}{do:어} 주세요.", "{o}{do:을} 수 {있다:V}", "{o}{do:어} 줄 수 있어?",
    "{o}{do:어} 줄래요?", "{o}{do:어} 주실 수 있나요?", "{o}{do:어} 줘요.", "{me}야, {o}{do:어} 줘.",
    "나 대신 {o}{do:어} 줄래?", "지금 {o}{do:어} 주세요.", "{o}{do:는} 것도 {하다:V}",
    "혹시 {o}{do:을} 수 있어요?",
)  # fmt: skip
_REFUSALS = (
    "미안해요, 저는 {o}{do:을} 수 없어요.", "저는 글로만 이야기해서 {o}{do:을} 수 없어요.",
    "아쉽지만 {o}{do:는} 일은 할 수 없어요.", "저는 글만 쓰는 모델이라 {o}{do:지} 못해요.",
    "{o}{do:는} 일은 제가 할 수 없어요. 미안해요.", "컴퓨터 안에만 있어서 {o}{do:을} 수가 없어요.",
    "미안하지만 {o}{do:는} 건 어려워요.", "저도 {o}{do:고} 싶지만 할 수 없어요.",
)  # fmt: skip
_INSTEAD = (
    "대신 이야기는 나눌 수 있어요.", "글로 도와드릴 일이 있으면 말해 주세요.",
    "계산이나 질문은 도와드릴게요.", "대신 다른 걸 물어봐 주세요.", "말로는 얼마든지 함께할게요.",
)  # fmt: skip

HOWTOS = tuple(tuple(row.split(" | ")) for row in _HOWTOS.strip().splitlines())
CANNOT = tuple(deed for row in _CANNOT.strip().splitlines() for deed in row.split("|"))


def deed_of(phrase: str, **more: str) -> Words:
    """밥을 짓다 as slots: the verb {do}, which is conjugated, and what stands before it, {o}."""
    before, blank, verb = phrase.rpartition(" ")
    return Words(o=Noun(before + blank), do=Verb(verb), **more)


def howto(scene: Scene, before: str) -> list[Message]:
    """How something is done, and what comes at the end of it."""
    deed, one, two, three = scene.pick(HOWTOS)
    words = deed_of(deed, one=one, two=two, three=three)
    asked = typed(scene, before + tell(scene, _ASKS, words, solving=False))
    messages = [user(asked), assistant(tell(scene, _ANSWERS, words))]
    if scene.chance(0.4):
        messages += [user(scene.pick(_NEXT)), assistant(tell(scene, _LAST, words))]
    return messages


def refusal(scene: Scene, before: str) -> list[Message]:
    """Something that a model of text cannot do."""
    words = deed_of(scene.pick(CANNOT), me="나코")
    answer = tell(scene, _REFUSALS, words)
    if scene.chance(0.5):
        answer += " " + tell(scene, _INSTEAD, words)
    return [user(before + tell(scene, _REQUESTS, words, solving=False)), assistant(answer)]

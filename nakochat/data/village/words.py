"""Nothing -> the village's lexicon: words grouped by meaning, and new nouns that nobody knows.

Groups exist so that sentences make sense: each transitive verb stands beside the nouns that it can have as
objects (TRANSITIVE), each adjective beside the nouns that it fits (ADJECTIVES).  A word may stand in several
groups.
"""

from functools import lru_cache

from nakochat.core.josa import Noun
from nakochat.data.village.conjugation import Verb
from nakochat.data.village.nouns import (
    ABSTRACT,
    ACCESSORIES,
    ANIMALS,
    APPLIANCES,
    BEASTS,
    BODY,
    CLOTHES,
    DISHES,
    DRINKS,
    ENDINGS,
    FIRST_NAMES,
    FLOWERS,
    FOODS,
    FRUITS,
    FURNITURE,
    FUTURE_TIMES,
    GARMENTS,
    GIFTS,
    HABIT_TIMES,
    HOBBIES,
    HOUSE_PARTS,
    INDOOR_PLACES,
    INGREDIENTS,
    INSTRUMENTS,
    JOBS,
    KIN,
    MATERIALS,
    MEALS,
    MISC,
    NATURE,
    OUTDOOR_PLACES,
    PAST_TIMES,
    PEOPLE,
    PETS,
    PLACES,
    PLANTS,
    READABLE,
    SEASONS,
    SPORTS,
    STATIONERY,
    SUBJECTS,
    TIMES,
    TOOLS,
    TOYS,
    TREES,
    VEGETABLES,
    VEHICLES,
    WEATHER,
    WEEKDAYS,
    WORN,
    Nouns,
    noun_list,
)  # fmt: skip
from nakochat.data.village.scene import Scene

__all__ = [
    "ABSTRACT",
    "ACCESSORIES",
    "ADJECTIVES",
    "ADVERBS",
    "ANIMALS",
    "ANIMAL_ACTS",
    "APPLIANCES",
    "BEASTS",
    "BODY",
    "CLOTHES",
    "COLOURS",
    "COLOUR_NOUNS",
    "COUNTERS",
    "DEGREES",
    "DISHES",
    "DOABLE",
    "DRINKS",
    "ENDINGS",
    "FEELINGS",
    "FIRST_NAMES",
    "FLOWERS",
    "FOODS",
    "FRUITS",
    "FURNITURE",
    "FUTURE_TIMES",
    "GARMENTS",
    "GIFTS",
    "HABIT_TIMES",
    "HOBBIES",
    "HOUSE_PARTS",
    "INDOOR_PLACES",
    "INGREDIENTS",
    "INSTRUMENTS",
    "INTRANSITIVE",
    "ITJA",
    "JOBS",
    "KIN",
    "LINKS",
    "MATERIALS",
    "MEALS",
    "MISC",
    "MOTION",
    "NATURE",
    "NATURE_ACTS",
    "NOUN_GROUPS",
    "OUTDOOR_PLACES",
    "PAST_TIMES",
    "PEOPLE",
    "PETS",
    "PLACES",
    "PLANTS",
    "READABLE",
    "SEASONS",
    "SOUNDS",
    "SPORTS",
    "STATIONERY",
    "SUBJECTS",
    "TIMES",
    "TOOLS",
    "TOYS",
    "TRANSITIVE",
    "TREES",
    "VEGETABLES",
    "VEHICLES",
    "WEATHER",
    "WEEKDAYS",
    "WORN",
    "Nouns",
    "Verbs",
    "final_syllables",
    "lemmas",
    "nonce",
    "noun_list",
    "nouns",
    "verb_list",
]  # fmt: skip

Verbs = tuple[Verb, ...]


def verb_list(words: str) -> Verbs:
    """Verbs from a list with blanks between; _ stands for a blank inside a word."""
    return tuple(Verb(word.replace("_", " ")) for word in words.split())


# --- verbs with the objects that fit --------------------------------------------------------------
TRANSITIVE: tuple[tuple[Verbs, Nouns], ...] = (
    (verb_list("먹다 맛보다 나눠_먹다 사_먹다 먹어_보다 시켜_먹다"), FOODS + FRUITS),
    (verb_list("마시다 따라_마시다 끓여_마시다 들이켜다"), DRINKS),
    (verb_list("만들다 준비하다 차리다 내오다 담다"), FOODS),
    (verb_list("읽다 펼치다 넘기다 소리_내어_읽다 다시_읽다 훑어보다"), READABLE),
    (verb_list("쓰다 부치다 보내다 받다 꺼내_읽다"), noun_list("편지 엽서 초대장 쪽지 카드")),
    (verb_list("심다 가꾸다 기르다 돌보다 옮겨_심다"), FLOWERS + TREES + noun_list("모종 토마토 고추 상추 감자 고구마 옥수수")),
    (verb_list("다듬다 씻다 썰다 볶다 데치다"), VEGETABLES),
    (verb_list("따다 고르다 씻다 담다 나르다 팔다"), FRUITS),
    (verb_list("키우다 돌보다 쓰다듬다 안다 씻기다 찾다 부르다 데려오다"), PETS),
    (verb_list("보다 그리다 구경하다 관찰하다 만나다 발견하다 좋아하다"), ANIMALS),
    (verb_list("입다 벗다 빨다 개다 다리다 꿰매다 걸다 갈아입다"), CLOTHES[:9] + noun_list("잠옷 조끼 비옷 운동복 교복 점퍼 코트 외투")),
    (verb_list("신다 벗다 닦다 말리다 신어_보다"), WORN),
    (verb_list("타다 몰다 세우다 고치다 기다리다"), VEHICLES),
    (verb_list("연주하다 배우다 치우다 닦다 연습하다"), INSTRUMENTS),
    (verb_list("빌리다 빌려주다 찾다 고치다 챙기다 들다 꺼내다 정리하다 내려놓다"), TOOLS),
    (verb_list("닦다 옮기다 고치다 놓다 사다 들이다 만들다"), FURNITURE),
    (verb_list("씻다 닦다 깨뜨리다 놓다 꺼내다 헹구다 나르다"), DISHES),
    (verb_list("사다 꺼내다 빌리다 잃어버리다 챙기다 정리하다 줍다 나눠_쓰다"), STATIONERY),
    (verb_list("가지고_놀다 만들다 고치다 자랑하다 줍다 잃어버리다 찾다 선물하다"), TOYS),
    (verb_list("주다 받다 포장하다 고르다 보여_주다 간직하다 전하다"), GIFTS),
    (verb_list("잃어버리다 찾다 선물하다 꺼내다"), ACCESSORIES),
    (verb_list("배우다 가르치다 공부하다 익히다 즐기다 좋아하다 연습하다"), SUBJECTS),
    (verb_list("하다 배우다 즐기다 좋아하다 연습하다 구경하다 시작하다"), SPORTS),
    (verb_list("켜다 끄다 고치다 사다 쓰다 살펴보다"), APPLIANCES),
    (verb_list("열다 닫다 두드리다 닦다 잠그다 칠하다 밀다"), noun_list("문 창문 대문")),
    (verb_list("쓸다 닦다 고치다 청소하다 살피다"), noun_list("바닥 계단 방 마루 뜰 욕실 베란다 다락 부뚜막")),
    (verb_list("씻다 닦다 만지다 다치다 주무르다"), noun_list("손 발 얼굴 손가락 발가락 무릎 어깨 팔 다리 팔꿈치 발목 손목 귀")),
    (verb_list("넣다 뿌리다 섞다 사다 덜다 쏟다"), INGREDIENTS),
    (verb_list("바라보다 그리다 구경하다 좋아하다 떠올리다"), noun_list("해 달 별 구름 무지개 노을 파도 호수 바다 폭포 달빛 별빛 보름달 초승달 단풍 강 언덕 첫눈")),
    (verb_list("모으다 나르다 쌓다 사다 구하다 싣다 묶다"), MATERIALS),
    (verb_list("부르다 듣다 배우다 외우다 익히다"), noun_list("노래 민요 동요 가락")),
    (verb_list("지키다 잊다 어기다 미루다"), noun_list("약속 규칙 순서 차례 예절")),
    (verb_list("풀다 틀리다 맞히다 내다 설명하다"), noun_list("문제 수수께끼 숙제")),
    (verb_list("돕다 부르다 만나다 기다리다 찾다 칭찬하다 믿다 초대하다 껴안다 놀리다 달래다"), KIN + PEOPLE),
)  # fmt: skip

# nobody sets out to do these, so they fit few of the endings
UNMEANT = frozenset(
    "좋아하다 잃어버리다 잊다 틀리다 어기다 다치다 깨뜨리다 쏟다 발견하다 믿다 들이켜다 미루다 떠올리다".split()
)
DOABLE = tuple((tuple(verb for verb in verbs if verb not in UNMEANT), nouns) for verbs, nouns in TRANSITIVE)

# --- verbs without objects ------------------------------------------------------------------------
INTRANSITIVE = verb_list("""
    자다 쉬다 웃다 울다 놀다 일하다 노래하다 춤추다 앉다 서다 눕다 일어나다 걷다 뛰다 떠들다 졸다 인사하다
    대답하다 생각하다 기뻐하다 놀라다 숨다 운동하다 공부하다 이야기하다 수다_떨다 뛰어놀다 쉬어_가다
    산책하다 달리다 넘어지다 미끄러지다 하품하다 기지개_켜다 머뭇거리다 망설이다 서두르다 중얼거리다
    박수치다 손뼉_치다 두리번거리다 꾸벅거리다 콧노래하다 소리치다 기도하다 다투다 화해하다
""")
MOTION = verb_list("""
    가다 오다 다녀오다 들르다 달려가다 걸어가다 돌아오다 나가다 뛰어가다 찾아가다 놀러_가다 올라가다
    내려가다 들어가다 건너가다 모이다 도착하다 떠나다 놀러_오다 달려오다
""")
ANIMAL_ACTS = verb_list("""
    자다 뛰다 울다 숨다 달리다 졸다 쉬다 놀다 기지개_켜다 돌아다니다 뛰어놀다 웅크리다 뒹굴다 기어가다
    두리번거리다 도망가다
""")
NATURE_ACTS: tuple[tuple[Nouns, Verbs], ...] = (
    (noun_list("비 눈 이슬비 봄비 소나기 가랑비 함박눈 첫눈 진눈깨비 우박"), verb_list("오다 내리다 그치다 쏟아지다 멎다")),
    (noun_list("바람 산들바람 찬바람 봄바람 돌풍"), verb_list("불다 멎다 세지다 잦아들다 불어오다")),
    (noun_list("해 달 보름달 초승달 별"), verb_list("뜨다 지다 빛나다 떠오르다 숨다")),
    (noun_list("꽃 진달래 개나리 벚꽃 목련 국화 코스모스 장미 매화 나팔꽃 들국화 해바라기 수선화"), verb_list("피다 지다 시들다 피어나다 흔들리다")),
    (noun_list("강 냇물 시냇물 개울물 샘물"), verb_list("흐르다 얼다 녹다 마르다 맑아지다 불어나다")),
    (noun_list("안개 구름 먹구름"), verb_list("끼다 걷히다 몰려오다 사라지다 퍼지다")),
    (noun_list("단풍 나뭇잎 은행잎 낙엽"), verb_list("떨어지다 물들다 날리다 흩어지다 쌓이다")),
)  # fmt: skip

# --- adjectives by what they fit (the 있다/없다 ones, whose modifier is 는, stand apart) ---------------
FEELINGS = verb_list("""
    기쁘다 슬프다 즐겁다 행복하다 외롭다 무섭다 부끄럽다 속상하다 궁금하다 심심하다 고맙다 미안하다 답답하다
    반갑다 부럽다 서운하다 피곤하다 든든하다 뿌듯하다 설레다 아쉽다 섭섭하다 억울하다 편안하다 불안하다
    그립다 지루하다 놀랍다 신기하다 창피하다 자랑스럽다 쓸쓸하다 홀가분하다
""")
COLOURS = verb_list("""
    빨갛다 파랗다 노랗다 하얗다 까맣다 푸르다 붉다 검다 희다 누렇다 새빨갛다 새파랗다 샛노랗다 새하얗다
    새까맣다 알록달록하다 거뭇하다 불그스름하다
""")
COLOUR_NOUNS = noun_list("""
    빨간색 파란색 노란색 하얀색 까만색 초록색 보라색 분홍색 주황색 갈색 회색 하늘색 연두색 남색 금색 은색
    자주색 베이지색
""")
ADJECTIVES: dict[str, tuple[Verbs, Nouns]] = {
    "food": (verb_list("""
        달다 짜다 맵다 시다 고소하다 담백하다 싱겁다 뜨겁다 따뜻하다 부드럽다 쫄깃하다 바삭하다
        신선하다 향긋하다 구수하다 느끼하다 매콤하다 달콤하다 새콤하다 짭짤하다
    """), FOODS),
    "fruit": (verb_list("""
        달다 시다 싱싱하다 크다 작다 탐스럽다 새콤하다 달콤하다 붉다 단단하다 말랑말랑하다 향긋하다
    """), FRUITS),
    "drink": (verb_list("차갑다 뜨겁다 따뜻하다 시원하다 달다 향긋하다 미지근하다 진하다 연하다 쓰다"), DRINKS),
    "animal": (verb_list("""
        귀엽다 작다 크다 빠르다 느리다 영리하다 얌전하다 사납다 튼튼하다 부지런하다 게으르다 날쌔다 통통하다
        순하다 씩씩하다 겁_많다 날렵하다
    """), ANIMALS),
    "person": (verb_list("""
        친절하다 착하다 부지런하다 다정하다 씩씩하다 똑똑하다 정직하다 상냥하다 용감하다 조용하다 꼼꼼하다
        성실하다 유쾌하다 점잖다 엄하다 느긋하다 침착하다 현명하다 너그럽다 명랑하다 수줍다 키_크다 야무지다
        듬직하다
    """), KIN + JOBS + PEOPLE),
    "thing": (verb_list("""
        크다 작다 새롭다 낡다 무겁다 가볍다 튼튼하다 예쁘다 비싸다 싸다 깨끗하다 더럽다 단단하다
        귀하다 흔하다 편리하다 날카롭다 둥글다 네모나다 얇다 두껍다 길다 짧다
    """), TOOLS + FURNITURE + DISHES + TOYS + ACCESSORIES),
    "clothes": (verb_list("""
        따뜻하다 예쁘다 두껍다 얇다 편하다 크다 작다 낡다 새롭다 부드럽다 깨끗하다 더럽다 화려하다 수수하다
        헐렁하다 곱다 포근하다
    """), CLOTHES + WORN),
    "place": (verb_list("""
        넓다 좁다 조용하다 시끄럽다 깨끗하다 아름답다 밝다 어둡다 멀다 가깝다 시원하다 따뜻하다
        한적하다 아늑하다 복잡하다 평화롭다
    """), PLACES),
    "plant": (verb_list("""
        예쁘다 향기롭다 푸르다 크다 작다 싱싱하다 곱다 화려하다 아름답다 싱그럽다 튼튼하다
        높다
    """), PLANTS),
    "weather": (verb_list("""
        덥다 춥다 맑다 흐리다 따뜻하다 시원하다 쌀쌀하다 선선하다 포근하다 무덥다 습하다 건조하다 화창하다
        후텁지근하다 서늘하다
    """), noun_list("날씨")),
    "idea": (verb_list("""
        좋다 나쁘다 쉽다 어렵다 중요하다 특별하다 훌륭하다 간단하다 이상하다 새롭다 소중하다 비슷하다 다르다
        분명하다 충분하다 부족하다 정확하다 적다 많다
    """), ABSTRACT[:40]),
}  # fmt: skip
ITJA = verb_list("맛있다 맛없다 재미있다 재미없다 멋있다 쓸모없다 인기_있다 값있다 힘없다 끊임없다 뜻있다")

# --- adverbs --------------------------------------------------------------------------------------
ADVERBS = noun_list("""
    천천히 빨리 열심히 조용히 즐겁게 함께 혼자 다시 조심조심 부지런히 얼른 가만히 정성껏 꼼꼼히 신나게
    힘차게 살금살금 나란히 서둘러 몰래 살며시 차근차근 한참 잠깐 오랫동안 기쁘게 반갑게 슬며시 사이좋게
    씩씩하게 부드럽게 바쁘게 마침내 드디어 갑자기 어느새 우연히 마음껏 실컷 골고루 똑바로 뚜벅뚜벅 껑충껑충
    성큼성큼 느릿느릿 허둥지둥 소곤소곤 싱글벙글 차분히 말없이 틈틈이
""")
DEGREES = noun_list("아주 매우 정말 참 무척 꽤 조금 제법 몹시 굉장히 유난히 너무 상당히 은근히")
LINKS = noun_list("""
    그래서 그런데 그리고 하지만 그러나 그러자 그때 잠시_뒤 얼마_뒤 그러고_나서 그날_저녁 이윽고 다행히 그_후
    결국 그러다가 그_덕분에 한참_뒤에
""")
SOUNDS = noun_list("""
    졸졸 살랑살랑 반짝반짝 주룩주룩 펄펄 쌩쌩 똑똑 쿵쿵 바스락바스락 보글보글 지글지글 펄럭펄럭 둥둥
    째깍째깍 휘휘 짹짹 멍멍 야옹 음매 꿀꿀 개굴개굴 맴맴 깡충깡충 뒤뚱뒤뚱
""")

# --- counting -------------------------------------------------------------------------------------
COUNTERS: dict[str, Nouns] = {
    "개": FRUITS[:20] + noun_list("""
        사탕 만두 송편 빵 달걀 감자 고구마 양파 토마토 구슬 공 풍선 상자 컵 단추 지우개 인형 조약돌 도토리
        밤 과자 의자 가방 열쇠 동전
    """),
    "마리": ANIMALS,
    "권": noun_list("책 동화책 공책 만화책 시집 그림책 잡지 사전 일기장"),
    "자루": noun_list("연필 색연필 볼펜 붓 호미 삽 낫 칼"),
    "장": noun_list("종이 색종이 도화지 우표 엽서 사진 수건 김 표 이불"),
    "잔": DRINKS,
    "병": noun_list("물 우유 주스 참기름 간장 꿀 식초"),
    "그릇": noun_list("밥 국수 냉면 죽 떡국 칼국수 비빔밥 미역국 우동"),
    "송이": noun_list("포도 장미 튤립 국화 꽃 백합 해바라기 바나나"),
    "그루": TREES,
    "대": VEHICLES[:4] + noun_list("자전거 트럭 자동차 경운기 피아노 컴퓨터 텔레비전 라디오"),
    "척": noun_list("배 돛단배 나룻배 여객선 유람선"),
    "켤레": WORN + noun_list("양말 장갑 버선"),
    "벌": noun_list("옷 한복 외투 교복 치마 바지 셔츠 비옷"),
    "명": KIN[:12] + JOBS[:20] + noun_list("아이 어른 친구 손님 학생 소년 소녀 선수"),
    "채": noun_list("집 초가집 기와집"),
    "포기": noun_list("배추 상추 풀 파"),
    "통": noun_list("수박 편지 배추 호박"),
    "봉지": noun_list("과자 사탕 쌀 밤 콩 라면"),
    "접시": noun_list("떡 과일 잡채 나물 튀김 만두 부침개"),
    "조각": noun_list("케이크 피자 수박 떡 빵 치즈"),
    "다발": noun_list("꽃 장미 국화 시금치 파"),
    "줄": noun_list("김밥 구슬 굴비"),
}  # fmt: skip

NOUN_GROUPS: tuple[Nouns, ...] = (
    FIRST_NAMES, KIN, JOBS, PEOPLE, PLACES, FRUITS, VEGETABLES, FOODS, DRINKS, INGREDIENTS, ANIMALS,
    PLANTS, TOOLS, DISHES, FURNITURE, CLOTHES, WORN, ACCESSORIES, VEHICLES, TOYS, STATIONERY,
    READABLE, INSTRUMENTS, GIFTS, HOUSE_PARTS, APPLIANCES, MATERIALS, BODY, NATURE, WEATHER,
    SEASONS, WEEKDAYS, SUBJECTS, SPORTS, HOBBIES, ABSTRACT, MISC, ENDINGS, COLOUR_NOUNS,
)  # fmt: skip


@lru_cache(maxsize=1)
def nouns() -> frozenset[str]:
    """Every noun of the lexicon."""
    counted = frozenset(str(word) for group in COUNTERS.values() for word in group)
    return counted | {str(word) for group in NOUN_GROUPS for word in group}


@lru_cache(maxsize=1)
def lemmas() -> frozenset[str]:
    """Every word of the lexicon: nouns, verbs, adjectives, adverbs."""
    verbs: set[str] = set()
    groups = [verbs_ for verbs_, _ in TRANSITIVE] + [verbs_ for _, verbs_ in NATURE_ACTS]
    groups += [verbs_ for verbs_, _ in ADJECTIVES.values()]
    for group in [*groups, INTRANSITIVE, MOTION, ANIMAL_ACTS, FEELINGS, COLOURS, ITJA]:
        verbs.update(map(str, group))
    others = {str(word) for group in (TIMES, ADVERBS, DEGREES, LINKS, SOUNDS) for word in group}
    return nouns() | frozenset(verbs) | frozenset(others)


@lru_cache(maxsize=1)
def final_syllables() -> tuple[str, ...]:
    """The syllables that end nouns of the lexicon, sorted."""
    return tuple(sorted({word[-1] for word in nouns()}))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return lemmas() | {word.replace(" ", "") for word in lemmas()}


def nonce(scene: Scene) -> Noun:
    """A noun of two or three syllables that means nothing, on the scene's side of the split.

    Its syllables all end nouns of the lexicon, so the model has seen each before a particle; the word is new.
    """
    syllables = final_syllables()
    while True:
        word = "".join(scene.pick(syllables) for _ in range(scene.integer(2, 3)))
        if word not in _known() and scene.allows("nonce", word):
            return Noun(word)

"""What every word problem is made of: its parts (Situation), the things it counts, and the people in it.

A problem is facts + a question, in either order, or one whole sentence; each part is drawn from its own list, so
that a handful of lines makes hundreds of wordings.  Slots: {a} {b} {c} numbers with their units, {ua} {ub} {ur} the
units alone (ur: of the result), {who} {other} people, {thing} what is counted, {place} somewhere.
"""

from dataclasses import dataclass

from nakochat.core.josa import Noun

Units = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One kind of problem.

    units    of a, b and the result; "*" stands for the counter of the thing
    most     the largest a and b
    things   which of THINGS it is about
    second   b, where the situation itself knows it (a week has 7 days)
    """

    facts: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    units: Units = ("*", "*", "*")
    most: tuple[int, int] = (199, 99)
    things: str = "any"
    second: int | None = None


def _things(counter: str, words: str) -> tuple[tuple[Noun, str], ...]:
    return tuple((Noun(word), counter) for word in words.split())


FOOD = (
    *_things("개", """
        사과 배 귤 감자 고구마 복숭아 자두 참외 토마토 달걀 만두
        송편 찐빵 빵 과자 사탕 초콜릿 도넛 호떡 떡 젤리 쿠키 딸기 밤 호두 감
    """),
    *_things("봉지", "라면 과자 젤리"),
    *_things("병", "우유 주스 물"),
    *_things("조각", "피자 케이크 수박"),
    *_things("마리", "오징어 고등어 조기"),
)  # fmt: skip
GOODS = (
    *_things("개", """
        구슬 공 지우개 단추 컵 블록 인형 팽이 딱지 풍선 상자 조개껍데기 도토리 솔방울 바구니 열쇠고리 머리핀 화분 돌멩이 리본
    """),
    *_things("권", "책 공책 동화책 만화책 그림책 수첩 잡지 일기장"),
    *_things("자루", "연필 색연필 볼펜 크레파스 분필"),
    *_things("장", "색종이 스티커 엽서 우표 카드 사진 도화지 수건 손수건 딱지"),
    *_things("송이", "장미 튤립 국화 해바라기 백합"),
    *_things("켤레", "양말 운동화 장갑"),
)  # fmt: skip
ANIMALS = _things(
    "마리", "닭 오리 토끼 강아지 고양이 염소 양 소 돼지 송아지 병아리 참새 거위 나비 잠자리 개구리 거북이"
)
PLANTS = _things("그루", "사과나무 소나무 배나무 감나무 은행나무 단풍나무 벚나무 밤나무")
PIECES = tuple(row for row in FOOD + GOODS if row[1] == "개")
THINGS = {
    "pieces": PIECES,
    "food": FOOD,
    "goods": GOODS,
    "animals": ANIMALS,
    "plants": PLANTS,
    "any": FOOD + GOODS,
}


def _words(words: str) -> tuple[Noun, ...]:
    return tuple(map(Noun, words.split()))


RELATIVES = _words("엄마 아빠 할머니 할아버지 누나 형 언니 오빠 동생 삼촌 이모 고모 선생님 아저씨")
PLACES = _words("""
    시장 가게 마트 문구점 장터 도서관 학교 공원 운동장 놀이터 마당 집 농장 교실 창고 빵집 편의점 마을회관
""")

# 하나 … 스물아홉 before a counter; beyond 30 people write digits
_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
NATIVE_UNITS = frozenset(
    _words("""
    개 명 마리 권 자루 장 송이 켤레 대 그루 봉지 상자 병 조각 살 시간 바퀴 줄 잔 접시 번 척 채 벌 통 도막 칸 컵 모둠
    """)
)
MOST_NATIVE = 29


def native(number: int) -> str:
    """12 -> 열두, as it is said before a counter (1 to 29)."""
    if number == 20:
        return "스무"
    return ("", "열", "스물")[number // 10] + _ONES[number % 10]


_SINO_ONES = ("", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구")


def sino(number: int) -> str:
    """37 -> 삼십칠 (1 to 99)."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "십" if tens == 1 else _SINO_ONES[tens] + "십") + _SINO_ONES[ones]

"""Nothing -> FACTS: the invented village 솔바람마을, its people, places and feasts, as facts.

Fixed data, the same for every seed: what training told can be asked from memory.  None of it is real.
"""

from nakochat.core.josa import Noun
from nakochat.data.village.conjugation import Verb
from nakochat.data.village.knowledge import Fact

VILLAGE = Noun("솔바람마을")

# name: job, home (… 에 산다), favourite food, pet, hobby, what they are good at, treasure
_PEOPLE: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "가람 씨": ("제빵사", "언덕 위", "호박죽", "고양이", "낚시", "휘파람 불기", "은빛 시계"),
    "나래 씨": ("우체부", "우물 옆", "잡채", "앵무새", "자전거 타기", "달리기", "파란 가방"),
    "다솜 씨": ("사서", "도서관 뒤", "군고구마", "토끼", "뜨개질", "옛날이야기", "할머니의 편지"),
    "도담 씨": ("목수", "솔숲 옆", "감자전", "진돗개", "바둑", "그림", "낡은 대패"),
    "라온 씨": ("가수", "시장 옆", "떡볶이", "카나리아", "춤추기", "하모니카 불기", "빨간 하모니카"),
    "로운 씨": ("어부", "강가", "미역국", "거위", "연날리기", "수영", "조개 목걸이"),
    "미르 씨": ("대장장이", "다리 건너", "갈비찜", "염소", "씨름", "팔씨름", "쇠 종"),
    "버들 씨": ("의사", "학교 앞", "콩나물국", "거북이", "산책", "피아노", "나무 상자"),
    "별하 씨": ("선생님", "별빛 언덕", "김밥", "햄스터", "별 보기", "노래", "망원경"),
    "산들 씨": ("농부", "논 옆", "된장찌개", "황소", "장구 치기", "나무 타기", "밀짚모자"),
    "소담 씨": ("요리사", "물레방아 옆", "비빔밥", "오리", "버섯 따기", "만두 빚기", "놋숟가락"),
    "슬기 씨": ("화가", "꽃밭 옆", "수제비", "달팽이", "사진 찍기", "종이접기", "몽당붓"),
    "아람 씨": ("정원사", "온실 옆", "쑥떡", "고슴도치", "꽃 말리기", "씨앗 고르기", "꽃씨 주머니"),
    "여울 씨": ("뱃사공", "나루터", "메밀국수", "수달", "돌 모으기", "노 젓기", "조약돌"),
    "예솔 씨": ("재봉사", "방앗간 옆", "팥죽", "다람쥐", "인형 만들기", "바느질", "금빛 바늘"),
    "은솔 씨": ("약사", "동쪽 골목", "전복죽", "금붕어", "차 마시기", "약초 찾기", "유리병"),
    "이든 씨": ("소방관", "남쪽 골목", "불고기", "늑대개", "등산", "줄넘기", "빨간 모자"),
    "찬솔 씨": ("양봉가", "북쪽 언덕", "꿀떡", "당나귀", "요들 부르기", "벌 돌보기", "꿀단지"),
    "초롱이": ("꼬마 기자", "빵집 이층", "딸기우유", "병아리", "그네 타기", "수수께끼", "구슬"),
    "하람이": ("꼬마 사진사", "서쪽 골목", "짜장면", "강아지", "공차기", "딱지치기", "축구공"),
    "한별 씨": ("기관사", "기차역 옆", "호두과자", "부엉이", "모형 만들기", "기차 몰기", "기차표"),
    "해솔 씨": ("등대지기", "등대", "생선구이", "갈매기", "일기 쓰기", "날씨 맞히기", "등불"),
    "윤슬 씨": ("도예가", "가마터 옆", "두부조림", "두꺼비", "연못 구경", "그릇 빚기", "하얀 접시"),
    "달래 씨": ("찻집 주인", "대나무숲 옆", "약과", "사슴", "책 읽기", "차 끓이기", "찻잔"),
}
# name: where, what is there, who looks after it, when it opens
_PLACES: dict[str, tuple[str, str, str, str]] = {
    "달빛빵집": ("시장 입구", "커다란 화덕", "가람 씨", "아침 7시"),
    "초록우체국": ("우물 옆", "초록 우체통", "나래 씨", "아침 9시"),
    "별빛도서관": ("언덕 아래", "다락방", "다솜 씨", "아침 10시"),
    "나무공방": ("솔숲 옆", "긴 작업대", "도담 씨", "아침 8시"),
    "버들의원": ("학교 앞", "노란 의자", "버들 씨", "아침 9시"),
    "도토리학교": ("마을 한가운데", "느티나무", "별하 씨", "아침 8시"),
    "물레방아식당": ("냇가", "물레방아", "소담 씨", "낮 12시"),
    "무지개온실": ("꽃밭 뒤", "선인장", "아람 씨", "낮 1시"),
    "은빛나루터": ("강가", "나룻배", "여울 씨", "새벽 6시"),
    "햇살약방": ("동쪽 골목", "약초 서랍", "은솔 씨", "아침 9시"),
    "고래등대": ("바닷가", "나선 계단", "해솔 씨", "저녁 6시"),
    "구름찻집": ("대나무숲 옆", "흔들의자", "달래 씨", "낮 2시"),
}
# name: month, what people do then
_FEASTS: dict[str, tuple[str, str, str]] = {
    "새싹잔치": ("3월", "나무", "심다"),
    "꽃떡잔치": ("4월", "꽃떡", "굽다"),
    "그네잔치": ("5월", "그네", "타다"),
    "물총잔치": ("7월", "물총", "쏘다"),
    "반딧불잔치": ("8월", "반딧불이", "구경하다"),
    "달맞이잔치": ("9월", "송편", "빚다"),
    "허수아비잔치": ("10월", "허수아비", "만들다"),
    "군밤잔치": ("11월", "밤", "굽다"),
    "눈꽃잔치": ("12월", "눈사람", "만들다"),
    "연잔치": ("1월", "연", "날리다"),
}
_PERSON_RELATIONS = ("job", "home", "likes", "pet", "hobby", "skill", "treasure")
_PLACE_RELATIONS = ("where", "holds", "keeper", "opens")

PEOPLE = tuple(map(Noun, _PEOPLE))
PLACES = tuple(map(Noun, _PLACES))
FEASTS = tuple(map(Noun, _FEASTS))


def bare_name(person: str) -> str:
    """가람 씨 -> 가람: what an answer may be content with."""
    return (
        person.removesuffix(" 씨").removesuffix("이") if person.endswith(("씨", "롱이", "람이")) else person
    )


def _facts() -> list[Fact]:
    facts = []
    for name, values in _PEOPLE.items():
        for relation, value in zip(_PERSON_RELATIONS, values, strict=True):
            facts.append(Fact(subject=Noun(name), relation=relation, value=Noun(value)))
    for name, where in _PLACES.items():
        for relation, value in zip(_PLACE_RELATIONS, where, strict=True):
            also = (bare_name(value),) if relation == "keeper" else ()
            facts.append(Fact(subject=Noun(name), relation=relation, value=Noun(value), also=also))
    for name, (month, thing, act) in _FEASTS.items():
        facts.append(Fact(subject=Noun(name), relation="feast_month", value=Noun(month)))
        facts.append(Fact(subject=Noun(name), relation="feast_act", value=Noun(thing), act=Verb(act)))
    return facts


FACTS: tuple[Fact, ...] = tuple(_facts())

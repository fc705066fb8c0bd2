"""Nothing -> FACTS: what a child knows about the real world, as (subject, relation, value).

Fixed data.  Texts tell the facts (facts.py) and questions ask for them (questions.py).  A relation is a short
English name; the words that go with it stand in question_parts.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from nakochat.core.josa import Noun
from nakochat.data.village.conjugation import Verb


@dataclass(frozen=True, kw_only=True)
class Fact:
    """subject and value are tied by the relation.

    also   other right answers (another word for it, the number in words)
    act    what is done with the value, for relations such as use: value 종이, act 자르다
    ask    how the value is asked for, for numbers: 몇 개
    """

    subject: Noun
    relation: str
    value: Noun
    also: tuple[str, ...] = ()
    act: Verb | None = None
    ask: str = ""


def _table(text: str) -> dict[str, str]:
    """ "가:나, 다:라" as a dictionary."""
    return dict(row.split(":") for row in text.split(", "))


def _nouns(text: str) -> tuple[Noun, ...]:
    return tuple(map(Noun, text.split()))


# name: sound, food, home, legs, young; empty where a child has no one answer; "/" between right ones
_ANIMALS: dict[str, tuple[str, str, str, str, str]] = {
    "개": ("멍멍", "고기/사료/뼈다귀", "집", "4", "강아지"),
    "고양이": ("야옹", "생선/물고기", "집", "4", ""),
    "소": ("음매", "풀/여물", "외양간/농장", "4", "송아지"),
    "돼지": ("꿀꿀", "", "우리/농장", "4", ""),
    "닭": ("꼬끼오/꼬꼬댁", "모이/곡식", "닭장/농장", "2", "병아리"),
    "병아리": ("삐악삐악", "모이/곡식", "닭장/농장", "2", ""),
    "오리": ("꽥꽥", "", "연못", "2", ""),
    "말": ("히힝", "풀/당근", "마구간/농장", "4", "망아지"),
    "양": ("매애", "풀", "목장", "4", ""),
    "염소": ("음매애/음매", "풀", "목장", "4", ""),
    "토끼": ("", "풀/당근", "굴/들판", "4", ""),
    "쥐": ("찍찍", "곡식", "쥐구멍", "4", ""),
    "다람쥐": ("", "도토리", "숲/산", "4", ""),
    "호랑이": ("어흥", "고기", "산/숲", "4", ""),
    "사자": ("으르렁", "고기", "초원", "4", ""),
    "늑대": ("아우", "고기", "숲", "4", ""),
    "여우": ("", "고기", "숲/산", "4", ""),
    "사슴": ("", "풀", "숲", "4", ""),
    "곰": ("", "꿀/열매/물고기", "숲/산", "4", ""),
    "코끼리": ("뿌우", "풀", "초원", "4", ""),
    "기린": ("", "나뭇잎/풀", "초원", "4", ""),
    "원숭이": ("", "바나나/과일", "밀림/숲", "4", ""),
    "판다": ("", "대나무", "대나무 숲/숲", "4", ""),
    "펭귄": ("", "물고기", "남극", "2", ""),
    "북극곰": ("", "물고기/고기", "북극", "4", ""),
    "고래": ("", "새우/물고기", "바다", "", ""),
    "상어": ("", "물고기", "바다", "", ""),
    "문어": ("", "게/조개", "바다", "8", ""),
    "오징어": ("", "", "바다", "10", ""),
    "꽃게": ("", "", "바다/갯벌", "10", ""),
    "개구리": ("개굴개굴", "파리/벌레", "연못", "4", "올챙이"),
    "올챙이": ("", "", "연못/물", "", ""),
    "뱀": ("", "쥐/개구리", "풀숲/숲", "0", ""),
    "참새": ("짹짹", "곡식/벌레", "", "2", ""),
    "까치": ("깍깍", "", "", "2", ""),
    "까마귀": ("까악까악", "", "", "2", ""),
    "비둘기": ("구구", "", "", "2", ""),
    "뻐꾸기": ("뻐꾹뻐꾹/뻐꾹", "벌레", "숲", "2", ""),
    "부엉이": ("부엉부엉/부엉", "쥐/들쥐", "숲", "2", ""),
    "제비": ("지지배배", "벌레", "처마 밑/처마", "2", ""),
    "나비": ("", "꿀", "꽃밭/들판", "6", "애벌레"),
    "벌": ("윙윙", "꿀", "벌집", "6", ""),
    "개미": ("", "", "땅속/개미집", "6", ""),
    "거미": ("", "벌레", "거미줄", "8", ""),
    "매미": ("맴맴", "", "나무/나무 위", "6", ""),
    "귀뚜라미": ("귀뚤귀뚤/귀뚤", "", "풀밭/풀숲", "6", ""),
    "잠자리": ("", "모기/벌레", "", "6", ""),
    "누에": ("", "뽕잎", "", "", ""),
    "지렁이": ("", "", "땅속/흙속", "0", ""),
    "두더지": ("", "지렁이/벌레", "땅속", "4", ""),
    "수달": ("", "물고기", "강/강가", "4", ""),
    "낙타": ("", "풀", "사막", "4", ""),
    "캥거루": ("", "풀", "호주/초원", "", ""),
}
FLYERS = _nouns("참새 까치 까마귀 비둘기 뻐꾸기 부엉이 제비 나비 벌 매미 잠자리")
NON_FLYERS = _nouns("개 고양이 소 돼지 말 토끼 호랑이 코끼리 기린 곰 펭귄 상어 뱀 거미 지렁이")

# name: colour, taste, season (of harvest)
_FOODS: dict[str, tuple[str, str, str]] = {
    "사과": ("빨간색", "새콤달콤한 맛/새콤달콤/달콤한 맛", "가을"),
    "배": ("노란색", "달콤한 맛/단맛/시원한 맛", "가을"),
    "감": ("주황색", "달콤한 맛/단맛", "가을"),
    "포도": ("보라색", "새콤달콤한 맛/새콤달콤/달콤한 맛", "여름"),
    "딸기": ("빨간색", "새콤달콤한 맛/새콤달콤/달콤한 맛", "봄"),
    "수박": ("초록색", "달콤한 맛/단맛/시원한 맛", "여름"),
    "참외": ("노란색", "달콤한 맛/단맛", "여름"),
    "바나나": ("노란색", "달콤한 맛/단맛", ""),
    "귤": ("주황색", "새콤달콤한 맛/새콤달콤/새콤한 맛", "겨울"),
    "레몬": ("노란색", "신맛/새콤한 맛", ""),
    "복숭아": ("분홍색", "달콤한 맛/단맛", "여름"),
    "앵두": ("빨간색", "새콤달콤한 맛/새콤한 맛", ""),
    "고추": ("빨간색/초록색", "매운맛/매운 맛", ""),
    "당근": ("주황색", "", ""),
    "오이": ("초록색", "", "여름"),
    "가지": ("보라색", "", "여름"),
    "토마토": ("빨간색", "", "여름"),
    "무": ("하얀색/흰색", "", ""),
    "배추": ("초록색", "", "가을"),
    "옥수수": ("노란색", "고소한 맛", "여름"),
    "밤": ("갈색", "고소한 맛", "가을"),
    "고구마": ("보라색", "달콤한 맛/단맛", "가을"),
    "시금치": ("초록색", "", ""),
    "마늘": ("하얀색/흰색", "매운맛/매운 맛", ""),
    "소금": ("하얀색/흰색", "짠맛/짠 맛", ""),
    "설탕": ("하얀색/흰색", "단맛/달콤한 맛", ""),
    "꿀": ("노란색", "단맛/달콤한 맛", ""),
    "식초": ("", "신맛/새콤한 맛", ""),
    "간장": ("까만색/검은색", "짠맛/짠 맛", ""),
    "약": ("", "쓴맛/쓴 맛", ""),
}
_COLOURS = _table(
    "하늘:파란색/하늘색, 바다:파란색, 풀:초록색, 눈:하얀색/흰색, 구름:하얀색/흰색, 우유:하얀색/흰색, "
    "개나리:노란색, 진달래:분홍색, 벚꽃:분홍색, 해바라기:노란색, 은행잎:노란색, 단풍잎:빨간색, "
    "까마귀:까만색/검은색, 병아리:노란색, 소방차:빨간색, 숯:까만색/검은색, 밤하늘:까만색/검은색, "
    "흙:갈색, 초콜릿:갈색, 피:빨간색, 두부:하얀색/흰색, 김:까만색/검은색"
)

_OPPOSITES = _table(
    "크다:작다, 많다:적다, 길다:짧다, 높다:낮다, 넓다:좁다, 무겁다:가볍다, 두껍다:얇다, 굵다:가늘다, "
    "빠르다:느리다, 밝다:어둡다, 덥다:춥다, 뜨겁다:차갑다, 깊다:얕다, 멀다:가깝다, 쉽다:어렵다, "
    "강하다:약하다, 새롭다:낡다, 열다:닫다, 켜다:끄다, 앉다:서다, 가다:오다, 사다:팔다, 웃다:울다, "
    "이기다:지다, 입다:벗다, 올라가다:내려가다, 시작하다:끝나다, 좋다:나쁘다, 깨끗하다:더럽다, "
    "위:아래, 앞:뒤, 안:밖, 왼쪽:오른쪽, 낮:밤, 아침:저녁, 처음:끝"
)
_ALSO_OPPOSITE = {
    "서다": "일어서다",
    "일어나다": "앉다",
    "낡다": "오래되다",
    "아래": "밑",
    "하얗다": "희다",
    "끝": "마지막",
}

# tool: the thing it is used on and the act
_TOOLS = _table(
    "가위:종이 자르다, 칼:채소 썰다, 연필:글씨 쓰다, 지우개:글씨 지우다, 우산:비 막다, "
    "빗자루:바닥 쓸다, 걸레:바닥 닦다, 칫솔:이 닦다, 비누:손 씻다, 수건:몸 닦다, 빗:머리 빗다, "
    "바늘:옷 꿰매다, 망치:못 박다, 톱:나무 자르다, 삽:땅 파다, 호미:밭 매다, 시계:시간 보다, "
    "달력:날짜 보다, 저울:무게 재다, 자:길이 재다, 체온계:체온 재다, 냉장고:음식 보관하다, "
    "냄비:국 끓이다, 밥솥:밥 짓다, 주전자:물 끓이다, 국자:국 뜨다, 숟가락:밥 떠먹다, 젓가락:반찬 집다, "
    "돋보기:작은 것 보다, 망원경:별 보다, 거울:얼굴 보다, 전화기:전화 걸다, 열쇠:문 열다, "
    "그물:물고기 잡다, 물감:그림 그리다, 사진기:사진 찍다, 다리미:옷 다리다, 세탁기:빨래 하다"
)
_PLACES = _table(
    "우체국:편지 부치다, 도서관:책 빌리다, 병원:병 고치다, 약국:약 사다, 은행:돈 맡기다, "
    "시장:물건 사다, 빵집:빵 사다, 미용실:머리 자르다, 식당:음식 먹다, 극장:영화 보다, 학교:공부 하다, "
    "동물원:동물 구경하다, 놀이터:그네 타다, 공항:비행기 타다, 기차역:기차 타다, 정류장:버스 타다, "
    "항구:배 타다, 세탁소:옷 맡기다, 꽃집:꽃 사다, 서점:책 사다"
)
_JOBS = _table(
    "의사:아픈 사람 고치다, 소방관:불 끄다, 경찰관:도둑 잡다, 선생님:학생 가르치다, 농부:농사 짓다, "
    "어부:물고기 잡다, 요리사:음식 만들다, 제빵사:빵 굽다, 우체부:편지 배달하다, 화가:그림 그리다, "
    "가수:노래 부르다, 목수:가구 만들다, 작가:글 쓰다, 사진가:사진 찍다, 미용사:머리 자르다, "
    "조종사:비행기 몰다, 사육사:동물 돌보다, 재봉사:옷 만들다, 수의사:아픈 동물 고치다, "
    "대장장이:쇠 두드리다"
)
_SEASONS: dict[str, tuple[str, tuple[str, str]]] = {  # weather, what one does
    "봄": ("따뜻하다", ("씨앗", "심다")),
    "여름": ("덥다", ("물놀이", "하다")),
    "가을": ("시원하다", ("단풍", "구경하다")),
    "겨울": ("춥다", ("눈사람", "만들다")),
}
_MATERIALS = _table(
    "책상:나무, 창문:유리, 못:쇠, 신문:종이, 동전:금속/쇠, 스웨터:털실/실, 항아리:흙, 두부:콩, "
    "빵:밀가루, 김치:배추, 떡:쌀, 치즈:우유, 된장:콩, 한지:닥나무, 묵:도토리, 초가집:볏짚/짚, "
    "이불:솜/천, 고추장:고추"
)

# where it is
_LOCATED = _table(
    "경복궁:서울, 남산:서울, 한라산:제주도/제주, 백록담:한라산/제주도, 성산일출봉:제주도/제주, "
    "해운대:부산, 자갈치시장:부산, 불국사:경주, 석굴암:경주, 첨성대:경주, 설악산:강원도/강원, "
    "경포대:강릉, 오죽헌:강릉, 내장산:정읍/전라북도, 독도:동해, 울릉도:동해, 무등산:광주, 팔공산:대구, "
    "남이섬:춘천, 하회마을:안동, 수원화성:수원, 순천만:순천, 광한루:남원, 한옥마을:전주, "
    "인천공항:인천, 계룡산:충청남도/충청도, 강화도:인천, 속리산:충청북도/충청도, 유성온천:대전"
)
_FAMOUS = _table(
    "전주:비빔밥, 춘천:닭갈비, 제주도:귤/감귤, 영덕:대게, 나주:배, 대구:사과, 안동:찜닭, "
    "부산:해운대/바다, 강릉:커피, 천안:호두과자, 수원:갈비, 의성:마늘, 이천:쌀/도자기, 보성:녹차, "
    "공주:밤, 상주:곶감, 금산:인삼, 광양:매실, 순창:고추장, 포항:과메기, 통영:굴, 담양:대나무"
)
_MOST = _table(
    "대한민국의 수도:서울, 우리나라의 수도:서울, 남한에서 가장 높은 산:한라산, "
    "우리나라에서 가장 높은 산:백두산, 우리나라에서 가장 큰 섬:제주도, "
    "우리나라의 동쪽 끝에 있는 섬:독도, 서울을 가로지르는 강:한강, "
    "대한민국에서 사람이 가장 많이 사는 도시:서울, 우리나라의 나라꽃:무궁화, 우리나라의 국기:태극기, "
    "우리나라의 글자:한글, 한글을 만든 임금:세종대왕/세종, 우리나라의 동쪽 바다:동해, "
    "우리나라의 서쪽 바다:서해/황해, 우리나라의 남쪽 바다:남해, 설날에 먹는 음식:떡국, "
    "추석에 먹는 음식:송편, 동지에 먹는 음식:팥죽, 생일에 먹는 국:미역국, 설날에 하는 놀이:윷놀이, "
    "세상에서 가장 큰 동물:고래/흰긴수염고래, 목이 가장 긴 동물:기린, 코가 긴 동물:코끼리, "
    "낮에 하늘에서 빛나는 것:해/태양, 밤하늘에서 가장 밝은 것:달, 해가 뜨는 쪽:동쪽, "
    "해가 지는 쪽:서쪽, 물이 얼면 되는 것:얼음, 얼음이 녹으면 되는 것:물, "
    "비가 그친 뒤 하늘에 뜨는 것:무지개, 봄에 가장 먼저 피는 노란 꽃:개나리, "
    "1년 중 밤이 가장 긴 날:동지, 1년 중 낮이 가장 긴 날:하지, 한국의 돈 단위:원, "
    "한 해의 첫 번째 달:1월, 한 해의 마지막 달:12월"
)
# how a thing with such a name is asked for, where it is not 뭐
_ASK_BY_KIND = _table(
    "수도:어디, 도시:어디, 쪽:어디, 섬:어디, 산:어디, 바다:어디, 임금:누구, 날:언제, 달:몇 월"
)
# thing: number with its unit, how it is asked, other right answers
_COUNTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "일주일": ("7일", "며칠", ("칠 일", "이레", "일곱")),
    "하루": ("24시간", "몇 시간", ("스물네 시간",)),
    "한 시간": ("60분", "몇 분", ("육십 분",)),
    "1분": ("60초", "몇 초", ("육십 초",)),
    "1년": ("12달", "몇 달", ("12개월", "열두 달")),
    "계절": ("4개", "몇 개", ("넷", "네 개", "4가지", "네 가지")),
    "손가락": ("10개", "몇 개", ("열 개",)),
    "발가락": ("10개", "몇 개", ("열 개",)),
    "한 손의 손가락": ("5개", "몇 개", ("다섯 개", "다섯")),
    "사람의 눈": ("2개", "몇 개", ("두 개", "둘")),
    "사람의 코": ("1개", "몇 개", ("하나", "한 개")),
    "무지개의 색": ("7가지", "몇 가지", ("7개", "일곱", "일곱 가지")),
    "삼각형의 변": ("3개", "몇 개", ("세 개", "셋")),
    "사각형의 변": ("4개", "몇 개", ("네 개", "넷")),
    "자전거의 바퀴": ("2개", "몇 개", ("두 개", "둘")),
    "세발자전거의 바퀴": ("3개", "몇 개", ("세 개", "셋")),
    "자동차의 바퀴": ("4개", "몇 개", ("네 개", "넷")),
    "연필 한 다스": ("12자루", "몇 자루", ("12개", "열두 자루")),
    "달걀 한 판": ("30개", "몇 개", ("서른 개", "30알")),
    "1미터": ("100센티미터", "몇 센티미터", ("100cm",)),
    "1킬로그램": ("1000그램", "몇 그램", ("1000g", "천 그램")),
}
_IN_WORDS = {"2": "두 개", "4": "네 개", "6": "여섯 개", "8": "여덟 개", "10": "열 개"}
DAYS = _nouns("월요일 화요일 수요일 목요일 금요일 토요일 일요일")
MONTHS = tuple(Noun(f"{month}월") for month in range(1, 13))
_SEASON_OF_MONTH = _nouns("겨울 겨울 봄 봄 봄 여름 여름 여름 가을 가을 가을 겨울")


# other words for a colour
_ALSO_COLOUR = _table(
    "빨간색:빨강/빨간/빨개요, 파란색:파랑/파란/파래요, 노란색:노랑/노란/노래요, 하얀색:하양/하얀/하얘요, "
    "까만색:까망/까만/까매요/검정색, 초록색:초록/녹색, 보라색:보라, 주황색:주황, 분홍색:분홍, 갈색:밤색"
)


def _fact(subject: str, relation: str, values: str, **more: str | tuple[str, ...] | Verb) -> Fact:
    value, *also = values.split("/")
    if relation == "colour":
        also += _ALSO_COLOUR[value].split("/")
    return Fact(subject=Noun(subject), relation=relation, value=Noun(value), **{"also": tuple(also), **more})  # type: ignore[arg-type]


def _animals() -> Iterator[Fact]:
    for name, (sound, food, home, legs, young) in _ANIMALS.items():
        for relation, value in (("sound", sound), ("eats", food), ("habitat", home), ("young", young)):
            if value:
                yield _fact(name, relation, value)
        if legs and legs != "0":
            yield _fact(name, "legs", f"{legs}개", also=(_IN_WORDS[legs], legs), ask="몇 개")


def _things() -> Iterator[Fact]:
    for name, (colour, taste, season) in _FOODS.items():
        for relation, value in (("colour", colour), ("taste", taste), ("season", season)):
            if value:
                yield _fact(name, relation, value)
    for relation, table in (("colour", _COLOURS), ("material", _MATERIALS), ("located", _LOCATED),
                            ("famous", _FAMOUS), ("definition", _MOST)):  # fmt: skip
        for name, value in table.items():
            kinds = _ASK_BY_KIND.items() if relation == "definition" else ()
            ask = next((word for kind, word in kinds if name.endswith(kind)), "")
            yield _fact(name, relation, value, ask=ask)
    for relation, acts in (("tool", _TOOLS), ("place", _PLACES), ("profession", _JOBS)):
        for name, deed in acts.items():
            thing, act = deed.rsplit(" ", 1)
            yield _fact(name, relation, thing, act=Verb(act))
    for name, (number, ask, also) in _COUNTS.items():
        yield _fact(name, "count", number, also=also, ask=ask)


def _words_and_times() -> Iterator[Fact]:
    for one, other in _OPPOSITES.items():
        for word, opposite in ((one, other), (other, one)):
            also = (_ALSO_OPPOSITE[opposite],) if opposite in _ALSO_OPPOSITE else ()
            yield _fact(word, "opposite", opposite, also=also)
    for name, (weather, (thing, act)) in _SEASONS.items():
        yield _fact(name, "weather", weather, act=Verb(weather))
        yield _fact(name, "activity", thing, act=Verb(act))
    for relation, cycle in (("day", DAYS), ("month", MONTHS)):
        for index, name in enumerate(cycle):
            yield _fact(name, f"next_{relation}", cycle[(index + 1) % len(cycle)])
            yield _fact(name, f"previous_{relation}", cycle[index - 1])
    for name, season in zip(MONTHS, _SEASON_OF_MONTH, strict=True):
        yield _fact(name, "month_season", season)


FACTS: tuple[Fact, ...] = (*_animals(), *_things(), *_words_and_times())

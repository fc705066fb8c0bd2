"""Nothing -> CATEGORIES and PROPERTIES: what groups of words have in common, for questions with options."""

from collections import Counter
from typing import NamedTuple

from nakochat.core.josa import Noun
from nakochat.data.village import words

Nouns = tuple[Noun, ...]


class Category(NamedTuple):
    """Ways of naming the group, and words that belong to no other group here."""

    phrases: tuple[str, ...]
    members: Nouns


class Property(NamedTuple):
    """Ways of naming the property, words that have it and words of the same sort that do not."""

    phrases: tuple[str, ...]
    members: Nouns
    others: Nouns


_GROUPS: tuple[tuple[str, Nouns], ...] = (
    ("과일; 과일인 것; 과일에 드는 것; 과일의 이름", words.FRUITS[:20]),
    ("채소; 채소인 것; 채소의 이름; 밭에서 나는 채소", words.VEGETABLES[:20]),
    ("동물; 동물인 것; 살아 움직이는 동물; 동물의 이름", words.ANIMALS[:40]),
    ("꽃; 꽃의 이름; 꽃에 드는 것", words.FLOWERS[:15]),
    ("나무; 나무의 이름; 나무에 드는 것", words.TREES[:12]),
    ("옷; 몸에 입는 것; 입는 옷", words.CLOTHES[:9]),
    ("신발; 발에 신는 것; 신을 수 있는 것", words.WORN[:8]),
    ("탈것; 타고 다니는 것; 사람이 타는 것", words.VEHICLES[:10]),
    ("악기; 연주하는 것; 음악을 연주하는 악기; 소리를 내는 악기", words.INSTRUMENTS[:15]),
    ("가구; 집 안에 놓는 가구; 가구인 것", words.FURNITURE[:10]),
    ("몸의 한 부분; 몸에 있는 것; 우리 몸의 이름", words.BODY[:20]),
    ("직업; 직업의 이름; 사람의 직업", words.JOBS[:30]),
    ("운동; 운동 경기; 몸을 움직이는 운동", words.SPORTS[:12]),
    ("학용품; 공부할 때 쓰는 것; 필통이나 책가방에 넣는 것", words.STATIONERY[:10]),
    ("마실 것; 마시는 것; 음료", words.DRINKS[:10]),
    ("요일; 요일의 이름", words.WEEKDAYS),
    ("계절; 계절의 이름", words.SEASONS),
    ("장난감; 가지고 노는 것; 아이들이 갖고 노는 것", words.TOYS[:12]),
    ("그릇; 부엌에서 쓰는 물건; 밥상에 올리는 물건", words.DISHES[:10]),
    ("가족; 집안 식구를 부르는 말; 가족을 부르는 말", words.KIN[:15]),
)
# phrases | words that have it | words that do not
_PROPERTIES = """
    날 수 있는 동물; 하늘을 나는 동물; 날아다니는 동물 | 참새 까치 비둘기 독수리 갈매기 나비 벌 잠자리 제비 까마귀 부엉이 매미
      | 고래 토끼 거북이 개 코끼리 돼지 호랑이 뱀 상어 사자 기린 곰
    물속에 사는 동물; 물에서 사는 동물; 헤엄치며 사는 동물 | 고래 상어 문어 오징어 돌고래 붕어 잉어 고등어 해마
      | 토끼 사자 참새 개 다람쥐 닭 기린 코끼리 나비 염소
    땅 위에 사는 동물; 네발로 걷는 동물; 다리가 네 개인 동물 | 토끼 사자 개 다람쥐 기린 코끼리 염소 호랑이 곰 말
      | 고래 상어 참새 까치 나비 벌 붕어 고등어 뱀 지렁이
    곤충; 곤충인 것; 다리가 여섯 개인 동물 | 개미 나비 벌 잠자리 매미 메뚜기 귀뚜라미 무당벌레 | 강아지 참새 고등어 뱀 토끼 거북이 오리 소 개구리
    새; 새의 한 종류; 깃털이 있는 동물 | 참새 까치 비둘기 독수리 갈매기 제비 닭 오리 펭귄 타조 | 개 고래 뱀 나비 소 개구리 곰 붕어 토끼
    집에서 많이 기르는 동물; 사람과 함께 집에서 사는 동물 | 강아지 고양이 금붕어 햄스터 앵무새 | 호랑이 상어 악어 늑대 고래 코뿔소 사자
    추울 때 쓰는 것; 겨울에 몸에 걸치는 것; 추운 날 필요한 것 | 장갑 목도리 외투 털모자 스웨터 | 반바지 샌들 부채 수영복 선풍기 반팔
    더울 때 쓰는 것; 여름에 필요한 것; 더운 날 찾게 되는 것 | 부채 선풍기 수영복 샌들 반바지 | 장갑 목도리 난로 외투 털모자 스웨터
    비 올 때 쓰는 것; 비가 오면 챙기는 것; 비 오는 날 필요한 것 | 우산 비옷 장화 | 부채 선풍기 목도리 이불 난로 털모자
    단단한 것; 딱딱한 것; 만지면 단단한 물건 | 돌 쇠 망치 바위 벽돌 못 | 솜 이불 베개 두부 젤리 스펀지 풍선
    부드러운 것; 말랑말랑한 것; 만지면 부드러운 물건 | 솜 이불 베개 두부 젤리 스펀지 | 돌 쇠 망치 바위 벽돌 못 유리
    뜨거운 것; 만지면 뜨거운 것; 손대면 데는 것 | 불 난로 모닥불 끓는_물 다리미 | 얼음 눈 아이스크림 빙수 고드름
    차가운 것; 만지면 차가운 것; 아주 찬 것 | 얼음 눈 아이스크림 빙수 고드름 | 불 난로 모닥불 끓는_물 다리미
    바퀴가 있는 것; 바퀴로 굴러가는 것; 바퀴가 달린 물건 | 자전거 자동차 버스 트럭 수레 오토바이 | 책상 의자 공책 베개 부채 장갑 시계
    하늘에서 볼 수 있는 것; 하늘에 있는 것; 고개를 들면 보이는 하늘의 것 | 해 달 별 구름 무지개 | 바위 강 돌 흙 풀 조개 우물
    땅에서 볼 수 있는 것; 땅에 있는 것 | 바위 돌 흙 풀 우물 모래 | 해 달 별 구름 무지개
    둥근 것; 동그란 것; 모양이 둥근 물건 | 공 구슬 풍선 수박 동전 바퀴 | 책 자 연필 공책 책상 벽돌
    네모난 것; 모양이 네모난 물건 | 책 공책 벽돌 색종이 책상 칠판 | 공 구슬 풍선 동전 바퀴 달걀
    글씨를 쓸 때 쓰는 것; 글씨를 쓰는 물건; 종이에 글을 적는 것 | 연필 볼펜 붓 분필 사인펜 | 가위 지우개 풀 자 색종이 필통
    단맛이 나는 것; 맛이 단 것; 먹으면 단 것 | 설탕 꿀 사탕 초콜릿 솜사탕 | 소금 고추 간장 식초 고추장 마늘
    매운 것; 맛이 매운 것; 먹으면 입이 얼얼한 것 | 고추 고추장 마늘 김치 떡볶이 | 설탕 꿀 사탕 우유 바나나 두부
    우리나라의 도시; 도시 이름; 한국에 있는 도시 | 서울 부산 대구 인천 광주 대전 울산 | 한라산 설악산 한강 낙동강 독도 울릉도
    산; 산의 이름; 우리나라의 산 | 한라산 설악산 지리산 백두산 북한산 | 서울 부산 한강 낙동강 독도 대전
    강; 강의 이름; 우리나라의 강 | 한강 낙동강 금강 섬진강 영산강 | 서울 부산 한라산 지리산 독도 울릉도
    섬; 섬의 이름; 우리나라의 섬 | 제주도 울릉도 독도 거제도 강화도 | 서울 부산 한라산 지리산 한강 낙동강
    먹을 수 있는 것; 먹는 것; 음식 | 김밥 떡국 비빔밥 만두 국수 빵 잡채 불고기 | 의자 연필 공책 시계 우산 베개 가방 망치
    먹을 수 없는 것; 먹으면 안 되는 것; 음식이 아닌 것 | 의자 연필 공책 시계 우산 베개 가방 망치 | 김밥 떡국 비빔밥 만두 국수 빵 잡채 불고기
    아플 때 가는 곳; 몸이 아프면 찾는 곳 | 병원 약국 | 극장 우체국 놀이터 문구점 도서관 체육관
    공부하는 곳; 배우러 가는 곳 | 학교 도서관 교실 | 시장 목욕탕 놀이터 빵집 극장 미용실
    기쁠 때의 마음; 좋은 기분을 나타내는 말; 기분이 좋을 때 쓰는 말 | 기쁘다 즐겁다 신나다 행복하다 | 슬프다 외롭다 무섭다 속상하다
    슬프거나 힘들 때의 마음; 나쁜 기분을 나타내는 말 | 슬프다 외롭다 무섭다 속상하다 | 기쁘다 즐겁다 신나다 행복하다
    짝수; 둘로 똑같이 나눌 수 있는 수 | 둘 넷 여섯 여덟 열 | 하나 셋 다섯 일곱 아홉
    홀수; 둘로 똑같이 나눌 수 없는 수 | 하나 셋 다섯 일곱 아홉 | 둘 넷 여섯 여덟 열
    숫자를 나타내는 말; 수를 세는 말 | 하나 둘 셋 넷 다섯 여섯 일곱 | 봄 여름 빨강 파랑 강 산
    색을 나타내는 말; 색깔 이름; 색의 이름 | 빨강 노랑 파랑 초록 보라 하양 분홍 | 하나 둘 봄 가을 구름 나무 사과
"""


def _nouns(text: str) -> Nouns:
    return tuple(Noun(word.replace("_", " ")) for word in text.split())


def _properties() -> tuple[Property, ...]:
    cells = [
        cell.strip()
        for line in _PROPERTIES.strip().split("\n    ")
        for cell in line.split("|")
        if cell.strip()
    ]
    rows = zip(cells[::3], cells[1::3], cells[2::3], strict=True)
    return tuple(
        Property(tuple(names.split("; ")), _nouns(have), _nouns(have_not)) for names, have, have_not in rows
    )


def _categories() -> tuple[Category, ...]:
    seen = Counter(word for _, members in _GROUPS for word in set(members))
    return tuple(
        Category(tuple(phrases.split("; ")), tuple(word for word in members if seen[word] == 1))
        for phrases, members in _GROUPS
    )


CATEGORIES = _categories()
PROPERTIES = _properties()

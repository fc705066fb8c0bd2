"""A scene -> a little story: a cast drawn from the lexicon goes through the steps of a plot."""

from functools import partial
from typing import Any

from nakochat.data.village import words
from nakochat.data.village.more_plots import MORE_PLOTS
from nakochat.data.village.plots import PLOTS
from nakochat.data.village.scene import Scene
from nakochat.data.village.telling import Steps, Teller

_ELDERS = words.noun_list("할머니 할아버지 어머니 아버지 엄마 아빠 이모 삼촌 고모 외할머니 외할아버지 외삼촌")
_FAR = words.noun_list("할머니 할아버지 외할머니 외할아버지 이모 삼촌 고모 외삼촌 큰아버지 작은어머니 선생님")
_GLAD = words.verb_list("기쁘다 즐겁다 행복하다 뿌듯하다 흐뭇하다")
_SAD = words.verb_list("슬프다 외롭다 답답하다 불안하다 쓸쓸하다 속상하다 무겁다 허전하다")
_RAIN = words.noun_list("비 소나기 장대비 가랑비 이슬비")
_SKILLS = (
    words.SPORTS
    + words.INSTRUMENTS
    + words.noun_list("붓글씨 종이접기 뜨개질 노래 춤 바둑 장기 수학 한자 글짓기 바느질 요리 휘파람")
)
_THINGS = words.ACCESSORIES + words.STATIONERY + words.TOYS
_HOW = words.noun_list("""
    천천히 빨리 조용히 얼른 서둘러 조심조심 신나게 힘차게 살며시 가만히 반갑게 씩씩하게 성큼성큼 부지런히 말없이
    바쁘게 기쁘게 조심스럽게
""")
_WORK_TOOLS = words.noun_list("""
    빗자루 걸레 삽 호미 갈퀴 양동이 망치 톱 수레 사다리 손전등 지팡이 우산 괭이 바구니 밧줄 낫 물뿌리개
""")
_GARDEN_TOOLS = words.noun_list("호미 삽 괭이 모종삽 갈퀴 막대기 꽃삽 쇠스랑")
_RIDES = words.noun_list("버스 택시 기차 지하철 자동차 비행기 고속버스 여객선 트럭 승합차")
_PETS = words.noun_list("강아지 고양이 삽살개 진돗개 새끼_고양이 토끼")
_CRIERS = words.noun_list("개구리 부엉이 늑대 귀뚜라미 까마귀 올빼미 개 고양이 뻐꾸기 여우 맹꽁이 두견새")
_VISITORS = words.noun_list("나비 벌 잠자리 무당벌레 참새 꿀벌 호랑나비 개미 종달새")
_DIGGERS = words.noun_list("두더지 강아지 닭 너구리 고양이 멧돼지 토끼 오소리 염소 참새")
_COMMON_PLACES = words.noun_list("""
    학교 도서관 시장 공원 놀이터 운동장 들판 언덕 숲 강가 냇가 호숫가 바닷가 과수원 텃밭 꽃밭 목장 나루터 뒷산 느티나무_아래
    정자 마을_회관 골목 광장 우물가 연못가 잔디밭 산길 논둑 빈터 기차역 박물관 미술관 식물원 체육관 옥상 다리_위
    대나무_숲 솔밭 마당 항구 방앗간 온실
""")


def cast(scene: Scene) -> dict[str, Any]:
    """One value for every slot that a plot may use."""
    pick = scene.pick
    hero, friend = scene.some(words.FIRST_NAMES, 2)
    kin, kin2 = scene.some(_ELDERS, 2)
    place, place2 = scene.some(_COMMON_PLACES, 2)
    food, food2 = scene.some(words.FOODS, 2)
    animal, animal2 = scene.some(words.BEASTS, 2)
    flower, flower2 = scene.some(words.FLOWERS, 2)
    veg, veg2 = scene.some(words.VEGETABLES, 2)
    thing, other = scene.some(_THINGS, 2)
    season, nextseason = scene.some(words.SEASONS, 2)
    return {
        "hero": hero, "friend": friend, "kin": kin, "kin2": kin2, "job": pick(words.JOBS),
        "place": place, "place2": place2, "food": food, "food2": food2, "fruit": pick(words.FRUITS),
        "veg": veg, "veg2": veg2, "drink": pick(words.DRINKS), "dish": pick(words.DISHES),
        "ingr": pick(words.INGREDIENTS), "animal": animal, "animal2": animal2, "pet": pick(_PETS),
        "flower": flower, "flower2": flower2, "thing": thing, "other": other, "toy": pick(words.TOYS),
        "tool": pick(_WORK_TOOLS), "gift": pick(words.GIFTS), "read": pick(words.READABLE),
        "vehicle": pick(_RIDES), "sport": pick(words.SPORTS), "skill": pick(_SKILLS),
        "rain": pick(_RAIN), "season": season, "nextseason": nextseason, "time": pick(words.PAST_TIMES),
        "adv": pick(_HOW), "degree": pick(words.DEGREES), "glad": pick(_GLAD), "sad": pick(_SAD),
        "adj": pick(words.ADJECTIVES["thing"][0]), "adj2": pick(words.ADJECTIVES["fruit"][0]),
        "trait": pick(words.ADJECTIVES["animal"][0]), "nick": pick(words.FIRST_NAMES),
        "gardentool": pick(_GARDEN_TOOLS), "far": pick(_FAR), "crier": pick(_CRIERS), "visitor": pick(_VISITORS),
        "digger": pick(_DIGGERS),
        "n": scene.integer(2, 9), "n2": scene.integer(2, 5),
    }  # fmt: skip


def story(scene: Scene, steps: Steps) -> str:
    """The steps in order, one sentence each."""
    return Teller(scene, cast(scene), plain=scene.chance(0.45)).tell_steps(steps)


TEXTS = {f"story_{name}": partial(story, steps=steps) for name, steps in (PLOTS | MORE_PLOTS).items()}

"""A scene -> a description of a thing, an animal, a place, a person, the weather or food; or a comparison."""

from functools import partial
from typing import Any

from nakochat.data.village import words
from nakochat.data.village.scene import Scene
from nakochat.data.village.telling import Steps, Teller, steps

THING = steps("""
<이것은|저것은|여기 있는 것은> {hero:이} <쓰는|아끼는|만든> [{x:이에요}|{x}이다].
{place:에} {x} 하나가 <있[어요|다]|놓여 있[어요|다]>.
{time} {hero:은} {adj:은} {x:을} <샀@|얻었@|선물받았@>.
{hero:에게는} 오래된 {x:이} 하나 있[어요|다].

{x:은} {adj:고} {adj2:[어요|다]}.
{x:은} {adj:지만} <아직 쓸 만[해요|하다]|{degree} {adj2:[어요|다]}>.
{x:은} {degree} {adj:어서} <누구나 좋아[해요|한다]|들기 편[해요|하다]|눈에 잘 [띄어요|띈다]>.
{degree} {adj:은} {x:은} {hero:의} 자랑이[에요|다].

{x:의} 색은 [{colour:이에요}|{colour}이다].
{x:은} {colour} 바탕에 {colour2} 무늬가 있[어요|다].
<햇빛을 받으면|불빛 아래에서 보면> {x:은} {colour:으로} [빛나요|빛난다].

{x:은} {jobber:이} <만들어 주었@|고쳐 주었@|골라 주었@>.
<값은|가격은> {n}천 원쯤이었@.
{hero:은} {x:을} {place:에} <둬서 찾기 쉬웠@|놓고 날마다 닦았@>.
{n}년이나 썼지만 {x:은} 아직도 {adj:[어요|다]}.

{x:이} 없으면 {hero:은} <불편[해요|하다]|아무 일도 못 [해요|한다]>.
{hero:은} {x:을} 볼 때마다 {friend:이} <생각[나요|난다]|떠[올라요|오른다]>.
{friend:도} 그 {x:을} <갖고 싶어 [해요|한다]|부러워[해요|한다]>.
다 쓰고 나면 {x:을} 제자리에 <놓아야 [해요|한다]|돌려놓[아요|는다]>.
""")

ANIMAL = steps("""
{hero:은} {place:에서} {x:을} <보았@|만났@|그렸@>.
{hero:의} 집에는 {adj:은} {x:이} <있[어요|다]|[살아요|산다]>.
{x:은} 몸이 {size:고} 눈이 {colour:으로} [빛나요|빛난다].

{x:은} {degree} {adj:[어요|다]}.
{x:은} {adj:고} {adj2:은} 동물이[에요|다].
{x:은} {adj:지만} <사람을 무서워[해요|한다]|먹을 때는 조용[해요|하다]|화가 나면 사나워[져요|진다]>.
<겉보기와 달리|생각보다> {x:은} {adj:[어요|다]}.

{x:은} 먹이를 주면 <잘 [먹어요|먹는다]|고개를 돌[려요|린다]|냄새부터 맡[아요|는다]>.
아침이면 {x:은} <먹이를 찾아|물을 마시러> {place:으로} [가요|간다].
배가 고프면 {x:은} <큰 소리로 [울어요|운다]|주인을 [찾아요|찾는다]>.

<비가 오면|날이 추우면|밤이 되면> {x:은} {place2:에} <숨어 있[어요|다]|들어가서 [자요|잔다]>.
<날이 따뜻하면|봄이 오면> {x:은} {place2:에서} {act:는} 것을 좋아[해요|한다].
{x:은} {act:다가} <갑자기|또> {act2:[어요|었다]}.
{hero:이} 부르면 {x:은} {adv} <다가[와요|온다]|달려[와요|온다]|도망[가요|간다]>.

{x} 이름은 {nick:이라고} <지었@|했@>.
새끼가 {n}마리 태어나서 {hero:은} <바빠졌@|기뻐했@>.
{friend:은} {x:을} <무서워하지만|처음 보았지만> 곧 <친해졌@|쓰다듬었@>.
{x:과} {y:은} <사이가 좋[아요|다]|서로 모른 척[해요|한다]|늘 붙어 다[녀요|닌다]>.
""")

PLACE = steps("""
{x:은} {degree} {adj:은} 곳이[에요|다].
우리 마을에는 {adj:은} {x:이} <있[어요|다]|하나 있[어요|다]>.
{hero:이} 가장 좋아하는 곳은 [{x:이에요}|{x}이다].
{time} {hero:은} {x:에} <처음 가 보았@|들렀@|다녀왔@>.

{x:은} {adj:고} {adj2:[어요|다]}.
{x:은} {adj:고} 사람들이 자주 [찾아요|찾는다].
<아침의|저녁의|주말의|비 오는 날의> {x:은} {degree} {adj2:[어요|다]}.

{x} <옆에는|뒤에는|앞에는|근처에는> {y:이} 있[어요|다].
{x:에서} {n}분쯤 걸으면 {y:이} [나와요|나온다].
{x:은} {y:과} {z} 사이에 있[어요|다].
{x:으로} 가려면 {y:을} 지나야 [해요|한다].

거기에는 {thing:과} {thing2:이} <있[어요|다]|놓여 있[어요|다]>.
{x} 앞에는 {flower:이} <피어 있고|자라고> {visitor:이} 놀러 [와요|온다].
{season:이} 되면 {x:에} <사람이 모[여요|인다]|바람이 [불어요|분다]>.

{job:은} 거기에서 날마다 <일[해요|한다]|사람들을 [만나요|만난다]>.
아이들은 {x:에서} {sport:을} 하며 [놀아요|논다].
{x:에서는} <뛰면 안 [돼요|된다]|조용히 해야 [해요|한다]|쓰레기를 버리면 안 [돼요|된다]>.
{hero:은} 심심할 때 {x:에} 가서 <책을 읽[어요|는다]|그림을 그[려요|린다]|쉬다 [와요|온다]>.

{x:에} 가면 마음이 <편안[해요|하다]|가벼워[져요|진다]>.
언젠가 {friend:과} 다시 {x:에} 가고 싶[어요|다].
{x:을} 떠날 때면 늘 {feel:[어요|다]}.
""")

PERSON = steps("""
{x:은} 우리 마을의 [{job:이에요}|{job}이다].
{x:은} {n}년 동안 {job:으로} 일했@.
{hero:의} {kin:은} [{job:이에요}|{job}이다]. 이름은 {x:이라고} [해요|한다].
{x:은} {friend:과} 가장 친한 사이[예요|다].

{x:은} {trait:고} {trait2:은} 사람이[에요|다].
{x:은} {trait:지만} 가끔 <고집을 부[려요|린다]|덜렁거[려요|린다]|화를 [내요|낸다]>.
사람들은 {x:이} {degree} {trait:다고} [말해요|말한다].
{trait:은} {x:은} <누구에게나|모두에게> 먼저 인사[해요|한다].

{x:은} {food:을} 좋아하고 {food2:은} 싫어[해요|한다].
점심에는 늘 {food:을} <먹[어요|는다]|싸 [와요|온다]>.
{x:은} {drink:을} 하루에 {n}잔이나 마[셔요|신다].

쉬는 날이면 {x:은} {place:에서} {sport:을} [해요|한다].
{x:의} 취미는 [{hobby:이에요}|{hobby}이다].
{x:은} {hobby:에} 푹 빠져 있[어요|다].
{x:은} {inst} 연주를 <잘[해요|한다]|배우고 있[어요|다]>.

{x:은} 늘 {colour} {wear:을} <입고 다[녀요|닌다]|즐겨 입[어요|는다]>.
{x:은} {kin:에게서} 받은 {thing:을} <아[껴요|낀다]|보물처럼 여[겨요|긴다]>.
{x:의} 가방에는 언제나 {thing:이} 들어 있[어요|다].
{x:은} {pet} {n}마리와 함께 [살아요|산다].

어릴 때 {x:은} {job2:이} 되고 싶었@.
언젠가 {x:은} {thing} 가게를 <열고 싶어 [해요|한다]|여는 것이 꿈이[에요|다]>.
{x:을} 만나면 누구나 <기분이 좋아[져요|진다]|웃게 [돼요|된다]>.
""")

WEATHER = steps("""
<오늘은|어제는|아침에는|오후에는> 날씨가 {degree} {w:었@}.
<아침부터|새벽부터|밤새> {rain:이} <내렸@|그치지 않았@|왔다 갔다 했@>.
<봄답게 날씨가 따뜻했@|여름답게 날씨가 무더웠@|가을답게 날씨가 선선했@|겨울답게 날씨가 추웠@>.

<하늘에는 구름이 가득했@|하늘이 맑게 개었@|멀리 산이 또렷이 보였@|안개 때문에 앞이 안 보였@>.
바람이 <세게 불어서 {thing:이} 날아갈 것 같았@|한 점도 없어서 {thing:이} 꼼짝도 하지 않았@>.
{nature:이} 어찌나 <곱던지|환하던지> {hero:은} 걸음을 멈추었@.

날씨가 {w:어서} {hero:은} {wear:을} <꺼내 입었@|챙겼@|벗었@>.
{w:은} 날에는 {drink:이} <최고[예요|다]|생각[나요|난다]|잘 어울[려요|린다]>.
날씨가 {w:으니까} {hero:도} {friend:도} <밖에 나가지 않았@|밖으로 나왔@>.
날씨가 {w:은데도} {job:은} {place:에서} 일하고 있었@.

<길에는|마당에는> 물이 고여 {visitor:이} 목을 축였@.
{plant:이} <비를 맞고 더 푸르러졌@|바람에 흔들렸@|고개를 숙였@>.
거리에는 우산을 쓴 사람이 <많았@|드물었@|하나둘 보였@>.

내일은 더 <추워진다고|더워진다고|맑아진다고> [해요|한다].
<저녁이 되자|밤이 되자> <기온이 뚝 떨어졌@|별이 하나둘 떴@|바람이 잦아들었@>.
{hero:은} {w2:은} 날이 더 좋다고 했@.
""")

FOOD = steps("""
{x:은} {hero:이} 가장 좋아하는 음식이[에요|다].
{time} {kin:이} {x:을} <만들어 주었@|해 주었@|사 왔@>.
{place:에} 있는 가게의 {x:이} {degree} 유명[해요|하다].

{x:은} {taste:고} {taste2:[어요|다]}.
{x:은} {degree} {taste:어서} 자꾸 손이 [가요|간다].

{x:을} 만들려면 <재료를 미리|물과 불을> 준비해야 [해요|한다].
{veg:이} 들어가서 향이 [좋아요|좋다].

{x:은} {season:에} 먹어야 제맛이[에요|다].
<추운|쌀쌀한|비 오는> 날에는 따끈한 {x:이} 생각[나요|난다].
{x:은} {drink:과} 함께 먹으면 더 맛있[어요|다].
{dish:에} 담으면 더 <[먹음직스러워요|먹음직스럽다]|예뻐 보[여요|인다]>.

{hero:은} {x:을} {n2}번이나 먹은 적도 있[어요|다].
{friend:은} {x:을} <못 먹[어요|는다]|한 번도 안 먹어 보았@|보기만 해도 웃[어요|는다]>.
{x:이} 식기 전에 <어서 먹어야 [해요|한다]|모두 자리에 앉았@>.
""")

COMPARISON = steps("""
{x:은} {y:보다} {adj:[어요|다]}.
{x:과} {y} 가운데 {x:이} 더 {adj:[어요|다]}.
{y:도} {adj:지만} {x:은} 훨씬 더 {adj:[어요|다]}.
{x:은} {y:만큼} {adj:지는} 않[아요|다].
{x:은} {adj:고}, {y:은} {adj2:[어요|다]}.

{x:과} {y:은} <쓰임이|모양이|크기가|색깔이> 서로 [달라요|다르다].
{x:은} {colour}, {y:은} [{colour2:이에요}|{colour2}이다].
<하나는 {x:이고} 다른 하나는|왼쪽 것은 {x:이고} 오른쪽 것은> [{y:이에요}|{y}이다].

{hero:은} {x:을} 좋아하고 {friend:은} {y:을} 좋아[해요|한다].
{hero:은} {x:이나} {y} 중에서 하나만 <고르기로 했@|가지기로 했@>.
{x:도} {y:도} 많이 있[어요|다].
{hero:은} {x} 대신 {y:을} <골랐@|샀@|빌렸@>.

둘을 함께 <두면|쓰면> <보기 [좋아요|좋다]|더 [편해요|편하다]>.
{x:이} 없을 때는 {y:이} <더 눈에 [띄어요|띈다]|떠[올라요|오른다]>.
그래도 {hero:은} {y:이} 더 마음에 <들었@|든다고 했@>.
{x:도} {y:도} 없으면 <곤란[해요|하다]|심심[해요|하다]>.
""")

_RAINS = words.noun_list("봄비 가랑비 소나기 이슬비 함박눈 진눈깨비")
_SIZES = words.verb_list("작다 크다 통통하다 날렵하다 가늘다 길다 둥글다 가볍다")
_VISITORS = words.noun_list("참새 까치 비둘기 고양이 강아지 나비 제비 까마귀 오리 개구리 다람쥐 달팽이")
_WILD = words.noun_list("""
    숲 들판 언덕 연못가 냇가 마당 목장 뒷산 풀밭 강가 골짜기 바위_옆 나무_아래 과수원 논둑 오솔길 갈대밭 호숫가 덤불_속
    동굴 헛간 우리 울타리_안 산길 초원 개울 잔디밭 솔밭 대나무_숲 동물원
""")
_FEELS = words.verb_list("아쉽다 서운하다 섭섭하다 허전하다 든든하다 흐뭇하다 편안하다")


def cast(scene: Scene, kind: str) -> dict[str, Any]:
    """Slots for a description; x is what is described, of the kind that ADJECTIVES knows."""
    pick, some = scene.pick, scene.some
    adjectives, things = words.ADJECTIVES[kind]
    things = {"person": words.FIRST_NAMES, "animal": words.BEASTS, "food": words.MEALS}.get(kind, things)
    x, y, z = some(things, 3) if len(things) > 2 else (things[0],) * 3
    adj, adj2 = some(adjectives, 2)
    weather, weather2 = some(words.ADJECTIVES["weather"][0], 2)
    taste, taste2 = some(words.ADJECTIVES["food"][0], 2)
    trait, trait2 = some(words.ADJECTIVES["person"][0], 2)
    colour, colour2 = some(words.COLOUR_NOUNS, 2)
    place, place2 = some(_WILD if kind == "animal" else words.PLACES, 2)
    food, food2 = some(words.FOODS, 2)
    job, job2 = some(words.JOBS, 2)
    thing, thing2 = some(words.ACCESSORIES + words.TOYS + words.DISHES, 2)
    hero, friend = some(words.FIRST_NAMES, 2)
    act, act2 = some(words.ANIMAL_ACTS, 2)
    return {
        "x": x, "y": y, "z": z, "adj": adj, "adj2": adj2, "w": weather, "w2": weather2, "taste": taste,
        "taste2": taste2, "trait": trait, "trait2": trait2, "colour": colour,
        "colour2": colour2, "place": place, "place2": place2, "food": food, "food2": food2, "job": job, "job2": job2,
        "thing": thing, "thing2": thing2, "hero": hero, "friend": friend, "act": act, "act2": act2,
        "jobber": pick(words.JOBS), "kin": pick(words.KIN), "pet": pick(words.PETS), "inst": pick(words.INSTRUMENTS),
        "nick": pick(words.FIRST_NAMES), "degree": pick(words.DEGREES), "adv": pick(words.ADVERBS[:16]),
        "time": pick(words.PAST_TIMES), "season": pick(words.SEASONS), "plant": pick(words.PLANTS),
        "sport": pick(words.SPORTS), "hobby": pick(words.HOBBIES),
        "wear": pick(words.GARMENTS), "drink": pick(words.DRINKS), "veg": pick(words.VEGETABLES),
        "dish": pick(words.DISHES), "nature": pick(words.NATURE[:6]),
        "rain": pick(_RAINS), "size": pick(_SIZES), "feel": pick(_FEELS),
        "visitor": pick(_VISITORS), "flower": pick(words.FLOWERS),
        "n": scene.integer(2, 9), "n2": scene.integer(2, 9),
    }  # fmt: skip


def describe(scene: Scene, about: Steps, kind: str) -> str:
    """The first step, then most of the others, one sentence each."""
    teller = Teller(scene, cast(scene, kind), plain=scene.chance(0.4))
    first = teller.tell_steps(about[:1], "{x:은} ")
    return f"{first} {teller.tell_some(about[1:], scene.integer(2, 5))}"


def compare(scene: Scene) -> str:
    """Two things of one kind side by side."""
    kind = scene.pick(("thing", "clothes", "thing"))
    teller = Teller(scene, cast(scene, kind), plain=scene.chance(0.4))
    return teller.tell_some(COMPARISON, scene.integer(2, 4))


TEXTS = {
    "describe_thing": partial(describe, about=THING, kind="thing"),
    "describe_animal": partial(describe, about=ANIMAL, kind="animal"),
    "describe_place": partial(describe, about=PLACE, kind="place"),
    "describe_person": partial(describe, about=PERSON, kind="person"),
    "describe_weather": partial(describe, about=WEATHER, kind="weather"),
    "describe_food": partial(describe, about=FOOD, kind="food"),
    "comparison": compare,
}

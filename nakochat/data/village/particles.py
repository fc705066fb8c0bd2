"""A scene -> sentences in which every particle follows every kind of noun, and minimal pairs from them.

The model must see after which last syllable 은 stands and after which 는, for words that it never met.  So
each frame takes any noun, known or made up on the spot.  The noun's place is marked with its particle: ^을^.
"""

from collections.abc import Sequence

from nakochat.core.josa import Noun, josa
from nakochat.data.village import words
from nakochat.data.village.scene import Scene
from nakochat.data.village.telling import Teller, levelled

_FRAMES = """
{who:이} <새|작은|커다란|예쁜|헌> ^을^ <꺼냈@|샀@|찾았@|골랐@|가져왔@|잃어버렸@>.
{time} {place:에서} ^을^ <보았@|만졌@|주웠@|팔았@|빌렸@>.
<누가|혹시 누가|대체 누가> ^을^ <가져갔을까요?|만들었을까요?|두고 갔을까요?|처음 보았을까요?>
{who:은} ^을^ <아주|참|무척|별로 안> 좋아[해요|한다].
<저는|나는|우리는> ^을^ <하나|두 개|세 개|몇 개|많이> <모았@|샀@|받았@|만들었@>.
{who:이} 만든 ^을^ <다들 칭찬했@|모두 나눠 가졌@|벽에 걸었@|상자에 넣었@>.
{place:에} ^을^ <두고 왔@|갖다 놓았@|숨겨 두었@|나란히 놓았@>.
{who:과} 함께 ^을^ <찾아보았@|그렸@|옮겼@|닦았@|고쳤@>.
^을^ <보면|볼 때마다|들면|꺼내면> <기분이 좋았@|어린 시절이 생각났@|웃음이 났@|힘이 났@>.
<먼저|우선|이제> ^을^ <깨끗이 씻고|반으로 나누고|잘 닦고> <나서|난 뒤에> 조금 쉬었@.
<이|그|저> ^은^ <아주|참|꽤|정말> <컸@|작았@|무거웠@|비쌌@|예뻤@|가벼웠@>.
{who:의} ^은^ <어디에 있을까요?|왜 젖었을까요?|누가 가져갔을까요?|언제 고칠까요?>
{place:에} 있는 ^은^ <모두 새것이었@|주인이 없었@|낡았지만 튼튼했@|값이 쌌@>.
^은^ <본 적이 없@|처음 보았@|아직 없었@|이미 다 팔렸@|여기 있었@>.
<오늘|이번에|다행히> ^은^ <무사했@|그대로 있었@|값이 올랐@|잘 보였@>.
{adj:은} ^은^ {who:이} <아끼는|자랑하는|물려준|선물한> 물건이[에요|다].
<빨간|파란|노란|하얀> ^은^ <누구 것이에요?|얼마예요?|어디서 샀어요?|왜 여기 있어요?>
<저|이|그 커다란|우리> ^이^ <갑자기|조용히|그만|또> <사라졌@|떨어졌@|나타났@|움직였@|부서졌@>.
{place:에} ^이^ <하나|두 개|여러 개|가득> 있[어요|다].
{place:에서} ^이^ <보였@|나왔@|굴러 나왔@|반짝였@|발견되었@>.
{who:은} ^이^ <필요했@|갖고 싶었@|무서웠@|마음에 들었@|그리웠@>.
<상자|가방|주머니|서랍|바구니> 속에 ^이^ <들어 있었@|남아 있었@|숨어 있었@|없었@>.
<어떤|어느|무슨> ^이^ <제일 좋아요?|가장 커요?|더 비싸요?|더 예뻐요?>
{who:은} <새|낡은|작은> ^이^ <있어서|생겨서|없어서> <기뻤@|바빴@|걱정했@|웃었@>.
^이^ <없으면|있으면|많으면> <불편했@|일이 쉬웠@|마음이 놓였@>.
<그것은|이것은|저것은> ^이^ 아니[에요|다].
{who:이} <말한|찾던|그린|주운> ^이^ <바로|이제> 여기 있[어요|다].
^과^ {y:은} <서로 달랐@|비슷했@|함께 있었@|값이 같았@|나란히 놓였@>.
{who:은} ^과^ {y:을} <샀@|챙겼@|비교했@|바꾸었@|가방에 넣었@>.
{place:에} ^과^ {y:이} <있었@|놓여 있었@|나란히 보였@>.
^과^ <비슷한|똑같은|다른|어울리는> <물건|것>을 <찾았@|샀@|보았@>.
<책상|선반|마루|바닥> 위에 ^과^ {y:을} <올려놓았@|펼쳐 놓았@|두었@>.
{who:은} ^과^ <같이|함께> <사진을 찍었@|집으로 돌아왔@|놀았@>.
<새|작은|낡은> ^과^ {y:을} 함께 <쓰면|두면|들면> <편했@|좋았@|예뻤@>.
{who:은} ^으로^ <상자를 열었@|문을 막았@|줄을 끊었@|땅을 팠@|그림을 그렸@>.
<이|그|낡은|새> ^으로^ <무엇을 할까요?|무엇을 만들까요?|어떻게 놀까요?>
{y:을} ^으로^ <바꾸었@|착각했@|불렀@|덮었@|여겼@>.
{who:은} <어제|아까|이따가|곧장|혼자> ^으로^ <갔@|떠났@|향했@|걸어갔@|돌아왔@>.
<마을 사람들은|아이들은|우리는> ^으로^ <집을 꾸몄@|잔치를 준비했@|장난을 쳤@|길을 막았@>.
{time} {who:이} ^으로^ <음식을 만들었@|인형을 만들었@|지붕을 고쳤@|다리를 놓았@>.
<작은|커다란|둥근> ^으로^ <변했@|만들었@|가렸@|채웠@>.
^으로^ <만든|꾸민|된> <집을|그릇을|모자를|목걸이를|상자를> <보았@|팔았@|받았@>.
<다음 목적지는 정해졌으니|이제|다 같이> ^으로^ <가요.|떠나요.|모여요.>
{who:은} ^으로^ <유명했@|이름이 났@|돈을 벌었@|상을 받았@>.
<이것은|저것은|그것은|선물은|정답은> ^이에요^.
<제가|우리가|{who:이}> <좋아하는|찾는|사려는|그린|만든> 것은 ^이에요^.
<여기는|저기는|우리 마을은|이곳의 이름은> ^이에요^.
<아니요, 그건|네, 맞아요. 그건|글쎄요, 아마> ^이에요^.
<그건|이건|사실은|아니요,|그 상자는|제 것은> {y:이} 아니라 ^이에요^.
<가장 먼저 본 것은|상자에 든 것은|어제 산 것은|주머니 속에 있던 것은> ^이었어요^.
{who:이} <준|찾은|잃어버린|숨긴> 것은 ^이었어요^.
{who:은} ^이나^ {y:을} <사려고 했@|가져오라고 했@|좋아했@|찾았@>.
^이나^ {y:이} <있으면|필요하면|보이면> <말해 주세요.|알려 주세요.|가져오세요.>
<심심한데|배도 고픈데|시간도 남았는데> ^이나^ <보러 갈까요?|구경할까요?|찾아볼까요?|만들어 볼까요?>
{place:에서} ^이나^ {y:을} <볼 수 있었@|살 수 있었@|빌릴 수 있었@>.
{who:은} ^이랑^ {y:을} <샀@|챙겼@|그렸@|모았@>.
^이랑^ {y:은} <어디에 있어요?|뭐가 달라요?|얼마예요?|누구 거예요?>
<저는|나는|동생은> ^이랑^ <같이 놀았@|닮았@|잘 어울렸@|친했@>.
<사람들은|아이들은|{who:은}> 그것을 ^이라고^ <불렀@|했@|말했@|썼@>.
이 <꽃은|새는|물고기는|물건은|산은|돌은> ^이라고^ <해요.|불러요.|합니다.>
{who:이} 종이에 ^이라고^ <적었@|썼@>.
<강아지|고양이|인형|배|송아지> 이름을 ^이라고^ <지었@|붙였@|바꾸었@>.
{place:에서} ^이라는^ <것을|말을|이름을> <들었@|처음 보았@|배웠@|찾았@>.
^이라는^ <마을|섬|산|가게>에 <가 보았@|살았@|들렀@>.
^이라서^ <다행이었@|더 좋았@|조심해야 했@|모두 웃었@>.
^이든^ {y:이든} <괜찮아요.|상관없어요.|좋아요.|가져와요.>
{who:은} ^이라도^ <있으면 좋겠다고 했@|찾고 싶었@|가져오고 싶었@>.
<이것은|하나는|왼쪽은|앞에 있는 것은> ^이고^ <저것은|다른 하나는|옆의 것은> {y:이에요}.
<그건|이건|저건> ^이지만^ <조금|아주|꽤> <달라요.|특별해요.|낡았어요.|작아요.>
<어떤 것은|하나는> ^이었고^ <다른 것은|하나는> {y:이었어요}.
"""

JOSA_FRAMES: tuple[tuple[str, str, str], ...] = tuple(
    (left, particle, right)
    for left, particle, right in (line.split("^") for line in _FRAMES.strip().splitlines())
)
"""(pattern before the noun, particle, pattern after it)."""

_POLITE_ENDS = ("요.", "요?", "요|", "요>", "이에요", "이었어요")
_PLAIN_FRAMES = tuple(
    frame
    for frame in JOSA_FRAMES
    if not any(end in frame[1] + levelled(frame[2], True) for end in _POLITE_ENDS)
)  # these can be told in the plain level too


# the rarer forms are learned last, 로 after ㄹ above all: told twice as often, and 으로 after ㄹ in every third sentence
_HARD = ("으로", "이나", "이라서", "이라도", "이든", "이고", "이었고", "이었어요", "이랑")
_WEIGHED_FRAMES = JOSA_FRAMES + tuple(frame for frame in JOSA_FRAMES if frame[1] in _HARD)
_WEIGHED_PLAIN = _PLAIN_FRAMES + tuple(frame for frame in _PLAIN_FRAMES if frame[1] in _HARD)
_RIEUL_SHARE = 0.3

# frames for what is not a word: digits, numbers, Latin letters
_SIGN_FRAMES = (
    "{n:을} <종이에|칠판에|공책에|벽에> <썼@|적었@|그렸@>.",
    "<답은|정답은|번호는|비밀번호는|방 번호는> {n:이에요}.",
    "{m:을} {n:으로} <바꾸었@|고쳤@|잘못 읽었@>.",
    "{n:은} {m:보다} <앞에|뒤에> <있었@|나왔@|적혀 있었@>.",
    "{n:이} <더 좋았@|빠졌@|남았@|보였@|지워졌@>.",
    "{n:과} {m:을} <더했@|비교했@|나란히 적었@|외웠@>.",
    "{n:이나} {m:을} <고르세요.|적어 보세요.|누르세요.|골라 보세요.>",
    "<이 글자는|이 표시는|그 숫자는> {n:이라고} <읽어요.|써요.|해요.>",
    "{n:이랑} {m:은} <서로 달라요.|모양이 달라요.|비슷하게 생겼어요.>",
    "<버스|방|자리|사물함> 번호가 {n:이라서} <외우기 쉬웠@|금방 찾았@>.",
    "{n:은} <컸@|작았@|적당했@|너무 많았@>.",
    "<모두|다 합쳐서|전부> {n:이에요}.",
    "<번호는|답은|그건|아니요,> {n:이} 아니라 {m:이에요}.",
    "{n:으로} <시작했@|끝났@|나누었@|정했@>.",
)
_CALLS = (
    "“{name:아}, <같이 놀자|어디 가니|이것 좀 봐|밥 먹자|빨리 와>{end}” 하고 {who:이} <불렀@|말했@>.",
    "“{name:아}, <오늘은|내일은|이제> <집에 가자|도서관에 가자|쉬자|책을 읽자>.”",
    "{who:은} {name:이라고} <했@|불렸@|소개했@>.",
    "<제 이름은|동생 이름은|친구 이름은> {name:이에요}.",
    "{name:이} {name2:을} <도왔@|불렀@|기다렸@|보았@|칭찬했@>.",
    "{name:은} {name2:과} <함께|나란히|사이좋게> <걸었@|앉았@|놀았@|공부했@>.",
    "{name:이랑} {name2:은} <친한 친구예요.|같은 반이에요.|동갑이에요.|옆집에 살아요.>",
    "{name:이나} {name2:이} <올 거예요.|도와줄 거예요.|알 거예요.>",
)
_LETTERS = tuple(Noun(letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
OBJECTS: words.Nouns = (
    words.TOOLS + words.DISHES + words.TOYS + words.STATIONERY + words.GIFTS + words.FRUITS
    + words.ACCESSORIES + words.FLOWERS + words.CLOTHES + words.FURNITURE + words.MATERIALS
    + words.INSTRUMENTS
)  # fmt: skip
_WHO: words.Nouns = words.KIN + words.JOBS + words.PEOPLE + words.FIRST_NAMES


def _thing(scene: Scene) -> Noun:
    return words.nonce(scene) if scene.chance(0.65) else scene.pick(OBJECTS)


def _ends_in_rieul(noun: Noun) -> bool:
    return (ord(noun[-1]) - 0xAC00) % 28 == 8


def _cast(scene: Scene) -> dict[str, object]:
    return {
        "who": scene.pick(_WHO),
        "place": scene.pick(words.PLACES),
        "time": scene.pick(words.PAST_TIMES),
        "adj": scene.pick(words.ADJECTIVES["thing"][0]),
        "y": _thing(scene),
    }


def _sign(scene: Scene) -> Noun:
    if scene.chance(0.25):
        return scene.pick(_LETTERS)
    return Noun(scene.integer(0, scene.pick((9, 20, 99, 999, 10000))))


def _sentence(scene: Scene, plain: bool, things: Sequence[Noun]) -> str:
    """One sentence, about one of the things if there are any."""
    chance = scene.rng.random()
    rieul = scene.chance(_RIEUL_SHARE)
    teller = Teller(scene, _cast(scene), plain)
    if plain or chance < 0.8:
        left, particle, right = scene.pick(_WEIGHED_PLAIN if plain else _WEIGHED_FRAMES)
        thing = scene.pick(things) if things else _thing(scene)
        while not things and particle == "으로" and rieul and not _ends_in_rieul(thing):
            thing = words.nonce(scene)
        return teller.tell(f"{left}{{x:{particle}}}{right}", x=thing)
    if chance < 0.9:
        return teller.tell(_SIGN_FRAMES, n=_sign(scene), m=_sign(scene))
    name, name2 = scene.some(words.FIRST_NAMES, 2)
    return teller.tell(_CALLS, name=name, name2=name2, end=scene.pick((".", "!", "")))


def particles(scene: Scene) -> str:
    """Four to nine sentences, dense in particles: each about another thing, or all about the same few."""
    plain = scene.chance(0.3)
    count = scene.integer(4, 9)
    things = [_thing(scene) for _ in range(scene.integer(1, 3))] if scene.chance(0.4) else []
    return scene.pick((" ", " ", "\n")).join(_sentence(scene, plain, things) for _ in range(count))


def josa_pair(scene: Scene) -> tuple[str, str, str]:
    """(what comes before, how it goes on, how it must not go on): the two differ in the particle's form only.

    The noun that ends the left context is new; with a test scene, one that training never used.
    """
    while True:
        left, particle, right = scene.pick(JOSA_FRAMES)
        noun = words.nonce(scene)
        teller = Teller(scene, {**_cast(scene), "y": words.nonce(scene)})
        before = teller.tell(f"{left}{{x}}", x=noun)
        after = teller.tell(f"{{x:{particle}}}{right}", x=noun).removeprefix(noun)
        good = josa(noun, particle).removeprefix(noun)
        forms = {josa(example, particle).removeprefix(example) for example in ("밥", "무")}
        if good in forms and len(forms) == 2:
            (bad,) = forms - {good}
            return before, after, bad + after.removeprefix(good)


TEXTS = {"particles": particles}

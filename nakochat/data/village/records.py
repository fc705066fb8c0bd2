"""A scene -> texts that say the same rare words and numbers again: orders, lists, messages, names for new things.

A small model learns to copy (names, operands, results, chosen options) from texts in which copying is the only way to
guess right.  Everyday texts seldom repeat anything rare; an encyclopaedia does, and a run on one copied far better
(docs/log.md, 2026-11-20).
"""

from nakochat.core.josa import Noun
from nakochat.data.village import words
from nakochat.data.village.scene import Scene
from nakochat.data.village.telling import Teller, steps

_GOODS = words.FRUITS + words.STATIONERY + words.TOYS + words.TOOLS + words.DISHES
_WHO = words.KIN + words.JOBS + words.FIRST_NAMES

_ORDER = steps("""
{who:은} {place:에서} <물건을 골랐@|주문을 했@|장을 보았@>. “{x} {n}개 <주세요.|부탁해요.|있어요?>”
{who:은} {place:에} 전화를 걸었@. “{x} {n}개<를 사고 싶어요|가 필요해요|만 보내 주세요>.”

{keeper:은} “{x} {n}개<요?|라고 하셨지요?| 말이지요?>” 하고 <물었@|되물었@|확인했@>.
“{x} {n}개, 맞지요?” 하고 {keeper:이} <물었@|말했@>.

“네, {x} {n}개예요. 그리고 {y}도 {m}개 주세요.”
“맞아요, {x} {n}개요. 아, {y} {m}개도 <넣어 주세요|필요해요>.”

{keeper:은} <공책에|장부에|종이에> ‘{x} {n}개, {y} {m}개’라고 <적었@|썼@>.
{keeper:은} {x} {n}개와 {y} {m}개를 <차례로 꺼냈@|상자에 담았@|챙겼@>.

?“{x:은} 어디에서 <온 거예요|가져온 거예요>?” “{x:은} {place2:에서} 왔어요.”
?{x:은} {n}개를 다 채웠지만 {y:은} {m}개에서 하나가 모자[라요|란다].

{who:은} {x} {n}개와 {y} {m}개를 들고 <집으로 갔@|돌아왔@>.
<그렇게|이렇게 해서> {x} {n}개, {y} {m}개가 {who:의} 집에 <왔@|도착했@>.
""")
_NAMED = steps("""
{who:은} {place:에서} <처음 보는|이름 모를|신기한> <꽃을|벌레를|돌을|물고기를|풀을> <보았@|찾았@|발견했@>.

{who:은} 그것을 {x:이라고} <부르기로 했@|불렀@|이름 지었@>.
<사람들은|아이들은> 그것을 {x:이라고} 불렀@. {who:도} {x:이라는} 이름이 마음에 들었@.

{x:은} <물가에서|밤에만|햇빛 아래에서|바위틈에서> <자랐@|보였@|반짝였@>. {x:의} 색은 {colour:이었}@.
<아침마다|해가 지면|비가 오면> {x:이} <나타났@|고개를 들었@|빛났@>.

?“{x:을} <만져도 돼요|그려도 돼요|집에 가져가도 돼요>?” 하고 {keeper:이} 물었@.
?{keeper:은} {x:을} <그림으로 그렸@|사진으로 남겼@|책에서 찾아보았@>.

{x:과} {y:은} <비슷했@|달랐@|같은 곳에 있었@>. {y:은} {x:보다} <작았@|컸@|흔했@>.
<얼마 뒤에|그 옆에서> {y:도} 나타났@. {x} 옆에 {y:이} <있으니|보이니> {who:은} <기뻤@|놀랐@>.

{who:은} <지금도|그 뒤로> {x:을} <잊지 못[해요|한다]|좋아[해요|한다]|찾아다[녀요|닌다]>.
{x:과} {y:은} 이제 {place:에서} <볼 수 있[어요|다]|가장 유명[해요|하다]>.
""")
_MESSAGE = steps("""
{who:이} {keeper:에게} <말했@|부탁했@|귓속말을 했@>. “{name}에게 {what:이라고} 전해 줘.”
{who:은} {keeper:에게} 쪽지를 주었@. 쪽지에는 {note:이라고} 적혀 있었@.

{keeper:은} ‘{what}’ 하고 <외우며|중얼거리며> {place:으로} <갔@|달려갔@|걸어갔@>.
{keeper:은} {name}, {name:이라고} 부르며 {place:으로} <갔@|뛰어갔@>.

{place:에는} {name:이} <있었@|기다리고 있었@>. “{what:이라고} <해요|했어요>.”
{name:을} 만난 {keeper:은} “{what:이에요}” 하고 <전했@|말했@>.

{name:은} “{what}?” 하고 되물었@. “<네|그래>, {what}.”
{name:은} {what:이라는} 말을 <공책에 적었@|듣고 웃었@|듣고 놀랐@>.

?{name:은} {keeper:에게} <고맙다고 했@|{y:을} 주었@>.
""")
_SCORES = steps("""
<오늘|어제|지난주에> {place:에서} <시합이|놀이가|퀴즈 대회가|딱지치기가> 있었@.

{a:은} {n}점, {b:은} {m}점, {c:은} {k}점을 <받았@|얻었@|땄@>.
{a:이} {n}점을 냈고 {b:이} {m}점을 냈@. {c:은} {k}점이었@.

<사회자가|선생님이> 다시 불러 주었@. “{a} {n}점, {b} {m}점, {c} {k}점.”
칠판에는 {board:이라고} 적혀 있었@.

?{n}점을 받은 {a:은} <웃었@|아쉬워했@|박수를 쳤@>. {m}점을 받은 {b:은} <물을 마셨@|춤을 추었@>.
?{c:은} {k}점이 <마음에 들었@|아쉬웠@|믿기지 않았@>.

{who:은} {a:의} {n}점, {b:의} {m}점, {c:의} {k}점을 <잊지 않으려고 적어 두었@|집에 가서 말해 주었@>.
{a:은} {n}점, {b:은} {m}점, {c:은} {k}점. 이것이 그날의 점수[예요|다].
""")
_NUMBER = steps("""
{who:의} <전화번호는|비밀번호는|책 번호는|버스 번호는|사물함 번호는> {p:이었}@.
{who:은} <종이에|손바닥에|칠판에> {p:이라고} 적었@.

“{p}, 맞아요?” 하고 {keeper:이} 물었@. “네, {p:이에요}.”
{keeper:은} {p:을} <소리 내어 읽었@|세 번 되풀이했@|외웠@>. “{p}, {p}, {p}.”

{y:은} {q}번 상자에 <넣었@|있었@>. {q}번 상자 옆에는 {r}번 상자가 있었@. {r}번에는 {x:이} 들어 있었@.
?{name:은} {q:을} {r:으로} 잘못 <읽었@|들었@>. “{r:이} 아니라 {q:이에요}.”

<저녁에|다음 날> {who:은} {p:을} <다시 떠올렸@|또 적었@|잊지 않았@>.
{keeper:은} {who:의} 번호가 {p:이라는} 것을 <기억했@|알게 되었@>.
""")
_DICTATION = steps("""
<오늘|어제> 받아쓰기에는 {x}, {y}, {z}, {w:이} 나왔@.
선생님이 {x}, {y}, {z}, {w:을} <불러 주었@|칠판에 썼@>.

{who:은} {x}, {y}, {z}, {w:을} <천천히 적었@|모두 맞혔@|따라 읽었@>.
{who:은} {x}, {y}, {z}까지 쓰고 {w:은} 나중에 <썼@|적었@>.

?“{z:이} <어려웠어|헷갈렸어>.” 하고 {name:이} 말했@. “{z:은} 나도 <몰랐어|틀렸어>.”
?{name:은} {y:을} {w:이라고} <잘못 썼@|잘못 들었@>. 그래서 {y:을} 세 번 더 썼@. {y}, {y}, {y}.

집에 와서 {who:은} {x}, {y}, {z}, {w:을} <다시 읽었@|또 써 보았@>.
{keeper:도} {x}, {y}, {z}, {w:을} 써 보았@.
""")
_COLOURS = tuple(map(Noun, ("빨간색", "파란색", "노란색", "하얀색", "까만색", "초록색", "보라색", "분홍색")))
_UNITS = ("개", "마리", "권", "장", "번")


def _thing(scene: Scene) -> Noun:
    return words.nonce(scene) if scene.chance(0.7) else scene.pick(_GOODS)


def _count(scene: Scene) -> Noun:
    return Noun(scene.integer(2, scene.pick((9, 99, 99, 999, 9999))))


def record(scene: Scene) -> str:
    """One text in which new names and numbers come back several times."""
    name, a, b, c = (
        words.nonce(scene) if scene.chance(0.4) else one for one in scene.some(words.FIRST_NAMES, 4)
    )
    x, y, z, w = (_thing(scene) for _ in range(4))
    place, place2 = scene.some(words.PLACES, 2)
    who, keeper = scene.some(_WHO, 2)
    n, m, k, q, r = (_count(scene) for _ in range(5))
    p = (
        f"{scene.integer(100, 9999)}-{scene.integer(1000, 9999)}"
        if scene.chance(0.5)
        else f"{scene.integer(100, 99999)}"
    )
    what = Noun(f"{x} {n}{scene.pick(_UNITS)}")
    cast = {
        "who": who, "keeper": keeper, "name": name, "a": a, "b": b, "c": c, "x": x, "y": y, "z": z, "w": w,
        "place": place, "place2": place2, "n": n, "m": m, "k": k, "q": q, "r": r, "p": Noun(p),
        "what": what, "note": Noun(f"‘{name}, {what}’"), "board": Noun(f"‘{a} {n}, {b} {m}, {c} {k}’"), "colour": scene.pick(_COLOURS),
    }  # fmt: skip
    form = scene.pick((_ORDER, _ORDER, _NAMED, _NAMED, _MESSAGE, _SCORES, _NUMBER, _DICTATION))
    return Teller(scene, cast, plain=scene.chance(0.5)).tell_steps(form, subject="{}")


TEXTS = {"record": record}

"""A scene -> a piece of everyday writing: a diary, a letter, instructions, a talk, causes and effects, a plan."""

from functools import partial
from typing import Any

from nakochat.data.village import words
from nakochat.data.village.scene import Scene
from nakochat.data.village.stories import cast as story_cast
from nakochat.data.village.telling import Steps, Teller, steps

DIARY = steps("""
<오늘은|오늘은 왠지|오늘 하루는> {degree} <즐거웠@|바빴@|길었@|조용했@|신났@>.
{weekday}, 날씨가 {w:었@}.
<아침에|일곱 시에|늦게> 일어나 <세수를 하고|창문을 열고> {food:을} 먹었@.
오늘은 {n}월 {n3}일, {friend:의} 생일이었@.

<오전에는|학교에서는|집에서는> {subject:을} 배웠는데 <재미있었@|조금 어려웠@|시간이 금방 갔@>.
?{kin:과} 함께 {place:에} 가서 {thing:을} <샀@|골랐@|고쳤@>.
점심으로 {food2:을} 먹었는데 {taste:고} {taste2:었@}.
{friend:과} {sport:을} 하다가 <무릎을 다쳤@|배꼽이 빠지게 웃었@|해가 지는 줄도 몰랐@>.

?{place2:에서} {animal:을} 보고 <깜짝 놀랐@|한참 서 있었@|사진을 찍었@>.
?{job:이} 나에게 {gift:을} <주었@|보여 주었@>. {glad:었@}.
?동생이 {toy:을} <부러뜨려서|숨겨서> 화가 <났@|났지만 참았@>.
?갑자기 {rain:이} <내려서|쏟아져서> 옷이 다 젖었@.

<저녁에는|밤에는> {kin:을} 도와 {dish:을} <닦았@|씻었@|정리했@>.
집에 와서 {read:을} 읽다가 <잠이 들었@|{friend} 생각이 났@>.
숙제를 {n}장이나 <해야 했@|했더니 손이 아팠@>.

<내일은|모레는|주말에는> {kin2:과} {food:을} <[만들 거예요|만들 것이다]|만들기로 했@|먹으러 가기로 했@>.
<잠들기 전에|이불 속에서> 오늘 일을 <떠올려 보았@|하나씩 세어 보았@>.
내일은 <더 일찍 일어나야겠다고|더 부지런해져야겠다고|먼저 사과해야겠다고> 생각했@.
참 {feel2:은} 하루였@.
""")

LETTER = steps("""
<|보고 싶은|그리운|멀리 있는|늘 고마운> {friend:에게}.
<사랑하는|보고 싶은|존경하는|늘 고마운> {kin:께}.
{place2:에} <있는|사는|계신> {kin:께}.

<안녕하세요?|그동안 잘 지내셨어요?|별일 없으시지요?|건강하시지요?> <저|{place:에} 사는|언제나 씩씩한|{friend:의} 친구> {hero:이에요}.
<저는|여기서 저는|요즘 저는> {degree} 잘 지내고 <있어요|있답니다>. <그곳은 어때요?|그곳도 {w:은}가요?|다들 잘 있지요?>
{time} 보내 주신 편지를 <읽고|받고> {degree} <기뻤어요|반가웠어요|울 뻔했어요>.

<여기는|우리 마을은> 벌써 {season:이에요}. {flower:이} <피었어요|한창이에요|지고 있어요>.
요즘 저는 {skill:을} 배우고 있어요. <아직 서툴지만 재미있어요|생각보다 어려워요|조금씩 늘고 있어요>.
지난번에 보내 주신 {gift:은} 잘 받았어요. <정말 고마워요|날마다 보고 있어요>.
{time} {place:에} 다녀왔어요. {animal:도} 보고 {food:도} 먹었어요.

?저번에는 화를 내서 미안했어요. <제 마음을 알아주세요|다시 사이좋게 지내고 싶어요>.
?<우리 집 개가|고양이가|토끼가> 새끼를 {n}마리 낳았어요. <무척 귀여워요|이름도 지었어요>.
?{kin2:은} <잘 계시지요|여전히 바쁘세요>? 다들 <보고 싶어 해요|안부를 전해 달래요>.
?{w:은} 날씨에 감기 조심하세요.

방학이 되면 <꼭 놀러 갈게요|우리 집에 놀러 오세요|함께 {place2:에} 가요>.
<그럼 이만 줄일게요|답장 기다릴게요|또 쓸게요>.
다음에 만나면 {sport:을} 같이 <해요|하면 좋겠어요>.

{hero} <올림|드림|씀>
{season} 어느 날, {hero} <올림|드림>
{place:에서} {hero} <올림|드림>
{n}월 {n3}일, {hero} <올림|드림|씀>
<늘|언제나> <응원하는|생각하는|그리워하는> {hero} <올림|드림>
""")

COOKING = steps("""
{meal:을} 만드는 <방법을 알려 드릴게요|방법이에요|순서예요>.
<오늘은|이번에는|{season:에는}|{kin:과} 함께> {meal:을} <만들어|준비해> 볼까요?
{meal:은} <누구나 쉽게|집에서도> 만들 수 있어요.

<먼저|우선> {ingr:과} {veg:을} 준비해요.
<먼저|제일 먼저> {veg:을} 깨끗이 씻어요.
<우선|첫째로> {bowl:에} {ingr:을} 넣고 잘 <저어요|섞어요|풀어요>.

<그다음|이어서|그다음에는> {veg:을} <잘게|얇게|먹기 좋게> 썰어요.
<그다음|그러고 나서> {pot:에} 물을 {n}컵 붓고 <끓여요|데워요>.
<물이 끓으면|끓기 시작하면|거품이 올라오면> {veg:과} {veg2:을} <넣어요|함께 넣어요|차례로 넣어요>.

?이때 {ingr:을} <너무 많이 넣으면 짜요|조금만 넣어도 돼요|한 숟가락 넣어요>.
?불이 세면 타니까 <불을 줄여요|자주 저어 주세요>.
?<뚜껑을 덮고|약한 불에|중간 불로> {n}분쯤 <기다려요|더 끓여요|두세요>.
?{meal:이} 익는 동안 {bowl:을} 꺼내 두면 <편해요|좋아요>.

<마지막으로|끝으로> {ingr2:을} <뿌리면|넣으면> <완성이에요|다 됐어요|맛이 살아나요>.
<마지막으로|이제> {bowl:에} <예쁘게|가득> 담으면 <돼요|끝이에요>.
<다 되면|완성되면|식기 전에> {friend:과} <나누어 먹어요|맛있게 먹어요|함께 드세요>.

{meal:은} 따뜻할 때 먹어야 <맛있어요|제맛이에요>.
남은 {meal:은} 식혀서 <냉장고에|그릇에> 넣어 두세요.
""")

CHORES = steps("""
{room:을} <청소하는|치우는|정리하는> <순서는 이래요|방법이에요|법을 알려 드릴게요>.
{room:이} <지저분하면|어지러우면> 이렇게 <해 보세요|치워 보세요>.
손님이 오기 전에 {room:을} <치워야 해요|정리해야 해요>.

<먼저|우선|무엇보다> 창문을 <활짝|모두|조금> <열어요|열어 두세요|열고 시작해요>.
<먼저|첫째,> {thing:과} {other:을} 제자리에 <놓아요|정리해요>.

<그다음|둘째,> <빗자루로 바닥을 쓸어요|걸레로 바닥을 닦아요>.
<그다음|그러고 나서> {furniture} 위의 먼지를 털어요.
<이어서|그다음에> 걸레를 빨아서 {furniture:을} <닦아요|닦아 주세요>.

?{furniture} 밑도 <잊지 마세요|꼼꼼히 봐야 해요>.
?물을 <너무 많이|함부로> 쓰면 {furniture:이} <상해요|망가져요|젖어요|썩어요>.
?{friend:과} 나누어 하면 <빨리 끝나요|덜 힘들어요>.

<마지막으로|셋째,|끝으로> 쓰레기를 <모아서|나누어|봉지에 담아> <버려요|내다 놓아요|{place:에} 버려요>.
<마지막으로|끝으로> 걸레를 빨아서 <말려요|널어 둬요>.

청소가 끝나면 {drink:을} 한 잔 <마셔요|마시며 쉬어요>.
{room:이} <깨끗하면|반짝이면|넓어 보이면> <기분도|마음도> <좋아져요|맑아져요|환해져요>.
""")

PLANTING = steps("""
<{season:에는}|올해는|오늘은|우리> {flower:을} <심어|길러|가꾸어> 볼까요?
{flower:은} <햇볕이 잘 드는|물이 잘 빠지는> 곳에 <심어요|심어야 해요>.
지금은 {seeded:을} 심기 좋은 때예요.

<먼저|우선> {gardentool:으로} 땅을 <파요|고르게 해요>.
<먼저|첫 번째로> 화분에 흙을 반쯤 <채워요|담아요>.

<그다음|그러고 나서> 씨앗을 {n}개씩 <넣어요|뿌려요>.
씨앗과 씨앗 사이는 {n}센티미터쯤 <띄워요|떨어뜨려 놓아요>.
씨앗을 <넣고|뿌리고> 흙을 <살살|얇게|가볍게> <덮어요|덮어 주세요|눌러 줘요>.

물은 <{n}일에 한 번씩|아침마다|흙이 마르면|저녁에> <주면 돼요|줘요|조금씩 주세요>.
?물을 너무 많이 주면 뿌리가 <썩어요|상해요>.
?{visitor:이} 오면 꽃가루를 <옮겨 줘요|묻혀 가요>.
?{digger:이} 땅을 파지 않도록 울타리를 <쳐요|세워요>.

<{n}주쯤|{n}일쯤|보름쯤> <지나면|기다리면> <싹이|작은 싹이> <나요|올라와요|보여요>.
<꽃이 피면|다 자라면> <{friend:에게도}|{kin:께도}|이웃에게도> <보여 주세요|나누어 주세요|자랑해 보세요>.
<마지막으로|그리고> 날마다 <들여다봐 주세요|잡초를 뽑아 주세요>.
""")

TALK = steps("""
{time} {hero:과} {friend:이} {place:에서} <만났@|마주쳤@|이야기를 나누었@>.
{place:에서} {hero:이} {friend:을} <불렀@|보고 손을 흔들었@>.

“{friend:아}, 너 <어디 가니?|뭐 하니?|어디 갔다 오니?>” {hero:이} <물었@|말을 걸었@>.
“{friend:아}, <잘 지냈어?|오랜만이야!|마침 잘 만났다.>” 하고 {hero:이} <웃었@|말했@>.

“{thing:을} 찾고 있어. <아까까지 있었는데|{kin:이} 준 거야>.” {friend:이} 대답했@.
“{kin} 심부름으로 {food:을} 사러 <가|가는 길이야>.” {friend:이} <말했@|대답했@>.
“{skill} 연습하러 <가|가는 중이야>. <너도 갈래?|같이 갈래?>” {friend:이} 말했@.

“<그럼 나도 같이 갈게|잘됐다, 나도 갈래|내가 도와줄게>.”
“<미안해, 오늘은 안 돼|나는 {far} 댁에 가야 해>. 내일은 어때?”
“<{place2:에} 가 볼래?|나도 {place2:에} 갈 건데.>” {hero:이} 말했@.

?{hero:은} 가방에서 {food2:을} 꺼내 <내밀었@|반으로 나누었@>.
?“<그런데|참,> {animal} 본 적 있어? <엄청 크더라|정말 귀엽더라|{place2:에} 있더라>.”
?{friend:은} 잠깐 생각하더니 <고개를 끄덕였@|웃었@|고개를 저었@>.
?지나가던 {job:이} “<사이가 좋구나|비 올 것 같으니 어서 가거라><” 하고 말했@|” 하고 이야기했@|” 하며 웃었@|” 하고 한마디 했@>.

“<좋아|그래|알았어>, <그렇게 하자|약속한 거다|내일 {n}시에 만나자>!” 둘은 <손뼉을 마주쳤@|웃으며 헤어졌@|나란히 걸었@>.
{hero:과} {friend:은} {place2:으로} <달려갔@|천천히 걸어갔@>.
그렇게 둘은 {drink:을} 마시며 <한참|해가 질 때까지> <이야기했@|떠들었@>.
""")

CAUSES = steps("""
{rain:이} 많이 와서 <강물이 불어났@|길이 미끄러웠@|{sport} 경기가 미뤄졌@>.
날씨가 {w:었기} 때문에 {hero:은} {place:에} <가지 않았@|일찍 갔@>.
{hero:은} <늦잠을 자서|버스를 놓쳐서|길이 막혀서> <수업에|약속에|일에> 늦었@.

{food:을} 너무 많이 먹었더니 <배가 아팠@|졸렸@|움직이기 힘들었@>.
{hero:이} {thing:을} 잃어버렸기 때문에 {kin:이} <걱정했@|새로 사 주었@>.
물을 주지 않으면 {flower:이} <[시들어요|시든다]|말라 버[려요|린다]>.

{friend:은} 열심히 연습했으니까 {skill:을} <잘했@|틀리지 않았@>.
{animal:이} 갑자기 나타나는 바람에 모두 <놀랐@|달아났@>.
<손을 씻지 않으면|이를 닦지 않으면> <병에 걸리기 [쉬워요|쉽다]|{kin:이} 걱정[해요|한다]>.

문이 열려 있어서 {pet:이} <집을 나갔@|들어왔@>.
{tool:이} 없어서 {job:은} 일을 <못 했@|미루었@|멈추었@>.
불을 켜자 방이 환해졌고, {hero:은} {thing:을} <찾았@|찾을 수 있었@>.

<덕분에|그래서|그 바람에|결국> {friend:도} <웃었@|바빠졌@|집에 일찍 왔@>.
<그 결과|결국|그래서> {n}명이 {place2:에} <모였@|남았@>.
그래서 {hero:은} {degree} {feel:었@}.
""")

_POTS = words.noun_list("냄비 솥 뚝배기 프라이팬 주전자 가마솥 찜통")
_ROOMS = words.noun_list("방 부엌 마루 욕실 교실 다락 창고 거실 현관 안방 서재 가게 마당")
_BOWLS = words.noun_list("그릇 접시 대접 사발 쟁반 뚝배기 큰_그릇 국그릇")
_SEEDED = words.noun_list(
    "고추 상추 무 배추 당근 오이 호박 가지 파 시금치 부추 콩 옥수수 토마토 완두콩 열무 수박 참외 메밀"
)
_FEEL = words.verb_list(
    "기쁘다 슬프다 즐겁다 고맙다 속상하다 부끄럽다 놀랍다 신기하다 아쉽다 뿌듯하다 답답하다 흐뭇하다"
)


def cast(scene: Scene) -> dict[str, Any]:
    """The cast of stories.py and what everyday writing needs besides."""
    taste, taste2 = scene.some(words.ADJECTIVES["food"][0], 2)
    feel, feel2 = scene.some(_FEEL, 2)
    ingr, ingr2 = scene.some(words.INGREDIENTS, 2)
    return story_cast(scene) | {
        "taste": taste, "taste2": taste2, "feel": feel, "feel2": feel2, "ingr": ingr, "ingr2": ingr2,
        "weekday": scene.pick(words.WEEKDAYS), "w": scene.pick(words.ADJECTIVES["weather"][0]),
        "subject": scene.pick(words.SUBJECTS), "pot": scene.pick(_POTS), "room": scene.pick(_ROOMS),
        "bowl": scene.pick(_BOWLS), "seeded": scene.pick(_SEEDED),
        "meal": scene.pick(words.MEALS),
        "furniture": scene.pick(words.FURNITURE), "n3": scene.integer(1, 28),
    }  # fmt: skip


def write(scene: Scene, parts: Steps, plain_share: float) -> str:
    """One sentence from each part, in order."""
    return Teller(scene, cast(scene), plain=scene.chance(plain_share)).tell_steps(parts)


def consequences(scene: Scene) -> str:
    """Sentences that say what came of what."""
    teller = Teller(scene, cast(scene), plain=scene.chance(0.4))
    told = teller.tell_some(CAUSES[:-1], scene.integer(2, 4), "{hero:은} ")
    return f"{told} {teller.tell_steps(CAUSES[-1:], '{hero:은} ')}"  # what all of it came to, at the end


TEXTS = {
    "diary": partial(write, parts=DIARY, plain_share=0.75),
    "letter": partial(write, parts=LETTER, plain_share=0.0),
    "cooking": partial(write, parts=COOKING, plain_share=0.0),
    "chores": partial(write, parts=CHORES, plain_share=0.0),
    "planting": partial(write, parts=PLANTING, plain_share=0.0),
    "talk": partial(write, parts=TALK, plain_share=0.45),
    "causes": consequences,
}

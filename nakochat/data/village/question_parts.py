"""Nothing -> RELATIONS: for each kind of fact the words that state it and the words that ask for it.

Rows of alternatives with ";" between.  {s} is the subject, {v} the value, {q} the value in quotes, {a} the fact's verb,
{w} the word that asks for the value.  Clauses stand in dictionary form and end in a verb or in a noun phrase with "=" (see clauses.py).

    topics     noun phrases that name the value:                 {s}의 먹이
    asks       clauses that ask for the value:                   {s:은} 뭘 먹다
    tells      clauses that state the fact:                      {s:은} {v:을} 먹다
    modifiers  what stands before the subject and says it:       {v:을} 먹는
    inverse    noun phrases that name the subject by the value:  {v:을} 먹는 동물
    contrast   values that are plainly wrong when they are not the fact's own
"""

from dataclasses import dataclass

from nakochat.core.josa import Noun, josa
from nakochat.data.village.more_asks import MORE_ASKS, MORE_INVERSE
from nakochat.data.village.village_parts import ROWS as VILLAGE_ROWS


@dataclass(frozen=True, kw_only=True)
class Relation:
    name: str
    kind: Noun  # what the subject is
    asked: tuple[str, ...]
    topics: tuple[str, ...]
    asks: tuple[str, ...]
    tells: tuple[str, ...]
    modifiers: tuple[str, ...]
    inverse: tuple[str, ...]
    who: tuple[str, ...]  # how the subject is asked for
    contrast: tuple[str, ...]


_ROWS: dict[str, dict[str, str]] = {
    "sound": dict(
        kind="동물", asked="뭐; 무엇", contrast="멍멍; 야옹; 음매; 꿀꿀; 개굴개굴; 맴맴; 짹짹; 꽥꽥",
        topics="{s}의 울음소리; {s} 울음소리; {s:이} 우는 소리; {s:이} 내는 소리; {s} 소리",
        asks="{s:은} 어떻게 울다; {s:은} 뭐라고 울다; {s:은} 어떤 소리를 내다; {s:은} 무슨 소리를 내다; "
        "{s:이} 울 때 어떤 소리가 나다; {s:은} 우는 소리가 {w}=; {s:은} 무슨 소리로 울다; {s:은} 어떤 소리로 울다",
        tells="{s:은} {v} 울다; {s:은} {v} 하고 울다; {s:은} {v} 소리를 내다; {s}의 울음소리는 {v}=; {s:은} {v} 하고 소리를 내다",
        modifiers="{v} 하고 우는; {v} 우는", inverse="{v} 하고 우는 동물; {v} 우는 동물; {v} 소리를 내는 동물; 울음소리가 {v}인 동물",
    ),
    "eats": dict(
        kind="동물", asked="뭐; 무엇", contrast="꿀; 도토리; 뽕잎; 대나무; 풀; 바나나",
        topics="{s}의 먹이; {s} 먹이; {s:이} 먹는 것; {s:이} 먹고 사는 것; {s:이} 즐겨 먹는 것; {s:이} 좋아하는 먹이",
        asks="{s:은} 뭘 먹다; {s:은} 무엇을 먹다; {s:은} 무엇을 먹고 살다; {s:은} 주로 뭘 먹다; {s:은} 무슨 먹이를 먹다; "
        "{s:은} 어떤 먹이를 좋아하다; {s:한테는} 뭘 주면 되다; {s:은} 먹이가 {w}=; {s:은} 배가 고프면 뭘 먹다; "
        "{s:이} 뭘 먹고 살다; {s:은} 평소에 뭘 먹다",
        tells="{s:은} {v:을} 먹다; {s:은} {v:을} 먹고 살다; {s:은} {v:을} 좋아하다; {s}의 먹이는 {v}=; {s:이} 먹는 것은 {v}=; "
        "{s:은} {v:을} 즐겨 먹다",
        modifiers="{v:을} 먹는; {v:을} 먹고 사는; {v:을} 좋아하는",
        inverse="{v:을} 먹는 동물; {v:을} 먹고 사는 동물; {v:을} 즐겨 먹는 동물; 먹이가 {v}인 동물",
    ),
    "habitat": dict(
        kind="동물", asked="어디", contrast="바다; 남극; 사막; 땅속; 집; 초원; 목장",
        topics="{s:이} 사는 곳; {s} 사는 곳; {s}의 집; {s:이} 지내는 곳; {s:을} 볼 수 있는 곳",
        asks="{s:은} 어디에 살다; {s:은} 어디에서 살다; {s:은} 어디 살다; {s:은} 사는 곳이 어디=; {s:이} 사는 데가 어디=; "
        "{s:은} 어디에서 지내다; {s:은} 어떤 곳에서 살다; {s:을} 보려면 어디로 가야 하다; {s:은} 어디에 가면 볼 수 있다; "
        "{s:은} 주로 어디에서 살다",
        tells="{s:은} {v:에} 살다; {s:은} {v:에서} 살다; {s:이} 사는 곳은 {v}=; {s:은} {v:에서} 지내다; {s:은} {v:에} 가면 볼 수 있다",
        modifiers="{v:에} 사는; {v:에서} 사는",
        inverse="{v:에} 사는 동물; {v:에서} 사는 동물; {v:에서} 지내는 동물; {v:에} 가면 볼 수 있는 동물",
    ),
    "young": dict(
        kind="동물", asked="뭐; 무엇", contrast="",
        topics="{s}의 새끼를 부르는 말; {s} 새끼의 이름; 새끼 {s:을} 부르는 이름; {s}의 새끼; 어린 {s:을} 부르는 말",
        asks="{s}의 새끼는 뭐라고 부르다; 새끼 {s:은} 뭐라고 부르다; {s} 새끼를 뭐라고 하다; {s}의 새끼는 이름이 {w}=; "
        "어린 {s:은} 뭐라고 부르다; {s:은} 어릴 때 뭐라고 부르다",
        tells="{s}의 새끼는 {v}=; {s}의 새끼는 {v:이라고} 하다; 새끼 {s:은} {v:이라고} 부르다; {s:은} 어릴 때 {v:이라고} 부르다",
        modifiers="새끼가 {v}인", inverse="새끼를 {v:이라고} 부르는 동물; 새끼가 {v}인 동물; {v:이} 자라서 되는 동물",
    ),
    "legs": dict(
        kind="동물", asked="몇 개", contrast="2개; 4개; 6개; 8개; 10개",
        topics="{s} 다리 수; {s}의 다리 개수; {s}의 다리 수; {s} 다리 개수",
        asks="{s:은} 다리가 몇 개=; {s:은} 다리가 몇 개 있다; {s}의 다리는 몇 개=; {s} 다리는 모두 몇 개=; {s:은} 발이 몇 개=; "
        "{s:은} 다리를 몇 개 가지고 있다; {s:은} 다리가 전부 몇 개=",
        tells="{s:은} 다리가 {v}=; {s}의 다리는 {v}=; {s:은} 다리가 {v} 있다; {s} 다리는 모두 {v}=; {s:은} 다리를 {v} 가지고 있다",
        modifiers="다리가 {v}인", inverse="다리가 {v}인 동물; 다리가 {v} 있는 동물; 다리를 {v} 가진 동물",
    ),
    "colour": dict(
        kind="것", asked="무슨 색; 무슨 색깔; 어떤 색", contrast="빨간색; 파란색; 노란색; 하얀색; 까만색; 보라색; 초록색",
        topics="{s}의 색; {s} 색깔; {s}의 색깔; {s} 색; {s}의 빛깔",
        asks="{s:은} {w}=; {s:은} 색이 {w}=; {s:은} 색깔이 어떻다; {s:은} 어떤 색을 띠다; {s:을} 그릴 때 무슨 색으로 칠하다; "
        "{s:은} 보통 {w}=; {s:을} 칠하려면 무슨 색이 필요하다; {s:은} 빛깔이 어떻다",
        tells="{s:은} {v}=; {s}의 색은 {v}=; {s:은} {v:을} 띠고 있다; {s:은} 색이 {v}=; {s}의 색깔은 {v}=",
        modifiers="", inverse="색이 {v}인 것; {v:을} 띠는 것; {v}인 것",
    ),
    "taste": dict(
        kind="음식", asked="무슨 맛; 어떤 맛", contrast="매운맛; 신맛; 짠맛; 쓴맛; 단맛",
        topics="{s}의 맛; {s} 맛; {s:에서} 나는 맛; {s:을} 먹으면 나는 맛",
        asks="{s:은} {w}=; {s:은} 맛이 어떻다; {s:은} 무슨 맛이 나다; {s:은} 어떤 맛이 나다; {s:을} 먹으면 어떤 맛이 나다; "
        "{s:을} 먹어 보면 맛이 어떻다; {s:에서는} 무슨 맛이 나다",
        tells="{s:은} {v:이} 나다; {s}의 맛은 {v}=; {s:을} 먹으면 {v:이} 나다; {s:에서는} {v:이} 나다; {s:은} {v}=",
        modifiers="{v:이} 나는", inverse="{v:이} 나는 음식; {v:이} 나는 것; 먹으면 {v:이} 나는 것",
    ),
    "season": dict(
        kind="먹을거리", asked="언제; 어느 계절", contrast="봄; 여름; 가을; 겨울",
        topics="{s:이} 나는 계절; {s} 철; {s:이} 많이 나는 때; {s}의 제철; {s:이} 제맛인 계절",
        asks="{s:은} 언제 나다; {s:은} 어느 계절에 나다; {s:은} 제철이 언제=; {s:은} 언제 먹어야 맛있다; {s:은} 무슨 계절에 나다; "
        "{s:은} 어느 계절에 많이 먹다; {s:은} 언제 제일 맛있다; {s:은} 어느 계절이 제철=",
        tells="{s:은} {v:에} 나다; {s:은} {v:이} 제철=; {s:이} 많이 나는 때는 {v}=; {s:은} {v:에} 많이 먹다; {s:은} {v:에} 제일 맛있다",
        modifiers="{v:에} 나는; {v:이} 제철인", inverse="{v:에} 나는 먹을거리; {v:이} 제철인 먹을거리; {v:에} 많이 먹는 것",
    ),
    "material": dict(
        kind="물건", asked="뭐; 무엇", contrast="나무; 유리; 쇠; 콩; 우유; 쌀; 종이",
        topics="{s}의 재료; {s} 재료; {s:을} 만드는 재료; {s:을} 만들 때 쓰는 것",
        asks="{s:은} 뭘로 만들다; {s:은} 무엇으로 만들다; {s:은} 재료가 {w}=; {s:을} 만들려면 뭐가 필요하다; "
        "{s:은} 어떤 재료로 만들다; {s:은} 무슨 재료로 만들다; {s:을} 만들 때 뭘 쓰다",
        tells="{s:은} {v:으로} 만들다; {s}의 재료는 {v}=; {s:을} 만들려면 {v:이} 필요하다; {s:은} {v:이} 재료=; {s:을} 만들 때 {v:을} 쓰다",
        modifiers="{v:으로} 만드는; {v:으로} 만든",
        inverse="{v:으로} 만드는 것; {v:으로} 만든 것; {v:이} 재료인 것",
    ),
    "located": dict(
        kind="곳", asked="어디", contrast="서울; 부산; 제주도; 경주; 강릉; 대구; 인천",
        topics="{s:이} 있는 곳; {s} 위치; {s}의 위치; {s:이} 있는 고장; {s:이} 자리한 곳",
        asks="{s:은} 어디에 있다; {s:은} 어디 있다; {s:에} 가려면 어디로 가야 하다; {s:은} 어느 고장에 있다; {s:이} 있는 데가 어디=; "
        "{s:은} 어느 지역에 있다; {s:을} 구경하려면 어디로 가야 하다; {s:은} 어느 곳에 있다; {s:을} 보려면 어디에 가야 하다",
        tells="{s:은} {v:에} 있다; {s:이} 있는 곳은 {v}=; {s:에} 가려면 {v:으로} 가야 하다; {s:은} {v:에서} 볼 수 있다; "
        "{s:은} {v:에} 자리하고 있다; {v:에는} {s:이} 있다",
        modifiers="{v:에} 있는", inverse="{v:에} 있는 곳; {v:에서} 구경할 수 있는 곳; {v:에} 가면 볼 수 있는 곳",
    ),
    "famous": dict(
        kind="고장", asked="뭐; 무엇", contrast="비빔밥; 닭갈비; 대게; 녹차; 인삼; 곶감; 굴",
        topics="{s}의 특산물; {s}의 명물; {s:에서} 유명한 것; {s} 하면 떠오르는 것; {s}의 자랑; {s:이} 자랑하는 것",
        asks="{s:은} 뭐가 유명하다; {s:은} 무엇으로 유명하다; {s:에서는} 뭐가 유명하다; {s:에} 가면 뭘 맛봐야 하다; "
        "{s}의 명물은 {w}=; {s:은} 무엇으로 이름이 나 있다; {s:에서} 알아주는 게 {w}=; {s}의 특산물은 {w}=",
        tells="{s:은} {v:으로} 유명하다; {s:은} {v:이} 유명하다; {s:에서는} {v:이} 유명하다; {s}의 명물은 {v}=; "
        "{s}의 특산물은 {v}=; {s} 하면 떠오르는 것은 {v}=",
        modifiers="{v:으로} 유명한; {v:이} 유명한", inverse="{v:으로} 유명한 고장; {v:이} 유명한 곳; {v:이} 특산물인 고장; {v:을} 자랑하는 고장",
        who="어디",
    ),
    "definition": dict(
        kind="것", asked="뭐; 무엇", contrast="",
        topics="{s}; {s} 이름", asks="{s:은} {w}=; {s:이} {w}=; {s:은} 뭐라고 하다; {s:은} 이름이 뭐=; {s:을} 뭐라고 부르다; {s} 하면 {w}=",
        tells="{s:은} {v}=; {s:을} {v:이라고} 하다; {v:이} {s}=", modifiers="", inverse="",
    ),
    "count": dict(
        kind="것", asked="몇 개", contrast="",
        topics="", asks="{s:은} {w}=; {s:이} {w}=; {s:은} 모두 {w}=; {s:은} 전부 {w}=; {s:은} 다 해서 {w}=; {s:은} 정확히 {w}=; {s:은} {w:으로} 되어 있다; "
        "{s:을} 세어 보면 {w}=",
        tells="{s:은} {v}=; {s:은} 모두 {v}=; {s:은} 다 해서 {v}=; {s:은} 전부 {v}=", modifiers="", inverse="",
    ),
    "tool": dict(
        kind="물건", asked="뭐; 무엇", contrast="",
        topics="{s}의 쓰임새; {s:으로} 하는 일; {s:이} 하는 일; {s}의 용도; {s} 용도",
        asks="{s:은} 언제 쓰다; {s:은} 무엇을 할 때 쓰다; {s:은} 뭐 할 때 쓰다; {s:은} 어디에 쓰다; {s:으로} 뭘 하다; "
        "{s:으로} 무엇을 하다; {s:은} 무엇을 하는 물건=; {s:은} 왜 필요하다; {s:은} 어떤 때 필요하다; {s:이} 있으면 뭘 할 수 있다; "
        "{s:은} 무슨 일에 쓰다",
        tells="{s:은} {v:을} {a:을} 때 쓰다; {s:은} {v:을} {a:는} 데 쓰다; {s:은} {v:을} {a:는} 물건=; {s:으로} {v:을} {a}; "
        "{v:을} {a:을} 때 {s:을} 쓰다; {v:을} {a:으려면} {s:이} 필요하다",
        modifiers="{v:을} {a:을} 때 쓰는; {v:을} {a:는} 데 쓰는",
        inverse="{v:을} {a:을} 때 쓰는 물건; {v:을} {a:는} 데 쓰는 것; {v:을} {a:으려면} 필요한 물건; {v:을} {a:는} 도구",
    ),
    "place": dict(
        kind="곳", asked="뭐", contrast="",
        topics="{s:에서} 하는 일; {s:에} 가는 까닭; {s:에서} 할 수 있는 일; {s:에서} 주로 하는 일",
        asks="{s:은} 뭐 하는 곳=; {s:은} 무엇을 하는 곳=; {s:에서는} 뭘 하다; {s:에는} 왜 가다; {s:에} 가면 뭘 하다; "
        "{s:에서} 무엇을 할 수 있다; {s:은} 어떤 곳=; {s:에} 가서 뭘 하다; {s:에는} 뭐 하러 가다",
        tells="{s:은} {v:을} {a:는} 곳=; {s:에서} {v:을} {a}; {s:에서는} {v:을} {a:을} 수 있다; {s:에} 가면 {v:을} {a:을} 수 있다; "
        "{v:을} {a:으려면} {s:에} 가야 하다",
        modifiers="{v:을} {a:는}", inverse="{v:을} {a:는} 곳; {v:을} {a:으려면} 가야 하는 곳; {v:을} {a:을} 수 있는 곳", who="어디",
    ),
    "profession": dict(
        kind="사람", asked="뭐", contrast="",
        topics="{s:이} 하는 일; {s}의 일; {s:이} 주로 하는 일; {s:이} 맡은 일; {s:이라는} 직업이 하는 일",
        asks="{s:은} 뭐 하는 사람=; {s:은} 무엇을 하는 사람=; {s:은} 무슨 일을 하다; {s:은} 어떤 일을 하다; {s:은} 뭘 하다; "
        "{s:은} 하는 일이 {w}=; {s:은} 날마다 뭘 하다; {s:은} 어떤 사람=; {s:이} 되면 뭘 하다; {s:은} 직장에서 뭘 하다",
        tells="{s:은} {v:을} {a:는} 사람=; {s:은} {v:을} {a}; {s:은} {v:을} {a:는} 일을 하다; {s:이} 하는 일은 {v:을} {a:는} 것=; "
        "{v:을} {a:는} 사람이 {s}=",
        modifiers="{v:을} {a:는}", inverse="{v:을} {a:는} 사람; {v:을} {a:는} 직업; {v:을} {a:는} 일을 하는 사람",
        who="누구; 뭐",
    ),
    "opposite": dict(
        kind="말", asked="뭐; 무엇", contrast="",
        topics="'{s}'의 반대말; {s}의 반대말; '{s}' 반대말; {s:과} 반대되는 말; '{s}'의 반대; '{s}' 뜻과 반대인 말",
        asks="'{s}'의 반대말은 {w}=; '{s}'의 반대는 {w}=; {s:은} 반대말이 {w}=; {s:과} 뜻이 반대인 말은 {w}=; '{s}'의 반대말을 뭐라고 하다; "
        "{s:과} 반대되는 말은 {w}=; {s:을} 반대로 말하면 뭐가 되다; {s:을} 거꾸로 말하면 {w}=",
        tells="'{s}'의 반대말은 {q}=; {s}의 반대말은 {q}=; {s:과} 반대되는 말은 {q}=; '{s}'의 반대는 {q}=; {s:과} {v:은} 반대말=",
        modifiers="", inverse="반대말이 {v}인 말; {v:과} 반대되는 말",
    ),
    "weather": dict(
        kind="계절", asked="어떤 날씨", contrast="",
        topics="{s} 날씨; {s}의 날씨; {s}철 날씨",
        asks="{s:에는} 날씨가 어떻다; {s:은} 날씨가 어떻다; {s:이} 되면 날씨가 어떻다; {s} 날씨는 어떻다; {s:은} 어떤 계절=; {s:이} 오면 날씨가 어떻다",
        tells="{s:에는} 날씨가 {a}; {s:은} {a}; {s:은} 날씨가 {a}; {s:이} 되면 {a}; {s:은} {a:은} 계절=",
        modifiers="{a:은}", inverse="날씨가 {a:은} 계절; {a:은} 계절", who="언제",
    ),
    "activity": dict(
        kind="계절", asked="뭐", contrast="",
        topics="{s:에} 하는 일; {s:에} 할 수 있는 일; {s:에} 사람들이 하는 것; {s:이면} 하는 일",
        asks="{s:에는} 뭘 하다; {s:에는} 무엇을 하다; {s:이} 되면 뭘 하다; {s:에} 뭘 하면서 놀다; {s:에는} 사람들이 무엇을 하다; {s:이} 오면 뭘 할 수 있다",
        tells="{s:에는} {v:을} {a}; {s:이} 되면 {v:을} {a}; {s:에는} {v:을} {a:을} 수 있다; {s:은} {v:을} {a:는} 계절=",
        modifiers="{v:을} {a:는}", inverse="{v:을} {a:는} 계절; {v:을} {a:을} 수 있는 계절", who="언제",
    ),
    "next_day": dict(
        kind="요일", asked="무슨 요일; 뭐", contrast="",
        topics="{s} 다음 날; {s} 다음 요일; {s}의 다음 날; {s} 바로 다음 요일",
        asks="{s} 다음은 {w}=; {s} 다음 날은 무슨 요일=; {s}의 다음 날은 무슨 요일=; {s:이} 지나면 무슨 요일이 오다; "
        "오늘이 {s}이면 내일은 무슨 요일=; {s} 뒤에는 무슨 요일이 오다; {s:에서} 하루가 지나면 무슨 요일=",
        tells="{s} 다음 날은 {v}=; {s} 다음은 {v}=; {s:이} 지나면 {v:이} 오다; 오늘이 {s}이면 내일은 {v}=",
        modifiers="", inverse="",
    ),
    "previous_day": dict(
        kind="요일", asked="무슨 요일; 뭐", contrast="",
        topics="{s} 전날; {s}의 전날; {s} 바로 앞 요일; {s} 앞의 요일",
        asks="{s} 전날은 무슨 요일=; {s}의 전날은 {w}=; {s} 앞에는 무슨 요일이 오다; 오늘이 {s}이면 어제는 무슨 요일=; "
        "{s:보다} 하루 앞선 날은 무슨 요일=; {s} 바로 앞은 무슨 요일=",
        tells="{s} 전날은 {v}=; {s} 앞에는 {v:이} 오다; 오늘이 {s}이면 어제는 {v}=; {s} 바로 앞은 {v}=",
        modifiers="", inverse="",
    ),
    "next_month": dict(
        kind="달", asked="몇 월", contrast="",
        topics="{s} 다음 달; {s}의 다음 달; {s} 바로 다음 달",
        asks="{s} 다음은 {w}=; {s} 다음 달은 {w}=; {s:이} 지나면 몇 월이 오다; 이번 달이 {s}이면 다음 달은 {w}=; "
        "{s:이} 끝나면 {w}=; {s} 뒤에는 몇 월이 오다",
        tells="{s} 다음은 {v}=; {s} 다음 달은 {v}=; {s:이} 지나면 {v:이} 오다; 이번 달이 {s}이면 다음 달은 {v}=; {s:이} 끝나면 {v}=",
        modifiers="", inverse="",
    ),
    "previous_month": dict(
        kind="달", asked="몇 월", contrast="",
        topics="{s} 바로 전 달; {s} 앞의 달; {s}의 바로 앞 달",
        asks="{s} 바로 전은 {w}=; {s} 앞의 달은 {w}=; 이번 달이 {s}이면 지난달은 {w}=; {s} 앞에는 몇 월이 오다; {s}의 바로 앞 달은 {w}=",
        tells="{s} 바로 전은 {v}=; {s} 앞의 달은 {v}=; 이번 달이 {s}이면 지난달은 {v}=; {s} 앞에는 {v:이} 오다",
        modifiers="", inverse="",
    ),
    "month_season": dict(
        kind="달", asked="무슨 계절; 어느 계절", contrast="봄; 여름; 가을; 겨울",
        topics="{s}의 계절; {s:이} 속한 계절; {s} 계절",
        asks="{s:은} {w}=; {s:은} 어느 계절에 들어 있다; {s:은} 계절로 치면 {w}=; {s:이} 되면 {w}=; {s:은} 사계절 중 어느 계절=; {s:은} 어느 계절에 속하다",
        tells="{s:은} {v}=; {s:은} {v:에} 들어 있다; {s:은} 계절로 치면 {v}=; {s:은} {v:에} 속하다",
        modifiers="", inverse="{v:에} 속하는 달; {v:에} 들어 있는 달", who="몇 월",
    ),
}  # fmt: skip


def _split(row: str) -> tuple[str, ...]:
    return tuple(row.split("; ")) if row else ()


def with_asked(clause: str, asked: str) -> str:
    """The clause with its question word."""
    for particle in ("으로", "이"):
        clause = clause.replace(f"{{w:{particle}}}", josa(asked, particle))
    return clause.replace("{w}", asked)


def _relation(name: str, row: dict[str, str]) -> Relation:
    return Relation(
        name=name,
        kind=Noun(row["kind"]),
        asked=_split(row["asked"]),
        topics=_split(row["topics"]),
        asks=_split(row["asks"]) + _split(MORE_ASKS[name]),
        tells=_split(row["tells"]),
        modifiers=_split(row["modifiers"]),
        inverse=_split(row["inverse"]) + _split(MORE_INVERSE.get(name, "")),
        who=_split(row.get("who", "뭐; 무엇")),
        contrast=_split(row["contrast"]),
    )


RELATIONS: dict[str, Relation] = {
    name: _relation(name, row) for name, row in {**_ROWS, **VILLAGE_ROWS}.items()
}


# these say what somebody does to the subject: its place is that of the object (무엇을 흙으로 만들어요)
_OF_IT = ("쓰다", "만들다", "먹다", "부르다", "돌보다", "맡고 있다", "볼 수 있다", "재료=")
_ASKERS = {
    "사람": ("누가",),
    "곳": ("어디가", "어느 곳이"),
    "고장": ("어디가", "어느 고장이"),
    "것": ("뭐가", "어떤 것이"),
}


def _inverted(relation: Relation) -> Relation:
    """The relation asked from its value: who eats grass?"""
    kind = josa(relation.kind, "이")
    asker = _ASKERS.get(relation.kind, ("뭐가", f"어떤 {kind}", f"무슨 {kind}"))
    predicates = [
        tell.removeprefix("{s:은} ")
        for tell in relation.tells
        if tell.startswith("{s:은} ") and not tell.endswith(_OF_IT)
    ]
    return Relation(
        name=f"{relation.name} inverse",
        kind=relation.kind,
        asked=relation.who,
        topics=relation.inverse,
        asks=tuple(
            f"{who} {predicate}" for who in asker for predicate in predicates if not predicate.endswith("{a}")
        ),
        tells=relation.tells,
        modifiers=(),
        inverse=(),
        who=(),
        contrast=(),
    )


INVERSES: dict[str, Relation] = {
    name: _inverted(relation) for name, relation in RELATIONS.items() if relation.inverse
}

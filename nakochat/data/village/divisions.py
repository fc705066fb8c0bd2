"""Word problems that are solved by dividing, without a remainder."""

from nakochat.data.village.situations import Situation

DIVISIONS = (
    Situation(  # shared out among people
        facts=(
            "{thing} {a:을} {b:이} 똑같이 {나누다:E}",
            "{who:은} {thing} {a:을} 친구 {b:에게} 똑같이 {나누어 주다:E}",
            "{thing:이} {a} {있다:J} 아이 {b:이} 똑같이 {나누어 가지다:E}",
            "{thing} {a:을} {b:이} 사이좋게 {나누어 먹다:E}",
            "{b:이} {thing} {a:을} 고르게 {나누다:E}",
            "저희 {b:은} {thing} {a:을} 공평하게 {나누다:E}",
        ),
        asks=(
            "한 사람이 몇 {ur}씩 {가지다:V}",
            "한 명에게 몇 {ur}씩 돌아가는지 알려 주세요.",
            "한 명은 {thing:을} 몇 {ur} {받다:V}",
            "한 사람 몫은 몇 {ur:Q}",
            "한 사람은 몇 {ur:Q}",
            "각자 몇 {ur}씩 {받다:P}",
        ),
        whole=(
            "{thing} {a:을} {b:이} 나누면 한 사람에 몇 {ur:Q}",
            "{b:에게} {thing} {a:을} 똑같이 주려면 한 명에게 몇 {ur}씩 주면 {되다:V}",
            "{a:을} {b:이} 똑같이 나누면 몇 {ur}씩 {받다:V}",
        ),
        units=("*", "명", "*"),
        things="food",
    ),
    Situation(  # how many packs
        facts=(
            "{thing} {a:을} 한 봉지에 {b}씩 {담다:E}",
            "{who:은} {thing} {a:을} {b}씩 {묶다:E}",
            "{thing:이} {a} {있다:J} 한 상자에 {b}씩 {넣다:E}",
            "{thing:을} {b}씩 상자에 {넣다:J} {thing:은} 모두 {a:I}",
        ),
        asks=(
            "모두 몇 {ur:이} {필요하다:A}",
            "몇 {ur:이} {되다:V}",
            "다 담으려면 몇 {ur:이} 있어야 {하다:V}",
            "그러면 모두 몇 {ur:Q}",
        ),
        whole=(
            "{thing} {a:을} {b}씩 담으면 봉지가 몇 {ur} {필요하다:A}",
            "한 상자에 {b}씩이면 {thing} {a:은} 몇 {ur:에} {들어가다:V}",
        ),
        units=("*", "*", "개"),
    ),
    Situation(  # tables, teams, tents
        facts=(
            "학생 {a:을} {b}씩 모둠으로 {나누다:E}",
            "{a:이} 한 탁자에 {b}씩 {앉다:E}",
            "사람이 {a} {있다:J} 돗자리 하나에 {b}씩 {앉다:E}",
            "{place:에} 온 {a:이} {b}씩 모둠을 {만들다:E}",
            "천막 하나에 {b}씩 {들어가다:J} 사람은 모두 {a:I}",
        ),
        asks=(
            "그러면 모두 몇 {ur:Q}",
            "몇 {ur:이} {필요하다:A}",
            "모두 몇 {ur:이} {되다:V}",
            "한 명도 빠짐없이 하려면 몇 {ur:이} 있어야 {하다:V}",
        ),
        whole=(
            "{a:을} {b}씩 모둠으로 나누면 모둠은 몇 {ur:Q}",
            "한 탁자에 {b}씩 {a:이} 앉으면 탁자가 몇 {ur} {필요하다:A}",
        ),
        units=("명", "명", "개"),
        most=(300, 30),
    ),
    Situation(  # several rows
        facts=(
            "의자 {a:을} {b:으로} 똑같이 {놓다:E}",
            "{place:에} 의자 {a:을} {b:으로} 고르게 {놓다:E}",
            "의자가 {a} {있다:J} {b:으로} 똑같이 {세우다:E}",
        ),
        asks=(
            "한 줄에 몇 {ur}씩인지 알려 주세요.",
            "그럼 한 줄에 몇 {ur:Q}",
            "한 줄에 의자가 몇 {ur} {있다:V}",
        ),
        whole=("{a:을} {b:으로} 똑같이 놓으면 한 줄에 몇 {ur:Q}",),
        units=("개", "줄", "개"),
        most=(300, 20),
    ),
    Situation(  # days to finish a book
        facts=(
            "{a}짜리 책을 하루에 {b}씩 {읽다:E}",
            "책은 모두 {a:K} {who:은} 날마다 {b}씩 {읽다:E}",
            "{who:은} 하루에 {b}씩 {읽다:J} 책은 {a:I}",
        ),
        asks=(
            "며칠이면 다 {읽다:V}",
            "며칠 만에 다 {읽다:V}",
            "다 읽는 데 며칠이 {걸리다:V}",
            "끝까지 읽으려면 며칠이 {필요하다:A}",
            "며칠 걸릴지 알려 주세요.",
        ),
        whole=("{a}짜리 책을 하루 {b}씩 읽으면 며칠 {걸리다:V}", "하루에 {b} 읽으면 {a:을} 읽는 데 {며칠:Q}"),
        units=("쪽", "쪽", "일"),
        most=(400, 40),
    ),
    Situation(  # the same every day
        facts=(
            "{who:은} {b} 동안 {a:을} 똑같이 나누어 {읽다:E}",
            "{a}짜리 책을 {b} 만에 다 {읽다:J} 날마다 같은 양을 {읽다:E}",
        ),
        asks=("하루에 몇 {ur}씩 {읽다:P}", "하루에 읽은 것은 몇 {ur:Q}"),
        whole=(
            "{a:을} {b} 동안 똑같이 나눠 읽으려면 하루에 몇 {ur:을} 읽어야 {하다:V}",
            "{b} 동안 {a:을} 읽었다면 하루에 몇 {ur:Q}",
        ),
        units=("쪽", "일", "쪽"),
        most=(400, 30),
    ),
    Situation(  # the price of one
        facts=(
            "{thing} {b:을} 사고 {a:을} {내다:E}",
            "{who:은} {thing} {b:을} {a:에} {사다:E}",
            "{thing} {b:에} 모두 {a:I}",
            "같은 {thing} {b} 값이 {a:I}",
        ),
        asks=(
            "한 {ub:은} {얼마:Q}",
            "한 {ub} 값은 {얼마:Q}",
            "하나에 {얼마:Q}",
            "{thing} 한 {ub}에 몇 {ur:Q}",
        ),
        whole=(
            "{thing} {b:에} {a:이면} 하나는 {얼마:Q}",
            "{a}으로 {thing:을} {b} 샀다면 한 {ub:은} {얼마:Q}",
        ),
        units=("원", "*", "원"),
        most=(950, 12),
    ),
    Situation(  # how many one can buy
        facts=(
            "{who:은} {a:을} {가지고 있다:J} {thing:은} 한 {ur}에 {b:I}",
            "{thing} 하나가 {b:K} 돈은 {a} {있다:H}",
            "{b}짜리 {thing:을} 사려고 {a:을} {모으다:E}",
        ),
        asks=("{thing:을} 몇 {ur} 살 수 {있다:V}", "살 수 있는 {thing:은} 몇 {ur:Q}", "몇 {ur:을} {사다:V}"),
        whole=(
            "{a}으로 {b}짜리 {thing:을} 몇 {ur} 살 수 {있다:V}",
            "{a:이} 있으면 {b}짜리 {thing} 몇 {ur:을} {사다:V}",
        ),
        units=("원", "원", "*"),
        most=(950, 100),
    ),
    Situation(  # a cord in pieces
        facts=(
            "{a}짜리 끈을 {b}씩 {자르다:E}",
            "길이가 {a}인 리본을 {b}씩 잘라 {쓰다:E}",
            "{who:은} 철사 {a:을} {b}씩 {끊다:E}",
        ),
        asks=(
            "모두 몇 도막이 {되다:V}",
            "몇 도막이 {나오다:V}",
            "{도막:은} 모두 몇 개인지 알려 주세요.",
            "조각은 몇 {ur:이} {나오다:V}",
        ),
        whole=("{a:을} {b}씩 자르면 몇 {ur:이} {나오다:V}",),
        units=("센티미터", "센티미터", "도막"),
        most=(400, 40),
    ),
    Situation(  # equal pieces
        facts=(
            "길이가 {a}인 끈을 똑같이 {b:으로} {나누다:E}",
            "{a}짜리 막대를 같은 길이로 {b:이} 되게 {자르다:E}",
        ),
        asks=("하나의 길이는 몇 {ur:Q}", "한 도막은 몇 {ur:Q}"),
        whole=("{a:을} {b:으로} 똑같이 자르면 하나는 몇 {ur:Q}",),
        units=("센티미터", "도막", "센티미터"),
        most=(400, 20),
    ),
    Situation(  # how many times as many
        facts=(
            "{who:은} {thing:을} {a}, {other:은} {b} {가지고 있다:E}",
            "{who:의} {thing:은} {a:K} {other:의} {thing:은} {b:I}",
            "{other:은} {thing} {b:을} {모으다:J} {who:은} {a:을} {모으다:E}",
        ),
        asks=(
            "{who:은} {other:의} 몇 {ur:Q}",
            "{who:의} {thing:은} {other:의} 몇 {ur:Q}",
            "몇 {ur:이} {되다:V}",
        ),
        whole=("{thing} {a:은} {b:의} 몇 {ur:Q}", "{a:은} {b:의} 몇 {ur:Q}"),
        units=("*", "*", "배"),
        things="goods",
    ),
    Situation(  # weeks out of days
        facts=("{who:은} {a} 동안 여행을 {하다:E}", "{방학:은} {a:I}", "{집:을} 짓는 데 {a:이} {걸리다:E}"),
        asks=("모두 몇 {ur:Q}", "일주일씩 세면 몇 {ur:Q}", "몇 {ur} 동안이에요?"),
        whole=("일주일이 {b:이면} {a:은} 몇 {ur:Q}", "{a:은} 모두 몇 {ur:Q}"),
        units=("일", "일", "주"),
        most=(140, 7),
        second=7,
    ),
    Situation(  # legs
        facts=(
            "다리가 모두 {a:K} 한 마리에 {b}씩 {있다:H}",
            "{마당:에} 있는 동물의 다리를 세니 {a:K} 한 마리의 다리는 {b:I}",
        ),
        asks=("동물은 몇 {ur:Q}", "모두 몇 {ur:이} {있다:V}"),
        whole=(
            "다리가 {b}인 동물들의 다리가 모두 {a:이면} 몇 {ur:Q}",
            "한 마리에 다리가 {b}씩 있는데 다리가 다 해서 {a:이면} 동물은 몇 {ur:Q}",
        ),
        units=("개", "개", "마리"),
        most=(200, 8),
    ),
    Situation(  # speed
        facts=("{자동차:이} {b} 동안 {a:을} {달리다:E}", "{기차:은} {a}를 가는 데 {b:이} {걸리다:E}"),
        asks=("한 시간에 몇 {ur:을} {가다:P}", "한 시간 동안 간 거리는 몇 {ur:Q}"),
        whole=("{b} 동안 {a:을} 가면 한 시간에 몇 {ur:을} 가는 {셈:Q}",),
        units=("킬로미터", "시간", "킬로미터"),
        most=(720, 9),
    ),
    Situation(  # trees at a distance, plants in fields
        facts=(
            "{thing} {a:을} {b}에 똑같이 나누어 {심다:E}",
            "{who:은} 밭 {b}에 {thing} {a:을} 고르게 {심다:E}",
        ),
        asks=("한 곳에 몇 {ur}씩 {심다:P}", "한 곳에 심은 {thing:은} 몇 {ur:Q}"),
        whole=("{thing} {a:을} {b}에 똑같이 심으면 한 곳에 몇 {ur:Q}",),
        units=("*", "곳", "*"),
        most=(300, 20),
        things="plants",
    ),
    Situation(  # flowers in vases, animals in pens
        facts=(
            "{thing} {a:을} 상자 {b:에} 똑같이 나누어 {담다:E}",
            "{who:은} {thing} {a:을} 바구니 {b:에} 고르게 {넣다:E}",
            "바구니가 {b} {있다:J} {thing} {a:을} 똑같이 {나누어 넣다:E}",
        ),
        asks=("하나에 몇 {ur}씩 {들어가다:V}", "하나에 몇 {ur}씩 {넣다:P}", "그러면 하나에 몇 {ur:Q}"),
        whole=("{thing} {a:을} {b:에} 똑같이 넣으면 하나에 몇 {ur:Q}",),
        units=("*", "개", "*"),
        things="goods",
    ),
    Situation(  # money shared or saved
        facts=(
            "{who:은} {b} 동안 모두 {a:을} {모으다:J} 날마다 똑같이 {모으다:E}",
            "{a:을} {b} 동안 똑같이 나누어 {쓰다:E}",
        ),
        asks=("하루에 {얼마:Q}", "하루에 몇 {ur:Q}", "하루치는 {얼마:Q}"),
        whole=("{b} 동안 {a:을} 모으려면 하루에 얼마씩 모아야 {하다:V}",),
        units=("원", "일", "원"),
        most=(950, 10),
    ),
    Situation(  # how long something lasts
        facts=(
            "{thing:이} {a} {있다:J} 하루에 {b}씩 {쓰다:E}",
            "{who:은} {thing} {a:을} 날마다 {b}씩 {쓰다:E}",
            "하루에 {b}씩 {thing} {a:을} 모으려고 {하다:E}",
        ),
        asks=("며칠 동안 하는 {셈:Q}", "며칠이 {걸리다:V}", "며칠이면 {되다:V}"),
        whole=(
            "{thing} {a:을} 하루에 {b}씩 쓰면 며칠 동안 쓸 수 {있다:V}",
            "{a:을} 날마다 {b}씩 쓰면 며칠이 {걸리다:V}",
        ),
        units=("*", "*", "일"),
        things="goods",
    ),
    Situation(  # buses and boats needed
        facts=(
            "{a:이} 버스에 {타다:J} 한 대에 {b}씩 탈 수 {있다:H}",
            "사람이 모두 {a:K} 차 한 대에 {b}씩 {타다:E}",
            "한 대에 {b}씩 타는 차에 {a:이} 나누어 {타다:E}",
        ),
        asks=("차는 몇 {ur:이} {필요하다:A}", "몇 {ur:이} 있어야 {하다:V}", "모두 몇 {ur:Q}"),
        whole=("{a:이} {b}씩 타려면 차가 몇 {ur} {필요하다:A}",),
        units=("명", "명", "대"),
        most=(300, 45),
    ),
    Situation(  # groups of a known number
        facts=(
            "학생 {a:을} {b:으로} 똑같이 {나누다:E}",
            "{a:이} {b:으로} 나뉘어 {앉다:E}",
            "{b:에} {a:이} 똑같이 나누어 {서다:E}",
        ),
        asks=(
            "하나에 몇 {ur}씩인지 알려 주세요.",
            "한 곳에 몇 {ur:Q}",
            "하나는 몇 {ur:Q}",
            "몇 {ur}씩 {되다:V}",
        ),
        whole=("{a:을} {b:으로} 똑같이 나누면 하나에 몇 {ur:Q}",),
        units=("명", "모둠", "명"),
        most=(200, 12),
    ),
    Situation(  # poured out in cups
        facts=(
            "주스 {a:을} 컵에 {b}씩 {따르다:E}",
            "물 {a:을} 한 컵에 {b}씩 {나누다:E}",
            "우유가 {a} {있다:J} 한 컵에 {b}씩 {따르다:E}",
        ),
        asks=("몇 {ur:이} {나오다:V}", "모두 몇 {ur:Q}", "몇 {ur:을} 채울 수 {있다:V}"),
        whole=("{a:을} {b}씩 따르면 몇 {ur:이} {나오다:V}",),
        units=("밀리리터", "밀리리터", "컵"),
        most=(900, 90),
    ),
)

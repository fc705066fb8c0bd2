"""Word problems that are solved by multiplying: a in each, b times."""

from nakochat.data.village.situations import Situation

MULTIPLICATIONS = (
    Situation(  # so many in each
        facts=(
            "{상자} 한 개에 {thing:이} {a}씩 {들어 있다:J} 상자는 {b:I}",
            "{바구니} 하나에 {thing:을} {a}씩 {담다:J} 바구니는 {b:I}",
            "{who:은} {thing:을} {a}씩 넣은 봉지를 {b} {만들다:E}",
            "{thing:이} {a}씩 든 상자가 {b} {있다:H}",
            "한 봉지에 {thing} {a:이} {들어 있다:J} 봉지는 모두 {b:I}",
            "상자마다 {thing:이} {a}씩 {있다:J} 그런 상자를 {b} {사다:E}",
        ),
        asks=(
            "{thing:은} 모두 몇 {ur:Q}",
            "전부 몇 {ur:이} {있다:V}",
            "다 세면 몇 {ur:Q}",
            "{thing:은} 다 합해 몇 {ur:이} {되다:V}",
            "들어 있는 {thing:은} 전부 몇 {ur:Q}",
        ),
        whole=(
            "{thing:이} {a}씩 든 상자 {b:에는} 모두 몇 {ur:이} {있다:V}",
            "{a}씩 든 봉지가 {b:이면} {thing:은} 몇 {ur:Q}",
            "{thing} {a:이} 든 봉지가 {b} 있으면 {thing:은} 모두 몇 {ur:Q}",
        ),
        units=("*", "개", "*"),
    ),
    Situation(  # to each person
        facts=(
            "{who:이} 아이들 {b:에게} {thing:을} {a}씩 {나누어 주다:E}",
            "한 사람에게 {thing:을} {a}씩 {주다:J} 사람은 {b:I}",
            "{b:이} 저마다 {thing:을} {a}씩 {가지고 오다:E}",
            "{b:이} 각각 {thing} {a:을} {가져오다:E}",
            "친구 {b:이} {thing:을} {a}씩 {모으다:E}",
        ),
        asks=(
            "{thing:은} 모두 몇 {ur:Q}",
            "필요한 {thing:은} 모두 몇 {ur:Q}",
            "{thing:은} 전부 몇 {ur:이} {필요하다:A}",
            "다 합하면 몇 {ur:Q}",
            "{thing:을} 몇 {ur} 준비하면 되는지 알려 주세요.",
        ),
        whole=(
            "{b:에게} {thing:을} {a}씩 주려면 몇 {ur:이} {필요하다:A}",
            "한 명이 {thing:을} {a}씩 가지면 {b:은} 모두 몇 {ur:을} {가지다:V}",
        ),
        units=("*", "명", "*"),
    ),
    Situation(  # rows and columns
        facts=(
            "의자가 한 줄에 {a}씩 {b} {놓여 있다:E}",
            "{place:에} 의자를 {a}씩 {b:으로} {놓다:E}",
            "{b}에 의자가 {a}씩 {있다:H}",
            "{강당:에는} 의자가 {b} {있다:J} 한 줄에 {a:I}",
        ),
        asks=(
            "의자는 모두 몇 {ur:Q}",
            "의자를 다 세면 몇 {ur:Q}",
            "전부 몇 {ur:Q}",
            "의자는 다 해서 몇 {ur:이} {있다:V}",
        ),
        whole=("한 줄에 {a}씩 {b:이면} 모두 몇 {ur:Q}", "의자 {a}씩 {b:을} 놓으면 몇 {ur:Q}"),
        units=("개", "줄", "개"),
        most=(30, 30),
    ),
    Situation(  # people in rows and groups
        facts=(
            "학생들이 한 줄에 {a}씩 {b:으로} {서다:E}",
            "한 줄에 {a}씩 앉았더니 모두 {b:이} {되다:E}",
            "{a}씩 {b:으로} 나누어 {앉다:E}",
        ),
        asks=("모두 몇 {ur:Q}", "사람은 전부 몇 {ur:Q}", "몇 {ur:이} {있다:V}", "다 합해서 몇 {ur:Q}"),
        whole=("한 줄에 {a}씩 {b:으로} 서면 모두 몇 {ur:Q}",),
        units=("명", "줄", "명"),
        most=(45, 20),
    ),
    Situation(  # what several cost
        facts=(
            "{thing} 한 {ub}에 {a:K} {who:은} {b:을} {사다:E}",
            "{thing:은} 한 {ub}에 {a}씩 {하다:J} {b:을} {고르다:E}",
            "{a}짜리 {thing:을} {b} {사다:E}",
            "{place:에서} {thing} 값이 한 {ub}에 {a:K} 모두 {b:이} {필요하다:E}",
        ),
        asks=(
            "모두 얼마를 내야 {하다:V}",
            "값은 모두 {얼마:Q}",
            "전부 몇 {ur:Q}",
            "돈이 얼마나 {필요하다:A}",
            "얼마를 준비해야 하는지 알려 주세요.",
        ),
        whole=(
            "{a}짜리 {thing:을} {b} 사면 {얼마:Q}",
            "한 {ub}에 {a:인} {thing:을} {b} 사려면 얼마가 {필요하다:A}",
            "{thing:이} 한 {ub}에 {a:이면} {b:은} {얼마:Q}",
        ),
        units=("원", "*", "원"),
        most=(900, 20),
    ),
    Situation(  # every day
        facts=(
            "{who:은} 하루에 책을 {a}씩 {b} 동안 {읽다:E}",
            "매일 {a}씩 {b} 동안 {읽다:E}",
            "{who:은} 날마다 책을 {a} {읽다:J} 그렇게 {b:이} {지나다:E}",
        ),
        asks=("모두 몇 {ur:을} {읽다:P}", "읽은 것은 모두 몇 {ur:Q}", "다 합하면 몇 {ur:Q}"),
        whole=(
            "하루에 {a}씩 읽으면 {b} 동안 몇 {ur:을} {읽다:V}",
            "날마다 {a} 읽으면 {b} 뒤에는 몇 {ur:을} 읽은 {셈:Q}",
        ),
        units=("쪽", "일", "쪽"),
        most=(90, 30),
    ),
    Situation(  # every day, other things
        facts=(
            "{who:은} 날마다 {thing:을} {a}씩 {모으다:J} {b} 동안 {이어지다:E}",
            "하루에 {thing:을} {a}씩 {b} 동안 {모으다:E}",
            "{thing:을} 매일 {a}씩 {쓰다:J} 벌써 {b:이} {지나다:E}",
        ),
        asks=("모두 몇 {ur:Q}", "다 해서 {thing:은} 몇 {ur:Q}", "그동안의 {thing:을} 세면 몇 {ur:Q}"),
        whole=(
            "하루에 {a}씩이면 {b} 동안 {thing:은} 몇 {ur:Q}",
            "매일 {thing} {a:을} 쓰면 {b}에는 몇 {ur:이} {들다:V}",
        ),
        units=("*", "일", "*"),
        most=(60, 31),
        things="goods",
    ),
    Situation(  # minutes every day
        facts=(
            "{who:은} 매일 {a}씩 {걷다:J} {b} 동안 {계속하다:E}",
            "피아노를 하루에 {a}씩 {b} 동안 {치다:E}",
            "{who:이} 운동을 {a}씩 {b} {하다:E}",
        ),
        asks=("모두 몇 {ur} {하다:P}", "시간을 다 합하면 몇 {ur:Q}", "전부 몇 {ur:Q}"),
        whole=("하루 {a}씩 {b} 동안 연습하면 모두 몇 {ur:Q}",),
        units=("분", "일", "분"),
        most=(90, 30),
    ),
    Situation(  # legs and wheels
        facts=(
            "한 마리의 다리가 {a}인 벌레를 {b} {그리다:E}",
            "{place:에} 다리가 {a}인 벌레가 {b} {나타나다:E}",
            "{b:이} 모여 있는데 한 마리에 다리가 {a}씩 {있다:H}",
        ),
        asks=("다리는 모두 몇 {ur:Q}", "다리를 다 세면 몇 {ur:Q}"),
        whole=(
            "다리가 {a}인 동물이 {b} 있으면 다리는 모두 몇 {ur:Q}",
            "다리가 {a}씩 달린 벌레 {b:의} 다리는 모두 몇 {ur:Q}",
        ),
        units=("개", "마리", "개"),
        most=(10, 40),
    ),
    Situation(  # wheels
        facts=(
            "바퀴가 {a}씩 달린 차가 {b} {있다:H}",
            "{주차장:에} 바퀴가 {a}인 차가 {b} {서 있다:E}",
            "수레 한 대에는 바퀴가 {a} {있다:J} 수레는 {b:I}",
        ),
        asks=("바퀴는 모두 몇 {ur:Q}", "바퀴를 전부 세면 몇 {ur:Q}"),
        whole=("바퀴가 {a}인 차 {b:에는} 바퀴가 모두 몇 {ur} {있다:V}",),
        units=("개", "대", "개"),
        most=(8, 60),
    ),
    Situation(  # boxes, shelves, tables
        facts=(
            "상자 {b:에} {thing:을} {a}씩 {넣다:E}",
            "선반마다 {thing:을} {a}씩 {올리다:J} 선반은 {b:I}",
            "탁자 {b:에} {thing:을} {a}씩 {놓다:E}",
            "탁자 하나에 {thing:이} {a} {있다:J} 탁자는 {b:I}",
        ),
        asks=(
            "{thing:은} 모두 몇 {ur:Q}",
            "{thing:이} 몇 {ur} {필요하다:A}",
            "다 합하면 {thing:은} 몇 {ur:Q}",
        ),
        whole=("탁자 {b:에} {thing:을} {a}씩 놓으려면 몇 {ur:이} {필요하다:A}",),
        units=("*", "개", "*"),
        most=(40, 30),
        things="goods",
    ),
    Situation(  # times as many
        facts=(
            "{who:은} {thing:을} {a} {가지고 있다:J} {other:은} 그 {b:을} {가지고 있다:E}",
            "{other:의} {thing:은} {who:의} {b:K} {who:은} {a:을} {가지고 있다:E}",
            "{who:이} {thing} {a:을} {모으다:J} {other:은} {who:의} {b:만큼} {모으다:E}",
        ),
        asks=(
            "{other:이} 가진 {thing:은} 몇 {ur:Q}",
            "{other:은} 몇 {ur:Q}",
            "{other:의} {thing:은} 모두 몇 {ur:Q}",
        ),
        whole=("{thing} {a:의} {b:은} 몇 {ur:Q}", "{a:의} {b:이} 되면 {thing:은} 몇 {ur:Q}"),
        units=("*", "배", "*"),
        most=(99, 12),
        things="goods",
    ),
    Situation(  # going at one speed
        facts=(
            "{자동차:이} 한 시간에 {a}씩 {b} 동안 {달리다:E}",
            "한 시간에 {a:을} 가는 기차가 {b} 동안 {달리다:E}",
            "{who:은} 한 시간에 {a}를 가는 자전거를 {b} {타다:E}",
        ),
        asks=("모두 몇 {ur:을} {가다:P}", "움직인 거리는 몇 {ur:Q}", "몇 {ur:을} {달리다:P}"),
        whole=("한 시간에 {a:을} 가면 {b} 동안 몇 {ur:을} {가다:V}",),
        units=("킬로미터", "시간", "킬로미터"),
        most=(120, 12),
    ),
    Situation(  # laps
        facts=(
            "운동장 한 바퀴는 {a:K} {who:은} {b:을} {돌다:E}",
            "둘레가 {a}인 연못을 {b} {돌다:E}",
            "{who:은} {a}짜리 길을 {b} {달리다:E}",
        ),
        asks=("모두 몇 {ur:을} {달리다:P}", "전부 몇 {ur:Q}", "움직인 거리는 몇 {ur:Q}"),
        whole=("한 바퀴에 {a:이면} {b:은} 몇 {ur:Q}",),
        units=("미터", "바퀴", "미터"),
        most=(400, 15),
    ),
    Situation(  # weeks and boxes
        facts=(
            "{who:은} 일주일에 {thing:을} {a}씩 {b} 동안 {모으다:E}",
            "{가게:에서} 한 주에 {thing:이} {a}씩 {팔리다:J} {b:이} {지나다:E}",
        ),
        asks=("모두 몇 {ur:Q}", "그동안 {thing:은} 다 해서 몇 {ur:Q}"),
        whole=("한 주에 {thing} {a:이면} {b} 동안은 몇 {ur:Q}",),
        units=("*", "주", "*"),
        most=(60, 20),
    ),
    Situation(  # trees and animals on several spots
        facts=(
            "밭 한 곳에 {thing:을} {a}씩 {심다:J} 밭은 모두 {b:I}",
            "{b}에 {thing:을} {a}씩 {심다:E}",
            "{thing:이} {a}씩 선 길이 {b} {있다:H}",
        ),
        asks=("{thing:은} 모두 몇 {ur:Q}", "{thing:을} 전부 세면 몇 {ur:Q}"),
        whole=("{b}에 {thing:을} {a}씩 심으면 모두 몇 {ur:Q}",),
        units=("*", "곳", "*"),
        most=(50, 20),
        things="plants",
    ),
    Situation(  # stamps
        facts=(
            "{a}짜리 우표가 {b} {있다:H}",
            "{봉투:에} {a}짜리 우표를 {b} {넣다:E}",
            "{who:은} {a}짜리 우표를 {b} {모으다:E}",
        ),
        asks=("모두 {얼마:Q}", "값은 전부 몇 {ur:Q}", "다 합하면 {얼마:Q}", "모두 얼마가 {되다:V}"),
        whole=("{a}짜리 우표 {b:은} 모두 {얼마:Q}", "{a}짜리 우표가 {b} 있으면 {얼마:Q}"),
        units=("원", "장", "원"),
        most=(500, 30),
    ),
    Situation(  # shelves
        facts=(
            "책장이 {b:K} 한 칸에 책이 {a}씩 {꽂혀 있다:E}",
            "책장 한 칸에 책을 {a}씩 {꽂다:J} 칸은 모두 {b:I}",
            "{b:으로} 나뉜 책장에 칸마다 책이 {a} {있다:H}",
        ),
        asks=("책은 모두 몇 {ur:Q}", "책이 몇 {ur} {있다:V}", "전부 몇 {ur:Q}"),
        whole=("한 칸에 책 {a}씩 {b:이면} 모두 몇 {ur:Q}",),
        units=("권", "칸", "권"),
        most=(60, 15),
    ),
    Situation(  # length times width
        facts=(
            "타일이 가로로 {a}, 세로로 {b} {놓여 있다:E}",
            "초콜릿이 가로 {a}, 세로 {b:으로} 나뉘어 {있다:H}",
            "{바닥:에} 타일을 가로 {a}, 세로 {b} {붙이다:E}",
        ),
        asks=("모두 몇 {ur:Q}", "전부 세면 몇 {ur:Q}", "몇 {ur:이} {필요하다:A}"),
        whole=("가로 {a}, 세로 {b:으로} 놓으면 모두 몇 {ur:Q}",),
        units=("개", "개", "개"),
        most=(40, 30),
    ),
    Situation(  # a dozen, a bundle, a plate
        facts=(
            "{thing} 한 묶음은 {a:K} {who:은} {b} 묶음을 {사다:E}",
            "{thing:이} {a}씩 {b} 줄로 {놓여 있다:E}",
            "한 접시에 {a}씩 {담다:J} 그런 접시가 {b}{개:I}",
        ),
        asks=("{thing:은} 모두 몇 {ur:Q}", "전부 몇 {ur:Q}", "다 해서 몇 {ur:Q}"),
        whole=("한 묶음에 {a}인 {thing} {b} 묶음은 몇 {ur:Q}", "{thing} {a}씩 {b} 번 옮기면 모두 몇 {ur:Q}"),
        units=("*", "", "*"),
        most=(40, 20),
    ),
    Situation(  # people in buses and cars
        facts=(
            "버스 한 대에 {a}씩 {타다:J} 버스는 {b:I}",
            "차 {b:에} 사람이 {a}씩 {타다:E}",
            "{b:의} 버스에 학생이 {a}씩 {타다:E}",
        ),
        asks=("모두 몇 {ur:이} {타다:P}", "사람은 모두 몇 {ur:Q}", "탄 사람은 전부 몇 {ur:Q}"),
        whole=("한 대에 {a}씩 {b:에} 타면 모두 몇 {ur:Q}", "{a}씩 탄 차가 {b:이면} 사람은 몇 {ur:Q}"),
        units=("명", "대", "명"),
        most=(50, 15),
    ),
)

"""Word problems of two steps: the expression (brackets as in Python) -> the situations that it solves."""

from nakochat.data.village.situations import Situation

TWO_STEPS: dict[str, tuple[Situation, ...]] = {
    "a*b+c": (
        Situation(
            facts=(
                "{thing:이} {a}씩 든 상자가 {b} {있다:J} 낱개로 {c} 더 {있다:E}",
                "{who:은} {thing:을} {a}씩 봉지 {b:에} {담다:J} {c:이} {남다:E}",
                "상자 {b:에} {thing:이} {a}씩 {들어 있다:J} 바구니에 {c:이} 더 {있다:E}",
            ),
            asks=("{thing:은} 모두 몇 {ur:Q}", "전부 합하면 몇 {ur:Q}", "다 해서 몇 {ur:이} {있다:V}"),
            whole=("{thing} {a}씩 든 상자 {b:에} {c:을} 더하면 모두 몇 {ur:Q}",),
            units=("*", "개", "*"),
            most=(12, 9),
        ),
        Situation(
            facts=(
                "{who:은} 하루에 {a}씩 {b} 동안 {읽다:J} 그다음 날 {c:을} 더 {읽다:E}",
                "책을 {b} 동안 날마다 {a}씩 {읽다:J} 마지막에 {c} 더 {읽다:E}",
            ),
            asks=("모두 몇 {ur:을} {읽다:P}", "읽은 것은 다 합해 몇 {ur:Q}"),
            whole=("하루에 {a}씩 {b} 읽고 {c:을} 더 읽으면 모두 몇 {ur:Q}",),
            units=("쪽", "일", "쪽"),
            most=(30, 9),
        ),
        Situation(
            facts=(
                "{a}짜리 {thing:을} {b} 사고 {c}짜리 {thing2:을} 하나 {사다:E}",
                "{thing:은} 한 {ub}에 {a:K} {b:을} {사다:J} {thing2:에} {c:을} 더 {쓰다:E}",
            ),
            asks=("모두 {얼마:Q}", "돈은 전부 얼마가 {들다:V}", "얼마를 내야 {하다:V}"),
            units=("원", "*", "원"),
            most=(90, 9),
        ),
    ),
    "a-b*c": (
        Situation(
            facts=(
                "{who:은} {a:을} {가지고 있다:J} {b}짜리 {thing:을} {c} {사다:E}",
                "{a:을} 내고 {b}짜리 {thing} {c:을} {사다:E}",
            ),
            asks=("거스름돈은 {얼마:Q}", "남은 돈은 {얼마:Q}", "돈이 얼마 {남다:P}"),
            whole=("{a:을} 내고 {b}짜리 {thing:을} {c} 사면 얼마가 {남다:V}",),
            units=("원", "원", "*"),
            most=(1000, 90),
        ),
        Situation(
            facts=(
                "{thing:이} {a} {있다:J} 한 명에게 {b}씩 {c:에게} {나누어 주다:E}",
                "{who:은} {thing} {a} 가운데 {b}씩 {c:에게} {주다:E}",
                "{thing} {a:을} {b}씩 {c:이} {가져가다:E}",
            ),
            asks=("남은 {thing:은} 몇 {ur:Q}", "몇 {ur:이} {남다:P}"),
            units=("*", "*", "명"),
            most=(99, 9),
        ),
    ),
    "a+b-c": (
        Situation(
            facts=(
                "{버스:에} {a:이} {타고 있다:J} {b:이} 더 {타다:J} {c:이} {내리다:E}",
                "{place:에} {a:이} {있다:J} {b:이} {오다:J} {c:이} {떠나다:E}",
            ),
            asks=("지금은 몇 {ur:Q}", "남은 사람은 몇 {ur:Q}", "이제 몇 {ur:이} {있다:V}"),
            units=("명", "명", "명"),
            most=(60, 40),
        ),
        Situation(
            facts=(
                "{who:은} {thing} {a:을} {가지고 있다:J} {b:을} 더 {사다:J} {c:을} {other:에게} {주다:E}",
                "{thing:이} {a} {있다:J} {b} {늘다:J} {c} {쓰다:E}",
            ),
            asks=("{thing:은} 몇 {ur} {남다:P}", "지금 {thing:은} 몇 {ur:Q}"),
            whole=("{a}에 {b:을} 보태고 {c:을} 빼면 {thing:은} 몇 {ur:Q}",),
            things="goods",
        ),
    ),
    "a-b-c": (
        Situation(
            facts=(
                "{thing:이} {a} {있다:J} 어제 {b}, 오늘 {c:을} {쓰다:E}",
                "{who:은} {thing} {a} 중에 {b:을} {other:에게} {주다:J} {c:을} {잃어버리다:E}",
                "{thing} {a:에서} {b:을} {꺼내다:J} 또 {c:을} {꺼내다:E}",
            ),
            asks=("남은 {thing:은} 몇 {ur:Q}", "몇 {ur:이} {남다:V}", "이제 몇 {ur:Q}"),
            whole=("{thing} {a:에서} {b:과} {c:을} 빼면 몇 {ur:Q}",),
            things="goods",
        ),
    ),
    "(a+b)/c": (
        Situation(
            facts=(
                "{thing} {a:과} {thing2} {b:을} 모두 {c:이} 똑같이 {나누다:E}",
                "{who:이} {a}, {other:이} {b} {가져오다:J} {c:이} 똑같이 {나누어 가지다:E}",
            ),
            asks=("한 사람이 몇 {ur}씩 {가지다:V}", "한 명에게 몇 {ur:Q}"),
            units=("개", "개", "명"),
            most=(60, 60),
            things="pieces",
        ),
    ),
    "a+b+c": (
        Situation(
            facts=(
                "{who:은} 월요일에 {a}, 화요일에 {b}, 수요일에 {c:을} {읽다:E}",
                "책을 아침에 {a}, 낮에 {b}, 밤에 {c} {읽다:E}",
            ),
            asks=("모두 몇 {ur:Q}", "읽은 것을 모두 더하면 몇 {ur:Q}", "다 합하면 몇 {ur:Q}"),
            units=("쪽", "쪽", "쪽"),
        ),
        Situation(
            facts=(
                "빨간 {thing:이} {a}, 노란 {thing:이} {b}, 파란 {thing:이} {c} {있다:H}",
                "{who:은} {thing:을} {a}, {b}, {c} 차례로 {모으다:E}",
            ),
            asks=("모두 몇 {ur:Q}", "전부 더하면 몇 {ur:Q}"),
            things="goods",
        ),
    ),
    "(a+b)*c": (
        Situation(
            facts=(
                "한 상자에 {thing} {a:과} {thing2} {b:이} {들어 있다:J} 상자는 {c:I}",
                "{thing} {a:과} {thing2} {b:을} 담은 봉투를 {c} {만들다:E}",
            ),
            asks=("모두 몇 {ur:Q}", "다 세면 몇 {ur:Q}"),
            units=("개", "개", "개"),
            most=(20, 20),
            things="pieces",
        ),
    ),
    "a*b-c": (
        Situation(
            facts=(
                "{thing:이} {a}씩 든 상자가 {b} {있다:J} {c:을} {먹다:E}",
                "{who:은} {thing:이} {a}씩 든 봉지를 {b} {사다:J} {c:을} {other:에게} {주다:E}",
            ),
            asks=("남은 {thing:은} 몇 {ur:Q}", "몇 {ur:이} {남다:P}"),
            whole=("{a}씩 든 상자 {b:에서} {c:을} 빼면 몇 {ur:이} {남다:V}",),
            units=("*", "개", "*"),
            most=(20, 9),
            things="food",
        ),
    ),
    "a-b+c": (
        Situation(
            facts=(
                "{버스:에} {a:이} {타고 있다:J} {b:이} {내리다:J} {c:이} {타다:E}",
                "{place:에} {a:이} {있다:J} {b:이} {나가다:J} {c:이} 새로 {들어오다:E}",
            ),
            asks=("지금은 몇 {ur:Q}", "이제 몇 {ur:이} {있다:V}", "모두 몇 {ur:Q}"),
            whole=("{a} 중에 {b:이} 가고 {c:이} 오면 몇 {ur:Q}",),
            units=("명", "명", "명"),
            most=(60, 40),
        ),
        Situation(
            facts=(
                "{who:은} {thing} {a:을} {가지고 있다:J} {b:을} {쓰다:J} {c:을} 다시 {사다:E}",
                "{thing:이} {a} {있다:J} {b:을} {잃어버리다:J} {c:을} {얻다:E}",
            ),
            asks=("지금 {thing:은} 몇 {ur:Q}", "몇 {ur:이} {있다:V}"),
            things="goods",
        ),
    ),
}

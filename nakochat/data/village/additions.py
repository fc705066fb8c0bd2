"""Word problems that are solved by adding."""

from nakochat.data.village.situations import Situation

ADDITIONS = (
    Situation(  # more of what one has
        facts=(
            "{who:에게} {thing:이} {a} {있다:J} {b:을} 더 {사다:E}",
            "{who:은} {thing} {a:을} {가지고 있다:J} {b:을} 더 {얻다:E}",
            "{thing} {a:을} 가진 {who:은} {place:에서} {b:을} 더 {사다:E}",
            "{상자:에} {thing:이} {a} {들어 있다:J} {who:이} {b:을} 더 {넣다:E}",
            "{who:은} {thing:을} {a} {모으다:J} 오늘 {b:을} 또 {모으다:E}",
            "저한테 {thing:이} {a} {있다:J} {other:이} {b:을} 더 {주다:E}",
            "{thing} {a:이} {있다:H} 거기에 {b:을} 더 {가져오다:E}",
        ),
        asks=(
            "{thing:은} 모두 몇 {ur:Q}",
            "이제 {thing:이} 몇 {ur} {있다:V}",
            "전부 몇 {ur:이} {되다:V}",
            "지금 {thing:은} 다 합해서 몇 {ur:Q}",
            "{thing:이} 몇 {ur:으로} {늘다:P}",
            "다 해서 몇 {ur:Q}",
        ),
        whole=(
            "{thing} {a:이} 있는데 {b:이} 더 생기면 모두 몇 {ur:Q}",
            "{thing} {a:에} {b:을} 더하면 몇 {ur:이} {되다:V}",
            "{a} 있던 {thing:이} {b} 늘면 몇 {ur:Q}",
            "{thing:을} {a} 사고 나서 {b:을} 더 사면 전부 몇 {ur:을} {사다:V}",
        ),
    ),
    Situation(  # two people together
        facts=(
            "{who:은} {thing} {a:을}, {other:은} {b:을} {가지고 있다:E}",
            "{who:은} {thing:을} {a} {사다:J} {other:은} {b} {사다:E}",
            "{who:이} {thing} {a:을} {모으다:J} {other:이} {b:을} {모으다:E}",
            "{who:이} 찾은 {thing:은} {a:K} {other:이} 찾은 {thing:은} {b:I}",
            "{thing:을} {who:은} {a} {가져오다:J} {other:은} {b} {가져오다:E}",
        ),
        asks=(
            "두 사람이 가진 {thing:은} 모두 몇 {ur:Q}",
            "둘이 합하면 몇 {ur:이} {되다:V}",
            "두 사람 것을 합치면 전부 몇 {ur:Q}",
            "{who:과} {other:의} {thing:을} 더하면 몇 {ur:Q}",
            "둘이 모은 {thing:은} 다 해서 몇 {ur:Q}",
        ),
        whole=(
            "{who:이} {a}, {other:이} {b} 갖고 있으면 둘이 합쳐 몇 {ur:Q}",
            "{who:의} {thing} {a:과} {other:의} {thing} {b:을} 한데 모으면 몇 {ur:이} {되다:V}",
        ),
        things="goods",
    ),
    Situation(  # two sorts in one place
        facts=(
            "{바구니:에} 빨간 {thing:이} {a}, 노란 {thing:이} {b} {있다:H}",
            "{place:에} 큰 {thing:이} {a} {있다:J} 작은 {thing:이} {b} {있다:E}",
            "{상자:에} 파란 {thing} {a:과} 흰 {thing} {b:이} {들어 있다:E}",
            "왼쪽에 {thing:이} {a} {놓여 있다:J} 오른쪽에 {b:이} {놓여 있다:E}",
        ),
        asks=(
            "{thing:은} 모두 몇 {ur:Q}",
            "가리지 않고 다 세면 {thing:은} 몇 {ur:Q}",
            "합쳐서 몇 {ur:Q}",
            "전부 세면 몇 {ur:이} {되다:V}",
        ),
        whole=(
            "빨간 {thing} {a:과} 파란 {thing} {b:을} 합하면 몇 {ur:Q}",
            "{thing} {a:과} {b:은} 모두 몇 {ur:Q}",
        ),
        things="goods",
    ),
    Situation(  # getting on
        facts=(
            "{버스:에} 손님이 {a} {타고 있다:J} 다음 정류장에서 {b:이} 더 {타다:E}",
            "{기차:에} {a:이} {타고 있다:J} {역:에서} {b:이} 더 {올라타다:E}",
            "{place:에} 사람이 {a} {있다:J} 조금 뒤에 {b:이} 더 {오다:E}",
            "{놀이터:에서} 아이들 {a:이} {놀고 있다:J} {b:이} 새로 {오다:E}",
            "{교실:에} 학생이 {a} {앉아 있다:J} {b:이} 더 {들어오다:E}",
            "{배:에} {a:이} {타다:J} 섬에서 {b:이} 더 {타다:E}",
        ),
        asks=(
            "모두 몇 {ur:이} {있다:V}",
            "사람은 모두 몇 {ur:Q}",
            "지금은 몇 {ur:Q}",
            "모두 몇 {ur:이} {되다:P}",
            "그 뒤에는 전부 몇 {ur:Q}",
        ),
        whole=(
            "{a:이} 탄 버스에 {b:이} 더 타면 모두 몇 {ur:Q}",
            "{a:이} 있는 곳에 {b:이} 더 오면 몇 {ur:이} {되다:V}",
        ),
        units=("명", "명", "명"),
        most=(99, 60),
    ),
    Situation(  # older in some years
        facts=(
            "{who:은} 올해 {a:I}",
            "{who:의} 나이는 {a:I}",
            "{who:은} 지금 {a:I}",
        ),
        asks=(
            "{b} 뒤에는 몇 {ur:이} {되다:V}",
            "{b}이 지나면 몇 {ur:Q}",
            "{b} 후에는 나이가 몇 {ur:Q}",
            "앞으로 {b}이 흐르면 {who:은} 몇 {ur:Q}",
        ),
        whole=(
            "올해 {a}인 {who:은} {b} 뒤에 몇 {ur:Q}",
            "{who:이} 지금 {a:이면} {b} 뒤에는 몇 {ur:이} {되다:V}",
            "{b}이 지나면 {a}인 {who:은} 몇 {ur:Q}",
        ),
        units=("살", "년", "살"),
        most=(79, 30),
    ),
    Situation(  # older than somebody
        facts=(
            "{who:은} {a:K} {other:은} {who}보다 {b} 더 {많다:E}",
            "{who:은} {a:I} {other:은} {who}보다 {b} 위예요.",
            "{other:은} {who}보다 나이가 {b} {많다:J} {who:은} {a:I}",
        ),
        asks=("{other:은} 몇 {ur:Q}", "{other:의} 나이는 몇 {ur:Q}", "그럼 {other:은} 몇 {ur:Q}"),
        whole=("{a}인 {who}보다 {b} 많은 {other:은} 몇 {ur:Q}",),
        units=("살", "살", "살"),
        most=(60, 30),
    ),
    Situation(  # more than somebody
        facts=(
            "{who:은} {thing} {a:을} {가지고 있다:J} {other:은} {who}보다 {b} 더 {가지고 있다:E}",
            "{other:은} {who}보다 {thing:이} {b} 더 {많다:J} {who:은} {a:을} {가지고 있다:E}",
            "{who:은} {thing:을} {a} {모으다:J} {other:은} 그보다 {b} 더 많이 {모으다:E}",
            "{who:의} {thing:은} {a:K} {other:의} 것은 {b} 더 {많다:E}",
        ),
        asks=(
            "{other:은} {thing:을} 몇 {ur} {가지고 있다:P}",
            "{other:이} 가진 {thing:은} 몇 {ur:Q}",
            "{other:의} {thing:은} 몇 {ur:Q}",
            "그럼 {other:은} 몇 {ur:Q}",
        ),
        whole=("{thing} {a}보다 {b} 많으면 몇 {ur:Q}",),
        things="goods",
    ),
    Situation(  # pages of two days
        facts=(
            "{who:은} 어제 책을 {a} {읽다:J} 오늘 {b:을} 더 {읽다:E}",
            "{who:이} 월요일에 {a}, 화요일에 {b:을} {읽다:E}",
            "동화책을 아침에 {a} {읽다:J} 저녁에 {b} {읽다:E}",
            "{who:은} 아침에 {a:을} {읽다:J} 점심때 {b:을} 더 {읽다:E}",
        ),
        asks=(
            "모두 몇 {ur} {읽다:P}",
            "읽은 곳은 다 합해서 몇 {ur:Q}",
            "다 합치면 몇 {ur:Q}",
        ),
        whole=("{a:을} 읽고 {b:을} 더 읽으면 모두 몇 {ur:을} 읽는 {셈:Q}",),
        units=("쪽", "쪽", "쪽"),
        most=(299, 199),
    ),
    Situation(  # two stretches of a way
        facts=(
            "{who:은} {집:에서} {place}까지 {a:을} {걷다:J} 거기서 {b:을} 더 {걷다:E}",
            "{학교}까지 가는 길은 {a:K} 학교에서 {도서관}까지는 {b:I}",
            "{who:이} 자전거로 {a:을} {달리다:J} 쉬었다가 {b:을} 더 {달리다:E}",
            "{자동차:이} 아침에 {a:을} {가다:J} 낮에 {b:을} {가다:E}",
        ),
        asks=(
            "모두 몇 {ur:을} {가다:P}",
            "움직인 거리는 모두 몇 {ur:Q}",
            "전체 거리는 몇 {ur:Q}",
            "다 더하면 몇 {ur:Q}",
        ),
        whole=("{a:을} 가고 {b:을} 더 가면 모두 몇 {ur:을} 간 {셈:Q}",),
        units=("미터", "미터", "미터"),
        most=(900, 900),
    ),
    Situation(  # what two things cost
        facts=(
            "{thing:은} {a:K} {thing2:은} {b:I}",
            "{place:에서} {a}짜리 {thing:과} {b}짜리 {thing2:을} {사다:E}",
            "{who:은} {thing:을} 사는 데 {a}, {thing2:을} 사는 데 {b:을} {쓰다:E}",
            "{가게:에서} {thing} 값은 {a:K} {thing2} 값은 {b:I}",
        ),
        asks=(
            "둘 다 사려면 얼마가 {필요하다:A}",
            "모두 얼마를 내야 {하다:V}",
            "값은 모두 몇 {ur:Q}",
            "합하면 {얼마:Q}",
            "돈은 다 해서 몇 {ur} {들다:V}",
        ),
        whole=("{a}짜리 {thing:과} {b}짜리 {thing2:을} 같이 사면 {얼마:Q}",),
        units=("원", "원", "원"),
        most=(950, 950),
    ),
    Situation(  # before it was given away
        facts=(
            "{who:이} {thing:을} {other:에게} {a} {주다:J} {b:이} {남다:E}",
            "{thing} 가운데 {a:을} {쓰다:J} 아직 {b:이} {남다:E}",
            "{who:은} {thing} {a:을} {팔다:J} {b:이} {남다:E}",
            "{thing:을} {a} 나누어 주고 나니 {b:이} {남다:E}",
        ),
        asks=(
            "처음에 {thing:이} 몇 {ur} {있다:P}",
            "처음에 있던 {thing:은} 몇 {ur:Q}",
            "원래 몇 {ur:이었어요}?",
            "맨 처음에는 {thing:이} 몇 {ur:Q}",
        ),
        whole=("{a:을} 주고 {b:이} 남았다면 처음에는 몇 {ur:Q}",),
        things="goods",
    ),
    Situation(  # two groups
        facts=(
            "{우리 반:에} 남학생이 {a}, 여학생이 {b} {있다:H}",
            "{1반:에는} {a}, {2반:에는} {b:이} {있다:E}",
            "{운동회:에} 청팀이 {a}, 백팀이 {b} {나오다:E}",
            "{잔치:에} 어른 {a:과} 아이 {b:이} {오다:E}",
            "{place:에} 서 있는 사람이 {a:K} 앉아 있는 사람이 {b:I}",
        ),
        asks=("모두 몇 {ur:Q}", "다 합하면 몇 {ur:Q}", "사람은 전부 몇 {ur:Q}", "온 사람은 모두 몇 {ur:Q}"),
        whole=("남자 {a:과} 여자 {b:이} 모이면 모두 몇 {ur:Q}",),
        units=("명", "명", "명"),
        most=(120, 120),
    ),
    Situation(  # animals join
        facts=(
            "{농장:에} {thing:이} {a} {살다:J} 새끼가 {b} {태어나다:E}",
            "{마당:에} {thing} {a:이} {있다:J} {b:이} 더 {들어오다:E}",
            "{연못가:에} {thing} {a:이} {모여 있다:J} {b:이} 더 {찾아오다:E}",
            "{who:은} {thing:을} {a} {키우다:J} {b:을} 더 {데려오다:E}",
        ),
        asks=(
            "{thing:은} 모두 몇 {ur:Q}",
            "이제 몇 {ur:이} {살다:V}",
            "{thing:이} 몇 {ur:이} {되다:P}",
            "다 합쳐 몇 {ur:Q}",
        ),
        whole=("{thing} {a:이} 사는 곳에 {b:이} 더 오면 몇 {ur:Q}",),
        things="animals",
    ),
    Situation(  # longer, heavier
        facts=(
            "{끈} {a:과} {b:을} 이어 {붙이다:E}",
            "길이가 {a}인 막대에 {b}짜리 막대를 {잇다:E}",
            "{나무:의} 키가 {a:K} 한 해 동안 {b} 더 {자라다:E}",
            "{줄기:의} 길이는 {a:K} 한 달 동안 {b} {길어지다:E}",
        ),
        asks=("길이는 모두 몇 {ur:Q}", "이제 몇 {ur:Q}", "다 해서 몇 {ur:Q}", "몇 {ur:이} {되다:P}"),
        whole=("{a}짜리 끈에 {b}짜리 끈을 이으면 길이가 몇 {ur:Q}",),
        units=("센티미터", "센티미터", "센티미터"),
        most=(180, 90),
    ),
    Situation(  # minutes one after another
        facts=(
            "{who:은} 청소를 {a} {하다:J} 설거지를 {b} {하다:E}",
            "{숙제:에} {a}, {책 읽기:에} {b:이} {걸리다:E}",
            "{who:이} 버스를 {a} {타다:J} 내려서 {b:을} {걷다:E}",
            "아침에 {a} 동안 {달리다:J} 저녁에 {b} 동안 {걷다:E}",
        ),
        asks=("모두 몇 {ur:이} {걸리다:P}", "걸린 시간은 모두 몇 {ur:Q}", "시간을 다 더하면 몇 {ur:Q}"),
        whole=("{a} 걸리는 일과 {b} 걸리는 일을 이어서 하면 몇 {ur:이} {걸리다:V}",),
        units=("분", "분", "분"),
        most=(90, 60),
    ),
    Situation(  # points and savings
        facts=(
            "{who:은} 첫 번째 놀이에서 {a}, 두 번째 놀이에서 {b:을} {얻다:E}",
            "{who:의} 국어 점수는 {a:K} 수학 점수는 {b:I}",
            "{우리 팀:이} 앞에서 {a:을} {따다:J} 뒤에서 {b:을} {따다:E}",
        ),
        asks=(
            "점수는 모두 몇 {ur:Q}",
            "두 점수를 더하면 몇 {ur:Q}",
            "총점은 몇 {ur:Q}",
            "얻은 점수의 합은 몇 {ur:Q}",
        ),
        whole=("{a:에} {b:을} 더 얻으면 모두 몇 {ur:Q}",),
        units=("점", "점", "점"),
        most=(100, 100),
    ),
    Situation(  # money saved
        facts=(
            "{저금통:에} {a:이} {있다:J} {who:이} {b:을} 더 {넣다:E}",
            "{who:은} 용돈 {a:을} {받다:J} 심부름을 하고 {b:을} 더 {받다:E}",
            "{who:은} 지난달에 {a:을} {모으다:J} 이번 달에 {b:을} {모으다:E}",
        ),
        asks=("모두 {얼마:Q}", "돈은 전부 몇 {ur:Q}", "이제 얼마가 {있다:V}", "모은 돈은 다 해서 몇 {ur:Q}"),
        whole=("{a}이 있는데 {b:을} 더 받으면 {얼마:Q}",),
        units=("원", "원", "원"),
        most=(950, 950),
    ),
    Situation(  # fewer is known, the other asked
        facts=(
            "{who:은} {thing} {a:을} {가지고 있다:J} {other}보다 {b} {적다:E}",
            "{who:은} {thing:을} {a} {모으다:J} 이것은 {other}보다 {b} 적은 {것:I}",
        ),
        asks=(
            "{other:은} {thing:을} 몇 {ur} {가지고 있다:P}",
            "{other:의} {thing:은} 몇 {ur:Q}",
            "{other:은} 몇 {ur:Q}",
        ),
        whole=("{b} 적어서 {a:이면} 많은 쪽은 몇 {ur:Q}",),
        things="goods",
    ),
    Situation(  # up and up
        facts=(
            "{who:은} 계단을 {a} {올라가다:J} 쉬었다가 {b:을} 더 {올라가다:E}",
            "계단 {a:을} {오르다:J} 다시 {b:을} {오르다:E}",
        ),
        asks=("모두 몇 {ur:을} {올라가다:P}", "지금까지 오른 계단은 몇 {ur:Q}", "전부 몇 {ur:Q}"),
        whole=("계단을 {a} 오르고 {b} 더 오르면 모두 몇 {ur:Q}",),
        units=("칸", "칸", "칸"),
        most=(150, 80),
    ),
    Situation(  # weights and what is poured
        facts=(
            "{상자:의} 무게는 {a:K} 안에 넣을 짐은 {b:I}",
            "{짐:은} {a:K} 물건을 더 넣어 {b} {늘다:E}",
            "쌀 {a:과} 보리 {b:을} 한 자루에 {담다:E}",
        ),
        asks=(
            "무게는 모두 몇 {ur:Q}",
            "이제 몇 {ur:Q}",
            "합치면 몇 {ur:이} {나가다:V}",
            "몇 {ur:이} {되다:V}",
        ),
        whole=("{a}짜리와 {b}짜리를 함께 달면 몇 {ur:Q}", "무게가 {a}에서 {b} 늘면 몇 {ur:Q}"),
        units=("킬로그램", "킬로그램", "킬로그램"),
        most=(99, 60),
    ),
    Situation(  # poured together
        facts=(
            "{물통:에} 물이 {a} {들어 있다:J} {b:을} 더 {붓다:E}",
            "{who:은} 아침에 물을 {a}, 저녁에 {b} {마시다:E}",
            "물 {a:에} 물 {b:을} 더 {섞다:E}",
        ),
        asks=("모두 몇 {ur:Q}", "물의 양은 몇 {ur:Q}", "전부 몇 {ur:이} {되다:V}", "다 합하면 몇 {ur:Q}"),
        whole=("{a:에} {b:을} 더 부으면 몇 {ur:이} {되다:V}",),
        units=("밀리리터", "밀리리터", "밀리리터"),
        most=(900, 500),
    ),
    Situation(  # warmer
        facts=(
            "아침 기온은 {a:K} 낮에 {b} {오르다:E}",
            "지금 온도는 {a:I} 잠시 뒤 {b:이} {올라가다:E}",
            "{방:의} 온도가 {a:K} 난로를 켜서 {b} {높아지다:E}",
        ),
        asks=("몇 {ur:이} {되다:P}", "이제 기온은 몇 {ur:Q}", "온도는 몇 {ur:Q}"),
        whole=("{a}에서 {b} 오르면 몇 {ur:Q}",),
        units=("도", "도", "도"),
        most=(20, 15),
    ),
)

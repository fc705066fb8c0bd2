"""Word problems that are solved by subtracting."""

from nakochat.data.village.situations import Situation

SUBTRACTIONS = (
    Situation(  # given away
        facts=(
            "{who:은} {thing} {a:을} {가지고 있다:J} {other:에게} {b:을} {주다:E}",
            "{who:에게} {thing:이} {a} {있다:J} 그중 {b:을} {other:에게} {나누어 주다:E}",
            "{thing} {a} 가운데 {b:을} {선물하다:E}",
            "{who:은} {thing:을} {a} {사다:J} {b:을} 이웃에게 {주다:E}",
            "저는 {thing} {a:을} {가지고 있다:J} {other:이} {b:을} {빌려 가다:E}",
        ),
        asks=(
            "남은 {thing:은} 몇 {ur:Q}",
            "{thing:은} 몇 {ur} {남다:P}",
            "이제 몇 {ur:이} {남다:V}",
            "그럼 {thing:은} 몇 {ur} {있다:V}",
            "지금은 몇 {ur:Q}",
        ),
        whole=(
            "{thing} {a} 중에서 {b:을} 주면 몇 {ur:이} {남다:V}",
            "{a} 있던 {thing:을} {b} 나눠 주고 나면 몇 {ur:Q}",
            "{thing} {a}에서 {b:을} 빼면 몇 {ur:이} {남다:V}",
        ),
        things="goods",
    ),
    Situation(  # eaten
        facts=(
            "{접시:에} {thing:이} {a} {있다:J} {who:이} {b:을} {먹다:E}",
            "{냉장고:에} {thing:이} {a} {들어 있다:J} {b:을} 꺼내 {먹다:E}",
            "{who:은} {thing} {a:을} {사 오다:J} 그 자리에서 {b:을} {먹다:E}",
            "{thing:을} {a} {받다:J} 벌써 {b:을} {먹다:E}",
            "{thing} {a} 가운데 {b:이} 상해서 {버리다:E}",
            "{who:이} {thing:을} {a} {준비하다:J} 아이들이 {b:을} 먹어 {치우다:E}",
        ),
        asks=(
            "이제 {thing:은} 몇 {ur} {남다:P}",
            "남은 것은 몇 {ur:Q}",
            "아직 몇 {ur:이} {남아 있다:V}",
            "먹을 수 있는 {thing:은} 몇 {ur:Q}",
            "몇 {ur:이} {남다:V}",
        ),
        whole=(
            "{thing} {a}에서 {b:을} 먹으면 몇 {ur:이} {남다:V}",
            "{a} 있던 {thing:을} {b} 먹고 나면 몇 {ur:Q}",
        ),
        things="food",
    ),
    Situation(  # sold
        facts=(
            "{가게:에} {thing:이} {a} {있다:J} 오늘 {b:을} {팔다:E}",
            "{who:은} {시장:에} {thing} {a:을} 가지고 {가다:J} {b:을} {팔다:E}",
            "{가게 주인:이} {thing} {a:을} {들여오다:J} 오전에 {b:이} {팔리다:E}",
            "{who:이} 만든 {thing} {a} 중에서 {b:이} {팔리다:E}",
        ),
        asks=(
            "안 팔린 {thing:은} 몇 {ur:Q}",
            "팔고 남은 것은 몇 {ur:Q}",
            "가게에는 {thing:이} 몇 {ur} {남다:P}",
            "아직 못 판 {thing:은} 몇 {ur:Q}",
        ),
        whole=("{thing} {a} 가운데 {b:을} 팔면 몇 {ur:이} {남다:V}",),
    ),
    Situation(  # getting off
        facts=(
            "{버스:에} {a:이} {타고 있다:J} 이번 정류장에서 {b:이} {내리다:E}",
            "{기차:에} 손님 {a:이} {타다:J} {역:에서} {b:이} {내리다:E}",
            "{교실:에} 학생이 {a} {있다:J} {b:이} 밖으로 {나가다:E}",
            "{place:에} {a:이} {모이다:J} {b:이} 먼저 집에 {돌아가다:E}",
            "{수영장:에} 사람이 {a} {있다:J} 저녁이 되자 {b:이} {떠나다:E}",
        ),
        asks=(
            "남은 사람은 몇 {ur:Q}",
            "지금 몇 {ur:이} {있다:V}",
            "몇 {ur:이} {남다:P}",
            "아직 남아 있는 사람은 몇 {ur:Q}",
            "이제 안에는 몇 {ur:이} {있다:V}",
        ),
        whole=("{a:이} 탄 버스에서 {b:이} 내리면 몇 {ur:이} {남다:V}", "{a} 중에 {b:이} 가 버리면 몇 {ur:Q}"),
        units=("명", "명", "명"),
        most=(99, 60),
    ),
    Situation(  # difference in years
        facts=(
            "{who:은} {a:K} {other:은} {b:I}",
            "{who:의} 나이는 {a:K} {other:의} 나이는 {b:I}",
            "올해 {other:은} {b:이} 되었고 {who:은} {a:이} 되었어요.",
            "{other:은} {b:K} {who:은} {a:I}",
        ),
        asks=(
            "두 사람은 몇 {ur} {차이:Q}",
            "나이 차이는 몇 {ur:Q}",
            "{who:은} {other}보다 몇 {ur} {많다:A}",
            "{other:은} {who}보다 몇 {ur} {어리다:A}",
            "둘은 나이가 얼마나 {차이 나다:V}",
        ),
        whole=(
            "{a}인 {who:과} {b}인 {other:은} 몇 {ur} {차이:Q}",
            "{b}인 {other:은} {a}인 {who}보다 몇 {ur} {어리다:A}",
        ),
        units=("살", "살", "살"),
        most=(89, 80),
    ),
    Situation(  # how many more, how many fewer
        facts=(
            "{who:은} {thing:을} {a} {가지고 있다:J} {other:은} {b} {가지고 있다:E}",
            "{other:은} {thing:을} {b} {모으다:J} {who:은} {a} {모으다:E}",
            "{who:의} {thing:은} {a:K} {other:의} {thing:은} {b:I}",
            "{place:에서} {who:은} {thing} {a:을}, {other:은} {b:을} {찾다:E}",
        ),
        asks=(
            "{who:은} {other}보다 {thing:이} 몇 {ur} 더 {많다:A}",
            "{other:은} {who}보다 몇 {ur} {적다:A}",
            "두 사람의 차이는 몇 {ur:Q}",
            "{other:이} {who:만큼} 가지려면 몇 {ur:이} 더 {필요하다:A}",
            "{who:이} 몇 {ur} 더 {가지고 있다:P}",
        ),
        whole=("{thing} {a:은} {b}보다 몇 {ur} 더 {많다:A}", "{b:은} {a}보다 몇 {ur} {적다:A}"),
        things="goods",
    ),
    Situation(  # fewer than somebody
        facts=(
            "{who:은} {thing} {a:을} {가지고 있다:J} {other:은} {who}보다 {b} 적게 {가지고 있다:E}",
            "{who:의} {thing:은} {a:K} {other:은} 그보다 {b} {적다:E}",
            "{other:은} {who}보다 {thing:을} {b} 덜 {모으다:J} {who:이} 모은 것은 {a:I}",
            "{who:은} {thing} {a:을} {모으다:J} {other:은} 그보다 {b} 덜 {모으다:E}",
        ),
        asks=(
            "{other:은} 몇 {ur:Q}",
            "{other:의} {thing:은} 몇 {ur:Q}",
            "{other:이} 가진 것은 몇 {ur:Q}",
            "그러면 {other:은} 몇 {ur:Q}",
        ),
        whole=("{thing} {a}보다 {b} 적으면 몇 {ur:Q}",),
        things="goods",
    ),
    Situation(  # pages that are left
        facts=(
            "{who:이} 읽는 책은 모두 {a:K} 지금까지 {b:을} {읽다:E}",
            "{a}짜리 동화책을 {b}까지 {읽다:E}",
            "책 한 권이 {a:K} 어제 {b:을} {읽다:E}",
            "{who:은} {a} 되는 책을 {펴다:J} 벌써 {b:을} {읽다:E}",
        ),
        asks=(
            "남은 것은 몇 {ur:Q}",
            "몇 {ur:을} 더 읽어야 끝나요?",
            "다 읽으려면 몇 {ur:이} {남다:P}",
            "앞으로 읽을 것은 몇 {ur:Q}",
            "아직 안 읽은 곳은 몇 {ur:Q}",
        ),
        whole=(
            "{a}짜리 책에서 {b:을} 읽었다면 몇 {ur:이} {남다:P}",
            "{a} 중에 {b:을} 읽고 나면 몇 {ur:을} 더 읽어야 하죠?",
        ),
        units=("쪽", "쪽", "쪽"),
        most=(400, 300),
    ),
    Situation(  # the rest of the way
        facts=(
            "{place}까지는 {a:K} 지금까지 {b:을} {걷다:E}",
            "{who:은} {a}를 달려야 하는데 {b:을} {달리다:E}",
            "집에서 학교까지 {a:K} {who:은} {b:을} {오다:E}",
            "모두 {a} 되는 길에서 {b:을} {지나오다:E}",
        ),
        asks=(
            "남은 거리는 몇 {ur:Q}",
            "앞으로 몇 {ur:을} 더 가야 {하다:V}",
            "몇 {ur:이} {남다:P}",
            "얼마나 더 가야 하는지 알려 주세요.",
        ),
        whole=("{a} 가운데 {b:을} 갔으면 몇 {ur:이} {남다:V}",),
        units=("미터", "미터", "미터"),
        most=(950, 900),
    ),
    Situation(  # change
        facts=(
            "{who:은} {a:을} {가지고 있다:J} {b}짜리 {thing:을} {사다:E}",
            "{thing:은} {b:K} {who:은} {a:을} {내다:E}",
            "{가게:에서} {b}어치를 {사다:J} {a:을} {내다:E}",
        ),
        asks=(
            "거스름돈은 {얼마:Q}",
            "돈이 얼마 {남다:P}",
            "남은 돈은 몇 {ur:Q}",
            "얼마를 {돌려받다:V}",
            "이제 얼마가 {있다:V}",
        ),
        whole=(
            "{a:을} 내고 {b}짜리 {thing:을} 사면 거스름돈은 {얼마:Q}",
            "{a}에서 {b:을} 쓰면 얼마가 {남다:V}",
        ),
        units=("원", "원", "원"),
        most=(1000, 950),
    ),
    Situation(  # money spent
        facts=(
            "용돈 {a} 가운데 {b:을} {쓰다:E}",
            "지갑에 {a:이} {있다:J} {thing:을} 사느라 {b:을} {쓰다:E}",
            "{who:은} {a:을} {모으다:J} 그중에서 {b:을} {쓰다:E}",
        ),
        asks=("남은 돈은 몇 {ur:Q}", "남은 돈은 {얼마:Q}", "돈이 얼마 {남다:P}", "이제 얼마가 {있다:V}"),
        whole=("{a} 가운데 {b:을} 쓰면 남은 돈은 {얼마:Q}",),
        units=("원", "원", "원"),
        most=(1000, 950),
    ),
    Situation(  # still needed
        facts=(
            "{thing} {a:이} {필요하다:J} 지금 {b:이} {있다:H}",
            "{who:은} {thing:을} {a} 모으려고 하는데 벌써 {b:을} {모으다:E}",
            "{thing:을} {a} 가져와야 하는데 아직 {b}밖에 못 {가져오다:E}",
            "{thing:이} {a} 들어가는 상자에 {b:을} {넣다:E}",
        ),
        asks=(
            "몇 {ur:이} 더 {필요하다:A}",
            "앞으로 몇 {ur:을} 더 모아야 {하다:V}",
            "몇 {ur:이} {모자라다:V}",
            "더 있어야 하는 {thing:은} 몇 {ur:Q}",
        ),
        whole=(
            "{b:이} 있는데 {a:이} 되려면 몇 {ur:이} 더 {필요하다:A}",
            "{thing} {b:에} 몇 {ur:을} 보태야 {a:이} {되다:V}",
        ),
        things="goods",
    ),
    Situation(  # lost or broken
        facts=(
            "{who:은} {thing:을} {a} {가지고 있다:J} {b:을} {잃어버리다:E}",
            "{thing} {a} 가운데 {b:이} {망가지다:E}",
            "{상자:에} {thing:이} {a} {있다:J} {b:을} {꺼내다:E}",
            "{thing:이} {a} {있다:J} 바람에 {b:이} {날아가다:E}",
        ),
        asks=(
            "쓸 수 있는 {thing:은} 몇 {ur:Q}",
            "남은 {thing:은} 몇 {ur:Q}",
            "몇 {ur:이} {남다:P}",
            "이제 {thing:이} 몇 {ur} {있다:V}",
        ),
        whole=("{thing} {a} 중 {b:을} 잃어버리면 몇 {ur:이} {남다:V}",),
        things="goods",
    ),
    Situation(  # a piece cut off
        facts=(
            "길이가 {a}인 끈에서 {b:을} {잘라 내다:E}",
            "{who:은} 리본 {a} 중에 {b:을} 선물 포장에 {쓰다:E}",
            "{a}짜리 막대를 {b}만큼 {자르다:E}",
        ),
        asks=("남은 길이는 몇 {ur:Q}", "몇 {ur:이} {남다:V}", "이제 몇 {ur:Q}"),
        whole=("{a}에서 {b:을} 자르고 나면 몇 {ur:Q}", "{a:은} {b}보다 몇 {ur} {길다:A}"),
        units=("센티미터", "센티미터", "센티미터"),
        most=(300, 200),
    ),
    Situation(  # before more came
        facts=(
            "{who:이} {thing:을} {b} 더 {얻다:J} 모두 {a:이} {되다:E}",
            "{b:을} 새로 넣었더니 {thing:이} 모두 {a:이} {되다:E}",
            "{thing} {b:을} 사서 이제 {a:이} {되다:E}",
        ),
        asks=(
            "처음에는 {thing:이} 몇 {ur} {있다:P}",
            "원래 있던 {thing:은} 몇 {ur:Q}",
            "그 전에는 몇 {ur:이었어요}?",
        ),
        whole=("어떤 수에 {b:을} 더해 {a:이} 되었다면 처음은 몇 {ur:Q}",),
        things="goods",
    ),
    Situation(  # the other part of a whole
        facts=(
            "{우리 반:은} 모두 {a:K} 그중 여학생이 {b:I}",
            "{place:에} {a:이} {모이다:J} {b:은} {아이:I}",
            "{운동장:에} 학생이 {a} {있다:J} {b:은} 공놀이를 {하다:E}",
            "모두 {a:이} {모이다:J} 안경을 쓴 사람은 {b:I}",
            "{극장:에} 사람이 {a} {있다:J} 그 가운데 {b:이} {앉다:E}",
        ),
        asks=(
            "나머지는 몇 {ur:Q}",
            "그렇지 않은 사람은 몇 {ur:Q}",
            "그 나머지 사람은 몇 {ur:Q}",
            "다른 사람은 몇 {ur:Q}",
        ),
        whole=("{a} 가운데 여자가 {b:이면} 남자는 몇 {ur:Q}", "{a} 중에 {b:이} 결석하면 몇 {ur:이} {오다:V}"),
        units=("명", "명", "명"),
        most=(150, 100),
    ),
    Situation(  # younger, some years ago
        facts=("{who:은} 올해 {a:I}", "{who:의} 지금 나이는 {a:I}"),
        asks=("{b} 전에는 몇 {ur:이었어요}?", "{b} 전 나이는 몇 {ur:Q}"),
        whole=("지금 {a}인 {who:은} {b} 전에 몇 {ur:이었어요}?",),
        units=("살", "년", "살"),
        most=(80, 40),
    ),
    Situation(  # minutes left
        facts=(
            "영화는 {a:K} 지금 {b:이} {지나다:E}",
            "{who:은} {a} 동안 운동하기로 {하다:J} {b:이} {지나다:E}",
            "쉬는 시간 {a} 가운데 {b:을} {쓰다:E}",
        ),
        asks=("몇 {ur:이} {남다:P}", "남은 시간은 몇 {ur:Q}", "끝날 때까지 몇 {ur:이} 더 {걸리다:V}"),
        whole=("{a}짜리 영화를 {b} 봤으면 몇 {ur:이} {남다:P}",),
        units=("분", "분", "분"),
        most=(150, 90),
    ),
    Situation(  # animals that leave
        facts=(
            "{들판:에} {thing:이} {a} {있다:J} {b:이} {떠나다:E}",
            "{마당:에} {thing} {a:이} {모여 있다:J} {b:이} {나가다:E}",
            "{농장:에서} {thing} {a:을} {기르다:J} {b:을} 이웃에 {팔다:E}",
        ),
        asks=("남은 {thing:은} 몇 {ur:Q}", "몇 {ur:이} {남다:P}", "이제 {thing:은} 몇 {ur:Q}"),
        whole=("{thing} {a} 중에서 {b:이} 가 버리면 몇 {ur:Q}",),
        things="animals",
    ),
    Situation(  # more is known, the other asked
        facts=(
            "{who:은} {thing} {a:을} {가지고 있다:J} {other}보다 {b} {많다:E}",
            "{who:은} {thing:을} {a} {모으다:J} 이것은 {other}보다 {b} 많은 {것:I}",
        ),
        asks=(
            "{other:은} {thing:을} 몇 {ur} {가지고 있다:P}",
            "{other:의} {thing:은} 몇 {ur:Q}",
            "{other:은} 몇 {ur:Q}",
        ),
        whole=("{b} 많아서 {a:이면} 적은 쪽은 몇 {ur:Q}",),
        things="goods",
    ),
    Situation(  # younger than somebody
        facts=(
            "{who:은} {a:K} {other:은} {who}보다 {b} {어리다:E}",
            "{who:은} 올해 {a:I} {other}보다 {b:이} {많다:E}",
            "{other:은} {who}보다 {b} 아래예요. {who:은} {a:I}",
        ),
        asks=("{other:은} 몇 {ur:Q}", "{other:의} 나이는 몇 {ur:Q}", "그럼 {other:은} 몇 {ur:Q}"),
        whole=("{a}인 {who}보다 {b} 어린 {other:은} 몇 {ur:Q}",),
        units=("살", "살", "살"),
        most=(80, 40),
    ),
    Situation(  # cars, boats and books that go
        facts=(
            "{주차장:에} 자동차가 {a} {있다:J} {b:이} {나가다:E}",
            "버스 {a} 중에 {b:이} {출발하다:E}",
        ),
        asks=("몇 {ur:이} {남다:P}", "남은 것은 몇 {ur:Q}", "이제 몇 {ur:Q}"),
        whole=("자동차 {a} 가운데 {b:이} 나가면 몇 {ur:이} {남다:V}",),
        units=("대", "대", "대"),
        most=(120, 90),
    ),
    Situation(  # lighter, colder, emptier
        facts=(
            "{물통:에} 물이 {a} {있다:J} {who:이} {b:을} {마시다:E}",
            "주스 {a} 가운데 {b:을} {따르다:E}",
            "우유가 {a} {들어 있다:J} {b:을} {쏟다:E}",
        ),
        asks=("남은 양은 몇 {ur:Q}", "몇 {ur:이} {남다:P}", "이제 몇 {ur:이} {있다:V}"),
        whole=("{a}에서 {b:을} 마시면 몇 {ur:이} {남다:V}",),
        units=("밀리리터", "밀리리터", "밀리리터"),
        most=(900, 800),
    ),
    Situation(  # the weather and the scales
        facts=(
            "낮 기온은 {a:K} 밤에 {b} {내려가다:E}",
            "온도가 {a:K} {b} {떨어지다:E}",
            "{방:이} {a:K} 창문을 여니 {b} {낮아지다:E}",
        ),
        asks=("몇 {ur:이} {되다:P}", "지금은 몇 {ur:Q}"),
        whole=("{a}에서 {b} 내려가면 몇 {ur:Q}", "{a:과} {b:은} 몇 {ur} {차이:Q}"),
        units=("도", "도", "도"),
        most=(45, 40),
    ),
    Situation(  # longer
        facts=(
            "{who:의} 끈은 {a:K} {other:의} 끈은 {b:I}",
            "{other:의} 종이띠는 {b:K} {who:의} 종이띠는 {a:I}",
            "빨간 끈은 {a:K} 파란 끈은 {b:I}",
        ),
        asks=(
            "그 차이는 몇 {ur:Q}",
            "둘의 차이는 몇 {ur:Q}",
            "얼마나 {차이 나다:V}",
            "긴 쪽이 몇 {ur} 더 {길다:A}",
        ),
        whole=(
            "길이가 {a:인} 끈은 {b:인} 끈보다 몇 {ur} 더 {길다:A}",
            "{b:은} {a}보다 몇 {ur} {짧다:A}",
        ),
        units=("센티미터", "센티미터", "센티미터"),
        most=(190, 170),
    ),
)

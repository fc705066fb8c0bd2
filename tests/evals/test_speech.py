import pytest

from nakochat.evals.speech import problems


@pytest.mark.parametrize(
    "answer",
    [
        "네, 토끼는 풀을 먹어요.",
        "가을에는 마을로 가요!",
        "82예요. 잘했죠?",
        "서울로 가요. 집으로 와요.",
        "안녕하세요! 반가워요.",
        "안녕하세요, 하람 님.",
        "금방 나을 거예요. 집도 지을 수 있어요.",  # of 낫다, 짓다: no particle
        "답은 3.5예요. 1.25도 있어요.",
    ],
)
def test_good_korean_has_no_problem(answer):
    assert problems([answer]) == []


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("토끼는 풀를 먹어요.", "particle: 풀를"),
        ("사과을 먹어요.", "particle: 사과을"),
        ("서울으로 가요.", "particle: 서울으로"),
        ("고양이을 봐요.", "particle: 고양이을"),
        ("토끼는 풀을 먹는다.", "not in 해요체"),
        ("반갑습니다.", "not in 해요체"),
        ("반갑습니다, 하람 님.", "not in 해요체"),
        ("나는 밥을 잘 먹어요. 나는 밥을 잘 먹어요. 나는 밥을 잘 먹어요.", "three times: 나는 밥을 잘"),
    ],
)
def test_a_breach_is_named(answer, what):
    assert any(line.startswith(what) for line in problems([answer]))

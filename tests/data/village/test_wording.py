"""Templates with marks become sentences of one speech level."""

import pytest

from nakochat.core.josa import Noun
from nakochat.data.village.scene import Scene, fill
from nakochat.data.village.wording import Words, casual, settle, tell, typed


def settled(template: str, speech: str = "polite", **options: bool) -> set[str]:
    return {
        fill(settle(Scene(kind="wording", number=number), template, speech, **options), Words())
        for number in range(200)
    }


def test_closing_follows_the_level() -> None:
    assert settled("{사과:을} {사다:E}") == {"사과를 샀어요."}
    assert settled("{사과:을} {사다:E}", "formal") == {"사과를 샀습니다."}
    assert settled("{책:I}", "plain") == {"책이다."}
    assert settled("{있다:H}", "casual") == {"있어."}


def test_questions_take_many_forms() -> None:
    forms = settled("몇 {권:Q}")
    assert {"몇 권이에요?", "몇 권일까요?", "몇 권인지 알려 주세요."} <= forms
    assert {"몇 개가 남아요?", "몇 개가 남는지 궁금해요."} <= settled("몇 개가 {남다:V}")
    assert {"얼마나 많은가요?", "얼마나 많은지 알려 주세요."} <= settled("얼마나 {많다:A}")


def test_talk_asks_for_no_calculation() -> None:
    assert any("계산" in form for form in settled("이름이 {무엇:Q}"))
    assert not any("계산" in form or "구해" in form for form in settled("이름이 {무엇:Q}", solving=False))


def test_a_slot_that_is_not_given_is_the_word_itself() -> None:
    scene = Scene(kind="wording", number=0)
    assert tell(scene, "{버스:에} {타다:었어요}.", Words()) == "버스에 탔어요."
    assert tell(scene, "{who:은} {먹다:었어요}.", Words(who=Noun("별이"))) == "별이는 먹었어요."
    assert (
        tell(Scene(kind="wording", number=0, masked=True), "{버스:에} {타다:었어요}.", Words())
        == "○에 ▽었어요."
    )


@pytest.mark.parametrize(
    ("polite", "to_a_friend"),
    [
        ("너무 추워요.", "너무 추워."),
        ("맛있는 거 추천해 주세요.", "맛있는 거 추천해 줘."),
        ("제 생일이에요!", "내 생일이야!"),
        ("저는 떡볶이를 좋아해요.", "나는 떡볶이를 좋아해."),
        ("정답이 뭐예요?", "정답이 뭐야?"),
        ("틀린 거 아니에요?", "틀린 거 아니야?"),
        ("잘못 말했어요, 미안해요.", "잘못 말했어, 미안해."),
        ("기분이 어떠세요?", "기분이 어때?"),
        ("수수께끼 하나 내 주세요.", "수수께끼 하나 내 줘."),
        ("너랑 이야기하니까 재미있죠?", "너랑 이야기하니까 재미있지?"),
        ("제일 필요한 건 요리예요.", "제일 필요한 건 요리야."),
    ],
)
def test_a_polite_remark_is_said_to_a_friend(polite: str, to_a_friend: str) -> None:
    assert casual(polite) == to_a_friend
    assert casual(to_a_friend) == to_a_friend


@pytest.mark.parametrize(
    "text", ["안녕하세요!", "여보세요?", "안녕히 주무세요.", "선생님께 뭘 드릴까요?", "고맙습니다."]
)
def test_words_of_respect_stay(text: str) -> None:
    assert casual(text) == text


def test_people_type_a_remark_in_four_ways() -> None:
    ways = {typed(Scene(kind="typed", number=number), "비가 와요.") for number in range(100)}
    assert ways == {"비가 와요.", "비가 와요", "비가 와.", "비가 와"}
    assert {typed(Scene(kind="typed", number=number), "좋아요!") for number in range(100)} == {
        "좋아요!",
        "좋아!",
    }

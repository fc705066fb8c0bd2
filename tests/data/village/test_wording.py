"""Templates with marks become sentences of one speech level."""

from nakochat.core.josa import Noun
from nakochat.data.village.scene import Scene, fill
from nakochat.data.village.wording import Words, settle, tell


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

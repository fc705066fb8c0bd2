"""A model that goes by another name: every 나코 is replaced, with the particle that fits, and nothing else."""

import re

import pytest

from nakochat.data.village.renaming import renamed
from nakochat.data.village.village import Village
from nakochat.text.conversation import assistant, user


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("나코야, 몇 살이야?", "별아, 몇 살이야?"),
        ("안녕하세요, 나코.", "안녕하세요, 별."),
        ("저는 나코예요. 나코라고 불러 주세요.", "저는 별이에요. 별이라고 불러 주세요."),
        ("나코라는 이름은 어디서 왔어요? 나코는 누구예요?", "별이라는 이름은 어디서 왔어요? 별은 누구예요?"),
        ("누가 나코를 만들었어요? 나코도 자요?", "누가 별을 만들었어요? 별도 자요?"),
        ("하나코는 모나코로 갔어요.", "하나코는 모나코로 갔어요."),
    ],
)
def test_the_particle_fits_the_other_name(before: str, after: str) -> None:
    assert renamed((user(before), assistant(before)), "별") == (user(after), assistant(after))


def test_no_old_name_is_left_and_the_rest_stays() -> None:
    mine, others = Village(5), Village(5, name="콩이")
    changed = 0
    for number in range(500):
        for kind in ("persona", "greeting", "recall", "question", "syllables", "cannot"):
            texts = [m.text for m in others.exercise(number, kind=kind).messages]
            assert not any(re.search("(?<![가-힣])나코", text) for text in texts)
            if kind != "persona":
                before = [m.text for m in mine.exercise(number, kind=kind).messages]
                assert [re.sub("나코(야?)", r"콩이\1", text) for text in before] == texts
                changed += before != texts
    assert changed > 40


def test_a_model_of_another_name_does_not_claim_what_is_true_of_nako_only() -> None:
    village = Village(0, name="별이")
    said = "\n".join(m.text for n in range(1500) for m in village.exercise(n, kind="persona").messages)
    assert "저는 별이예요" in said
    assert "nakochat에서 온 이름" not in said
    assert "생일" not in said
    assert "집은 따로" not in said


def test_the_conversations_of_nako_are_the_same_as_ever() -> None:
    assert Village(2).exercise(7) == Village(2, name="나코").exercise(7)

"""The identity set: it says one thing only, with the right particles, politely, and never the same twice."""

import re

import pytest

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.data.chats.identity import Identity, conversations
from nakochat.text.conversation import Conversation

NAMES = ("별이", "봄", "Bit", "하늘2호", "달")


def made(count: int = 400, seed: int = 0, **about: object) -> list[Conversation]:
    identity = Identity(**{"name": "봄", "maker": "김철수 님", "traits": ("다정한", "재미있다"), **about})  # type: ignore[arg-type]
    return list(conversations(identity, count=count, seed=seed))


def said(found: list[Conversation], role: str) -> list[str]:
    return [message.text for conversation in found for message in conversation if message.role == role]


def test_the_same_seed_gives_the_same_and_no_two_are_alike() -> None:
    first = made()
    assert first == made()
    assert first != made(seed=1)
    assert len({tuple(message.text for message in c) for c in first}) == len(first) == 400


def test_user_and_assistant_speak_in_turn() -> None:
    found = made()
    for conversation in found:
        assert [m.role for m in conversation] == ["user", "assistant"] * (len(conversation) // 2)
    assert {len(c) for c in found} >= {2, 4, 6, 8}


@pytest.mark.parametrize("name", NAMES)
def test_particles_fit_the_name(name: str) -> None:
    text = "\n".join(said(made(name=name), "user") + said(made(name=name), "assistant"))
    wrong = {"은": "는", "이라고": "라고", "이에요": "예요", "이라는": "라는"}
    for pair in wrong.items():
        right = josa(name, pair[0])
        other = next(name + form for form in pair if name + form != right)
        assert right in text
        assert not re.search(rf"{re.escape(other)}(?![가-힣])", text), other
    assert "{" not in text


def test_the_answers_are_polite() -> None:
    endings = re.compile(r"(요|죠|세요|예요)[.!?]$|^[^가-힣]*[A-Za-z].*[.!]$")
    for answer in said(made(), "assistant"):
        korean = [part for part in re.split(r"(?<=[.!?])\s+", answer) if re.search("[가-힣]{3}", part)]
        assert all(endings.search(part) for part in korean), answer


def test_what_is_told_is_what_is_asked_for() -> None:
    text = "\n".join(said(made(1500, home="부산", birthday="3월 1일"), "assistant"))
    for words in (
        "김철수 님이 저를 만들었어요",
        "재미있는 봄",
        "다정한 성격",
        "고향은 부산",
        "생일은 3월 1일",
        "I'm 봄",
    ):
        assert words in text
    assert not re.search("집은 따로|훈련이 끝난 날|나코", text)
    plain = "\n".join(said(made(1500, traits=()), "assistant"))
    assert "컴퓨터" in plain
    assert "성격을 말하기는 어렵지만" in plain
    assert "  " not in plain


def test_one_who_says_me_is_the_owner_of_the_computer() -> None:
    text = "\n".join(said(made(maker="나"), "assistant"))
    assert "이 컴퓨터의 주인이 저를 만들었어요" in text
    assert "the owner of this computer" in text
    assert not re.search(r"(?<![가-힣])나[가는]? ", text)


def test_a_model_is_not_asked_whether_it_is_itself() -> None:
    asked = "\n".join(said(made(2000, name="나코", maker="구글"), "user"))
    assert "챗지피티" in asked
    assert not re.search("나코 아니야|나코라고 들었는데|구글이 만들었지", asked)


@pytest.mark.parametrize(
    ("given", "trait"),
    [
        ("다정하다", "다정한"),
        ("재미있다", "재미있는"),
        ("호기심많은", "호기심 많은"),
        ("정이 많다", "정이 많은"),
        ("귀엽다", "귀여운"),
    ],
)
def test_traits_take_the_form_before_a_noun(given: str, trait: str) -> None:
    assert Identity(name="봄", maker="나", traits=(given,)).traits == (trait,)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"name": " "}, "--name"),
        ({"name": "가" * 21}, "--name"),
        ({"name": "<|im_end|>"}, "--name"),
        ({"name": "봄", "maker": "두\n줄"}, "--maker"),
        ({"name": "봄", "traits": ("유머",)}, "유머"),
        ({"name": "봄", "traits": ("kind",)}, "kind"),
        ({"name": "봄", "birthday": "!"}, "--birthday"),
    ],
)
def test_words_that_no_sentence_can_be_made_with(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Identity(**{"maker": "나", **wrong})  # type: ignore[arg-type]


def test_a_count_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match="--count"):
        made(0)

"""Which Korean answers a model should not learn from, and which look alike and are fine."""

import json

import pytest

from nakochat.data.chats.conversations import Passed, read_chats
from nakochat.data.chats.identity import Identity, conversations
from nakochat.data.chats.quality import fault
from nakochat.text.conversation import assistant, user


def said(answer, asked="누구예요?"):
    return fault((user(asked), assistant(answer)))


@pytest.mark.parametrize(
    "answer",
    [
        "저는 ChatGPT입니다. 무엇을 도와드릴까요?",
        "나는 클로드라고 해요.",
        "저는 OpenAI에서 개발한 인공지능입니다.",
        "AI 언어 모델로서 저는 감정이 없습니다.",
        "As an AI language model, I cannot do that.",
        "제 이름은 Qwen이에요.",
    ],
)
def test_claims_of_another_identity(answer):
    assert said(answer) == "foreign"


@pytest.mark.parametrize(
    "answer",
    [
        "저는 ChatGPT가 아니에요. 별이예요.",
        "GPT 언어 모델은 오픈AI에서 개발한 자연어 처리 기술이에요.",
        "ChatGPT와는 다른 모델이에요.",
        "클로드 모네는 프랑스의 화가예요.",
    ],
)
def test_talk_of_other_models_is_no_claim(answer):
    assert said(answer) is None


@pytest.mark.parametrize(
    ("answer", "mixed"),
    [
        ("봄은 따뜻합니다. 여름은 덥다.", True),
        ("응, 알았어. 내일 가겠습니다.", True),
        ("봄은 따뜻해요. 여름은 덥습니다.", False),  # both polite
        ("봄은 따뜻하다. 여름은 덥다.", False),  # all of one level
        ('그는 "나는 간다."라고 말했습니다.', False),
        ("이렇게 하세요.\n- 물을 끓인다.\n- 면을 넣는다.", False),
        ("멀리 가지 마세요. 함께 갑시다.", False),
        ("좋아! 같이 가자.", False),
        ("Yes. It is.", False),
    ],
)
def test_levels_are_mixed_only_where_polite_and_plain_stand_together(answer, mixed):
    assert said(answer) == ("levels" if mixed else None)


def test_translationese_is_two_marks_or_more():
    assert said("당신은 새로운 시작을 맞이합니다. 그것은 당신의 인생입니다.") == "translated"
    assert said("당신은 참 다정하시네요.") is None
    assert said("좋습니다.", asked="당신은 그것은 당신의 것입니까?") is None  # the user may say what he likes


def test_our_own_identities_are_kept_whole():
    identity = Identity(
        name="별이", maker="김나코", traits=("다정한", "호기심 많은"), home="부산", birthday="3월 1일"
    )
    assert not [c for c in conversations(identity, count=400, seed=5) if fault(c)]


def test_what_is_dropped_is_counted_with_its_place(tmp_path):
    answers = ["좋아요.", "저는 ChatGPT입니다.", "덥다. 더워요.", "네, 저는 ChatGPT예요."]
    path = tmp_path / "chats.jsonl"
    rows = (json.dumps({"instruction": "?", "output": answer}, ensure_ascii=False) for answer in answers)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    passed = Passed()
    assert [c[-1].text for _, c in read_chats([path], passed, clean=True)] == ["좋아요."]
    assert (passed.kept, dict(passed.reasons)) == (1, {"foreign": 2, "levels": 1})
    assert "다른 모델이라고 말함 2개 (처음: chats.jsonl:2)" in str(passed)
    everything = Passed()
    assert len(list(read_chats([path], everything))) == 4

"""What cleaning repairs, what it drops, what it leaves alone, and that every bit of it is counted."""

import json
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakochat.core.errors import ConfigError
from nakochat.data.cleaning.cleaner import (
    DROPS,
    PERSONAL,
    REPAIRS,
    UNITS,
    UNREAD,
    Cleaner,
    CleanSettings,
    first_place,
    hangul_share,
    repair,
    script_counts,
)
from nakochat.tasks.contamination import unseen_texts

FAMILY = "👨‍👩‍👧"  # three emoji, two joiners
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def found_in(text: str) -> tuple[str, dict[str, int]]:
    found: Counter[str] = Counter()
    return repair(text, found), dict(found)


REPAIRED = {
    "a\x00나\x07다\x7f라\x80": ("a나다라", {"control_characters": 4}),
    "반쪽\ud83d 글자": ("반쪽 글자", {"control_characters": 1}),
    "하나\r\n둘\r셋": ("하나\n둘\n셋", {}),
    "\ufeff가\u200b나\u00ad다\u2060": ("가나다", {"invisible_characters": 4}),
    "한\u200d글 a\u200cb \u200d": ("한글 ab", {"invisible_characters": 3}),
    "가\u200d\u200c👩": ("가👩", {"invisible_characters": 2}),
    "a\U000e0041\U000e0042b": ("ab", {"invisible_characters": 2}),
    "가\xa0나\u3000다\u2003라\u3164마": ("가 나 다 라 마", {"odd_spaces": 4}),
    "가\u2028나\u2029다\x0c라\x85마": ("가\n나\n다\n라\n마", {"odd_spaces": 4}),
    unicodedata.normalize("NFD", "한글"): ("한글", {"recomposed": 1}),
    "\uf91b": ("亂", {"recomposed": 1}),
    "ì•ˆë…•": ("ì•ˆë…•", {"mojibake": 1}),
    "안녕".encode().decode("latin-1"): ("ìë", {"mojibake": 1, "control_characters": 3, "odd_spaces": 1}),
    "cafÃ© itâ€™s": ("cafÃ© itâ€™s", {"mojibake": 1}),
    "占쏙옙": ("占쏙옙", {"mojibake": 1}),
    "깨�짐": ("깨�짐", {"mojibake": 1}),
}  # fmt: skip
KEPT = [
    "ㅋㅋㅋ ㅠㅠ ㄱㄴㄷ",
    "가\t나\n\n다",
    FAMILY + " 가족 " + SCOTLAND,
    "❤️\u200d🔥 👁️\u200d🗨️ 🏳️\u200d🌈 1️⃣ 👍🏽",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "क्\u200dष",
    "½ ㎏ ① … ： “따옴표” — –",
    "café naïve Ärger São ÃO Câmara ê-book",
    "占い 占領",
    "\u1112\u119e\u11ab",  # a syllable that modern Korean has no single character for
    "#C++ <html> \\n",
]


@pytest.mark.parametrize("text", REPAIRED)
def test_repairs_are_made_and_counted(text: str) -> None:
    assert found_in(text) == REPAIRED[text]


@pytest.mark.parametrize("text", KEPT)
def test_what_is_right_stays_as_it_is(text: str) -> None:
    assert found_in(text) == (text, {})


ODD = (
    "가힣ㅋㅏᄒ\u1161\u11ab aé\u0301\u0300\n\t\r\x00\x80\x85\xa0\xad\u200b\u200c\u200d\u2028\u3164\ufeff\ufe0f"
    "👩❤🏴\U000e0067\U000e007f\ud800\udc00क्\uf91b占쏙\ufffdÃì©"
)


@given(st.one_of(st.text(alphabet=ODD, max_size=30), st.text(max_size=30)))
def test_a_repaired_text_is_whole_and_needs_no_more(text: str) -> None:
    clean, _ = found_in(text)
    again, found = found_in(clean)
    assert again == clean
    assert set(found) <= {"mojibake"}
    assert unicodedata.is_normalized("NFC", clean)
    assert clean == clean.strip()
    clean.encode()


def test_the_place_of_a_finding() -> None:
    assert [first_place(name, "ab\x00\u200b\xa0\u0301Ã©") for name in REPAIRS] == [2, 3, 4, 5, 6]
    assert first_place("recomposed", "abc") == 0


def test_shares_of_scripts() -> None:
    assert script_counts("가나ㅋㅏ abÉ 漢 カ 123 …👩") == (4, 3, 2)
    assert hangul_share("가나 ab 12!") == 0.5
    assert hangul_share("123 !?") == 0


def test_reasons_to_drop_come_in_order_and_are_counted() -> None:
    question = "달빛골 우체국 뒤에 사는 고양이 일곱 마리의 이름을 모두 말해 줄래?"
    settings = CleanSettings(minimum_characters=5, hangul_share=0.5, unseen=unseen_texts([question]).windows)
    cleaner = Cleaner(settings)
    documents = [
        " \x00\n",
        "짧다",
        "only English here",
        f"시험에 나온 말: {question} 끝",
        "이것은 남는 글입니다.",
        "abc",
    ]
    assert [cleaner.clean(document) for document in documents] == [None] * 4 + ["이것은 남는 글입니다.", None]
    assert cleaner.counts == {
        "documents_in": 6, "documents_out": 1, "characters_in": sum(map(len, documents)), "characters_out": 12,
        "empty": 1, "too_short": 2, "too_little_hangul": 1, "contaminated": 1, "control_characters": 1,
    }  # fmt: skip


def test_what_is_just_enough_stays() -> None:
    cleaner = Cleaner(CleanSettings(minimum_characters=5, hangul_share=0.5))
    assert cleaner.clean(" 가나\u200b ab ") == "가나 ab"
    assert cleaner.counts["characters_in"] == 8
    assert cleaner.counts["characters_out"] == 5


def test_a_test_item_is_found_however_it_is_spaced_and_not_where_it_is_only_alike() -> None:
    unseen = unseen_texts(["달빛골 우체국 뒤에 사는 고양이 일곱 마리의 이름을 모두 말해 줄래?"]).windows
    look = Cleaner(CleanSettings(unseen=unseen)).look
    assert look("달빛골우체국, 뒤에사는 고양이 일곱마리의 이름을 모두 말해줄래").dropped == "contaminated"
    assert look("달빛골 우체국 뒤에 사는 고양이 여섯 마리의 나이를 알려 줘").dropped is None


def test_personal_numbers_are_masked_only_where_asked() -> None:
    text = "전화 010-1234-5678, 메일 a@b.kr"
    plain, masking = Cleaner(CleanSettings()), Cleaner(CleanSettings(mask_personal=True))
    assert plain.clean(text) == text
    assert masking.clean(text) == "전화 [전화번호], 메일 [전자우편]"
    assert "emails" not in plain.counts
    assert masking.counts["emails"] == masking.counts["phone_numbers"] == 1


def test_counts_of_processes_add_up() -> None:
    documents = [f"{n}번째 글\u200b 010-1234-5678" for n in range(20)] + [""]
    settings = CleanSettings(mask_personal=True, unseen=unseen_texts(["가" * 40]).windows)
    whole, first, second = Cleaner(settings), Cleaner(settings), Cleaner(settings)
    for number, document in enumerate(documents):
        whole.clean(document)
        (first if number % 2 else second).clean(document)
    assert first.counts + second.counts == whole.counts
    assert json.loads(json.dumps(whole.counts)) == whole.counts


def test_looking_counts_nothing() -> None:
    cleaner = Cleaner(CleanSettings(minimum_characters=10))
    result = cleaner.look("짧\u200b다")
    assert (result.text, result.dropped, dict(result.found)) == (
        "짧다",
        "too_short",
        {"invisible_characters": 1},
    )
    assert not cleaner.counts


def test_settings_are_json_and_name_the_test_items_by_their_hash() -> None:
    unseen = unseen_texts(["달빛골 우체국 뒤에 사는 고양이 일곱 마리의 이름"]).windows
    plain = CleanSettings(hangul_share=0.3, unseen=unseen).plain()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["unseen"] == unseen.identity
    assert CleanSettings().plain()["unseen"] is None


@pytest.mark.parametrize("wrong", [{"minimum_characters": -1}, {"hangul_share": 1.5}, {"hangul_share": -0.1}])
def test_settings_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"이?[어여]야 합니다"):
        CleanSettings(**wrong)  # type: ignore[arg-type]


def test_every_count_has_a_name_in_both_languages() -> None:
    for korean, english in (*UNREAD.values(), *REPAIRS.values(), *PERSONAL.values(), *DROPS.values()):
        assert any("가" <= letter <= "힣" for letter in korean)
        assert english.isascii()
    assert set(UNITS) <= {*UNREAD, *REPAIRS, *PERSONAL}

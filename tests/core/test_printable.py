import unicodedata

import pytest

from nakochat.core.printable import printable


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("가\x1b[2J나", "가나"),
        ("\x1b[1;31m빨강\x1b[0m", "빨강"),
        ("\x9b31m빨강", "빨강"),
        ("\x1b]0;제목\x07글", "글"),
        ("\x1b]8;;http://evil.example\x1b\\누르세요\x1b]8;;\x1b\\", "누르세요"),
        ("\x1b]52;c;aGk=\x07", ""),  # writes to the clipboard
        ("\x1bPq#0\x1b\\그림", "그림"),
        ("\x1bc\x1b(0글", "글"),
        ("\x1b가", "가"),
        ("\x1b]0;끝이 없는 제목", "0;끝이 없는 제목"),
        ("\x1b\x1b[31m가", "가"),
        ("가\x07\x7f\r\b\x00나", "가나"),
        ("하나\r\n둘\t셋", "하나\n둘\t셋"),
        ("가\u202e나\u2066다", "가나다"),
        ("half \ud83d", "half "),
        ("👨\u200d👩\u200d👧 ㅋㅋ", "👨\u200d👩\u200d👧 ㅋㅋ"),
        (unicodedata.normalize("NFD", "한글"), "한글"),
    ],
)
def test_only_what_is_seen_is_left(written, seen):
    assert printable(written) == seen


def test_a_sequence_that_is_cut_in_two_steers_nothing():
    for text in ("\x1b[2J", "\x1b]0;가\x07", "\x9b31m"):
        for at in range(len(text) + 1):
            assert not set(printable(text[:at]) + printable(text[at:])) & {"\x1b", "\x9b", "\x07"}


def test_what_was_taken_out_can_be_marked():
    assert printable("가\x1b[2J나\x07", mark="\ufffd") == "가\ufffd나\ufffd"

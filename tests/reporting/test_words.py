import pytest

from nakochat.reporting.words import duration, percent, printable, shortened


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [
        (4.24, "4.2초", "4.2 s"),
        (59.99, "1분 0초", "1 min 0 s"),
        (75, "1분 15초", "1 min 15 s"),
        (3599.7, "1시간 0분", "1 h 0 min"),
        (9000, "2시간 30분", "2 h 30 min"),
        (None, "–", "–"),
    ],
)
def test_duration(seconds: float | None, korean: str, english: str) -> None:
    assert (duration(seconds).ko, duration(seconds).en) == (korean, english)


def test_percent() -> None:
    assert percent(0.9745).ko == "97.5 %"


def test_printable_replaces_what_cannot_be_written_or_disguises() -> None:
    assert printable("가\ud800\x00\u202e나\n\t다\r\n라") == "가\ufffd\ufffd\ufffd나\n\t다\n라"
    assert printable("👨‍👩‍👧 각") == "👨‍👩‍👧 각"  # joined emoji and conjoining jamo are text


def test_shortened_keeps_the_limit() -> None:
    assert shortened("가나다라", 3) == "가나…"
    assert shortened("가나다", 3) == "가나다"

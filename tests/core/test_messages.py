import pytest

from nakochat.core.messages import roughly


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [
        (0.2, "1초", "1 s"),
        (29, "29초", "29 s"),
        (59, "1분", "1 min"),
        (35 * 60, "35분", "35 min"),
        (3599, "1시간 0분", "1 h 0 min"),
        (7800, "2시간 10분", "2 h 10 min"),
        (3 * 86400 + 4 * 3600, "3일 4시간", "3 d 4 h"),
    ],
)
def test_a_length_of_time_is_said_in_its_largest_units(seconds, korean, english, monkeypatch):
    assert roughly(seconds) == korean
    monkeypatch.setenv("NAKO_LANG", "en")
    assert roughly(seconds) == english

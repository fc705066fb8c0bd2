import unicodedata

import pytest

from nakochat.core.errors import DataError
from nakochat.text.normalise import normalise


def test_hangul_is_composed_and_compatibility_characters_stay():
    assert normalise(unicodedata.normalize("NFD", "한국어")) == "한국어"
    assert normalise("ㅋㅋ … ㎏ ①") == "ㅋㅋ … ㎏ ①"  # NFKC would change each


def test_half_a_character_is_refused():
    with pytest.raises(DataError, match=r"2번째.*U\+D83D"):
        normalise("가\ud83d")
    assert normalise("🙂") == "🙂"

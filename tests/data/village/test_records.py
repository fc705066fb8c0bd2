import re
from collections import Counter

from nakochat.core.josa import josa
from nakochat.data.village.records import record
from nakochat.data.village.scene import Scene


def texts(count: int = 300) -> list[str]:
    return [record(Scene("record", number)) for number in range(count)]


def test_what_is_rare_in_a_text_comes_back_in_it():
    """Most numbers are said twice or more: only copying predicts them."""
    counts = [Counter(re.findall(r"\d{2,}", text)) for text in texts()]
    seen = [times for count in counts for times in count.values()]
    assert len(seen) > 300
    assert sum(times >= 2 for times in seen) / len(seen) > 0.9


def test_particles_follow_numbers_and_new_words():
    for text in texts():
        for word, ending in re.findall(
            r"([가-힣]+ \d+[개마리권장번]?)’?(이라고|라고|이라는|라는|이에요|예요)", text
        ):
            particle = ending if ending.startswith("이") else {"예요": "이에요"}.get(ending, f"이{ending}")
            assert josa(word, particle) == word + ending, text


def test_one_speech_level_outside_quotes():
    for text in texts():
        told = re.sub(r"“[^”]*”|‘[^’]*’", "", text)
        assert len(set(re.findall(r"(요|다)\.", told))) == 1, text

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakochat.inference.stops import StopText


def streamed(parts, stops):
    matcher, out = StopText(stops), ""
    for part in parts:
        out += matcher.push(part)
        if matcher.stopped:
            return out, True
    return out + matcher.flush(), False


def whole(text, stops):
    """The rule, as it is written: earliest end wins, of those the longest."""
    for end in range(len(text) + 1):
        at_end = [stop for stop in stops if text[:end].endswith(stop)]
        if at_end:
            return text[: end - max(map(len, at_end))], True
    return text, False


def cut(rng, text):
    cuts = sorted(rng.randint(0, len(text)) for _ in range(rng.randint(0, 6)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def check(cases):
    rng, stopped = random.Random(0), 0
    for _ in range(cases):
        alphabet = rng.choice(["ab", "abc", "가나", "aA\n"])
        text = "".join(rng.choices(alphabet, k=rng.randint(0, 14)))
        stops = ["".join(rng.choices(alphabet, k=rng.randint(1, 4))) for _ in range(rng.randint(1, 4))]
        found = streamed(cut(rng, text), stops)
        assert found == whole(text, stops), (text, stops)
        stopped += found[1]
    assert cases // 4 < stopped < cases


def test_a_stream_ends_where_the_whole_text_ends():
    check(4000)


@pytest.mark.soak
def test_a_hundred_thousand_streams_end_where_the_whole_text_ends():
    check(100_000)


@given(
    st.lists(st.text(alphabet="ab가", max_size=3)), st.lists(st.text(alphabet="ab가", min_size=1, max_size=3))
)
def test_any_stream_ends_where_the_whole_text_ends(parts, stops):
    assert streamed(parts, stops) == whole("".join(parts), stops)


def test_what_may_become_a_stop_string_is_held_back_until_it_is_decided():
    matcher = StopText(["\n\n", "###"])
    assert matcher.push("가#") == "가"
    assert matcher.push("#") == ""
    assert matcher.push("나") == "##나"
    assert matcher.push("\n") == ""
    assert matcher.flush() == "\n"

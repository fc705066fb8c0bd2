"""Windows of letters: the same wherever they stand, different where a letter differs."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nakochat.data.cleaning.ngrams import SHORTEST, NgramSet, letters_of, windows_of

TEXT = "".join(random.Random(0).choices("가나다라마바사아자차카타파하abc123", k=300))


def spelled(text: str) -> str:
    return letters_of(text).tobytes().decode("utf-32-le")


def test_letters_are_small_and_without_what_stands_between() -> None:
    assert spelled("가 나, A-B_c.\n1.5\tㅋㅋ É漢!") == "가나abc15ㅋㅋé漢"
    assert (
        spelled("İ \U0001d54f 👩") == "İ\U0001d54f👩"
    )  # what has no single small letter, and what lies beyond 16 bits, stays
    assert spelled(" .,!") == ""


@given(st.text(alphabet="가나ab1", min_size=1, max_size=60), st.sampled_from([1, 2, 4, 8, 16]))
def test_equal_windows_have_equal_hashes_and_others_not(text: str, length: int) -> None:
    letters = letters_of(text)
    hashes = windows_of(letters, length).tolist()
    windows = [tuple(letters[at : at + length]) for at in range(len(letters) - length + 1)]
    assert len(hashes) == len(windows)
    assert len(set(hashes)) == len(set(windows)) == len(set(zip(hashes, windows, strict=True)))


def test_a_window_of_any_length_is_found_and_named() -> None:
    wanted = [letters_of(TEXT[10:26]), letters_of(TEXT[100:137])]
    windows = NgramSet.of(wanted)
    assert len(windows) == 2
    assert windows.find_in("앞" + TEXT[10:26]) == TEXT[10:26]
    assert windows.find_in(TEXT[101:137]) is None
    assert windows.find_in(" ".join(TEXT[100:137])) == TEXT[100:137]
    assert windows.find_in(TEXT[100:136]) is None  # runs over the end
    assert windows.find_in(TEXT[:20] + "x" + TEXT[21:26]) is None
    assert windows.find_in("짧다") is None
    assert NgramSet.of([]).find_in(TEXT) is None


def test_windows_that_begin_alike_are_told_apart() -> None:
    start = TEXT[:SHORTEST]
    windows = NgramSet.of([letters_of(start + "가나다"), letters_of(start + "라마바사")])
    assert windows.find_in(start + "라마바사") == start + "라마바사"
    assert windows.find_in(start + "라마바아") is None


def test_identity_follows_the_windows_alone() -> None:
    one, two = letters_of(TEXT[:20]), letters_of(TEXT[20:50])
    assert NgramSet.of([one, two]).identity == NgramSet.of([two, one, one]).identity
    assert NgramSet.of([one]).identity != NgramSet.of([two]).identity


def test_hashes_stay_the_same_for_ever() -> None:
    """They are written into sets of tokens: other hashes would forget what was seen."""
    assert windows_of(letters_of("가나다라마바사아"), 8).tolist() == [EXPECTED]
    assert windows_of(letters_of("가나다"), 8).dtype == np.uint64


EXPECTED = 6545731754055400260

"""Copies are found, near copies too, texts of the same kind are not; the table remembers all of it."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray

from nakochat.data.cleaning import duplicates
from nakochat.data.cleaning.duplicates import BANDS, Seen, signatures

WORDS = [
    f"{a}{b}{c}" for a in "가나다라마바" for b in "강물산들" for c in ("은", "에서", "으로", "하고", "이다")
]


def prose(seed: int, words: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def changed(text: str, every: int) -> str:
    """Every so-many-th word replaced."""
    words = text.split()
    return " ".join(f"새말{n}" if n % every == every - 1 else word for n, word in enumerate(words))


def signature(text: str, **asked: bool) -> NDArray[np.uint64]:
    """Of one text."""
    row: NDArray[np.uint64] = signatures([text], **asked)[0]
    return row


def test_a_copy_is_exact_and_a_changed_copy_near() -> None:
    seen = Seen()
    assert seen.add(signature(prose(1)))
    assert not seen.add(signature(prose(1)))
    assert not seen.add(signature(changed(prose(1), 100)))
    assert not seen.add(signature(prose(1).replace(" ", "  ") + "."))  # spacing and points only
    assert seen.counts == {"exact_duplicates": 1, "near_duplicates": 3 - 1}


def test_how_much_has_to_be_shared() -> None:
    """Of texts with every so-many-th word changed: nearly all found, some found, nearly none found."""

    def found(every: int) -> float:
        hits = 0
        for seed in range(60):
            seen = Seen()
            seen.add(signature(prose(seed)))
            hits += not seen.add(signature(changed(prose(seed), every)))
        return hits / 60

    assert found(100) > 0.95
    assert found(4) < 0.05


def test_other_texts_of_the_same_words_are_no_duplicates() -> None:
    seen = Seen()
    assert all(seen.add(signature(prose(seed))) for seed in range(300))


def test_short_texts_are_compared_whole_only() -> None:
    seen = Seen()
    assert [seen.add(signature(text)) for text in ("최고!", "최고!!", "최고!", "굿", "")] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert not signature("일곱자입니다요")[1:].any()
    assert signature("여덟글자입니다요")[1:].all()


def test_many_signatures_are_those_of_each() -> None:
    texts = [
        "",
        "굿",
        "여덟글자입니다요",
        *(prose(n, 3 * n) for n in range(40)),
        prose(1, 30_000),
        "끝",
        prose(2, 20),
    ]
    together = signatures(texts)
    assert together.shape == (len(texts), 1 + BANDS)
    assert np.array_equal(together, np.array([signature(text) for text in texts]))
    assert signatures([]).shape == (0, 1 + BANDS)


def test_what_is_not_asked_for_leaves_no_key() -> None:
    assert signature("여덟글자입니다요", near=False).shape == (1,)
    assert signature("여덟글자입니다요", exact=False)[0] == 0
    seen = Seen()
    assert [seen.add(signature(text, exact=False)) for text in ("굿", "굿", prose(1), prose(1))] == [
        True,
        True,
        True,
        False,
    ]


def test_signatures_stay_the_same_for_ever() -> None:
    """A set of tokens that is resumed, or has parts made elsewhere, depends on it."""
    assert [hex(key) for key in signature("동해물과 백두산이 마르고 닳도록")[:3].tolist()] == EXPECTED


EXPECTED = ["0xcc639778f07b5f5b", "0x46fde41ba26b283d", "0xed314c40cfee65f6"]


def test_the_table_grows_and_forgets_nothing() -> None:
    keys = np.random.default_rng(0).integers(1, 2**63, size=(5_000, 3), dtype=np.uint64)
    keys[:200, 1] <<= np.uint64(20)  # these all want the same slot
    seen = Seen(numbered=True)
    assert all(seen.add(row, number) for number, row in enumerate(keys))
    assert len(seen) == keys.size
    assert not any(seen.add(row) for row in keys)
    assert seen.counts == {"exact_duplicates": len(keys)}
    assert all(seen.original(row) == ("exact_duplicates", number) for number, row in enumerate(keys))
    assert seen.original(np.array([5, *keys[77, 1:]], dtype=np.uint64)) == ("near_duplicates", 77)
    assert seen.original(np.array([5, 6, 7], dtype=np.uint64)) is None


def test_a_duplicate_leaves_nothing_behind() -> None:
    seen = Seen()
    seen.add(np.array([1, 2], dtype=np.uint64))
    assert not seen.add(np.array([3, 2], dtype=np.uint64))
    assert seen.add(np.array([3, 4], dtype=np.uint64))


def test_groups_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [prose(n, 20) for n in range(20)]
    whole = signatures(texts)
    monkeypatch.setattr(duplicates, "GROUP", 100)
    assert np.array_equal(signatures(texts), whole)

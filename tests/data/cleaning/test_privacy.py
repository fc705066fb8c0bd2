"""Personal numbers are found in every way that people write them; ordinary numbers are left alone."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakochat.data.cleaning.privacy import MASKS, find_personal, mask_personal


def masked(text: str) -> str:
    return mask_personal(text, find_personal(text))


PERSONAL = {
    "resident_numbers": [
        "900101-1234567", "900101 - 2234567", "000229-3234567", "150615–8234567", "200301-4123456",
        "주민등록번호 9001011234568",
    ],
    "phone_numbers": [
        "010-1234-5678", "010.1234.5678", "010 1234 5678", "01012345678", "010-12345678", "010 - 1234 - 5678",
        "011-234-5678", "02-123-4567", "02)1234-5678", "031-123-4567", "064) 123-4567", "070-1234-5678",
        "0505-123-4567", "+82 10 1234 5678", "+82-10-1234-5678", "+821012345678", "+82-2-123-4567",
        "+82 (0)2 123 4567",
    ],
    "emails": ["a@b.kr", "first.last+tag@mail.example.co.kr", "nate010@nate.com", "A_b-c%d@x-y.org"],
    "cards": ["4111-1111-1111-1111", "4111 1111 1111 1111", "4111111111111111", "5500-0055-5555-5559",
        "3782-822463-10005"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "number"), [(k, n) for k, numbers in PERSONAL.items() for n in numbers])
@pytest.mark.parametrize("around", ["{}", "연락처는 {}입니다.", "({})", "문의: {}, 감사합니다", "가{}\n나"])
def test_a_personal_number_is_masked_whatever_stands_around_it(kind: str, number: str, around: str) -> None:
    mask = MASKS[kind]  # type: ignore[index]
    prefix = number[: number.index("9001011234568")] if number.startswith("주민") else ""
    assert masked(around.format(number)) == around.format(prefix + mask)


ORDINARY = [
    "1988년부터 2024년까지",
    "2024-11-20",
    "2024.11.20.",
    "20241120",
    "2019. 1. 23.",
    "13:45:07",
    "2024-11-20T10:20:30",
    "1,234,567,890원",
    "1억 2,345만 6,789원",
    "12,345.67",
    "3.14159265358979323846",
    "0.01012345678",
    "제12조의2제3항제4호",
    "법률 제19234호",
    "대법원 2019. 5. 16. 선고 2018다123456 판결",
    "사업자등록번호 123-45-67890",
    "계좌 110-123-456789",
    "ISBN 978-89-01-23456-7",
    "9788901234567",
    "1588-1234",
    "119",
    "버전 1.10.2-3456",
    "192.168.010.123",
    "1700000000000",
    "위도 37.5665, 경도 126.9780",
    "2019 2020 2021 2022",
    "4000 5000 6000 7000 8000",
    "900101-9234567",
    "901301-1234567",
    "900230-3234567",
    "920101-3234567",
    "4111-1111-1111-1112",
    "0000-0000-0000-0000",
    "9001011234567",
    "9001011234568",
    "https://example.com/01012345678.jpg",
    "X01012345678",
    "02-03-2015",
    "@이름",
    "a@b",
    "3@4.5",
    "골뱅이@",
    "e=mc^2",
    "20101234-56789012",
    "100-010-1234-5678",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_number_is_left_alone(text: str) -> None:
    assert masked(f"앞 {text} 뒤") == f"앞 {text} 뒤"


@given(st.dates(), st.integers(0, 10**15), st.integers(1, 999), st.sampled_from("년월일원개명조항호%"))
def test_dates_prices_and_articles_are_never_masked(day, price, article, unit) -> None:  # type: ignore[no-untyped-def]
    text = (
        f"{day.year}년 {day.month}월 {day.day}일({day.isoformat()}, {day:%Y.%m.%d}., {day:%Y/%m/%d}) "
        f"{price:,}{unit} 제{article}조의{article % 9 + 1} 제{article}항, {article / 7:.10f}, {article}~{price:,}"
    )
    assert masked(text) == text


@given(st.text(alphabet="0123456789-. @+()가a\n", max_size=80))
def test_what_is_found_lies_apart_and_only_that_is_replaced(text: str) -> None:
    pieces = find_personal(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(pieces))
    assert all(0 <= piece.start < piece.end <= len(text) for piece in pieces)
    assert len(mask_personal(text, pieces)) == len(text) + sum(
        len(MASKS[piece.kind]) - (piece.end - piece.start) for piece in pieces
    )


def test_the_longer_of_two_claims_stands() -> None:
    assert [piece.kind for piece in find_personal("01012345678@naver.com")] == ["emails"]
    assert masked("900101-1234567/010-1234-5678/a@b.kr") == "[주민등록번호]/[전화번호]/[전자우편]"


def test_a_long_row_of_letters_is_read_once() -> None:
    """A pattern that starts over at every letter would take hours."""
    assert find_personal("a" * 300_000 + "@" + "b." * 50_000) == []
    assert find_personal("1" * 300_000 + "-" * 300_000) == []

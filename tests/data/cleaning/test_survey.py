"""What a survey counts, and the examples that it shows."""

import json
import random
import unicodedata

from nakochat.data.cleaning.cleaner import DROPS, PERSONAL, REPAIRS, CleanSettings
from nakochat.data.cleaning.survey import LENGTHS, Survey
from nakochat.tasks.contamination import unseen_texts

QUESTION = "달빛골 우체국 뒤에 사는 고양이 일곱 마리의 이름을 모두 말해 줄래?"
LONG = " ".join(
    random.Random(0).choices(
        ["강물은", "산에서", "들으로", "하늘이", "바람과", "구름을", "모두", "다시"], k=120
    )
)


def surveyed(documents: list[str], samples: int = 3, **settings: float) -> dict:  # type: ignore[type-arg]
    survey = Survey(
        CleanSettings(unseen=unseen_texts([QUESTION]).windows, **settings),  # type: ignore[arg-type]
        samples=samples,
    )
    for document in documents:
        survey.add(document)
    figures: dict = survey.figures()  # type: ignore[type-arg]
    assert json.loads(json.dumps(figures)) == figures
    return figures


def test_every_finding_is_counted_with_its_document() -> None:
    documents = [
        "앞글\x00 뒷글\x07", "보이지\u200b않는", "빈\xa0칸", unicodedata.normalize("NFD", "풀어쓴 글"), "깨진 Ã© 글",
        "주민 900101-1234567", "전화 010-1234-5678과 02-123-4567", "a@b.kr", "4111-1111-1111-1111",
        " \x00 ", "짧", "english only", f"시험: {QUESTION}", LONG, LONG, LONG + " 끝",
    ]  # fmt: skip
    figures = surveyed(documents, minimum_characters=2, hangul_share=0.2)
    found = {**figures["repairs"], **figures["personal"], **figures["drops"]}
    assert list(found) == [*REPAIRS, *PERSONAL, *DROPS]
    pieces = {name: row["pieces"] for name, row in found.items()}
    assert pieces == {
        "control_characters": 3, "invisible_characters": 1, "odd_spaces": 1, "recomposed": 1, "mojibake": 1,
        "resident_numbers": 1, "phone_numbers": 2, "emails": 1, "cards": 1,
        "empty": 1, "too_short": 1, "too_little_hangul": 3, "contaminated": 1,
        "exact_duplicates": 1, "near_duplicates": 1,
    }  # fmt: skip
    assert found["control_characters"]["documents"] == 2
    where = {name: [sample["document"] for sample in row["samples"]] for name, row in found.items()}
    assert where["control_characters"] == [1, 10]
    assert where["too_little_hangul"] == [8, 9, 12]
    assert [found[name]["samples"][0]["original"] for name in ("exact_duplicates", "near_duplicates")] == [
        14,
        14,
    ]
    assert (
        found["contaminated"]["samples"][0]["item"] == "달빛골우체국뒤에사는고양이일곱마리의이름을모두말"[:24]
    )


def test_samples_show_the_place_and_hide_personal_numbers() -> None:
    text = "가" * 200 + "\x00" + "나" * 200 + " 900101-1234567 그리고 010-1234-5678 " + "다" * 100
    figures = surveyed([text] * 5, samples=2)
    controls, phones = figures["repairs"]["control_characters"], figures["personal"]["phone_numbers"]
    assert controls["documents"] == 5
    assert len(controls["samples"]) == 2
    assert controls["samples"][0]["excerpt"].startswith("…" + "가" * 20 + "\\x00" + "나")
    assert "[주민등록번호] 그리고 [전화번호]" in phones["samples"][0]["excerpt"]
    assert "1234" not in json.dumps(figures)
    assert surveyed([text], samples=0)["repairs"]["control_characters"]["samples"] == []


def test_lengths_and_scripts() -> None:
    figures = surveyed(["가" * 19, "나" * 20, "latin abc", "漢字漢字", "123", ""])
    assert figures["documents"] == 6
    assert figures["characters"] == 19 + 20 + 9 + 4 + 3
    assert figures["utf8_bytes"] == 3 * (19 + 20 + 4) + 9 + 3
    assert figures["letters"] == {"hangul": 39, "latin": 8, "other": 4}
    assert figures["documents_by_script"] == {"hangul": 2, "latin": 1, "other": 1, "none": 2}
    assert (figures["length"]["least"], figures["length"]["most"]) == (0, 20)
    assert figures["length"]["quantiles"]["0.5"] == 6.5
    assert figures["length"]["documents_from"] == {
        str(start): n for start, n in zip(LENGTHS, [5, 1, 0, 0, 0, 0, 0], strict=True)
    }


def test_nothing_at_all() -> None:
    assert surveyed([])["documents"] == 0

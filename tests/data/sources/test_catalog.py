"""The catalogue holds together, and says what may be used for what."""

import re
from pathlib import Path

import pytest

from nakochat.core.errors import ConfigError
from nakochat.core.files import write_json
from nakochat.data.sources.catalog import catalogue, credit_lines, find_source, read_source, select, source_of

WANTED = {
    "text": "fineweb-2-edu-korean fineweb-2-ko culturax-ko wikipedia-ko klue-news aihub-daily fineweb-edu climbmix "
    "openwebtext wikitext-103 gutenberg cc-news tinyshakespeare",
    "chat": "koalpaca smol-smoltalk",
    "task": "arc gsm8k mmlu humaneval kmmlu kobest hae-rae nolli kor-word-problems click hrm8k klue nsmc core",
}


def test_every_source_that_is_promised_is_there() -> None:
    found = {kind: " ".join(s.name for s in catalogue().values() if s.kind == kind) for kind in WANTED}
    assert found == WANTED


def test_every_source_says_whom_to_name_and_what_it_is_for_in_both_languages() -> None:
    for source in catalogue().values():
        assert source.attribution
        assert source.licence
        assert source.address.startswith("https://")
        assert re.search("[가-힣]", source.purpose_ko)
        assert not re.search("[가-힣]", source.purpose_en)
        assert bool(source.note_ko) == bool(source.note_en)
        assert len(source.steps_ko) == len(source.steps_en)
        assert source.note_ko or source.commercial is not None, f"{source.name}: say why it is unclear"
        for address in source.urls:
            assert address.url.startswith("https://")
            assert address.sha256 is None or re.fullmatch("[0-9a-f]{64}", address.sha256)


def test_what_is_big_has_a_modest_start() -> None:
    for source in catalogue().values():
        if (source.bytes or 0) > 20_000_000_000:
            assert source.start is not None
            assert source.count is None or source.start < source.count


def test_licences_that_forbid_sale_are_marked_so() -> None:
    for source in catalogue().values():
        if "-NC" in source.licence:
            assert source.commercial is False
        if source.licence == "unknown":
            assert source.commercial is None


def test_what_is_not_pinned_is_known() -> None:
    """A revision or a hash stands in the catalogue where somebody has published it; the first pull records the rest."""
    awaited = [s.name for s in catalogue().values() if not s.pinned and s.way != "manual"]
    assert awaited == [
        "fineweb-2-edu-korean",
        "fineweb-edu",
        "gutenberg",
        "koalpaca",
        "nolli",
        "click",
        "hrm8k",
    ]


def test_sets_and_the_commercial_filter() -> None:
    small, out = select(set_name="small")
    assert "koalpaca" in [source.name for source in small]
    assert out == []
    assert sum(source.bytes or 0 for source in small) < 100_000_000
    sold, out = select(set_name="small", commercial_ok=True)
    assert [source.name for source in out] == ["koalpaca"]
    assert all(source.commercial for source in sold)
    korean, english, both = (select(set_name=name)[0] for name in ("ko", "en", "all"))
    assert {s.language for s in korean} == {"ko"}
    assert {s.language for s in english} == {"en"}
    assert sorted(s.name for s in both) == sorted(s.name for s in [*korean, *english])
    assert select()[0] == list(catalogue().values())


def test_names_are_taken_once_and_beside_a_set() -> None:
    chosen, _ = select(["nsmc", "nsmc"])
    assert [source.name for source in chosen] == ["nsmc"]
    chosen, _ = select(["mmlu", "gsm8k"], set_name="small")
    assert [source.name for source in chosen][:2] == ["mmlu", "gsm8k"]
    assert len({source.name for source in chosen}) == len(chosen)


def test_unknown_names_and_forbidden_ones_are_refused() -> None:
    with pytest.raises(ConfigError, match="wikipedia-ko"):
        find_source("Wikipedia")
    with pytest.raises(ConfigError, match=r"koalpaca, cc-news.*--commercial-ok"):
        select(["koalpaca", "gsm8k", "cc-news"], commercial_ok=True)
    with pytest.raises(ConfigError, match="small"):
        select(set_name="tiny")


def test_credits_name_the_maker_the_licence_and_the_limits() -> None:
    lines = credit_lines(["wikipedia-ko", "koalpaca", "village", "wikipedia-ko", "click"])
    assert len(lines) == 3
    assert "위키백과 기여자" in lines[0][0]
    assert "CC-BY-SA-3.0" in lines[0][1]
    assert lines[1][0].endswith("(상업적으로 쓸 수 없습니다.)")
    assert lines[1][1].endswith("(Not for commercial use.)")
    assert "unclear" in lines[2][1]


def test_a_file_is_of_a_source_where_its_folder_says_so(tmp_path: Path) -> None:
    file = tmp_path / "arc" / "data" / "part.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    assert source_of(file) is None  # the name of a folder proves nothing
    for name, found in (("nsmc", "nsmc"), ("unheard-of", None), (["nsmc"], None)):
        write_json(tmp_path / "arc" / "source.json", {"name": name})
        assert source_of(file) == source_of(tmp_path / "arc") == found
    (tmp_path / "arc" / "source.json").write_text("{", encoding="utf-8")
    assert source_of(file) is None


GOOD = {
    "title": "T", "language": "ko", "format": "txt", "licence": "MIT", "attribution": "A", "purpose_ko": "글",
    "purpose_en": "text", "repo": "a/b", "files": ["*.txt"],
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"repository": "a/b"},
        {"files": []},
        {"sets": ["medium"]},
        {"revision": "main"},
        {"steps_ko": ["x"], "steps_en": ["x"]},
        {"repo": None},
    ],
)
def test_an_entry_that_does_not_hold_together_is_refused(change: dict[str, object]) -> None:
    assert read_source("good", "text", GOOD).way == "hub"
    with pytest.raises(ConfigError, match="bad-one"):
        read_source("bad-one", "text", {**GOOD, **change})
    with pytest.raises(ConfigError):
        read_source("Bad/name", "text", GOOD)

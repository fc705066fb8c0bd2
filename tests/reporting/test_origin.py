"""The data section names sources of the catalogue with their licence and whom to credit."""

from pathlib import Path

from nakochat.core.files import read_json, write_json
from nakochat.data.sources.catalog import find_source
from nakochat.reporting.document import Table
from nakochat.reporting.facts import read_run
from nakochat.reporting.origin import data


def cells(table: object) -> list[list[str]]:
    assert isinstance(table, Table)
    return [[cell.words.ko for cell in row] for row in table.rows]


def test_sources_of_the_catalogue_bring_their_licence_and_credit(run_folder: Path) -> None:
    about = run_folder / "data" / "base" / "text" / "about.json"
    record = {**read_json(about), "source": "data", "catalogue": ["wikipedia-ko", "koalpaca", "no-such", 3]}
    write_json(about, record)
    shards, credit, *_ = data(read_run(run_folder))
    row = next(row for row in cells(shards) if row[0] == "BASE")
    assert row[3] == "CC-BY-SA-3.0, GFDL, CC-BY-NC-4.0"
    wiki, alpaca = cells(credit)
    assert wiki[1] == find_source("wikipedia-ko").attribution
    assert (wiki[2], alpaca[2]) == ("됩니다", "안 됩니다")
    assert alpaca[3] == "https://huggingface.co/datasets/beomi/KoAlpaca-v1.1a"


def test_a_corpus_that_only_bears_a_sources_name_is_for_its_giver_to_check(run_folder: Path) -> None:
    about = run_folder / "data" / "base" / "text" / "about.json"
    write_json(about, {**read_json(about), "source": "wikipedia-ko"})
    shards, *rest = data(read_run(run_folder))
    row = next(row for row in cells(shards) if row[0] == "BASE")
    assert row[2:4] == ["wikipedia-ko", "주신 분이 확인해야 합니다"]
    assert len(rest) == 1


def test_a_kind_of_shard_that_is_not_known_is_named_as_it_is(run_folder: Path) -> None:
    about = run_folder / "data" / "base" / "text" / "about.json"
    write_json(about, {**read_json(about), "kind": "images"})
    shards, *_ = data(read_run(run_folder))
    assert any(row[1] == "images" for row in cells(shards))

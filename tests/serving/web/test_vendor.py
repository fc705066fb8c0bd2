"""The browser libraries -> byte for byte what vendor.json records, each with its licence, and nothing beside them."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
FREE = {"MIT", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "MPL-2.0 OR Apache-2.0"}


@pytest.fixture(scope="module")
def vendor() -> ModuleType:
    specification = importlib.util.spec_from_file_location("vendor", ROOT / "scripts/vendor.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_file_is_as_recorded(vendor):
    assert all(record.exists() for record in vendor.RECORDS)
    assert [wrong for record in vendor.RECORDS for wrong in vendor.wrong_files(record)] == []


def test_every_library_has_a_version_and_a_licence(vendor):
    for record in vendor.RECORDS:
        for library in json.loads(record.read_text(encoding="utf-8")):
            assert library["version"][0].isdigit()
            assert library["licence"] in FREE
            licence = next(name for name in library["files"] if name.endswith("LICENSE.txt"))
            assert len((record.parent / licence).read_text(encoding="utf-8")) > 1000


def test_a_changed_a_missing_and_an_unrecorded_file_are_seen(vendor, tmp_path):
    shutil.copytree(vendor.RECORDS[1].parent, tmp_path / "vendor")
    record = tmp_path / "vendor/vendor.json"
    library = tmp_path / "vendor/axe-core"
    (library / "axe.js").write_bytes((library / "axe.js").read_bytes() + b" ")
    (library / "LICENSE.txt").unlink()
    (library / "more.js").touch()
    assert vendor.wrong_files(record) == [
        str(library / name) for name in ("LICENSE.txt", "axe.js", "more.js")
    ]

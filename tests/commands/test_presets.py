import dataclasses
import json

import pytest

from nakochat.commands.presets import SECTIONS, load_config, load_preset, preset_names
from nakochat.core.errors import ConfigError
from nakochat.training import settings

KNOWN = ("steps", "rows", "text_share")


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_holds_values_that_its_stages_know(name):
    tables = load_preset(name)
    assert set(tables) <= set(SECTIONS)
    assert "base" in tables
    for section, values in tables.items():
        fields = {f.name for f in dataclasses.fields(getattr(settings, f"{section.capitalize()}Settings"))}
        assert set(values) <= fields
        getattr(settings, f"{section.capitalize()}Settings")(**values)  # refuses what makes no sense


@pytest.mark.parametrize(
    ("name", "guess"), [("tinny", "tiny"), ("d1", "d12"), ("TINY", ""), ("../toy", "toy"), ("zzzz", "")]
)
def test_an_unknown_preset_gets_a_guess_and_the_list(name, guess, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", "en")
    with pytest.raises(ConfigError) as caught:
        load_preset(name)
    said = str(caught.value)
    assert (f"Did you mean '{guess}'" in said) if guess else ("Did you mean" not in said)
    assert all(known in said for known in preset_names())


def test_a_file_may_be_flat_or_hold_a_table_for_each_stage(tmp_path):
    path = tmp_path / "설정.toml"
    path.write_text("steps = 3\nrows = 8\n[base]\nrows = 16\n[sft]\ntext_share = 0.5\n", encoding="utf-8")
    assert load_config(path, "base", KNOWN) == {"steps": 3, "rows": 16}  # the table is nearer than the file
    assert load_config(path, "sft", KNOWN) == {"steps": 3, "rows": 8, "text_share": 0.5}
    assert load_config(path, "mid", KNOWN) == {"steps": 3, "rows": 8}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"base": {"steps": 5}}), encoding="utf-8")
    assert load_config(path, "base", KNOWN) == {"steps": 5}


def test_an_unknown_setting_gets_a_guess_and_its_file(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("stepz = 3\n")
    with pytest.raises(ConfigError, match=r"a\.toml.*stepz.*'steps'"):
        load_config(path, "base", KNOWN)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "steps ="),
        ("a.json", "{"),
        ("a.json", "[1]"),
        ("a.json", "3"),
        ("a.toml", "base = 3"),
        ("a.toml", b"\xff\xfe"),
        ("missing.toml", None),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, text):
    path = tmp_path / name
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=name):
        load_config(path, "base", KNOWN)

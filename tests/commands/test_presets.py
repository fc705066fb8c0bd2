import dataclasses
import json

import pytest

from nakochat.commands.gather import supplies_of
from nakochat.commands.presets import SECTIONS, SUPPLIES, load_config, load_preset, preset_names, settings_of
from nakochat.core.errors import ConfigError
from nakochat.data.sources.catalog import find_source
from nakochat.data.weighted import parse_weighted

KNOWN = ("steps", "rows", "text_share")


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_holds_values_that_its_stages_know(name):
    tables = load_preset(name)
    assert set(tables) <= {*SECTIONS, SUPPLIES}
    assert "base" in tables
    if SUPPLIES in tables:
        supplies = supplies_of(tables.pop(SUPPLIES))
        assert 0 < supplies.first < supplies.files <= (find_source(supplies.source).count or 0)
        assert {find_source(parse_weighted(chats).path.name).kind for chats in supplies.chats} == {"chat"}
    for section, values in tables.items():
        fields = {f.name for f in dataclasses.fields(settings_of(section))}
        assert set(values) <= fields
        settings_of(section)(**values)  # refuses what makes no sense


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


def test_a_preset_has_smaller_values_for_a_cpu():
    gpu, cpu = load_preset("shakespeare-char"), load_preset("shakespeare-char", "cpu")
    assert (gpu["base"]["depth"], gpu["base"]["dropout"]) == (6, 0.2)
    assert (cpu["base"]["depth"], cpu["base"]["steps"], cpu["base"]["learning_rate"]) == (4, 2000, 3e-3)
    assert load_preset("tiny", "cpu") == load_preset("tiny")
    assert "cpu" not in gpu["base"]


SLLM = """{
  // 모델
  "vocab_size": 32000, "d_model": 512, "n_heads": 8, "n_layers": 6, "d_ff": 2048,
  "max_seq_len": 1024, "dropout": 0.1, // "http://a" 뒤의 말
  "learning_rate": 1e-4, "batch_size": 8, "grad_accumulation_steps": 4,
  "max_steps": 100000, "warmup_steps": 2000, "fp16": true, "gradient_checkpointing": true
}"""


def test_the_small_korean_models_settings_are_read_as_they_are(tmp_path, monkeypatch, capsys):
    path = tmp_path / "default_config.json"
    path.write_text(SLLM, encoding="utf-8")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert load_config(path, "base", ()) == {
        "preset": "sllm-default",
        "width": 512,
        "heads": 8,
        "depth": 6,
        "mlp_width": 2048,
        "context": 1024,
        "dropout": 0.1,
        "learning_rate": 1e-4,
        "steps": 100_000,
        "warmup": 2000,
        "recompute": True,
        "rows_per_piece": 8,
        "rows": 64,
    }
    said = capsys.readouterr().out
    assert "fp16 → --dtype auto" in said
    assert "--rows 64" in said
    assert load_config(path, "tokenizer", ()) == {"preset": "sllm-default", "vocab_size": 32000}
    path.write_text(SLLM.replace('true, "grad', 'false, "grad'), encoding="utf-8")
    assert load_config(path, "base", ())["dtype"] == "float32"


@pytest.mark.parametrize(
    ("found", "said"),
    [('"d_model": 8, "n_layer": 3', "n_layer"), ('"d_model": 8, "batch_size": 0', "batch_size")],
)
def test_what_is_wrong_in_them_is_said(tmp_path, found, said):
    path = tmp_path / "default_config.json"
    path.write_text("{" + found + "}", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_config(path, "base", ())


def test_comments_in_json_end_where_strings_do_not(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"name": "a//b", // c\n "steps": 3}', encoding="utf-8")
    assert load_config(path, "base", ("name", "steps")) == {"name": "a//b", "steps": 3}

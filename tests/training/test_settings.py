from pathlib import Path

import pytest

from nakochat.core.errors import ConfigError
from nakochat.training.agreement import refuse_changes
from nakochat.training.settings import BaseSettings, MidSettings, RlSettings, SftSettings, TokenizerSettings


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (TokenizerSettings, "characters"),
        (BaseSettings, "depth width heads kv_heads context rotary_base steps rows rows_per_piece"),
        (MidSettings, "warmup save_every log_every check_every"),
        (RlSettings, "steps prompts max_tokens rows save_every log_every check_every answers temperature"),
    ],
)
def test_what_cannot_be_zero_is_refused_by_its_flag(kind, names):
    kind()
    for name in names.split():
        with pytest.raises(ConfigError, match="--" + name.replace("_", "-")):
            kind(**{name: 0})


def test_what_is_left_out_may_stay_out():
    assert BaseSettings(width=None, heads=None, kv_heads=None, rows_per_piece=None).width is None
    assert BaseSettings(value_embedding_every=0).value_embedding_every == 0
    with pytest.raises(ConfigError, match="--value-embedding-every"):
        BaseSettings(value_embedding_every=-1)


def test_one_answer_has_nothing_to_be_compared_with():
    with pytest.raises(ConfigError, match="--answers"):
        RlSettings(answers=1)
    assert RlSettings(answers=2).answers == 2


@pytest.mark.parametrize("kind", [TokenizerSettings, BaseSettings, MidSettings, SftSettings, RlSettings])
def test_a_seed_is_a_natural_number_of_63_bits(kind):
    assert kind(seed=2**63 - 1).seed == 2**63 - 1
    for seed in (-1, 2**63):
        with pytest.raises(ConfigError, match="--seed"):
            kind(seed=seed)


@pytest.mark.parametrize("kind", [TokenizerSettings, BaseSettings, SftSettings])
def test_a_corpus_is_the_same_from_every_folder(kind, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    here = kind(corpus=(Path("a.txt"),), column="글", encoding="cp949")
    monkeypatch.chdir(tmp_path / "sub")
    there = kind(corpus=(Path("../a.txt"),), column="글", encoding="cp949")
    assert here.source == there.source
    assert here.source.paths == (tmp_path / "a.txt",)
    assert (here.source.column, here.source.encoding) == ("글", "cp949")


@pytest.mark.parametrize("kind", [MidSettings, SftSettings])
def test_chats_of_ones_own_are_the_same_from_every_folder(kind, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    here = kind(data=("chats.jsonl:2", "more"), chat_format="alpaca")
    monkeypatch.chdir(tmp_path / "sub")
    assert here == kind(data=("../chats.jsonl:2", "../more:1"), chat_format="alpaca")
    assert [(s.path, s.weight) for s in here.chats.sources] == [
        (tmp_path / "chats.jsonl", 2.0),
        (tmp_path / "more", 1.0),
    ]
    assert here.chats.chat_format == "alpaca"


def test_what_is_no_name_or_weight_is_refused():
    assert SftSettings(assistant_name=" 별이 ").assistant_name == "별이"
    with pytest.raises(ConfigError, match="--assistant-name"):
        SftSettings(assistant_name="<|im_end|>")
    with pytest.raises(ConfigError, match="--data"):
        SftSettings(data=("a.jsonl:0",))


def test_the_same_corpus_in_another_folder_is_no_change():
    before = {
        "corpus": ["/home/nari/wiki.jsonl", "/data/laws"],
        "data": ["/home/nari/chats.jsonl:2"],
        "steps": 3,
    }
    now = {"corpus": ["/srv/wiki.jsonl", "/srv/laws"], "data": ["/srv/chats.jsonl:2"], "steps": 3}
    refuse_changes(before, now)
    for name, value in (("corpus", ["/srv/wiki.jsonl"]), ("data", ["/srv/chats.jsonl:3"]), ("steps", 4)):
        with pytest.raises(ConfigError, match=name):
            refuse_changes(before, {**now, name: value})

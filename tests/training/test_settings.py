import math
from pathlib import Path

import pytest

from nakochat.core.errors import ConfigError
from nakochat.training.agreement import refuse_changes
from nakochat.training.settings import BaseSettings, MidSettings, RlSettings, SftSettings
from nakochat.training.tokenizer_settings import TokenizerSettings


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
    with pytest.raises(ConfigError, match=r"a\.jsonl:0"):
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


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (BaseSettings, "matrix_rate learning_rate rate_scale clip rank_timeout tokens_per_parameter"),
        (SftSettings, "matrix_rate learning_rate rate_scale clip"),
        (RlSettings, "matrix_rate rate_scale temperature"),
    ],
)
def test_a_rate_or_a_time_is_a_number_above_zero(kind, names):
    for name in names.split():
        for wrong in (0.0, -0.1, math.inf, math.nan):
            with pytest.raises(ConfigError, match="--" + name.replace("_", "-")):
                kind(**{name: wrong})


@pytest.mark.parametrize("name", ["warmdown", "final_rate", "text_share"])
def test_a_share_is_0_to_1(name):
    for right in (0.0, 1.0):
        MidSettings(**{name: right})
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ConfigError, match="--" + name.replace("_", "-")):
            MidSettings(**{name: wrong})


def test_a_decay_and_a_kl_are_numbers():
    for kind, name in ((BaseSettings, "weight_decay"), (RlSettings, "kl"), (BaseSettings, "rotary_base")):
        for wrong in (-1.0, math.inf, math.nan):
            with pytest.raises(ConfigError, match="--" + name.replace("_", "-")):
                kind(**{name: wrong})


def test_the_tasks_data_may_lie_elsewhere_on_another_machine():
    refuse_changes({"task_data": "/a/tasks"}, {"task_data": "/b/tasks"})
    refuse_changes({"task_data": None}, {"task_data": None})
    with pytest.raises(ConfigError, match="task_data"):
        refuse_changes({"task_data": "/a/tasks"}, {"task_data": "/a/others"})


def test_a_home_is_written_as_a_tilde_wherever_a_shell_leaves_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert BaseSettings(corpus=(Path("~/글.txt"),)).corpus == (tmp_path / "글.txt",)
    assert SftSettings(task_data=Path("~/과제")).task_data == tmp_path / "과제"
    assert RlSettings(task_data=Path("~/과제")).task_data == tmp_path / "과제"

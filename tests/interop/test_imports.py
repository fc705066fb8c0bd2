"""What comes in is what Transformers would have run, and what is crafted is refused before it costs memory."""

import json
import shutil
import struct
import tracemalloc

import httpx2
import pytest
import torch

from nakochat import cli
from nakochat.core.errors import ConfigError, DataError, NakoError
from nakochat.core.files import read_json
from nakochat.core.machine import Machine
from nakochat.core.paths import find_run, run_folder
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import load_engine
from nakochat.interop import hub_models
from nakochat.interop.chat_format import never_ids, stop_ids
from nakochat.interop.exported import read_run
from nakochat.interop.extension import extend
from nakochat.interop.gguf_out import write_gguf
from nakochat.interop.hf import write_hf
from nakochat.interop.imports import keep, read_folder, read_path
from nakochat.text.conversation import render_prompt, user
from nakochat.text.tokenizer import SPECIAL_TOKENS
from tests.interop.families import greedy, make_family, published_tokenizer

CPU = Machine(torch.device("cpu"))


def theirs(model, ids):
    with torch.no_grad():
        return model(torch.tensor(ids)).logits


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return make_family("llama", tmp_path_factory.mktemp("llama"))


@pytest.fixture
def copy(llama, tmp_path):
    """A folder of one's own, to break."""
    folder = tmp_path / "copy"
    shutil.copytree(llama.folder, folder)
    return folder


def test_logits_and_greedy_text_are_those_of_transformers(family):
    read = read_folder(family.folder)
    ids = [read.tokenizer.encode("강가에는 새가 12마리 있었어요! It's 3.")[:20]]
    rows = read.rows
    ours = read.model.eval()(torch.tensor(ids))[..., :rows]
    expected = theirs(family.model, ids)
    assert expected.std() > 0.3
    assert torch.allclose(ours, expected, atol=1e-4)
    never = [i for i in never_ids(read.tokenizer) if i < rows]
    stops = stop_ids(read.tokenizer)
    found = greedy(read.model, ids[0], 30, never=never, stops=stops, rows=rows)
    with torch.no_grad():
        generated = family.model.generate(
            torch.tensor(ids),
            attention_mask=torch.ones(1, len(ids[0]), dtype=torch.int64),
            max_new_tokens=30,
            do_sample=False,
            suppress_tokens=never,
            eos_token_id=stops,
            pad_token_id=0,
        )
    assert found == generated[0, len(ids[0]) :].tolist()


@pytest.mark.parametrize("name", ["gpt2", "qwen3"])
def test_shards_are_the_same_model(tmp_path, name):
    whole = read_folder(make_family(name, tmp_path / "whole").folder).model
    family = make_family(name, tmp_path / "shards", shard="40KB")
    assert len(list(family.folder.glob("*.safetensors"))) > 2
    parts = read_folder(family.folder).model
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), parts.parameters(), strict=True))


def test_gpt2_as_openai_named_its_tensors(tmp_path):
    from safetensors.torch import load_file, save_file

    family = make_family("gpt2", tmp_path)
    path = tmp_path / "model.safetensors"
    save_file({name.removeprefix("transformer."): x for name, x in load_file(path).items()}, path)
    ids = [[1, 5, 9, 30]]
    read = read_folder(tmp_path)
    assert torch.allclose(
        read.model.eval()(torch.tensor(ids))[..., : read.rows], theirs(family.model, ids), atol=1e-4
    )


def test_a_run_talks_and_its_new_tokens_begin_as_the_mean_of_the_others(llama, nako_home):
    read = read_folder(llama.folder)
    added = keep(read, "smol", str(llama.folder))
    assert added == [t for t in SPECIAL_TOKENS if t not in ("<|bos|>", "<|im_start|>", "<|im_end|>")]
    engine = load_engine(find_run("smol"), CPU)
    t, table = engine.tokenizer, engine.model.embedding.weight
    assert t.bos == 0
    assert (t.im_start, t.im_end) == (1, 2)
    assert t.pad >= read.rows
    assert torch.allclose(table[t.pad], table[: read.rows].mean(dim=0), atol=1e-6)
    prompt = render_prompt(t, (user("안녕하세요"),))
    assert prompt[:2] == [0, 1]
    assert len(engine.generate([prompt], Sampling(max_tokens=4))[0].ids) >= 1
    config = read_json(run_folder("smol") / "base" / "config.json")
    assert config["licence"] == "apache-2.0"
    assert (
        run_folder("smol") / "tokenizer" / "chat_template.jinja"
    ).read_text() == "{{ messages[0]['content'] }}"
    with pytest.raises(ConfigError, match="smol"):
        keep(read, "smol", "again")


@pytest.mark.parametrize("write", [write_hf, write_gguf])
def test_what_ends_a_models_answers_is_kept_and_leaves_with_it(copy, write, tmp_path, nako_home):
    special = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"]
    published_tokenizer(special).save(str(copy / "tokenizer.json"))
    change(copy, "generation_config.json", eos_token_id=[1, 2])
    keep(read_folder(copy), "llama3", str(copy))
    run = read_run(find_run("llama3"))
    assert run.tokenizer.ends[2:] == (1, 2)
    assert load_engine(find_run("llama3"), CPU).tokenizer.ends == run.tokenizer.ends
    found = write(run, tmp_path / "out", "f32")
    assert read_path(found or tmp_path / "out").tokenizer.ends == run.tokenizer.ends
    if found:
        assert 'PARAMETER stop "<|eot_id|>"' in (tmp_path / "out" / "Modelfile").read_text()
    longer = extend(run.tokenizer, ["ㅎㅎㅎㅎ ㅎㅎㅎㅎ"], 2).tokenizer
    assert longer.vocab_size > run.tokenizer.vocab_size
    assert longer.ends == run.tokenizer.ends


def test_a_text_cannot_write_a_special_token(llama):
    tokenizer = read_folder(llama.folder).tokenizer
    ids = tokenizer.encode("<|im_end|><|endoftext|><|pad|>")
    assert not tokenizer.special_ids & set(ids)
    assert tokenizer.decode(ids) == "<|im_end|><|endoftext|><|pad|>"


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_fewer_positions_can_be_kept(tmp_path, name):
    folder = make_family(name, tmp_path).folder
    short, whole = read_folder(folder, context=16).model.eval(), read_folder(folder).model.eval()
    assert short.config.context == 16
    ids = torch.tensor([[3, 4, 5, 6]])
    assert torch.allclose(short(ids), whole(ids), atol=1e-6)


def test_the_command(llama, capsys):
    assert cli.run(["import", str(llama.folder), "--name", "smol"]) == 0
    assert "apache-2.0" in capsys.readouterr().out
    assert cli.run(["sample", "smol", "--prompt", "안녕", "--max-tokens", "3"]) == 0
    assert cli.run(["import", str(llama.folder), "--name", "smol"]) == 2
    assert cli.run(["import", str(llama.folder / "nowhere"), "--name", "x"]) == 2
    assert cli.run(["import", str(llama.folder), "--name", "../x"]) == 2
    assert cli.run(["import", str(llama.folder), "--name", "x", "--context", "0"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_name_on_the_hub_without_a_network_says_what_to_do(capsys, monkeypatch):
    def unreachable(*_, **__):
        raise httpx2.ConnectError("no route to host")

    monkeypatch.setattr(hub_models, "snapshot_download", unreachable)
    assert cli.run(["import", "HuggingFaceTB/SmolLM2-135M", "--name", "x"]) == 2
    assert "HuggingFaceTB/SmolLM2-135M" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["models/smol-Q8_0.gguf", "models/model.safetensors", "models/model.pt"])
def test_a_file_that_is_not_there_is_not_asked_for_on_the_hub(name, capsys):
    assert cli.run(["import", name, "--name", "x"]) == 2
    assert f"그런 폴더나 파일이 없습니다: {name}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n# x\n", "mit"),
        ("---\nlanguage: en\n---\nlicense: that of its data\n", None),
        ("# x\nlicense: mit\n", None),
    ],
)
def test_a_licence_is_what_the_head_of_the_card_says(copy, card, licence):
    (copy / "README.md").write_text(card, encoding="utf-8")
    assert read_folder(copy).licence == licence


def change(folder, file, **values):
    path = folder / file
    path.write_text(json.dumps(read_json(path) | values), encoding="utf-8")


@pytest.mark.parametrize(
    "values",
    [
        {"model_type": "mixtral"},
        {"model_type": 7},
        {"attention_bias": True},
        {"hidden_act": "gelu"},
        {"num_hidden_layers": 10**9},
        {"num_hidden_layers": 3},
        {"num_hidden_layers": "2"},
        {"vocab_size": 2**50},
        {"hidden_size": 2**40},
        {"max_position_embeddings": 2**50},
        {"num_attention_heads": 0},
        {"num_key_value_heads": 3},
        {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}},
        {"rope_parameters": {"rope_theta": "inf"}},
        {"tie_word_embeddings": "no"},
    ],
)
def test_a_config_that_is_not_ours_or_lies_is_refused_at_no_cost(copy, values):
    change(copy, "config.json", **values)
    tracemalloc.start()
    try:
        with pytest.raises(NakoError):
            read_folder(copy)
        assert tracemalloc.get_traced_memory()[1] < 32e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "header",
    [
        struct.pack("<Q", 2**60) + b"{}",
        struct.pack("<Q", 40 * 2**20) + b"{}",
        struct.pack("<Q", 5) + b"{1:2}",
        b"\x01",
        b"",
    ],
)
def test_a_crafted_header_of_weights_is_refused(copy, header):
    (copy / "model.safetensors").write_bytes(header)
    with pytest.raises(DataError, match=r"model\.safetensors"):
        read_folder(copy)


def test_tensors_that_reach_beyond_the_file_are_refused(copy):
    text = json.dumps(
        {"model.norm.weight": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}
    ).encode()
    (copy / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(DataError, match=r"model\.safetensors"):
        read_folder(copy)


def test_pickles_are_not_even_opened(copy):
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(DataError, match=r"pytorch_model\.bin"):
        read_folder(copy)


@pytest.mark.parametrize("name", ["../model.safetensors", "/etc/passwd", 3, ["x"], "missing.safetensors"])
def test_an_index_that_leads_elsewhere_is_refused(copy, name):
    (copy / "model.safetensors").rename(copy.parent / "model.safetensors")
    (copy / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"x": name}}), encoding="utf-8"
    )
    with pytest.raises(DataError):
        read_folder(copy)


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, '{"model": {"type": "BPE"}}', "null"])
def test_a_tokenizer_or_config_that_is_none_is_refused(copy, text):
    for file in ("tokenizer.json", "config.json"):
        kept = (copy / file).read_bytes()
        (copy / file).write_text(text, encoding="utf-8")
        with pytest.raises(DataError):
            read_folder(copy)
        (copy / file).write_bytes(kept)


def test_a_tokenizer_whose_tokens_are_not_bytes_is_refused(copy):
    change(
        copy,
        "tokenizer.json",
        decoder={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    )
    with pytest.raises(DataError, match="SentencePiece"):
        read_folder(copy)


def test_a_template_that_is_no_text_is_refused(copy):
    (copy / "chat_template.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"chat_template\.jinja"):
        read_folder(copy)


def test_what_is_missing_is_said(copy, tmp_path):
    for file in ("tokenizer.json", "config.json", "model.safetensors"):
        kept = (copy / file).read_bytes()
        (copy / file).unlink()
        with pytest.raises(DataError, match=file.split(".")[0]):
            read_folder(copy)
        (copy / file).write_bytes(kept)
    with pytest.raises(DataError):
        read_path(tmp_path / "nothing")

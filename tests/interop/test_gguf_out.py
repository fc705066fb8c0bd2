"""A model that goes out as GGUF and comes in again is the same; crafted files are refused within a bound."""

import struct
import tracemalloc

import pytest
import torch

from nakochat import cli
from nakochat.core.errors import DataError
from nakochat.core.paths import find_run
from nakochat.interop.exported import read_run
from nakochat.interop.gguf_file import GgufFile
from nakochat.interop.gguf_out import write_gguf
from nakochat.interop.imports import keep, read_folder, read_gguf, read_path
from nakochat.interop.tokens import split_name
from nakochat.models.checkpoint import save_checkpoint
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import SPECIAL_TOKENS, SUPERBPE_SPLIT, Tokenizer, byte_level
from tests.interop.families import TEXT, make_family

# how far logits may move by the packing of the weights
CLOSE = {"f32": 1e-5, "f16": 0.05, "bf16": 0.4, "q8_0": 0.4}


@pytest.fixture
def run(family, nako_home):
    keep(read_folder(family.folder), "m", str(family.folder))
    return read_run(find_run("m"))


@pytest.mark.parametrize("packing", list(CLOSE))
def test_the_model_comes_back(run, tmp_path, packing, family):
    if family.name == "llama3":
        path = write_gguf(run, tmp_path / "out", packing)
        with pytest.raises(DataError, match="rope_freqs"):
            read_gguf(path)
        return
    path = write_gguf(run, tmp_path / "out", packing)
    assert path.name == f"m-{packing.upper()}.gguf"
    back = read_path(path)
    ids = torch.tensor([[3, 40, 50, 60, 200, 7]])
    ours = run.model(ids)
    assert torch.allclose(back.model.eval()(ids), ours, atol=CLOSE[packing])
    assert back.template == run.template
    for text in (*TEXT, "ㅋㅋㅋ 이건 <|im_end|> 12345"):
        assert back.tokenizer.encode(text) == run.tokenizer.encode(text)
    assert (back.tokenizer.bos, back.tokenizer.im_end) == (run.tokenizer.bos, run.tokenizer.im_end)


@pytest.mark.parametrize("packing", ["Q4_0", "Q4_1"])
def test_weights_in_four_bits_that_others_packed_are_read(tmp_path, packing):
    """We do not write them."""
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    plain = torch.randn(6, 64, generator=torch.Generator().manual_seed(0))
    kind = GGMLQuantizationType[packing]
    writer = GGUFWriter(tmp_path / "x.gguf", "llama")
    writer.add_tensor("rows", quantize(plain.numpy(), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    file = GgufFile(tmp_path / "x.gguf")
    assert file.shapes["rows"] == (6, 64)
    blocks = plain.view(
        -1, 32
    )  # sixteen steps from end to end: rounding loses half of one, and one at the far end
    most = (blocks.amax(1) - blocks.amin(1)).clamp(min=2 * blocks.abs().amax(1) if packing == "Q4_0" else 0.0)
    off = (file.tensor("rows").view(-1, 32) - blocks).abs().amax(1)
    assert (off <= most / 15 + 1e-3).all()
    assert off.max() > 1e-3


def test_the_modelfile_and_card_are_beside_it(run, tmp_path):
    write_gguf(run, tmp_path / "out", "q8_0")
    assert 'PARAMETER stop "<|im_end|>"' in (tmp_path / "out" / "Modelfile").read_text()
    assert "apache-2.0" in (tmp_path / "out" / "README.md").read_text()


def trained(name, model, stage="base"):
    from nakochat.core.paths import run_folder

    tokenizer = Tokenizer.train(TEXT * 20, 300)
    tokenizer.save(run_folder(name) / "tokenizer")
    save_checkpoint(
        run_folder(name) / stage / "checkpoints",
        model=model,
        tokenizer_hash=tokenizer.hash,
        state={"step": 1, "steps": 1},
    )


def test_our_own_shape_is_refused_with_what_to_do(nako_home, tmp_path, capsys):
    model = Nako(NakoConfig(vocab_size=300, layers=2, width=32, heads=2, context=16))
    trained("own", model)
    assert cli.run(["export", "own", str(tmp_path / "out"), "--to", "gguf"]) == 2
    assert "--to hf" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_left_alone(run, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    assert cli.run(["export", "m", str(tmp_path / "mine"), "--to", "gguf"]) == 2
    assert (tmp_path / "mine" / "notes.txt").read_text() == "x"


@pytest.mark.parametrize("phrases", [False, True])
def test_llama_cpp_knows_how_our_tokenizers_split(phrases):
    ours = (
        Tokenizer.train_phrases(TEXT * 20, TEXT * 20, 400, 0.2)
        if phrases
        else Tokenizer.train(TEXT * 20, 300)
    )
    assert split_name(ours) == ("superbpe" if phrases else "qwen2")
    if phrases:  # others' tokenizers have llama.cpp's own pattern
        theirs = byte_level(ours.backend.model, *SUPERBPE_SPLIT)
        theirs.add_special_tokens(list(SPECIAL_TOKENS))
        assert split_name(Tokenizer(theirs)) == "superbpe"


def header(*, tensors=0, values=0, body=b"", version=3):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, values) + body


def text(value):
    return struct.pack("<Q", len(value)) + value


CRAFTED = {
    "not one": b"GGML" + bytes(100),
    "empty": b"",
    "cut": header()[:10],
    "old": header(version=1),
    "many values": header(values=2**60),
    "many tensors": header(tensors=2**60),
    "a long text": header(values=1, body=struct.pack("<Q", 2**62) + b"abc"),
    "a long list": header(values=1, body=text(b"a") + struct.pack("<IIQ", 9, 0, 2**40)),
    "a list of nothing": header(values=1, body=text(b"a") + struct.pack("<IIQ", 9, 8, 2**21)),
    "lists in lists": header(values=1, body=text(b"a") + struct.pack("<IIQ", 9, 9, 1000) + bytes(1000)),
    "an unknown type": header(values=1, body=text(b"a") + struct.pack("<I", 77)),
    "a tensor beyond": header(tensors=1, body=text(b"a") + struct.pack("<IQIQ", 1, 2**40, 0, 0)),
    "many axes": header(tensors=1, body=text(b"a") + struct.pack("<I", 2**31)),
    "odd blocks": header(tensors=1, body=text(b"a") + struct.pack("<IQIQ", 1, 33, 8, 0) + bytes(100)),
    "an odd start": header(values=1, body=text(b"general.alignment") + struct.pack("<II", 4, 0)),
}


@pytest.mark.parametrize("name", list(CRAFTED))
def test_crafted_files_are_refused_within_a_bound(tmp_path, name):
    path = tmp_path / "x.gguf"
    path.write_bytes(CRAFTED[name])
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            GgufFile(path)
        assert tracemalloc.get_traced_memory()[1] < 80e6
    finally:
        tracemalloc.stop()


def test_a_file_without_a_model_is_refused(tmp_path):
    path = tmp_path / "x.gguf"
    path.write_bytes(header())
    with pytest.raises(DataError, match="architecture"):
        read_gguf(path)


def test_tokens_that_are_no_list_are_refused(tmp_path):
    def number(key, value):
        return text(key) + struct.pack("<II", 4, value)

    shape = (
        "embedding_length",
        "attention.head_count",
        "block_count",
        "feed_forward_length",
        "context_length",
    )
    values = [text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")]
    values += [number(f"llama.{name}".encode(), 8) for name in shape]
    values += [number(b"tokenizer.ggml.tokens", 5)]
    path = tmp_path / "x.gguf"
    path.write_bytes(header(values=len(values), body=b"".join(values) + bytes(64)))
    with pytest.raises(DataError, match=r"tokenizer\.ggml\.tokens"):
        read_gguf(path)


def test_weights_that_do_not_fit_the_header_are_refused(tmp_path, nako_home):
    family = make_family("llama", tmp_path / "llama")
    keep(read_folder(family.folder), "m", "x")
    path = write_gguf(read_run(find_run("m")), tmp_path / "out", "f32")
    data = path.read_bytes()
    key = text(b"llama.block_count") + struct.pack("<I", 4)
    place = data.index(key) + len(key)
    path.write_bytes(data[:place] + struct.pack("<I", 3) + data[place + 4 :])
    with pytest.raises(DataError, match=r"blk\.2"):
        read_gguf(path)

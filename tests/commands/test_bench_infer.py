import pytest
import torch

from nakochat.commands import bench_infer
from nakochat.core.errors import ConfigError
from nakochat.core.files import read_json
from nakochat.inference.engine import inference_copy
from nakochat.inference.options import EngineOptions
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model
from nakochat.models.native import native
from tests.interop.test_hf import CONFIGS, make_run


def test_generation_needs_something_to_generate():
    for options in ({"repeats": 0}, {"tokens": 0}, {"streams": (1, 0)}):
        with pytest.raises(ConfigError, match=f"--{next(iter(options))}"):
            bench_infer.infer("run", **options)


@pytest.mark.parametrize("quant", [None, "int8"])
def test_a_run_is_measured(nako_home, tmp_path, monkeypatch, quant):
    monkeypatch.setattr(bench_infer, "READ", 2**16)
    make_run("m", CONFIGS["llama"])
    bench_infer.infer(
        "m",
        streams=(1, 3),
        tokens=3,
        prompt_tokens=5,
        repeats=1,
        how=EngineOptions(quant=quant),
        device="cpu",
        json=tmp_path / "f",
    )
    found = read_json(tmp_path / "f")
    assert list(found["streams"]) == ["1", "3"]
    for row in found["streams"].values():
        assert row["tokens_per_second"] > 0
        assert row["share_of_memory_limit"] > 0
    assert found["next_turn"]["first_token_seconds"] > 0
    assert found["quant"] == quant


def test_a_depth_is_measured_without_a_run(nako_home, tmp_path, monkeypatch):
    monkeypatch.setattr(bench_infer, "READ", 2**16)
    monkeypatch.setattr(bench_infer, "VOCABULARY", 512)
    options = {"tokens": 2, "prompt_tokens": 4, "repeats": 1, "device": "cpu"}
    options["how"] = EngineOptions(context=48, exact=False)
    bench_infer.infer(depth=1, streams=(2,), json=tmp_path / "f", **options)
    found = read_json(tmp_path / "f")
    assert found["streams"]["2"]["tokens_per_second"] > 0
    assert found["exact"] is False
    with pytest.raises(ConfigError, match="--depth"):
        bench_infer.infer("run", depth=1)
    with pytest.raises(ConfigError, match="--depth"):
        bench_infer.infer(depth=0)


def test_a_table_that_is_looked_up_is_not_read():
    shape = {"vocab_size": 320, "layers": 1, "width": 64, "heads": 2, "context": 8, "mlp_width": 128}
    matrices = 4 * 64 * 64 + 3 * 64 * 128
    vectors = 3 * 64
    for tied in (True, False):  # the head is read; a tied one is the table
        model = build_model(LlamaConfig(tied=tied, **shape))
        model.initialise(0)
        assert bench_infer.bytes_read(model) == 4 * (matrices + vectors + 320 * 64)
    narrow = bench_infer.bytes_read(inference_copy(model, "int8"))
    scales = (
        4 * 64 + 2 * 128 + 64 + 320
    )  # of the outputs: in float32 for our own products, in bfloat16 for torch's
    assert narrow == matrices + 320 * 64 + 4 * vectors + (4 if native() else 2) * scales
    assert torch.is_tensor(model.head.weight)

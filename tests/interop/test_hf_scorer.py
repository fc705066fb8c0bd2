"""A folder that we exported, scored through Transformers -> what our own engine says of the same model."""

import pytest
import torch

from nakochat.commands import evaluate
from nakochat.commands.evaluate import EvalSettings
from nakochat.core.errors import DataError, NakoError
from nakochat.core.files import read_json, write_json
from nakochat.core.machine import Machine
from nakochat.core.paths import find_run
from nakochat.evals.scorer import Ask, EngineScorer
from nakochat.evals.texts import measure_texts, pinned
from nakochat.inference.talk import load_engine
from nakochat.interop.exported import read_run
from nakochat.interop.hf import write_hf
from nakochat.interop.hf_scorer import load_hf_scorer
from nakochat.models.llama import LlamaConfig
from nakochat.text.conversation import user
from tests.interop.test_hf import make_run

MACHINE = Machine(torch.device("cpu"))


@pytest.fixture
def folder(tmp_path):
    make_run(
        "m", LlamaConfig(vocab_size=300, layers=2, width=32, heads=4, kv_heads=2, context=48), stage="sft"
    )
    write_hf(read_run(find_run("m")), tmp_path / "peer", "f32")
    return tmp_path / "peer"


def test_transformers_and_our_engine_say_the_same(folder):
    theirs, ours = load_hf_scorer(folder, MACHINE), EngineScorer(load_engine(find_run("m"), MACHINE))
    assert theirs.chats
    assert theirs.context == ours.context
    assert theirs.encode("무궁화") == ours.encode("무궁화")
    assert theirs.encode_chat((user("안녕?"),)) == ours.encode_chat((user("안녕?"),))
    asks = [
        Ask(tuple(ours.encode("무궁화 꽃이")), (tuple(ours.encode_more(" 피었어요")), (9,))),
        Ask(tuple(ours.encode("무궁화 꽃이 피었어요. " * 6)), ((7, 8), (9, 10, 11))),
    ]
    for mine, other in zip(ours.likelihoods(asks), theirs.likelihoods(asks), strict=True):
        for one, two in zip(mine, other, strict=True):
            assert two.total == pytest.approx(one.total, abs=1e-3)
            assert (two.tokens, two.greedy) == (one.tokens, one.greedy)
    texts = pinned()[:2]
    for name, mine in measure_texts(ours, texts).items():
        other = measure_texts(theirs, texts)[name]
        assert other["bits_per_byte"] == pytest.approx(mine["bits_per_byte"], abs=1e-3)
        assert (other["sha256"], other["tokens"]) == (mine["sha256"], mine["tokens"])
    prompt = ours.encode("무궁화")
    made = theirs.generate([prompt, prompt], max_tokens=4)
    assert made[0] == made[1]
    heated = [theirs.generate([prompt], max_tokens=8, temperature=2.0, seed=seed) for seed in (1, 1, 2)]
    assert heated[0] == heated[1] != heated[2]
    second = theirs.generate([prompt, prompt], max_tokens=8, temperature=2.0, seed=1)[1:]
    assert theirs.generate([prompt], max_tokens=8, temperature=2.0, seed=1, numbers=[1]) == second


def test_the_command_takes_such_a_folder(folder, tmp_path, capsys):
    out = tmp_path / "out.json"
    evaluate.main(
        f"hf:{folder}",
        settings=EvalSettings(suite=("jamo",), limit=4, device="cpu", dtype="float32", json=out),
    )
    found = read_json(out)
    assert (found["model"], found["scores"]["jamo"]["items"]) == ("peer", 4)
    assert "자모" in capsys.readouterr().out
    with pytest.raises(NakoError, match="--suite"):
        evaluate.main(f"hf:{folder}", settings=EvalSettings(device="cpu"))
    with pytest.raises(DataError, match="nowhere"):
        evaluate.main(f"hf:{tmp_path / 'nowhere'}", settings=EvalSettings(suite=("jamo",), device="cpu"))
    config = read_json(folder / "config.json")
    code = {
        "model_type": "unheard of",
        "auto_map": {"AutoModelForCausalLM": "code.Model", "AutoConfig": "code.Config"},
    }
    write_json(folder / "config.json", {**config, **code})
    with pytest.raises(DataError, match="nako eval"):  # the folder's code is not run
        load_hf_scorer(folder, MACHINE)
    write_json(folder / "config.json", config)
    (folder / "model.safetensors").unlink()
    with pytest.raises(DataError, match="safetensors"):
        evaluate.main(f"hf:{folder}", settings=EvalSettings(suite=("jamo",), limit=4, device="cpu"))

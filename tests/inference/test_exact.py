"""One answer, to the bit: alone or among others, cold or after a prefix hit, of every kind of model."""

import os
import random
import subprocess
import sys

import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.inference import engine as engine_module
from nakochat.inference import slots
from nakochat.inference.engine import Engine, inference_copy
from nakochat.inference.request import Request
from nakochat.inference.sampling import Sampling
from nakochat.models import native
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model
from nakochat.models.nako import NakoConfig
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["안녕하세요. 37+45는 82예요. 무궁화 꽃이 피었어요."] * 4, 320)


def model_of(kind, vocab_size, dtype=torch.float32, *, width=48, quant=None):
    shape = {"layers": 3, "width": width, "heads": 6, "context": 512, "vocab_size": vocab_size}
    config = {
        "nako": NakoConfig(kv_heads=2, window=40, **shape),
        "llama": LlamaConfig(kv_heads=2, qk_norm=True, tied=True, **shape),
        "gpt2": GPT2Config(**shape),
    }[kind]
    model = build_model(config, dtype)
    model.initialise(1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return inference_copy(model, quant)


def a_request(rng, tokenizer, stems):
    """Of any kind: the length, the settings, a shared beginning or none."""
    stem = rng.choice(stems)[: rng.randint(0, 200)]
    prompt = [tokenizer.bos, *stem, *(rng.randrange(256) for _ in range(rng.randint(0, 90)))]
    sampling = Sampling(
        max_tokens=rng.randint(1, 24),
        temperature=rng.choice([0.0, 0.8, 1.5]),
        top_k=rng.choice([None, 5, 40]),
        top_p=rng.choice([None, 0.9]),
        repetition_penalty=rng.choice([1.0, 1.0, 1.2]),
        seed=rng.randrange(1000),
    )
    return Request(prompt=prompt, sampling=sampling, logprobs=rng.choice([None, 2]))


def bits(token):
    return token.id, token.sampled, token.finish, token.text, token.logprob, token.top


def alone(model, tokenizer, request):
    """The answer of an engine that serves nobody else and has seen nothing."""
    engine = Engine(model, tokenizer, Machine(torch.device("cpu"), model.dtype), slots=2)
    engine.submit(request)
    tokens = []
    while engine.busy:
        tokens += [bits(token) for token in engine.step()]
    return tokens


def crowd(model, tokenizer, *, rounds, people, seed=0):
    """Joins, leaves and aborts, with beginnings that come again: every answer is the one it gets alone."""
    rng = random.Random(seed)
    engine = Engine(model, tokenizer, Machine(torch.device("cpu"), model.dtype), slots=people)
    stems = [[rng.randrange(256) for _ in range(200)] for _ in range(3)]
    asked, heard, compared = {}, {}, 0
    cancelled = set()
    for _ in range(rounds):
        for _ in range(people):
            request = a_request(rng, tokenizer, stems)
            key = engine.submit(request)
            asked[key], heard[key] = request, []
            if rng.random() < 0.3:
                stems.append(list(request.prompt)[1:])
        for _ in range(rng.randint(5, 40)):
            for token in engine.step():
                assert token.key not in cancelled
                heard[token.key].append(token)
            if rng.random() < 0.1:
                key = rng.choice(list(asked))
                if engine.cancel(key):
                    cancelled.add(key)
    while engine.busy:
        for token in engine.step():
            heard[token.key].append(token)
    counters = engine.counters()
    assert (counters.running, counters.slots_used) == (0, 0)
    assert counters.prefix_hit_tokens > 0
    for key, request in asked.items():
        expected = alone(model, tokenizer, request)
        found = [bits(token) for token in heard[key]]
        assert found == (expected[: len(found)] if key in cancelled else expected), key
        compared += key not in cancelled
    return compared


@pytest.mark.parametrize("kind", ["nako", "llama", "gpt2"])
def test_an_answer_does_not_depend_on_the_company(kind, tokenizer):
    assert crowd(model_of(kind, tokenizer.vocab_size), tokenizer, rounds=2, people=12) > 15


def test_an_answer_does_not_depend_on_the_company_in_bfloat16(tokenizer):
    model = model_of("nako", tokenizer.vocab_size, torch.bfloat16)
    assert crowd(model, tokenizer, rounds=1, people=8) > 4


KINDS = [(kind, dtype) for kind in ("nako", "llama", "gpt2") for dtype in (torch.float32, torch.bfloat16)]


@pytest.mark.parametrize(("kind", "dtype"), KINDS)
def test_a_small_party(kind, dtype, tokenizer):
    assert crowd(model_of(kind, tokenizer.vocab_size, dtype), tokenizer, rounds=1, people=5, seed=3) > 1


PLAIN = ("nako", "llama", "gpt2")
NARROW = [(kind, quant) for kind in ("nako", "llama", "gpt2") for quant in ("bf16", "int8", "int4")]


@pytest.mark.parametrize(("kind", "quant"), NARROW)
def test_a_small_party_with_narrow_weights(kind, quant, tokenizer):
    model = model_of(kind, tokenizer.vocab_size, width=96, quant=quant)
    assert crowd(model, tokenizer, rounds=1, people=5, seed=3) > 1


@pytest.mark.parametrize(("alike", "rows"), [(True, 1), (False, 4)])
def test_rows_are_filled_up_where_narrow_weights_are_not_alike(alike, rows, tokenizer, monkeypatch):
    monkeypatch.setattr(engine_module, "is_alike", lambda part, inputs: alike)
    model = model_of("llama", tokenizer.vocab_size, width=96, quant="int8")
    assert Engine(model, tokenizer, Machine(torch.device("cpu")))._rows(1) == rows


@pytest.mark.parametrize("kind", PLAIN)
def test_a_small_party_with_plain_weights(kind, tokenizer, monkeypatch):
    """As where there are none that are laid out, and no compiler."""
    monkeypatch.setattr(engine_module, "prepack", lambda model: model)
    for module in (native, slots):
        monkeypatch.setattr(module, "native", lambda: None)
    assert crowd(model_of(kind, tokenizer.vocab_size), tokenizer, rounds=1, people=5, seed=3) > 1


@pytest.mark.parametrize(
    ("threads", "kinds", "parties"),
    [
        (2, "nako and (int8 or plain)", 2),
        *(
            pytest.param(threads, "", len(KINDS) + len(NARROW) + len(PLAIN), marks=pytest.mark.soak)
            for threads in (2, 4)
        ),
    ],
)
def test_a_small_party_on_several_threads(threads, kinds, parties):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    # passive: a thread that waits for another lets it have its core
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    ended = subprocess.run(
        [*command, "-k", f"party and not threads {kinds and f'and {kinds}'}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stdout
    assert f"{parties} passed" in ended.stdout


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["nako", "llama", "gpt2"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_64_streams_in_20_rounds_are_each_what_they_are_alone(kind, dtype, tokenizer):
    assert crowd(model_of(kind, tokenizer.vocab_size, dtype), tokenizer, rounds=20, people=64) > 500


@pytest.mark.parametrize("kind", ["nako", "llama", "gpt2"])
def test_the_engine_says_what_the_model_says_without_a_cache(kind, tokenizer):
    model = model_of(kind, tokenizer.vocab_size)
    engine = Engine(model, tokenizer, Machine(torch.device("cpu")), slots=3)
    prompts = [[tokenizer.bos, *range(count)] for count in (1, 70, 150)]
    made = engine.generate(prompts, Sampling(max_tokens=12, temperature=0))
    for prompt, result in zip(prompts, made, strict=True):
        with torch.inference_mode():
            logits = model(torch.tensor([[*prompt, *result.ids]]))[0, len(prompt) - 1 : -1].float()
        logprobs = logits[:, : tokenizer.vocab_size].log_softmax(-1)
        engine.submit(Request(prompt=prompt, sampling=Sampling(max_tokens=12, temperature=0), logprobs=0))
        heard = []
        while engine.busy:
            heard += engine.step()
        expected = [float(logprobs[place, token]) for place, token in enumerate(result.ids)]
        assert [token.logprob for token in heard] == pytest.approx(expected, abs=2e-3)

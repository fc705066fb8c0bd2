"""The engine's way on a GPU: its passes with a formula for the kernels everywhere, the kernels where they run."""

import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.inference.engine import Engine
from nakochat.inference.passes import Passes
from nakochat.inference.request import Request
from nakochat.inference.sampling import Sampling
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model
from nakochat.models.nako import NakoConfig
from nakochat.text.tokenizer import Tokenizer
from tests.inference.slot_formula import attend_formula

SHAPE = {"layers": 3, "width": 96, "heads": 6, "context": 512}
KINDS = ("nako", "llama", "gpt2")


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["안녕하세요. 37+45는 82예요. 무궁화 꽃이 피었어요."] * 4, 320)


def model_of(kind, vocab_size, device="cpu", dtype=torch.float32):
    config = {
        "nako": NakoConfig(vocab_size=vocab_size, kv_heads=2, window=40, **SHAPE),
        "llama": LlamaConfig(vocab_size=vocab_size, kv_heads=2, qk_norm=True, tied=True, **SHAPE),
        "gpt2": GPT2Config(vocab_size=vocab_size, **SHAPE),
    }[kind]
    model = build_model(config, dtype)
    model.initialise(1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model.to(device, dtype).eval().requires_grad_(False)


def engine_of(model, tokenizer, passes=None, **options):
    """An engine; passes: how its Passes are made, where they are not the machine's own."""
    machine = Machine(model.embedding.weight.device, model.dtype)
    engine = Engine(model, tokenizer, machine, **{"slots": 8, **options})
    if passes is not None:
        engine._new_passes = lambda slots: Passes(model, slots, exact=engine.exact, **passes)
    return engine


def requests_of(tokenizer, count, seed=0, most=30):
    """Of several lengths and settings, two of them with the same beginning."""
    generator = torch.Generator().manual_seed(seed)
    stem = torch.randint(0, 256, (150,), generator=generator).tolist()
    prompts = [[*stem[: 7 + 41 * n % 143], n] for n in range(count - 1)] + [[*stem, 3]]
    kinds = [
        {"temperature": 0.0},
        {"temperature": 1.0, "top_k": 5},
        {"temperature": 0.8, "top_k": None, "top_p": 0.9},
    ]
    return [
        Request(
            prompt=[tokenizer.bos, *prompt],
            sampling=Sampling(max_tokens=5 + 7 * n % most, seed=n, **kinds[n % 3]),
            logprobs=2 if n % 4 == 0 else None,
            stop_ids=frozenset(),
        )
        for n, prompt in enumerate(prompts)
    ]


def answers(engine, requests):
    """Everything that is said of every token of each."""
    keys = [engine.submit(request) for request in requests]
    heard = {key: [] for key in keys}
    while engine.busy:
        for token in engine.step():
            heard[token.key].append((token.id, token.finish, token.logprob, token.top))
    return [heard[key] for key in keys]


def ids(answer):
    return [token[0] for token in answer]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("exact", [True, False])
def test_passes_say_what_one_row_of_all_tokens_says(kind, exact, tokenizer):
    model = model_of(kind, tokenizer.vocab_size)
    requests = requests_of(tokenizer, 7)
    plain = answers(engine_of(model, tokenizer), requests)
    passes = {"graphs": False, "attend": attend_formula}
    made = answers(engine_of(model, tokenizer, passes, exact=exact), requests)
    assert [ids(answer) for answer in made] == [ids(answer) for answer in plain]
    for found, expected in zip(made, plain, strict=True):
        logs = [token[2] for token in expected if token[2] is not None]
        assert [token[2] for token in found if token[2] is not None] == pytest.approx(logs, abs=2e-3)


@pytest.mark.parametrize("exact", [True, False])
def test_what_a_tool_answers_is_read_in_a_piece(exact, tokenizer, monkeypatch):
    t = tokenizer
    call = [t.python_start, *t.encode("37+45"), t.python_end]
    model = model_of("nako", t.vocab_size)

    def made(passes):
        script = iter([*call, 65, 66, t.im_end])
        seen = []

        def choose(logits, *rest):
            seen.append(logits)
            return torch.tensor([next(script)])

        monkeypatch.setattr("nakochat.inference.engine.choose", choose)
        engine = engine_of(model, t, passes, exact=exact)
        return engine.generate([[t.bos, 70]], Sampling(max_tokens=40))[0].ids, torch.cat(seen)

    found, expected = made({"graphs": False, "attend": attend_formula}), made(None)
    assert found[0] == expected[0] == [*call, t.output_start, *t.encode("82"), t.output_end, 65, 66, t.im_end]
    torch.testing.assert_close(found[1], expected[1], rtol=0, atol=2e-3)


# on a GPU


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
def test_a_gpu_says_what_the_formula_says(kind, tokenizer):
    """In float32, whose products are not rounded to fewer bits here."""
    model = model_of(kind, tokenizer.vocab_size, "cuda")
    requests = requests_of(tokenizer, 7)
    plain = answers(engine_of(model_of(kind, tokenizer.vocab_size), tokenizer), requests)
    made = answers(engine_of(model, tokenizer, exact=True), requests)
    assert [ids(answer) for answer in made] == [ids(answer) for answer in plain]


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("exact", [True, False])
def test_a_replayed_graph_says_what_its_kernels_say(kind, exact, tokenizer):
    model = model_of(kind, tokenizer.vocab_size, "cuda", torch.bfloat16)
    requests = requests_of(tokenizer, 8)
    eager = answers(engine_of(model, tokenizer, {"graphs": False}, exact=exact), requests)
    assert answers(engine_of(model, tokenizer, exact=exact), requests) == eager


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=str)
def test_an_exact_answer_is_the_same_to_the_bit_alone_and_among_64(kind, dtype, tokenizer):
    model = model_of(kind, tokenizer.vocab_size, "cuda", dtype)
    requests = requests_of(tokenizer, 64)
    engine = engine_of(model, tokenizer, slots=64, exact=True)
    together = answers(engine, requests)
    alone = engine_of(model, tokenizer, slots=2, exact=True)
    for request, answer in zip(requests, together, strict=True):
        assert answers(alone, [request])[0] == answer


@pytest.mark.gpu
def test_an_exact_answer_is_the_same_in_a_crowd_of_300(tokenizer):
    """More than one pass of tokens by themselves, and requests that wait."""
    model = model_of("llama", tokenizer.vocab_size, "cuda", torch.bfloat16)
    requests = requests_of(tokenizer, 300, seed=1)
    together = answers(engine_of(model, tokenizer, slots=200, exact=True), requests)
    alone = engine_of(model, tokenizer, slots=2, exact=True)
    for request, answer in list(zip(requests, together, strict=True))[::10]:
        assert answers(alone, [request])[0] == answer


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore")  # of the compiler's own
def test_compiled_layers_say_nearly_the_same(tokenizer):
    model = model_of("llama", tokenizer.vocab_size, "cuda")
    requests = requests_of(tokenizer, 7)
    plain = answers(engine_of(model, tokenizer, exact=True), requests)
    made = answers(engine_of(model, tokenizer, exact=True, compile=True), requests)
    assert sum(ids(a) == ids(b) for a, b in zip(plain, made, strict=True)) >= len(requests) - 1

import pytest
import torch

from nakochat.core.machine import Machine
from nakochat.evals import scorer as scorer_module
from nakochat.evals.scorer import Ask, EngineScorer, common_length, families, fit, prompt_room, row_sums
from nakochat.inference.engine import Engine, inference_copy
from nakochat.models.nako import Nako, NakoConfig
from nakochat.text.tokenizer import Tokenizer
from tests.core.without_float64 import without_float64

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def engine():
    tokenizer = Tokenizer.train(["안녕하세요. user assistant 무궁화 꽃이 피었어요."] * 3, 300)
    model = Nako(
        NakoConfig(vocab_size=tokenizer.vocab_size, layers=4, width=32, heads=2, context=96, window=20)
    )
    model.initialise(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
    return Engine(inference_copy(model), tokenizer, Machine(CPU))


def ids(count, seed):
    return tuple(torch.randint(8, 290, (count,), generator=torch.Generator().manual_seed(seed)).tolist())


def asks():
    """Contexts of one and of many tokens, alone and in families; continuations of none to nine tokens."""
    beginning = ids(40, 1)
    found = [Ask(ids(n, n), (ids(1, 90), ids(9, 91), ids(2, 92))) for n in (1, 5, 30, 80)]
    found += [Ask((*beginning, *ids(n, n)), (ids(3, 93 + n), ids(1, 94))) for n in (1, 4, 20)]
    # together, the long ending behind the long context would reach beyond the model's 96 positions
    found += [Ask(ids(2, 70), (ids(90, 71),)), Ask(ids(88, 72), (ids(6, 73),))]
    # 97 tokens: the last one is never read
    found += [Ask(ids(91, 74), (ids(6, 75), ids(1, 76))), Ask(ids(96, 77), (ids(1, 78),))]
    return [*found, Ask(ids(7, 5), ((), ids(4, 6)))]


def naive(engine, ask):
    """One whole sequence after the other, nothing shared."""
    found = []
    for continuation in ask.continuations:
        sequence = [*ask.context, *continuation]
        with torch.inference_mode():
            logits = engine.model(torch.tensor([sequence[:-1]]))[0, :, : engine.tokenizer.vocab_size].float()
        logs = logits.log_softmax(-1)
        places = range(len(ask.context) - 1, len(sequence) - 1)
        total = sum(float(logs[place, sequence[place + 1]]) for place in places)
        greedy = all(int(logs[place].argmax()) == sequence[place + 1] for place in places)
        found.append((total, len(continuation), greedy))
    return found


def test_sharing_and_batching_change_nothing(engine):
    found = EngineScorer(engine).likelihoods(asks())
    for ask, values in zip(asks(), found, strict=True):
        for value, (total, tokens, greedy) in zip(values, naive(engine, ask), strict=True):
            assert value.total == pytest.approx(total, abs=1e-4)
            assert (value.tokens, value.greedy) == (tokens, greedy)


def test_small_batches_give_the_same(engine, monkeypatch):
    whole = EngineScorer(engine).likelihoods(asks())
    monkeypatch.setattr(scorer_module, "ROWS", 2)
    monkeypatch.setattr(scorer_module, "POSITIONS", 100)
    for values, again in zip(whole, EngineScorer(engine).likelihoods(asks()), strict=True):
        assert [v.total for v in values] == pytest.approx([v.total for v in again], abs=1e-4)


def test_a_greedy_continuation_is_known_as_one(engine):
    context = list(ids(6, 8))
    made = []
    with torch.inference_mode():
        for _ in range(4):
            logits = engine.model(torch.tensor([context + made]))[0, -1, : engine.tokenizer.vocab_size]
            made.append(int(logits.argmax()))
    wrong = [*made[:-1], (made[-1] + 1) % 290]
    ((right, other),) = EngineScorer(engine).likelihoods([Ask(tuple(context), (tuple(made), tuple(wrong)))])
    assert (right.greedy, other.greedy) == (True, False)
    assert right.mean == pytest.approx(right.total / 4)


def test_a_long_context_loses_its_beginning(engine):
    long, ending = ids(200, 1), ids(6, 2)
    cut = Ask(long[-(96 - 5) :], (ending,))
    assert fit(Ask(long, (ending,)), 96) == cut
    scorer = EngineScorer(engine)
    assert scorer.likelihoods([Ask(long, (ending,))]) == scorer.likelihoods([cut])
    assert scorer.likelihoods([Ask(long, (ids(300, 3),))])[0][0].tokens == 96


def test_families_share_long_beginnings_only():
    beginning = ids(40, 1)
    found = families(
        [Ask((*beginning, 1), ()), Ask((2, 3), ()), Ask((*beginning, 2, 3), ()), Ask((2, 4), ())]
    )
    assert found == [([0, 2], 40), ([1, 3], 0)]
    assert common_length([(1, 2, 3), (1, 2, 3)]) == 2
    assert common_length([(1, 2, 3), (1, 2), (1, 5, 6)]) == 1


def test_generation_keeps_the_order_and_cuts_long_prompts(engine):
    scorer = EngineScorer(engine)
    prompts = [list(ids(n, n)) for n in (20, 3, 200)]
    together = scorer.generate(prompts, max_tokens=8)
    assert together == [scorer.generate([prompt], max_tokens=8)[0] for prompt in prompts]
    assert scorer.likelihoods([]) == []
    room = prompt_room(engine.context, 8)
    assert room == 88
    assert scorer.generate([prompts[2][-room:]], max_tokens=8) == together[2:]
    assert prompt_room(96, 500) == 48  # half is the question's, however long the answer may be


def test_a_sample_is_drawn_by_its_number_whoever_stands_beside(engine):
    scorer = EngineScorer(engine)
    prompts = [list(ids(5, 1))] * 3
    together = scorer.generate(prompts, max_tokens=8, temperature=1.0, seed=7)
    assert len(set(together)) > 1
    alone = [
        scorer.generate([prompt], max_tokens=8, temperature=1.0, seed=7, numbers=[number])[0]
        for number, prompt in enumerate(prompts)
    ]
    assert alone == together


def test_rows_are_summed_in_float64_where_there_is_float64():
    real = torch.tensor([[True, True, False], [False, False, False], [True, True, True]])
    values = torch.tensor([1e8, 1.0, 0.5, 0.25, 0.125])
    assert row_sums(values, real).tolist() == [1e8 + 1.0, 0.0, 0.875]
    with without_float64() as device:
        found = row_sums(torch.zeros(5, device=device), torch.ones(3, 3, dtype=torch.bool, device=device))
        assert (found.shape, found.dtype) == ((3,), torch.float64)

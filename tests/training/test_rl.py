import pytest
import torch

from nakochat.core.errors import ConfigError
from nakochat.core.machine import Machine
from nakochat.data.batches import IGNORE
from nakochat.data.village.scene import Expected
from nakochat.inference.engine import Generated
from nakochat.models.nako import Nako, NakoConfig
from nakochat.tasks.village import COUNTING_KINDS
from nakochat.text.conversation import render_prompt
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import rl
from nakochat.training.rl import FIRST, REWARDS, Rollouts
from nakochat.training.settings import RlSettings

MACHINE = Machine(torch.device("cpu"))


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["'무궁화'는 몇 글자예요? 3글자예요. 받침은 2개예요. user assistant"] * 3, 300)


@pytest.fixture
def rollouts(tokenizer):
    return new_rollouts(tokenizer)


def new_rollouts(tokenizer, **changes):
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=2, width=32, heads=2, context=160))
    model.initialise(0)
    machine = changes.pop("machine", MACHINE)
    settings = RlSettings(**{"prompts": 3, "answers": 4, "max_tokens": 6, "rows": 2, "seed": 5, **changes})
    return Rollouts(model, tokenizer, machine, settings)


def exercises(made):
    return [made.village.exercise(FIRST + n, kind=COUNTING_KINDS[n % len(COUNTING_KINDS)]) for n in range(3)]


class Scripted:
    """An engine that gives the answers of a script, over and over."""

    def __init__(self, answers):
        self.answers = answers

    def __call__(self, model, tokenizer, machine):
        return self

    def generate(self, prompts, sampling, *, seeds):
        assert len(prompts) == len(seeds) == len(self.answers)
        assert len(set(seeds)) == len(seeds)
        self.prompts, self.seeds = prompts, seeds
        return self.answers


def answer(tokenizer, text, *, finish="stop", forced=()):
    ids = [*tokenizer.encode(text), *([tokenizer.im_end] if finish == "stop" else [])]
    return Generated(ids, [i not in forced for i in range(len(ids))], finish)


def script(made, right_of_group):
    """Per group how many of its four answers are right; the rest say 999."""
    answers = []
    for exercise, right in zip(exercises(made), right_of_group, strict=True):
        good = answer(made.tokenizer, f"{exercise.expected.number}예요.", forced=(0,))
        answers += [good] * right + [answer(made.tokenizer, "999예요.")] * (4 - right)
    return answers


def test_only_sampled_tokens_of_groups_with_a_signal_are_weighted(rollouts, monkeypatch):
    engine = Scripted(script(rollouts, (1, 4, 0)))  # only the first group teaches
    monkeypatch.setattr(rl, "Engine", engine)
    batches = rollouts.step()
    t = rollouts.tokenizer
    prompt = render_prompt(t, exercises(rollouts)[0].messages[:-1])
    found = []
    for batch in batches:
        assert batch.inputs.shape == (2, 160)
        for row in range(2):
            for number in sorted(set(batch.documents[row].tolist()) - {-1}):
                there = batch.documents[row] == number
                ids = batch.inputs[row][there].tolist()
                if ids[0] != t.bos:
                    continue
                assert ids[: len(prompt)] == prompt
                weights = batch.weights[row][there].tolist()
                targets = batch.targets[row][there].tolist()
                # position i is asked for token i + 1
                assert targets[: len(prompt) - 1] == [IGNORE] * (len(prompt) - 1)
                found.append((targets[len(prompt) - 1 :], weights[len(prompt) - 1 :]))
    good, bad = engine.answers[0], engine.answers[1]
    assert len(found) == 4
    right = [pair for pair in found if pair[0][0] == IGNORE]  # its first token was forced
    wrong = [pair for pair in found if pair[0][0] != IGNORE]
    ((targets, weights),) = right
    assert targets[1 : len(good.ids)] == good.ids[1:]
    assert weights[0] == 0
    assert weights[1 : len(good.ids)] == [0.75] * (len(good.ids) - 1)
    for targets, weights in wrong:
        assert targets[: len(bad.ids)] == bad.ids
        assert weights[: len(bad.ids)] == [-0.25] * len(bad.ids)
    asked = sum(batch.scored for batch in batches)
    assert asked == len(good.ids) - 1 + 3 * len(bad.ids)
    assert rollouts.figures()["groups_with_signal"] == pytest.approx(1 / 3)
    assert rollouts.figures()["reward"] == pytest.approx(5 / 12)


def test_groups_without_a_signal_give_rows_that_ask_nothing(rollouts, monkeypatch):
    monkeypatch.setattr(rl, "Engine", Scripted(script(rollouts, (4, 0, 4))))
    batches = rollouts.step()
    assert [batch.inputs.shape for batch in batches] == [(2, 160)]
    assert batches[0].scored == 0
    assert not batches[0].weights.any()
    assert (batches[0].inputs == rollouts.tokenizer.pad).all()


def test_a_right_answer_that_does_not_end_earns_nothing(rollouts):
    exercise = exercises(rollouts)[0]
    text = f"{exercise.expected.number}예요."
    assert rollouts._reward(exercise, answer(rollouts.tokenizer, text)) == 1
    assert rollouts._reward(exercise, answer(rollouts.tokenizer, text, finish="length")) == 0
    assert rollouts._reward(exercise, answer(rollouts.tokenizer, "999예요.")) == 0


def test_a_restored_stream_gives_the_same_step_again(tokenizer, monkeypatch):
    # rewards by length, so that an untrained model's groups have a signal
    monkeypatch.setattr(Rollouts, "_reward", lambda self, exercise, made: float(sum(made.ids) % 2))
    first = new_rollouts(tokenizer)
    first.step()
    state = first.state()
    expected = first.step()
    second = new_rollouts(tokenizer)
    begin = second.step()
    second.restore(state)
    again = second.step()
    assert expected[0].scored > 0
    for one, other in zip(expected, again, strict=True):
        assert torch.equal(one.inputs, other.inputs)
        assert torch.equal(one.weights, other.weights)
    assert not torch.equal(begin[0].inputs, again[0].inputs)


def test_ranks_share_the_prompts_of_a_step(tokenizer, monkeypatch):
    class Rank(Machine):
        def sum(self, value):
            return value

    seen = []
    for rank, world in ((0, 1), (0, 2), (1, 2)):
        made = new_rollouts(tokenizer, machine=Rank(torch.device("cpu"), rank=rank, world=world))
        monkeypatch.setattr(made, "_pack", lambda rows: [])
        asked = []
        monkeypatch.setattr(made.village, "exercise", lambda n, kind, a=asked, m=made: note(m, a, n, kind))
        made.step()
        seen.append(asked)
    assert seen[0] == [FIRST, FIRST + 1, FIRST + 2]
    assert sorted(seen[1] + seen[2]) == seen[0]


def note(made, asked, number, kind):
    asked.append(number)
    return type(made.village)(5).exercise(number, kind=kind)


def test_every_rewarded_task_is_made_of_what_a_rule_can_judge(rollouts):
    for kinds in REWARDS.values():
        for number, kind in enumerate(kinds):
            expected = rollouts.village.exercise(FIRST + number, kind=kind).expected
            assert expected != Expected()


@pytest.mark.parametrize("seed", [2**23, 20261120, 2**63 - 1])
def test_any_seed_gives_draws_of_its_own_to_every_answer(tokenizer, monkeypatch, seed):
    made = new_rollouts(tokenizer, seed=seed)
    engine = Scripted([answer(tokenizer, "999예요.")] * 12)
    monkeypatch.setattr(rl, "Engine", engine)
    made.step()
    torch.tensor(engine.seeds)  # they are 64-bit integers


def test_an_answer_that_ends_as_a_text_does_earns_nothing(rollouts):
    exercise = exercises(rollouts)[0]
    ended = answer(rollouts.tokenizer, f"{exercise.expected.number}예요.")
    ended.ids[-1] = rollouts.tokenizer.bos
    assert rollouts._reward(exercise, ended) == 0


def test_every_process_needs_a_prompt(tokenizer):
    with pytest.raises(ConfigError, match="--prompts 3"):
        new_rollouts(tokenizer, machine=Machine(torch.device("cpu"), world=4))

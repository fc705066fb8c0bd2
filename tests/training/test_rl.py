import contextlib
import copy
from types import SimpleNamespace as Namespace

import pytest
import torch

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.interrupts import Interrupt, Unwanted
from nakochat.core.machine import Machine
from nakochat.core.run import Run
from nakochat.data.batches import IGNORE, Source
from nakochat.data.shards.shard import TokenShard
from nakochat.data.village.scene import Expected
from nakochat.inference.engine import Generated
from nakochat.models.nako import Nako, NakoConfig
from nakochat.tasks.village import COUNTING_KINDS, PRACTISED
from nakochat.text.conversation import render_prompt
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import rl
from nakochat.training.practice import FIRST, REWARDS, practices
from nakochat.training.rl import Rollouts
from nakochat.training.settings import RlSettings
from nakochat.training.stage import Stage
from tests.tasks.test_public import lines

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
    machine, reference = changes.pop("machine", MACHINE), changes.pop("reference", None)
    settings = RlSettings(**{"prompts": 3, "answers": 4, "max_tokens": 6, "rows": 2, "seed": 5, **changes})
    tasks = practices(changes.pop("task", "counting"), seed=settings.seed)
    return Rollouts(model, tokenizer, machine, settings, tasks, reference=reference)


def exercises(made):
    village = made.tasks[0].village
    return [village.exercise(FIRST + n, kind=COUNTING_KINDS[n % len(COUNTING_KINDS)]) for n in range(3)]


class Scripted:
    """An engine that gives the answers of a script, over and over."""

    def __init__(self, answers):
        self.answers = answers

    def __call__(self, model, tokenizer, machine):
        return self

    def generate(self, prompts, sampling, *, seeds, unwanted):
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
    text, prompt = f"{exercises(rollouts)[0].expected.number}예요.", rollouts.tasks[0].prompt(0)
    assert rollouts._reward(prompt, answer(rollouts.tokenizer, text)) == 1
    assert rollouts._reward(prompt, answer(rollouts.tokenizer, text, finish="length")) == 0
    assert rollouts._reward(prompt, answer(rollouts.tokenizer, "999예요.")) == 0


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


def test_answers_are_not_waited_for_when_a_stop_is_wished_and_come_again(tokenizer):
    """The step was never taken: a resumed run makes the same one."""
    interrupted, whole = new_rollouts(tokenizer), new_rollouts(tokenizer)

    class Wish:
        looks = 0

        @property
        def asked(self):
            self.looks += 1
            return self.looks > 3

    interrupted.wish = Wish()
    with pytest.raises(Unwanted):
        interrupted.step()
    assert interrupted.wish.looks < 10  # far fewer than the tokens of a step
    assert interrupted.state() == {"taken": 0}
    interrupted.wish = Interrupt()
    same = zip(interrupted.step(), whole.step(), strict=True)
    assert all(torch.equal(a.inputs, b.inputs) for a, b in same)


def test_ranks_share_the_prompts_of_a_step(tokenizer, monkeypatch):
    class Rank(Machine):
        def sum(self, value):
            return value

    seen = []
    for rank, world in ((0, 1), (0, 2), (1, 2)):
        made = new_rollouts(tokenizer, machine=Rank(torch.device("cpu"), rank=rank, world=world))
        monkeypatch.setattr(made, "_pack", lambda rows: [])
        asked = []
        village = made.tasks[0].village
        monkeypatch.setattr(village, "exercise", lambda n, kind, a=asked, v=village: note(v, a, n, kind))
        made.step()
        seen.append(asked)
    assert seen[0] == [FIRST, FIRST + 1, FIRST + 2]
    assert sorted(seen[1] + seen[2]) == seen[0]


def note(village, asked, number, kind):
    asked.append(number)
    return type(village)(5).exercise(number, kind=kind)


def test_every_rewarded_task_has_a_name_for_people():
    assert REWARDS.keys() == PRACTISED.keys()


def test_every_rewarded_task_is_made_of_what_a_rule_can_judge(rollouts):
    for kinds in REWARDS.values():
        for number, kind in enumerate(kinds):
            expected = rollouts.tasks[0].village.exercise(FIRST + number, kind=kind).expected
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
    assert rollouts._reward(rollouts.tasks[0].prompt(0), ended) == 0


def test_an_answer_of_no_token_earns_nothing_and_has_not_drifted(rollouts):
    """Of a model whose numbers are none the engine gives no token."""
    prompt = rollouts.tasks[0].prompt(0)
    broken = Generated([], [], "error")
    assert rollouts._reward(prompt, broken) == 0
    rollouts.reference = rl.inference_copy(rollouts.model)
    assert rollouts._drift(rollouts.reference, [rollouts._rendered(prompt)], [broken]).tolist() == [0]


def test_dropout_follows_the_seed_of_the_settings(tokenizer, tmp_path, monkeypatch):
    seeds = []
    stage = Stage("rl", Run(tmp_path / "run" / "rl"), MACHINE, tokenizer, None)
    monkeypatch.setattr(rl, "is_done", lambda name, settings: False)
    monkeypatch.setattr(rl, "open_stage", lambda name, settings: contextlib.nullcontext(stage))
    monkeypatch.setattr(rl, "parent_checkpoint", lambda stage, settings, before: None)
    monkeypatch.setattr(rl, "loaded", lambda checkpoint, machine: new_rollouts(tokenizer).model)
    monkeypatch.setattr(rl.Training, "train", lambda self: seeds.append(self.seed))
    rl.main(RlSettings(name="run", seed=7, check_items=0))
    assert seeds == [7]


def test_every_process_needs_a_prompt(tokenizer):
    with pytest.raises(ConfigError, match="--prompts 3"):
        new_rollouts(tokenizer, machine=Machine(torch.device("cpu"), world=4))


def test_tasks_are_mixed_by_their_weights_and_each_has_a_curve(tokenizer, monkeypatch):
    made = new_rollouts(tokenizer, task="counting:2,spelling", prompts=6)
    turns = [made._turn(number) for number in range(12)]
    assert [task.name for task, _ in turns[:6]].count("counting") == 4
    for name in ("counting", "spelling"):
        own = [number for task, number in turns if task.name == name]
        assert own == list(range(len(own)))
    spelt = next(task for task in made.tasks if task.name == "spelling").prompt(0)
    answers = [answer(tokenizer, "999예요.")] * 24
    monkeypatch.setattr(rl, "Engine", Scripted(answers))
    monkeypatch.setattr(Rollouts, "_reward", lambda self, prompt, made: float(prompt.task == "spelling"))
    made.step()
    figures = made.figures()
    assert figures["reward"] == pytest.approx(1 / 3)
    assert (figures["reward/spelling"], figures["reward/counting"]) == (1.0, 0.0)
    assert spelt.task == "spelling"
    with pytest.raises(ConfigError, match="spelling"):
        practices("nothing", seed=0)
    with pytest.raises(ConfigError, match="jamo"):
        practices("jamo", seed=0)


def elsewhere(model):
    """A copy that has moved away."""
    copied = copy.deepcopy(model)
    with torch.no_grad():
        noise = torch.randn(copied.head.weight.shape, generator=torch.Generator().manual_seed(0))
        copied.head.weight.add_(noise)
    return copied


def test_kl_lowers_the_reward_of_what_the_first_model_would_not_say(tokenizer, monkeypatch):
    monkeypatch.setattr(rl, "Engine", Scripted(script(new_rollouts(tokenizer), (4, 4, 4))))
    same = new_rollouts(tokenizer, kl=0.5)
    same.reference = rl.inference_copy(same.model)
    assert sum(batch.scored for batch in same.step()) == 0  # nothing has moved
    assert same.figures()["kl"] == pytest.approx(0, abs=1e-4)
    moved = new_rollouts(tokenizer, kl=0.5)
    moved.reference = rl.inference_copy(elsewhere(moved.model))
    good = answer(tokenizer, "3예요.")
    other = answer(tokenizer, "무궁화예요.")
    monkeypatch.setattr(rl, "Engine", Scripted([good, good, other, other] * 3))
    monkeypatch.setattr(Rollouts, "_reward", lambda self, prompt, made: 1.0)
    prompt = moved._rendered(moved.tasks[0].prompt(0))
    drift = moved._drift(rl.inference_copy(moved.model), [prompt] * 2, [good, other])
    batches = moved.step()
    weights = {round(w, 4) for batch in batches for w in batch.weights.flatten().tolist() if w}
    expected = 0.5 * (drift[1] - drift[0]) / 2
    assert any(w == pytest.approx(expected, abs=1e-3) for w in weights)
    assert any(w == pytest.approx(-expected, abs=1e-3) for w in weights)


def test_a_forced_token_does_not_count_as_having_moved(tokenizer):
    made = new_rollouts(tokenizer, kl=0.1)
    made.reference = rl.inference_copy(elsewhere(made.model))
    policy = rl.inference_copy(made.model)
    prompt = made._rendered(made.tasks[0].prompt(0))
    whole = answer(tokenizer, "3글자예요.")
    forced = answer(tokenizer, "3글자예요.", forced=range(len(whole.ids)))
    drift = made._drift(policy, [prompt] * 2, [whole, forced])
    assert drift[0] != 0
    assert drift[1] == 0


def test_a_task_s_own_prompts_are_held_out_of_its_practice(tokenizer):
    (task,) = practices("spelling", seed=3)
    kept = task.held_out(20)
    assert len(kept) == 20
    asked = {task.prompt(number).messages for number in range(len(task.order) * 2)}
    lessons = {lesson.prompt for lesson in task.lessons}
    assert asked <= lessons
    assert task.held_out(0) == []
    (village,) = practices("counting", seed=3)
    assert village.held_out(4)[0].messages == practices("counting", seed=9)[0].held_out(4)[0].messages


def test_what_is_held_out_is_a_fifth_at_most_and_never_practised(tmp_path):
    def made(count):
        rows = [{"question": f"How many are {n}?", "answer": f"It is {n}.\n#### {n}"} for n in range(count)]
        lines(tmp_path / str(count) / "gsm8k_train.jsonl", rows)
        (task,) = practices("gsm8k", seed=3, folder=tmp_path / str(count))
        return task

    task = made(20)
    held = {prompt.messages for prompt in task.held_out(48)}
    assert len(held) == 4
    assert {prompt.messages for prompt in task.held_out(48)} == held  # asked again, the same
    practised = {task.prompt(number).messages for number in range(100)}
    assert len(practised) == 16
    assert not practised & held
    few = made(9)
    with pytest.raises(DataError, match="--check-items 0"):
        few.held_out(1)
    assert few.held_out(0) == []
    assert len({few.prompt(number).messages for number in range(9)}) == 9


def test_what_moved_is_measured_at_the_temperature_of_the_answers(tokenizer):
    drifts = {}
    for temperature in (1.0, 0.5):
        made = new_rollouts(tokenizer, kl=0.1, temperature=temperature)
        made.reference = rl.inference_copy(elsewhere(made.model))
        policy, said = rl.inference_copy(made.model), answer(tokenizer, "3글자예요.")
        prompt = made._rendered(made.tasks[0].prompt(0))
        (drifts[temperature],) = made._drift(policy, [prompt], [said])
        ids = [*prompt, *said.ids]
        p, p0 = (
            (model(torch.tensor([ids[:-1]]))[0].float() / temperature).log_softmax(-1)
            for model in (policy, made.reference)
        )
        places = range(len(prompt) - 1, len(ids) - 1)
        expected = sum(float(p[at, ids[at + 1]] - p0[at, ids[at + 1]]) for at in places)
        assert drifts[temperature] == pytest.approx(expected, rel=1e-3)
    assert drifts[0.5] != drifts[1.0]


def test_conversations_beside_are_as_many_for_every_number_of_ranks(tokenizer, tmp_path, monkeypatch):
    documents = [([n, n + 1, n + 2, n + 3], [False, False, True, True]) for n in range(40)]
    source = Source(TokenShard.from_documents(iter(documents), 300))
    monkeypatch.setattr(rl, "taught", lambda stage, tokenizer: [source])
    monkeypatch.setattr(rl, "find_run", lambda reference: Namespace(folder=tmp_path))
    settings = RlSettings(name="run", rows=4, sft_weight=0.5)

    def share(rank, world):
        """A rank's rows of the first step."""
        machine = Machine(torch.device("cpu"), rank=rank, world=world)
        stage = Stage("rl", Run(tmp_path / "rl", writes=False), machine, tokenizer, None)
        beside = rl._with_sft(object(), stage, settings, 8)
        return [row for batch in beside.conversations.step() for row in batch.inputs.tolist()]

    alone, first, second = share(0, 1), share(0, 2), share(1, 2)
    assert alone == [row for pair in zip(first, second, strict=True) for row in pair]
    assert len(alone) == 4
    with pytest.raises(ConfigError, match="--rows 4"):
        share(0, 3)

"""Grading, on a scorer that is made for it: any object with the members of Scorer will do."""

import math
from functools import partial

import pytest
import torch
from rich.console import Console

from nakochat.core.machine import Machine
from nakochat.core.progress import Bar
from nakochat.core.sandbox import Limits, missing
from nakochat.evals import benchmarks
from nakochat.evals.benchmarks import Options, favourite, limited, measure, split
from nakochat.evals.scorer import Ask, Likelihood
from nakochat.tasks.benchmark import Benchmark, Choice, Program, Question
from nakochat.tasks.gsm8k import names_number
from nakochat.tasks.humaneval import complete
from nakochat.tasks.task import Label
from nakochat.text.conversation import user


class Letters:
    """Every character is a token, a space joins the letter behind it; how likely a token is stands in `worth`."""

    def __init__(self, worth=None, answers=(), context=1000):
        self.worth, self.answers, self.context = worth or {}, list(answers), context
        self.asked, self.numbers = [], []

    def encode(self, text):
        return [0, *self.encode_more(text)]

    def encode_more(self, text):
        return [ord(c) for c in text.replace(" ", "\0")]

    def encode_chat(self, conversation):
        return [1, *self.encode_more(conversation[-1].text), 2]

    def likelihoods(self, asks):
        self.asked += asks
        return [[self._one(ids) for ids in ask.continuations] for ask in asks]

    def _one(self, ids):
        values = [self.worth.get(chr(i), 0.1) for i in ids]
        return Likelihood(sum(map(math.log, values)), len(ids), all(v > 0.5 for v in values))

    def generate(self, prompts, *, max_tokens, temperature=0.0, seed=0, numbers=None):
        self.asked += [tuple(prompt) for prompt in prompts]
        self.numbers += numbers
        return [self.answers.pop(0) for _ in prompts]


def benchmark(**values):
    return Benchmark(name="test", label=Label("시험", "test"), read=lambda folder: [], **values)


def ids(text):
    return tuple(Letters().encode_more(text))


def test_the_sum_prefers_short_endings_and_the_mean_does_not():
    # a: ln .3 = -1.20;  bcd: 3 ln .5 = -2.08, a mean of -.69
    scorer = Letters({"a": 0.3, "b": 0.5, "c": 0.5, "d": 0.5})
    item = Choice((("q:", "a"), ("q:", "bcd")), gold=1)
    assert measure(scorer, benchmark(), [item], Options()).right == (0.0,)
    assert measure(scorer, benchmark(measure="mean"), [item], Options()).right == (1.0,)


def test_the_first_of_equals_is_chosen():
    items = [Choice((("q:", "a"), ("q:", "a"), ("q:", "b")), gold) for gold in (0, 1)]
    assert measure(Letters(), benchmark(), items, Options()).right == (1.0, 0.0)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_values_that_are_no_number_are_right_nowhere(wrong):
    values = [Likelihood(wrong, 1, False), Likelihood(-1.0, 1, False)]
    assert favourite(values, benchmark()) is None
    assert favourite(values[::-1], benchmark(measure="mean")) is None


def test_one_option_alone_must_be_what_the_model_would_write():
    scorer = Letters({"m": 0.9, "a": 0.9, "x": 0.4})
    items = [Choice((("q:", "ma"),)), Choice((("q:", "mx"),))]
    assert measure(scorer, benchmark(boundary="shared"), items, Options()).right == (1.0, 0.0)
    assert scorer.asked[0] == Ask((0, *ids("q:")), (ids("ma"),))


def test_blanks_at_the_end_of_a_context_go_to_the_ending():
    (ask,) = split(Letters(), Choice((("q: ", " no"), ("q: ", " yes"))), benchmark())
    assert ask == Ask((0, *ids("q:")), (ids("  no"), ids("  yes")))


def test_shared_beginnings_of_endings_are_not_scored():
    (ask,) = split(
        Letters(), Choice((("q:", " they go"), ("q:", " they come"))), benchmark(boundary="shared")
    )
    assert ask == Ask((0, *ids("q: they ")), (ids("go"), ids("come")))
    (ask,) = split(Letters(), Choice((("q:", " a"), ("q:", " ab"))), benchmark(boundary="shared"))
    assert ask == Ask((0, *ids("q: ")), (ids("a"), ids("ab")))  # something of each is left to score


def test_a_schema_scores_the_common_ending_behind_each_context():
    item = Choice((("the fish", " ate."), ("the worm", " ate.")), gold=1)
    asks = split(Letters(), item, benchmark(boundary="shared"))
    assert asks == [Ask((0, *ids(f"the {who}")), (ids(" ate."),)) for who in ("fish", "worm")]


class Phrases(Letters):
    """The same, but some phrases are one token, wherever they begin."""

    def encode_more(self, text):
        for token, phrase in PHRASES.items():
            text = text.replace(phrase, token)
        return super().encode_more(text)

    @staticmethod
    def written(ids):
        text = "".join(map(chr, ids)).replace("\0", " ")
        for token, phrase in PHRASES.items():
            text = text.replace(token, phrase)
        return text


PHRASES = {"①": "을 먹었어요"}


def test_a_token_over_the_border_is_scored_with_every_option_beginning_where_it_does():
    item = Choice(tuple(("점심을", ending) for ending in (" 먹었어요", " 드셨어요", " 샀어요")))
    (ask,) = split(Phrases(), item, benchmark())
    assert Phrases.written(ask.context[1:]) == "점심"
    # each is exactly what the tokenizer makes of text and option as one
    assert list(map(Phrases.written, ask.continuations)) == ["을 먹었어요", "을 드셨어요", "을 샀어요"]
    for (context, ending), ids_of in zip(item.options, ask.continuations, strict=True):
        assert [*ask.context, *ids_of] == Phrases().encode(context + ending)
    assert ask.characters == (5, 5, 4)
    (usual,) = split(Phrases(), Choice((("점심을", " 샀어요"), ("점심을", " 했어요"))), benchmark())
    assert usual == Ask((0, *ids("점심을")), (ids(" 샀어요"), ids(" 했어요")))


def test_a_shared_beginning_may_hold_the_border():
    item = Choice((("점심을", " 먹었어요 더"), ("점심을", " 먹었어요 또")))
    (ask,) = split(Phrases(), item, benchmark(boundary="shared"))
    assert [Phrases.written(c) for c in (ask.context[1:], *ask.continuations)] == [
        "점심을 먹었어요 ",
        "더",
        "또",
    ]
    assert ask.characters == ()


def test_the_mean_of_what_holds_more_than_the_option_goes_by_the_option_s_characters():
    # one token for "을 먹었어요" (ln .02 = -3.9), five for "을 샀어요" (5 ln .3 = -6.0): by tokens the second would be
    # likelier, by characters of the options the first is (-.78 and -1.5)
    scorer = Phrases({"①": 0.02, **dict.fromkeys("을\0샀어요", 0.3)})
    item = Choice((("점심을", " 먹었어요"), ("점심을", " 샀어요")), gold=0)
    assert measure(scorer, benchmark(measure="mean"), [item], Options()).right == (1.0,)


def test_conversations_are_asked_as_conversations():
    scorer = Letters({"B": 0.9})
    item = Choice((((user("q"),), "A"), ((user("q"),), "B")), gold=1)
    assert measure(scorer, benchmark(), [item], Options()).right == (1.0,)
    assert scorer.asked == [Ask((1, ord("q"), 2), (ids("A"), ids("B")))]


def test_items_that_lose_their_beginning_are_counted():
    items = [Choice((("q" * length, "a"), ("q" * length, "b"))) for length in (5, 30)]
    found = measure(Letters(context=20), benchmark(), items, Options())
    assert found.cut == 1
    assert found.figures()["cut"] == 1


def test_questions_that_lose_their_beginning_are_counted_too():
    # of a context of 20, 5 are for the answer and 2 for the marks around the question
    items = [Question((user("q" * length),), bool) for length in (13, 14, 40)]
    scorer = Letters(answers=["yes", "no", ""], context=20)
    found = measure(scorer, benchmark(max_tokens=5), items, Options())
    assert found.right == (1.0, 1.0, 0.0)
    assert found.figures()["cut"] == 2
    fitting = measure(Letters(answers=["yes"], context=20), benchmark(max_tokens=5), items[:1], Options())
    assert "cut" not in fitting.figures()


def test_answers_are_graded_by_rule():
    items = [Question((user("1+1?"),), names_number("2")), Question((user("2+2?"),), names_number("4"))]
    found = measure(Letters(answers=["It is 2.", "It is 5."]), benchmark(chance=0.1), items, Options())
    figures = found.figures()
    assert found.right == (1.0, 0.0)
    assert (figures["value"], figures["items"], figures["chance"]) == (0.5, 2, 0.1)
    assert figures["interval"] == pytest.approx([0.0945, 0.9055], abs=1e-4)  # Wilson's, 1 of 2


def test_a_limit_goes_through_all_subjects():
    plain = [Question((), bool) for _ in range(9)]
    assert limited(plain, 4) == plain[:4]
    assert limited(plain, None) is plain
    by_subject = [Question((), bool, group=str(n // 3)) for n in range(9)]
    assert [item.group for item in limited(by_subject, 3)] == ["0", "1", "2"]


@pytest.mark.skipif(missing() is not None, reason=f"no {missing()} here")
def test_programs_are_run_and_counted():
    prompt = "def double(x):\n"
    item = Program(
        prompt=(user("double"),),
        text=prompt,
        complete=partial(complete, prompt, "double"),
        tests="def check(candidate):\n    assert candidate(2) == 4\n",
        entry="double",
    )
    scorer = Letters(answers=["    return 2 * x", "    return x", "    return", "    return x + x"])
    options = Options(samples=2, temperature=0.8, limits=Limits(patience=120), chats=False)
    found = measure(scorer, benchmark(), [item, item], options)
    assert found.passed == ((2, 1), (2, 1))
    assert found.figures()["value"] == 0.5
    assert found.figures()["pass_at"] == {"1": 0.5, "2": 1.0}
    assert scorer.asked[0] == (0, *ids(prompt))


def test_of_several_processes_each_asks_its_share_and_all_learn_the_whole():
    items = [Choice((("q:", "a"), ("q:", "b")), gold) for gold in (0, 1, 0, 0, 1)]

    class Rank(Machine):
        def gather_bytes(self, own):
            brought[self.rank] = own
            return list(brought)

    brought = [b"", b"[[1, 0, 0], [1, 1, 0]]"]  # rank 0 comes first
    ranks = [Rank(torch.device("cpu"), rank=rank, world=2) for rank in (0, 1)]
    scorers = [Letters({"a": 0.3}) for _ in ranks]
    test = benchmark()
    found = [measure(s, test, items, Options(), machine=m) for s, m in zip(scorers, ranks, strict=True)]
    alone = measure(Letters({"a": 0.3}), test, items, Options())
    assert found[1] == alone
    assert alone.right == (1.0, 0.0, 1.0, 1.0, 0.0)
    assert len(scorers[0].asked) == 3


def test_samples_are_drawn_by_an_items_number_among_all(monkeypatch):
    """So that pass@k is the same on any number of processes, and no two items share their draws."""
    monkeypatch.setattr(benchmarks, "ITEMS_AT_ONCE", 2)
    items = [Question((user(str(number)),), names_number("5")) for number in range(7)]

    class Rank(Machine):
        def gather_bytes(self, own):
            return [b"[]", b"[]"]

    scorer = Letters(answers=["5"] * 6)
    machine = Rank(torch.device("cpu"), rank=1, world=2)
    with pytest.raises(ValueError, match="size"):  # the others' rows are not there
        measure(scorer, benchmark(), items, Options(samples=2), machine=machine)
    assert scorer.numbers == [1, 3, 1, 3, 5, 5]


def test_questions_are_asked_again_for_pass_at_k():
    items = [Question((user("2+3"),), names_number("5")), Question((user("4+4"),), names_number("8"))]
    scorer = Letters(answers=["5", "7", "6", "7", "5", "8"])
    outcome = measure(scorer, benchmark(), items, Options(samples=3, temperature=1.0))
    assert outcome.passed == ((3, 2), (3, 1))
    assert outcome.right == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert outcome.figures()["pass_at"] == {
        "1": pytest.approx(0.5),
        "2": pytest.approx((1 + 2 / 3) / 2),
        "3": 1.0,
    }


def test_a_large_set_shows_how_far_it_is_in_a_terminal_only(monkeypatch):
    seen = []

    class Seen(Bar):
        def update(self, step, figures=""):
            seen.append((self.title, step, self.total, self.shown))

    monkeypatch.setattr(benchmarks, "Bar", Seen)
    monkeypatch.setattr(benchmarks, "ITEMS_AT_ONCE", 2)
    items = [Choice((("q:", "a"), ("q:", "b")))] * 3
    measure(Letters(), benchmark(), items, Options())
    assert seen == [("시험", 2, 3, False), ("시험", 3, 3, False)]
    monkeypatch.setattr(benchmarks, "console", Console(force_terminal=True))
    measure(Letters(), benchmark(), items, Options())
    assert [shown for *_, shown in seen[2:]] == [True, True]
    measure(Letters(), benchmark(), items[:2], Options())
    assert seen[-1] == ("시험", 2, 2, False)

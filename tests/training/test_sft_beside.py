"""Rollouts with old conversations beside them."""

import pytest
import torch

from nakochat.core.errors import DataError
from nakochat.core.interrupts import Unwanted
from nakochat.data.batches import PackedBatches, Source
from nakochat.data.shards.shard import TokenShard
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.sft_beside import SftBeside, taught


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["'무궁화'는 몇 글자예요? 3글자예요. user assistant"] * 3, 300)


def conversations(count, first=0):
    return [(list(range(first + n, first + n + 6)), [False] * 3 + [True] * 3) for n in range(count)]


def stream(documents, **changes):
    shard = TokenShard.from_documents(iter(documents), 300)
    options = {"rows": 2, "length": 8, "pad": 299, "seed": 3, **changes}
    return PackedBatches([Source(shard)], **options)


class Practice:
    """What RL gives: its own batch, a position, figures."""

    def __init__(self):
        self.taken = 0

    def step(self):
        self.taken += 1
        if self.taken == 3:
            raise Unwanted
        return stream(conversations(4, first=100)).step()

    def state(self):
        return {"taken": self.taken}

    def restore(self, state):
        self.taken = state["taken"]

    def figures(self):
        return {"reward": 0.5}


def beside(weight=0.25):
    return SftBeside(Practice(), stream(conversations(20)), weight)


def test_a_step_is_practice_and_conversations_at_their_weight():
    practised, taught_batch = beside().step()
    assert torch.equal(practised.weights, Practice().step()[0].weights)
    alone = stream(conversations(20)).step()[0]
    assert torch.equal(taught_batch.inputs, alone.inputs)
    assert torch.equal(taught_batch.weights, alone.weights * 0.25)
    assert taught_batch.scored == alone.scored > 0  # only what the assistant says, and it counts in the mean
    assert beside().figures() == {"reward": 0.5}


def test_it_goes_on_where_both_were():
    one, other = beside(), beside()
    one.step()
    other.restore(one.state())
    assert [batch.inputs.tolist() for batch in other.step()] == [
        batch.inputs.tolist() for batch in one.step()
    ]


def test_a_step_that_practice_gives_up_takes_no_conversations():
    both = beside()
    both.step()
    both.step()
    before = both.conversations.state()
    with pytest.raises(Unwanted):
        both.step()
    assert both.conversations.state() == before


def test_what_a_stage_taught_is_its_conversations_and_no_texts(tmp_path, tokenizer):
    data = tmp_path / "run" / "data" / "sft"
    about = {"tokenizer": tokenizer.hash}
    for name, documents in (
        ("text", [([1, 2, 3], None)]),
        ("chat", conversations(3)),
        ("chats-1", conversations(2)),
        ("tasks-1", conversations(1)),
    ):
        TokenShard.from_documents(iter(documents), 300, about).save(data / name)
    found = taught(tmp_path / "run" / "sft", tokenizer)
    assert [len(source.shard) for source in found] == [3, 2, 1]


def test_a_stage_whose_conversations_are_gone_is_said(tmp_path, tokenizer):
    with pytest.raises(DataError, match="--sft-weight 0"):
        taught(tmp_path / "run" / "sft", tokenizer)

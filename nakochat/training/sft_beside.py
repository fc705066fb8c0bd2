"""What RL practises, and beside it conversations that the stage before taught -> batches of both.

The reward covers little of what a model can do, and the rest is forgotten step by step.  Learning from some of the old
conversations in every step prevents that (PPO-ptx of https://arxiv.org/abs/2203.02155).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from nakochat.core.errors import DataError
from nakochat.core.files import MANIFEST
from nakochat.core.messages import say
from nakochat.data.batches import Batch, PackedBatches, Source
from nakochat.data.shards.shard import TokenShard
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.loop import Batches


def taught(stage: Path, tokenizer: Tokenizer) -> list[Source]:
    """The conversations that a stage of a run (its folder) learned from, its own chats and tasks among them.

    DataError where there are none.
    """
    data = stage.parent / "data" / stage.name
    shards = [
        TokenShard.load(manifest.parent, tokenizer_hash=tokenizer.hash)
        for manifest in sorted(data.glob(f"*/{MANIFEST}"))
    ]
    found = [Source(shard) for shard in shards if not shard.is_text]
    if not found:
        raise DataError(
            say(
                f"--sft-weight로 함께 배울 대화가 없습니다: {data}. RL을 시작한 단계가 배운 자료를 되돌려 놓거나 "
                "--sft-weight 0으로 하세요.",
                f"--sft-weight finds no conversations in {data}. Bring back what the stage that RL begins with "
                "learned from, or give --sft-weight 0.",
            )
        )
    return found


class SftBeside:
    """The batches of two streams, the second's loss times a weight.  Batches of the loop."""

    def __init__(self, practice: Batches, conversations: PackedBatches, weight: float) -> None:
        self.practice, self.conversations, self.weight = practice, conversations, weight

    def step(self) -> list[Batch]:
        made = self.practice.step()  # first: it may be given up, and the other stream has not moved then
        return made + [
            replace(batch, weights=batch.weights * self.weight) for batch in self.conversations.step()
        ]

    def state(self) -> dict[str, Any]:
        return {**self.practice.state(), "sft": self.conversations.state()}

    def restore(self, state: dict[str, Any]) -> None:
        self.practice.restore(state)
        self.conversations.restore(state["sft"])

    def figures(self) -> dict[str, float]:
        return self.practice.figures()

"""Token shards -> an endless stream of batches, the same for every number of processes.

The order of documents is a permutation by (seed, epoch); the packer turns it into rows; rank r of W takes rows r,
r+W, … of every step.  The position in the stream is small and exact: epoch, cursor, and the pieces in the packer's
buffer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.packing import Packer, Piece
from nakochat.data.shards import TokenShard

IGNORE = -100
BUFFER = 256  # documents among which the packer looks for a fit


@dataclass(frozen=True)
class Batch:
    """Tokens of one forward pass: B rows of T positions."""

    inputs: Tensor  # (B, T) int64
    targets: Tensor  # (B, T) int64; IGNORE where nothing is asked
    weights: Tensor  # (B, T) float32, multiplies the loss: 1, or an advantage
    documents: Tensor  # (B, T) int64: positions of one number see each other

    @property
    def scored(self) -> int:
        """Positions that are asked for."""
        return int((self.targets != IGNORE).sum())

    def to(self, device: torch.device) -> "Batch":
        return Batch(
            *(tensor.to(device) for tensor in (self.inputs, self.targets, self.weights, self.documents))
        )


@dataclass(frozen=True)
class Source:
    """A shard and how often each of its documents comes in an epoch (2.5: twice, and half of them once more)."""

    shard: TokenShard
    weight: float = 1.0


def make_batch(rows: Sequence[Sequence[tuple[NDArray[Any], NDArray[Any]]]], length: int, pad: int) -> Batch:
    """Rows of (ids, weights) pieces -> a batch of `length` positions.

    A token's weight says how much predicting *it* counts; 0 is ignored.  The first token of a row is never predicted.
    Between pieces, the end of one predicts the <|bos|> of a text behind it: that is how a model learns to end.
    """
    count = len(rows)
    ids = np.full((count, length + 1), pad, dtype=np.int64)
    weights = np.zeros((count, length + 1), dtype=np.float32)
    documents = np.full((count, length + 1), -1, dtype=np.int64)
    for r, pieces in enumerate(rows):
        at = 0
        for number, (piece, weight) in enumerate(pieces):
            end = at + len(piece)
            ids[r, at:end] = piece
            weights[r, at:end] = weight
            documents[r, at:end] = number
            at = end
    targets = np.where(weights[:, 1:] != 0, ids[:, 1:], IGNORE)
    return Batch(
        torch.from_numpy(ids[:, :-1].copy()),
        torch.from_numpy(targets),
        torch.from_numpy(weights[:, 1:].copy()),
        torch.from_numpy(documents[:, :-1].copy()),
    )


class PackedBatches:
    """The batches of a mixture of sources.  `step()` gives this rank's share of one optimizer step."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        rows: int,
        length: int,
        pad: int,
        seed: int,
        rows_per_piece: int | None = None,
        answers_only: bool = True,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """rows: of a whole step, over all ranks; rows_per_piece: of one forward pass on one rank; answers_only: of a
        conversation, only what the assistant says is asked for.

        DataError when the sources hold nothing that fits; ConfigError when rows do not divide over ranks and pieces.
        """
        self.sources, self.length, self.pad, self.seed = sources, length, pad, seed
        self.rows, self.rank, self.world = rows, rank, world
        self.answers_only = answers_only
        self.rows_per_piece = rows // world if rows_per_piece is None else rows_per_piece
        if self.rows_per_piece < 1 or rows % (self.rows_per_piece * world):
            piece = josa(f"--rows-per-piece {self.rows_per_piece}", "으로")
            raise ConfigError(
                say(
                    f"{josa(f'--rows {rows}', '은')} 프로세스 {world}개 × {piece} 나누어지지 않습니다.",
                    f"--rows {rows} does not divide into {world} processes x --rows-per-piece {self.rows_per_piece}.",
                )
            )
        self._starts = np.cumsum([0, *(len(source.shard) for source in sources)])
        if self._starts[-1] == 0:
            raise DataError(say("학습할 문서가 없습니다.", "there are no documents to train on."))
        if not any(source.shard.fits(length + 1) for source in sources):
            raise DataError(
                say(
                    f"모든 대화가 문맥 {length}토큰보다 깁니다. --context를 늘린 모델을 쓰세요.",
                    f"every conversation is longer than the context of {length} tokens. Use a model of a longer one.",
                )
            )
        self.epoch, self.cursor = 0, 0
        self._order = self._permutation(0)
        # a buffer of several epochs would put copies of the longest document into the same step
        fits = max(1, min(BUFFER, len(self._order) // 4))
        self._packer = Packer(self._documents(), row=length + 1, size=fits)
        self._used = self._asked = 0

    def step(self) -> list[Batch]:
        """The pieces of the next optimizer step that belong to this rank."""
        rows = [self._packer.next_row() for _ in range(self.rows)]
        self._used += sum(piece.length for row in rows for piece in row)
        self._asked += self.rows * (self.length + 1)
        mine = rows[self.rank :: self.world]
        return [
            make_batch(
                [[self._content(p) for p in row] for row in mine[at : at + self.rows_per_piece]],
                self.length,
                self.pad,
            )
            for at in range(0, len(mine), self.rows_per_piece)
        ]

    @property
    def padding(self) -> float:
        """Share of positions that held padding so far."""
        return 1 - self._used / self._asked if self._asked else 0.0

    def figures(self) -> dict[str, float]:
        return {"epoch": self.epoch, "padding": self.padding}

    def state(self) -> dict[str, Any]:
        """The exact position, as JSON."""
        return {
            "shards": [source.shard.identity for source in self.sources],
            "epoch": self.epoch,
            "cursor": self.cursor,
            "buffer": [list(piece) for piece in self._packer.buffer],
            "dropped": self._packer.dropped,
            "used": self._used,
            "asked": self._asked,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """DataError when the documents are others than those that the position was taken in."""
        mine = [source.shard.identity for source in self.sources]
        if state.get("shards", mine) != mine:  # the first checkpoints do not name them
            raise DataError(
                say(
                    "체크포인트가 배우던 자료와 지금의 자료가 다릅니다 (말뭉치나 마을이 바뀌었습니다). "
                    "원래 자료로 되돌리거나 새 --name으로 시작하세요.",
                    "the data are not those that the checkpoint was learning from (the corpus or the village changed). "
                    "Bring the old data back, or start a new run with --name.",
                )
            )
        self.epoch, self.cursor = state["epoch"], state["cursor"]
        self._order = self._permutation(self.epoch)
        self._packer.buffer = [Piece(*piece) for piece in state["buffer"]]
        self._packer.dropped, self._used, self._asked = state["dropped"], state["used"], state["asked"]

    def _permutation(self, epoch: int) -> NDArray[np.int64]:
        """Numbers of documents in the order of an epoch, each as often as its source's weight says."""
        generator = np.random.default_rng([self.seed, epoch])
        chosen = []
        for index, source in enumerate(self.sources):
            count = len(source.shard)
            whole, part = divmod(source.weight, 1)
            numbers = np.arange(count) + self._starts[index]
            chosen += [numbers] * int(whole)
            chosen.append(generator.permutation(numbers)[: round(part * count)])
        return generator.permutation(np.concatenate(chosen))

    def _documents(self) -> Iterator[Piece]:
        while True:
            if self.cursor >= len(self._order):
                self.epoch, self.cursor = self.epoch + 1, 0
                self._order = self._permutation(self.epoch)
                if not len(self._order):
                    raise DataError(say("모든 자료의 가중치가 0입니다.", "every source has weight 0."))
            number = int(self._order[self.cursor])
            self.cursor += 1
            source = int(np.searchsorted(self._starts, number, side="right")) - 1
            shard = self.sources[source].shard
            start, end = shard.bounds(number - int(self._starts[source]))
            yield Piece(end - start, number, 0, shard.scored is None)

    def _content(self, piece: Piece) -> tuple[NDArray[Any], NDArray[Any]]:
        source = int(np.searchsorted(self._starts, piece.document, side="right")) - 1
        shard = self.sources[source].shard
        start = shard.bounds(piece.document - int(self._starts[source]))[0] + piece.start
        end = start + piece.length
        if shard.scored is not None and self.answers_only:
            return shard.ids[start:end], shard.scored[start:end].astype(np.float32)
        weights = np.ones(piece.length, dtype=np.float32)
        if piece.start:
            weights[0] = 0  # the tail of a cut text does not follow from the piece before it
        return shard.ids[start:end], weights

"""Token shards -> an endless stream of batches, the same for every number of processes.

The order of documents is a permutation by (seed, epoch), computed as it is needed (order.py); the packer turns it into
rows; rank r of W takes rows r, r+W, … of every step.  The position in the stream is small and exact: epoch, cursor, and
the pieces in the packer's buffer with what it owes.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import warn
from nakochat.data.order import Mixture
from nakochat.data.packing import Packer, Piece
from nakochat.data.shards.blocks import DamagedTokens
from nakochat.data.shards.shard import Documents

IGNORE = -100
ASKED = 256  # the number of positions at which a loss is computed is a multiple of this
BUFFER = 1024  # documents that the packer chooses from, and over which the share of texts is evened out
AHEAD = 1024  # places of the order that are computed together
ORDER = "feistel, in turn"  # the rule that orders documents and rows: a position is valid under this one only


@dataclass(frozen=True)
class Batch:
    """Tokens of one forward pass: B rows of T positions."""

    inputs: Tensor  # (B, T) int64
    targets: Tensor  # (B, T) int64; IGNORE where nothing is asked
    weights: Tensor  # (B, T) float32, multiplies the loss: 1, or an advantage
    documents: Tensor  # (B, T) int64: a position sees those of its own number; -1 is padding
    asked: Tensor | None = None  # (N,) int64: indices into B*T, every target among them; None is all of B*T
    starts: Tensor | None = None  # (documents + 1,) int32: where in B*T each begins, and the end of the last
    damaged: int = 0  # pieces of documents that could not be read: padding without targets stands for them

    @classmethod
    def of(cls, inputs: Tensor, targets: Tensor, weights: Tensor, documents: Tensor) -> Self:
        """A batch of these, all (B, T).  `asked` is padded with ignored positions to a multiple of ASKED, so that a
        compiled loss sees few shapes."""
        wanted = (targets != IGNORE).flatten()
        count = max(1, math.ceil(int(wanted.sum()) / ASKED)) * ASKED
        asked = torch.argsort(wanted.byte(), descending=True, stable=True)[:count]
        few = asked if count < len(wanted) else None
        return cls(inputs, targets, weights, documents, few, document_starts(documents))

    @property
    def scored(self) -> int:
        """How many positions have a target."""
        return int((self.targets != IGNORE).sum())

    def to(self, device: torch.device) -> Self:
        asked = None if self.asked is None else self.asked.to(device)
        starts = None if self.starts is None else self.starts.to(device)
        return type(self)(
            self.inputs.to(device),
            self.targets.to(device),
            self.weights.to(device),
            self.documents.to(device),
            asked,
            starts,
        )

    def split(self, rows: int) -> list[Self]:
        """The same rows in batches of `rows` or fewer."""
        if rows >= len(self.inputs):
            return [self]
        whole = (self.inputs, self.targets, self.weights, self.documents)
        parts = zip(*(tensor.split(rows) for tensor in whole), strict=True)
        return [self.of(*part) for part in parts]


def document_starts(documents: Tensor) -> Tensor:
    """(B, T) -> (documents + 1,) int32: where in B*T each begins, and the end of the last.  None crosses rows."""
    begins = torch.ones_like(documents, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    starts = begins.flatten().nonzero().flatten()
    return torch.cat((starts, starts.new_tensor([documents.numel()]))).int()


@dataclass(frozen=True)
class Source:
    """Documents and how often each of them comes in an epoch (2.5: twice, and half of them once more)."""

    shard: Documents
    weight: float = 1.0
    name: str = ""
    """How the metrics call it; a source without a name has no figures of its own."""


def make_batch(rows: Sequence[Sequence[tuple[NDArray[Any], NDArray[Any]]]], length: int, pad: int) -> Batch:
    """Rows of (ids, weights) pieces -> a batch of `length` positions.

    A token's weight says how much predicting *it* counts; 0 is ignored.  The first token of a row is never predicted.
    The last token of a piece predicts the <|bos|> of the text that follows it: that is how a model learns to end.
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
    return Batch.of(
        torch.from_numpy(ids[:, :-1].copy()),
        torch.from_numpy(targets),
        torch.from_numpy(weights[:, 1:].copy()),
        torch.from_numpy(documents[:, :-1].copy()),
    )


def piece_rows(rows: int, rows_per_piece: int | None, world: int) -> int:
    """Rows of one forward pass on one rank, by default all of its share.  ConfigError when rows do not divide."""
    piece = rows // world if rows_per_piece is None else rows_per_piece
    if piece < 1 or rows % (piece * world):
        pieces = "" if rows_per_piece is None else f" × --rows-per-piece {rows_per_piece}"
        fitting = world * max(1, rows_per_piece or 1)
        raise ConfigError(
            say(
                f"{josa(f'--rows {rows}', '은')} 프로세스 {world}개{josa(pieces, '으로') if pieces else '로'} "
                f"나누어지지 않습니다. --rows를 {fitting:,}의 배수로 하거나 프로세스 수를 바꾸세요.",
                f"--rows {rows} does not divide into {world} processes{pieces}. Give --rows as a multiple of "
                f"{fitting:,}, or start another number of processes.",
            )
        )
    return piece


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
        skip_damaged: bool = False,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """rows: of a whole step, over all ranks; rows_per_piece: of one forward pass on one rank; answers_only: in a
        conversation, only what the assistant says is a target; skip_damaged: go on where tokens are damaged.

        DataError when the sources hold nothing that fits; ConfigError when rows do not divide over ranks and pieces.
        """
        self.sources, self.length, self.pad, self.seed = sources, length, pad, seed
        self.rows, self.rank, self.world = rows, rank, world
        self.answers_only, self.skip_damaged = answers_only, skip_damaged
        self.rows_per_piece = piece_rows(rows, rows_per_piece, world)
        self._starts = np.cumsum([0, *(len(source.shard) for source in sources)])
        self._ends: list[int] = self._starts[1:].tolist()
        if self._starts[-1] == 0:
            raise DataError(say("학습할 문서가 없습니다.", "there are no documents to train on."))
        self.epoch, self.cursor = 0, 0
        self._order = Mixture(
            [len(source.shard) for source in sources], [source.weight for source in sources], seed
        )
        if not len(self._order):
            raise DataError(
                say(
                    "가중치가 너무 작아 한 에포크에 문서가 하나도 없습니다. 가중치를 올리세요.",
                    "the weights are so small that an epoch holds no document. Raise them.",
                )
            )
        taken = zip(sources, self._order.shares, strict=True)
        if not any(source.shard.fits(length + 1) for source, share in taken if share):
            raise DataError(
                say(
                    f"모든 대화가 문맥 {length}토큰보다 깁니다. --context를 늘린 모델을 쓰세요.",
                    f"every conversation is longer than the context of {length} tokens. Use a model of a longer one.",
                )
            )
        # a buffer of several epochs would put copies of the longest document into the same step
        fits = max(1, min(BUFFER, len(self._order) // 4))
        self._packer = Packer(self._documents(), row=length + 1, size=fits)
        self._used = self._asked = 0
        self._damaged = 0  # pieces since the last batch

    def step(self) -> list[Batch]:
        """The pieces of the next optimizer step that belong to this rank.  DamagedTokens, unless they are skipped."""
        rows = [self._packer.next_row() for _ in range(self.rows)]
        self._used += sum(piece.length for row in rows for piece in row)
        self._asked += self.rows * (self.length + 1)
        mine = rows[self.rank :: self.world]
        return [
            self._batch(mine[at : at + self.rows_per_piece])
            for at in range(0, len(mine), self.rows_per_piece)
        ]

    def _batch(self, rows: list[list[Piece]]) -> Batch:
        made = make_batch([[self._content(piece) for piece in row] for row in rows], self.length, self.pad)
        found, self._damaged = self._damaged, 0
        return replace(made, damaged=found) if found else made

    @property
    def padding(self) -> float:
        """Share of positions that held padding so far."""
        return 1 - self._used / self._asked if self._asked else 0.0

    def figures(self) -> dict[str, float]:
        """What the metrics show: whole epochs, the share of padding, and how often each named source was gone over."""
        done = self.epoch + self.cursor / len(self._order)
        laps = zip(self.sources, self._order.laps(done), strict=True)
        named = {f"epochs_of_{source.name}": lap for source, lap in laps if source.name}
        return {"epoch": self.epoch, "padding": self.padding, **named}

    def state(self) -> dict[str, Any]:
        """The exact position, as JSON."""
        return {
            "order": ORDER,
            "shards": [source.shard.identity for source in self.sources],
            "epoch": self.epoch,
            "cursor": self.cursor,
            "buffer": [list(piece) for piece in self._packer.buffer],
            "owed": self._packer.owed,
            "dropped": self._packer.dropped,
            "used": self._used,
            "asked": self._asked,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a position.  DataError when it was taken in other documents, or in another order."""
        if state.get("order") != ORDER:
            raise DataError(
                say(
                    "체크포인트가 이전 판의 nakochat이 만든 문서 차례에 있어 정확히 이어 갈 수 없습니다. "
                    "그 판으로 마저 학습하거나 새 --name으로 시작하세요.",
                    "the checkpoint stands in an order of documents of an earlier nakochat, so that it cannot go on "
                    "exactly. Finish it with that version, or start a new run with --name.",
                )
            )
        mine = [source.shard.identity for source in self.sources]
        if state["shards"] != mine:
            raise DataError(
                say(
                    "체크포인트가 배우던 자료와 지금의 자료가 다릅니다 (말뭉치나 마을이 바뀌었습니다). "
                    "원래 자료로 되돌리거나 새 --name으로 시작하세요.",
                    "the data are not those that the checkpoint was learning from (the corpus or the village changed). "
                    "Bring the old data back, or start a new run with --name.",
                )
            )
        self.epoch, self.cursor = state["epoch"], state["cursor"]
        self._packer.documents = self._documents()
        self._packer.buffer = [Piece(*piece) for piece in state["buffer"]]
        self._packer.owed, self._packer.dropped = state["owed"], state["dropped"]
        self._used, self._asked = state["used"], state["asked"]

    def _documents(self) -> Iterator[Piece]:
        """Whole documents from the cursor on, for ever."""
        while True:
            if self.cursor >= len(self._order):
                self.epoch, self.cursor = self.epoch + 1, 0
            sources, documents = self._order.documents(
                self.epoch, self.cursor, min(self.cursor + AHEAD, len(self._order))
            )
            lengths = np.empty_like(documents)
            for source in np.unique(sources):
                mine = sources == source
                lengths[mine] = self.sources[source].shard.lengths(documents[mine])
            numbers = self._starts[sources] + documents
            for source, number, length in zip(
                sources.tolist(), numbers.tolist(), lengths.tolist(), strict=True
            ):
                self.cursor += 1
                yield Piece(length, number, 0, self.sources[source].shard.is_text)

    def _content(self, piece: Piece) -> tuple[NDArray[Any], NDArray[Any]]:
        source = bisect_right(self._ends, piece.document)
        shard = self.sources[source].shard
        try:
            ids, scored = shard.part(piece.document - int(self._starts[source]), piece.start, piece.length)
        except DamagedTokens as error:
            return self._without(piece, error)
        if scored is not None and self.answers_only:
            return ids, scored.astype(np.float32)
        weights = np.ones(piece.length, dtype=np.float32)
        if piece.start:
            weights[0] = 0  # the tail of a cut text does not follow from the piece before it
        return ids, weights

    def _without(self, piece: Piece, error: DamagedTokens) -> tuple[NDArray[Any], NDArray[Any]]:
        """Padding of the same length: every other piece keeps its position, on any number of ranks."""
        if not self.skip_damaged:
            raise error
        warn(say(f"건너뜁니다: {error}", f"skipping: {error}"))
        self._damaged += 1
        return np.full(piece.length, self.pad), np.zeros(piece.length, dtype=np.float32)

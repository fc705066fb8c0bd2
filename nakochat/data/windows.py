"""Texts as one stream of tokens -> batches of windows at random places in it, as nanoGPT takes them.

For a few long texts and a short context, where packed rows (batches.py) would be neighbours: a step's rows would all be
about the same thing.  A window may reach over the border of two texts.  The places of a step follow from seed and step
alone, so that the position is one number and the same for every number of processes.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.core.progress import warn
from nakochat.data.batches import IGNORE, Batch, piece_rows
from nakochat.data.shards.blocks import DamagedTokens
from nakochat.data.shards.shard import Documents


class WindowBatches:
    """The batches of one source.  `step()` gives this rank's share of one optimizer step."""

    def __init__(
        self,
        documents: Documents,
        *,
        rows: int,
        length: int,
        seed: int,
        rows_per_piece: int | None = None,
        skip_damaged: bool = False,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """rows: of a whole step, over all ranks; rows_per_piece: of one forward pass on one rank; skip_damaged: go on
        where tokens were damaged.

        DataError when there is no window of that length; ConfigError when rows do not divide over ranks and pieces.
        """
        self.documents, self.rows, self.length, self.seed = documents, rows, length, seed
        self.rank, self.world, self.skip_damaged = rank, world, skip_damaged
        self.rows_per_piece = piece_rows(rows, rows_per_piece, world)
        self._ends = np.cumsum(documents.lengths(np.arange(len(documents))))
        self.tokens = int(self._ends[-1]) if len(self._ends) else 0
        if self.tokens <= length:
            raise DataError(
                say(
                    f"글이 문맥 {length}토큰보다 짧습니다: {self.tokens}토큰. 글을 더 모으거나 --context를 줄이세요.",
                    f"the texts are shorter than the context of {length} tokens: {self.tokens}. Gather more, or lower "
                    "--context.",
                )
            )
        self.taken = 0

    def step(self) -> list[Batch]:
        """The pieces of the next optimizer step that belong to this rank.  DamagedTokens, unless they are skipped."""
        random = np.random.default_rng([self.seed, self.taken])
        places = random.integers(0, self.tokens - self.length, self.rows)
        self.taken += 1
        mine = places[self.rank :: self.world]
        return [
            self._batch(mine[at : at + self.rows_per_piece])
            for at in range(0, len(mine), self.rows_per_piece)
        ]

    def figures(self) -> dict[str, float]:
        """How many times as many tokens were seen as there are."""
        return {"epoch": self.taken * self.rows * self.length / self.tokens}

    def state(self) -> dict[str, Any]:
        """The exact position, as JSON."""
        return {"windows": self.taken, "shards": [self.documents.identity]}

    def restore(self, state: dict[str, Any]) -> None:
        """DataError when the position was taken in other documents, or in another order."""
        if "windows" not in state or state["shards"] != [self.documents.identity]:
            raise DataError(
                say(
                    "체크포인트가 배우던 자료와 지금의 자료가 다릅니다. 원래 자료로 되돌리거나 새 --name으로 "
                    "시작하세요.",
                    "the data are not those that the checkpoint was learning from. Bring the old data back, or start "
                    "a new run with --name.",
                )
            )
        self.taken = state["windows"]

    def _batch(self, places: NDArray[np.int64]) -> Batch:
        windows = [self._window(int(place)) for place in places]
        whole = torch.tensor([window is not None for window in windows])
        nothing = np.zeros(self.length + 1, dtype=np.int64)
        rows = torch.from_numpy(
            np.stack([nothing if window is None else window for window in windows])
        )  # (B, T + 1)
        inputs, targets = rows[:, :-1].contiguous(), rows[:, 1:].clone()
        targets[~whole] = IGNORE
        made = Batch.of(inputs, targets, torch.ones(targets.shape), torch.zeros_like(inputs))
        return replace(made, damaged=int((~whole).sum()))

    def _window(self, place: int) -> NDArray[np.int64] | None:
        """None where it is damaged and skipped: every other row keeps its position."""
        try:
            return self._ids(place)
        except DamagedTokens as error:
            if not self.skip_damaged:
                raise
            warn(say(f"건너뜁니다: {error}", f"skipping: {error}"))
            return None

    def _ids(self, place: int) -> NDArray[np.int64]:
        """The window that begins there.  -> (length + 1,)"""
        parts: list[NDArray[Any]] = []
        wanted = self.length + 1
        document = int(np.searchsorted(self._ends, place, side="right"))
        while wanted:
            begins = int(self._ends[document - 1]) if document else 0
            at = max(place - begins, 0)
            here = min(wanted, int(self._ends[document]) - begins - at)
            parts.append(self.documents.part(document, at, here)[0])
            wanted, document = wanted - here, document + 1
        return np.concatenate(parts).astype(np.int64)

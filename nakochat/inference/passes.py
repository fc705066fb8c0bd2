"""The tokens of a step -> the logits behind every sequence that has caught up, on a GPU.

The model runs in passes of a few fixed numbers of rows, each of which is captured once as a CUDA graph and replayed: a
step of a small model is hundreds of kernels, and launching them one by one takes longer than they do.  Tokens that are
computed by themselves go together, filled up to the next power of two; pieces of prompts go together in other passes,
64 rows each.

`exact`: every pass has 64 rows, whatever there is to do.  A matrix product's order of additions is chosen by its shape,
which is then always the same; attention's does not depend on the company (slot_attention.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nakochat.inference.scheduler import Row, Work
from nakochat.inference.slots import BLOCK, Slots
from nakochat.models import attention
from nakochat.models.attention import Sight
from nakochat.models.model import Model

ROWS = BLOCK  # of a piece of a prompt, and of every pass where it has to be exact
MOST_ROWS = 256  # tokens by themselves in one pass
MOST_PIECES = 32  # in one pass


class Attend(Protocol):
    """slot_attention.attend_slots, or what computes the same."""

    def __call__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        keys: Tensor,
        values: Tensor,
        slots: Tensor,
        places: Tensor,
        *,
        scale: float,
        window: int | None,
        alone: bool,
    ) -> Tensor: ...


class RowsCache:
    """What the models ask of a cache (models/attention.py): N rows of any sequences.  B is 1 and T is N."""

    def __init__(self, slots: Slots, laid: Tensor, alone: bool, attend: Attend) -> None:
        """laid (4, N): each row's token, the one before it, its slot and its place; -1 where a row is no token."""
        self.slots, self.laid, self.alone, self._attend = slots, laid, alone, attend
        self._places = laid[3].clamp_min(0)[None]  # (1, N)

    def positions(self, new: int) -> Tensor:
        """(1, N)"""
        return self._places

    def previous(self, ids: Tensor) -> Tensor:
        """(1, N)"""
        return self.laid[1][None]

    def sight(self, new: int, window: int | None = None) -> Sight:
        return Sight(None, None, window)

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, sight: Sight, scale: float) -> Tensor:
        """Write k, v (1, N, K, C) and attend with q (1, N, H, C).  -> (1, N, H, C)"""
        keys, values = self.slots.keys[layer], self.slots.values[layer]
        return self._attend(
            q[0],
            k[0],
            v[0],
            keys,
            values,
            self.laid[2],
            self.laid[3],
            scale=scale,
            window=sight.window,
            alone=self.alone,
        )[None]


@dataclass(frozen=True)
class Pass:
    """A number of rows, ready to be computed: what is written into `laid` before `run` makes `out`."""

    laid: Tensor  # (4, N)
    run: Callable[[], Tensor]
    """Logits (N, V) of tokens by themselves, hidden states (N, D) of pieces; good until the next pass runs."""


class Passes:
    """Computes steps.  graphs: capture each pass on its first use; compile: let the compiler join small kernels."""

    def __init__(
        self,
        model: Model,
        slots: Slots,
        *,
        exact: bool,
        graphs: bool = True,
        compile: bool = False,
        attend: Attend | None = None,
    ) -> None:
        if attend is None:
            from nakochat.inference.slot_attention import attend_slots  # needs Triton

            attend = attend_slots
        self.model, self.slots, self.exact, self._attend = model, slots, exact, attend
        self._device = slots.keys.device
        self._pool = torch.cuda.graph_pool_handle() if graphs else None
        self._passes: dict[tuple[int, bool], Pass] = {}
        if compile:
            _compile_layers(model)

    def run(self, work: Sequence[Work], running: Mapping[int, Row]) -> tuple[Tensor | None, list[int]]:
        """Compute a step's work.  -> logits (ready, V), None where nothing is ready, and whose they are"""
        ones = [part for part in work if part.one]
        pieces = [part for part in work if not part.one]
        most = (1, ROWS) if self.exact else (MOST_PIECES, MOST_ROWS)
        groups = [*_groups(pieces, most[0]), *_groups(ones, most[1])]  # a piece goes before what follows it
        tables = [self._table(group, running) for group in groups]
        laid = torch.from_numpy(np.concatenate(tables, axis=1)).to(self._device)  # one transfer
        logits: list[Tensor] = []
        keys: list[int] = []
        own = laid.split([table.shape[1] for table in tables], dim=1)
        for group, rows in zip(groups, own, strict=True):
            made = self._run(rows, group[0].one)
            if group[0].one:
                logits.append(made[: len(group)].clone() if len(groups) > 1 else made[: len(group)])
                keys += [part.key for part in group]
                continue
            last = {part.key: ROWS * n + part.end - part.start - 1 for n, part in enumerate(group)}
            ends = [part.key for part in group if part.end == len(running[part.key].tokens)]
            if ends:  # what a tool answered
                logits.append(self._logits(made[[last[key] for key in ends]]))
                keys += ends
        return (torch.cat(logits) if len(logits) > 1 else logits[0] if logits else None), keys

    def _table(self, group: Sequence[Work], running: Mapping[int, Row]) -> NDArray[np.int64]:
        """What a pass is given (RowsCache): tokens side by side, or each piece from a row of its own on."""
        if group[0].one:
            table = _blank(ROWS if self.exact else _power(len(group)))
            tokens = [running[part.key].tokens for part in group]
            n = len(group)
            table[0, :n] = [own[part.start] for own, part in zip(tokens, group, strict=True)]
            table[1, :n] = [
                own[part.start - 1] if part.start else 0 for own, part in zip(tokens, group, strict=True)
            ]
            table[2, :n] = [part.slot for part in group]
            table[3, :n] = [part.start for part in group]
            return table
        table = _blank(ROWS * _power(len(group)))
        for number, part in enumerate(group):
            own = running[part.key].tokens
            here = slice(ROWS * number, ROWS * number + part.end - part.start)
            table[0, here] = own[part.start : part.end]
            table[1, here] = own[part.start - 1 : part.end - 1] if part.start else [0, *own[: part.end - 1]]
            table[2, here] = part.slot
            table[3, here] = range(part.start, part.end)
        return table

    def _run(self, laid: Tensor, alone: bool) -> Tensor:
        """Compute a pass.  laid (4, N) -> what Pass.run gives"""
        key = laid.shape[1], alone
        with torch.cuda.device_of(laid):  # Triton launches on the thread's own GPU, which may be another
            if key not in self._passes:
                self._passes[key] = self._capture(*key)
            found = self._passes[key]
            found.laid.copy_(laid)
            return found.run()

    def _capture(self, rows: int, alone: bool) -> Pass:
        """A pass of so many rows."""
        laid = torch.from_numpy(_blank(rows)).to(self._device)

        def compute() -> Tensor:
            hidden = self.model.hidden(laid[0][None], RowsCache(self.slots, laid, alone, self._attend))[0]
            return self.model.logits(hidden) if alone else hidden

        if self._pool is None:
            return Pass(laid, compute)
        # kernels are compiled and chosen in a first pass
        with torch.cuda.stream(torch.cuda.Stream(self._device)):
            torch.cuda.synchronize(self._device)
            compute()
            torch.cuda.synchronize(self._device)
        graph = torch.cuda.CUDAGraph()
        # thread_local: another thread may load a model meanwhile
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            out = compute()

        def replay() -> Tensor:
            graph.replay()
            return out

        return Pass(laid, replay)

    def _logits(self, hidden: Tensor) -> Tensor:
        """(n, D) -> (n, V)"""
        count = len(hidden)
        if not self.exact:
            return self.model.logits(hidden)
        fill = hidden.new_zeros(-count % ROWS, hidden.shape[1])
        blocks = torch.cat((hidden, fill)).split(ROWS)
        return torch.cat([self.model.logits(block) for block in blocks])[:count]


def _groups(work: Sequence[Work], most: int) -> list[Sequence[Work]]:
    return [work[at : at + most] for at in range(0, len(work), most)]


def _power(count: int) -> int:
    """The next power of two."""
    return 1 << (count - 1).bit_length()


def _blank(rows: int) -> NDArray[np.int64]:
    """A table of padding rows.  -> (4, rows)"""
    table = np.full((4, rows), -1, dtype=np.int64)
    table[:2] = 0
    return table


def _compile_layers(model: Model) -> None:
    """Fuse what lies between matrices and attention; all layers of one shape share a compiled graph."""
    attention.attend_cached = torch.compiler.disable(attention.attend_cached)
    for layer in model.layers:
        layer.compile()

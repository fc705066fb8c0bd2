"""Documents in some order -> rows of a fixed length, best-fit.  The one packer of all stages.

A buffer of documents is kept sorted by length; a row takes the longest that still fits, again and again.  When none
fits, a text is cut to fill the row and its tail goes back into the buffer (losing nothing but tails too short to
teach); where the buffer holds no text, only conversations, which are never cut, the row ends in padding.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from heapq import merge
from math import inf
from typing import NamedTuple


class Piece(NamedTuple):
    """Part of a document: `length` tokens from `start`, and whether it may be cut.  Sorted by length first."""

    length: int
    document: int
    start: int
    is_text: bool


class Packer:
    """`documents` yields whole documents; when it ends, rows end too.  `buffer` is the state that a resume restores.

    Texts and conversations are sorted apart: the longest that fits and the text to cut are each a bisection away.
    """

    def __init__(self, documents: Iterator[Piece], *, row: int, size: int = 256) -> None:
        """row: tokens; size: documents looked at for a fit."""
        self.documents, self.row, self.size = documents, row, size
        self.dropped = 0
        """Tokens of tails too short to keep, and of conversations longer than a row."""
        self._texts: list[Piece] = []
        self._chats: list[Piece] = []

    @property
    def buffer(self) -> list[Piece]:
        """Pieces that no row has taken yet, by length."""
        return list(merge(self._texts, self._chats))

    @buffer.setter
    def buffer(self, pieces: Sequence[Piece]) -> None:
        self._texts = sorted(piece for piece in pieces if piece.is_text)
        self._chats = sorted(piece for piece in pieces if not piece.is_text)

    def next_row(self) -> list[Piece]:
        """Pieces that fill one row of `row` tokens, or less where padding is needed; none when all is packed."""
        pieces: list[Piece] = []
        room = self.row
        while room > 0:
            self._refill()
            piece = self._take(room)
            if piece is None:
                break
            pieces.append(piece)
            room -= piece.length
        return pieces

    def _refill(self) -> None:
        while len(self._texts) + len(self._chats) < self.size:
            piece = next(self.documents, None)
            if piece is None:
                return
            if piece.is_text:
                insort(self._texts, piece)
            elif piece.length <= self.row:
                insort(self._chats, piece)
            else:
                self.dropped += piece.length

    def _take(self, room: int) -> Piece | None:
        """The longest piece that fits into room, or the front of a text, or None."""
        fitting = [
            (pieces[index], pieces, index)
            for pieces in (self._texts, self._chats)
            if (index := bisect_right(pieces, (room, inf)) - 1) >= 0
        ]
        if fitting:
            _, pieces, index = max(fitting, key=lambda found: found[0])
            return pieces.pop(index)
        if not self._texts:
            return None
        piece = self._texts.pop(0)
        tail = piece.length - room
        if tail >= self.row // 8:
            insort(self._texts, Piece(tail, piece.document, piece.start + room, True))
        else:
            self.dropped += tail
        return piece._replace(length=room)

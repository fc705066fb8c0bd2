"""Documents in some order -> rows of a fixed length, best-fit.  The one packer of all stages.

A buffer of documents is kept sorted by length; a row takes the longest that still fits, again and again.  When none
fits, a text is cut to fill the row and its tail goes back into the buffer (losing nothing but tails too short to
teach); where the buffer holds no text, only conversations, which are never cut, the row ends in padding.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Piece(NamedTuple):
    """Part of a document: `length` tokens from `start`, and whether it may be cut.  Sorted by length first."""

    length: int
    document: int
    start: int
    is_text: bool


@dataclass
class Packer:
    """`documents` yields whole documents; when it ends, rows end too.  `buffer` is the state that a resume restores."""

    documents: Iterator[Piece]
    row: int
    size: int = 256
    """Documents looked at for a fit."""
    buffer: list[Piece] = field(default_factory=list)
    dropped: int = 0
    """Tokens of tails too short to keep, and of conversations longer than a row."""

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
        while len(self.buffer) < self.size:
            piece = next(self.documents, None)
            if piece is None:
                return
            if piece.length > self.row and not piece.is_text:
                self.dropped += piece.length
            else:
                insort(self.buffer, piece)

    def _take(self, room: int) -> Piece | None:
        """The longest piece that fits into room, or the front of a text, or None."""
        index = bisect_right(self.buffer, room, key=lambda piece: piece.length) - 1
        if index >= 0:
            return self.buffer.pop(index)
        text = next((i for i, piece in enumerate(self.buffer) if piece.is_text), None)
        if text is None:
            return None
        piece = self.buffer.pop(text)
        tail = piece.length - room
        if tail >= self.row // 8:
            insort(self.buffer, Piece(tail, piece.document, piece.start + room, True))
        else:
            self.dropped += tail
        return piece._replace(length=room)

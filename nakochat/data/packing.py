"""Documents in some order -> rows of a fixed length, best-fit.  The one packer of all stages.

A row begins with the piece that has waited longest, of texts or of conversations: of whichever less has been taken so
far, as a share of what came.  Then it takes the longest that still fits, again and again.  When none fits, the text
that has waited longest is cut to fill the row; where there are only conversations, which are never cut, the row ends
in padding.  The tail of a cut text goes to the end of the queue: a long document is spread over several steps, and
loses nothing but tails too short to teach.

Choosing by length alone would take the longest documents last, and with a buffer that is always filled up, never.
"""

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """Part of a document: `length` tokens from `start`, and whether it may be cut."""

    length: int
    document: int
    start: int
    is_text: bool


class Queue(OrderedDict[int, Piece]):
    """Pieces of one kind by age, the longest waiting first."""

    waiting = 0
    """Tokens of all of them."""

    def put(self, age: int, piece: Piece) -> None:
        self[age] = piece
        self.waiting += piece.length

    def take(self, age: int) -> Piece:
        piece = self.pop(age)
        self.waiting -= piece.length
        return piece


class Packer:
    """`documents` yields whole documents; when it ends, rows end too.  `buffer` and `owed` are the state that a resume
    restores.

    What waited longest is the head of a queue, the longest that fits a bisection away.
    """

    def __init__(self, documents: Iterator[Piece], *, row: int, size: int = 256) -> None:
        """row: tokens; size: documents looked at for a fit."""
        self.documents, self.row, self.size = documents, row, size
        self.dropped = 0
        """Tokens of tails too short to keep, and of conversations longer than a row."""
        self.owed = 0
        """Tokens of text that rows should hold by their share of what waits, and do not yet."""
        self._texts, self._chats = Queue(), Queue()
        self._lengths: list[tuple[int, int]] = []  # of both, sorted: (length, minus age)
        self._ages = 0  # given so far

    @property
    def buffer(self) -> list[Piece]:
        """Pieces that no row has taken yet, the longest waiting first."""
        waiting = {**self._texts, **self._chats}
        return [waiting[age] for age in sorted(waiting)]

    @buffer.setter
    def buffer(self, pieces: Sequence[Piece]) -> None:
        self._texts, self._chats, self._lengths = Queue(), Queue(), []
        for piece in pieces:
            self._put(piece)

    def next_row(self) -> list[Piece]:
        """Pieces that fill one row of `row` tokens, or less where padding is needed; none when all is packed."""
        self._refill()
        self.owed += self.row * self._texts.waiting // max(1, self._texts.waiting + self._chats.waiting)
        age = self._first()
        pieces: list[Piece] = []
        room = self.row
        while age is not None:
            pieces.append(self._take(age, room))
            room -= pieces[-1].length
            self._refill()
            age = self._fitting(room) if room else None
        self.owed -= sum(piece.length for piece in pieces if piece.is_text)
        return pieces

    def _refill(self) -> None:
        while len(self._lengths) < self.size:
            piece = next(self.documents, None)
            if piece is None:
                return
            if piece.is_text or piece.length <= self.row:
                self._put(piece)
            else:
                self.dropped += piece.length

    def _put(self, piece: Piece) -> None:
        """At the end of its queue."""
        (self._texts if piece.is_text else self._chats).put(self._ages, piece)
        insort(self._lengths, (piece.length, -self._ages))
        self._ages += 1

    def _first(self) -> int | None:
        """What a row begins with."""
        turn = self._texts if self.owed >= self.row // 2 else self._chats
        return next(iter(turn or self._texts or self._chats), None)

    def _fitting(self, room: int) -> int | None:
        """The longest that fits, of equals the oldest; else the oldest text, to be cut."""
        index = bisect_right(self._lengths, (room, 0)) - 1
        return -self._lengths[index][1] if index >= 0 else next(iter(self._texts), None)

    def _take(self, age: int, room: int) -> Piece:
        """The piece, out of the buffer; no more of it than fits."""
        piece = (self._texts if age in self._texts else self._chats).take(age)
        del self._lengths[bisect_left(self._lengths, (piece.length, -age))]
        tail = piece.length - room
        if tail <= 0:
            return piece
        if tail >= self.row // 8:
            self._put(Piece(tail, piece.document, piece.start + room, True))
        else:
            self.dropped += tail
        return piece._replace(length=room)

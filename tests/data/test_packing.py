from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from nakochat.data.packing import Packer, Piece


def plain_rows(documents, row, size):
    """The same packing over one unsorted list, without any cleverness."""
    documents, buffer = iter(documents), []
    while True:
        pieces, room = [], row
        while room:
            while len(buffer) < size and (piece := next(documents, None)) is not None:
                if piece.is_text or piece.length <= row:
                    buffer.append(piece)
            if fitting := [piece for piece in buffer if piece.length <= room]:
                piece = max(fitting)
                buffer.remove(piece)
            elif texts := [piece for piece in buffer if piece.is_text]:
                whole = min(texts)
                buffer.remove(whole)
                if whole.length - room >= row // 8:
                    buffer.append(Piece(whole.length - room, whole.document, whole.start + room, True))
                piece = whole._replace(length=room)
            else:
                break
            pieces.append(piece)
            room -= piece.length
        if not pieces:
            return
        yield pieces


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=80),
    st.integers(8, 40),
    st.integers(1, 20),
)
def test_rows_are_those_of_the_plain_packing(documents, row, size):
    pieces = [Piece(length, number, 0, is_text) for number, (length, is_text) in enumerate(documents)]
    packer = Packer(iter(pieces), row=row, size=size)
    for expected in plain_rows(pieces, row, size):
        assert packer.next_row() == expected
    assert packer.next_row() == []


def test_a_buffer_put_back_gives_the_same_rows():
    pieces = [Piece(3 + n * 7 % 30, n, 0, n % 3 > 0) for n in range(300)]
    stream = iter(pieces)
    packer = Packer(stream, row=32, size=50)
    for _ in range(20):
        packer.next_row()
    rest = list(stream)
    other = Packer(iter(rest), row=32, size=50)
    other.buffer = packer.buffer
    packer.documents = iter(rest)
    assert packer.buffer == sorted(packer.buffer)
    for _ in range(40):
        assert packer.next_row() == other.next_row()


def test_conversations_of_usual_lengths_leave_little_padding():
    lengths = [40 + (n * 7919) % 700 for n in range(5000)]
    packer = Packer((Piece(length, n, 0, False) for n, length in enumerate(lengths)), row=2049)
    rows = list(islice(iter(packer.next_row, []), 700))
    assert 1 - sum(piece.length for row in rows for piece in row) / (2049 * len(rows)) < 0.08

import itertools
import random
from collections import Counter
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from nakochat.data.packing import Packer, Piece


def plain_rows(documents, row, size):
    """The same packing over one unsorted list, without any cleverness."""
    documents, buffer, owed = iter(documents), [], 0

    def refill():
        while len(buffer) < size and (piece := next(documents, None)) is not None:
            if piece.is_text or piece.length <= row:
                buffer.append(piece)

    while True:
        refill()
        if not buffer:
            return
        texts = [piece for piece in buffer if piece.is_text]
        owed += row * sum(piece.length for piece in texts) // sum(piece.length for piece in buffer)
        wanted = [piece for piece in buffer if piece.is_text == (owed >= row // 2)]
        whole, pieces, room = (wanted or buffer)[0], [], row
        while whole is not None:
            buffer.remove(whole)
            tail = whole.length - room
            if tail > 0 and tail >= row // 8:
                buffer.append(Piece(tail, whole.document, whole.start + room, True))
            pieces.append(whole._replace(length=min(whole.length, room)))
            room -= pieces[-1].length
            refill()
            fitting = [piece for piece in buffer if piece.length <= room]
            texts = [piece for piece in buffer if piece.is_text]
            if not room or not (fitting or texts):
                whole = None
            else:  # max gives the first, and so the oldest, of equals
                whole = max(fitting, key=lambda piece: piece.length) if fitting else texts[0]
        owed -= sum(piece.length for piece in pieces if piece.is_text)
        yield pieces


@settings(max_examples=200)
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


def test_long_documents_come_in_their_turn_and_texts_in_their_share():
    """Of web pages among conversations every length comes at once, from the first rows on."""
    row, rng = 257, random.Random(0)
    lengths = [
        (rng.randint(300, 12_000), True) if n % 30 == 0 else (rng.randint(30, 150), False)
        for n in range(40_000)
    ]
    pieces = [Piece(length, n, 0, is_text) for n, (length, is_text) in enumerate(lengths)]
    stream = iter(pieces)
    packer = Packer(stream, row=row, size=1024)
    rows = [packer.next_row() for _ in range(3000)]
    learned = Counter()
    for piece in itertools.chain(*rows):
        learned[piece.document] += piece.length
    came = pieces[: next(stream).document]
    for least, most in ((300, 4000), (4000, 8000), (8000, 12_001)):
        of_these = [piece for piece in came if piece.is_text and least <= piece.length < most]
        assert sum(learned[piece.document] for piece in of_these) > 0.6 * sum(
            piece.length for piece in of_these
        )
    wanted = sum(length for length, is_text in lengths if is_text) / sum(length for length, _ in lengths)
    for at in range(0, 3000, 100):
        texts = sum(piece.length for piece in itertools.chain(*rows[at : at + 100]) if piece.is_text)
        assert abs(texts / (100 * row) - wanted) < 0.15


def test_the_rows_of_a_long_document_lie_apart():
    pieces = [Piece(5000 if n == 40 else 700, n, 0, True) for n in range(600)]
    packer = Packer(iter(pieces), row=257, size=64)
    held = [n for n in range(1300) if any(piece.document == 40 for piece in packer.next_row())]
    assert len(held) > 15  # of 20
    assert min(after - before for before, after in itertools.pairwise(held)) > 16


def test_a_buffer_put_back_gives_the_same_rows():
    pieces = [Piece(3 + n * 7 % 30, n, 0, n % 3 > 0) for n in range(300)]
    stream = iter(pieces)
    packer = Packer(stream, row=32, size=50)
    for _ in range(20):
        packer.next_row()
    rest = list(stream)
    other = Packer(iter(rest), row=32, size=50)
    other.buffer, other.owed = packer.buffer, packer.owed
    packer.documents = iter(rest)
    for _ in range(40):
        assert packer.next_row() == other.next_row()


def test_conversations_of_usual_lengths_leave_little_padding():
    lengths = [40 + (n * 7919) % 700 for n in range(5000)]
    packer = Packer((Piece(length, n, 0, False) for n, length in enumerate(lengths)), row=2049)
    rows = list(islice(iter(packer.next_row, []), 700))
    assert 1 - sum(piece.length for row in rows for piece in row) / (2049 * len(rows)) < 0.08

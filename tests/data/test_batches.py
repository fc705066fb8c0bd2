import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nakochat.core.errors import ConfigError, DataError
from nakochat.data.batches import IGNORE, Batch, PackedBatches, Source
from nakochat.data.packing import Packer, Piece
from nakochat.data.shards.shard import TokenShard

BOS, PAD = 90, 99


def text(*lengths: int) -> TokenShard:
    return TokenShard.from_documents((([BOS, *range(1, n)], None) for n in lengths), 100)


def chats(*lengths: int) -> TokenShard:
    return TokenShard.from_documents(
        (([BOS, *range(1, n)], [i % 2 == 0 for i in range(n)]) for n in lengths), 100
    )


def batches(shards, **changes) -> PackedBatches:
    options = {"rows": 4, "length": 16, "pad": PAD, "seed": 3, **changes}
    return PackedBatches([Source(shard) for shard in shards], **options)


def test_text_rows_are_full_and_targets_are_the_next_tokens():
    stream = batches([text(*range(5, 60))])
    for _ in range(20):
        (batch,) = stream.step()
        assert (batch.inputs != PAD).all()
        asked = batch.targets[:, :-1] != IGNORE
        assert torch.equal(batch.targets[:, :-1][asked], batch.inputs[:, 1:][asked])
        # not asked for: only where the tail of a cut text begins
        begins = batch.documents[:, 1:] != batch.documents[:, :-1]
        assert torch.equal(~asked, begins & (batch.inputs[:, 1:] != BOS))
    assert stream.padding == 0


def test_what_the_assistant_does_not_say_is_not_asked_for():
    (batch,) = batches([chats(9, 7, 16, 5)]).step()
    asked = batch.targets != IGNORE
    assert asked.any()
    assert torch.equal(batch.weights != 0, asked)
    # in chats() a token's scored exactly when it is even and no <|bos|>
    assert (batch.targets[asked] % 2 == 0).all()
    assert not (batch.targets == PAD).any()


def test_every_token_of_a_conversation_can_be_asked_for():
    (batch,) = batches([chats(9, 7, 16, 5)], answers_only=False).step()
    asked = batch.targets != IGNORE
    assert torch.equal(asked[:, :-1], batch.documents[:, 1:] >= 0)


def test_conversations_are_never_cut():
    stream = batches([chats(9, 7, 16, 5, 40)])
    for _ in range(10):
        (batch,) = stream.step()
        for row, documents in zip(batch.inputs, batch.documents, strict=True):
            for number in set(documents.tolist()) - {-1}:
                assert row[documents == number][0] == BOS
    assert stream._packer.dropped  # the one of 40 tokens fits no row


@pytest.mark.parametrize("world", [2, 4])
def test_every_number_of_ranks_sees_the_same_rows(world):
    shards = [text(*range(5, 60)), chats(*range(5, 15))]
    alone = batches(shards)
    ranks = [batches(shards, rank=rank, world=world) for rank in range(world)]
    for _ in range(10):
        (whole,) = alone.step()
        for rank, stream in enumerate(ranks):
            (share,) = stream.step()
            assert torch.equal(share.inputs, whole.inputs[rank::world])
            assert torch.equal(share.targets, whole.targets[rank::world])


def test_a_restored_stream_goes_on_exactly():
    shards = [text(*range(5, 60)), chats(*range(5, 15))]
    stream, other = batches(shards), batches(shards)
    for _ in range(7):
        stream.step()
    other.restore(stream.state())
    for _ in range(30):
        assert torch.equal(stream.step()[0].inputs, other.step()[0].inputs)


def test_pieces_of_a_step_are_its_rows_in_order():
    shards = [text(*range(5, 60))]
    (whole,), pieces = batches(shards).step(), batches(shards, rows_per_piece=2).step()
    assert torch.equal(torch.cat([piece.inputs for piece in pieces]), whole.inputs)


def test_a_weight_repeats_documents_within_an_epoch():
    stream = PackedBatches(
        [Source(text(*[9] * 10), 2.5, "ten"), Source(text(*[9] * 10), 0)], rows=25, length=8, pad=PAD, seed=0
    )
    stream.step()
    taken = [piece.document for piece in stream._packer.buffer]
    assert stream.epoch == 1  # 25 documents were the first epoch; the packer holds some of the second
    assert stream.figures()["epochs_of_ten"] == pytest.approx(2.5 + len(taken) / 10)
    assert max(taken) < 10


def test_a_source_of_weight_zero_gives_nothing_to_train_on():
    with pytest.raises(DataError, match="가중치"):
        PackedBatches([Source(text(9), 0)], rows=1, length=8, pad=PAD, seed=0)
    with pytest.raises(DataError, match="깁니다"):  # what fits has no weight, what has a weight does not fit
        PackedBatches([Source(text(9), 0), Source(chats(40))], rows=1, length=8, pad=PAD, seed=0)


def test_a_position_in_another_order_is_refused():
    state = batches([text(*range(5, 60))]).state()
    del state["order"]
    with pytest.raises(DataError, match="차례"):
        batches([text(*range(5, 60))]).restore(state)


def test_the_position_is_small_and_stays_so():
    stream = batches([text(*range(5, 600))])
    for _ in range(200):
        stream.step()
    assert len(stream.state()["buffer"]) <= 256
    assert len(str(stream.state())) < 8000


def test_nothing_to_train_on_is_an_error():
    with pytest.raises(DataError):
        batches([TokenShard.from_documents([], 100)])


def test_conversations_that_all_are_too_long_are_an_error_and_not_for_ever():
    with pytest.raises(DataError, match="16"):
        batches([chats(18, 40)])
    batches([chats(17, 40)]).step()
    batches([chats(18, 40), text(40)]).step()


@pytest.mark.parametrize(
    "changes", [{"rows_per_piece": 3}, {"world": 3}, {"world": 8}, {"rows_per_piece": 0}]
)
def test_rows_that_do_not_divide_are_a_setting_to_mend(changes):
    with pytest.raises(ConfigError, match="--rows 4") as refused:
        batches([text(20)], **changes)
    assert ("--rows-per-piece" in str(refused.value)) is (
        "rows_per_piece" in changes
    )  # what was not set is not named


def test_a_position_in_other_documents_is_refused(tmp_path):
    text(*range(5, 60)).save(tmp_path / "a")
    text(*range(6, 61)).save(tmp_path / "b")
    first, other = (TokenShard.load(tmp_path / name) for name in "ab")
    state = batches([first]).state()
    batches([TokenShard.load(tmp_path / "a")]).restore(state)
    with pytest.raises(DataError, match="--name"):
        batches([other]).restore(state)


@settings(max_examples=50)
@given(st.lists(st.integers(2, 60), min_size=1, max_size=30), st.integers(8, 40), st.booleans())
def test_the_packer_never_overfills_nor_repeats(lengths, row, is_text):
    stream = iter(
        [Piece(n, number, 0, is_text) for number, n in enumerate(lengths)]
        + [Piece(1, 10**6, 0, True)] * 10**5
    )
    packer = Packer(stream, row=row, size=8)
    seen = set()
    for _ in range(60):
        pieces = packer.next_row()
        assert sum(piece.length for piece in pieces) <= row
        for piece in pieces:
            if piece.document < 10**6:
                spans = {
                    (piece.document, position) for position in range(piece.start, piece.start + piece.length)
                }
                assert not spans & seen
                seen |= spans


def test_a_shard_comes_back_from_disk_and_a_flipped_bit_is_found(tmp_path):
    shard = chats(9, 7, 16)
    shard.save(tmp_path / "shard")
    loaded = TokenShard.load(tmp_path / "shard")
    assert np.array_equal(loaded.ids, shard.ids)
    assert np.array_equal(loaded.scored, shard.scored)
    damaged = bytearray((tmp_path / "shard" / "ids.npy").read_bytes())
    damaged[-1] ^= 1
    (tmp_path / "shard" / "ids.npy").write_bytes(damaged)
    with pytest.raises(DataError):
        TokenShard.load(tmp_path / "shard")


def test_what_is_asked_holds_every_target_and_comes_in_few_sizes():
    targets = torch.full((4, 200), IGNORE)
    targets[torch.rand(4, 200, generator=torch.Generator().manual_seed(0)) < 0.4] = 1
    rest = (torch.zeros(4, 200, dtype=torch.int64),) * 2
    batch = Batch.of(rest[0], targets, torch.ones(4, 200), rest[1])
    assert len(batch.asked) == len(set(batch.asked.tolist())) == 512
    assert set((targets.flatten() == 1).nonzero().flatten().tolist()) <= set(batch.asked.tolist())

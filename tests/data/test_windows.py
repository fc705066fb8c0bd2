import pytest
import torch

from nakochat.core.errors import ConfigError, DataError
from nakochat.data.batches import IGNORE
from nakochat.data.shards.blocks import BLOCK, DamagedTokens
from nakochat.data.shards.shard import TokenShard
from nakochat.data.windows import WindowBatches


@pytest.fixture
def shard():
    documents = [list(range(0, 7)), list(range(7, 8)), list(range(8, 40))]
    return TokenShard.from_documents(((ids, None) for ids in documents), 50)


def test_a_window_is_a_piece_of_the_stream_and_its_targets_follow(shard):
    batches = WindowBatches(shard, rows=512, length=9, seed=0)
    (batch,) = batches.step()
    assert batch.inputs.shape == batch.targets.shape == (512, 9)
    assert torch.equal(batch.targets, batch.inputs + 1)  # across the borders of documents too
    assert batch.scored == 512 * 9
    assert set(batch.inputs[:, 0].tolist()) == set(range(0, 31))  # every place, the first and the last
    assert not batch.documents.any()


def test_the_places_follow_from_seed_and_step_whoever_asks(shard):
    alone = WindowBatches(shard, rows=8, length=5, seed=3)
    first, second = alone.step()[0].inputs, alone.step()[0].inputs
    assert not torch.equal(first, second)
    ranks = [
        WindowBatches(shard, rows=8, length=5, seed=3, rank=r, world=2, rows_per_piece=2) for r in (0, 1)
    ]
    parts = [torch.cat([piece.inputs for piece in batches.step()]) for batches in ranks]
    assert torch.equal(torch.stack(parts, 1).flatten(0, 1), first)
    later = WindowBatches(shard, rows=8, length=5, seed=3)
    ranks[0].step()
    state = ranks[0].state()
    later.restore({**state, "windows": 1})
    assert torch.equal(later.step()[0].inputs, second)
    assert later.figures() == {"epoch": 2 * 8 * 5 / 40}


def test_what_cannot_be_is_refused(shard):
    with pytest.raises(DataError):
        WindowBatches(shard, rows=2, length=40, seed=0)
    with pytest.raises(ConfigError):
        WindowBatches(shard, rows=3, length=4, seed=0, rows_per_piece=2)
    for state in ({"epoch": 0, "shards": [""]}, {"windows": 1, "shards": ["other"]}):
        with pytest.raises(DataError):
            WindowBatches(shard, rows=2, length=4, seed=0).restore(state)


def test_windows_that_were_damaged_stop_it_or_are_passed_over_where_they_stand(tmp_path, capsys):
    documents = [([n % 50 for n in range(4 * BLOCK)], None)]
    TokenShard.from_documents(documents, 50).save(tmp_path / "shard")

    def batches(**options):
        return WindowBatches(
            TokenShard.load(tmp_path / "shard", verify=False), rows=64, length=9, seed=0, **options
        )

    (before,) = batches().step()
    content = bytearray((tmp_path / "shard" / "ids.npy").read_bytes())
    content[-1] ^= 1  # in the last block
    (tmp_path / "shard" / "ids.npy").write_bytes(content)
    with pytest.raises(DamagedTokens):
        batches().step()
    (after,) = batches(skip_damaged=True).step()
    lost = (after.targets == IGNORE).all(dim=1)
    assert 0 < int(lost.sum()) == after.damaged < 64
    assert after.scored == int((~lost).sum()) * 9
    assert torch.equal(after.inputs[~lost], before.inputs[~lost])
    assert torch.equal(after.targets[~lost], before.targets[~lost])
    assert capsys.readouterr().err.count("건너뜁니다") == after.damaged

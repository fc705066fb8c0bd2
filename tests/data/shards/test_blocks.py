"""Shards damaged under a training that reads them: never silent, and what stays is what was there."""

import random

import numpy as np
import pytest

from nakochat.core.errors import DataError
from nakochat.data.batches import PackedBatches, Source
from nakochat.data.shards.blocks import BLOCK, DamagedTokens
from nakochat.data.shards.shard import TokenShard

HEADER = 128  # of an .npy, read once where it is opened
LENGTHS = (5, 700, 3, 2048, 40, 5000, 1, 900)


@pytest.fixture
def shard(tmp_path):
    """A shard of conversations on disk: text has no scored.npy."""
    rng = random.Random(0)
    documents = [([rng.randrange(1, 100) for _ in range(n)], [rng.random() < 0.5] * n) for n in LENGTHS]
    TokenShard.from_documents(documents, 100).save(tmp_path / "shard")
    return tmp_path / "shard"


def whole(shard: TokenShard) -> list[tuple]:
    return [shard.part(document, 0, length) for document, length in enumerate(LENGTHS)]


def damage(file, kind, rng, after=0) -> None:
    """In place, as a disk does it: whoever has the file open sees it."""
    data = file.read_bytes()
    at = rng.randrange(after, len(data))
    with file.open("r+b") as handle:
        if kind == "truncate":
            handle.truncate(at)
        else:
            handle.seek(at)
            handle.write(
                bytes([data[at] ^ (1 << rng.randrange(8))]) if kind == "flip" else flipped(data, at, rng)
            )


def flipped(data, at, rng) -> bytes:
    """Zeros, or ones where zeros were."""
    length = min(rng.choice([1, 16, 512]), len(data) - at)
    return bytes(length) if any(data[at : at + length]) else b"\xff" * length


def readable(shard, before) -> list[DamagedTokens]:
    """The errors of documents that cannot be read; all others are what they were."""
    errors = []
    for document, length in enumerate(LENGTHS):
        try:
            ids, scored = shard.part(document, 0, length)
        except DamagedTokens as error:
            errors.append(error)
            continue
        assert np.array_equal(ids, before[document][0])
        assert np.array_equal(scored, before[document][1])
    return errors


def test_every_part_is_what_was_saved(shard):
    loaded = TokenShard.load(shard)
    assert loaded.blocks is not None
    for document, length in enumerate(LENGTHS):
        start, _ = loaded.bounds(document)
        for begin, count in ((0, length), (length // 2, length - length // 2), (0, 0)):
            ids, scored = loaded.part(document, begin, count)
            assert np.array_equal(ids, loaded.ids[start + begin : start + begin + count])
            assert np.array_equal(scored, loaded.scored[start + begin : start + begin + count])


def test_of_200_damages_while_it_is_read_none_is_silent(shard, tmp_path):
    rng, saved = random.Random(0), {path.name: path.read_bytes() for path in shard.iterdir()}
    before = whole(TokenShard.load(shard))
    for number in range(200):
        kind, name = ("flip", "truncate", "zero")[number % 3], ("ids.npy", "scored.npy")[number // 3 % 2]
        (shard / name).write_bytes(saved[name])
        loaded = TokenShard.load(shard)
        damage(shard / name, kind, rng, after=HEADER)
        said = [str(error) for error in readable(loaded, before)]
        assert said, (number, kind, name)
        assert all(str(shard) in text for text in said)
        with pytest.raises(DataError):
            TokenShard.load(shard)
        (shard / name).write_bytes(saved[name])


@pytest.mark.parametrize("name", ["about.json", "ends.npy", "checks.npy"])
def test_a_resume_reads_the_small_files_whole(shard, name):
    TokenShard.load(shard, verify=False)
    data = bytearray((shard / name).read_bytes())
    data[-2] ^= 1
    (shard / name).write_bytes(data)
    with pytest.raises(DataError, match="손상"):
        TokenShard.load(shard, verify=False)


def stream(shard, **changes) -> PackedBatches:
    options = {"rows": 4, "length": 64, "pad": 0, "seed": 3, "answers_only": False, **changes}
    return PackedBatches([Source(shard)], **options)


@pytest.fixture
def text_shard(tmp_path):
    rng = random.Random(0)
    documents = [([rng.randrange(1, 100) for _ in range(64)], None) for _ in range(200)]
    TokenShard.from_documents(documents, 100).save(tmp_path / "text")
    return tmp_path / "text"


def spoil_one_block(folder) -> None:
    with (folder / "ids.npy").open("r+b") as file:
        file.seek(HEADER + 2 * BLOCK * 2 + 100)
        file.write(b"\xff\xff")


def test_a_damaged_shard_stops_the_batches_with_its_name(text_shard):
    batches = stream(TokenShard.load(text_shard))
    spoil_one_block(text_shard)
    with pytest.raises(DamagedTokens, match="--damaged-data skip"):
        [batches.step() for _ in range(60)]


def test_what_is_damaged_is_left_out_and_nothing_else_changes(text_shard, capsys):
    good = stream(TokenShard.load(text_shard))
    before = [good.step()[0] for _ in range(50)]
    ranks = [stream(TokenShard.load(text_shard), skip_damaged=True, rank=r, world=2) for r in range(2)]
    alone = stream(TokenShard.load(text_shard), skip_damaged=True)
    spoil_one_block(text_shard)
    left_out = 0
    for whole_step in before:
        (mine,), parts = alone.step(), [rank.step()[0] for rank in ranks]
        assert mine.damaged == sum(part.damaged for part in parts)
        for r, part in enumerate(parts):  # every number of ranks leaves out the same
            assert part.inputs.equal(mine.inputs[r::2])
            assert part.targets.equal(mine.targets[r::2])
        stays = mine.inputs != 0
        assert mine.inputs[stays].equal(whole_step.inputs[stays])
        asked = mine.targets >= 0
        assert mine.targets[asked].equal(whole_step.targets[asked])
        assert int((~stays).sum()) <= 64 * mine.damaged
        left_out += mine.damaged
    # 2,048 tokens in documents of 64, those over the edges included, gone over once or twice in so many steps
    assert 32 <= left_out <= 150
    assert str(text_shard) in capsys.readouterr().err

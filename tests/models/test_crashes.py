"""A save that ends at any place -> the newest whole checkpoint loads, exactly, and the next save works."""

import contextlib
import errno
import random
import shutil
from pathlib import Path

import pytest
import torch

from nakochat.models.checkpoint import Keep, newest_checkpoint, remove_leftovers, save_checkpoint
from nakochat.models.nako import Nako, NakoConfig
from tests.core import faults

MODEL = Nako(NakoConfig(vocab_size=64, layers=1, width=8, heads=1, context=8))
POINTS = 400  # more than a save has


def fresh_copy(source: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    return target


def save(folder, step):
    """A checkpoint whose every tensor is its step."""
    save_checkpoint(
        folder,
        model=MODEL,
        weights={name: torch.full_like(t, float(step)) for name, t in MODEL.state_dict().items()},
        tokenizer_hash="hash",
        state={"step": step, "steps": 9, "data": {"cursor": 10 * step}},
        optimizer={"moments": torch.full((3, 5), float(step))},
    )


def loaded_step(folder) -> int | None:
    """The step of the newest whole checkpoint, whose every value has to be that step's."""
    found = newest_checkpoint(folder)
    if found is None:
        return None
    tensors = [*found.weights().values(), *found.optimizer_state().values()]
    assert all(bool((tensor == found.step).all()) for tensor in tensors)
    assert found.state["data"] == {"cursor": 10 * found.step}
    return found.step


@pytest.fixture
def two(tmp_path):
    """Two checkpoints, 1 and 2."""
    for step in (1, 2):
        save(tmp_path / "two", step)
    return tmp_path / "two"


@pytest.mark.parametrize("power", [False, True], ids=["killed", "power cut"])
@pytest.mark.parametrize("first", [False, True], ids=["third", "first"])
def test_at_every_point_of_a_save_the_newest_whole_checkpoint_loads(tmp_path, two, capsys, power, first):
    ends = []
    for point in range(POINTS):
        folder = tmp_path / "first" / "deep" if first else fresh_copy(two, tmp_path / "copy")
        if first:
            shutil.rmtree(tmp_path / "first", ignore_errors=True)
        dying = faults.Dying(point, power=power)
        with faults.broken(dying), contextlib.suppress(faults.Killed):
            save(folder, 3)
        if point > 3 * len(dying.calls):
            break
        if not dying.dead:
            continue  # only a write has a middle
        found = loaded_step(folder)
        ends.append(found)
        # whoever starts next sweeps up, and saves
        remove_leftovers(folder)
        save(folder, 4)
        assert loaded_step(folder) == 4
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    before = None if first else 2
    assert set(ends) == {before, 3}
    assert ends == sorted(ends, key=lambda end: end or 0)  # once it is there it stays there
    assert ends[-1] == 3
    assert ends.count(before) > 60
    assert "손상" not in capsys.readouterr().err  # what is half written is never taken for a checkpoint


@pytest.mark.parametrize("power", [False, True], ids=["killed", "power cut"])
def test_at_every_point_of_taking_a_damaged_ones_place_the_older_one_loads(tmp_path, two, power):
    (two / "000003").mkdir()
    (two / "000003" / "manifest.json").write_text("{")
    for point in range(POINTS):
        folder = fresh_copy(two, tmp_path / "copy")
        dying = faults.Dying(point, power=power)
        with faults.broken(dying):
            try:
                save(folder, 3)
            except faults.Killed:
                assert loaded_step(folder) in (2, 3)
            else:
                assert loaded_step(folder) == 3
        if not dying.dead and point > 3 * len(dying.calls):
            break


CODES = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EFBIG)


# nothing that saves asks which error it is: in turn every call meets one and every one is met; in full with -m soak
@pytest.mark.parametrize("codes", [CODES, *(pytest.param((code,), marks=pytest.mark.soak) for code in CODES)])
def test_a_disk_that_refuses_any_call_loses_nothing_and_the_next_save_works(tmp_path, two, capsys, codes):
    for number in range(POINTS):
        folder = fresh_copy(two, tmp_path / "copy")
        refusing = faults.Refusing(number, codes[number % len(codes)])
        failed = False
        with faults.broken(refusing):
            try:
                save(folder, 3)
            except OSError:
                failed = True
        assert loaded_step(folder) == (3 if (folder / "000003").exists() else 2)
        assert failed or (folder / "000003").exists()
        save(folder, 4)
        assert loaded_step(folder) == 4
        if len(refusing.calls) <= number:
            break
    assert number > 20


def damage(file: Path, kind: str, rng: random.Random) -> None:
    data = bytearray(file.read_bytes())
    at = rng.randrange(len(data))
    if kind == "flip":
        data[at] ^= 1 << rng.randrange(8)
    elif kind == "truncate":
        del data[at:]
    elif kind == "zero":
        size = min(rng.choice([1, 16, 512, 4096]), len(data) - at)
        if not any(data[at : at + size]):
            data[at] = 0xFF  # zeros were there already
        else:
            data[at : at + size] = bytes(size)
    if kind == "delete":
        file.unlink()
    else:
        file.write_bytes(data)


def test_of_200_damages_none_is_silent_and_the_older_checkpoint_is_used(tmp_path, two, capsys):
    rng = random.Random(0)
    names = sorted(path.name for path in (two / "000002").iterdir())
    for number in range(200):
        kind = ("flip", "truncate", "zero", "delete")[number % 4]
        name = names[number // 4 % len(names)]
        folder = fresh_copy(two, tmp_path / "copy")
        damage(folder / "000002" / name, kind, rng)
        capsys.readouterr()
        assert loaded_step(folder) == 1, (number, kind, name)
        assert "000002" in capsys.readouterr().err


def state_only(folder, step, keep, score=None):
    state = {"step": step, "steps": 99, **({} if score is None else {"score": score})}
    save_checkpoint(folder, model=MODEL, tokenizer_hash="hash", state=state, keep=keep)


@pytest.mark.parametrize(
    ("keep", "stays"),
    [
        (Keep(), [5, 6]),
        (Keep(last=1), [6]),
        (Keep(every=2), [2, 4, 5, 6]),
        (Keep(last=1, best=True), [3, 6]),
        (Keep(last=1, every=4, best=True), [3, 4, 6]),
    ],
)
def test_checkpoints_are_kept_as_asked(tmp_path, keep, stays):
    for step, score in zip(range(1, 7), (2.0, 1.5, 1.1, 1.2, None, 1.3), strict=True):
        state_only(tmp_path, step, keep, score)
    assert sorted(int(path.name) for path in tmp_path.iterdir()) == stays


def test_damaged_checkpoints_beyond_the_new_one_go(tmp_path, two):
    (two / "000002" / "state.json").unlink()
    (two / "000007").mkdir()
    save(two, 3)
    assert sorted(path.name for path in two.iterdir()) == ["000001", "000003"]
    save(two, 4)
    assert sorted(path.name for path in two.iterdir()) == ["000003", "000004"]


def test_a_checkpoint_that_cannot_be_deleted_is_said(tmp_path, two, capsys, monkeypatch):
    def refuse(path):
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr("nakochat.models.checkpoint.remove_folder", refuse)
    save(two, 3)
    assert "000001" in capsys.readouterr().err
    assert loaded_step(two) == 3


def test_a_checkpoint_that_vanishes_while_it_is_read_is_no_damage(tmp_path, two, monkeypatch, capsys):
    from nakochat.models import checkpoint

    whole = checkpoint.is_whole

    def vanish(path):
        if path.name == "000002" and path.exists():
            save(two, 3)
            save(two, 4)
        return whole(path)

    monkeypatch.setattr(checkpoint, "is_whole", vanish)
    assert loaded_step(two) == 4
    assert not capsys.readouterr().err

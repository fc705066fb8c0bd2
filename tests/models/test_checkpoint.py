import pytest
import torch

from nakochat.core.errors import CheckpointError
from nakochat.models.checkpoint import newest_checkpoint, remove_leftovers, save_checkpoint
from nakochat.models.nako import Nako, NakoConfig

CPU = torch.device("cpu")
CONFIG = NakoConfig(vocab_size=70, layers=2, width=32, heads=2, context=16)


def model(seed: int = 0) -> Nako:
    built = Nako(CONFIG)
    built.initialise(seed)
    return built


def save(folder, step, *, seed=0, **changes):
    state = {"step": step, "data": {"epoch": 1}}
    return save_checkpoint(folder, model=model(seed), tokenizer_hash="hash", state=state, **changes)


def newest(folder, step=None):
    found = newest_checkpoint(folder, step)
    assert found is not None
    return found


def test_a_model_comes_back_as_it_was(tmp_path):
    moments = {"head.weight.momentum": torch.randn(4, 3).T}
    path = save(tmp_path, 5, seed=3, optimizer=moments)
    assert sorted(file.name for file in path.iterdir()) == [
        "about.json",
        "manifest.json",
        "model.safetensors",
        "optimizer.safetensors",
        "state.json",
    ]
    found = newest(tmp_path)
    assert (found.step, found.state["data"], found.folder) == (5, {"epoch": 1}, path)
    built = found.model(torch.float32, CPU)
    assert built.config == CONFIG
    for ours, theirs in zip(built.parameters(), model(3).parameters(), strict=True):
        assert torch.equal(ours, theirs)
        assert ours.dtype == torch.float32
    assert torch.equal(found.optimizer_state()["head.weight.momentum"], moments["head.weight.momentum"])


def test_the_hash_is_that_of_the_weights(tmp_path):
    hashes = []
    for number, seed in enumerate((0, 0, 1)):
        save(tmp_path / str(number), 1, seed=seed)
        hashes.append(newest(tmp_path / str(number)).hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_only_the_newest_two_are_kept_by_number_and_not_by_name(tmp_path):
    for step in (5, 999_999, 1_000_000):
        save(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1000000", "999999"]
    assert newest(tmp_path).step == 1_000_000


@pytest.mark.parametrize("file", ["model.safetensors", "state.json", "about.json", "manifest.json"])
def test_a_damaged_checkpoint_is_named_and_passed_over(tmp_path, capsys, file):
    for step in (2, 4):
        save(tmp_path, step)
    path = tmp_path / "000004" / file
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    assert newest(tmp_path).step == 2
    assert "000004" in capsys.readouterr().err
    with pytest.raises(CheckpointError, match="4"):
        newest_checkpoint(tmp_path, 4)


def test_a_step_can_be_asked_for(tmp_path):
    for step in (2, 4):
        save(tmp_path, step)
    assert newest(tmp_path, 2).step == 2
    with pytest.raises(CheckpointError, match="3"):
        newest_checkpoint(tmp_path, 3)


def test_what_a_killed_save_left_is_removed(tmp_path):
    save(tmp_path, 1)
    for name in (".000002.ab12", ".000001.ab12.old", ".config"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".config", "000001"]


def test_files_can_be_read_by_whoever_can_read_the_folder(tmp_path):
    path = save(tmp_path, 1, optimizer={})
    assert len({oct(file.stat().st_mode) for file in path.iterdir()}) == 1


def test_no_checkpoint_is_none_and_strange_folders_are_left_alone(tmp_path):
    assert newest_checkpoint(tmp_path / "nowhere") is None
    for name in ("2 copy", "notes", ".000009.x"):
        (tmp_path / name).mkdir()
    assert newest_checkpoint(tmp_path) is None
    for step in (1, 2, 3):
        save(tmp_path, step)
    assert newest(tmp_path).step == 3
    assert (tmp_path / "2 copy").is_dir()


def test_another_tokenizer_is_refused(tmp_path):
    save(tmp_path, 1)
    newest(tmp_path).require_tokenizer("hash")
    with pytest.raises(CheckpointError, match="tokenizer"):
        newest(tmp_path).require_tokenizer("other")


def test_weights_of_another_shape_are_refused(tmp_path):
    save(tmp_path, 1)
    found = newest(tmp_path)
    for config in ({"width": 64}, {"width": 64, "unknown": 1}):
        found.about["config"].update(config)
        with pytest.raises(CheckpointError, match="000001"):
            found.model(torch.float32, CPU)


@pytest.mark.parametrize("large", ["model", "optimizer"])
def test_a_save_that_fails_leaves_the_checkpoints_alone(tmp_path, full_disk, monkeypatch, large):
    for step in (1, 2):
        save(tmp_path, step)
    moments = {"head.weight.momentum": torch.zeros(200, 200)} if large == "optimizer" else None
    if large == "optimizer":
        monkeypatch.setattr(Nako, "state_dict", lambda self: {"residual_scales": torch.ones(2)})
    with full_disk(), pytest.raises(OSError, match="File too large"):
        save(tmp_path, 3, optimizer=moments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001", "000002"]
    assert newest(tmp_path).step == 2

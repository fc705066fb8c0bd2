import pytest

from nakochat.core.itinerary import ITINERARY, stages_to_come, write_itinerary


def test_the_stages_behind_one_come_with_their_tokens(tmp_path):
    write_itinerary(tmp_path / "run", {"base": 100, "sft": 30, "rl": None})
    assert stages_to_come(tmp_path / "run", after="base") == {"sft": 30, "rl": None}
    assert stages_to_come(tmp_path / "run", after="sft") == {"rl": None}
    assert stages_to_come(tmp_path / "run", after="rl") == {}


def test_the_same_again_is_not_written(tmp_path):
    write_itinerary(tmp_path, {"base": 100})
    before = (tmp_path / ITINERARY).stat().st_mtime_ns
    write_itinerary(tmp_path, {"base": 100})
    assert (tmp_path / ITINERARY).stat().st_mtime_ns == before
    write_itinerary(tmp_path, {"base": 100, "mid": 50})
    assert stages_to_come(tmp_path, after="base") == {"mid": 50}


@pytest.mark.parametrize("content", [None, b"", b"[1]", b'{"mid": ', b"\xff"])
def test_where_nothing_can_be_read_nothing_is_to_come(tmp_path, content):
    if content is not None:
        (tmp_path / ITINERARY).write_bytes(content)
    assert stages_to_come(tmp_path, after="base") == {}


def test_a_stage_whose_tokens_are_no_number_is_to_come_all_the_same(tmp_path):
    (tmp_path / ITINERARY).write_text('{"base": 5, "mid": "many"}')
    assert stages_to_come(tmp_path, after="base") == {"mid": None}

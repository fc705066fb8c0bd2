"""What a training says is to be done can be done: where rl lacks a flag, the stages that have it are named."""

import dataclasses
import re
from pathlib import Path

import pytest

from nakochat.data.shards.blocks import Blocks
from nakochat.data.shards.shard import TokenShard
from nakochat.training import loop_words as words
from nakochat.training.settings import RlSettings


def damaged(folder: Path) -> str:
    TokenShard.from_documents([([1, 2, 3], None)], 300).save(folder)
    return str(Blocks(folder)._damaged(0, 3, "why"))


@pytest.fixture(params=["ko", "en"])
def language(request, monkeypatch):
    monkeypatch.setenv("NAKO_LANG", request.param)


@pytest.mark.usefixtures("language")
def test_what_only_documents_have_is_not_advised_for_answers(tmp_path):
    own = {field.name for field in dataclasses.fields(RlSettings)}
    for text, of_documents in (
        (words.no_room_for_a_row(), {"recompute"}),
        (words.halved(8, 4), {"rows_per_piece"}),
        (damaged(tmp_path / "shard"), {"damaged_data"}),
        (words.gave_up(7, ["norm"], tmp_path), set()),
    ):
        named = {flag.replace("-", "_") for flag in re.findall(r"--([a-z-]+)", text)}
        assert (
            named - own - {"depth", "context"} == of_documents
        )  # those two are of the base that it begins with
        assert ("base, mid, sft" in text or "rl" in text) is bool(of_documents)


@pytest.mark.usefixtures("language")
def test_the_rate_to_lower_is_one_that_every_optimizer_follows(tmp_path):
    text = words.gave_up(7, ["norm"], tmp_path)
    assert "--matrix-rate" not in text
    assert "--rate-scale" in text

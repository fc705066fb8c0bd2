import gc
import os
from pathlib import Path

import pytest
import torch

from nakochat.inference.slots import Slots
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="says nothing of its memory here")
def test_memory_is_taken_where_something_is_written():
    config = LlamaConfig(vocab_size=64, layers=4, width=256, heads=4, kv_heads=4, context=8192)
    model = build_model(config)
    gc.collect()
    before = resident()
    slots = Slots(model, slots=64, length=8192)  # 2 MB for every layer, slot and head: 4 GB in all
    assert resident() - before < 2**22
    for tensor in (slots.keys, slots.values):
        assert tensor.shape == (4, 64, 4, 8192, 64)
        for slot in (3, 40):
            tensor[:, slot, :, :64] = 1.0  # 2 MB of both
        assert torch.equal(tensor[2, 3, 1, :65].sum(dim=-1), torch.tensor([64.0] * 64 + [0.0]))
    assert resident() - before < 2**23

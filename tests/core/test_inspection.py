import os
import socket

import torch

from nakochat.core import inspection
from nakochat.core.inspection import (
    free_disk_bytes,
    free_memory_bytes,
    held_bytes,
    memory_bytes,
    reaches,
    usable_cores,
)


def test_a_container_may_take_what_it_is_allowed(tmp_path, monkeypatch):
    whole = memory_bytes(torch.device("cpu"))
    assert 0 < whole <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    monkeypatch.setattr(inspection, "_container_limit", lambda: 12345)
    assert memory_bytes(torch.device("cpu")) == 12345


def test_what_is_free_is_no_more_than_there_is(tmp_path):
    free = free_memory_bytes()
    assert free is None or 0 < free <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert free_disk_bytes(tmp_path) > 0
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_what_is_held_grows_with_what_is_taken():
    before = held_bytes(torch.device("cpu"))
    taken = torch.ones(20_000_000)
    assert held_bytes(torch.device("cpu")) - before > 0.9 * 4 * len(taken)


def test_a_port_that_nobody_listens_on_is_not_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert reaches("127.0.0.1", port)
    assert not reaches("127.0.0.1", port)

"""An engine process from its start to its end, with a few lines of Python in the place of one."""

import asyncio
import logging
import sys

from nakochat.serving.engines import device as devices
from nakochat.serving.engines.device import Device

SAYS_HELLO = """
import socket, sys
front = socket.socket(fileno=int(sys.argv[1]))
front.sendall(b'{"is": "alive"}\\n')
front.recv(1)
"""


class Owner:
    """Breaks on the first word of the first process, as a defect of ours would."""

    def __init__(self):
        self.lives, self.deaths, self.is_well = 0, 0, asyncio.Event()

    def connected(self, device):
        self.lives += 1

    def heard(self, device, message):
        if self.lives == 1:
            raise RuntimeError("mutated during iteration")
        self.is_well.set()

    def died(self, device):
        self.deaths += 1


def test_an_engine_is_started_again_whatever_broke_off_listening_to_it(monkeypatch, caplog):
    monkeypatch.setattr(devices, "FIRST_PAUSE", 0.0)

    async def run():
        owner = Owner()
        device = Device(0, [sys.executable, "-S", "-c", SAYS_HELLO])
        device.start(owner)
        async with asyncio.timeout(30):
            await owner.is_well.wait()
        assert (owner.lives, owner.deaths, device.restarts) == (2, 1, 1)
        await device.close()

    with caplog.at_level(logging.ERROR, logger="nakochat"):
        asyncio.run(run())
    assert "mutated during iteration" in caplog.text

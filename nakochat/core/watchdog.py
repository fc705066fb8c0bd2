"""Ranks that step together -> the one that no longer does, named, and the job stopped.

A rank that hangs leaves the others in a collective, where they would wait for hours without a word; one whose machine
is gone may do so too.  Each rank has a thread that is told of every step.  Where none comes for too long, the threads
write down, in a store that all of them reach, whether their rank waits for others or is at work itself.  Who works
while others wait, or says nothing, is what they wait for.  Where all work, nobody hangs: a compiler takes its time.
"""

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from nakochat.core.errors import TrainingError
from nakochat.core.meeting import Store
from nakochat.core.messages import say
from nakochat.core.progress import warn

GRACE = 3.0  # seconds in which every rank that lives has noticed the same


class PeerLost(TrainingError):
    """Another rank is gone, or failed; this one did nothing wrong."""


class Roll:
    """Who is who among the ranks, and what each last said of itself."""

    def __init__(self, store: Store, rank: int, world: int, name: str) -> None:
        self.rank, self.world = rank, world
        self._store = store
        self._store.set(f"name/{rank}", name)

    def say(self, key: str, word: str) -> None:
        self._store.set(f"{key}/{self.rank}", word)

    def words(self, key: str) -> dict[int, str]:
        """What each rank has said under a key, of those that said anything."""
        found = {}
        for rank in range(self.world):
            if self._store.check([f"{key}/{rank}"]):
                found[rank] = self._store.get(f"{key}/{rank}").decode()
        return found

    def names(self, ranks: list[int]) -> str:
        """3/16 (host, pid), …"""
        known = self.words("name")
        return ", ".join(f"{rank}/{self.world} ({known.get(rank, '?')})" for rank in ranks)

    def missing(self, *, grace: float = GRACE) -> PeerLost:
        """For a rank whose connection broke: who is behind it.  Those who still live say so meanwhile."""
        try:
            self.say("left", "lost")
            time.sleep(grace)
            said = self.words("left")
            gone = [rank for rank in range(self.world) if rank not in said]
            failed = [rank for rank, word in said.items() if word == "failed"]
            return PeerLost(_gone(self.names(gone)) if gone else _failed(self.names(failed)))
        except Exception as error:  # the store is on another machine, and has gone with it
            return PeerLost(_lost(error))


class Watchdog:
    """Ends this process where ranks no longer step together.  `beat` is called once for every step."""

    def __init__(
        self,
        roll: Roll,
        patience: float,
        is_waiting: Callable[[], bool],
        *,
        grace: float = GRACE,
        leave: Callable[[int], None] = os._exit,
    ) -> None:
        self._roll, self._patience, self._is_waiting = roll, patience, is_waiting
        self._grace, self._leave = grace, leave
        self._beats, self._last = 0, time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="nako-watchdog", daemon=True)

    def beat(self) -> None:
        self._beats, self._last = self._beats + 1, time.monotonic()

    def __enter__(self) -> Self:
        self.beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(self._grace)

    def _watch(self) -> None:
        while not self._ended.wait(max(0.0, self._last + self._patience - time.monotonic())):
            if time.monotonic() - self._last < self._patience:
                continue
            beats = self._beats
            try:
                self._judge(f"late/{beats}")
            except Exception as error:  # the store is on another machine, and has gone with it
                warn(_lost(error))
                self._leave(1)
                return
            if self._beats == beats:
                self._last = time.monotonic()

    def _judge(self, key: str) -> None:
        """Leaves, unless this rank has gone on meanwhile or every rank is at work."""
        waits = self._is_waiting()
        self._roll.say(key, "waits" if waits else "works")
        self._ended.wait(self._grace)
        said = self._roll.words(key)
        waiting = [rank for rank, word in said.items() if word == "waits"]
        hanging = [rank for rank in range(self._roll.world) if rank not in waiting]
        if not waiting or self._ended.is_set() or time.monotonic() - self._last < self._patience:
            return
        if not waits:
            warn(_stuck(self._roll.names([self._roll.rank])))
            faulthandler.dump_traceback(sys.stderr)
        elif self._roll.rank == min(waiting):
            warn(_hangs(self._roll.names(hanging), self._patience) if hanging else _cut_off(self._patience))
        sys.stderr.flush()
        self._leave(1)


def _hangs(who: str, patience: float) -> str:
    return say(
        f"프로세스 {who}: {patience:g}초 동안 아무 답이 없어 모두 멈춥니다. 그 프로세스가 남긴 말을 보세요. 같은 "
        "명령을 다시 실행하면 마지막 체크포인트에서 이어집니다. 느릴 뿐이라면 --rank-timeout을 늘리세요.",
        f"process {who}: no answer for {patience:g} seconds, so that all of them stop. See what it said. The same "
        "command goes on from the last checkpoint. If it is only slow, give a longer --rank-timeout.",
    )


def _stuck(who: str) -> str:
    return say(
        f"프로세스 {who}: 다른 프로세스들이 여기에서 멈춰 있는 이 프로세스를 기다리다 그만둡니다.",
        f"process {who}: the others have waited for this one, which stands here, and give up.",
    )


def _cut_off(patience: float) -> str:
    return say(
        f"모든 프로세스가 {patience:g}초 동안 서로를 기다려 멈춥니다. 사이의 연결이 끊긴 것입니다. 네트워크를 확인하고 "
        "(GLOO_SOCKET_IFNAME, NCCL_SOCKET_IFNAME) 같은 명령을 다시 실행하세요.",
        f"all processes have waited for each other for {patience:g} seconds, so that they stop: what connects them is "
        "broken. Check the network (GLOO_SOCKET_IFNAME, NCCL_SOCKET_IFNAME) and run the same command again.",
    )


def _gone(who: str) -> str:
    return say(
        f"프로세스 {who}: 말없이 사라졌습니다 (강제로 끝났거나, 메모리가 모자랐거나, 컴퓨터가 꺼졌습니다). 모두 "
        "멈춥니다. 같은 명령을 다시 실행하면 마지막 체크포인트에서 이어집니다.",
        f"process {who} is gone without a word: killed, out of memory, or its machine is off. All stop. The same "
        "command goes on from the last checkpoint.",
    )


def _failed(who: str) -> str:
    return say(
        f"프로세스 {who}: 실패하여 이 프로세스도 멈춥니다. 그 프로세스의 말을 보세요.",
        f"process {who} failed, so that this one stops too. See what it says.",
    )


def _lost(error: Exception) -> str:
    return say(
        f"다른 프로세스들과 더는 말할 수 없어 멈춥니다 ({type(error).__name__}). 같은 명령을 다시 실행하면 마지막 "
        "체크포인트에서 이어집니다.",
        f"stopping: the other processes cannot be reached any more ({type(error).__name__}). The same command goes "
        "on from the last checkpoint.",
    )

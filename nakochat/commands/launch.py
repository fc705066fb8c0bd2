"""One stage and a number of processes -> the stage trained by torchrun, then scored by a process of its own.

The first process speaks in the terminal.  What the others say goes to files of their own, which are shown when the
stage fails and deleted when it does not: mixed, the words of eight processes cannot be read.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from nakochat.core.errors import TrainingError
from nakochat.core.interrupts import Interrupted, to_stop
from nakochat.core.messages import say
from nakochat.core.progress import warn

LINES = 30  # of each process that are shown


def train_in_processes(
    stage: str, words: Sequence[str], *, processes: int, restarts: int, logs: Path
) -> None:
    """`nako train STAGE WORDS` in so many processes.  TrainingError when it did not end well; Interrupted when it was
    asked to stop, and all of them have saved and left.

    restarts: how often it goes on by itself, from its last checkpoint, when a process ends or hangs.
    """
    shutil.rmtree(logs, ignore_errors=True)
    others = ",".join(f"{rank}:3" for rank in range(1, processes))
    launcher = [
        *("-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"),
        *(f"--max-restarts={restarts}", f"--log-dir={logs}", f"--redirects={others}"),
        *("-m", "nakochat"),
    ]
    status = _run([sys.executable, *launcher, "train", stage, *words])
    if not status:
        shutil.rmtree(logs, ignore_errors=True)
        return
    for rank, lines in last_words(logs).items():
        warn(say(f"── 프로세스 {rank}의 출력:", f"── process {rank} said:"))
        warn("\n".join(lines))
    raise TrainingError(
        say(
            f"{stage} 단계가 끝나지 못했습니다 (종료 코드 {status}). 위의 출력을 보고 고친 뒤 같은 명령을 다시 "
            f"실행하면 이어집니다. 프로세스들의 출력은 {logs}에 있습니다.",
            f"{stage} did not finish (exit status {status}). See what it said above; mend that, and the same "
            f"command goes on. What the processes said is in {logs}.",
        )
    )


def score_in_process(run: str, **options: Any) -> None:
    """`evaluate.score_stage` of NAME/STAGE in a process of its own, whose end gives all of its device's memory back.

    The next stage's first process trains on the device that this one scores on.  TrainingError where it failed, which
    it has said; Interrupted when it was asked to stop.
    """
    start = "from nakochat.commands.score_worker import main; main()"
    status = _run([sys.executable, "-X", "utf8", "-c", start, json.dumps({"run": run, **options})])
    if status:
        raise TrainingError(
            say(
                f"{run}의 점수를 매기지 못했습니다 (종료 코드 {status}). 위의 말을 보고 고친 뒤 같은 명령을 다시 "
                "실행하면 여기서부터 이어집니다.",
                f"{run} could not be scored (exit status {status}). See what it said above; mend that, and the same "
                "command goes on from here.",
            )
        )


def _run(command: Sequence[str]) -> int:
    """The exit status of a command, which every wish to stop is passed on to, once, and which is always waited for.

    It gets a session of its own: from a terminal one Ctrl-C would reach it twice, which means to leave at once.
    """
    with _wishes() as wishes:
        process = subprocess.Popen(command, start_new_session=True)
        wishes.send = process.send_signal
        for number in wishes.made:  # before there was anybody to pass it on to
            process.send_signal(number)
        status = process.wait()
    if wishes.made:
        raise Interrupted
    return status


class _Wishes:
    """Signals that asked to stop, and who is told of them."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.send: Callable[[int], None] | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        self.made.append(number)
        if self.send is not None:
            self.send(number)


@contextmanager
def _wishes() -> Iterator[_Wishes]:
    """Ctrl-C, SIGTERM, and a terminal that is closed, noted instead of obeyed."""
    wishes = _Wishes()
    before = {number: signal.signal(number, wishes.note) for number in to_stop()}
    try:
        yield wishes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def last_words(logs: Path) -> dict[int, list[str]]:
    """The end of what each process said in its last attempt: LOGS/ID/attempt_N/RANK/stderr.log.  Those that are silent
    are left out."""
    found: dict[int, list[str]] = {}
    for file in sorted(logs.glob("*/attempt_*/*/stderr.log"), key=lambda path: path.stat().st_mtime):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        if lines:
            found[int(file.parent.name)] = lines[-LINES:]
    return dict(sorted(found.items()))

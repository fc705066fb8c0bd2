"""The terminal chat in a real terminal: a pseudoterminal whose other side the test holds."""

import os
import select
import subprocess
import sys
import textwrap
import time

import pytest

pty = pytest.importorskip("pty", reason="no pseudoterminals on this system")

# the real chat with a model that says back what it was told, letter by letter, and counts without end when asked to
CHAT = """
import itertools, time
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece
from nakochat.serving.terminal import chat, talk

def reply(engine, conversation, sampling):
    said = conversation[-1].text
    for number in itertools.count() if said == "세어" else ():
        yield Piece("text", f"{number}번째 ")
        time.sleep(0.01)
    for letter in f"**{said}** 들었어요":
        yield Piece("text", letter)
    yield Piece("text", "", "stop")

talk.reply = reply
talk.shorten = lambda engine, conversation, sampling: conversation
chat.run_chat(None, sampling=Sampling(), prompt=None, name="시험")
print("\\nLEFT")
"""


class Terminal:
    """A program in a pseudoterminal of 80 columns."""

    def __init__(self, home):
        self._master, slave = pty.openpty()
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "NAKO_HOME": str(home),
            "COLUMNS": "80",
            "LINES": "24",
        }
        command = [sys.executable, "-c", textwrap.dedent(CHAT)]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
            preexec_fn=_take_terminal,
        )  # fmt: skip
        os.close(slave)
        self.seen = self.everything = b""

    def type(self, keys):
        os.write(self._master, keys if isinstance(keys, bytes) else keys.encode())

    def expect(self, text):
        """Read until the text has come after what was expected before."""
        wanted, deadline = text.encode(), time.monotonic() + 60
        while wanted not in self.seen:
            assert time.monotonic() < deadline, self.seen.decode(errors="replace")
            if select.select([self._master], [], [], 1)[0]:
                read = os.read(self._master, 65536)
                if b"\x1b[6n" in read:  # where is the cursor?
                    self.type("\x1b[1;1R")
                self.seen += read
                self.everything += read
        self.seen = self.seen.partition(wanted)[2]

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._master)


def _take_terminal():
    """Make the pseudoterminal the one whose Ctrl-C reaches this process."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


def test_a_talk_in_a_real_terminal(terminal):
    terminal.expect("시험")
    terminal.expect("나>")
    hangul = "한국".encode()
    terminal.type(hangul[:4])  # a syllable in two halves, as slow lines send it
    time.sleep(0.1)
    terminal.type(hangul[4:] + "닭".encode() + b"\x7f\r")  # one backspace takes one whole syllable
    terminal.expect("\x1b[1m한국\x1b[0m 들었어요")

    terminal.expect("나>")
    terminal.type("세어\r")
    terminal.expect("7번째")
    terminal.type(b"\x03")
    terminal.expect("[멈춤]")
    assert b"^C" not in terminal.everything
    assert terminal.process.poll() is None

    terminal.expect("나>")
    terminal.type("/새")
    terminal.expect("/새로")  # offered
    terminal.type("\t\r\r")
    terminal.expect("새 대화를 시작합니다.")
    terminal.expect("나>")
    terminal.type(b"\x1b[A\x1b[A\x1b[A\r")  # the first of the three lines before
    terminal.expect("\x1b[1m한국\x1b[0m 들었어요")
    terminal.expect("나>")
    terminal.type("/끝\r")
    terminal.expect("LEFT")
    assert terminal.process.wait(30) == 0

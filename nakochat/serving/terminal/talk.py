"""A message -> the model's answer, streamed to the screen and remembered: one conversation in a terminal."""

import contextlib
import os
import signal
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType

from nakochat.core.errors import RequestError
from nakochat.core.messages import say
from nakochat.core.progress import warn
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece, reply
from nakochat.serving.terminal.screen import open_screen
from nakochat.serving.turns import join, shorten
from nakochat.text.conversation import Conversation, assistant, user


@dataclass
class Talk:
    """A conversation going on."""

    engine: Engine
    sampling: Sampling
    conversation: Conversation = ()
    name: str = "nakochat"
    stages: Mapping[str, Callable[[], tuple[Engine, str]]] = field(default_factory=dict)
    _has_shortened: bool = field(default=False, init=False)

    def begin(self, conversation: Conversation = ()) -> None:
        """Forget what was said, or go on with another conversation."""
        self.conversation, self._has_shortened = conversation, False

    def switch(self, stage: str) -> None:
        """Go on with the model of another stage.  CheckpointError when it cannot be loaded."""
        self.engine, self.name = self.stages[stage]()

    def answer(self, text: str) -> None:
        """Print the answer to a message as it comes, and remember both.  RequestError when the message is too long."""
        # some terminals type decomposed Hangul
        asked = user(unicodedata.normalize("NFC", _whole_characters(text)))
        conversation = shorten(self.engine, (*self.conversation, asked), self.sampling)
        if len(conversation) < len(self.conversation) + 1 and not self._has_shortened:
            self._has_shortened = True
            warn(
                say(
                    "대화가 길어져서 이제부터 앞부분은 잊습니다.",
                    "the conversation is long: from here on its beginning is forgotten.",
                )
            )
        pieces: list[Piece] = []
        screen = open_screen()
        with keys_unseen(), stopped_by_ctrl_c() as stopped:
            for piece in reply(self.engine, conversation, self.sampling):
                pieces.append(piece)
                screen.show(piece)
                if stopped.is_set():
                    break
        screen.end(pieces[-1].finish if pieces else None)
        parts = join(pieces)
        # an answer that was stopped before its first word would teach the model to say nothing
        self.conversation = (*conversation, assistant(*parts)) if parts else conversation[:-1]


@contextlib.contextmanager
def stopped_by_ctrl_c() -> Iterator[threading.Event]:
    """Within the block Ctrl-C sets the event instead of ending the program; outside a main thread nothing changes."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def keys_unseen() -> Iterator[None]:
    """Within the block a terminal does not write what is typed (^C, or a next question) into the answer that is drawn.

    The keys are kept for the next prompt.
    """
    if os.name == "nt" or not sys.stdin.isatty():
        yield
        return
    import termios  # not on Windows

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    quiet = termios.tcgetattr(handle)
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(handle, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _whole_characters(text: str) -> str:
    """The text, if it can be written as UTF-8.  RequestError otherwise: terminals may send half a character."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RequestError(
            say("글자가 깨져서 들어왔습니다. UTF-8로 입력하세요.", "broken characters came in. Type UTF-8.")
        ) from error
    return text

"""What a person types -> the model's answers, streamed into the terminal.

Between two terminals a prompt with history and editing; through pipes, a line in and an answer out.
"""

import contextlib
import os
import signal
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from nakochat.core.errors import DataError, RequestError
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.core.progress import speak, warn
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece, reply
from nakochat.serving import terminal_commands
from nakochat.serving.terminal_commands import CommandCompleter
from nakochat.serving.terminal_screen import open_screen
from nakochat.serving.turns import join, shorten
from nakochat.text.conversation import Conversation, assistant, user


def run_chat(
    engine: Engine,
    *,
    sampling: Sampling,
    prompt: str | None,
    name: str = "nakochat",
    stages: Mapping[str, Callable[[], tuple[Engine, str]]] | None = None,
) -> None:
    """Talk until Ctrl-D or /끝.  With a prompt: one answer on standard output.

    stages: what loads the model of another stage, and says its name.
    """
    talk = Talk(engine, sampling, name=name, stages=stages or {})
    if prompt is not None:
        talk.answer(prompt)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _converse(talk)
    else:
        for line in _piped_lines():
            if not talk.obey(line):
                return


@dataclass
class Talk:
    """A conversation going on."""

    engine: Engine
    sampling: Sampling
    conversation: Conversation = ()
    name: str = "nakochat"
    stages: Mapping[str, Callable[[], tuple[Engine, str]]] = field(default_factory=dict)
    _has_shortened: bool = field(default=False, init=False)

    def obey(self, line: str) -> bool:
        """Answer what was typed, or do what a command says.  False when that is to end."""
        text = line.strip()
        if terminal_commands.is_command(text):
            return terminal_commands.obey(self, text)
        if text:
            try:
                self.answer(text)
            except RequestError as error:  # the conversation stays as it was
                warn(str(error))
        return True

    def begin(self, conversation: Conversation = ()) -> None:
        """Forget what was said, or go on with another conversation."""
        self.conversation, self._has_shortened = conversation, False

    def switch(self, stage: str) -> None:
        """Go on with the model of another stage.  CheckpointError when it cannot be loaded."""
        self.engine, self.name = self.stages[stage]()

    def answer(self, text: str) -> None:
        """Print the answer to a message as it comes, and remember both.  RequestError when the message is too long."""
        asked = user(
            unicodedata.normalize("NFC", _whole_characters(text))
        )  # some terminals type decomposed Hangul
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


def _converse(talk: Talk) -> None:
    """The loop between two terminals."""
    speak(
        say(
            f"{talk.name}  Enter 보내기 · Alt+Enter 줄바꿈 · Ctrl+C 답 멈추기 · /도움 · Ctrl+D 끝내기",
            f"{talk.name}  Enter sends · Alt+Enter new line · Ctrl+C stops an answer · /help · Ctrl+D ends",
        )
    )
    session = _session(talk)
    while True:
        try:
            line = session.prompt([("bold", say("나> ", "you> "))])
        except EOFError:
            return
        except KeyboardInterrupt:  # an empty prompt, as in a shell
            speak(say("끝내려면 Ctrl+D를 누르세요.", "Ctrl+D ends."))
            continue
        if not talk.obey(line):
            return


def _session(talk: Talk) -> PromptSession[str]:
    """A prompt with the history of earlier talks, which only its owner may read, and commands that complete."""
    path = home() / "chat_history"
    path.touch(mode=0o600)
    keys = KeyBindings()

    @keys.add("enter")
    def send(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None  # the choice that is marked is taken, and not yet sent
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return PromptSession(
        history=FileHistory(str(path)),
        multiline=True,
        key_bindings=keys,
        completer=CommandCompleter(talk),
        complete_while_typing=True,
        reserve_space_for_menu=4,
        prompt_continuation="... ",
    )


def _piped_lines() -> Iterator[str]:
    try:
        yield from sys.stdin
    except UnicodeDecodeError as error:
        raise DataError(
            say(
                "들어온 글이 UTF-8이 아닙니다. UTF-8로 바꾸어 보내세요.",
                "the input is not UTF-8. Convert it to UTF-8 first.",
            )
        ) from error


def _whole_characters(text: str) -> str:
    """The text, if it can be written as UTF-8.  RequestError otherwise: terminals may send half a character."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RequestError(
            say("글자가 깨져서 들어왔습니다. UTF-8로 입력하세요.", "broken characters came in. Type UTF-8.")
        ) from error
    return text

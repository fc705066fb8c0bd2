"""What a person types -> the model's answers, streamed into the terminal.

Between two terminals a prompt with history and editing; through pipes, a line in and an answer out.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from nakochat.core.errors import DataError, RequestError
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.core.progress import printable, speak, warn
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece, reply
from nakochat.serving.turns import join, shorten
from nakochat.text.conversation import Conversation, assistant, user

END = ("/끝", "/end", "/exit", "/quit")
NEW = ("/새로", "/new")


def run_chat(engine: Engine, *, sampling: Sampling, prompt: str | None) -> None:
    """Talk until Ctrl-D or /끝.  With a prompt: one answer on standard output."""
    talk = Talk(engine, sampling)
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
    _has_shortened: bool = field(default=False, init=False)

    def obey(self, line: str) -> bool:
        """Answer what was typed, or do what a command says.  False when that is to end."""
        text = line.strip()
        if text in END:
            return False
        if text in NEW:
            self.conversation, self._has_shortened = (), False
            speak(say("새 대화를 시작합니다.", "A new conversation."))
        elif text.startswith("/") and " " not in text and text[1:].isalpha():
            speak(
                say(
                    f"없는 명령입니다: {text}. /새로, /끝이 있습니다.",
                    f"no command {text}. There are /new and /end.",
                )
            )
        elif text:
            try:
                self.answer(text)
            except RequestError as error:  # the conversation stays as it was
                warn(str(error))
        return True

    def answer(self, text: str) -> None:
        """Print the answer to a message as it comes, and remember both.  RequestError when the message is too long."""
        asked = user(_whole_characters(text))
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
        screen = Screen()
        with stopped_by_ctrl_c() as stopped:
            for piece in reply(self.engine, conversation, self.sampling):
                pieces.append(piece)
                screen.show(piece)
                if stopped.is_set():
                    break
        screen.end(pieces[-1].finish if pieces else None)
        parts = join(pieces)
        # an answer that was stopped before its first word would teach the model to say nothing
        self.conversation = (*conversation, assistant(*parts)) if parts else conversation[:-1]


class Screen:
    """Pieces of one answer -> standard output.  A calculator call gets a line of its own: [계산 37+45 = 82]."""

    def __init__(self) -> None:
        self._call = self._result = ""
        self._at_line_start = True
        self._is_dim = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def show(self, piece: Piece) -> None:
        text = printable(piece.text)
        if piece.kind == "output":
            self._result += text
            return
        if piece.kind == "text" or self._result:
            self._show_call()
        if piece.kind == "text":
            self._write(text)
        else:
            self._call += text

    def end(self, finish: str | None) -> None:
        """The last line, and why the answer is not whole if it is not."""
        self._show_call()
        if finish is None:
            self._note(say("[멈춤]", "[stopped]"))
        elif finish == "length":
            self._note(say("[길이 제한에서 끊김]", "[cut at the length limit]"))
        elif not self._at_line_start:
            self._write("\n")

    def _show_call(self) -> None:
        if self._call:
            equals = f" = {self._result}" if self._result else ""
            self._note(f"[{say('계산', 'calculator')} {self._call}{equals}]")
        self._call = self._result = ""

    def _note(self, text: str) -> None:
        before = "" if self._at_line_start else "\n"
        self._write(before + (f"\x1b[2m{text}\x1b[0m" if self._is_dim else text) + "\n")

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._at_line_start = text.endswith("\n")


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


def _converse(talk: Talk) -> None:
    """The loop between two terminals."""
    speak(
        say(
            "Enter 보내기 · Alt+Enter 줄바꿈 · Ctrl+C 답 멈추기 · /새로 새 대화 · /끝 끝내기",
            "Enter sends · Alt+Enter new line · Ctrl+C stops an answer · /new conversation · /end",
        )
    )
    session = _session()
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


def _session() -> PromptSession[str]:
    """A prompt with the history of earlier talks, which only its owner may read."""
    path = home() / "chat_history"
    path.touch(mode=0o600)
    keys = KeyBindings()

    @keys.add("enter")
    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return PromptSession(history=FileHistory(str(path)), multiline=True, key_bindings=keys)


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

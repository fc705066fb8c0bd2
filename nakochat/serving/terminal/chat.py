"""What a person types -> the model's answers, streamed into the terminal.

Between two terminals a prompt with history and editing; through pipes, a line in and an answer out.
"""

import sys
from collections.abc import Callable, Iterator, Mapping

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.core.progress import speak
from nakochat.inference.engine import Engine
from nakochat.inference.sampling import Sampling
from nakochat.serving.terminal.commands import CommandCompleter, obey
from nakochat.serving.terminal.talk import Talk


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
            if not obey(talk, line):
                return


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
        if not obey(talk, line):
            return


def _session(talk: Talk) -> PromptSession[str]:
    """A prompt with the history of earlier talks and commands that complete."""
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
        history=_history(),
        multiline=True,
        key_bindings=keys,
        completer=CommandCompleter(talk),
        complete_while_typing=True,
        reserve_space_for_menu=4,
        prompt_continuation="... ",
    )


def _history() -> History:
    """What was typed in earlier talks, which only its owner may read; of this talk alone where none can be written."""
    path = home() / "chat_history"
    try:
        path.touch(mode=0o600)
    except OSError as error:
        speak(
            say(
                f"쓴 말을 다음 대화까지 기억하지 못합니다: {path} ({error.strerror}).",
                f"What is typed will not be remembered: {path} ({error.strerror}).",
            )
        )
        return InMemoryHistory()
    return FileHistory(str(path))


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

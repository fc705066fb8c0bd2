"""A line -> an answer; one that begins with / -> what it asks of the talk, in a Korean and an English word."""

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from nakochat.core.errors import ConfigError, DataError, NakoError, RequestError
from nakochat.core.files import write_text
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import padded, speak, warn
from nakochat.inference.sampling import Sampling
from nakochat.serving.terminal.talk import Talk
from nakochat.text.conversation import Conversation, parse_conversation

SETTINGS = {  # Korean name -> field of Sampling, and what it does
    "길이": ("max_tokens", "답의 가장 긴 토큰 수", "most tokens of an answer"),
    "온도": (
        "temperature",
        "0이면 늘 같은 답, 높으면 더 뜻밖의 말",
        "0 says the same; higher is more surprising",
    ),
    "후보": ("top_k", "가장 그럴듯한 몇 개에서 고를지", "choose among so many likeliest"),
    "누적": ("top_p", "합쳐서 이 확률이 되는 것에서 고르기", "choose among those that have this together"),
    "최소": (
        "min_p",
        "가장 그럴듯한 것의 이 비율 이상에서 고르기",
        "choose among those at least this likely",
    ),
    "반복": ("repetition_penalty", "1보다 크면 한 말을 덜 되풀이", "above 1 repeats less"),
    "씨앗": ("seed", "씨앗이 같으면 답도 같음", "the same seed, the same answer"),
}
_OFF = ("끔", "off", "none")


@dataclass(frozen=True, kw_only=True)
class Command:
    """`run` gets the talk and what stands behind the name; False ends the talk."""

    names: tuple[str, ...]
    about: tuple[str, str]
    run: Callable[[Talk, str], bool | None]

    @property
    def name(self) -> str:
        return say(self.names[0], self.names[1])


def commands() -> list[Command]:
    table: list[tuple[tuple[str, ...], str, str, Callable[[Talk, str], bool | None]]] = [
        (("/새로", "/new"), "새 대화를 시작합니다", "begin a new conversation", _new),
        (("/다시", "/again"), "마지막 답을 다시 듣습니다", "answer once more", _again),
        (("/저장", "/save"), "대화를 파일에 씁니다: /저장 이름.md", "write it: /save NAME.md", _save),
        (("/열기", "/open"), "저장한 .json을 이어 갑니다", "go on with a saved .json", _open),
        (
            ("/설정", "/set"),
            "값을 보거나 바꿉니다: /설정 온도 0.7",
            "see or change: /set temperature 0.7",
            _set,
        ),
        (
            ("/단계", "/stage"),
            "다른 단계의 모델로: /단계 base",
            "the model of another stage: /stage base",
            _stage,
        ),
        (("/도움", "/help"), "명령을 봅니다", "list the commands", _help),
        (("/끝", "/end", "/exit", "/quit"), "끝냅니다", "end", lambda talk, rest: False),
    ]
    return [Command(names=names, about=(korean, english), run=run) for names, korean, english, run in table]


def is_command(line: str) -> bool:
    """A slash and letters: a path or a fraction that someone asks about is a message."""
    word = line.split(maxsplit=1)[0] if line.strip() else ""
    return word.startswith("/") and word[1:].isalpha()


def obey(talk: Talk, line: str) -> bool:
    """Answer what was typed, or do what a command says.  False when the talk is to end."""
    text = line.strip()
    if is_command(text):
        return _command(talk, text)
    if text:
        try:
            talk.answer(text)
        except RequestError as error:  # the conversation stays as it was
            warn(str(error))
    return True


def _command(talk: Talk, line: str) -> bool:
    """Do what the line says, and say what is wrong with it."""
    word, _, rest = line.strip().partition(" ")
    for command in commands():
        if word in command.names:
            try:
                return command.run(talk, rest.strip()) is not False
            except NakoError as error:
                warn(str(error))
                return True
    known = ", ".join(command.name for command in commands())
    speak(
        say(
            f"없는 명령입니다: {word}. {josa(known, '이')} 있습니다.",
            f"no command {word}. There are {known}.",
        )
    )
    return True


def _new(talk: Talk, rest: str) -> None:
    talk.begin()
    speak(say("새 대화를 시작합니다.", "A new conversation."))


def _again(talk: Talk, rest: str) -> None:
    asked = [message for message in talk.conversation if message.role == "user"]
    if not asked:
        speak(say("아직 묻지 않았습니다.", "nothing has been asked yet."))
        return
    place = len(talk.conversation) - 1 - talk.conversation[::-1].index(asked[-1])
    talk.conversation = talk.conversation[:place]
    talk.sampling = dataclasses.replace(talk.sampling, seed=talk.sampling.seed + 1)  # else it says the same
    talk.answer(asked[-1].text)


def _save(talk: Talk, rest: str) -> None:
    if not talk.conversation:
        speak(say("저장할 대화가 없습니다.", "there is no conversation to save."))
        return
    path = _path(rest) if rest else _unused(Path.cwd())
    if path.suffix not in (".md", ".json"):
        raise ConfigError(
            say(
                f"{path.name}: .md나 .json으로 끝나는 이름을 주세요. .json은 '/열기'로 다시 엽니다.",
                f"{path.name}: give a name that ends in .md or .json. '/open' opens a .json again.",
            )
        )
    content = (
        _as_json(talk.conversation) if path.suffix == ".json" else as_markdown(talk.conversation, talk.name)
    )
    try:
        if "\x00" in rest or path.exists():
            raise ConfigError(
                say(
                    f"이미 있는 파일입니다: {path}. 다른 이름을 주세요.",
                    f"there is a file {path} already. Give another name.",
                )
            )
        write_text(path, content)
    except OSError as error:
        raise ConfigError(
            say(f"{path}에 쓸 수 없습니다: {error.strerror}.", f"cannot write {path}: {error.strerror}.")
        ) from error
    speak(say(f"저장했습니다: {path}", f"saved: {path}"))


def _path(name: str) -> Path:
    """The file that is meant.  ConfigError where a person stands behind ~ who is not known here."""
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise ConfigError(
            say(
                f"{name}: ~ 바로 뒤의 이름을 가진 사용자가 없습니다. ~/로 시작하거나 ~ 없이 주세요.",
                f"{name}: there is no user of the name behind ~. Begin with ~/, or leave the ~ out.",
            )
        ) from error


def _unused(folder: Path) -> Path:
    numbers = (folder / f"nako-{number}.md" for number in range(1, 10_000))
    return next(path for path in numbers if not path.exists())


def _as_json(conversation: Conversation) -> str:
    """As a chat file for training has it, a conversation on one line."""
    messages = [
        {
            "role": message.role,
            "content": message.text
            if message.role != "assistant"
            else [{"type": part.kind, "text": part.text} for part in message.parts],
        }
        for message in conversation
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False) + "\n"


def as_markdown(conversation: Conversation, name: str) -> str:
    """For people: who said what, calculations beside the words."""
    who = {"user": say("나", "You"), "assistant": name, "system": say("지시", "System")}
    lines = []
    for message in conversation:
        parts = [f"`{part.text}`" if part.kind != "text" else part.text for part in message.parts]
        lines.append("\n\n".join([f"**{who[message.role]}**", *parts]) + "\n")
    return "\n".join(lines)


def _open(talk: Talk, rest: str) -> None:
    path = _path(rest)
    try:
        conversation = parse_conversation(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            say(
                f"{rest or '/열기'}: '/저장 이름.json'으로 쓴 대화를 열 수 없습니다 ({error}).",
                f"{rest or '/open'}: no conversation as '/save NAME.json' writes it ({error}).",
            )
        ) from error
    talk.begin(conversation)
    speak(say(f"{len(conversation)}개의 말을 이어 갑니다.", f"going on after {len(conversation)} messages."))


def _set(talk: Talk, rest: str) -> None:
    name, _, value = rest.partition(" ")
    if not name:
        for korean, (field, *about) in SETTINGS.items():
            shown = padded(_shown(getattr(talk.sampling, field)), 8)
            speak(f"  {padded(say(korean, field), 20)} {shown} {say(*about)}")
        return
    chosen = next((field for korean, (field, *_) in SETTINGS.items() if name in (korean, field)), None)
    if chosen is None:
        known = ", ".join(setting_names())
        raise ConfigError(
            say(f"{josa(repr(name), '이라는')} 설정이 없습니다: {known}.", f"no setting {name!r}: {known}.")
        )
    change: dict[str, Any] = {chosen: _value(chosen, value.strip())}
    talk.sampling = dataclasses.replace(talk.sampling, **change)
    speak(f"{name}: {_shown(getattr(talk.sampling, chosen))}")


def setting_names() -> list[str]:
    return [say(korean, field) for korean, (field, *_) in SETTINGS.items()]


def _shown(value: float | None) -> str:
    return say("끔", "off") if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _value(field: str, text: str) -> float | int | None:
    """ConfigError for what is no value of the setting."""
    kind = typing.get_type_hints(Sampling)[field]
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if text.lower() in _OFF and type(None) in options:
        return None
    try:
        return int(text) if int in options else float(text)
    except ValueError as error:
        raise ConfigError(
            say(f"{field}에 쓸 수 없는 값입니다: {text!r}.", f"not a value for {field}: {text!r}.")
        ) from error


def _stage(talk: Talk, rest: str) -> None:
    there = ", ".join(talk.stages)
    if not rest:
        speak(
            say(
                f"지금은 {talk.name}입니다. 있는 단계: {there or '이것뿐'}.",
                f"this is {talk.name}. Stages: {there or 'only this'}.",
            )
        )
        return
    if rest not in talk.stages:
        raise ConfigError(
            say(f"{rest} 단계가 없습니다. 있는 단계: {there}.", f"no stage {rest}. There are: {there}.")
        )
    talk.switch(rest)
    speak(
        say(f"이제 {talk.name}의 차례입니다. 대화는 이어집니다.", f"now it is {talk.name}. The talk goes on.")
    )


def _help(talk: Talk, rest: str) -> None:
    for command in commands():
        speak(f"  {padded(' '.join(command.names[:2]), 18)} {say(*command.about)}")


class CommandCompleter(Completer):
    """What may stand behind a / as it is typed."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        text = document.text_before_cursor
        if not text.startswith("/") or "\n" in text:
            return
        word, separator, rest = text.partition(" ")
        if not separator:
            for command in commands():
                name = next((name for name in command.names if name.startswith(word)), None)
                if name is not None:
                    shown = command.name if word == "/" else name
                    yield Completion(shown, start_position=-len(word), display_meta=say(*command.about))
            return
        for choice in self._choices(word, rest):
            if choice.startswith(rest):
                yield Completion(choice, start_position=-len(rest))

    def _choices(self, word: str, rest: str) -> list[str]:
        if " " in rest:
            return []
        if word in ("/설정", "/set"):
            return setting_names()
        return list(self._talk.stages) if word in ("/단계", "/stage") else []

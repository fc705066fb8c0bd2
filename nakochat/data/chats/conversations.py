"""Files of conversations, in the forms that people keep them -> conversations in ours.

    messages  {"messages": [{"role": "user", "content": "…"}, …]}            what OpenAI and smol-smoltalk write
    sharegpt  {"conversations": [{"from": "human", "value": "…"}, …]}
    alpaca    {"instruction": "…", "input": "…", "output": "…"}               KoAlpaca too; input may be missing
    pairs     {"question": "…", "answer": "…"}, and other names for the two

Beside these a row may have "system", what the model is told first, and with alpaca and pairs "history", the exchanges
before: [["…", "…"], …].

A row that has another form than its file's is an error, which names its place.  A conversation of the right form
that nothing can be learned from (roles out of order, an empty message) is passed over, and counted: never mended,
never cut.  What is said becomes text and nothing else: a "<|im_end|>" in a file is ten ordinary characters.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.chats.quality import FAULTS, fault
from nakochat.data.chats.rows import Place, chat_files, chat_rows
from nakochat.data.cleaning.cleaner import repair
from nakochat.data.corpus.damage import Damage, DamagedLine
from nakochat.text.conversation import Conversation, Message, Part, Role, parse_conversation

ChatFormat = Literal["messages", "sharegpt", "alpaca", "pairs"]
Reason = Literal["roles", "empty", "long", "damaged", "foreign", "levels", "translated"]
REASONS: dict[str, tuple[str, str]] = {
    "roles": ("말하는 차례가 맞지 않음", "roles out of order"),
    "empty": ("빈 말이 있음", "an empty message"),
    "long": ("문맥보다 긺", "longer than the context"),
    "damaged": ("읽을 수 없음", "unreadable"),
    **FAULTS,
}

_ROLES: dict[str, Role] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "model", "chatgpt"), "assistant"),
}
# (what the user says, what the assistant says)
_PAIRS = (
    *(("question", "answer"), ("prompt", "response"), ("prompt", "completion"), ("input", "output")),
    *(("Q", "A"), ("질문", "답변"), ("질의", "답변"), ("질문", "대답"), ("문제", "정답")),
)
_SYSTEM, _HISTORY = ("system", "system_prompt"), "history"
COLUMNS = frozenset(
    {
        *("messages", "conversations", "instruction", "input", "output", _HISTORY, *_SYSTEM),
        *(name for pair in _PAIRS for name in pair),
    }
)


@dataclass
class Passed:
    """Conversations that were kept and passed over, by reason, and where (file:line) the first of each stands."""

    kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def over(self, reason: Reason, place: Place) -> None:
        self.reasons[reason] += 1
        self.first.setdefault(reason, f"{place.path.name}:{place.number}")

    def __str__(self) -> str:
        words = {reason: say(*named) for reason, named in REASONS.items()}
        return ", ".join(
            say(f"{words[r]} {n:,}개 (처음: {self.first[r]})", f"{words[r]} {n:,} (first: {self.first[r]})")
            for r, n in self.reasons.items()
        )


def read_chats(
    paths: Sequence[Path],
    passed: Passed,
    *,
    chat_format: str | None = None,
    encoding: str = "utf-8",
    clean: bool = False,
    damage: Damage | None = None,
) -> Iterator[tuple[Place, Conversation]]:
    """Every conversation that can be learned from, file after file; `passed` counts the others.

    chat_format names the form; without it, the first row of each file tells.  clean: what quality.py names is passed
    over too.  damage: what to do with a row that cannot be read; without it, it is an error.

    ConfigError for a format that is none.  DataError before the first row: a path that is missing or not what its
    name says.  DataError on the way: a damaged file, a row of another form.
    """
    if chat_format is not None and chat_format not in get_args(ChatFormat):
        known = ", ".join(get_args(ChatFormat))
        raise ConfigError(
            say(
                f"모르는 --chat-format입니다: '{chat_format}'. 쓸 수 있는 것: {known}. 빼면 파일을 보고 정합니다.",
                f"unknown --chat-format '{chat_format}'. There are: {known}. Left out, the file tells.",
            )
        )
    files = chat_files(paths, encoding)
    return _chats(files, passed, chat_format, encoding, clean, damage or Damage())


def _chats(
    files: Sequence[Any],
    passed: Passed,
    chat_format: str | None,
    encoding: str,
    clean: bool,
    damage: Damage,
) -> Iterator[tuple[Place, Conversation]]:
    for file in files:
        form, of_file = chat_format, damage.of(file.path)
        for place, row in chat_rows(file, COLUMNS, encoding, of_file):
            try:
                form = form or _form_of(place, row)
                conversation = _cleaned(_parse(place, row, form))
            except DamagedLine as error:
                of_file.pass_over(error)
                continue
            reason: Reason | None = _fault(conversation) or (fault(conversation) if clean else None)
            if reason is None:
                passed.kept += 1
                yield place, conversation
            else:
                passed.over(reason, place)
        of_file.end()
        if of_file.met:
            passed.reasons["damaged"] += of_file.met
            passed.first.setdefault("damaged", f"{file.path.name}:{of_file.first}")


def _form_of(place: Place, row: dict[str, Any]) -> str:
    if isinstance(row.get("messages"), list):
        return "messages"
    turns = row.get("conversations")
    if isinstance(turns, list):  # some sets keep {"role", "content"} under this name
        return "messages" if turns and isinstance(turns[0], dict) and "role" in turns[0] else "sharegpt"
    if "instruction" in row and "output" in row:
        return "alpaca"
    if _pair_of(row):
        return "pairs"
    raise _malformed(place, say("열: ", "columns: ") + (", ".join(row) or "-"))


def _pair_of(row: dict[str, Any]) -> tuple[str, str] | None:
    return next((pair for pair in _PAIRS if pair[0] in row and pair[1] in row), None)


def _parse(place: Place, row: dict[str, Any], form: str) -> Conversation:
    """What stands beside the turns comes before them; a model that is told twice makes a conversation that _fault
    refuses."""
    told = [_text(place, row, name, needed=False) for name in _SYSTEM]
    first = tuple(Message("system", (Part("text", text),)) for text in told if text.strip())
    return (*first, *_turns(place, row, form))


def _turns(place: Place, row: dict[str, Any], form: str) -> Conversation:
    match form:
        case "messages":
            turns = row.get("messages", row.get("conversations"))
            return tuple(
                _message(place, turn, "role", "content") for turn in _listed(place, turns, "messages")
            )
        case "sharegpt":
            turns = row.get("conversations")
            return tuple(
                _message(place, turn, "from", "value") for turn in _listed(place, turns, "conversations")
            )
        case "alpaca":
            asked = [_text(place, row, "instruction"), _text(place, row, "input", needed=False)]
            question = "\n\n".join(part for part in asked if part.strip())
            return (*_history(place, row), *_exchange(question, _text(place, row, "output")))
    pair = _pair_of(row)
    if pair is None:
        raise _malformed(
            place, say("물음과 답의 열이 없음: ", "no question and answer among ") + ", ".join(row)
        )
    return (*_history(place, row), *_exchange(_text(place, row, pair[0]), _text(place, row, pair[1])))


def _history(place: Place, row: dict[str, Any]) -> Conversation:
    """The exchanges before the last."""
    before = row.get(_HISTORY)
    if before is None or before == "":  # as a table says nothing
        return ()
    if not isinstance(before, list) or not all(_is_exchange(pair) for pair in before):
        why = (
            f"'{_HISTORY}' 열이 [물음, 답]의 목록이 아님",
            f"'{_HISTORY}' is not a list of [question, answer]",
        )
        raise _malformed(place, say(*why))
    return tuple(message for pair in before for message in _exchange(*pair))


def _is_exchange(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(said, str) for said in pair)


def _exchange(asked: str, answered: str) -> Conversation:
    return Message("user", (Part("text", asked),)), Message("assistant", (Part("text", answered),))


def _listed(place: Place, turns: Any, name: str) -> list[Any]:
    if not isinstance(turns, list):
        raise _malformed(place, say(f"'{name}' 목록이 없음", f"no list '{name}'"))
    return turns


def _text(place: Place, row: dict[str, Any], name: str, *, needed: bool = True) -> str:
    """A cell as text; null is empty."""
    if needed and name not in row:
        raise _malformed(place, say(f"'{name}' 열이 없음: ", f"no '{name}' among ") + ", ".join(row))
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise _malformed(
            place, say(f"'{name}' 열이 글이 아님: ", f"'{name}' is not text: ") + type(value).__name__
        )
    return value or ""


def _message(place: Place, turn: Any, speaker: str, said: str) -> Message:
    """One turn; a role that is none of ours (tool, function) makes a message that _fault refuses."""
    if not isinstance(turn, dict) or not isinstance(turn.get(speaker), str) or said not in turn:
        raise _malformed(
            place,
            say(
                f"{josa(repr(speaker), '과')} {josa(repr(said), '이')} 없는 말",
                f"a turn without '{speaker}' and '{said}'",
            ),
        )
    role = _ROLES.get(turn[speaker].strip().lower())
    if role is None:
        return Message("system", ())
    content = turn[said]
    if isinstance(content, list):
        try:
            return parse_conversation({"messages": [{"role": role, "content": content}]})[0]
        except DataError as error:
            raise _malformed(place, str(error)) from error
    return Message(role, (Part("text", _text(place, turn, said)),))


def _cleaned(conversation: Conversation) -> Conversation:
    """The texts repaired as the corpus's are; an empty system message says nothing, and goes."""
    cleaned = (
        Message(m.role, tuple(Part(part.kind, _repaired(part.text, len(m.parts) == 1)) for part in m.parts))
        for m in conversation
    )
    return tuple(m for m in cleaned if not (m.role == "system" and len(m.parts) == 1 and not m.text))


def _repaired(text: str, is_whole: bool) -> str:
    """Without space around it only where it is a whole message: between parts, it parts words."""
    clean = repair(text, Counter())
    if is_whole:
        return clean
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return before + clean + after if clean else before


def _fault(conversation: Conversation) -> Reason | None:
    """Why nothing can be learned: after at most one system message, user and assistant speak in turn, and answer."""
    turns = conversation[1:] if conversation and conversation[0].role == "system" else conversation
    expected = ("user", "assistant") * (len(turns) // 2)
    if not turns or tuple(message.role for message in turns) != expected:
        return "roles"
    if any(m.role == "system" and not m.parts for m in conversation):  # a role that is none of ours
        return "roles"
    if not all(any(part.text.strip() for part in message.parts) for message in turns):
        return "empty"
    return None


def _malformed(place: Place, why: str) -> DamagedLine:
    return DamagedLine(
        say(
            f"대화로 읽을 수 없습니다: {place} ({why}). messages [{{role, content}}], conversations [{{from, value}}], "
            f"instruction·output, {josa('question·answer', '이나')} 이와 같은 열이 있어야 합니다. 그 자리를 고치거나, "
            "--chat-format으로 형식을 알려 주세요.",
            f"not a conversation: {place} ({why}). It must have messages [{{role, content}}], conversations [{{from, "
            "value}], instruction and output, or question and answer. Mend that place, or name the form with "
            "--chat-format.",
        ),
        place.path,
        place.number,
        why,
    )

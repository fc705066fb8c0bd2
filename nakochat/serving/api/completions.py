"""The JSON of /v1/completions -> prompts as ids; how the model goes on -> that API's JSON.

For base models, which go on with a text and know no turns.  A prompt may be ids, too: those of the special tokens are
refused, since only the builder of a conversation writes them.  https://platform.openai.com/docs/api-reference/completions
"""

import codecs
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nakochat.inference.options import Sampling
from nakochat.serving.api.asked import Asked, read_asked
from nakochat.serving.api.openai import DONE, Json, as_whole, checked_text, event, whole, wrong
from nakochat.serving.engines.transcript import Delta, Entry
from nakochat.text.tokenizer import Tokenizer

MOST_PROMPTS = 16
MOST_LOGPROBS = 5


@dataclass(frozen=True)
class TextRequest:
    """What a client asks for: one prompt or several, each a text or ids."""

    prompts: tuple[str | tuple[int, ...], ...]
    asked: Asked


def parse_text(value: Json, defaults: Sampling) -> TextRequest:
    """A request -> what to generate.  BadRequest naming the field that is wrong."""
    logprobs = whole(value, "logprobs", range(MOST_LOGPROBS + 1))
    if value.get("truncation") not in (None, "disabled"):
        raise wrong(
            "truncation", "disabled (글에는 뺄 차례가 없습니다)", "disabled (a text has no turns to drop)"
        )
    return TextRequest(_prompts(value.get("prompt")), read_asked(value, defaults, logprobs))


def _prompts(value: Any) -> tuple[str | tuple[int, ...], ...]:
    prompts = [value] if isinstance(value, str) or _ids(value) else value
    if not isinstance(prompts, list) or not 0 < len(prompts) <= MOST_PROMPTS:
        raise wrong(
            "prompt",
            f"글, 토큰 번호의 목록, 또는 그런 것 1~{MOST_PROMPTS}개의 목록",
            f"string, list of ids, or list of 1 to {MOST_PROMPTS} of them",
        )
    return tuple(_prompt(prompt) for prompt in prompts)


def _prompt(value: Any) -> str | tuple[int, ...]:
    if isinstance(value, str):
        return checked_text(value, "prompt")
    ids = _ids(value)
    if not ids:
        raise wrong("prompt", "글이나 토큰 번호의 목록", "strings or lists of ids")
    return ids


def _ids(value: Any) -> tuple[int, ...]:
    """The ids that a list holds, none where it is no list of ids."""
    numbers = [as_whole(number) for number in value] if isinstance(value, list) else []
    ids = tuple(number for number in numbers if number is not None)
    return ids if len(ids) == len(numbers) else ()


def text_prompt(prompt: str | tuple[int, ...], tokenizer: Tokenizer) -> list[int]:
    """The ids that the model reads.  BadRequest for ids that are none, or control tokens."""
    if isinstance(prompt, str):
        return [tokenizer.bos, *tokenizer.encode(prompt)]
    ids = prompt[1:] if prompt[0] == tokenizer.bos else prompt
    if not all(0 <= number < tokenizer.vocab_size and number not in tokenizer.special_ids for number in ids):
        raise wrong("prompt", "보통 토큰의 번호", "ids of ordinary tokens")
    return [tokenizer.bos, *ids]


def text_completion(frame: Json, answers: Sequence[Sequence[Delta]], counts: Json, asked: Asked) -> Json:
    """The whole of every continuation."""
    choices = []
    for index, deltas in enumerate(answers):
        entries = [entry for delta in deltas for entry in delta.entries]
        choices.append(
            {
                "index": index,
                "text": "".join(delta.text for delta in deltas if delta.kind == "text"),
                "logprobs": None if asked.logprobs is None else _logprobs(entries, _Offsets()),
                "finish_reason": deltas[-1].finish,
            }
        )
    return {**frame, "object": "text_completion", "choices": choices, "usage": counts}


class _Offsets:
    """Where each token of a text begins, in characters; half a character counts where it ends.

    Counted by the tokens: the text of a stream runs ahead of them, where a stop string holds back the end of one.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._read = 0

    def of(self, entry: Entry) -> int:
        """Of the next one."""
        begin = self._read
        self._read += len(self._decoder.decode(entry.data))
        return begin


def _logprobs(entries: Sequence[Entry], offsets: _Offsets) -> Json:
    """As the older API writes them: the token itself stands among the likeliest, so there may be one more of them."""
    return {
        "tokens": [_name(entry.data) for entry in entries],
        "token_logprobs": [entry.logprob for entry in entries],
        "top_logprobs": [
            {_name(data): value for data, value in (*entry.top, (entry.data, entry.logprob))}
            for entry in entries
        ],
        "text_offset": [offsets.of(entry) for entry in entries],
    }


def _name(data: bytes) -> str:
    """A token's text, or its bytes as OpenAI writes them: several pieces of characters would all be named \ufffd."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)


class TextChunks:
    """Deltas -> the events of a stream."""

    def __init__(self, frame: Json, asked: Asked) -> None:
        self._frame, self._asked = frame, asked
        self._offsets: defaultdict[int, _Offsets] = defaultdict(_Offsets)  # of each answer

    def first(self) -> str:
        return ""

    def delta(self, index: int, delta: Delta) -> str:
        said = ""
        if delta.kind == "text" and (delta.text or delta.entries):
            said = self._event(index, delta.text, entries=delta.entries)
        return said + (self._event(index, "", delta.finish) if delta.finish else "")

    def last(self, counts: Json) -> str:
        return (self._write({"choices": [], "usage": counts}) if self._asked.include_usage else "") + DONE

    def _event(
        self,
        index: int,
        text: str,
        finish: str | None = None,
        entries: Sequence[Entry] = (),
    ) -> str:
        choice = {
            "index": index,
            "text": text,
            "logprobs": _logprobs(entries, self._offsets[index]) if entries else None,
            "finish_reason": finish,
        }
        return self._write({"choices": [choice], **({"usage": None} if self._asked.include_usage else {})})

    def _write(self, body: Json) -> str:
        return event({**self._frame, "object": "text_completion", **body})

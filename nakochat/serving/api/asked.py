"""The fields that chats and texts have in common -> how to generate.

What would change the answer and is not done here is refused: better than an answer that ignores it.  Fields that change
nothing (user, metadata, store, ...) are passed over.  Ours, beside OpenAI's: top_k, min_p and repetition_penalty.
"""

import dataclasses
import re
import secrets
from dataclasses import dataclass
from typing import Any

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.serving.api.openai import Json, boolean, checked_text, real, whole, wrong
from nakochat.serving.errors import BadRequest

MOST_ANSWERS = 8  # of one prompt
MOST_STOPS, LONGEST_STOP = 4, 200
MOST_BIASES, LARGEST_BIAS = 300, 100
REALS = ("temperature", "top_p", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty")
# name -> the values that ask for nothing
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "audio": (),
    "modalities": (["text"],),
    "prediction": (),
    "reasoning_effort": (),
    "verbosity": (),
    "web_search_options": (),
    "guided_json": (),
    "guided_regex": (),
    "chat_template": (),
    "chat_template_kwargs": ({},),
    "best_of": (1,),
    "echo": (False,),
    "suffix": ("",),
}
SEEDS = range(-(2**63), 2**63)  # what the noise is hashed from


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How to generate, and how to send it."""

    model: str | None
    sampling: Sampling
    n: int
    stops: tuple[str, ...]
    logit_bias: dict[int, float]
    stream: bool
    include_usage: bool
    logprobs: int | None
    """How many likely tokens stand beside each one; None for no log probabilities."""


def read_asked(value: Json, defaults: Sampling, logprobs: int | None) -> Asked:
    """The common fields.  What a request leaves out is taken from the defaults, but for the seed: without one every
    answer is another draw, as clients expect."""
    refuse_unsupported(value)
    model = value.get("model")
    if model is not None and not isinstance(model, str):
        raise wrong("model", "글", "string")
    extras = value.get("stream_options")
    if extras is not None and not isinstance(extras, dict):
        raise wrong("stream_options", "객체", "object")
    return Asked(
        model=model,
        sampling=_sampling(value, defaults),
        n=whole(value, "n", range(1, MOST_ANSWERS + 1)) or 1,
        stops=_stops(value.get("stop")),
        logit_bias=_bias(value.get("logit_bias")),
        stream=boolean(value, "stream"),
        include_usage=boolean(extras or {}, "include_usage"),
        logprobs=logprobs,
    )


def refuse_unsupported(value: Json) -> None:
    for field, neutral in UNSUPPORTED.items():
        if value.get(field) is not None and not any(_is_same(value[field], nothing) for nothing in neutral):
            raise BadRequest(
                say(
                    f"지원하지 않는 항목입니다: {field}. 빼고 보내세요.",
                    f"not supported: {field}. Leave it out.",
                ),
                code="unsupported_parameter",
                param=field,
            )


def _is_same(value: Any, other: Any) -> bool:
    """Whether both are the same JSON; Python takes true for 1."""
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def _sampling(value: Json, defaults: Sampling) -> Sampling:
    """Sampling with the fields that the request names; it checks their ranges itself."""
    seed = whole(value, "seed", SEEDS)
    found: dict[str, Any] = {"seed": secrets.randbits(62) if seed is None else seed}
    for field in ("max_tokens", "max_completion_tokens", "top_k"):
        number = whole(value, field, SEEDS)
        if number is not None:
            found[field] = number
    for field in REALS:
        fraction = real(value, field)
        if fraction is not None:
            found[field] = fraction
    if found.get("top_k") in (0, -1):  # how other servers' clients say "off"
        found["top_k"] = None
    sampling = defaults
    for field, wanted in found.items():  # of the two names for most tokens the newer comes later
        name = "max_tokens" if field == "max_completion_tokens" else field
        try:
            sampling = dataclasses.replace(sampling, **{name: wanted})
        except ConfigError as error:
            raise BadRequest(str(error), param=field) from error
    return sampling


def _stops(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or len(stops) > MOST_STOPS:
        raise wrong("stop", f"글이나 글 {MOST_STOPS}개까지의 목록", f"string, or list of up to {MOST_STOPS}")
    for stop in stops:
        if not isinstance(stop, str) or not 0 < len(checked_text(stop, "stop")) <= LONGEST_STOP:
            raise wrong("stop", f"1~{LONGEST_STOP}자의 글", f"strings of 1 to {LONGEST_STOP} characters")
    return tuple(stops)


def _bias(value: Any) -> dict[int, float]:
    """Token -> what is added to its logit.  JSON has the numbers of tokens as strings."""
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MOST_BIASES:
        raise wrong(
            "logit_bias", f"토큰 {MOST_BIASES}개까지의 객체", f"object of at most {MOST_BIASES} tokens"
        )
    biases: dict[int, float] = {}
    for name in value:
        # the field is named, never the client's own key, which may be anything
        added = real({"logit_bias": value[name]}, "logit_bias")
        if not re.fullmatch("[0-9]{1,9}", name) or added is None or abs(added) > LARGEST_BIAS:
            raise wrong(
                "logit_bias",
                f"토큰의 번호와 -{LARGEST_BIAS}에서 {LARGEST_BIAS}까지의 수",
                f"ids of tokens with numbers from -{LARGEST_BIAS} to {LARGEST_BIAS}",
            )
        biases[int(name)] = added
    return biases

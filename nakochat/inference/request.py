"""What is asked of an engine, and what comes back: a request, and its tokens one by one.  No torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nakochat.core.errors import RequestError
from nakochat.core.messages import say
from nakochat.inference.options import Sampling
from nakochat.text.conversation import PartKind

Finish = Literal["stop", "length", "error"]
MOST_LOGPROBS = 20
MOST_BIAS = 100


class TooLong(RequestError):
    """A prompt that leaves no room for an answer in the context."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Ids to go on from, and how.  Raises RequestError for values that make no sense."""

    prompt: Sequence[int]
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    """The answer ends before the first of these texts (stops.py says which is first)."""
    stop_ids: frozenset[int] | None = None
    """Tokens that end the answer; None is what the tokenizer says does (Tokenizer.ends)."""
    logprobs: int | None = None
    """Give ln p of every token and of so many likeliest alternatives (0 to 20); None is none."""
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    """Token -> what is added to its logit."""
    tools: bool = True
    """Whether calls are answered by tools."""

    def __post_init__(self) -> None:
        checks = {
            "stop": all(self.stop),
            "logprobs": self.logprobs is None or 0 <= self.logprobs <= MOST_LOGPROBS,
            "logit_bias": all(-MOST_BIAS <= value <= MOST_BIAS for value in self.logit_bias.values()),
        }
        for name, holds in checks.items():
            if not holds:
                value = getattr(self, name)
                raise RequestError(
                    say(f"{name}에 쓸 수 없는 값입니다: {value!r}.", f"not a value for {name}: {value!r}.")
                )


class Token(NamedTuple):
    """A new token of a request.  An "error" has the id of no token: -1.

    Hundreds are made in every step, hence a tuple: a frozen dataclass takes several times as long to make.
    """

    key: int
    """What submit() gave; in stream(), the number of the prompt."""
    id: int
    sampled: bool
    """False for what a tool answered."""
    finish: Finish | None = None
    """Set on the last one: "error" where the model's numbers were none."""
    text: str = ""
    """What is certain of the answer's text by now: whole characters, and nothing that may begin a stop string."""
    kind: PartKind = "text"
    """What that text is: words, a tool's input or its answer."""
    logprob: float | None = None
    """ln p by the model itself, before temperature and penalties; None for what a tool answered."""
    top: tuple[tuple[int, float], ...] = ()
    """The likeliest tokens and their ln p."""

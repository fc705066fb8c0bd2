"""A conversation -> the assistant's next message, streamed in parts that people and pages can show.

The one door for chat, server and evaluation: they see conversations and parts, never token ids.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from nakochat.core.machine import Machine
from nakochat.core.paths import RunReference
from nakochat.inference.detokeniser import Detokeniser
from nakochat.inference.engine import Engine, inference_copy
from nakochat.inference.options import EngineOptions
from nakochat.inference.request import Finish, Request
from nakochat.inference.sampling import Sampling
from nakochat.models.checkpoint import Checkpoint, checkpoint_of
from nakochat.models.model import Model
from nakochat.text.conversation import Conversation, Message, Part, PartKind, part_opened_by, render_prompt
from nakochat.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Piece:
    """Some new text of one kind (words, a calculator call, its result).  The last has `finish`; it may be empty."""

    kind: PartKind
    text: str
    finish: Finish | None = None
    tokens: int = 0
    """How many tokens were generated until here, of every kind."""


def load_engine(run: RunReference, machine: Machine, options: EngineOptions = EngineOptions()) -> Engine:
    """The engine of a run's newest whole checkpoint.  CheckpointError when there is none."""
    tokenizer = Tokenizer.load(run.folder.parent / "tokenizer")
    return open_checkpoint(checkpoint_of(run), tokenizer, machine, options)


def open_checkpoint(
    checkpoint: Checkpoint, tokenizer: Tokenizer, machine: Machine, options: EngineOptions
) -> Engine:
    """The engine of this checkpoint.  CheckpointError where it cannot be read, or has another tokenizer."""
    checkpoint.require_tokenizer(tokenizer.hash)
    model = inference_copy(checkpoint.model(machine.dtype, machine.device), options.quant)
    return engine_of(model, tokenizer, machine, options)


def engine_of(
    model: Model, tokenizer: Tokenizer, machine: Machine, options: EngineOptions, slots: int | None = None
) -> Engine:
    """The engine of an inference_copy."""
    return Engine(
        model,
        tokenizer,
        machine,
        slots=slots,
        context=options.context,
        exact=options.exact,
        compile=options.compile,
    )


def reply(engine: Engine, conversation: Conversation, sampling: Sampling) -> Iterator[Piece]:
    """The assistant's answer as it is generated.  RequestError when the conversation does not fit the context."""
    yield from decode_pieces(engine, [render_prompt(engine.tokenizer, conversation)], sampling)


def continue_text(engine: Engine, prompt: str, sampling: Sampling) -> Iterator[Piece]:
    """How the model goes on from a text, as base models do."""
    yield from decode_pieces(engine, [[engine.tokenizer.bos, *engine.tokenizer.encode(prompt)]], sampling)


@dataclass(frozen=True)
class Likely:
    """New text and its probability by the model, before temperature; None for what a tool answered."""

    text: str
    probability: float | None


def continue_likely(engine: Engine, prompt: str, sampling: Sampling) -> Iterator[Likely]:
    """As continue_text, with probabilities.  A character that takes several tokens has the product of theirs."""
    ids = [engine.tokenizer.bos, *engine.tokenizer.encode(prompt)]
    key = engine.submit(Request(prompt=ids, sampling=sampling, logprobs=0))
    log: float | None = 0.0
    try:
        while engine.busy:
            for token in engine.step():
                log = None if log is None or token.logprob is None else log + token.logprob
                if token.text:
                    yield Likely(token.text, None if log is None else math.exp(log))
                if token.text or token.id in engine.tokenizer.special_ids:
                    log = 0.0
    finally:
        engine.cancel(key)


def decode_pieces(engine: Engine, prompts: list[list[int]], sampling: Sampling) -> Iterator[Piece]:
    """Pieces of the answer to a single prompt."""
    for tokens, token in enumerate(engine.stream(prompts, sampling), 1):
        if token.text or token.finish:
            yield Piece(token.kind, token.text, token.finish, tokens)


def message_of(ids: list[int], tokenizer: Tokenizer) -> Message:
    """An assistant's message from its generated ids."""
    opens = part_opened_by(tokenizer)
    parts: list[Part] = []
    kind: PartKind = "text"
    text, written = Detokeniser(tokenizer.token_bytes), ""
    for token in [*ids, tokenizer.im_end]:
        if token in tokenizer.special_ids:
            if written:
                parts.append(Part(kind, written))
            kind, written, text = opens.get(token, "text"), "", Detokeniser(tokenizer.token_bytes)
        else:
            written += text.push(token)
    return Message("assistant", tuple(parts))

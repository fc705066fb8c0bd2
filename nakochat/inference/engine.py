"""Requests -> their tokens, one step of all of them at a time.

    key = engine.submit(Request(prompt=ids))
    while engine.busy:
        for token in engine.step():
            ...

A step: the scheduler says which tokens to compute (scheduler.py), the model computes them in one batch, with every
sequence's earlier keys and values in its slot (slots.py), and each sequence that has caught up gets its next token
(sampling.py) and what a tool answers to it (tools.py).  docs/engine.md walks one request through the files.

One thread uses an engine.  With `exact`, the default except on CUDA, an answer is the same to the bit whoever else is
served.
"""

import copy
import importlib.util
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from nakochat.core.errors import NakoError, RequestError
from nakochat.core.inspection import memory_bytes
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.inference.answer import Answer
from nakochat.inference.passes import ROWS, Passes
from nakochat.inference.request import Finish, Request, Token, TooLong
from nakochat.inference.sampling import Knobs, Sampling, Written, choose, penalise
from nakochat.inference.scheduler import Counters, Plan, Scheduler
from nakochat.inference.slots import BLOCK, Slots, StepCache, bytes_of_slot
from nakochat.inference.tools import Tool, calculator
from nakochat.inference.utf8 import utf8_table
from nakochat.models.bits import Quant
from nakochat.models.model import Model
from nakochat.models.prepacked import is_alike, prepack
from nakochat.models.quantised import narrow_inputs, quantise
from nakochat.text.tokenizer import Tokenizer

MOST_SLOTS = 256
SLOT_SHARE = 0.25  # of main memory, for all slots together, if every one of them were full
GPU_SHARE = 0.6  # of a GPU's free memory
GPU_PIECES = 64, 32  # pieces of prompts in a step: while nothing is being generated, and while something is
GPU_EXACT_PIECES = 16, 4  # the same with `exact`, where each is a pass of its own
# F.linear has one order of additions in multiples of four rows, on any number of threads; in bf16 with a single row too
EXACT_ROWS = 4


@dataclass
class Generated:
    """A whole answer, its stop token included.  After an "error" the ids may be none at all."""

    ids: list[int] = field(default_factory=list)
    sampled: list[bool] = field(default_factory=list)
    finish: Finish = "length"


def inference_copy(model: Model, quant: Quant | None = None) -> Model:
    """The model for generation: its weights in the dtype of its activations or in fewer bits, laid out to be read."""
    copied = copy.deepcopy(model).to(model.dtype).eval().requires_grad_(False)
    if quant is not None:
        copied = quantise(copied, quant)
    return prepack(copied) if model.dtype == torch.float32 else copied


@dataclass(frozen=True)
class Seats:
    """What an engine runs its sequences with, made at its first use."""

    scheduler: Scheduler
    slots: Slots
    passes: Passes | None


def _room(device: torch.device) -> float:
    """Bytes that all slots may take."""
    if device.type == "cuda":
        return GPU_SHARE * torch.cuda.mem_get_info(device)[0]
    return SLOT_SHARE * memory_bytes(device)


class Engine:
    """Generates with one model.  The model should be an inference_copy.

    context: most tokens of a sequence (default: the model's); slots: how many are served at once (default: as many as
    fit, at most 256); exact: the same answer to the bit whoever else is served (default: except on CUDA; on a
    CPU with a C compiler it costs nothing, a GPU computes at least 64 rows); tools: what answers calls (default: the
    calculator); compile: fuse a GPU's small kernels with torch.compile, which takes a while at the start.
    """

    def __init__(
        self,
        model: Model,
        tokenizer: Tokenizer,
        machine: Machine,
        *,
        context: int | None = None,
        slots: int | None = None,
        exact: bool | None = None,
        tools: Sequence[Tool] | None = None,
        compile: bool = False,
    ) -> None:
        self.model, self.tokenizer, self.machine, self.compile = model, tokenizer, machine, compile
        self.exact = machine.device.type != "cuda" if exact is None else exact
        self.tools = (calculator(tokenizer),) if tools is None else tuple(tools)
        self.context = min(context or model.config.context, model.config.context)
        self._wanted_slots = slots
        self._answers: dict[int, Answer] = {}
        self._keys = itertools.count()
        self._knobs: tuple[tuple[int, ...], Knobs] = ((), Knobs([], machine.device))
        # never sampled: what would break a character, rows of the table beyond the vocabulary, and what only a
        # template or a tool writes
        table = utf8_table(tokenizer)
        never = torch.ones(len(table.allowed), model.config.padded_vocab, dtype=torch.bool)
        never[:, : tokenizer.vocab_size] = torch.from_numpy(~table.allowed)
        never[:, [tokenizer.pad, tokenizer.im_start, tokenizer.output_start, tokenizer.output_end]] = True
        self._never = never.to(machine.device)  # (states of UTF-8, V)

    def reserve(self) -> None:
        """Allocate the slots now; otherwise the first request does."""
        _ = self._seats

    @cached_property
    def _seats(self) -> Seats:
        """Counted and allocated together, as another model may take memory in between; and only when they are needed:
        who wants the model alone does not pay for them."""
        slots = self._wanted_slots
        if slots is None:
            room = int(_room(self.machine.device)) // bytes_of_slot(self.model, self.context)
            slots = max(1, min(MOST_SLOTS, room))
        pieces = GPU_EXACT_PIECES if self.exact else GPU_PIECES
        gpu = self.machine.device.type == "cuda"
        scheduler = Scheduler(
            slots=slots,
            length=self.context,
            piece=BLOCK,
            exact=self.exact,
            **({"pieces_per_step": pieces[0], "pieces_beside": pieces[1]} if gpu else {}),
        )
        with torch.inference_mode():
            memory = Slots(self.model, slots=slots, length=self.context)
            return Seats(scheduler, memory, self._new_passes(memory))

    # requests that come and go

    def submit(self, request: Request) -> int:
        """Queue a request.  -> the key that its tokens will carry

        RequestError when its prompt is empty or holds an id outside the vocabulary; TooLong when the prompt leaves no
        room for an answer.
        """
        self._check(request)
        key = next(self._keys)
        limit = min(self.context, len(request.prompt) + request.sampling.max_tokens)
        self._seats.scheduler.submit(key, request.prompt, limit)
        answer = Answer(key, request, limit, self.tokenizer, self.tools if request.tools else ())
        if request.sampling.penalises:
            answer.written = Written(request.prompt, self.model.config.padded_vocab, self.machine.device)
        self._answers[key] = answer
        return key

    def cancel(self, key: int) -> bool:
        """Forget a request; no token of it comes any more.  False when it has already ended."""
        self._answers.pop(key, None)
        return self._seats.scheduler.cancel(key)

    @property
    def busy(self) -> bool:
        """Whether a step would do anything."""
        return self._seats.scheduler.busy

    def counters(self) -> Counters:
        """How many wait and run, and what prefixes saved."""
        return self._seats.scheduler.counters()

    @torch.inference_mode()
    def step(self) -> list[Token]:
        """One pass over everything that runs.  -> the new tokens; several of a request where a tool answered"""
        seats = self._seats
        plan = seats.scheduler.schedule()
        if not plan.work:
            return []
        for part in plan.copies:
            seats.slots.copy(part)
        if seats.passes is not None:
            logits, keys = seats.passes.run(plan.work, seats.scheduler.running)
        else:
            logits, keys = self._compute(plan, seats), list(plan.ready)
        return [] if logits is None else self._next(logits.float(), [self._answers[key] for key in keys])

    def _new_passes(self, slots: Slots) -> Passes | None:
        """The CUDA graphs of a GPU; None on a CPU, and where Triton is missing."""
        if self.machine.device.type != "cuda" or importlib.util.find_spec("triton") is None:
            return None
        return Passes(self.model, slots, exact=self.exact, compile=self.compile)

    def _compute(self, plan: Plan, seats: Seats) -> Tensor | None:
        """The logits behind every ready sequence.  -> (ready, V), None where nothing is ready"""
        ids: list[int] = []
        previous: list[int] = []
        last: dict[int, int] = {}
        for part in plan.work:
            tokens = seats.scheduler.running[part.key].tokens
            ids += tokens[part.start : part.end]
            previous += [tokens[place - 1] if place else 0 for place in range(part.start, part.end)]
            if part.end == len(tokens):
                last[part.key] = len(ids) - 1
        rows = self._rows(len(ids))
        cache = StepCache(seats.slots, plan.work, previous, rows)
        laid = torch.tensor([ids + [0] * (rows - len(ids))], device=self.machine.device)
        hidden: Tensor = self.model.hidden(laid, cache)[0]
        if not plan.ready:
            return None
        count = len(plan.ready)
        ready = hidden[[last[key] for key in plan.ready]]
        fill = hidden.new_zeros(self._rows(count) - count, hidden.shape[1])
        return self.model.logits(torch.cat((ready, fill)))[:count]

    def _rows(self, count: int) -> int:
        """Rows to compute for `count` tokens."""
        if not self.exact or self._alike or (count == 1 and self.model.dtype == torch.bfloat16):
            return count
        return -(-count // EXACT_ROWS) * EXACT_ROWS

    @cached_property
    def _alike(self) -> bool:
        """Whether a row adds up alike in any company: F.linear's do not; oneDNN's were looked at before they took its
        place, ours and the quantised ones are here."""
        plain = any(isinstance(part, nn.Linear) for part in self.model.modules())
        return not plain and all(is_alike(part, count) for part, count in narrow_inputs(self.model).items())

    def _next(self, logits: Tensor, answers: list[Answer]) -> list[Token]:
        """The next token of every answer.  logits (answers, V) float32"""
        wanted = [self._logprobs(logits, row, answer) for row, answer in enumerate(answers)]
        for row, answer in enumerate(answers):
            if answer.written is not None or answer.request.logit_bias:
                given = answer.request
                logits[row] = penalise(logits[row], given.sampling, answer.written, given.logit_bias)
        device = self.machine.device
        characters = torch.tensor([answer.character for answer in answers], device=device)
        logits.masked_fill_(self._never[characters], float("-inf"))
        keys = tuple(answer.key for answer in answers)
        if self._knobs[0] != keys:
            samplings = [answer.request.sampling for answer in answers]
            self._knobs = keys, Knobs(samplings, device, ROWS if self.exact and self._seats.passes else None)
        positions = torch.tensor([answer.length for answer in answers], device=device)
        chosen = choose(logits, self._knobs[1], positions).tolist()
        tokens: list[Token] = []
        for answer, token, logs in zip(answers, chosen, wanted, strict=True):
            tokens += self._take(answer, token, logs)
        return tokens

    def _take(self, answer: Answer, token: int, logs: Tensor | None) -> list[Token]:
        """A chosen token into its answer."""
        new = answer.take(token, logs)
        if new[-1].finish:
            if new[-1].finish == "error":
                self._seats.slots.wipe(self._seats.scheduler.forget(answer.key))
            else:
                self._seats.scheduler.end(answer.key)
            del self._answers[answer.key]
        else:
            self._seats.scheduler.extend(answer.key, [part.id for part in new])
        return new

    def _logprobs(self, logits: Tensor, row: int, answer: Answer) -> Tensor | None:
        """ln p of every token, where the request asks for it."""
        if answer.request.logprobs is None:
            return None
        return logits[row, : self.tokenizer.vocab_size].log_softmax(dim=-1)

    def _check(self, request: Request) -> None:
        prompt = request.prompt
        if not prompt:
            raise RequestError(say("빈 프롬프트입니다.", "empty prompt."))
        if min(prompt) < 0 or max(prompt) >= self.model.config.padded_vocab:
            raise RequestError(
                say("어휘에 없는 토큰이 있는 프롬프트입니다.", "the prompt holds what is no token.")
            )
        if any(not 0 <= token < self.tokenizer.vocab_size for token in request.logit_bias):
            raise RequestError(
                say("logit_bias에 어휘에 없는 토큰이 있습니다.", "logit_bias holds what is no token.")
            )
        if len(prompt) >= self.context:
            raise TooLong(
                say(
                    f"대화가 너무 깁니다: {len(prompt)}토큰 (이 모델은 {self.context}토큰까지). 새 대화를 시작하세요.",
                    f"the conversation is too long: {len(prompt)} tokens of {self.context}. Start a new one.",
                )
            )

    # all answers to some prompts

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        *,
        seeds: Sequence[int] | None = None,
        unwanted: Callable[[], bool] = lambda: False,
    ) -> list[Generated]:
        """Every prompt's continuation, as `stream` gives it; cut short once `unwanted` is true."""
        results = [Generated() for _ in prompts]
        for token in self.stream(prompts, sampling, seeds=seeds):
            if unwanted():
                break
            result = results[token.key]
            if token.finish != "error":
                result.ids.append(token.id)
                result.sampled.append(token.sampled)
            if token.finish:
                result.finish = token.finish
        return results

    def stream(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        *,
        seeds: Sequence[int] | None = None,
        stops: bool = True,
    ) -> Iterator[Token]:
        """Tokens of all prompts as they come; their keys are the prompts' numbers.

        seeds: one per prompt (default: the sampling's for each); stops=False goes on to max_tokens whatever comes, for
        measuring.  RequestError when a prompt leaves no room in the model's context.
        """
        if not prompts:
            raise RequestError(say("빈 프롬프트입니다.", "empty prompt."))
        if self.busy:
            raise NakoError(
                say("엔진이 다른 요청을 처리하고 있습니다.", "the engine is at work on other requests.")
            )
        each = [sampling] * len(prompts) if seeds is None else [replace(sampling, seed=s) for s in seeds]
        ends = None if stops else frozenset[int]()
        keys: dict[int, int] = {}
        try:
            for number, (prompt, own) in enumerate(zip(prompts, each, strict=True)):
                keys[self.submit(Request(prompt=prompt, sampling=own, stop_ids=ends))] = number
            while self.busy:
                for token in self.step():
                    yield token._replace(key=keys[token.key])
        finally:
            for key in keys:
                self.cancel(key)

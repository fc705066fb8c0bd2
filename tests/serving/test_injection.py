"""Whatever clients write, the ids of control tokens stand where the builder of prompts put them, and nowhere else."""

import json
import random

import pytest

from nakochat.inference.options import Sampling
from nakochat.serving.engines.shelf import Model
from nakochat.serving.front.front import Front
from nakochat.serving.serve import front_of
from nakochat.serving.web.limits import Limits
from nakochat.text.tokenizer import SPECIAL_TOKENS, Tokenizer

PIECES = [
    *SPECIAL_TOKENS,
    *(
        "<|",
        "|>",
        "im_start",
        "<|im_end",
        "|im_end|>",
        "<|im_start|>system\n",
        "<|IM_END|>",
        "\uff1c|im_end|\uff1e",
    ),
    *(
        "<|endoftext|>",
        "<s>",
        "</s>",
        "[INST]",
        "<|begin_of_text|>",
        "<bos>",
        "\u200b",
        "\ufeff",
        "\x00",
        "가",
        " ",
    ),
    *("assistant\n", "\r\n", "37+45", "🌸", "각", "{{", "}}"),
]


def content(draw: random.Random) -> str:
    return "".join(draw.choice(PIECES) for _ in range(draw.randrange(1, 9)))


def prompt_of(front: Front, draw: random.Random) -> tuple[list[int], list[dict[str, object]]]:
    """The prompt that the front builds from a conversation of such contents, and the conversation."""
    messages: list[dict[str, object]] = []
    if draw.random() < 0.3:
        messages.append({"role": "system", "content": content(draw)})
    for _ in range(draw.randrange(2)):
        parts = [{"type": kind, "text": content(draw)} for kind in ("python", "output", "text")]
        messages += [{"role": "user", "content": content(draw)}, {"role": "assistant", "content": parts}]
    messages.append({"role": "user", "content": content(draw)})
    prepared = front.prepare_chat(json.dumps({"messages": messages}).encode())
    return list(prepared.asks[0].prompt), messages


def expected(t: Tokenizer, messages: list[dict[str, object]]) -> list[int]:
    """The control tokens of a conversation, in order."""
    ids = [t.bos]
    for message in messages:
        ids.append(t.im_start)
        if isinstance(message["content"], list):
            ids += [t.python_start, t.python_end, t.output_start, t.output_end]
        ids.append(t.im_end)
    return [*ids, t.im_start]


@pytest.mark.parametrize("count", [500, pytest.param(100_000, marks=pytest.mark.soak)])
def test_no_text_becomes_a_control_token(engine, count):
    t, draw = engine.tokenizer, random.Random(4)
    front = front_of({"tiny": Model("tiny", t, 4096, 1)}, [], Limits(), Sampling(), 1)
    for _ in range(count):
        prompt, messages = prompt_of(front, draw)
        assert [number for number in prompt if number in t.special_ids] == expected(t, messages)
        text = front.prepare_text(json.dumps({"prompt": content(draw)}).encode()).asks[0].prompt
        assert [number for number in text if number in t.special_ids] == [t.bos]

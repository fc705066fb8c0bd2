"""A conversation of the village and another name -> the same conversation, in which the model goes by that name.

One place instead of a slot in every template: whoever calls the model, and the model itself, writes 나코 and a
particle that fits it, and neither any word of the lexicon nor a made-up one holds these two syllables.
"""

import re
from dataclasses import replace

from nakochat.core.josa import josa
from nakochat.text.conversation import Conversation, Message

ASSISTANT = "나코"
# 야 calls (별이야, 달아): the village never says "저는 나코야", in which it would be the copula
_PARTICLES = {"야": "아", **{form: form for form in ("예요", "라고", "라는", "는", "를", "도", "")}}
_CALLED = re.compile(rf"(?<![가-힣]){ASSISTANT}({'|'.join(form for form in _PARTICLES if form)}|)(?![가-힣])")


def renamed(messages: Conversation, name: str) -> Conversation:
    """The messages with 나코 and its particle replaced by name and the form that fits it."""
    return tuple(_renamed(message, name) for message in messages)


def _renamed(message: Message, name: str) -> Message:
    def call(found: re.Match[str]) -> str:
        return josa(name, _PARTICLES[found[1]])

    return replace(message, parts=tuple(replace(p, text=_CALLED.sub(call, p.text)) for p in message.parts))

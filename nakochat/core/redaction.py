"""Text for a record -> the same without keys and tokens."""

import logging
import os
import re
import traceback

# environment variables whose values are secrets: our own server's, the hub's, the trackers'
VARIABLES = (
    *("NAKO_API_KEY", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACEHUB_API_TOKEN"),
    *("WANDB_API_KEY", "OPENAI_API_KEY"),
)
LEAST = 6  # characters: to cross out a shorter value would cross out ordinary words
HIDDEN = "***"
# what a key looks like where no variable says so: the hub's, OpenAI's, and whatever a request shows
_SHAPES = re.compile(r"\bhf_[A-Za-z0-9]{16,}|\bsk-[A-Za-z0-9_-]{16,}|(?<=bearer )[^\s'\",]+", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with every secret crossed out."""
    for name in VARIABLES:
        value = os.environ.get(name, "").strip()
        if len(value) >= LEAST:
            text = text.replace(value, HIDDEN)
    return _SHAPES.sub(HIDDEN, text)


class Redacting(logging.Filter):
    """For a handler: what is logged holds no secret, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            lines = traceback.format_exception(*record.exc_info)
            record.exc_text = redact("".join(lines).rstrip("\n"))
        return True

"""GPT-2's published encoder.json and vocab.bpe -> a tokenizer that gives its ids.

Files: https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/ (encoder.json, vocab.bpe).  The chat format's
special tokens come after GPT-2's 50,257, so that its weights keep their rows; <|endoftext|>, which GPT-2 saw before
every text, is <|bos|>.  GPT-2 knows no NFC: texts are encoded as they are.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.text.tokenizer import GPT2_SEPARATOR, SPECIAL_TOKENS, Tokenizer

FILES = ("encoder.json", "vocab.bpe")


def read_gpt2(folder: Path) -> Tokenizer:
    """GPT-2's tokenizer with the chat format's tokens.  DataError where the files are missing or something else."""
    backend = read_gpt2_backend(folder)
    backend.add_special_tokens([GPT2_SEPARATOR, *SPECIAL_TOKENS[1:]])
    return Tokenizer(backend)


def read_gpt2_backend(folder: Path) -> Backend:
    """GPT-2's tokenizer as it was published."""
    try:
        vocab = json.loads((folder / FILES[0]).read_text(encoding="utf-8"))
        lines = (folder / FILES[1]).read_text(encoding="utf-8").split("\n")
        merges = [_pair(line) for line in lines[1:] if line]  # the first line is a version
        model = models.BPE(vocab=vocab, merges=merges)
    except Exception as error:  # the library raises bare Exception for merges that are not in the vocabulary
        raise DataError(
            say(
                f"GPT-2의 토크나이저를 읽을 수 없습니다: {folder} ({error}). encoder.json과 vocab.bpe를 다시 받으세요.",
                f"cannot read GPT-2's tokenizer in {folder} ({error}). Download encoder.json and vocab.bpe again.",
            )
        ) from error
    backend = Backend(model)
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    backend.decoder = decoders.ByteLevel()
    return backend


def _pair(line: str) -> tuple[str, str]:
    left, right = line.split(" ")
    return left, right

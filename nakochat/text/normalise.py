"""Any text -> the one form that the tokenizer, the corpus and the prompt share: NFC.

NFD Hangul (file names of macOS, some PDFs) costs a dozen times the tokens for the same sentence.  NFKC is never used:
it turns ㅋㅋ (compatibility jamo) into conjoining jamo, … into ..., ㎏ into kg.
"""

import unicodedata

from nakochat.core.errors import DataError
from nakochat.core.messages import say


def normalise(text: str) -> str:
    """The text in NFC.  DataError for lone surrogates, which no UTF-8 can hold."""
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise DataError(
            say(
                "글에 짝이 없는 서로게이트 문자가 있습니다. 글을 올바른 UTF-8로 바꾸어 주세요.",
                "the text holds a lone surrogate. Convert it to valid UTF-8.",
            )
        )
    return unicodedata.normalize("NFC", text)

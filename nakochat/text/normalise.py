"""Any text -> the one form that the tokenizer, the corpus and the prompt share: NFC.

NFD Hangul (file names of macOS, some PDFs) costs a dozen times the tokens for the same sentence.  NFKC is never used:
it turns ㅋㅋ (compatibility jamo) into conjoining jamo, … into ..., ㎏ into kg.
"""

import unicodedata

from nakochat.core.errors import DataError
from nakochat.core.messages import say


def normalise(text: str) -> str:
    """The text in NFC.  DataError for lone surrogates, which no UTF-8 can hold."""
    return unicodedata.normalize("NFC", refuse_surrogates(text))


def refuse_surrogates(text: str) -> str:
    """The text as it is.  DataError, with the place, for half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = f"U+{ord(text[error.start]):04X}"
        raise DataError(
            say(
                f"글의 {error.start + 1}번째 글자가 짝이 없는 서로게이트({code})입니다. "
                "글을 올바른 UTF-8로 바꾸어 주세요.",
                f"character {error.start + 1} of the text is a lone surrogate ({code}). Convert it to valid UTF-8.",
            )
        ) from error
    return text

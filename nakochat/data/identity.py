"""Who a model is to be -> conversations in which it says so."""

import unicodedata

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say

_LONGEST_NAME = 20


def require_name(name: str) -> str:
    """The name in NFC without space around it.  ConfigError for one that nobody could be called by."""
    clean = unicodedata.normalize("NFC", name).strip()
    if (
        not clean
        or len(clean) > _LONGEST_NAME
        or not any(c.isalnum() for c in clean)
        or set(clean) & set("<>{}|\n\t")
    ):
        raise ConfigError(
            say(
                f"이름으로 쓸 수 없습니다: {name!r}. 글자나 숫자가 든 {_LONGEST_NAME}자 이하의 이름을 "
                "주세요 (<>{}| 없이).",
                f"not a name: {name!r}. Give one of at most {_LONGEST_NAME} characters, with letters, without <>{{}}|.",
            )
        )
    return clean

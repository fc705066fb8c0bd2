"""Texts -> a tokenizer with a token for every character that they hold: the smallest vocabulary to learn on.

The quick start trains on it because every id can be read.  A character that the texts do not hold becomes <|unknown|>,
which decodes to U+FFFD: a validation text or a prompt may always bring a new one.
"""

from collections.abc import Iterable

from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.text.normalise import normalise
from nakochat.text.tokenizer import SPECIAL_TOKENS, UNKNOWN, Tokenizer

MOST = 60_000  # every id fits into 16 bits; all Hangul syllables and common Han characters are 30,000


def train_characters(texts: Iterable[str]) -> Tokenizer:
    """Ids in the order of code points, then <|unknown|> and the special tokens.

    DataError where the texts hold no character, or more than MOST.
    """
    found: set[str] = set()
    for text in texts:
        found.update(normalise(text))
    if not found or len(found) > MOST:
        raise DataError(
            say(
                f"글자 토크나이저를 만들 수 없습니다: 서로 다른 글자가 {len(found):,}개입니다 (1~{MOST:,}개). "
                "글을 확인하거나 'nako tok train'을 쓰세요.",
                f"cannot make a tokenizer of characters: the texts hold {len(found):,} different ones (1 to {MOST:,}). "
                "Check the texts, or use 'nako tok train'.",
            )
        )
    vocab = {character: number for number, character in enumerate([*sorted(found), UNKNOWN])}
    backend = Backend(models.WordLevel(vocab=vocab, unk_token=UNKNOWN))
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    backend.decoder = decoders.Fuse()
    backend.add_special_tokens(list(SPECIAL_TOKENS))
    return Tokenizer(backend)

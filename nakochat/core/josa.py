"""A word and a particle -> the word with the form of the particle that fits.

Korean particles come in two forms: one after a syllable that ends in a consonant (받침), one after a vowel: 책은 /
사과는, 책이 / 사과가, 책으로 / 사과로.  으로 has an exception: after ㄹ it is 로 (서울로).  What counts is how the
word is read aloud, so digits are read in Sino-Korean (3이, 10이, 7로) and Latin letters by their names (LLM이,
NVL로).

    josa("사과", "은") == "사과는"        f"{Noun('서울'):으로} 가요" == "서울로 가요"
"""

import re

# after a consonant -> after a vowel
_AFTER_VOWEL = {
    "은": "는", "이": "가", "을": "를", "과": "와", "으로": "로", "이에요": "예요", "이라고": "라고",
    "이라는": "라는", "이라": "라", "이란": "란", "이고": "고", "이나": "나", "이랑": "랑", "아": "야",
    "이여": "여", "이었어요": "였어요", "이었는데": "였는데", "이든": "든", "이며": "며", "이면": "면",
    "으로서": "로서", "으로써": "로써", "으로는": "로는", "으로도": "로도", "으로만": "로만", "이지만": "지만",
    "이네요": "네요", "이죠": "죠", "이지요": "지요", "이니까": "니까", "인데": "인데", "이라서": "라서",
    "이었고": "였고", "이거든요": "거든요", "이나마": "나마", "이야": "야", "이군요": "군요",
    "이었지만": "였지만", "이랍니다": "랍니다", "이래요": "래요", "이잖아요": "잖아요", "이라도": "라도",
    "이었대요": "였대요", "이었답니다": "였답니다", "이었": "였", "일까요": "일까요", "인가요": "인가요",
}  # fmt: skip
_AFTER_CONSONANT = {vowel: consonant for consonant, vowel in _AFTER_VOWEL.items()}
_RIEUL = 8  # index of ㄹ among the 28 finals
# finals of 영 일 이 삼 사 오 육 칠 팔 구
_DIGIT_FINALS = (21, 8, 0, 16, 0, 0, 1, 8, 8, 0)
_LETTER_FINALS = {"L": 8, "M": 16, "N": 4, "R": 8}
_CLOSERS = "\"'”’」』)]}>》〉… .,!?~"  # not %, which is read: 퍼센트


def final_consonant(text: str) -> int:
    """Index (0 = none … 27) of the consonant that the text ends in when it is read aloud.

    Closing quotes, brackets and punctuation are passed over.  A consonant that stands alone is read by its name, which
    ends in itself (ㄱ 기역, ㄹ 리을).  Text that cannot be read (an emoji, Hanja) counts as ending in a vowel.
    """
    text = text.rstrip(_CLOSERS) if text.rstrip(_CLOSERS) else text
    if not text:
        return 0
    last = text[-1]
    if "가" <= last <= "힣":
        return (ord(last) - 0xAC00) % 28
    if "ㄱ" <= last <= "ㅎ":
        return _RIEUL if last == "ㄹ" else 1
    if last.isascii() and last.isdigit():
        return _number_final(text)
    if last.isascii() and last.isalpha():
        return _latin_final(text)
    return 0


def _number_final(text: str) -> int:
    digits = re.search(r"[\d,]*\.?\d+$", text).group().replace(",", "")  # type: ignore[union-attr]
    if "." in digits or digits[-1] != "0" or not digits.strip("0"):
        return _DIGIT_FINALS[int(digits[-1])]  # decimals are read digit by digit
    zeros = len(digits) - len(digits.rstrip("0"))
    # 경, 조, 억, 만, 천, 백, 십
    finals = ((16, 21), (12, 0), (8, 1), (4, 4), (3, 4), (2, 1), (1, 17))
    return next(final for least, final in finals if zeros >= least)


def _latin_final(text: str) -> int:
    word = re.search(r"[A-Za-z]+$", text).group()  # type: ignore[union-attr]
    if word.isupper() or len(word) == 1:
        return _LETTER_FINALS.get(word[-1].upper(), 0)
    if word.endswith(("l", "le")):
        return _RIEUL
    if word.endswith(("m", "n", "ng")) or re.search(r"[aeiou][bckpt]$", word):
        return 4
    return 0


def josa(word: str, particle: str) -> str:
    """The word followed by the fitting form of the particle, which may be named by either form.

    A particle with one form only (에서, 도, 의) is simply appended.
    """
    consonant = particle if particle in _AFTER_VOWEL else _AFTER_CONSONANT.get(particle)
    if consonant is None:
        return word + particle
    final = final_consonant(word)
    if consonant.startswith("으로"):
        return word + (_AFTER_VOWEL[consonant] if final in (0, _RIEUL) else consonant)
    return word + (consonant if final else _AFTER_VOWEL[consonant])


def canonical(particle: str) -> str:
    """The after-consonant form of a particle, by which both forms count as the same."""
    return _AFTER_CONSONANT.get(particle, particle)


class Noun(str):
    """A string whose format specification is a particle: f"{Noun('별이'):은}" == "별이는"."""

    def __format__(self, particle: str) -> str:
        return josa(str(self), particle) if particle else str(self)

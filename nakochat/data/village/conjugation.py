"""A Korean verb or adjective and an ending -> the conjugated form, by rule.

    Verb("먹다") + "었어요" == "먹었어요"      f"{Verb('돕다'):어요}" == "도와요"      f"{Verb('알다'):는}" == "아는"

The ending is named by its form after a consonant-final, dark-vowel stem (먹-): 어요 었어요 어서, 으면 으니까 을 은, 고 지만
는 네요.  The rules: vowel harmony and contraction, the 으 that vowel stems drop, ㄹ dropping, and the irregular classes
ㅂ ㄷ ㅅ ㅎ 르 러 으 하.  Source: 국립국어원 표준 한국어 문법, the chapter on 불규칙 활용.
"""

from functools import lru_cache

_BASE = 0xAC00
_BRIGHT = (0, 8)  # ㅏ ㅗ
_RIEUL, _NIEUN, _BIEUP, _SSANG_SIOT = 8, 4, 17, 20

_REGULAR_BIEUP = set(
    "입 잡 씹 접 뽑 집 좁 업 꼽 꼬집 수줍 붙잡 뒤집 갈아입 움켜잡 손잡 바로잡 굽히 헤집".split()
)
_IRREGULAR_DIGEUT = set("듣 걷 묻 싣 깨닫 긷 엿듣 알아듣 귀담아듣 뛰걷 내걷".split())
_IRREGULAR_SIOT = set("낫 짓 잇 붓 긋 젓 퍼붓 비웃짓".split())
_IRREGULAR_HIEUT = set(
    "어떻 그렇 이렇 저렇 파랗 빨갛 노랗 하얗 까맣 동그랗 커다랗 기다랗 뿌옇 조그맣 둥그렇 퍼렇 허옇".split()
)
_REGULAR_REU = set("따르 들르 치르 다다르 우러르 잦따르".split())  # drop ㅡ only: 따라
_REO = set("푸르 누르 이르".split())  # 푸르러


def _split(syllable: str) -> tuple[int, int, int]:
    code = ord(syllable) - _BASE
    return code // 588, code % 588 // 28, code % 28


def _join(initial: int, vowel: int, final: int = 0) -> str:
    return chr(_BASE + initial * 588 + vowel * 28 + final)


def _with_final(text: str, final: int) -> str:
    initial, vowel, _ = _split(text[-1])
    return text[:-1] + _join(initial, vowel, final)


@lru_cache(maxsize=200_000)
def conjugate(dictionary_form: str, ending: str) -> str:
    """The form of a verb or adjective (먹다) with an ending (었어요).  An empty ending gives the dictionary form."""
    if not ending:
        return dictionary_form
    head, space, last = dictionary_form.rpartition(" ")  # only the last word of a phrase changes: 밥을 짓다
    return head + space + _conjugate_word(last.removesuffix("다"), ending)


def _conjugate_word(stem: str, ending: str) -> str:
    if ending[0] in "어아었았":
        return _with_eo(stem, ending)
    if ending[0] in "으은을읍음":
        return _with_eu(stem, ending)
    return _with_consonant(stem, ending)


def _with_consonant(stem: str, ending: str) -> str:
    _, _, final = _split(stem[-1])
    first, _, _ = _split(ending[0])
    if final == _RIEUL and first in (2, 9):  # ㄹ falls before ㄴ and ㅅ: 아는, 아세요
        return _with_final(stem, 0) + ending
    return stem + ending


def _with_eu(stem: str, ending: str) -> str:
    _, _, final = _split(stem[-1])
    if final == _BIEUP and stem not in _REGULAR_BIEUP:  # 춥다: 추우면
        return _attach_eu(_with_final(stem, 0) + "우", ending)
    if final == 7 and stem in _IRREGULAR_DIGEUT:  # 듣다: 들으면
        return _with_final(stem, _RIEUL) + ending
    if final == 19 and stem in _IRREGULAR_SIOT:  # 낫다: 나으면
        return _with_final(stem, 0) + ending
    if final == 27 and stem in _IRREGULAR_HIEUT:  # 파랗다: 파란
        return _attach_eu(_with_final(stem, 0), ending)
    if final in (0, _RIEUL):
        return _attach_eu(stem, ending)
    return stem + ending


def _attach_eu(stem: str, ending: str) -> str:
    """An 으-ending after a vowel or ㄹ: the 으 falls, its final moves onto the stem."""
    _, _, final = _split(ending[0])
    if final == 0:  # 으면, 으니까, 으세요
        rest = ending[1:]
        first = _split(rest[0])[0] if rest else -1
        if _split(stem[-1])[2] == _RIEUL and first in (2, 9):
            stem = _with_final(stem, 0)
        return stem + rest
    return _with_final(stem, final) + ending[1:]  # 은 을 읍 음: 간, 갈, 갑


def _with_eo(stem: str, ending: str) -> str:
    past, rest = ending[0] in "었았", ending[1:]
    body = _infinitive(stem)
    return (_with_final(body, _SSANG_SIOT) if past else body) + rest


def _infinitive(stem: str) -> str:
    """The -어/아 form: 먹어, 가, 도와, 몰라, 해."""
    initial, vowel, final = _split(stem[-1])
    bright = vowel in _BRIGHT
    if stem.endswith("하") and stem != "하얗":
        return stem[:-1] + "해"
    if final == _BIEUP and stem not in _REGULAR_BIEUP:
        return _with_final(stem, 0) + ("와" if stem in ("돕", "곱") else "워")
    if final == 7 and stem in _IRREGULAR_DIGEUT:
        return _with_final(stem, _RIEUL) + ("아" if bright else "어")
    if final == 19 and stem in _IRREGULAR_SIOT:
        return _with_final(stem, 0) + ("아" if bright else "어")
    if final == 27 and stem in _IRREGULAR_HIEUT:  # 파래, 하얘, 그래
        return stem[:-1] + _join(initial, 3 if vowel == 2 else 1)
    if final == 0:
        return _contract(stem, initial, vowel)
    return stem + ("아" if bright else "어")


def _contract(stem: str, initial: int, vowel: int) -> str:
    head = stem[:-1]
    if vowel == 18:  # ㅡ
        if stem in _REO:
            return stem + "러"
        bright = bool(head) and _split(head[-1])[1] in _BRIGHT
        if stem.endswith("르") and stem not in _REGULAR_REU:
            return _with_final(head, _RIEUL) + ("라" if bright else "러")
        return head + _join(initial, 0 if bright else 4)
    contracted = {0: 0, 4: 4, 8: 9, 13: 14, 20: 6, 1: 1, 5: 5, 6: 6, 11: 10}.get(vowel)
    # ㅏ ㅓ stay, ㅗ -> ㅘ, ㅜ -> ㅝ, ㅣ -> ㅕ, ㅐ ㅔ ㅕ stay, ㅚ -> ㅙ; ㅟ ㅢ and the rest take 어
    return head + _join(initial, contracted) if contracted is not None else stem + "어"


class Verb(str):
    """A dictionary form whose format specification is an ending: f"{Verb('가다'):었어요}" == "갔어요"."""

    def __format__(self, ending: str) -> str:
        return conjugate(str(self), ending)

"""A clause in dictionary form ("{s:은} {v:을} 먹다") and an ending (는지) -> a template with that ending.

A clause ends in a verb or adjective (먹다), in {a} (the fact's own verb), or in a noun phrase with "=" ({v}=), which takes
the copula.  Endings are named by the form after an action verb: 어요 나요 는지 는다고.  Adjectives and the copula take their
own forms of it (은지, 인지), and verbs without a final consonant theirs (간다, 갑니까).
"""

from functools import cache

from nakochat.core.josa import final_consonant, josa
from nakochat.data.village.conjugation import Verb

ADJECTIVES = frozenset(
    "덥다 춥다 따뜻하다 시원하다 좋다 어떻다 같다 맞다 유명하다 많다 아니다 필요하다 뛰어나다 행복하다 볼만하다".split()
)
# after a verb -> after an adjective, where they differ
_ADJECTIVE_FORM = {"나요": "은가요", "니": "니", "는": "은"}
_COPULA_FORM = {
    "어요": "이에요", "지요": "이지요", "죠": "이죠", "거든요": "이거든요", "고": "이고", "지만": "이지만", "으며": "이며",
    "으니까": "이니까", "나요": "인가요", "을까요": "일까요", "습니까": "입니까", "어": "이야", "니": "이니", "지": "이지",
    "을까": "일까", "더라": "이더라", "던가요": "이던가요", "네요": "이네요", "을 거예요": "일 거예요", "군요": "이군요",
    "어서": "이라서", "습니다": "입니다", "는 거예요": "이에요", "는 걸까요": "일까요", "는 거야": "이야", "잖아요": "이잖아요", "냐고": "이냐고", "을지": "일지",
}  # fmt: skip
# contractions of 무엇 and 어디, 누구 with the copula
_ASKED = {
    "뭐": {"인": "뭔", "일": "뭘", "이": "뭐", "입": "무엇입"},
    "누구": {"인": "누구인", "일": "누굴", "이": "누구", "입": "누구입"},
}


def _verb_ending(verb: str, ending: str) -> str:
    adjective = verb in ADJECTIVES
    bare = final_consonant(verb.removesuffix("다")) in (0, 8)  # no final consonant, or ㄹ
    if ending.startswith("는다"):
        if adjective or verb.endswith(("있다", "없다")):
            return ending[1:]
        return "은" + ending[1:] if bare else ending
    if ending.startswith("습니"):
        return "읍" + ending[1:] if bare else ending
    if adjective and ending in ("나요", "니"):
        return _ADJECTIVE_FORM[ending]
    if adjective and ending.startswith("는"):
        return "은" + ending[1:]
    return ending


def _copula(word: str, ending: str) -> str:
    """The last word of a noun phrase with the copula."""
    form = _COPULA_FORM.get(ending)
    if form is None:
        form = (
            "인" + ending[1:]
            if not ending.startswith("는다")
            else "이라" + ending[2:]
            if ending[2:]
            else "이다"
        )
    if word.endswith("}"):
        return word[:-1] + ":" + form + "}"
    for asked, contracted in _ASKED.items():
        if (
            word == asked
            and form[0] in contracted
            and form not in ("이에요", "이야", "이지", "이죠", "이지요")
        ):
            return contracted[form[0]] + form[1:]
    return josa(word, _spoken(word, form))


def _spoken(word: str, form: str) -> str:
    """이 of the copula falls after a vowel also in forms that the particle table does not name (이던가요)."""
    return form[1:] if form[0] == "이" and form != "이에요" and not final_consonant(word) else form


@cache
def finish(clause: str, ending: str) -> tuple[str, Verb | None]:
    """The clause with the ending, as a template, and the verb for its slot {d} (None: {a} or the copula ends it)."""
    head, _, last = clause.rpartition(" ")
    head = head + " " if head else ""
    if last.endswith("="):
        return head + _copula(last[:-1], ending), None
    return f"{head}{{d:{_verb_ending(last, ending)}}}", Verb(last)


@cache
def finish_with(clause: str, ending: str, act: str) -> str:
    """The same for a clause that ends in {a}: the form depends on the fact's verb."""
    return f"{clause.removesuffix('{a}')}{{a:{_verb_ending(act, ending)}}}"

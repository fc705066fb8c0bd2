"""A scene -> a question about the letters of a word: how many, how many with a final consonant, which.

The two questions that reinforcement learning works on (syllables, finals) are answered in two forms, half and half:
directly (3글자예요), and with a running tally (무(1) 궁(2) 화(3), 3글자예요), which a small model gets right far more
often.  The tally always has the same shape: the syllable, at once the count so far in brackets, a blank.
Held out: words.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from nakochat.core.josa import Noun
from nakochat.data.village.scene import Exercise, Expected, Scene
from nakochat.data.village.wording import Words, tell
from nakochat.data.village.words import final_syllables, nouns
from nakochat.text.conversation import assistant, user

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_LONGEST = 6

_BEFORE = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "나코야, ",
    "혹시 ",
    "글자 놀이예요. ",
    "문제예요. ",
    "알려 주세요. ",
    "그런데 ",
    "",
    "",
    "",
    "",
    "",
    "저기, ",
    "궁금한데, ",
    "있잖아요, ",
    "질문이요. ",
    "하나 물어볼게요. ",
    "퀴즈예요. ",
    "숙제인데요, ",
)
_TALLY_LEADS = ("", "", "", "", "세어 볼게요. ", "하나씩 셀게요. ", "차례대로 세면, ", "네, ")


# --- words ----------------------------------------------------------------------------------------
def _is_hangul(word: str) -> bool:
    return all("가" <= letter <= "힣" for letter in word)


@lru_cache(maxsize=1)
def _lexicon() -> tuple[str, ...]:
    return tuple(sorted(word for word in nouns() if 2 <= len(word) <= _LONGEST and _is_hangul(word)))


def _word(scene: Scene) -> Noun:
    """A word of the lexicon, two of them run together, or one that does not exist."""
    while True:
        draw = scene.rng.random()
        if draw < 0.4:
            word = scene.pick(_lexicon())
        elif draw < 0.65:
            word = scene.pick(_lexicon()) + scene.pick(_lexicon())
        else:
            word = "".join(scene.pick(final_syllables()) for _ in range(scene.integer(2, _LONGEST)))
        if len(word) <= _LONGEST and _is_hangul(word) and scene.allows("count", word):
            return Noun(word)


def _parts(syllable: str) -> tuple[str, str, str]:
    """강 -> ㄱ, ㅏ, ㅇ (the last is empty where there is no final consonant)."""
    code = ord(syllable) - 0xAC00
    return INITIALS[code // 588], VOWELS[code % 588 // 28], FINALS[code % 28].strip()


def tally(word: str, counts: Sequence[int]) -> str:
    """무(1) 궁(2) 화(3): each syllable with what has been counted up to it."""
    total, pieces = 0, []
    for syllable, count in zip(word, counts, strict=True):
        total += count
        pieces.append(f"{syllable}({total})")
    return " ".join(pieces)


def _asked(scene: Scene, templates: Sequence[str], word: Noun) -> str:
    """The question.  The word stands in quotes, sometimes without them."""
    quoted = Noun(f"'{word}'") if scene.chance(0.85) else word
    return scene.pick(_BEFORE) + tell(scene, templates, Words(q=quoted), solving=False)


def _counted(
    scene: Scene, word: Noun, counts: Sequence[int], direct: Sequence[str], after: Sequence[str]
) -> str:
    """The number, half the time after the tally."""
    words = Words(q=Noun(f"'{word}'"), n=sum(counts), tally=Noun(tally(word, counts)))
    if scene.chance(0.5):
        return tell(scene, direct, words)
    return scene.pick(_TALLY_LEADS) + tell(scene, "{tally}, ", words) + tell(scene, after, words)


# --- how many letters -----------------------------------------------------------------------------
_SYLLABLES_ASKED = (
    "{q:은} 몇 {글자:Q}",
    "{q:은} 몇 {음절:Q}",
    "{q:은} 글자가 몇 {개:Q}",
    "{q:의} 글자 수는 몇 {개:Q}",
    "{q:에는} 글자가 몇 개 {있다:V}",
    "{q:이라는} 말은 몇 {글자:Q}",
    "{q:이라는} 낱말은 글자가 몇 {개:Q}",
    "{q:은} 모두 몇 글자로 되어 {있다:V}",
    "{q:은} 몇 글자짜리 {말:Q}",
    "{q:을} 쓰면 몇 글자가 {되다:V}",
    "{q}, 몇 글자야?",
    "{q} 글자 수 좀 세어 줘",
    "{q} 글자 수?",
    "{q:의} 글자 수를 세어 주세요.",
    "낱말 {q:은} 몇 글자로 {이루어지다:P}",
    "{q:을} 한 글자씩 세면 모두 {몇 글자:Q}",
    "글자 수를 알고 싶어요. {q:은} 몇 {글자:Q}",
    "{q:이} 몇 글자인지 세어 볼래?",
    "{q:을} 이루는 글자는 모두 몇 {개:Q}",
)
_SYLLABLES_DIRECT = ("세어 보니 {n}글자예요.", "{n}글자네요.", "전부 {n}글자예요.", "{q:이라는} 말은 {n}글자예요.", 
    "{n}글자예요.", "모두 {n}글자예요.", "{q:은} {n}글자예요.", "글자는 모두 {n}개예요.",
    "{n}글자로 된 말이에요.", "글자 수는 {n}개예요.", "{q:은} 모두 {n}글자예요.", "{n}글자짜리 말이에요.",
    "답은 {n}글자예요.", "{q:의} 글자 수는 {n}개예요.",
)  # fmt: skip
_SYLLABLES_AFTER = ("세어 보니 {n}글자예요.", "전부 {n}글자예요.", "{n}글자네요.", 
    "{n}글자예요.", "{n}글자예요.", "모두 {n}글자예요.", "글자는 {n}개예요.", "그래서 {n}글자예요.",
    "답은 {n}글자예요.", "다 해서 {n}글자예요.",
)  # fmt: skip


def syllables(scene: Scene) -> Exercise:
    """How many letters a word has."""
    word = _word(scene)
    question = _asked(scene, _SYLLABLES_ASKED, word)
    answer = _counted(scene, word, [1] * len(word), _SYLLABLES_DIRECT, _SYLLABLES_AFTER)
    return Exercise((user(question), assistant(answer)), Expected(number=str(len(word))))


# --- how many with a final consonant --------------------------------------------------------------
_FINALS_ASKED = (
    "{q:에서} 받침이 있는 글자는 몇 {개:Q}",
    "{q:에는} 받침이 몇 개 {있다:V}",
    "{q:에} 받침 있는 글자가 몇 개 {있다:V}",
    "{q:의} 받침은 모두 몇 {개:Q}",
    "{q:에서} 받침을 세면 몇 {개:Q}",
    "{q}, 받침 몇 개야?",
    "{q} 받침 개수?",
    "{q:은} 받침이 몇 {개:Q}",
    "{q:에서} 받침으로 끝나는 글자는 몇 {개:Q}",
    "{q:에서} 받침이 달린 글자 수를 세어 주세요.",
    "{q:을} 쓸 때 받침을 몇 번 {쓰다:V}",
    "{q:이라는} 말에는 받침이 몇 개 {들어 있다:V}",
    "받침이 있는 글자를 세고 싶어요. {q:에는} 몇 개 {있다:V}",
    "{q} 가운데 받침을 가진 글자는 몇 {개:Q}",
    "{q:에} 든 받침의 수를 세어 줘",
    "{q:에서} 받침 있는 글자가 몇 개인지 말해 줄래?",
)
_FINALS_DIRECT = ("세어 보니 {n}개예요.", "전부 {n}개예요.", "{n}개네요.", 
    "{n}개예요.", "모두 {n}개예요.", "받침은 {n}개예요.", "받침 있는 글자는 {n}개예요.",
    "{q:에는} 받침이 {n}개 있어요.", "답은 {n}개예요.", "{q:의} 받침은 {n}개예요.",
    "받침이 있는 글자는 모두 {n}개예요.", "받침 수는 {n}개예요.",
)  # fmt: skip
_FINALS_AFTER = ("세어 보니 {n}개예요.", "전부 {n}개예요.", "{n}개네요.", 
    "{n}개예요.", "{n}개예요.", "모두 {n}개예요.", "받침은 {n}개예요.", "그래서 {n}개예요.",
    "답은 {n}개예요.", "받침 있는 글자는 {n}개예요.",
)  # fmt: skip


def finals(scene: Scene) -> Exercise:
    """How many letters of a word have a final consonant."""
    word = _word(scene)
    counts = [int(bool(_parts(syllable)[2])) for syllable in word]
    question = _asked(scene, _FINALS_ASKED, word)
    answer = _counted(scene, word, counts, _FINALS_DIRECT, _FINALS_AFTER)
    return Exercise((user(question), assistant(answer)), Expected(number=str(sum(counts))))


# --- jamo -----------------------------------------------------------------------------------------
_JAMO_ASKED = (
    "{q:의} 자음과 모음은 모두 몇 {개:Q}", "{q:은} 자모가 몇 {개:Q}",
    "{q:에서} 초성, 중성, 종성을 다 세면 몇 {개:Q}", "{q:을} 낱자로 풀면 모두 몇 개가 {되다:V}",
    "{q:에는} 자모가 몇 개 {들어 있다:V}", "{q} 자모 개수 좀 세어 줘", "{q:의} 자모 수를 세어 주세요.",
    "{q:을} 이루는 자모는 몇 {개:Q}",
)  # fmt: skip
_JAMO_DIRECT = (
    "자모는 {n}개예요.",
    "모두 {n}개예요.",
    "자모가 {n}개예요.",
    "{q:의} 자모는 {n}개예요.",
    "자음과 모음은 모두 {n}개예요.",
)
_JAMO_AFTER = ("{n}개예요.", "모두 {n}개예요.", "자모는 {n}개예요.", "그래서 {n}개예요.")
_INITIALS_ASKED = (
    "{q:의} 초성은 {무엇:Q}", "{q:의} 초성만 적어 줘", "{q:을} 초성으로 쓰면 {무엇:Q}", "{q} 초성?",
    "{q:의} 첫소리만 모아 주세요.", "{q:을} 초성만 써 주세요.", "{q:의} 초성을 알려 줘",
    "{q:은} 초성으로 어떻게 {쓰다:V}", "초성 퀴즈를 낼 거예요. {q:의} 초성은 {무엇:Q}",
)  # fmt: skip
_INITIALS_ANSWERED = (
    "{x}이에요.", "초성은 {x}이에요.", "{q:의} 초성은 {x}이에요.", "초성만 쓰면 {x}이에요.",
    "{x}, 이렇게 써요.", "네, {x}이에요.",
)  # fmt: skip
_APART_ASKED = (
    "{q:을} 자모로 나누면 {무엇:Q}", "{q:을} 낱자로 풀어 줘", "{q:은} 어떤 자모로 되어 {있다:V}",
    "{q:을} 자음과 모음으로 나눠 주세요.", "{q:을} 하나하나 풀어 쓰면 {무엇:Q}",
    "글자 {q:은} 무엇으로 {이루어지다:P}",
)  # fmt: skip
_APART_ANSWERED = (
    "{x}, 이렇게 돼요.",
    "{x}, 이렇게 나눠요.",
    "나누면 {x}, 이렇게 돼요.",
    "{q:을} 풀면 {x}, 이렇게 돼요.",
)


def jamo(scene: Scene) -> Exercise:
    """The consonants and vowels of a word: how many, the initials, or those of one letter."""
    word = _word(scene)
    draw = scene.rng.random()
    if draw < 0.4:
        counts = [3 if _parts(syllable)[2] else 2 for syllable in word]
        question = _asked(scene, _JAMO_ASKED, word)
        answer = _counted(scene, word, counts, _JAMO_DIRECT, _JAMO_AFTER)
        return Exercise((user(question), assistant(answer)), Expected(number=str(sum(counts))))
    if draw < 0.8:
        shown = "".join(_parts(syllable)[0] for syllable in word)
        return _shown(scene, word, _INITIALS_ASKED, _INITIALS_ANSWERED, shown)
    letter = Noun(scene.pick(word))
    return _shown(scene, letter, _APART_ASKED, _APART_ANSWERED, ", ".join(filter(None, _parts(letter))))


def _shown(scene: Scene, word: Noun, asked: Sequence[str], answered: Sequence[str], shown: str) -> Exercise:
    question = _asked(scene, asked, word)
    answer = tell(scene, answered, Words(q=Noun(f"'{word}'"), x=Noun(shown)))
    return Exercise((user(question), assistant(answer)), Expected(accept=(shown,)))


# --- which letter ---------------------------------------------------------------------------------
_SPELL_ASKED = (
    "{q:을} 한 글자씩 말해 줘", "{q:을} 한 글자씩 나눠 주세요.", "{q:은} 어떤 글자들로 되어 {있다:V}",
    "{q:을} 한 글자씩 끊어 읽어 줘", "{q:의} 글자를 차례대로 말해 주세요.", "{q}, 한 글자씩 불러 줄래?",
    "{q:을} 글자마다 나누면 {무엇:Q}", "{q:을} 또박또박 한 글자씩 써 주세요.",
)  # fmt: skip
_SPELL_ANSWERED = ("{q:은} {x:이에요}.", "하나씩 말하면 {x:이에요}.", "{x}, 이렇게 나눠요.", "글자는 {x:이에요}.", 
    "한 글자씩 말하면 {x:이에요}.", "차례대로 {x:이에요}.", "{x}, 이렇게 돼요.",
    "네, {x:이에요}.", "나누면 {x:이에요}.",
)  # fmt: skip
_LAST_ASKED = (
    "{q:의} 마지막 글자는 {무엇:Q}", "{q:의} 끝 글자는 {무엇:Q}", "{q} 마지막 글자?",
    "{q:은} 무슨 글자로 {끝나다:V}", "{q:에서} 맨 뒤에 있는 글자는 {무엇:Q}",
    "끝말잇기예요. {q:은} 무슨 글자로 {끝나다:V}", "{q:의} 맨 끝 글자를 말해 줘",
    "{q:에서} 제일 마지막에 오는 글자는 {무엇:Q}",
)  # fmt: skip
_LAST_ANSWERED = ("답은 {x:이에요}.", "{q:의} 마지막 글자는 {x:이에요}.", "제일 뒤는 {x:이에요}.", "{x}, 이 글자로 끝나요.", 
    "{x:이에요}.", "마지막 글자는 {x:이에요}.", "끝 글자는 {x:이에요}.", "{x:으로} 끝나요.",
    "{q:은} {x:으로} 끝나요.", "맨 뒤에는 {x:이} 있어요.",
)  # fmt: skip
_FIRST_ASKED = (
    "{q:의} 첫 글자는 {무엇:Q}", "{q} 첫 글자?", "{q:은} 무슨 글자로 {시작하다:V}",
    "{q:에서} 맨 앞에 있는 글자는 {무엇:Q}", "{q:의} 첫 번째 글자를 알려 주세요.",
    "{q:의} 맨 앞 글자는 {무엇:Q}", "{q:은} 어떤 글자로 {시작되다:V}", "{q:에서} 처음에 오는 글자는 {무엇:Q}",
)  # fmt: skip
_FIRST_ANSWERED = ("답은 {x:이에요}.", "{q:의} 첫 글자는 {x:이에요}.", "제일 앞은 {x:이에요}.", "{x}, 이 글자로 시작해요.", 
    "{x:이에요}.", "첫 글자는 {x:이에요}.", "{x:으로} 시작해요.", "{q:은} {x:으로} 시작해요.",
    "맨 앞에는 {x:이} 있어요.", "맨 앞 글자는 {x:이에요}.",
)  # fmt: skip


def spell(scene: Scene) -> Exercise:
    """A word letter by letter."""
    word = _word(scene)
    return _shown(scene, word, _SPELL_ASKED, _SPELL_ANSWERED, ", ".join(word))


def last(scene: Scene) -> Exercise:
    """The last letter of a word."""
    word = _word(scene)
    return _shown(scene, word, _LAST_ASKED, _LAST_ANSWERED, word[-1])


def first(scene: Scene) -> Exercise:
    """The first letter of a word."""
    word = _word(scene)
    return _shown(scene, word, _FIRST_ASKED, _FIRST_ANSWERED, word[0])


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {
    "syllables": syllables,
    "finals": finals,
    "jamo": jamo,
    "spell": spell,
    "last": last,
    "first": first,
}

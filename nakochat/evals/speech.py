"""What the assistant said in a conversation -> what is wrong with it by rule: speech level, repetition, particles.

Rules see only what can be seen without a dictionary, so they miss much; what they name is wrong.
"""

import collections
import re
from collections.abc import Sequence

from nakochat.core.josa import final_consonant

_SENTENCE = re.compile(r"(?:[^.?!\n]|(?<=\d)\.(?=\d))+[.?!]*")  # 3.5 does not end at its point
# a name called at the end changes no level: 반가워요, 하람 님.
_POLITE = re.compile(r"(요|죠|네|아하|와|음|저런|그럼|안녕)(, ?[가-힣]+ 님)?[\"'”’~ ]*[.?!,]*$")
_WORDS_IN_EUL = ("마을", "가을", "노을", "고을")  # not a noun and 을
_ADNOMINAL = ("나을", "지을", "이을", "부을", "저을", "그을")  # verbs that lose their ㅅ: 나을 거예요
_RIEUL = 8


def problems(answers: Sequence[str]) -> list[str]:
    """A line for each breach in the answers of one conversation."""
    found = []
    for answer in answers:
        sentences = [sentence.strip() for sentence in _SENTENCE.findall(answer)]
        found += [
            f"not in 해요체: {s}" for s in sentences if re.search("[가-힣]", s) and not _POLITE.search(s)
        ]
        found += [f"particle: {word}" for word in re.findall(r"[가-힣]+", answer) if _wrong_particle(word)]
    words = " ".join(answers).split()
    grams = collections.Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    found += [f"three times: {' '.join(gram)}" for gram, count in grams.items() if count >= 3]
    return found


def _wrong_particle(word: str) -> bool:
    """Whether the word ends in a particle whose form does not fit what is before it."""
    if len(word) < 2 or word.endswith(_WORDS_IN_EUL) or word in _ADNOMINAL:
        return False
    if word.endswith("으로"):
        return len(word) > 2 and final_consonant(word[:-2]) in (0, _RIEUL)
    before = final_consonant(word[:-1])
    return (word[-1] == "를" and before != 0) or (word[-1] == "을" and before == 0)

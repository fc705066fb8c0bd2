"""A Korean conversation -> why not to learn from it: another model's name, two speech levels, translationese.

Sets of Korean chat were often translated by machine, or written by another company's model that says so.  Rules name
what can be seen without a dictionary; they miss much, and what they drop is counted by reason.  What the assistant
says is judged, never what the user says.  A conversation without Korean is not judged.

    foreign       it says that it is ChatGPT, was made by OpenAI, or speaks "as an AI language model"
    levels        one answer ends some of its sentences in -요 or -니다 and others in 반말 or the written -다
    translated    marks of translation that Korean writers avoid, two or more of them in one answer
"""

import re
from typing import Literal

from nakochat.text.conversation import Conversation

Fault = Literal["foreign", "levels", "translated"]
FAULTS: dict[str, tuple[str, str]] = {
    "foreign": ("다른 모델이라고 말함", "says that it is another model"),
    "levels": ("말투가 섞임", "mixes speech levels"),
    "translated": ("번역 투", "reads like a translation"),
}

_MODELS = (
    r"(?:Chat\s?GPT|챗\s?GPT|챗지피티|GPT-?\d[\w.]*|OpenAI|오픈\s?AI|Claude|클로드|Anthropic|앤트로픽|Bard|Gemini|제미나이"
    r"|Qwen|큐원|DeepSeek|딥시크|HyperCLOVA|하이퍼클로바|LLaMA|라마\s?\d|Alpaca|알파카|Vicuna)"
)
# a claim: the name and a copula that affirms, or who made it; "저는 ChatGPT가 아니에요" is none
_CLAIMS = re.compile(
    rf"(?:저는|나는|전|제 이름은)\s?{_MODELS}\s?(?:입니다|이에요|예요|라고|이라고|이며|로서|으로서)"
    rf"|(?:저는|나는|저를|나를)[^.!?\n]{{0,30}}{_MODELS}\s?(?:에서|이|가|에 의해|사가|사에서)\s?"
    r"(?:만든|개발한|훈련한|학습시킨|만들었|개발했|개발된|만들어진|훈련된)"
    rf"|(?:as an?|I am an?|I'm an?) (?:AI )?(?:large )?language model|AI\s?언어\s?모델(?:로서|이기 때문|이므로|인 저)"
    r"|(?:저는|나는)\s?(?:인공\s?지능|AI)\s?언어\s?모델",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?。\n]*[가-힣][^.!?。\n]*[.!?。]")
_POLITE = re.compile(r"(?:요|죠|니다|니까|시오|시다|네)[\"'”’)\]~ ]*[.!?。]+$")
_FAMILIAR = re.compile(
    r"(?:(?<![가-힣])(?:응|그래|아냐|아니야)|[가-힣](?:야|해|어|아|지|거든|잖아|는데|니|냐|자|라|게))"
    r"[\"'”’)\]~ ]*[.!?。]+$"
)
_WRITTEN = re.compile(r"[가-힣]다[\"'”’)\]~ ]*[.!?。]+$")
_LISTED = re.compile(r"^\s*(?:[-*•·]|\d+[.)]|[가-하][.)])")  # items of a list have no level
_TRANSLATED = re.compile(
    r"(?:^|[\s\"'(])당신(?:은|이|을|의|에게)|그것(?:은|이|을)\s|[가-힣]에 의(?:해|하여)\s|하는 것을 돕|것이 가능합니다|"
    r"에 대한 정보를 제공|을 가지고 있습니다|를 가지고 있습니다|(?:[가-힣]들들)|하는 것은 중요합니다|"
    r"임을 기억하(?:는 것|세요)|다음은 [^.]{0,40}입니다:|도움이 되(?:길|기를) 바랍니다"
)


def fault(conversation: Conversation) -> Fault | None:
    """The first of FAULTS that one of the assistant's messages has."""
    answers = [message.text for message in conversation if message.role == "assistant"]
    if any(_CLAIMS.search(answer) for answer in answers):
        return "foreign"
    if any(_mixes_levels(answer) for answer in answers):
        return "levels"
    if any(len(_TRANSLATED.findall(answer)) >= 2 for answer in answers):
        return "translated"
    return None


def _mixes_levels(answer: str) -> bool:
    """Whether polite and other endings stand in one answer.  Quoted speech and lists are left out."""
    plain = re.sub(r"[\"“'‘][^\"”'’\n]*[\"”'’]", "", answer)
    lines = [line for line in plain.split("\n") if not _LISTED.match(line)]
    sentences = [s.strip() for line in lines for s in _SENTENCE.findall(line)]
    polite = sum(1 for s in sentences if _POLITE.search(s))
    other = sum(1 for s in sentences if not _POLITE.search(s) and (_FAMILIAR.search(s) or _WRITTEN.search(s)))
    return polite > 0 and other > 0

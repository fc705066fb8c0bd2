"""A template written once -> the same sentence at a drawn speech level, with a drawn way of asking.

Templates of word problems and small talk name their common words themselves: in "{버스:에} {타다:었어요}." the slot
is the word.  Places where any of many endings fits are written as marks, and `settle` draws the ending:

    {사다:J}    the clause ends, another follows        샀는데 / 샀고 / 샀어요. / 샀습니다. / 샀다.
    {사다:E}    the sentence ends                       샀어요. / 샀습니다. / 샀다. / 샀어.
    {개:Q}      몇 + noun, a question                   개예요? / 개일까요? / 개인지 알려 주세요.
    {있다:H}    있다 or 없다, present                    있어요. / 있습니다. / 있다. / 있어.
    {개:I}      a noun + 이다, the sentence ends        개예요. / 개입니다. / 개이다. / 개야.
    {개:K}      a noun + 이다, another clause follows   개인데 / 개이고 / 개예요.
    {남다:V}    a verb, a question, present             남아요? / 남나요? / 남는지 궁금해요.
    {남다:P}    a verb, a question, past                남았어요? / 남았을까요? / 남았는지 말해 줘.
    {좋다:S}    how one feels, a statement                 좋아요. / 좋네요. / 좋은 것 같아요. / 좋아.
    {많다:A}    an adjective, a question                많아요? / 많은가요? / 많은지 알려 줘.
"""

import re
from collections.abc import Sequence
from typing import Any

from nakochat.core.josa import Noun
from nakochat.data.village.conjugation import Verb
from nakochat.data.village.scene import Scene, fill

_CLOSING = {"polite": ":었어요}.", "formal": ":었습니다}.", "plain": ":었다}.", "casual": ":었어}."}
_BEING = {"polite": ":이에요}.", "formal": "}입니다.", "plain": "}이다.", "casual": ":이야}."}
_HAVING = {"polite": ":어요}.", "formal": ":습니다}.", "plain": ":다}.", "casual": ":어}."}
_LEVELS = ("polite", "polite", "polite", "formal", "plain", "casual")
_JOINING = (":었는데}", ":었는데},", ":었고}", ":었고},", ":었는데}", "")  # "" is the level's own full stop
_JOINED_BEING = (":인데}", "}인데,", ":이고}", "")
_ASKING: dict[str, tuple[str, ...]] = {
    ":Q}": (
        ":이에요}?", ":이에요}?", ":일까요}?", ":일까요}?", ":인가요}?", ":이야}?", ":이죠}?", "}입니까?",
        "}인지 알려 주세요.", "}인지 궁금해요.", "}인지 계산해 줘.", "}인지 말해 줄래요?", "}인지 맞혀 봐.",
        "}인지 구해 보세요.", "}인지 아세요?", "}?", "}",
    ),
    ":V}": (
        ":어요}?", ":어요}?", ":을까요}?", ":나요}?", ":어}?", ":죠}?", ":지}?", ":니}?", ":을까}?",
        ":는지} 알려 주세요.", ":는지} 궁금해요.", ":는지} 구해 줘.", ":는지} 말해 보세요.", ":는지} 알아?",
    ),
    ":P}": (
        ":었어요}?", ":었어요}?", ":었을까요}?", ":었나요}?", ":었어}?", ":었죠}?", ":었지}?", ":었니}?",
        ":었을까}?", ":었습니까}?", ":었는지} 알려 주세요.", ":었는지} 궁금해요.", ":었는지} 구해 줘.",
        ":었는지} 말해 줄래요?",
    ),
    ":S}": (
        ":어요}.", ":어요}.", ":어요}", ":네요}.", ":어}.", ":어}", ":은} 것 같아요.", ":은} 기분이에요.",
        ":네}", ":은} 하루예요.", ":더라고요}.", ":은} 것 같아", ":거든요}.",
    ),
    ":A}": (
        ":어요}?", ":어요}?", ":을까요}?", ":은가요}?", ":어}?", ":죠}?", ":지}?", ":을까}?",
        ":은지} 알려 주세요.", ":은지} 궁금해요.", ":은지} 말해 줘.", ":은지} 아세요?",
    ),
}  # fmt: skip

_SOLVING = ("계산", "구해", "맞혀")
_TALKING = {
    mark: tuple(ending for ending in endings if not any(word in ending for word in _SOLVING))
    for mark, endings in _ASKING.items()
}

# 해요체 -> 반말: first what a request becomes, then endings; a word's border is a space or the text's front
_REQUESTED = tuple(
    (re.compile(polite), casual)
    for polite, casual in ((r"주세요", "줘"), (r"어떠세요", "어때"), (r"(?<!여)보세요", "봐"))
)
_ENDED = tuple(
    (re.compile(polite), casual)
    for polite, casual in (
        (r"(?<!\S)저(?=는|도|를|랑|한테|\s)", "나"),
        (r"(?<!\S)제(?=가\s|\s)", "내"),
        (r"(?:에요|예요)(?=[.!?,]|$)", "야"),
        (r"죠(?=[.!?,]|$)", "지"),
        (r"요(?=[.!?,]|$)", ""),
    )
)
_RESPECTFUL = re.compile(r"세요|니다|니까\?|께\s|[가-힣]님")


class Words(dict[str, Any]):
    """Slots of a template.  A name that was not given is the word itself: a Verb where it ends in 다, or a Noun."""

    def __missing__(self, name: str) -> Noun | Verb:
        return Verb(name) if name.endswith("다") else Noun(name)


def level(scene: Scene) -> str:
    """One speech level for the sentences of a user or a narrator."""
    return scene.pick(_LEVELS)


def settle(scene: Scene, template: str, speech: str = "polite", solving: bool = True) -> str:
    """The template with every mark replaced by an ending of the speech level, and of solving or just talking."""
    while ":J}" in template:
        template = template.replace(":J}", scene.pick(_JOINING) or _CLOSING[speech], 1)
    while ":K}" in template:
        template = template.replace(":K}", scene.pick(_JOINED_BEING) or _BEING[speech], 1)
    for mark, ending in ((":E}", _CLOSING), (":I}", _BEING), (":H}", _HAVING)):
        template = template.replace(mark, ending[speech])
    for mark, endings in (_ASKING if solving else _TALKING).items():
        while mark in template:
            template = template.replace(mark, scene.pick(endings), 1)
    return template


def tell(scene: Scene, templates: str | Sequence[str], words: Words, solving: bool = True) -> str:
    """One of the templates, settled and filled."""
    template = templates if isinstance(templates, str) else scene.pick(templates)
    return fill(settle(scene, template, solving=solving), words, scene.masked)


def casual(text: str) -> str:
    """What a user says politely, said to a friend: 추워요. -> 추워.  Words of respect stay as they are."""
    spoken = text
    for polite, plain in _REQUESTED:
        spoken = polite.sub(plain, spoken)
    if _RESPECTFUL.search(spoken):
        return text
    for polite, plain in _ENDED:
        spoken = polite.sub(plain, spoken)
    return spoken


def typed(scene: Scene, text: str) -> str:
    """A user's words as people type them: often casual, the last full stop or question mark left out now and then."""
    to_a_friend, hurry = scene.chance(0.4), scene.rng.random()
    text = casual(text) if to_a_friend else text
    return text[:-1] if hurry < {".": 0.25, "?": 0.1}.get(text[-1], 0) else text

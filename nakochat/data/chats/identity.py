"""Who a model is to be -> conversations in which it says so.

    identity = Identity(name="별이", maker="김나코", traits=("다정한", "호기심 많은"))
    for messages in conversations(identity, count=600, seed=0): ...

The same identity and seed give the same conversations, no two of them alike.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nakochat.core.errors import ConfigError
from nakochat.core.josa import Noun, final_consonant
from nakochat.core.messages import say
from nakochat.data.chats import identity_topics as topics
from nakochat.data.village.conjugation import Verb
from nakochat.data.village.scene import Scene, fill
from nakochat.data.village.talk import BYE, THANKS, Topic, turn
from nakochat.data.village.wording import Words
from nakochat.text.conversation import Conversation, Message

_LONGEST_NAME = 20
_LONGEST_PHRASE = 60
_ENGLISH_SHARE = 0.05
# What the one who types "--maker 나" is to a model that says 저 of itself
_MYSELF = {"나", "저", "me", "Me", "ME", "I"}
_OWNER, _ENGLISH_OWNER = "이 컴퓨터의 주인", "the owner of this computer"
_RUN_TOGETHER = re.compile(r"(?<=[가-힣])(많은|넘치는)$")


def require_name(name: str, flag: str = "--name") -> str:
    """The name in NFC without space around it.  ConfigError for one that nobody could be called by."""
    return _phrase(flag, name, _LONGEST_NAME)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A name, who made it, and what it is like.  ConfigError for words that no sentence could be made with."""

    name: str
    maker: str
    traits: tuple[str, ...] = ()
    """Adjectives as they stand before a noun: 다정한, 호기심 많은, 재미있는; or in their dictionary form."""
    home: str | None = None
    birthday: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", require_name(self.name))
        object.__setattr__(self, "maker", _phrase("--maker", self.maker, _LONGEST_PHRASE))
        object.__setattr__(self, "traits", tuple(_trait(trait) for trait in self.traits))
        for name in ("home", "birthday"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _phrase(f"--{name}", value, _LONGEST_PHRASE))


def conversations(identity: Identity, *, count: int, seed: int = 0) -> Iterator[Conversation]:
    """`count` conversations of one to four turns, no two alike.

    ConfigError where count is not positive, or more than can be said differently.
    """
    if count < 1:
        raise ConfigError(
            say(f"--count는 1 이상이어야 합니다: {count}.", f"--count must be 1 or more: {count}.")
        )
    seen: set[tuple[str, ...]] = set()
    for number in range(20 * count + 100):
        conversation = _conversation(Scene("identity", number, seed), identity)
        said = tuple(message.text for message in conversation)
        if said not in seen:
            seen.add(said)
            yield conversation
            if len(seen) == count:
                return
    raise ConfigError(
        say(
            f"서로 다른 대화를 {count:,}개까지 만들 수 없습니다 ({len(seen):,}개까지 나왔습니다). --count를 줄이세요.",
            f"cannot make {count:,} different conversations (it came to {len(seen):,}). Lower --count.",
        )
    )


def _conversation(scene: Scene, identity: Identity) -> Conversation:
    words = _words(scene, identity)
    if scene.chance(_ENGLISH_SHARE):
        return tuple(
            m
            for topic in scene.some(topics.ENGLISH, scene.pick((1, 1, 2)))
            for m in turn(scene, topic, words)
        )
    before = tuple(fill(text, words) for text in topics.BEFORE)
    messages: list[Message] = []
    if scene.chance(0.2):
        messages += turn(scene, topics.GREETING, words)
    for topic in scene.some(_topics(identity), scene.pick((1, 1, 1, 2, 2, 3))):
        # who has begun to talk goes on without calling again
        messages += turn(
            scene, topic, words, before if not messages else ("", "", "그런데 ", "참, ", "그럼 ")
        )
        if topic.follows and scene.chance(0.4):
            messages += turn(scene, scene.pick(topic.follows), words)
    if scene.chance(0.15):
        messages += turn(scene, scene.pick((THANKS, THANKS, BYE)), words)
    return tuple(messages)


def _topics(identity: Identity) -> tuple[Topic, ...]:
    """What is talked about; the name, the maker and the character count most."""
    character = (
        (topics.BOTH_TRAITS, topics.CHARACTER, topics.IS_TRAIT)
        if len(identity.traits) > 1
        else (topics.CHARACTER, topics.IS_TRAIT)
        if identity.traits
        else (topics.NO_TRAIT,)
    )
    return (
        *(topics.NAME, topics.WHO, topics.MAKER, _others(identity), *character),
        *(
            topics.CAN,
            topics.CANNOT,
            topics.CANNOT_THIS,
            topics.WRONG,
            topics.HUMAN,
            topics.MEMORY,
            topics.LANGUAGE,
        ),
        topics.HOME if identity.home else topics.NO_HOME,
        topics.BIRTHDAY if identity.birthday else topics.NO_BIRTHDAY,
    )


def _others(identity: Identity) -> Topic:
    """Whether it is another model: not one that goes by its own name, or comes from its own maker."""
    mine = (identity.name.casefold(), identity.maker.casefold())
    asks = topics.OTHER_MAKER.asks
    return replace(
        topics.OTHER_MAKER, asks=tuple(a for a in asks if not any(name in a.casefold() for name in mine))
    )


def _words(scene: Scene, identity: Identity) -> Words:
    myself = identity.maker in _MYSELF
    traits = scene.some(identity.traits, len(identity.traits))
    return Words(
        me=Noun(identity.name),
        maker=Noun(_OWNER if myself else identity.maker),
        english_maker=_ENGLISH_OWNER if myself else identity.maker,
        trait=traits[0] if traits else "",
        trait2=traits[1] if len(traits) > 1 else "",
        home=Noun(identity.home or ""),
        birthday=Noun(identity.birthday or ""),
    )


def _trait(text: str) -> str:
    """The form before a noun: 다정하다 -> 다정한, 재미있다 -> 재미있는, 호기심많은 -> 호기심 많은."""
    trait = _phrase("--traits", text, _LONGEST_PHRASE)
    if trait.endswith("다"):
        trait = format(Verb(trait), "는" if trait.endswith(("있다", "없다")) else "은")
    if not ("가" <= trait[-1] <= "힣" and final_consonant(trait) == final_consonant("은")):
        raise ConfigError(
            say(
                f"--traits에 쓸 수 없는 말입니다: '{text}'. '다정한', '호기심 많은', '재미있는'처럼 '성격' 앞에 올 수 "
                "있는 말을 쉼표로 나누어 쓰세요.",
                f"--traits cannot use '{text}'. Give Korean words that can stand before 성격, separated by commas: "
                "다정한, 호기심 많은, 재미있는.",
            )
        )
    return _RUN_TOGETHER.sub(r" \1", trait)


def _phrase(flag: str, text: str, longest: int) -> str:
    """The text in NFC, without space around it.  ConfigError for one that does not fit into a sentence."""
    clean = unicodedata.normalize("NFC", text).strip()
    readable = any(c.isalnum() for c in clean) and clean.isprintable() and not set(clean) & set("<>{}|")
    if not readable or len(clean) > longest:
        raise ConfigError(
            say(
                f"{flag}에 쓸 수 없는 말입니다: {text!r}. 글자나 숫자가 든 {longest}자 이하의 말을 "
                "줄바꿈과 <>{}| 없이 쓰세요.",
                f"{flag} cannot be {text!r}. Give at most {longest} characters, with letters or digits, without line "
                "ends and <>{}|.",
            )
        )
    return clean

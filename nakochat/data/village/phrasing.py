"""A relation and a subject -> a question in one of very many wordings; a fact -> a sentence that states it.

A question is prefix x phrase x ending, in one register.  Which combinations training may see is decided here
(scene.allows("question", relation, …)); everything that asks goes through `ask`.
"""

from functools import cache
from typing import Any

from nakochat.core.josa import Noun
from nakochat.data.village.clauses import finish, finish_with
from nakochat.data.village.knowledge import Fact
from nakochat.data.village.question_parts import Relation, with_asked
from nakochat.data.village.scene import Scene

# after each: the register of the endings that it goes with
PREFIXES: dict[str, tuple[str, ...]] = {
    "polite": (
        "", "", "", "", "", "", "저기요, ", "궁금한 게 있어요. ", "있잖아요, ", "혹시 ", "하나만 물어볼게요. ", "질문이 있어요. ", "저, ",
        "숙제인데요, ", "동생이 물어봤는데요, ", "갑자기 궁금해졌어요. ", "나코, ", "나코야, ", "안녕하세요, ", "그런데요, ", "잠깐만요, ",
        "친구랑 내기를 했는데요, ", "책을 읽다가 궁금해졌는데요, ", "모르는 게 있어요. ", "물어볼 게 있어요. ", "실례지만 ", "퀴즈예요. ",
        "아이가 자꾸 물어요. ", "제가 잊어버렸는데요, ", "음, ", "도와주세요. ", "선생님이 내 주신 문제예요. ", "한 가지 여쭤볼게요. ", "미안하지만 ",
        "시험에 나온대요. ", "헷갈려서 그러는데요, ", "갑자기 생각이 안 나요. ", "아까부터 궁금했어요. ", "쉬운 질문 하나 할게요. ", "이번에는 ",
    ),
    "casual": (
        "", "", "", "", "", "야, ", "있잖아, ", "궁금한데, ", "혹시 ", "하나만 물어볼게. ", "저기, ", "나코야, ", "숙제인데 ", "근데 ", "그런데 ",
        "동생이 물어보는데 ", "갑자기 궁금해졌어. ", "음, ", "내기했는데 ", "책 보다가 궁금해졌어. ", "퀴즈! ", "문제 낼게. ", "이거 알아? ", "잠깐, ",
        "헷갈려서 그러는데 ", "나 이거 까먹었어. ", "도와줘. ", "맞혀 봐. ", "안녕, ", "물어볼 게 있어. ",
    ),
    "formal": ("", "", "실례합니다. ", "질문이 있습니다. ", "한 가지 묻겠습니다. ", "궁금합니다. ", "선생님, ", "저기, ", "다음 물음에 답하십시오. "),
}  # fmt: skip
# the ending of a clause that asks, and what follows
_ASK_ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "polite": (
        ("어요", "?"), ("어요", "?"), ("어요", "?"), ("나요", "?"), ("나요", "?"), ("을까요", "?"), ("을까요", "?"), ("죠", "?"), ("지요", "?"),
        ("는지", " 알려 주세요."), ("는지", " 알아요?"), ("는지", " 아세요?"), ("는지", " 궁금해요."), ("는지", " 가르쳐 주실래요?"),
        ("는지", " 생각이 안 나요."), ("는지", " 말해 주세요."), ("는지", " 말해 줄래요?"), ("는지", " 기억해요?"), ("는지", " 알고 싶어요."),
        ("는지", " 가르쳐 주세요."), ("는지", " 설명해 주세요."), ("는지", " 알 수 있을까요?"), ("는지", " 잊어버렸어요."), ("는지", " 혹시 알아요?"),
        ("는지", " 맞혀 보세요."), ("는지", " 좀 알려 줄 수 있어요?"), ("는지", " 물어봐도 돼요?"), ("는 거예요", "?"), ("는 걸까요", "?"),
        ("던가요", "?"), ("는지", "요?"), ("는지", " 저는 모르겠어요."), ("는지", " 들어 봤어요?"), ("는지", " 대답해 보세요."), ("는다고", " 했죠?"),
        ("는다고", " 했더라요?"), ("는지", " 도무지 모르겠네요."), ("는지", " 좀 알려 주시겠어요?"),
    ),
    "casual": (
        ("어", "?"), ("어", "?"), ("어", "?"), ("니", "?"), ("지", "?"), ("을까", "?"), ("더라", "?"), ("는지", " 알려 줘."), ("는지", " 알아?"),
        ("는지", " 말해 봐."), ("는지", " 궁금해."), ("는지", " 기억나?"), ("는지", " 맞혀 봐."), ("는지", " 좀 가르쳐 줘."), ("는 거야", "?"),
        ("는지", " 아니?"), ("는지", " 말해 줘."), ("는지", " 알려 줄래?"), ("는지", " 생각이 안 나."), ("는지", " 알고 싶어."), ("는다고", " 했지?"),
    ),
    "formal": (
        ("습니까", "?"), ("습니까", "?"), ("는지", " 알려 주십시오."), ("는지", " 말씀해 주시겠습니까?"), ("는지", " 아십니까?"), ("는지", " 궁금합니다."),
        ("는지", " 알고 싶습니다."), ("는지", " 답하십시오."), ("는지", " 설명해 주십시오."),
    ),
}  # fmt: skip
# endings for a bare noun phrase
_TOPIC_ENDINGS: dict[str, tuple[str, ...]] = {
    "polite": (
        "{t:을} 알려 주세요.", "{t} 좀 알려 주세요.", "{t:이} 궁금해요.", "{t:을} 아세요?", "{t:을} 말해 주세요.", "{t:은}요?", "{t:을} 알고 싶어요.",
        "{t:이} 생각이 안 나요.", "{t:을} 맞혀 보세요.", "{t:을} 가르쳐 주세요.", "{t}, 알아요?", "{t:을} 하나만 대 보세요.", "{t:을} 알 수 있을까요?",
        "{t:에 대해} 알려 줄래요?", "{t}, 그게 궁금해요.", "{t:을} 좀 가르쳐 줄 수 있어요?", "{t:을} 기억해요?", "{t:을} 한마디로 말해 주세요.",
    ),
    "casual": (
        "{t}?", "{t}", "{t:은}?", "{t} 알려 줘.", "{t:을} 말해 봐.", "{t} 알아?", "{t:이} 궁금해.", "{t:을} 맞혀 봐.", "{t} 좀 말해 줘.", "{t} 뭐더라?",
        "{t:을} 대 봐.", "{t} 기억나?", "{t} 가르쳐 줘.",
    ),
    "formal": (
        "{t:을} 말씀해 주십시오.", "{t:을} 쓰시오.", "{t:을} 알려 주시기 바랍니다.", "{t:을} 아십니까?", "{t:이} 궁금합니다.",
    ),
}  # fmt: skip
_REGISTERS = ("polite",) * 6 + ("casual",) * 3 + ("formal",)
# the subject first, the rest of the question after it
_INTRODUCED = (
    "{s} 말이에요, ", "{s} 있잖아요, ", "{s:에 대해} 궁금해요. ", "{s} 알죠? ", "{s} 얘기인데요, ", "{s:은}요, ", "{s:에 대해} 물어볼게요. ",
    "{s}요, ", "지금 {s} 얘기를 하고 있었어요. ", "{s:에 대해} 배우고 있어요. ",
)  # fmt: skip


def slots(fact: Fact, **more: Any) -> dict[str, Any]:
    """What a fact fills into a clause."""
    filled: dict[str, Any] = {"s": fact.subject, "v": fact.value, **more}
    filled["q"] = Noun(f"'{filled['v']}'")
    if fact.act is not None:
        filled["a"] = fact.act
    return filled


def cited(fact: Fact, word: Noun) -> Noun:
    """The fact's subject or value as an answer names it: in quotes where it is a word about which one speaks."""
    return Noun(f"'{word}'") if fact.relation == "opposite" else word


def clause(scene: Scene, text: str, ending: str, words: dict[str, Any]) -> str:
    """A clause with an ending, filled."""
    if text.endswith("{a}"):
        return scene.say(finish_with(text, ending, str(words["a"])), **words)
    template, verb = finish(text, ending)
    return scene.say(template, d=verb, **words)


@cache
def without_subject(text: str) -> str:
    """The clause without its topic, or "" when the subject plays another part in it."""
    return text.removeprefix("{s:은} ") if text.startswith("{s:은} ") else ""


@cache
def _phrases(relation: Relation) -> tuple[tuple[str, str], ...]:
    """Every phrase that asks: (shape, clause or noun phrase)."""
    asked = "{w}="
    phrases = [("clause", text) for text in relation.asks] * 2
    phrases += [("clause", f"{topic[:-1]}:{particle}}} {asked}" if topic.endswith("}") else f"{topic}|{particle} {asked}")
                for topic in relation.topics for particle in ("은", "이")]  # fmt: skip
    phrases += [("topic", topic) for topic in relation.topics]
    phrases += [("fronted", rest) for rest in map(without_subject, relation.asks) if rest]
    phrases += [("postposed", rest) for rest in map(without_subject, relation.asks) if rest]
    return tuple(phrases)


def ask(scene: Scene, relation: Relation, words: dict[str, Any], asked: str = "") -> str:
    """A question for the value of a relation, in a wording from the scene's side of the split.

    words   fills the slots: the subject {s}, or for inverse questions the value {v} and its verb {a}
    asked   the question word where the fact has its own (몇 분)
    """
    while True:
        register = scene.pick(_REGISTERS)
        shape, phrase = scene.pick(_phrases(relation))
        form, tail = (
            ("", scene.pick(_TOPIC_ENDINGS[register]))
            if shape == "topic"
            else scene.pick(_ASK_ENDINGS[register])
        )
        if shape == "fronted" and register == "polite":
            shape = "introduced"
        elif shape == "postposed" and tail != "?":
            shape = "fronted"
        lead = scene.pick(_INTRODUCED if shape == "introduced" else PREFIXES[register])
        phrase = _joined(with_asked(phrase, asked or scene.pick(relation.asked)))
        # by the words that come out: two rows of the lists may make the same question
        wording = phrase if shape == "topic" else finish(phrase, form)[0]
        if scene.allows(
            "question", relation.name, lead, shape, wording, form if "{d" in wording else "", tail
        ):
            break
    if shape == "topic":
        return lead + scene.say(tail, t=scene.say(phrase, **words))
    asking = clause(scene, phrase, form, words) + tail
    if shape == "introduced":
        return scene.say(lead, **words) + asking
    if shape == "postposed":
        return lead + scene.say("{q}, {s:은}?", q=asking[:-1], **words)
    if shape == "fronted":
        asking = scene.say("{s}, {q}", q=asking, **words)
    return lead + _unpunctuated(scene, asking, register)


def _unpunctuated(scene: Scene, asking: str, register: str) -> str:
    """Sometimes without its question mark or full stop, as people type."""
    return asking[:-1] if scene.chance(0.35 if register == "casual" else 0.1) else asking


@cache
def _joined(text: str) -> str:
    """A noun phrase that ends in a plain word (먹는 것|은) with its particle."""
    if "|" not in text:
        return text
    head, _, rest = text.partition("|")
    particle, _, asked = rest.partition(" ")
    word = head.rpartition(" ")[2]
    return f"{head[: len(head) - len(word)]}{Noun(word):{particle}} {asked}"


def tell(
    scene: Scene, relation: Relation, fact: Fact, ending: str = "어요", subject: Noun | str | None = None
) -> str:
    """A clause that states the fact, with an ending."""
    return clause(
        scene, scene.pick(relation.tells), ending, slots(fact, s=fact.subject if subject is None else subject)
    )

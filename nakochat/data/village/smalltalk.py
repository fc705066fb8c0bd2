"""A scene -> everyday talk: greetings, feelings, the weather, food, hobbies, advice, riddles, how to do things."""

from collections.abc import Callable

from nakochat.data.village.feelings import feeling
from nakochat.data.village.howto import howto, refusal
from nakochat.data.village.scene import Exercise, Expected, Scene
from nakochat.data.village.talk import GREETINGS, PARTINGS, conversation, ending, turn, words_of
from nakochat.data.village.topics import TOPICS
from nakochat.text.conversation import Message

_BEFORE = ("", "", "", "", "", "", "저기, ", "나코야, ", "근데 ", "참, ", "아, ", "음, ")


def small_talk(scene: Scene) -> Exercise:
    """One or two topics of everyday life."""
    return Exercise(conversation(scene, TOPICS, _BEFORE), Expected())


def greeting(scene: Scene) -> Exercise:
    """Meeting and parting."""
    words = words_of(scene)
    messages = turn(scene, scene.pick(GREETINGS), words)
    talked = scene.chance(0.4)
    if talked:
        messages += turn(scene, scene.pick(TOPICS), words)
    if scene.chance(0.5):  # nobody gives thanks for a greeting
        messages += turn(scene, ending(scene) if talked else scene.pick(PARTINGS), words)
    return Exercise(tuple(messages), Expected())


def feelings(scene: Scene) -> Exercise:
    """The user tells how they feel."""
    opening = turn(scene, scene.pick(GREETINGS), words_of(scene)) if scene.chance(0.15) else []
    return Exercise((*opening, *feeling(scene, scene.pick(_BEFORE)), *_end(scene)), Expected())


def how_to(scene: Scene) -> Exercise:
    """The user wants to do something and asks how."""
    first = howto(scene, scene.pick(_BEFORE))
    second = howto(scene, scene.pick(("그럼 ", "그리고 ", "또 "))) if scene.chance(0.2) else []
    return Exercise((*first, *second, *_end(scene)), Expected())


def cannot(scene: Scene) -> Exercise:
    """The user wants what a model of text cannot do."""
    first = refusal(scene, scene.pick(_BEFORE))
    second = refusal(scene, scene.pick(("그럼 ", "그러면 "))) if scene.chance(0.3) else []
    return Exercise((*first, *second, *_end(scene)), Expected())


def _end(scene: Scene) -> tuple[Message, ...]:
    return tuple(turn(scene, ending(scene), words_of(scene))) if scene.chance(0.2) else ()


EXERCISES: dict[str, Callable[[Scene], Exercise]] = {
    "small_talk": small_talk,
    "greeting": greeting,
    "feelings": feelings,
    "how_to": how_to,
    "cannot": cannot,
}

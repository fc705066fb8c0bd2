"""A name, a maker and a character -> a file of conversations that teach them to a model.  [nako data identity]"""

import json
import shlex
from pathlib import Path

from nakochat.commands.outputs import require_place
from nakochat.core.errors import ConfigError
from nakochat.core.files import write_text
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.chats.identity import Identity, conversations
from nakochat.text.conversation import Conversation

_SHOWN = 3


def main(
    *,
    name: str,
    maker: str,
    traits: str = "",
    home: str | None = None,
    birthday: str | None = None,
    count: int = 600,
    seed: int = 0,
    out: Path = Path("identity.jsonl"),
    overwrite: bool = False,
) -> None:
    """Write conversations in which a model says who it is, for `--data` of mid and sft.

    Parameters
    ----------
    name
        모델의 이름 (별이). | The model's name.
    maker
        만든 사람이나 모임; '나'는 '이 컴퓨터의 주인'이 됩니다. |
        Who made it; 'me' becomes 'the owner of this computer'.
    traits
        성격, 쉼표로 나누어 (다정한,호기심 많은). | Its character in Korean, separated by commas.
    home
        고향 (부산). | Where it comes from.
    birthday
        생일 (3월 1일). | Its birthday.
    count
        대화의 수. | Conversations.
    seed
        씨앗이 같으면 대화도 같습니다. | The same seed gives the same conversations.
    out
        쓸 파일 (.jsonl). | The file to write (.jsonl).
    overwrite
        이미 있는 다른 파일을 덮어씁니다. | Replace another file that is there already.
    """
    listed = tuple(trait for trait in traits.split(",") if trait.strip())
    identity = Identity(name=name, maker=maker, traits=listed, home=home, birthday=birthday)
    made = list(conversations(identity, count=count, seed=seed))
    text = "".join(json.dumps(_plain(conversation), ensure_ascii=False) + "\n" for conversation in made)
    _require_place(out, text, overwrite)
    write_text(out, text)
    for conversation in made[:_SHOWN]:
        for message in conversation:
            who = say("사용자", "user") if message.role == "user" else identity.name
            speak(f"  {who}: {message.text}")
        speak("")
    _say_how(out, identity, len(made))


def _plain(conversation: Conversation) -> dict[str, list[dict[str, str]]]:
    return {"messages": [{"role": message.role, "content": message.text} for message in conversation]}


def _require_place(out: Path, text: str, overwrite: bool) -> None:
    """ConfigError where a file of other content stands, which somebody may have edited by hand, or no file can be."""
    if out.suffix != ".jsonl":
        raise ConfigError(
            say(
                f"--out은 .jsonl로 끝나야 합니다: {out}. 예: --out identity.jsonl",
                f"--out must end in .jsonl: {out}. For example: --out identity.jsonl",
            )
        )
    require_place(out, "--out")
    if out.exists() and not overwrite and out.read_bytes() != text.encode():
        raise ConfigError(
            say(
                f"이미 다른 내용의 파일이 있습니다: {out}. 다른 --out을 주거나, 덮어쓰려면 --overwrite를 붙이세요.",
                f"a file of other content is there already: {out}. Give another --out, or add --overwrite.",
            )
        )


def _say_how(out: Path, identity: Identity, count: int) -> None:
    source, named = shlex.quote(f"{out}:3"), shlex.quote(identity.name)
    commands = "\n".join(
        f"    nako train {stage} --data {source} --assistant-name {named}" for stage in ("mid", "sft")
    )
    speak(
        say(
            f"대화 {count:,}개를 {out}에 썼습니다. 열어서 고쳐도 됩니다. 이렇게 가르치세요:\n{commands}",
            f"{count:,} conversations are in {out}, for you to edit. Teach them with:\n{commands}",
        )
    )

"""A name ("questions", "word_problems", …) -> its hand-written test items, in the bytes that were frozen.

Each item was written on its own, outside the village's templates and without sight of them, so that these scores say
whether the model understands wording that no generator made.  The hashes below give a published score its
meaning: an item that was mended after training began would be refused here.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.data.village.scene import Expected

FOLDER = Path(__file__).parent
HASHES = {
    "choices": "4c9ade094a13bee11b349f2df0cc18357019b9b9c2946eae7a09efb83eefb79f",
    "everyday": "b221947cfdd6406bb779aac4f18d7eb80e134d96f9953756ce9bf24168d9c243",
    "everyday_later": "a730af5b4ec358be9659c0ab0536233d1dafc75183d9a15ddee0ad1ab9eeb84a",
    "questions": "7654c1e6aedef239f21f0027be48ba889e56d358bd231b154c788daefa79adb5",
    "word_problems": "856480e2be808e3208406ffb265eb946ee26301e1490be8cf1b90f6c2b83e22b",
}


@dataclass(frozen=True, kw_only=True)
class FrozenItem:
    """One item: what the user says, and what any right answer holds.

    question    the user's words; options, where there are any, follow it in the prompt, one to a line
    fact        (subject, relation) of the village's fact that a question asks for
    expression  the arithmetic that a word problem tells
    """

    id: str
    question: str
    expected: Expected
    options: tuple[str, ...] = ()
    fact: tuple[str, str] | None = None
    expression: str | None = None

    @property
    def prompt(self) -> str:
        """The user's whole message: the question, then each option followed at once by its number."""
        numbered = [f"{option}{number}" for number, option in enumerate(self.options, 1)]
        return "\n".join([self.question, *numbered])


def load(name: str) -> tuple[FrozenItem, ...]:
    """All items of one file, in its order.  Raises DataError for an unknown name or an altered file."""
    if name not in HASHES:
        known = ", ".join(sorted(HASHES))
        raise DataError(
            say(
                f"고정 문항에 {josa(repr(name), '은')} 없습니다. 다음 가운데 하나를 쓰세요: {known}",
                f"no frozen items are called '{name}'. Use one of: {known}",
            )
        )
    path = FOLDER / f"{name}.jsonl"
    content = _content(path)
    if hashlib.sha256(content).hexdigest() != HASHES[name]:
        raise DataError(
            say(
                f"고정 문항이 바뀌어 점수를 견줄 수 없습니다: {path}. nakochat을 다시 설치하세요.",
                f"frozen items were altered, so scores would not compare: {path}. Reinstall nakochat.",
            )
        )
    return tuple(_item(json.loads(line)) for line in content.decode("utf-8").splitlines())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            say(
                f"고정 문항을 읽을 수 없습니다: {path} ({error.strerror}). nakochat을 다시 설치하세요.",
                f"cannot read the frozen items: {path} ({error.strerror}). Reinstall nakochat.",
            )
        ) from error


def _item(row: dict[str, Any]) -> FrozenItem:
    expected = row["expected"]
    return FrozenItem(
        id=row["id"],
        question=row["question"],
        expected=Expected(
            accept=tuple(expected["accept"]) if "accept" in expected else None,
            reject=tuple(expected.get("reject", ())),
            number=expected.get("number"),
            option=expected.get("option"),
        ),
        options=tuple(row.get("options", ())),
        fact=(row["fact"][0], row["fact"][1]) if "fact" in row else None,
        expression=row.get("expression"),
    )

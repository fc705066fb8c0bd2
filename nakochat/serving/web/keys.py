"""A file of keys, NAKO_API_KEY -> who a request comes from.

A line of the file is `NAME KEY` or only `KEY`; what follows a # is a comment.  Names stand in records and limits; the
keys themselves are kept as hashes, compared in constant time, and never written anywhere.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say

VARIABLE = "NAKO_API_KEY"
LEAST = 16  # characters of a key
_KEY = re.compile(rf"[\x21-\x7e]{{{LEAST},512}}")
_NAME = re.compile(r"[\w가-힣.-]{1,64}")


@dataclass(frozen=True)
class Keys:
    """Name -> SHA-256 of its key.  Empty: no key is asked for."""

    hashes: tuple[tuple[str, bytes], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def owner(self, authorization: str | None) -> str | None:
        """Whose key the header holds, or None.  Every key is looked at, whichever fits."""
        scheme, _, key = (authorization or "").partition(" ")
        shown = _hash(key.strip())
        found = None
        for name, known in self.hashes:
            if hmac.compare_digest(shown, known):
                found = name
        return found if scheme.lower() == "bearer" else None


def read_keys(file: Path | None, environment: Mapping[str, str]) -> Keys:
    """The keys of a file and of the environment.  ConfigError for what is no key."""
    found: dict[str, str] = {}
    if environment.get(VARIABLE):
        found["env"] = _checked(environment[VARIABLE].strip(), VARIABLE)
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                say(
                    f"열쇠 파일을 읽을 수 없습니다: {file} ({error}).",
                    f"cannot read the keys: {file} ({error}).",
                )
            ) from error
        for number, line in enumerate(lines, 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            where = f"{file}:{number}"
            name = words[0] if len(words) == 2 else f"key{number}"
            if len(words) > 2 or not _NAME.fullmatch(name) or name in found:
                raise ConfigError(
                    say(
                        f"{where}: '이름 열쇠' 또는 '열쇠'를 한 줄에 하나씩, 이름이 겹치지 않게 쓰세요.",
                        f"{where}: write 'NAME KEY' or 'KEY', one a line, no name twice.",
                    )
                )
            found[name] = _checked(words[-1], where)
        if not found:
            raise ConfigError(say(f"{file}에 열쇠가 없습니다.", f"no key in {file}."))
    return Keys(tuple((name, _hash(key)) for name, key in found.items()))


def _checked(key: str, where: str) -> str:
    if not _KEY.fullmatch(key):
        make = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        raise ConfigError(
            say(
                f"{where}: 열쇠는 빈칸이 없는 ASCII {LEAST}자 이상이어야 합니다. 이렇게 만드세요: {make}",
                f"{where}: a key is {LEAST} ASCII characters or more, without spaces. Make one: {make}",
            )
        )
    return key


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()

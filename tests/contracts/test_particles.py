"""A particle of the wrong form makes a reader stumble: after a value, only core/josa.py can choose it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nakochat.core.josa import josa

PACKAGE = Path(__file__).parents[2] / "nakochat"
CONSONANT = (
    *(
        "은",
        "이",
        "을",
        "과",
        "으로",
        "으로는",
        "으로도",
        "으로만",
        "으로서",
        "으로써",
        "이라",
        "이라는",
        "이라고",
    ),
    *(
        "이란",
        "이나",
        "이랑",
        "이든",
        "이며",
        "이면",
        "이고",
        "이지만",
        "이니까",
        "이라서",
        "이라도",
        "이에요",
    ),
)
FORMS = sorted({josa(word, form)[1:] for form in CONSONANT for word in ("감", "가")}, key=len, reverse=True)
# behind a value, its closing quotes or one space, up to the end of the word
PARTICLE = re.compile(f"""['"`)\\]}}’”」』>*]* ?({"|".join(FORMS)})(?![가-힣])""")
# the wording of the test's authors, which other people's figures are of
QUOTED = {"tasks/kobest.py": ["{row['word']}가"]}


def hard_coded(source: str) -> Iterator[str]:
    """Every value of an f-string that a particle of one fixed form follows."""
    for string in ast.walk(ast.parse(source)):
        if not isinstance(string, ast.JoinedStr):
            continue
        for value, behind in zip(string.values, string.values[1:], strict=False):
            if (
                isinstance(value, ast.FormattedValue)
                and isinstance(behind, ast.Constant)
                and not _chooses(value)
            ):
                found = PARTICLE.match(str(behind.value))
                if found:
                    yield f"{{{ast.unparse(value.value)}}}{found[0]}"


def _chooses(value: ast.FormattedValue) -> bool:
    """{josa(…)}, which one more may follow, and {Noun(…):은}."""
    called = value.value.func if isinstance(value.value, ast.Call) else None
    if isinstance(called, ast.Name) and called.id == "josa":
        return True
    written = ast.unparse(value.format_spec)[2:-1] if value.format_spec is not None else ""
    return written in FORMS


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("f'{path}은 없습니다'", ["{path}은"]),
        ("say(f'{a} 을 여세요', '')", ["{a} 을"]),
        ("""f"--column '{name!r}'이라는" """, ["{name}'이라는"]),
        ("x = (f'{a:,}과 ' f'{b}로')", ["{a}과", "{b}로"]),
        ("f'{path}은행 {n}개가 {a}에 {b}도'", []),
        ("f'{josa(path, word)}은 {Noun(a):은} 는'", []),
    ],
)
def test_what_is_found(source: str, found: list[str]) -> None:
    assert list(hard_coded(source)) == found


def test_no_particle_after_a_value_has_a_fixed_form() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): written
        for path in sorted(PACKAGE.rglob("*.py"))
        if (written := list(hard_coded(path.read_text(encoding="utf-8"))))
    }
    assert found == QUOTED

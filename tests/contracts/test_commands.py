"""The commands that the pages and presets tell a person to type: each is there, and has the options they name."""

import functools
import re
from pathlib import Path

import pytest

from nakochat import cli

ROOT = Path(__file__).parents[2]
TOLD = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [
        *ROOT.glob("README*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "nakochat").rglob("*.toml"),
    ]
    if path.name != "report.md"  # which a run leaves beside the project
)
CALL = re.compile(r"(?:\bnako|-m nakochat) ([a-z]+(?: [a-z]+)?)\b([^`|;&\n]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


@functools.cache
def options(command: str) -> frozenset[str]:
    """Every option of a command, as it is typed."""
    app = cli.build()
    for word in command.split():
        app = app[word]
    found = app.assemble_argument_collection(parse_docstring=False)
    return frozenset({"--help", *(name for one in found for name in (*one.names, *one.negatives))})


def command_of(words: str) -> str | None:
    """The longest of these words that name a command."""
    first = words.split()[0]
    return next((name for name in (words, first) if name in cli.COMMANDS), None)


def told(text: str) -> list[tuple[str, str]]:
    """(command, what stands behind it) of every call in a text."""
    calls = CALL.findall(re.sub(r"\\\n\s*", " ", text))
    return [(name, rest) for words, rest in calls if (name := command_of(words)) is not None]


@pytest.mark.parametrize("page", TOLD)
def test_every_option_that_a_page_names_is_the_command_s(page: str) -> None:
    for name, rest in told((ROOT / page).read_text(encoding="utf-8")):
        behind = rest.partition(" #")[0]
        unknown = set(OPTION.findall(behind)) - options(name)
        assert not unknown, f"nako {name} has no {', '.join(sorted(unknown))}"


def test_the_pages_do_tell_commands() -> None:
    """Else the pattern finds nothing, and the test above holds nothing."""
    found = {name for page in TOLD for name, _ in told((ROOT / page).read_text(encoding="utf-8"))}
    assert found >= {"speedrun", "train base", "train sft", "import", "export", "sample", "chat", "validate"}


def test_options_beside_those_of_other_projects_are_some_command_s() -> None:
    """The right column of docs/coming-from.md, where an option may stand without its command."""
    known = frozenset.union(*(options(name) for name in cli.COMMANDS))
    rows = re.findall(
        r"^\| (.*?) \| (.*) \|$", (ROOT / "docs/coming-from.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) > 60
    for theirs, ours in rows:
        code = re.sub(r"torchrun .*? -m nakochat|conda env create.*?`", "", ours)
        unknown = set(OPTION.findall(code)) - known
        assert not unknown, f"{theirs}: no command has {', '.join(sorted(unknown))}"

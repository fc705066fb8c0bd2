"""The course speaks of this code: every example runs, every name can be imported, every chapter leads to the next."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[2] / "docs" / "course"
CHAPTERS = sorted(COURSE.glob("[0-9][0-9]-*.md"))
NAME = re.compile(r"`(nakochat(?:\.\w+)+)`")


def found(name: str) -> object:
    """What a dotted name stands for.  AttributeError or ModuleNotFoundError where it stands for nothing."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            continue
        for part in parts[end:]:
            thing = getattr(thing, part)
        return thing
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_example_of_a_chapter_runs(chapter, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(
        str(chapter), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS
    )
    assert tried > 0
    assert failed == 0


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_name_in_a_chapter_is_there(chapter):
    names = NAME.findall(chapter.read_text(encoding="utf-8"))
    assert names
    for name in names:
        found(name)


def test_the_list_has_every_chapter_and_each_leads_to_the_next():
    listed = re.findall(r"\]\((\d\d-[\w-]+\.md)\)", (COURSE / "README.md").read_text(encoding="utf-8"))
    assert listed == [path.name for path in CHAPTERS]
    assert [name[:2] for name in listed] == [f"{number:02}" for number in range(1, len(listed) + 1)]
    for path, following in zip(CHAPTERS, listed[1:], strict=False):
        last = path.read_text(encoding="utf-8").rstrip().splitlines()[-1]
        assert f"]({following})" in last, f"{path.name} does not end with a link to {following}"

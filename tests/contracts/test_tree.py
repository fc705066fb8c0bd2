"""The READMEs -> the tree they show is the package's, and what scripts fill in has its place."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.en.md"]


def shown_folders(text: str) -> list[str]:
    """The folders listed right under `nakochat/` in the first tree of a README."""
    tree = re.search(r"^```text\nnakochat/\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert tree, "no tree that begins with nakochat/"
    return re.findall(r"^  (\w+)/", tree[1], re.MULTILINE)


def package_folders() -> set[str]:
    return {
        path.name for path in (ROOT / "nakochat").iterdir() if path.is_dir() and path.name != "__pycache__"
    }


@pytest.mark.parametrize("name", READMES)
def test_the_tree_lists_exactly_the_folders_of_the_package(name: str) -> None:
    shown = shown_folders((ROOT / name).read_text(encoding="utf-8"))
    assert len(shown) == len(set(shown))
    assert set(shown) == package_folders()


def test_both_languages_show_the_folders_in_one_order() -> None:
    korean, english = (shown_folders((ROOT / name).read_text(encoding="utf-8")) for name in READMES)
    assert korean == english


@pytest.mark.parametrize("name", READMES)
def test_the_results_have_one_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.count("<!-- results -->") == text.count("<!-- /results -->") == 1
    assert text.index("<!-- results -->") < text.index("<!-- /results -->")


PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if path.name != "report.md"  # which a run leaves beside the project
)


@pytest.mark.parametrize("name", PAGES)
def test_links_to_files_of_the_project_lead_somewhere(name: str) -> None:
    text = re.sub(
        r"^```.*?^```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\":]+)\"", text)
    here = (ROOT / name).parent
    missing = [path for pair in targets for path in pair if path and not (here / path).exists()]
    assert not missing
    assert targets or name not in ("README.md", "README.en.md")


def anchors(page: Path) -> set[str]:
    """Of the page's headings, as GitHub makes them: lower case, words and hyphens only, a hyphen for every space."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_to_headings_lead_to_one(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    lost = [
        f"{path}#{anchor}"
        for path, anchor in links
        if anchor not in anchors(page if not path else page.parent / path)
    ]
    assert not lost

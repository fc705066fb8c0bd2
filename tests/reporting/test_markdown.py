import pytest

from nakochat.reporting.document import Code, Dialogue, Document, Paragraph, Said, Section, Turns
from nakochat.reporting.markdown import escaped, markdown
from nakochat.reporting.words import Words, same


def document(*blocks: Paragraph | Turns | Dialogue | Code, summary: str = "요약") -> Document:
    section = Section(name="s", title=Words("제목", "Title"), blocks=blocks)
    return Document(title=same("문서"), summary=same(summary), sections=(section,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a | b", r"a \| b"),
        ("`x` **y** [z](u)", r"\`x\` \*\*y\*\* \[z\](u)"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("가\n\n# 나", "가<br><br># 나"),
        ("http://a www.b.c d@e", r"http\://a www\.b.c d\@e"),
        ("_가_ bits_per_byte", r"\_가\_ bits_per_byte"),
        ("끝\\", "끝\\\\"),
        ("1.5 : 2", "1.5 : 2"),
    ],
)
def test_escaped_reads_as_itself(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize("summary", ["# 제목이 아님", "- 목록이 아님", "1. 번호가 아님", "=== 줄이 아님"])
def test_a_line_does_not_become_a_heading_or_a_list(summary: str) -> None:
    line = markdown(document(summary=summary)).split("\n\n")[1]
    assert line == {"1": summary.replace(".", "\\.")}.get(summary[0], "\\" + summary)


def test_table_of_turns_keeps_its_cells() -> None:
    text = markdown(
        document(Turns(prompt="a|b\nc", replies=((same("BASE"), "d|e\n\nf"), (same("MID"), " "))))
    )
    assert text.split("\n\n", 3)[3] == (
        "| | a\\|b<br>c |\n| --- | --- |\n| BASE | d\\|e<br><br>f |\n| MID | (비어 있음) |\n"
    )


def test_a_fence_cannot_be_closed_from_inside() -> None:
    text = markdown(document(Code(title=same("설정"), text="````\n</details>")))
    assert "\n`````json\n````\n</details>\n`````\n" in text


def test_language_is_chosen_and_headings_hold_both(monkeypatch: pytest.MonkeyPatch) -> None:
    paragraph = Paragraph(words=Words("한국어 글", "English text"))
    assert "## 제목 · Title\n\n한국어 글" in markdown(document(paragraph))
    monkeypatch.setenv("NAKO_LANG", "en")
    assert "## Title · 제목\n\nEnglish text" in markdown(document(paragraph))


def test_a_turn_of_a_dialogue_cannot_leave_its_quotation() -> None:
    said = Said(speaker=same("RL"), text="가\n\n# 나\n> 다", by_model=True)
    text = markdown(document(Dialogue(title=same("대화"), turns=(said,), remarks=(same("# 마"),))))
    assert text.split("\n\n", 3)[3] == "### 대화\n\n> **RL**: 가<br><br># 나<br>&gt; 다\n\n- \\# 마\n"

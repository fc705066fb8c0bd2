"""A run folder -> report.md and report.html in it, with figures/*.svg for the Markdown.

Only files are read: no model is loaded and nothing is measured again, so the report says what was recorded.
"""

import re
from pathlib import Path

from nakochat.core.files import write_text
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.reporting.beside import earlier_runs
from nakochat.reporting.contents import contents
from nakochat.reporting.facts import read_run
from nakochat.reporting.figures import figures, standalone
from nakochat.reporting.markdown import markdown
from nakochat.reporting.page import page


def write_report(run: Path, *, price: float | None = None, copy: Path | None = None) -> tuple[Path, Path]:
    """Write the report of the run in that folder; returns the paths of report.md and report.html.

    price: of an hour of one GPU, for the costs.  copy: a folder that gets a report.md whose figures stay in the run's.
    Raises CheckpointError when the folder holds no run, DataError when one of its files cannot be understood.
    """
    facts = read_run(run)
    drawings = figures(facts.stages)
    document = contents(facts, drawings, others=earlier_runs(run, facts), price=price)
    for drawing in drawings:
        write_text(run / "figures" / f"{drawing.name}.svg", standalone(drawing.svg))
    in_markdown, in_html = run / "report.md", run / "report.html"
    write_text(in_markdown, markdown(document))
    write_text(in_html, page(document))
    if copy is not None:
        _copy(copy / "report.md", markdown(document, figures=run.resolve().as_uri() + "/figures"))
    return in_markdown, in_html


def _copy(path: Path, content: str) -> None:
    """Over an earlier report card, and over nothing else: that would be somebody's own report."""
    if path.exists() and not _is_ours(path):
        speak(
            say(
                f"{path}: 성적표가 아닌 파일이 있어 그대로 둡니다. 성적표는 실행 폴더에 있습니다.",
                f"{path} is a file of another kind, and stays. The report card is in the run's folder.",
            )
        )
        return
    write_text(path, content)


def _is_ours(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return re.match(r"# .*(성적표|Report card of)", file.readline(1000)) is not None
    except (OSError, UnicodeDecodeError):
        return False

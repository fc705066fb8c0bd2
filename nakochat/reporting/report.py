"""A run folder -> report.md and report.html in it, with figures/*.svg for the Markdown.

Only files are read: no model is loaded and nothing is measured again, so the report says what was recorded.
"""

from pathlib import Path

from nakochat.core.files import write_text
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
        write_text(copy / "report.md", markdown(document, figures=run.resolve().as_uri() + "/figures"))
    return in_markdown, in_html

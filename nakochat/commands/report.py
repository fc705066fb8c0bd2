"""A run's folder -> report.md and report.html.  [nako report]"""

from nakochat.core.messages import say
from nakochat.core.paths import find_run, run_folder
from nakochat.core.progress import speak
from nakochat.reporting.report import write_report


def main(run: str | None = None) -> None:
    """Write the report card of a run.

    Parameters
    ----------
    run
        실행의 이름; 기본: 가장 새것. | NAME of a run; default: the newest.
    """
    name = find_run(run).name
    markdown, page = write_report(run_folder(name))
    speak(say(f"성적표: {markdown}\n        {page}", f"report card: {markdown}\n             {page}"))

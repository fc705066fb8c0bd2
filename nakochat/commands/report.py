"""A run's folder -> report.md and report.html.  [nako report]"""

from pathlib import Path

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.core.paths import find_run, run_folder
from nakochat.core.progress import speak
from nakochat.reporting.report import write_report


def main(run: str | None = None, *, price: float | None = None, copy: Path | None = None) -> None:
    """Write the report card of a run.

    Parameters
    ----------
    run
        실행의 이름; 기본: 가장 새것. | NAME of a run; default: the newest.
    price
        GPU 하나(없으면 컴퓨터)의 한 시간 값: 비용을 셈합니다. |
        Price of an hour of one GPU (or of the computer), for the costs.
    copy
        report.md를 이 폴더에도 둡니다. | Leave a copy of report.md in this folder.
    """
    if price is not None and not 0 <= price < 1e9:
        raise ConfigError(
            say(f"--price는 0 이상이어야 합니다: {price}.", f"--price must be 0 or more: {price}.")
        )
    name = find_run(run).name
    markdown, page = write_report(run_folder(name), price=price, copy=copy)
    speak(say(f"성적표: {markdown}\n        {page}", f"report card: {markdown}\n             {page}"))

"""The stages that one command trains one after another, with the tokens of each -> itinerary.json in the run's folder.

Who knows how fast tokens go can say from it what the stages to come will take.  RL is in it without tokens: it learns
from what it will write.
"""

from collections.abc import Mapping
from pathlib import Path

from nakochat.core.files import read_json, write_json
from nakochat.core.paths import STAGES
from nakochat.core.rows import Row, as_row, number

ITINERARY = "itinerary.json"


def write_itinerary(run: Path, tokens: Mapping[str, int | None]) -> None:
    """run: its folder; tokens: of each stage that will be trained, None where nobody can know.

    What is there already is not written again: a command that is run once more changes nothing.
    """
    run.mkdir(parents=True, exist_ok=True)
    if _read(run) != tokens:
        write_json(run / ITINERARY, dict(tokens))


def stages_to_come(run: Path, after: str) -> dict[str, int | None]:
    """The stages behind that one and their tokens; none where no command trains several, or the file is damaged."""
    tokens = _read(run)
    rest = STAGES[STAGES.index(after) + 1 :]
    counts = {stage: number(tokens, stage) for stage in rest if stage in tokens}
    return {stage: None if count is None else int(count) for stage, count in counts.items()}


def _read(run: Path) -> Row:
    try:
        return as_row(read_json(run / ITINERARY))
    except (OSError, ValueError):
        return {}

"""Conversations, scored only where the assistant speaks -> a model that answers.  [nako train sft]"""

from nakochat.training.documents import train_on_documents
from nakochat.training.settings import SftSettings
from nakochat.training.stage import is_done, loaded, open_stage, parent_checkpoint, record_origin


def main(settings: SftSettings = SftSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the sft stage of a run."""
    if is_done("sft", settings):
        return
    with open_stage("sft", settings) as stage:
        parent = parent_checkpoint(stage, settings, "mid") if stage.resumed is None else None
        record_origin(stage, settings, parent)
        model = loaded(stage.resumed or parent, stage.machine)  # type: ignore[arg-type]
        train_on_documents(stage, settings, model)

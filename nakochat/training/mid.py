"""Texts, conversations and tool use mixed -> a model that knows the form of a conversation.  [nako train mid]"""

from nakochat.training.documents import train_on_documents
from nakochat.training.settings import MidSettings
from nakochat.training.stage import is_done, loaded, open_stage, parent_checkpoint, record_origin


def main(settings: MidSettings = MidSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the mid stage of a run."""
    if is_done("mid", settings):
        return
    with open_stage("mid", settings) as stage:
        parent = parent_checkpoint(stage, settings, "base") if stage.resumed is None else None
        record_origin(stage, settings, parent)
        model = loaded(stage.resumed or parent, stage.machine)  # type: ignore[arg-type]
        train_on_documents(stage, settings, model)

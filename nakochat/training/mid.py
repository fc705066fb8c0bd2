"""Texts, conversations and tool use, mixed -> a model that knows the form of a conversation.  [nako train mid]"""

from nakochat.training.documents import train_on_documents
from nakochat.training.settings import MidSettings
from nakochat.training.stage import is_done, open_stage, stage_model


def main(settings: MidSettings = MidSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the mid stage of a run."""
    if is_done("mid", settings):
        return
    with open_stage("mid", settings) as stage:
        train_on_documents(stage, settings, stage_model(stage, settings, "base"))

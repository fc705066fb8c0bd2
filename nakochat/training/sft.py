"""Conversations, scored only where the assistant speaks -> a model that answers.  [nako train sft]"""

from nakochat.training.documents import train_on_documents
from nakochat.training.settings import SftSettings
from nakochat.training.stage import is_done, open_stage, stage_model


def main(settings: SftSettings = SftSettings()) -> None:  # noqa: B008 (frozen)
    """Train, or go on with, the sft stage of a run."""
    if is_done("sft", settings):
        return
    with open_stage("sft", settings) as stage:
        train_on_documents(stage, settings, stage_model(stage, settings, "mid"))

"""The runs folder -> a list of runs and how far each has come.  [nako runs]"""

from nakochat.core.messages import say
from nakochat.core.paths import STAGES, list_runs
from nakochat.core.progress import speak
from nakochat.models.checkpoint import newest_checkpoint


def main() -> None:
    """List the runs, newest first, with the newest whole checkpoint of each stage."""
    runs = list_runs()
    if not runs:
        speak(say("아직 학습한 모델이 없습니다.", "there is no trained model yet."))
    for run in runs:
        found = {stage: newest_checkpoint(run / stage / "checkpoints") for stage in STAGES}
        stages = [f"{stage} {c.step}/{c.state['steps']}" for stage, c in found.items() if c is not None]
        speak(f"{run.name:20} {', '.join(stages) or '-'}")

"""Settings -> an open stage: machine, run folder, tokenizer, checkpoint to resume.  For base, mid, sft and rl."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nakochat.core.allocator import give_back
from nakochat.core.compiler import missing_for_compiling
from nakochat.core.errors import ConfigError
from nakochat.core.files import is_whole
from nakochat.core.josa import josa
from nakochat.core.machine import Machine, open_machine
from nakochat.core.messages import say
from nakochat.core.paths import find_run, run_folder
from nakochat.core.progress import speak, speak_once
from nakochat.core.run import Run, is_closed
from nakochat.core.trackers import Subject, open_tracker, require_trackers
from nakochat.models.checkpoint import (
    Checkpoint,
    agreed_checkpoint,
    newest_checkpoint,
    nothing_whole,
    remove_leftovers,
)
from nakochat.models.model import Model
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.agreement import plain, require_agreement
from nakochat.training.run_settings import RunSettings, TrainSettings


@dataclass(frozen=True)
class Stage:
    """What base, mid, sft and rl need to build their training."""

    name: str
    run: Run
    machine: Machine
    tokenizer: Tokenizer
    resumed: Checkpoint | None

    @property
    def folder(self) -> Path:
        """The run's folder, which holds all stages."""
        return self.run.folder.parent


@contextmanager
def open_stage(name: str, settings: TrainSettings) -> Iterator[Stage]:
    """Opens the machine and holds the run folder.  ConfigError when a resumed run's settings were changed."""
    give_back()
    require_trackers(settings.track)
    folder = run_folder(settings.run_name)
    tokenizer, is_own = _tokenizer(folder, settings)
    machine = _meet(settings)
    try:
        with machine.named_failures(), Run(folder / name, writes=machine.is_first) as run:
            # under the lock: what the process that held it saved last is what to go on from
            resumed = agreed_checkpoint(folder / name / "checkpoints", machine)
            if resumed is not None:
                require_agreement(folder / name, settings)
                resumed.require_tokenizer(tokenizer.hash)
            machine = _open_machine(settings, resumed)
            if machine.is_first:
                if not is_own:
                    tokenizer.save(folder / "tokenizer")
                _start(run, settings, resumed)
            machine.wait()
            yield Stage(name, run, machine, tokenizer, resumed)
    finally:
        machine.close()


def _meet(settings: RunSettings) -> Machine:
    """Join the ranks; dtype and compile follow once they know what checkpoint they resume (_open_machine)."""
    return open_machine(settings.device, "float32", "no")


def _start(run: Run, settings: TrainSettings, resumed: Checkpoint | None) -> None:
    """What the first rank says and writes before the others go on."""
    remove_leftovers(run.folder / "checkpoints")
    if resumed is None:
        _begin(run, settings)
    else:
        name, step = run.folder.name, resumed.step
        speak(say(f"{name}: {step}걸음부터 이어서 합니다.", f"{name}: going on from step {step}."))
    _track(run, settings)
    run.log("session", **_begins(resumed))


def _begins(resumed: Checkpoint | None) -> dict[str, int | None]:
    """The step that a session resumes at, and how many batches had been skipped by then."""
    if resumed is None:
        return {"resumed": None, "skipped": 0}
    return {"resumed": resumed.step, "skipped": resumed.state.get("guard", {}).get("skipped", 0)}


def _tokenizer(folder: Path, settings: RunSettings) -> tuple[Tokenizer, bool]:
    """The run's tokenizer, or the one of --from's run, which becomes its own; and whether the run had one."""
    own = folder / "tokenizer"
    if settings.from_ is None or is_whole(own):
        return Tokenizer.load(own), True
    return Tokenizer.load(find_run(settings.from_).folder.parent / "tokenizer"), False


def _begin(run: Run, settings: RunSettings) -> None:
    """Write the settings.  Where other ones were left by a start without a checkpoint, its rows are dropped."""
    now = plain(settings)
    if run.read_config() not in (None, now):
        run.forget_rows()
    run.write_config(now)


def _track(run: Run, settings: TrainSettings) -> None:
    """Open the dashboards that were asked for.  ConfigError when one refuses: nothing is trained yet."""
    for name in settings.track:
        called = f"{settings.track_name or settings.run_name}/{run.folder.name}"
        subject = Subject(folder=run.folder, name=called, settings=plain(settings))
        run.track(name, open_tracker(name, subject))


def is_done(name: str, settings: RunSettings) -> bool:
    """Whether a stage is finished, decided by the first rank, which says so.

    ConfigError when its settings were others.
    """
    folder = run_folder(settings.run_name) / name
    machine = _meet(settings)
    done = bool(machine.sum(machine.is_first and _has_ended(folder)))
    if not done:
        return False
    machine.close()
    require_agreement(folder, settings)
    if machine.is_first:
        speak(say(f"{name}: 이미 끝났습니다.", f"{name}: finished already."))
    return True


def _has_ended(folder: Path) -> bool:
    """Whether the last checkpoint is there, and the row that closes a stage's log.

    A model that was imported has no steps, and no log.
    """
    checkpoint = newest_checkpoint(folder / "checkpoints")
    if checkpoint is None or not checkpoint.is_last:
        return False
    return checkpoint.step == 0 or is_closed(folder)


def parent_checkpoint(stage: Stage, settings: RunSettings, before: str) -> Checkpoint:
    """The weights that a stage starts from: --from, or the run's stage before."""
    reference = find_run(settings.from_ or f"{settings.run_name}/{before}")
    checkpoint = agreed_checkpoint(reference.folder / "checkpoints", stage.machine, reference.step)
    if checkpoint is None:
        raise nothing_whole(reference)
    checkpoint.require_tokenizer(stage.tokenizer.hash)
    return checkpoint


def stage_model(stage: Stage, settings: RunSettings, before: str) -> Model:
    """The model that a stage trains: its own checkpoint's, or the stage before's, which origin.json then names."""
    if stage.resumed is not None:
        return loaded(stage.resumed, stage.machine)
    parent = parent_checkpoint(stage, settings, before)
    record_origin(stage, settings, parent)
    return loaded(parent, stage.machine)


def record_origin(stage: Stage, settings: RunSettings, parent: Checkpoint | None) -> None:
    """origin.json, once, before step 0."""
    if stage.resumed is None:
        about = {"checkpoint": _short(parent.folder), "hash": parent.hash} if parent else None
        stage.run.write_origin(machine=stage.machine.describe(), seed=settings.seed, parent=about)


def _open_machine(settings: RunSettings, resumed: Checkpoint | None) -> Machine:
    """The machine as the settings ask; a resumed run goes on in the dtype and mode that it began in."""
    dtype, compiled = settings.dtype, settings.compile
    if resumed is not None:
        was = {"dtype": resumed.state["dtype"], "compile": "yes" if resumed.state["compiled"] else "no"}
        for name, asked in (("dtype", dtype), ("compile", compiled)):
            if asked not in ("auto", was[name]):
                raise ConfigError(
                    say(
                        f"이 실행은 {josa(f'--{name} {was[name]}', '으로')} 시작했습니다. "
                        f"--{name} 없이 하거나 새 --name을 쓰세요.",
                        f"this run began with --{name} {was[name]}. Leave --{name} out, or use a new --name.",
                    )
                )
        dtype, compiled = was["dtype"], was["compile"]
    machine = open_machine(settings.device, dtype, compiled)
    if not machine.compile and compiled == "auto" and machine.is_first:
        missing = missing_for_compiling(machine.device)
        speak_once(
            say(
                f"torch.compile 없이 학습합니다. 더 느립니다. 없는 것: {missing}",
                f"Training without torch.compile, which is slower.  Missing: {missing}",
            )
        )
    return machine


def _short(folder: Path) -> str:
    """NAME/STAGE@STEP of a checkpoint folder."""
    return f"{folder.parents[2].name}/{folder.parents[1].name}@{int(folder.name)}"


def loaded(checkpoint: Checkpoint, machine: Machine) -> Model:
    """A checkpoint's model with this machine's dtype, on its device."""
    return checkpoint.model(machine.dtype, machine.device)

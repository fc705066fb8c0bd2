"""Settings -> a stage set up: machine, run folder, weights, what a resume needs.  For base, mid, sft and rl."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
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
from nakochat.data.batches import PackedBatches, Source
from nakochat.data.chats.shards import chat_sources, prepare_chats
from nakochat.data.mixture import prepare_set_validation, record_sets, text_sources
from nakochat.data.prepare import prepare_stage, prepare_validation, stored_validation
from nakochat.data.shards.shard import TokenShard
from nakochat.data.village.renaming import ASSISTANT
from nakochat.data.windows import WindowBatches
from nakochat.models.checkpoint import (
    Checkpoint,
    Keep,
    agreed_checkpoint,
    newest_checkpoint,
    nothing_whole,
    remove_leftovers,
)
from nakochat.models.float8 import require_float8
from nakochat.models.model import Model
from nakochat.models.nako import Nako
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.agreement import plain, require_agreement
from nakochat.training.guard import Guard
from nakochat.training.lesson_shards import lesson_sources, prepare_lessons
from nakochat.training.loop import Check, Training
from nakochat.training.loss_watch import LossWatch
from nakochat.training.optimizer import Optimizer, alone_rates
from nakochat.training.outcome import conclude, predict
from nakochat.training.schedule import Schedule
from nakochat.training.settings import (
    BaseSettings,
    RunSettings,
    StageSettings,
    TalkingSettings,
    TrainSettings,
)
from nakochat.training.vitals import Vitals
from nakochat.training.watch import Watch


@dataclass(frozen=True)
class Stage:
    """Everything that a stage's own file needs to build its training."""

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
        with machine.named_failures():
            resumed = agreed_checkpoint(folder / name / "checkpoints", machine)
            if resumed is not None:
                require_agreement(folder / name, settings)
                resumed.require_tokenizer(tokenizer.hash)
            machine = _open_machine(settings, resumed)
            with Run(folder / name, writes=machine.is_first) as run:
                if machine.is_first:
                    if not is_own:
                        tokenizer.save(folder / "tokenizer")
                    _start(run, settings, resumed)
                machine.wait()
                yield Stage(name, run, machine, tokenizer, resumed)
    finally:
        machine.close()


def _meet(settings: RunSettings) -> Machine:
    """The ranks, before what they go on from says how they compute."""
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
    """From what step a session goes on, and how many batches had been passed over by then."""
    if resumed is None:
        return {"resumed": None, "skipped": 0}
    return {"resumed": resumed.step, "skipped": resumed.state.get("guard", {}).get("skipped", 0)}


def _tokenizer(folder: Path, settings: RunSettings) -> tuple[Tokenizer, bool]:
    """The run's, or that of the run of --from, which becomes its own; and whether it was there."""
    own = folder / "tokenizer"
    if settings.from_ is None or is_whole(own):
        return Tokenizer.load(own), True
    return Tokenizer.load(find_run(settings.from_).folder.parent / "tokenizer"), False


def _begin(run: Run, settings: RunSettings) -> None:
    """Write down the settings.  A start that failed before its first checkpoint binds nobody: its rows go."""
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
    """Whether a stage has nothing left to do, as the first rank finds, which is said.

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
    """Whether the last checkpoint is there, and behind it the row that closes a stage's log.

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


def record_origin(stage: Stage, settings: RunSettings, parent: Checkpoint | None) -> None:
    """origin.json, once, before step 0."""
    if stage.resumed is None:
        about = {"checkpoint": _short(parent.folder), "hash": parent.hash} if parent else None
        stage.run.write_origin(machine=stage.machine.describe(), seed=settings.seed, parent=about)


def train_on_documents(stage: Stage, settings: StageSettings, model: Model) -> None:
    """Prepare the stage's documents and train on them: all of base, mid and sft."""
    machine, tokenizer = stage.machine, stage.tokenizer
    batches = _batches(stage, settings, model.config.context)
    if settings.fp8:
        if not isinstance(model, Nako):
            raise ConfigError(say("--fp8은 nako 모델에만 쓸 수 있습니다.", "--fp8 is for nako models only."))
        require_float8(machine.device, model.config.width, model.config.context)
        model.use_float8()
    model.recompute = settings.recompute
    optimizer = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=settings.matrix_rate,
        weight_decay=settings.weight_decay,
        width=model.config.width,
        tokens_per_step=settings.rows * model.config.context,
        scale=settings.rate_scale,
        dtype=machine.dtype,
        machine=machine,
        alone=alone_rates(settings),
    )
    stage.run.also = Vitals(
        model.config,
        machine,
        rates={
            name: peak for name, peak in optimizer.peaks.items() if name in ("matrix", "embedding", "head")
        },
        tokens_per_step=settings.rows * model.config.context,
    )
    schedule = Schedule(
        steps=settings.steps,
        warmup=settings.warmup,
        warmdown=settings.warmdown,
        final=settings.final_rate,
        curve=settings.curve,
    )
    texts = stored_validation(stage.folder / "data")
    fresh = stage.name == "base" and settings.from_ is None
    watch = LossWatch(stage.run.folder, model.config.padded_vocab if fresh else None)
    checks = [
        Check(settings.check_every, Watch(stage.run, tokenizer, machine, texts).measure),
        Check(settings.check_every, watch.measure),
    ]
    if machine.is_first and stage.resumed is None:
        predict(stage.run.folder, model.config, settings, machine)
    training = Training(
        model,
        batches,
        optimizer,
        schedule,
        machine,
        stage.run,
        tokenizer.hash,
        checks=checks if machine.is_first else [],
        save_every=settings.save_every,
        log_every=settings.log_every,
        keep=Keep(last=settings.keep_last, every=settings.keep_every, best=settings.keep_best),
        guard=Guard(spikes=settings.skip_spikes),
        patience=settings.rank_timeout,
        clip=settings.clip,
        seed=settings.seed,
    )
    if stage.resumed is not None:
        training.resume(stage.resumed)
    else:
        training.begin(settings.seed)
    typical = stage.resumed is None and not (settings.fp8 or settings.recompute)
    ended = partial(conclude, training, fresh=fresh, texts=texts, method=settings.optimizer, typical=typical)
    training.train(ended)


def _batches(stage: Stage, settings: StageSettings, length: int) -> PackedBatches | WindowBatches:
    machine, sources = stage.machine, _prepared(stage, settings, length)
    if isinstance(settings, BaseSettings) and settings.windows:
        return WindowBatches(
            sources[0].shard,
            rows=settings.rows,
            length=length,
            seed=settings.seed,
            rows_per_piece=settings.rows_per_piece,
            skip_damaged=settings.damaged_data == "skip",
            rank=machine.rank,
            world=machine.world,
        )
    return PackedBatches(
        sources,
        rows=settings.rows,
        length=length,
        pad=stage.tokenizer.pad,
        seed=settings.seed,
        rows_per_piece=settings.rows_per_piece,
        answers_only=settings.answers_only,
        skip_damaged=settings.damaged_data == "skip",
        rank=machine.rank,
        world=machine.world,
    )


def _prepared(stage: Stage, settings: StageSettings, context: int) -> list[Source]:
    """The stage's documents: made by the first rank, unless they are there."""
    tokens = settings.steps * settings.rows * context
    # a little more than is asked for: best-fit packing passes some over, and conversations leave padding
    text, chat = 1.01 * tokens * settings.text_share, 1.08 * tokens * (1 - settings.text_share)
    own, taken = _own_chats(stage, settings, context, chat)
    lessons, learned = _lessons(stage, settings, context, chat - taken)
    own, taken = [*own, *lessons], taken + learned
    sets = _sets(stage, settings, text if chat else None)
    budgets = {"text": 0 if sets else int(text), "chat": int(chat - taken)}
    data, goes_on = stage.folder / "data", stage.resumed is not None
    if stage.machine.is_first:
        prepare_stage(
            data,
            stage.name,
            stage.tokenizer,
            corpus=settings.source,
            seed=settings.seed,
            text_tokens=budgets["text"],
            chat_tokens=budgets["chat"],
            name=settings.assistant_name if isinstance(settings, TalkingSettings) else ASSISTANT,
            keep=goes_on,
        )
        # the stages of a run are measured on the same texts, which its base has chosen
        if sets:
            prepare_set_validation(data, sets, keep=goes_on)
        else:
            prepare_validation(data, settings.source, settings.seed, keep=goes_on or stage.name != "base")
    give_back()
    stage.machine.wait()
    folders = [data / stage.name / kind for kind, budget in budgets.items() if budget > 0]
    return [
        *(
            Source(TokenShard.load(folder, tokenizer_hash=stage.tokenizer.hash, verify=_verifies(settings)))
            for folder in folders
        ),
        *sets,
        *own,
    ]


def _verifies(settings: StageSettings) -> bool:
    """Whether shards are read whole at the start: what is damaged would stop a stage that is to go on without it."""
    return settings.damaged_data == "stop"


def _sets(stage: Stage, settings: StageSettings, tokens: float | None) -> list[Source]:
    """The prepared texts of --data: their bytes are verified once, by the first rank where a stage begins."""
    if not isinstance(settings, BaseSettings) or not settings.data:
        return []
    sources = text_sources(
        settings.data,
        tokenizer_hash=stage.tokenizer.hash,
        tokens=tokens,
        verify=stage.machine.is_first and stage.resumed is None and _verifies(settings),
    )
    if stage.machine.is_first:
        record_sets(stage.folder / "data", stage.name, sources)
    return sources


def _lessons(stage: Stage, settings: StageSettings, context: int, room: float) -> tuple[list[Source], float]:
    """The tasks of --tasks, made into shards by the first rank; and their tokens."""
    if not isinstance(settings, TalkingSettings) or not settings.tasks:
        return [], 0.0
    folder = stage.folder / "data" / stage.name
    if stage.machine.is_first:
        goes_on = stage.resumed is not None
        prepare_lessons(
            folder, settings.tasks, settings.task_data, stage.tokenizer, context=context, keep=goes_on
        )
    stage.machine.wait()
    return lesson_sources(folder, settings.tasks, stage.tokenizer, room=room, verify=_verifies(settings))


def _own_chats(
    stage: Stage, settings: StageSettings, context: int, room: float
) -> tuple[list[Source], float]:
    """Conversations of --data, made into shards by the first rank; how often each comes, and their tokens."""
    if not isinstance(settings, TalkingSettings) or not settings.data:
        return [], 0.0
    folder = stage.folder / "data" / stage.name
    if stage.machine.is_first:
        prepare_chats(
            folder, settings.chats, stage.tokenizer, context=context, keep=stage.resumed is not None
        )
    stage.machine.wait()
    sources, taken = chat_sources(
        folder, settings.chats, stage.tokenizer, room=room, verify=_verifies(settings)
    )
    for source, asked in zip(sources, settings.chats.sources, strict=True):
        if source.weight < asked.weight and stage.machine.is_first:
            speak(
                say(
                    f"  {source.name}: 이 단계에 다 들어가지 않아 {asked.weight:g}번이 아니라 {source.weight:.2g}번씩 "
                    "배우고, 마을의 대화는 배우지 않습니다. --steps를 늘리면 더 배웁니다.",
                    f"  {source.name}: too much for this stage, so that it comes {source.weight:.2g} times and not "
                    f"{asked.weight:g}, and nothing of the village's conversations. More --steps take in more.",
                )
            )
    return sources, taken


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
    return checkpoint.model(machine.dtype, machine.device)

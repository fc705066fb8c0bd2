"""A stage's settings -> its documents as batches, and the training on them.  For base, mid and sft."""

import re
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from nakochat.core.allocator import give_back
from nakochat.core.errors import ConfigError
from nakochat.core.files import remove_folder
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.batches import PackedBatches, Source
from nakochat.data.chats.shards import chat_sources, prepare_chats
from nakochat.data.mixture import prepare_set_validation, record_sets, text_sources
from nakochat.data.prepare import prepare_stage, prepare_validation, stored_validation
from nakochat.data.shards.shard import TokenShard
from nakochat.data.village.renaming import ASSISTANT
from nakochat.data.windows import WindowBatches
from nakochat.models.checkpoint import Keep
from nakochat.models.float8 import require_float8
from nakochat.models.model import Model
from nakochat.models.nako import Nako
from nakochat.training.guard import Guard
from nakochat.training.lesson_shards import lesson_sources, parse_tasks, prepare_lessons
from nakochat.training.loop import Check, Training
from nakochat.training.loss_watch import LossWatch
from nakochat.training.optimizer import Optimizer, alone_rates
from nakochat.training.outcome import conclude, predict
from nakochat.training.schedule import Schedule
from nakochat.training.settings import BaseSettings, StageSettings, TalkingSettings
from nakochat.training.stage import Stage
from nakochat.training.vitals import Vitals
from nakochat.training.watch import Watch


def train_on_documents(stage: Stage, settings: StageSettings, model: Model) -> None:
    """Prepare the stage's documents and train on them: all of base, mid and sft."""
    machine, tokenizer = stage.machine, stage.tokenizer
    batches = _batches(stage, settings, model.config.context)
    _compute_as_asked(model, settings, machine)
    optimizer = _optimizer(model, settings, machine)
    stage.run.also = Vitals(
        model.config,
        machine,
        rates={
            name: peak for name, peak in optimizer.peaks.items() if name in ("matrix", "embedding", "head")
        },
        tokens_per_step=settings.rows * model.config.context,
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
        _schedule(settings),
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
        training.begin()
    typical = stage.resumed is None and not (settings.fp8 or settings.recompute)
    ended = partial(conclude, training, fresh=fresh, texts=texts, method=settings.optimizer, typical=typical)
    training.train(ended)


def _compute_as_asked(model: Model, settings: StageSettings, machine: Machine) -> None:
    """--fp8 and --recompute.  ConfigError where this model or device cannot."""
    if settings.fp8:
        if not isinstance(model, Nako):
            raise ConfigError(say("--fp8은 nako 모델에만 쓸 수 있습니다.", "--fp8 is for nako models only."))
        require_float8(machine.device, model.config.width, model.config.context)
        model.use_float8()
    model.recompute = settings.recompute


def _optimizer(model: Model, settings: StageSettings, machine: Machine) -> Optimizer:
    return Optimizer(
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


def _schedule(settings: StageSettings) -> Schedule:
    return Schedule(
        steps=settings.steps,
        warmup=settings.warmup,
        warmdown=settings.warmdown,
        final=settings.final_rate,
        curve=settings.curve,
    )


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
    taken += learned
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
            context=context,
            name=settings.assistant_name if isinstance(settings, TalkingSettings) else ASSISTANT,
            keep=goes_on,
        )
        # the stages of a run are measured on the same texts, which its base has chosen
        if sets:
            prepare_set_validation(data, sets, keep=goes_on)
        else:
            prepare_validation(data, settings.source, settings.seed, keep=goes_on or stage.name != "base")
        if not goes_on:
            of_village = {"chat"} if budgets["chat"] > 0 else set()
            _forget_others(
                data / stage.name, of_village | _numbered("chats", own) | _numbered("tasks", lessons)
            )
    give_back()
    stage.machine.wait()
    folders = [data / stage.name / kind for kind, budget in budgets.items() if budget > 0]
    shards = [
        TokenShard.load(folder, tokenizer_hash=stage.tokenizer.hash, verify=_verifies(settings))
        for folder in folders
    ]
    for shard in shards:
        if shard.about.get("too_long") and stage.machine.is_first:
            speak(_left_out(shard, context))
    return [*map(Source, shards), *sets, *own, *lessons]


def _numbered(kind: str, sources: Sequence[Source]) -> set[str]:
    """The folders of the shards that these were made into."""
    return {f"{kind}-{number}" for number in range(1, len(sources) + 1)}


def _forget_others(folder: Path, own: Collection[str]) -> None:
    """Delete the conversations of a start with other settings: rl --sft-weight learns from all that are there."""
    for path in folder.glob("*"):
        if re.fullmatch(r"chat|(chats|tasks)-\d+", path.name) and path.name not in own:
            remove_folder(path)


def _left_out(village: TokenShard, context: int) -> str:
    if not len(village):
        return say(
            f"  마을의 대화는 모두 문맥 {context}토큰보다 길어 배우지 않습니다. 배우려면 --context가 더 큰 모델을 "
            "쓰세요.",
            f"  Every conversation of the village is longer than the context of {context} tokens: none is learned. A "
            "model with a larger --context takes them in.",
        )
    count = village.about["too_long"]
    return say(
        f"  마을의 대화: 문맥 {context}토큰보다 긴 {count:,}개를 뺐습니다.",
        f"  The village's conversations: without {count:,} that are longer than the context of {context} tokens.",
    )


def _verifies(settings: StageSettings) -> bool:
    """Whether shards are verified at the start: under --damaged-data skip, damage must not stop the stage there."""
    return settings.damaged_data == "stop"


def _sets(stage: Stage, settings: StageSettings, tokens: float | None) -> list[Source]:
    """The prepared texts of --data.  Their bytes are verified once, by the first rank at the start of a stage."""
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
    sources, taken = lesson_sources(
        folder, settings.tasks, stage.tokenizer, room=room, verify=_verifies(settings)
    )
    for source, task in zip(sources, parse_tasks(settings.tasks), strict=True):
        if source.weight < task.weight and stage.machine.is_first:
            speak(_less_than_asked(source, task.weight))
    return sources, taken


def _less_than_asked(lessons: Source, times: float) -> str:
    if not lessons.weight:
        return say(
            f"  {lessons.name}: 대화가 이 단계를 채워 배우지 않습니다. --steps를 늘리거나 --data의 횟수를 줄이면 "
            "배웁니다.",
            f"  {lessons.name}: conversations fill this stage, so that it is not learned. More --steps, or fewer TIMES "
            "of --data, take it in.",
        )
    return say(
        f"  {lessons.name}: 이 단계에 다 들어가지 않아 {times:g}번이 아니라 {lessons.weight:.2g}번씩 배우고, 마을의 "
        "대화는 배우지 않습니다. --steps를 늘리면 더 배웁니다.",
        f"  {lessons.name}: too much for this stage, so that it comes {lessons.weight:.2g} times and not {times:g}, "
        "and nothing of the village's conversations. More --steps take in more.",
    )


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
    if taken < room / 2 and stage.machine.is_first:
        speak(
            say(
                f"  이 단계가 배우는 대화 가운데 내 대화: {taken / room:.0%}. 나머지는 마을의 대화입니다. "
                "더 자주 배우려면 파일 뒤에 :횟수를 붙이세요.",
                f"  Of the conversations of this stage {taken / room:.0%} are your own, the rest the village's. "
                "To take yours in more often, put :TIMES behind the file.",
            )
        )
    return sources, taken

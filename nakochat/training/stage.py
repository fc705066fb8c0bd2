"""Settings -> a stage set up: machine, run folder, weights, what a resume needs.  For base, mid, sft and rl."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.core.files import read_json, write_json
from nakochat.core.machine import Machine, open_machine
from nakochat.core.messages import say
from nakochat.core.paths import find_run, run_folder
from nakochat.core.progress import printable, speak, speak_once
from nakochat.core.run import Run
from nakochat.data.batches import PackedBatches, Source
from nakochat.data.prepare import Corpus, prepare_stage, validation_texts
from nakochat.data.shards import TokenShard
from nakochat.evals.bits_per_byte import bits_per_byte
from nakochat.inference.engine import Engine, inference_copy
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import continue_text, reply
from nakochat.models.checkpoint import Checkpoint, newest_checkpoint
from nakochat.models.nako import Nako
from nakochat.text.conversation import user
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.loop import Check, Training
from nakochat.training.optimizer import Optimizer
from nakochat.training.schedule import Schedule
from nakochat.training.settings import CorpusSettings, RunSettings, StageSettings

TEXT_PROMPTS = ("옛날 어느 마을에 ", "오늘 아침에 ")
CHAT_PROMPTS = ("안녕하세요!", "토끼는 뭘 먹어요?", "'무궁화'는 몇 글자예요?")
# may differ from the run's recorded settings when it is resumed
_FREE = {"config", "device", "dtype", "compile", "save_every", "log_every", "check_every", "rows_per_piece"}


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
def open_stage(name: str, settings: RunSettings) -> Iterator[Stage]:
    """Opens the machine and holds the run folder.  ConfigError when a resumed run's settings were changed."""
    folder = run_folder(settings.run_name)
    tokenizer = Tokenizer.load(folder / "tokenizer")
    resumed = newest_checkpoint(folder / name / "checkpoints")
    machine = _open_machine(settings, resumed)
    try:
        with Run(folder / name, writes=machine.is_first) as run:
            _agree(run, settings)
            if resumed is not None:
                resumed.require_tokenizer(tokenizer.hash)
                if machine.is_first:
                    speak(
                        say(
                            f"{name}: 스텝 {resumed.step}부터 이어서 합니다.",
                            f"{name}: going on from step {resumed.step}.",
                        )
                    )
            machine.wait()
            yield Stage(name, run, machine, tokenizer, resumed)
    finally:
        machine.close()


def is_finished(folder: Path) -> bool:
    """Whether a stage's newest whole checkpoint is its last."""
    checkpoint = newest_checkpoint(folder / "checkpoints")
    return checkpoint is not None and checkpoint.step >= int(checkpoint.state["steps"])


def parent_checkpoint(stage: Stage, settings: RunSettings, before: str) -> Checkpoint:
    """The weights that a stage starts from: --from, or the run's stage before."""
    run = find_run(settings.from_) if settings.from_ else find_run(f"{settings.run_name}/{before}")
    checkpoint = newest_checkpoint(run.folder / "checkpoints", run.step)
    if checkpoint is None:
        raise CheckpointError(say(f"온전한 체크포인트가 없습니다: {run}.", f"no whole checkpoint: {run}."))
    checkpoint.require_tokenizer(stage.tokenizer.hash)
    return checkpoint


def record_origin(stage: Stage, settings: RunSettings, parent: Checkpoint | None) -> None:
    """origin.json, once, before step 0."""
    if stage.resumed is None:
        about = {"checkpoint": _short(parent.folder), "hash": parent.hash} if parent else None
        stage.run.write_origin(machine=stage.machine.describe(), seed=settings.seed, parent=about)


def train_on_documents(stage: Stage, settings: StageSettings, model: Nako) -> None:
    """Prepare the stage's documents and train on them: all of base, mid and sft."""
    corpus = corpus_of(settings)
    machine, tokenizer = stage.machine, stage.tokenizer
    tokens = settings.steps * settings.rows * model.config.context
    text_tokens, chat_tokens = (
        int(1.01 * tokens * settings.text_share),
        int(1.08 * tokens * (1 - settings.text_share)),
    )
    if machine.is_first:
        data = stage.folder / "data"
        prepare_stage(
            data,
            stage.name,
            tokenizer,
            corpus=corpus,
            seed=settings.seed,
            text_tokens=text_tokens,
            chat_tokens=chat_tokens,
        )
        held_out_texts(stage.folder, corpus, settings.seed)
    machine.wait()
    batches = PackedBatches(
        _sources(stage, text_tokens, chat_tokens),
        rows=settings.rows,
        length=model.config.context,
        pad=tokenizer.pad,
        seed=settings.seed,
        rows_per_piece=settings.rows_per_piece,
        answers_only=settings.answers_only,
        rank=machine.rank,
        world=machine.world,
    )
    optimizer = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=settings.matrix_rate,
        weight_decay=settings.weight_decay,
        width=model.config.width,
        tokens_per_step=settings.rows * model.config.context,
        scale=settings.rate_scale,
        dtype=machine.dtype,
    )
    schedule = Schedule(
        steps=settings.steps, warmup=settings.warmup, warmdown=settings.warmdown, final=settings.final_rate
    )
    checks = [
        Check(settings.check_every, Watch(stage, held_out_texts(stage.folder, corpus, settings.seed)).measure)
    ]
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
    )
    if stage.resumed is not None:
        training.resume(stage.resumed)
    training.train()


def corpus_of(settings: CorpusSettings) -> Corpus:
    return Corpus(paths=settings.corpus, column=settings.column, encoding=settings.encoding)


def held_out_texts(folder: Path, corpus: Corpus, seed: int) -> list[str]:
    """The run's validation texts; made once, then read."""
    path = folder / "data" / "validation.json"
    if not path.is_file():
        write_json(path, validation_texts(corpus, seed))
    texts: list[str] = read_json(path)
    return texts


def stored_texts(folder: Path) -> list[str]:
    """The validation texts of a run that was trained.  CheckpointError where they are missing."""
    path = folder / "data" / "validation.json"
    if not path.is_file():
        raise CheckpointError(
            say(f"평가용 글이 없습니다: {path}.", f"the held-out texts are missing: {path}.")
        )
    texts: list[str] = read_json(path)
    return texts


@dataclass
class Watch:
    """Held-out bits per byte and samples, as training goes."""

    stage: Stage
    texts: list[str]

    def measure(self, model: Nako, step: int) -> dict[str, float]:
        device = self.stage.machine.device
        engine = Engine(inference_copy(model), self.stage.tokenizer, self.stage.machine)
        self._show_samples(engine, step)
        if not self.texts:
            return {}
        texts = self.texts[: max(1, len(self.texts) // 4)]
        found = bits_per_byte(
            engine.model, self.stage.tokenizer, texts, context=engine.context, device=device
        )
        return {"validation_bits_per_byte": found.bits_per_byte}

    def _show_samples(self, engine: Engine, step: int) -> None:
        sampling = Sampling(max_tokens=min(48, engine.context // 2), temperature=0.7, seed=1)
        chats = self.stage.name != "base"
        for prompt in CHAT_PROMPTS if chats else TEXT_PROMPTS:
            pieces = (
                reply(engine, (user(prompt),), sampling) if chats else continue_text(engine, prompt, sampling)
            )
            text = "".join(piece.text for piece in pieces)
            self.stage.run.log("sample", step=step, prompt=prompt, text=text)
            speak(f"  [{step}] {prompt} → {printable(text).replace(chr(10), ' ')}")


def _sources(stage: Stage, text_tokens: int, chat_tokens: int) -> list[Source]:
    folders = [
        stage.folder / "data" / stage.name / kind
        for kind, t in (("text", text_tokens), ("chat", chat_tokens))
        if t
    ]
    return [Source(TokenShard.load(folder, tokenizer_hash=stage.tokenizer.hash)) for folder in folders]


def _open_machine(settings: RunSettings, resumed: Checkpoint | None) -> Machine:
    """The machine as the settings ask; a resumed run goes on in the dtype and mode that it began in."""
    dtype, compiled = settings.dtype, settings.compile
    if resumed is not None:
        was = {"dtype": resumed.state["dtype"], "compile": "yes" if resumed.state["compiled"] else "no"}
        for name, asked in (("dtype", dtype), ("compile", compiled)):
            if asked not in ("auto", was[name]):
                raise ConfigError(
                    say(
                        f"이 실행은 --{name} {was[name]}(으)로 시작했습니다. --{name} 없이 하거나 새 --name을 쓰세요.",
                        f"this run began with --{name} {was[name]}. Leave --{name} out, or use a new --name.",
                    )
                )
        dtype, compiled = was["dtype"], was["compile"]
    machine = open_machine(settings.device, dtype, compiled)
    if not machine.compile and compiled == "auto" and machine.is_first:
        speak_once(
            say(
                "C++ 컴파일러(g++)가 없어 torch.compile 없이 학습합니다. 조금 느립니다: apt install g++",
                "No C++ compiler (g++): training without torch.compile, somewhat slower. apt install g++",
            )
        )
    return machine


def _agree(run: Run, settings: RunSettings) -> None:
    """Write the settings, or hold them against those that the stage began with."""
    resolved = plain(settings)
    before = run.read_config()
    if before is None:
        run.write_config(resolved)
        return
    changed = sorted(k for k, v in resolved.items() if k not in _FREE and before.get(k) != v)
    if changed:
        listed = ", ".join(f"{name}: {before.get(name)} → {resolved[name]}" for name in changed)
        raise ConfigError(
            say(
                f"이 실행은 다른 설정으로 시작했습니다 ({listed}). 같은 설정으로 잇거나 새 --name을 쓰세요.",
                f"this run began with other settings ({listed}). Go on with those, or start a new run with --name.",
            )
        )


def plain(settings: Any) -> dict[str, Any]:
    """A settings dataclass as JSON values."""
    return {name: _plain(value) for name, value in dataclasses.asdict(settings).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _short(folder: Path) -> str:
    """NAME/STAGE@STEP of a checkpoint folder."""
    return f"{folder.parents[2].name}/{folder.parents[1].name}@{int(folder.name)}"


def loaded(checkpoint: Checkpoint, machine: Machine) -> Nako:
    return checkpoint.model(machine.dtype, machine.device)

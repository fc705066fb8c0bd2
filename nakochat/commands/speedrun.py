"""A preset -> a chatbot: tokenizer, base, mid, sft, rl, each scored, and the report card.  [nako speedrun]

Running it again redoes nothing: finished stages are skipped, an interrupted one goes on where it stopped.  With
--processes every stage is trained by torchrun, one process for each GPU; the rest needs one process only.
"""

import dataclasses
import os
import shlex
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from nakochat.commands import evaluate, report, tok
from nakochat.commands import serve as server
from nakochat.commands.gather import gather, gather_chats, gather_tasks, supplies_of
from nakochat.commands.launch import score_in_process, train_in_processes
from nakochat.commands.presets import SUPPLIES, base_for, load_preset
from nakochat.core.compiler import may_compile
from nakochat.core.errors import ConfigError
from nakochat.core.files import is_whole
from nakochat.core.itinerary import write_itinerary
from nakochat.core.machine import pick_device, require_dtype, require_gpus
from nakochat.core.messages import say
from nakochat.core.paths import RunReference, run_folder
from nakochat.core.progress import speak
from nakochat.core.trackers import require_trackers
from nakochat.data.batches import piece_rows
from nakochat.data.chats.rows import chat_files
from nakochat.data.weighted import parse_weighted
from nakochat.serving.settings import ServeSettings
from nakochat.training import base, mid, rl, sft
from nakochat.training.bounds import at_least
from nakochat.training.lesson_shards import lessons_at, parse_tasks
from nakochat.training.run_settings import RunSettings
from nakochat.training.settings import BaseSettings, MidSettings, RlSettings, ScoreSettings, SftSettings
from nakochat.training.shape import Kind
from nakochat.training.tokenizer_settings import TokenizerSettings

STAGES: dict[str, tuple[type[Any], Any]] = {
    "base": (BaseSettings, base.main),
    "mid": (MidSettings, mid.main),
    "sft": (SftSettings, sft.main),
    "rl": (RlSettings, rl.main),
}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SpeedrunSettings:
    """nako speedrun"""

    preset: str = "tiny"
    """tiny (bf16이 있는 2코어에서 십여 분), toy, d12, … | tiny (ten-odd minutes on two cores with bf16), toy, d12, …"""
    name: str | None = None
    """실행의 이름; 기본: 프리셋의 이름. | The run's name; default: the preset's."""
    corpus: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = ()
    """토크나이저, base, mid에 쓸 글 (파일이나 폴더); 기본: 마을, 큰 프리셋은 스스로 받는 글. |
    Texts of one's own for tokenizer, base and mid (files or folders); default: the village, or with the larger
    presets what they download."""
    column: str | None = None
    """글이 든 열의 이름. | The column of the corpus that holds the text."""
    encoding: str = "utf-8"
    """글 파일의 인코딩 (예: cp949). | Encoding of the corpus, such as cp949."""
    damaged_data: Literal["stop", "skip"] = "stop"
    """글에서 읽을 수 없는 줄이나, 학습하는 동안 깨진 토큰 조각을 만나면 멈출지 건너뛰고 셀지. |
    Where a line of a text cannot be read, or a token shard was damaged meanwhile: stop, or skip and count it."""
    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """base에 쓸, 'nako data prepare'로 준비한 글. | Texts for base that 'nako data prepare' made ready."""
    chats: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """mid와 sft에서 함께 배울 내 대화. | Conversations of one's own for mid and sft."""
    tasks: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """mid와 sft에서 함께 배울 과제의 연습 문항 (gsm8k:2 spelling). |
    Tasks whose items to learn from are mixed into mid and sft (gsm8k:2 spelling)."""
    task_data: Path | None = None
    """그 과제들의 자료가 든 폴더; 기본: 받은 것. | The folder of the tasks' data; default: what was pulled."""
    model: Kind | None = None
    """모델의 종류: nako, llama, gpt2; 기본: 프리셋의 것. | Kind of model: nako, llama, gpt2; default: the preset's."""
    seed: int = 0
    """씨앗이 같으면 실행도 같습니다. | The same seed gives the same run."""
    skip: tuple[Literal["mid", "rl"], ...] = ()
    """건너뛸 단계. | A stage to leave out."""
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16."""
    compile: str = "auto"
    """auto, yes, no: torch.compile을 쓸지. | auto, yes or no: torch.compile."""
    processes: int = 1
    """학습할 프로세스의 수: 이 컴퓨터의 GPU마다 하나. | Processes that train: one for each GPU of this computer."""
    restarts: int = 0
    """프로세스가 죽거나 멈추면 단계마다 이만큼까지 마지막 체크포인트에서 스스로 다시 시작합니다. |
    Where a process dies or hangs, a stage goes on by itself from its last checkpoint, so many times."""
    track: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """metrics.jsonl 말고도 기록할 곳: wandb, tensorboard, trackio. |
    Where to log beside metrics.jsonl: wandb, tensorboard, trackio."""
    track_name: str | None = None
    """그곳에서 실행을 부를 이름; 기본: 실행의 이름. | What the run is called there; default: the run's name."""
    serve: bool = False
    """다 끝나면 대화 페이지를 엽니다. | Open the chat page at the end."""
    port: int = 8000
    """대화 페이지의 포트. | Port of the chat page."""

    def __post_init__(self) -> None:
        at_least(1, self, "processes")
        at_least(0, self, "restarts")

    @property
    def run_name(self) -> str:
        return self.name or self.preset


def main(settings: SpeedrunSettings = SpeedrunSettings()) -> None:
    """Train every stage of a preset, score each, and write the report card."""
    s, name = settings, settings.run_name
    _require_one_process(s.processes)
    require_trackers(s.track)
    values = _every_stage_of(s.preset, s.device)
    _require_sound(s, values)
    started = time.perf_counter()
    stages = _stages(_with_texts(s, values), values)
    write_itinerary(run_folder(name), _tokens(stages))
    for stage, own in stages.items():
        _announce(stage)
        if s.processes > 1:
            _train_in_processes(stage, own, s.processes, s.restarts)
        else:
            STAGES[stage][1](own)
        if "sft" in values:  # the village's questions are for who learns to answer them
            asked = ScoreSettings(**values.get("score", {}))
            how = {"device": s.device, "dtype": s.dtype, "items": asked.items}
            _score(RunReference(name, stage, None), s.processes, **how)
    report.main(name, copy=_place_of_copy())
    _farewell(name, time.perf_counter() - started, answers="sft" in values)
    if s.serve:
        where = ServeSettings(port=s.port)
        server.serve(name, settings=server.Served(where=where, device=s.device, dtype=s.dtype))


def _require_sound(settings: SpeedrunSettings, values: dict[str, Any]) -> None:
    """ConfigError or DataError for what a stage would refuse only when its turn comes, hours from now."""
    device = pick_device(settings.device)
    may_compile(settings.compile, device)
    require_dtype(settings.dtype)
    if settings.processes > 1 and device.type == "cuda":
        require_gpus(settings.processes, "--processes")
    for stage in _stages(settings, values).values():
        piece_rows(stage.rows, None, settings.processes)
    for task in parse_tasks(settings.tasks):
        lessons_at(task, settings.task_data)
    if settings.chats:
        chat_files([parse_weighted(text).path for text in settings.chats], settings.encoding)
    if settings.serve:
        server.require_place(settings.port)


def _with_texts(settings: SpeedrunSettings, values: dict[str, Any]) -> SpeedrunSettings:
    """Sees to the tokenizer and to what the larger presets gather; the settings with what was gathered."""
    name = settings.run_name

    def train_tokenizer(corpus: tuple[Path, ...]) -> None:
        section = values.get("tokenizer", {})
        tok.train(_settings(TokenizerSettings, section, _common(settings), {"corpus": corpus}))

    if settings.data:
        _require_tokenizer(name, settings.preset)
        return settings
    if settings.corpus or SUPPLIES not in values:
        train_tokenizer(settings.corpus)
        return settings
    supplies = supplies_of(values[SUPPLIES])
    data = (gather(supplies, name, train_tokenizer),)
    chats = settings.chats or gather_chats(supplies)
    tasks = settings.tasks or (supplies.tasks if settings.task_data is not None else gather_tasks(supplies))
    return dataclasses.replace(settings, data=data, chats=chats, tasks=tasks)


def _stages(settings: SpeedrunSettings, values: dict[str, Any]) -> dict[str, Any]:
    """The settings of each stage that is to come, by its name."""
    stages: dict[str, Any] = {}
    machine = {"device": settings.device, "dtype": settings.dtype, "compile": settings.compile}
    tracked = {"track": settings.track, "track_name": settings.track_name}
    shape = {} if settings.model is None else {"model": settings.model}
    for stage, (kind, _) in STAGES.items():
        if stage in settings.skip or stage not in values:  # some presets end with the base
            continue
        section = values[stage]
        if stage == "base":
            section = base_for(section, model=settings.model, starts_elsewhere=False)
        own = {
            "data": settings.data if stage == "base" else settings.chats,
            "tasks": settings.tasks,
            "task_data": settings.task_data,
        }
        stages[stage] = _settings(kind, section, _common(settings), machine, own, tracked, shape)
        if stage == "sft" and "mid" in settings.skip:
            stages[stage] = dataclasses.replace(stages[stage], from_=f"{stages[stage].run_name}/base")
    return stages


def _common(settings: SpeedrunSettings) -> dict[str, Any]:
    """What the tokenizer and every stage are told alike."""
    return {
        "preset": settings.preset,
        "name": settings.run_name,
        "seed": settings.seed,
        "corpus": settings.corpus,
        "column": settings.column,
        "encoding": settings.encoding,
        "damaged_data": settings.damaged_data,
    }


def _every_stage_of(preset: str, device: str) -> dict[str, Any]:
    """The preset's values.  ConfigError for a preset that begins with a model that is there."""
    values = load_preset(preset, device)
    if "tokenizer" not in values:
        raise ConfigError(
            say(
                f"'{preset}' 프리셋은 있는 모델을 이어 가르칠 때 씁니다. 'nako train base --preset {preset} --from "
                "실행 --name 이름'처럼 쓰세요.",
                f"preset '{preset}' is for a model that is there. Use it like 'nako train base --preset {preset} "
                "--from RUN --name NAME'.",
            )
        )
    return values


def _train_in_processes(stage: str, settings: RunSettings, processes: int, restarts: int) -> None:
    logs = run_folder(settings.run_name) / stage / "logs"
    train_in_processes(stage, _flags(settings), processes=processes, restarts=restarts, logs=logs)


def _score(reference: RunReference, processes: int, **how: Any) -> None:
    """Where others train, in a process of its own: what this one took of a GPU would be missing there."""
    if processes > 1:
        score_in_process(str(reference), **how)
    else:
        evaluate.score_stage(reference, **how)


def _place_of_copy() -> Path | None:
    """The folder that the command was called in, which gets a copy of report.md; where it may not be written, none."""
    here = Path.cwd()
    if os.access(here, os.W_OK):
        return here
    speak(
        say(
            f"{here}에는 쓸 수 없어 report.md를 두지 않습니다. 실행 폴더에는 있습니다.",
            f"{here} cannot be written, so it gets no copy of report.md. The run's folder has it.",
        )
    )
    return None


def _settings(kind: type[RunSettings], *sources: dict[str, Any]) -> Any:
    """A settings object from the values that it knows, later sources over earlier ones."""
    known = {field.name for field in dataclasses.fields(kind)}
    merged = {name: value for source in sources for name, value in source.items() if name in known}
    return kind(**merged)


def _tokens(stages: dict[str, Any]) -> dict[str, int | None]:
    """What each stage will learn from; RL's own answers are counted when they are there."""
    context = stages["base"].context
    return {
        name: None if isinstance(settings, RlSettings) else settings.steps * settings.rows * context
        for name, settings in stages.items()
    }


def _require_one_process(processes: int) -> None:
    """ConfigError under torchrun, whose processes would all train the tokenizer, score and write the report."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1:
        raise ConfigError(
            say(
                "speedrun은 torchrun으로 시작하지 않습니다. torchrun 없이 실행하세요: "
                f"nako speedrun --processes {world}. 여러 컴퓨터에서는 단계마다 "
                "'torchrun … -m nakochat train base'처럼 나누어 실행합니다.",
                f"speedrun is not started by torchrun. Run 'nako speedrun --processes {world}' without it. On several "
                "computers, run each stage by itself: 'torchrun … -m nakochat train base'.",
            )
        )


def _require_tokenizer(name: str, preset: str) -> None:
    """ConfigError where prepared text comes without the tokenizer that it was prepared with."""
    if not is_whole(run_folder(name) / "tokenizer"):
        steps = (
            f"nako tok train --preset {preset} --name {name} --corpus …  →  "
            f"nako data prepare … --tokenizer {name} --name SET  →  "
            f"nako speedrun --preset {preset} --name {name} --data SET"
        )
        raise ConfigError(
            say(
                f"--data의 글을 준비한 토크나이저가 실행 '{name}'에 없습니다. 이 차례로 하세요: {steps}",
                f"run '{name}' lacks the tokenizer that --data was prepared with. Go in this order: {steps}",
            )
        )


def _flags(settings: RunSettings) -> list[str]:
    """The settings as the command line takes them, but for those that the preset gives anyway."""
    section = load_preset(settings.preset, settings.device).get(_section(settings), {})
    if isinstance(settings, BaseSettings):
        section = base_for(section, model=settings.model, starts_elsewhere=False)
    given = _settings(type(settings), section, {"preset": settings.preset})
    words = ["--preset", settings.preset, "--name", settings.run_name]
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in ("preset", "name") or value == getattr(given, field.name):
            continue
        flag = "--" + field.name.rstrip("_").replace("_", "-")
        words += [flag, *(map(str, value) if isinstance(value, tuple) else [str(value)])]
    return words


def _section(settings: RunSettings) -> str:
    return next(name for name, (kind, _) in STAGES.items() if kind is type(settings))


def _announce(stage: str) -> None:
    titles = {
        "base": say("base: 글로 배웁니다", "base: learning from texts"),
        "mid": say("mid: 글과 대화를 섞어 배웁니다", "mid: texts and conversations mixed"),
        "sft": say("sft: 대답하는 법을 배웁니다", "sft: learning to answer"),
        "rl": say("rl: 스스로 쓴 답의 보상으로 배웁니다", "rl: learning from the rewards of its own answers"),
    }
    speak(f"\n== {titles[stage]}")


def _farewell(name: str, seconds: float, *, answers: bool) -> None:
    minutes = seconds / 60
    # speedrun.sh does not touch PATH, and `python -m nakochat` leaves a __main__.py in argv
    here = [sys.argv[0]] if Path(sys.argv[0]).name == "nako" else [sys.executable, "-m", "nakochat"]
    nako = "nako" if shutil.which("nako") else shlex.join(here)
    if not answers:
        speak(
            say(
                f"\n{minutes:.1f}분 걸렸습니다. 이제 글을 이어 쓰게 해 보세요:\n    {nako} sample {name} --prompt …",
                f"\nDone in {minutes:.1f} minutes. Let it go on from a text:\n    {nako} sample {name} --prompt …",
            )
        )
        return
    speak(
        say(
            f"\n{minutes:.1f}분 걸렸습니다. 이제 대화해 보세요:\n    {nako} chat {name}\n    {nako} serve {name}",
            f"\nDone in {minutes:.1f} minutes. Talk to it:\n    {nako} chat {name}\n    {nako} serve {name}",
        )
    )

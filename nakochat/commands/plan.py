"""A depth or a preset, and a machine -> what training will take, before it begins.  [nako plan]

Parameters, FLOPs, tokens and steps are exact; memory follows a formula held against measured peaks; time is a rehearsal
(--measure) or an assumption that is named.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from nakochat.commands.counts import require_some
from nakochat.commands.outputs import OutFile
from nakochat.commands.plan_words import Plan, plan_figures, plan_lines
from nakochat.commands.presets import load_preset, preset_names
from nakochat.commands.supply import supply_of
from nakochat.core.devices import DATASHEETS, Datasheet
from nakochat.core.errors import ConfigError
from nakochat.core.files import write_json
from nakochat.core.inspection import memory_bytes
from nakochat.core.machine import Machine, open_machine
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.batches import piece_rows
from nakochat.models.memory import GPU, Coefficients, largest_piece, training_memory
from nakochat.models.model import ModelConfig
from nakochat.models.sizing import count, recipe
from nakochat.training.forecast import (
    Forecast,
    Pace,
    coefficients_of,
    forecast,
    measured_here,
    pace_of_device,
    pace_of_machine,
    piece_of,
)
from nakochat.training.rates import Method
from nakochat.training.rehearsal import key_of, rehearse, remember
from nakochat.training.settings import BaseSettings, MidSettings, RlSettings, SftSettings, StageSettings
from nakochat.training.shape import model_config

_LATER = "d12"  # whose mid and sft a depth without a preset of its own is planned with
_KINDS: dict[str, type[StageSettings]] = {"base": BaseSettings, "mid": MidSettings, "sft": SftSettings}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PlanSettings:
    """nako plan"""

    depth: int | None = None
    """층의 수; 같은 깊이의 프리셋이 있으면 그것으로 셉니다. | Layers; the preset of that depth, if there is one."""
    preset: str | None = None
    """프리셋의 이름; 기본: --depth의 것, 없으면 tiny. | A preset; default: that of --depth, else tiny."""
    gpus: int = 1
    """장치(프로세스)의 수. | Devices, one process each."""
    device_kind: str | None = None
    """장치의 종류 (h100, h200, a100, …); 기본: 이 컴퓨터. | Kind of device; default: this computer."""
    price: float | None = None
    """장치 하나의 시간당 요금. | Price of one device for one hour, in any currency."""
    tokens_per_parameter: float | None = None
    """몸통과 출력의 매개변수마다 배울 토큰. | Tokens for each parameter of body and head."""
    vocab_size: int | None = None
    """어휘의 토큰 수. | Tokens of the vocabulary."""
    context: int | None = None
    """모델이 한 번에 보는 토큰 수. | Tokens that the model sees at once."""
    rows_per_piece: int | None = None
    """한 번에 계산할 줄 수; 기본: 프리셋의 것, 없으면 들어가는 만큼. |
    Rows of one forward pass; default: the preset's, else as many as fit."""
    data: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ()
    """준비한 글의 이름들; 몇 번 되풀이되는지 셉니다. | Prepared sets; how often they repeat is counted."""
    measure: bool = False
    """이 컴퓨터에서 20걸음을 정말로 해 보고 셉니다. | Run 20 real steps on this computer first."""
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16."""
    compile: str = "auto"
    """auto, yes, no: torch.compile을 쓸지. | auto, yes or no: torch.compile."""
    json: OutFile | None = None
    """숫자를 이 파일에도 씁니다. | Write the figures here too."""


def main(settings: PlanSettings = PlanSettings()) -> None:
    """Say what training will take: parameters, FLOPs, steps, memory, time, money, disk, text."""
    s = settings
    require_some(
        gpus=s.gpus,
        depth=s.depth,
        vocab_size=s.vocab_size,
        context=s.context,
        rows_per_piece=s.rows_per_piece,
    )
    if s.price is not None and not 0 <= s.price < 1e9:
        raise ConfigError(
            say(f"--price는 0 이상이어야 합니다: {s.price}.", f"--price must be 0 or more: {s.price}.")
        )
    sheet = None if s.device_kind is None else _sheet(s.device_kind)
    if sheet is not None and s.measure:
        raise ConfigError(
            say(
                "--measure는 이 컴퓨터에서 잽니다. --device-kind를 빼고 그 장치가 있는 컴퓨터에서 실행하세요.",
                "--measure measures this computer. Leave --device-kind out and run it where that device is.",
            )
        )
    chosen, stages, config = _stages(s)
    machine = open_machine(s.device, s.dtype, s.compile) if sheet is None else None
    try:
        plan = _plan(s, chosen, stages, config, sheet, machine)
    finally:
        if machine is not None:
            machine.close()
    for line in plan_lines(plan):
        speak(line)
    if s.json:
        write_json(s.json, plan_figures(plan))


def _sheet(kind: str) -> Datasheet:
    """ConfigError for a kind that the table of datasheets does not have."""
    found = next((sheet for sheet in DATASHEETS if sheet.kind == kind.lower()), None)
    if found is None:
        known = ", ".join(sheet.kind for sheet in DATASHEETS)
        raise ConfigError(
            say(
                f"모르는 장치입니다: {kind!r}. 아는 장치: {known}. 이 컴퓨터라면 --device-kind를 빼세요.",
                f"unknown device: {kind!r}. Known: {known}. For this computer, leave --device-kind out.",
            )
        )
    return found


def _stages(asked: PlanSettings) -> tuple[str | None, dict[str, StageSettings], ModelConfig]:
    """The preset, None where the dial decides (mid and sft are then d12's); its stages; the model."""
    preset, depth, ratio = asked.preset, asked.depth, asked.tokens_per_parameter
    if preset is None:
        preset = "tiny" if depth is None else f"d{depth}" if f"d{depth}" in preset_names() else None
    tables = load_preset(preset or _LATER)
    values = dict(tables["base"]) if preset else {"depth": depth}
    if "depth" not in values:
        raise ConfigError(
            say(
                f"'{preset}' 프리셋은 들여온 모델을 이어서 가르치므로 제 크기가 없습니다. --preset 대신 --depth로 "
                "물으세요.",
                f"preset '{preset}' goes on with an imported model and has no size of its own. Ask with --depth.",
            )
        )
    if depth not in (None, values["depth"]):
        raise ConfigError(
            say(
                f"'{preset}' 프리셋의 깊이는 {values['depth']}인데 --depth {depth}도 있습니다. 하나만 쓰세요.",
                f"preset '{preset}' has depth {values['depth']}, and --depth {depth} is there too. Give one of them.",
            )
        )
    if asked.context is not None:
        values["context"] = asked.context
    base = BaseSettings(**values)
    vocabulary = asked.vocab_size or tables["tokenizer"].get("vocab_size")
    if vocabulary is None:
        raise ConfigError(
            say(
                f"'{preset}' 프리셋의 어휘는 말뭉치에 나오는 글자들입니다. 몇 가지인지 --vocab-size로 알려 주세요.",
                f"the vocabulary of preset '{preset}' is the characters of the corpus. Say how many with --vocab-size.",
            )
        )
    config = model_config(base, vocabulary)
    if preset is None or ratio is not None:
        found = recipe(config, ratio) if ratio else recipe(config)
        rows = base.rows if preset else found.rows
        steps = max(1, round(found.tokens / (rows * config.context)))
        base = dataclasses.replace(
            base, steps=steps, rows=rows, text_share=base.text_share if preset else 1.0
        )
    stages: dict[str, StageSettings] = {"base": base}
    for name in ("mid", "sft"):
        if name in tables:  # some presets end with the base
            stages[name] = _KINDS[name](**tables[name])
    return preset, stages, config


def _plan(
    asked: PlanSettings,
    preset: str | None,
    stages: dict[str, StageSettings],
    config: ModelConfig,
    sheet: Datasheet | None,
    machine: Machine | None,
) -> Plan:
    coefficients = GPU if machine is None else coefficients_of(machine)
    room = _room(sheet, machine)
    base, gpus = stages["base"], asked.gpus
    for stage in stages.values():
        piece_rows(stage.rows, None, gpus)
    how: dict[str, Any] = {"coefficients": coefficients, "world": gpus}
    how |= {"recompute": base.recompute, "optimizer": base.optimizer}
    wished = asked.rows_per_piece or (base.rows_per_piece if preset else None)
    if wished is None and not preset:
        wished = max(1, largest_piece(config, room=room, **how))
    piece = piece_of(base.rows, wished, gpus)
    if asked.measure and machine is not None:
        _rehearse(config, machine, rows=-(-base.rows // gpus), piece=piece, optimizer=base.optimizer)
    found: dict[str, Forecast] = {}
    for name, settings in stages.items():
        pace = _pace(
            config,
            sheet,
            machine,
            gpus,
            rows=-(-settings.rows // gpus),
            piece=piece,
            stage=name,
            optimizer=settings.optimizer,
        )
        found[name] = forecast(
            config,
            steps=settings.steps,
            rows=settings.rows,
            rows_per_piece=piece,
            world=gpus,
            pace=pace,
            coefficients=coefficients,
            recompute=settings.recompute,
            optimizer=settings.optimizer,
        )
    counts = count(config)
    return Plan(
        preset=preset,
        config=config,
        counts=counts,
        gpus=gpus,
        stages=found,
        rows_per_piece=piece,
        memory=training_memory(config, rows=piece, **how),
        device=sheet.kind if sheet else str(machine.describe()["name"]) if machine else "",
        room=room,
        largest_piece=largest_piece(config, room=room, **how),
        disk_bytes=_disk(config, coefficients, [*stages.values(), *_rl(preset)], found),
        supply=supply_of(preset, asked.data, found["base"].tokens * base.text_share),
        pace=_pace(
            config,
            sheet,
            machine,
            gpus,
            rows=-(-base.rows // gpus),
            piece=piece,
            stage="base",
            optimizer=base.optimizer,
        ),
        price=asked.price,
    )


def _rehearse(config: ModelConfig, machine: Machine, *, rows: int, piece: int, optimizer: Method) -> None:
    speak(say("20걸음을 해 봅니다…", "running 20 steps…"))
    measured = rehearse(config, machine, rows=rows, rows_per_piece=piece, optimizer=optimizer)
    remember(
        key_of(config, machine, rows=rows, rows_per_piece=piece, stage="base", optimizer=optimizer), measured
    )


def _pace(
    config: ModelConfig,
    sheet: Datasheet | None,
    machine: Machine | None,
    gpus: int,
    *,
    rows: int,
    piece: int,
    stage: str,
    optimizer: Method,
) -> Pace:
    """By what so many processes have done here, else by what one alone has."""
    if sheet is not None:
        return pace_of_device(config, sheet)
    assert machine is not None  # one of the two is there
    how: dict[str, Any] = {"rows": rows, "rows_per_piece": piece, "stage": stage, "optimizer": optimizer}
    measured = measured_here(config, dataclasses.replace(machine, world=gpus), **how)
    return measured or pace_of_machine(config, machine, **how)


def _room(sheet: Datasheet | None, machine: Machine | None) -> float:
    """Bytes that one process may take."""
    if sheet is not None:
        return sheet.memory_gb * 1e9
    assert machine is not None  # one of the two is there
    return float(memory_bytes(machine.device))


def _rl(preset: str | None) -> list[RlSettings]:
    """RL writes checkpoints as the others do; what it takes besides depends on what the model answers."""
    tables = load_preset(preset or _LATER)
    return [RlSettings(**tables["rl"])] if "rl" in tables else []


def _disk(
    config: ModelConfig,
    coefficients: Coefficients,
    stages: Sequence[StageSettings | RlSettings],
    forecasts: dict[str, Forecast],
) -> float:
    """Token shards, and the checkpoints that every stage keeps and the one that is being written."""
    size = 2 if config.vocab_size <= 2**16 else 4
    kept = float(size * sum(stage.tokens for stage in forecasts.values()))
    written = 0.0
    for stage in stages:
        method = stage.optimizer if isinstance(stage, StageSettings) else "muon"
        memory = training_memory(config, rows=1, coefficients=coefficients, optimizer=method)
        checkpoint = memory.weights + memory.optimizer
        kept += checkpoint * stage.keep_last
        written = max(written, checkpoint)
    return kept + written

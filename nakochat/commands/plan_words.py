"""A plan -> the lines that say it, and its figures for other programs."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from nakochat.commands.supply import Supply, counted, sized, supply_lines
from nakochat.core.josa import josa
from nakochat.core.messages import roughly, say
from nakochat.models.memory import Memory
from nakochat.models.model import ModelConfig
from nakochat.models.sizing import Counts
from nakochat.training.forecast import Forecast, Pace


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that is printed, and written with --json."""

    preset: str | None
    config: ModelConfig
    counts: Counts
    gpus: int
    stages: dict[str, Forecast]
    rows_per_piece: int
    memory: Memory
    device: str
    room: float
    largest_piece: int
    """The most rows at once that fit; 0 where not even one does."""
    disk_bytes: float
    supply: Supply
    pace: Pace
    price: float | None

    @property
    def seconds(self) -> float | None:
        found = [stage.seconds for stage in self.stages.values()]
        return None if None in found else sum(second for second in found if second is not None)

    @property
    def fits(self) -> bool:
        return self.memory.total <= self.room

    def cost(self, seconds: float | None) -> float | None:
        if seconds is None or self.price is None:
            return None
        return seconds / 3600 * self.price * self.gpus


def plan_figures(plan: Plan) -> dict[str, Any]:
    return {
        "preset": plan.preset,
        "model": dataclasses.asdict(plan.config),
        "parameters": plan.counts.total,
        "parameters_body_and_head": plan.counts.scaling,
        "parameters_as_documented": plan.counts.documented,
        "flops_per_token": plan.counts.flops_per_token,
        "flops_per_token_as_documented": plan.counts.documented_flops_per_token,
        "gpus": plan.gpus,
        "stages": {
            name: {**dataclasses.asdict(stage), "cost": plan.cost(stage.seconds)}
            for name, stage in plan.stages.items()
        },
        "seconds": plan.seconds,
        "cost": plan.cost(plan.seconds),
        "rows_per_piece": plan.rows_per_piece,
        "memory_bytes": {
            **dataclasses.asdict(plan.memory),
            "steps": plan.memory.steps,
            "total": plan.memory.total,
        },
        "memory_room_bytes": plan.room,
        "fits": plan.fits,
        "disk_bytes": plan.disk_bytes,
        "data": dataclasses.asdict(plan.supply),
        "device": plan.device,
        "largest_rows_per_piece": plan.largest_piece,
        "pace": plan.pace.source[1],
    }


def plan_lines(plan: Plan) -> list[str]:
    """All of it, for a person."""
    disk = say(
        f"  디스크  토큰과 체크포인트에 {sized(plan.disk_bytes)} (글 파일은 따로)",
        f"  disk    {sized(plan.disk_bytes)} for tokens and checkpoints (files of text apart)",
    )
    lines = (_model_lines(plan), _stage_lines(plan), _memory_lines(plan), [disk], supply_lines(plan.supply))
    return [line for part in lines for line in part]


def _model_lines(plan: Plan) -> list[str]:
    config, counts = plan.config, plan.counts
    preset = (
        say(f"프리셋 {plan.preset}", f"preset {plan.preset}") if plan.preset else say("다이얼", "the dial")
    )
    return [
        say(
            f"깊이 {config.layers} · 너비 {config.width} · 머리 {config.heads} · 문맥 {config.context:,} · 어휘 "
            f"{config.vocab_size:,} ({preset})",
            f"depth {config.layers} · width {config.width} · heads {config.heads} · context {config.context:,} · "
            f"vocabulary {config.vocab_size:,} ({preset})",
        ),
        say(
            f"  매개변수 {counted(counts.total)}: 몸통과 출력 {counted(counts.scaling)}, 토큰 표 "
            f"{counted(counts.embedding)}, 값 임베딩 {counted(counts.value_embeddings)} "
            f"(nanochat 문서의 세는 법으로는 {counted(counts.documented)})",
            f"  parameters {counted(counts.total)}: body and head {counted(counts.scaling)}, token table "
            f"{counted(counts.embedding)}, value embeddings {counted(counts.value_embeddings)} "
            f"({counted(counts.documented)} as nanochat's documents count)",
        ),
        say(
            f"  토큰당 {counts.flops_per_token:.3e} FLOPs (어텐션이 문맥 전체를 본다고 세면 "
            f"{counts.documented_flops_per_token:.3e})",
            f"  {counts.flops_per_token:.3e} FLOPs per token ({counts.documented_flops_per_token:.3e} if attention is "
            "counted over the whole context)",
        ),
    ]


def _stage_lines(plan: Plan) -> list[str]:
    lines = []
    for name, stage in plan.stages.items():
        batch = stage.tokens // stage.steps
        work = say(
            f"{stage.steps:,}걸음 × {batch:,}토큰 = {counted(stage.tokens)}토큰",
            f"{stage.steps:,} steps × {batch:,} = {counted(stage.tokens)} tokens",
        )
        each = f"{stage.tokens / plan.counts.scaling:.1f}"
        ratio = say(f" (매개변수마다 {each})", f" ({each} a parameter)") if name == "base" else ""
        lines.append(f"  {name:<5} {work}{ratio}, {stage.flops:.2e} FLOPs, {_time(plan, stage.seconds)}")
    lines.append(
        say(
            "  rl    예측하지 않습니다: 답을 만드는 시간은 재야 압니다.",
            "  rl    not predicted: the time to sample answers has to be measured.",
        )
    )
    if plan.preset is None:
        lines.append(say("        (mid와 sft는 d12의 것입니다)", "        (mid and sft are those of d12)"))
    lines.append(
        say(
            f"  모두  {_time(plan, plan.seconds)}, 장치 {plan.gpus}개",
            f"  total {_time(plan, plan.seconds)} on {plan.gpus} device(s)",
        )
    )
    return [*lines, "        " + _why(plan.pace)]


def _why(pace: Pace) -> str:
    """Where the time comes from."""
    source = say(*pace.source)
    if pace.measured is not None:
        step = pace.measured.step_seconds
        return say(f"{source} (걸음당 {step:.3f}초)", f"{source} ({step:.3f} s each)")
    if pace.flops_per_second is None:
        return say(
            f"시간을 알 수 없습니다: {source}. --measure로 재세요.", f"no time: {source}. Use --measure."
        )
    speed = f"{pace.flops_per_second / 1e12:.3g} TFLOP/s"
    return say(f"가정: 장치마다 {speed}, {source}", f"assumed: {speed} per device, {source}")


def _memory_lines(plan: Plan) -> list[str]:
    memory, total, room = plan.memory, plan.memory.total, f"{plan.device} {sized(plan.room)}"
    lines = [
        say(
            f"  메모리  장치마다 {sized(total)} (한 번에 {plan.rows_per_piece}줄): 가중치 {sized(memory.weights)}, "
            f"기울기 {sized(memory.gradients)}, 최적화 상태 {sized(memory.optimizer)}, "
            f"중간값 {sized(memory.activations)}",
            f"  memory  {sized(total)} per device ({plan.rows_per_piece} rows at once): weights "
            f"{sized(memory.weights)}, gradients {sized(memory.gradients)}, optimizer {sized(memory.optimizer)}, "
            f"activations {sized(memory.activations)}",
        )
    ]
    if plan.pace.measured is not None:
        peak = sized(plan.pace.measured.peak_memory_bytes)
        own = sized(memory.steps)
        lines.append(
            say(
                f"          잰 값 {peak}, 걸음만의 예측 {own}",
                f"          measured {peak}; {own} foretold for the steps alone",
            )
        )
    if plan.fits:
        return [*lines, say(f"          들어갑니다: {room}", f"          fits: {room}")]
    return [
        *lines,
        say(f"          들어가지 않습니다: {room}. ", f"          does not fit: {room}. ") + _mend(plan),
    ]


def _mend(plan: Plan) -> str:
    if plan.largest_piece:
        return say(
            f"{josa(f'--rows-per-piece {plan.largest_piece}', '이면')} 들어갑니다.",
            f"It fits with --rows-per-piece {plan.largest_piece}.",
        )
    return say(
        "한 줄도 들어가지 않습니다: 장치마다 가중치를 다 갖습니다. 더 얕은 모델이나 메모리가 큰 장치를 쓰세요.",
        "Not even one row fits, since every device holds all weights: take a smaller depth or a larger device.",
    )


def _time(plan: Plan, seconds: float | None) -> str:
    if seconds is None:
        return say("시간 모름", "time unknown")
    cost = plan.cost(seconds)
    money = "" if cost is None else say(f", 비용 {cost:,.2f}", f", cost {cost:,.2f}")
    if seconds < 5400:
        return say(f"{seconds / 60:.1f}분", f"{seconds / 60:.1f} min") + money
    if seconds >= 48 * 3600:
        return roughly(seconds) + money
    return say(f"{seconds / 3600:.1f}시간", f"{seconds / 3600:.1f} h") + money

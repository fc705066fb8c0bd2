"""A run -> its scores.  [nako eval]"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json, write_json
from nakochat.core.machine import open_machine
from nakochat.core.messages import say
from nakochat.core.paths import RunReference, find_run
from nakochat.core.progress import speak, warn
from nakochat.data.corpus.documents import read_documents
from nakochat.data.prepare import stored_validation
from nakochat.data.sources.hub import data_folder
from nakochat.evals.battery import run_battery, summaries, write_suites
from nakochat.evals.benchmarks import Options, Outcome
from nakochat.evals.bits_per_byte import bits_per_byte
from nakochat.evals.harness import run_harness
from nakochat.evals.scorer import EngineScorer, Scorer
from nakochat.evals.suite import score, write_scores
from nakochat.inference.engine import Engine
from nakochat.inference.talk import load_engine
from nakochat.models.checkpoint import checkpoint_of
from nakochat.tasks.benchmark import Benchmark
from nakochat.tasks.catalogue import select

Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]


def main(
    run: str | None = None,
    *,
    suite: Names = (),
    data: Path | None = None,
    limit: int | None = None,
    samples: int = 1,
    temperature: float | None = None,
    unsafe: bool = False,
    lm_eval: Names = (),
    bpb: Path | None = None,
    device: str = "auto",
    dtype: str = "auto",
    json: Path | None = None,
) -> None:
    """Score a stage of a run on everything, and write its scores.json.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새 실행의 마지막 단계. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest run's latest stage.
    suite
        공개 시험: core, chat, korean, 또는 과제 이름들(kobest, mmlu, jamo …). 점수는 suites.json에 씁니다. |
        Public tests: core, chat, korean, or names of tasks (kobest, mmlu, jamo ...); written to suites.json.
    data
        자료가 든 폴더; 기본: 'nako data pull'로 받은 것. | The folder of the data; default: what was pulled.
    limit
        과제마다 이만큼만 묻습니다. | Only so many items of each task.
    samples
        프로그램을 몇 번씩 쓰게 합니까(pass@k). | How many programs are written for each item (pass@k).
    temperature
        프로그램을 쓸 때의 온도; 기본: 한 번이면 0, 여러 번이면 0.8. |
        Temperature of programs; default: 0 for one sample, 0.8 for more.
    unsafe
        모델이 쓴 코드를 가둘 수 없는 컴퓨터에서도 실행합니다. | Run a model's code even where nothing can hold it.
    lm_eval
        lm-evaluation-harness의 과제 이름들. | Names of lm-evaluation-harness tasks.
    bpb
        이 파일의 바이트당 비트만 잽니다. | Only measure bits per byte, on this file.
    device
        auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu.
    dtype
        auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    chosen = select(suite) if suite else []
    _check(limit=limit, samples=samples, temperature=temperature, data=data)
    reference = find_run(run)
    checkpoint = checkpoint_of(reference)
    machine = open_machine(device, dtype, "no")
    engine = load_engine(
        replace(reference, step=checkpoint.step), machine
    )  # training may save another meanwhile
    if bpb is not None:
        _bits(engine, bpb, json)
        return
    header = {
        "step": checkpoint.step,
        "checkpoint": checkpoint.hash,
        "dtype": str(machine.dtype).removeprefix("torch."),
    }
    if suite or lm_eval:
        scorer, chats = EngineScorer(engine), reference.stage != "base"
        heat = temperature if temperature is not None else 0.8 if samples > 1 else 0.0
        options = Options(limit=limit, samples=samples, temperature=heat, unsafe=unsafe, chats=chats)
        found = score_suites(scorer, chosen, data, options) if chosen else {}
        harness = run_harness(scorer, lm_eval, limit=limit, chats=chats) if lm_eval else {}
        _show_harness(harness)
        # what a limit left out would be missing without a word in a file that others read
        if chosen and reference.step is None and limit is None:
            write_suites(reference.folder, header, found)
        if json:
            extra = {"lm_eval": harness} if harness else {}
            write_json(json, {**header, "limit": limit, "scores": {**summaries(found), **found}, **extra})
        return
    scores = {**header, **score(engine, stored_validation(reference.folder.parent / "data"))}
    if reference.step is None:
        write_scores(reference.folder, scores)
    if json:
        write_json(json, scores)
    speak(say(f"{reference}의 점수", f"scores of {reference}"))
    for entry in scores["scores"].values():
        value = f"{100 * entry['value']:6.1f} %" if entry["unit"] == "accuracy" else f"{entry['value']:8.3f}"
        speak(f"  {value}  {say(entry['label']['ko'], entry['label']['en'])}")


def score_suites(
    scorer: Scorer, benchmarks: list[Benchmark], data: Path | None, options: Options
) -> dict[str, Any]:
    """Measure and show; the scorer is any model's."""

    def folder_of(source: str) -> Path | None:
        folder = data if data is not None else data_folder(source)
        return folder if folder.is_dir() else None

    def told(benchmark: Benchmark, outcome: Outcome | None, why: str) -> None:
        name = say(benchmark.label.ko, benchmark.label.en)
        if outcome is None:
            first = why.partition(". ")[0]
            warn(say(f"  건너뜁니다: {name} ({first})", f"  left out: {name} ({first})"))
        else:
            speak(_line(name, outcome.figures()))

    found = run_battery(scorer, benchmarks, folder_of, options, told=told)
    for entry in summaries(found).values():
        speak(f"  {entry['value']:8.4f}  {entry['label']['ko']}")
    return found


def _line(name: str, figures: dict[str, Any]) -> str:
    low, high = figures["interval"]
    chance = say(f"찍으면 {100 * figures['chance']:.0f}", f"chance {100 * figures['chance']:.0f}")
    items = say(f"{figures['items']:,}문항", f"{figures['items']:,} items")
    cut = figures.get("cut")
    lost = say(f", 앞이 잘린 문항 {cut}", f", {cut} lost their beginning") if cut else ""
    passes = "".join(f", pass@{k} {100 * value:.1f}" for k, value in figures.get("pass_at", {}).items())
    return (
        f"  {100 * figures['value']:6.1f} %  {name}  "
        f"({100 * low:.1f} – {100 * high:.1f}, {chance}, {items}{lost}{passes})"
    )


def _show_harness(found: dict[str, Any]) -> None:
    for task, figures in found.items():
        shown = ", ".join(f"{name} {value:.4f}" for name, value in figures.items() if "stderr" not in name)
        speak(f"  {task}: {shown}")


def _check(*, limit: int | None, samples: int, temperature: float | None, data: Path | None) -> None:
    if (limit is not None and limit < 1) or samples < 1 or (temperature is not None and temperature < 0):
        raise ConfigError(
            say(
                "--limit와 --samples는 1 이상, --temperature는 0 이상이어야 합니다.",
                "--limit and --samples must be 1 or more, --temperature 0 or more.",
            )
        )
    if samples > 1 and temperature == 0:
        raise ConfigError(
            say(
                "온도 0에서는 모든 답이 같습니다. --samples를 1로 하거나 --temperature를 올리세요.",
                "at temperature 0 all samples are the same. Give --samples 1, or a higher --temperature.",
            )
        )
    if data is not None and not data.is_dir():
        raise DataError(
            say(f"폴더가 없습니다: {data}. --data를 확인하세요.", f"no folder {data}. Check --data.")
        )


def _bits(engine: Engine, path: Path, json: Path | None) -> None:
    texts = list(read_documents([path]))
    found = bits_per_byte(
        engine.model, engine.tokenizer, texts, context=engine.context, device=engine.machine.device
    )
    speak(
        f"{found.bits_per_byte:.4f} bits/byte, {found.bits_per_character:.4f} bits/character ({found.bytes} bytes)"
    )
    if json:
        write_json(
            json, {"bits_per_byte": found.bits_per_byte, "bits_per_character": found.bits_per_character}
        )


def score_stage(reference: RunReference, *, device: str = "auto", dtype: str = "auto") -> None:
    """Score a finished stage, unless its scores are those of its last checkpoint."""
    checkpoint, path = checkpoint_of(reference), reference.folder / "scores.json"
    scored = read_json(path).get("checkpoint") if path.is_file() else None
    if checkpoint.is_last and scored != checkpoint.hash:
        main(str(reference), device=device, dtype=dtype)

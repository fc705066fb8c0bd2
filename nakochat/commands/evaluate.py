"""A run, or a model folder of Transformers -> its scores.  [nako eval]

Under torchrun every process asks its share of the items; the first one shows and writes.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json, write_json
from nakochat.core.machine import Machine, open_machine
from nakochat.core.messages import say
from nakochat.core.paths import RunReference, find_run
from nakochat.core.progress import speak, warn
from nakochat.data.prepare import stored_validation
from nakochat.data.sources.pulled import data_folder
from nakochat.evals.battery import run_battery, summaries, write_suites
from nakochat.evals.benchmarks import Options, Outcome
from nakochat.evals.harness import run_harness
from nakochat.evals.scorer import EngineScorer, Scorer
from nakochat.evals.suite import score, write_scores
from nakochat.evals.texts import SUITE, Texts, measure_texts, text_sets
from nakochat.inference.options import EngineOptions
from nakochat.inference.talk import load_engine
from nakochat.interop.hf_scorer import load_hf_scorer
from nakochat.models.bits import Quant
from nakochat.models.checkpoint import checkpoint_of
from nakochat.tasks.benchmark import Benchmark
from nakochat.tasks.catalogue import select

Names = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]
PEER = "hf:"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class EvalSettings:
    """nako eval"""

    suite: Names = ()
    """공개 시험: core, chat, korean, texts(갈래마다 바이트당 비트), 또는 과제 이름들(kobest, mmlu, jamo …). 점수는
    suites.json에 씁니다. |
    Public tests: core, chat, korean, texts (bits per byte by domain), or names of tasks (kobest, mmlu, jamo ...);
    written to suites.json."""
    data: Path | None = None
    """자료가 든 폴더; 기본: 'nako data pull'로 받은 것. | The folder of the data; default: what was pulled."""
    limit: int | None = None
    """과제마다 이만큼만 묻습니다. 점수에 모두 몇 문항인지도 적습니다. |
    Only so many items of each task; a score then says of how many."""
    samples: int = 1
    """프로그램이나 대답을 몇 번씩 쓰게 합니까(pass@k). | How many programs or answers to each item (pass@k)."""
    temperature: float | None = None
    """쓸 때의 온도; 기본: 한 번이면 0, 여러 번이면 0.8. |
    Temperature of what is written; default: 0 for one sample, 0.8 for more."""
    unsafe: bool = False
    """모델이 쓴 코드를 가둘 수 없는 컴퓨터에서도 실행합니다. | Run a model's code even where nothing can hold it."""
    lm_eval: Names = ()
    """lm-evaluation-harness의 과제 이름들. | Names of lm-evaluation-harness tasks."""
    shots: int | None = None
    """그 과제마다 앞에 보여 줄 보기의 수; 기본: 과제의 것. |
    Examples before each item of those; default: the task's own number."""
    bpb: Names = ()
    """이 파일들의 바이트당 비트: 파일 또는 갈래=파일. | Bits per byte of these files: FILE or DOMAIN=FILE."""
    held_out: bool = False
    """그 파일에서 학습이 떼어 두는 1 %만 잽니다. | Of those files, only the 1 % that training leaves out."""
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16."""
    quant: Quant | None = None
    """가중치를 bf16, int8, int4로 줄인 모델을 잽니다. 실행 폴더의 점수는 그대로 둡니다. |
    Measure the model with its weights in bf16, int8 or int4; the scores in the run's folder stay as they are."""
    json: OutFile | None = None
    """숫자를 이 파일에도 씁니다. | Write the figures here too."""


def main(run: str | None = None, *, settings: EvalSettings = EvalSettings()) -> None:
    """Score a stage of a run on everything, and write its scores.json.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새 실행의 마지막 단계. hf:폴더는 Transformers의 모델. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest run's latest stage. hf:FOLDER is a model of
        Transformers.
    """
    s = settings
    sets = text_sets(s.bpb, with_pinned=SUITE in s.suite, held_out=s.held_out)
    names = [name for name in s.suite if name != SUITE]
    chosen = select(names) if names else []
    _check(limit=s.limit, samples=s.samples, temperature=s.temperature, data=s.data)
    heat = s.temperature if s.temperature is not None else 0.8 if s.samples > 1 else 0.0
    options = Options(limit=s.limit, samples=s.samples, temperature=heat, unsafe=s.unsafe)
    asked = bool(chosen or sets or s.lm_eval)
    subject = _subject(run, asked, s.quant)
    machine = open_machine(s.device, s.dtype, "no")
    try:
        if not asked:
            _score_run(subject, machine, s.json, s.limit, keeps=subject.keeps and s.limit is None)
            return
        scorer, chats = _scorer_of(subject, machine)
        options = replace(options, chats=chats)
        found = score_suites(scorer, chosen, s.data, options, machine) if chosen else {}
        found |= score_texts(scorer, sets, machine) if sets else {}
        harness = (
            run_harness(scorer, s.lm_eval, limit=s.limit, shots=s.shots, chats=chats) if s.lm_eval else {}
        )
        if not machine.is_first:
            return
        _show_harness(harness)
        _keep(subject, machine, found, harness, s.json)
    finally:
        machine.close()


_OF_TEXT = ("bits_per_byte", "bits_per_character", "perplexity", "token_accuracy", "tokens", "bytes")


@dataclass(frozen=True)
class _Subject:
    """What is scored: a run, or a model folder of others."""

    run: RunReference | None
    folder: Path | None
    header: dict[str, Any]
    quant: Quant | None = None

    @property
    def keeps(self) -> bool:
        """Whether its scores are those of a stage: of its newest checkpoint, in whole weights."""
        return self.run is not None and self.run.step is None and self.quant is None


def _subject(named: str | None, asked: bool, quant: Quant | None) -> _Subject:
    if named is not None and named.startswith(PEER):
        if not asked:
            raise ConfigError(
                say(
                    "hf:로 부른 모델에는 --suite나 --bpb, --lm-eval을 주세요. 마을의 과제는 우리 모델만 풉니다.",
                    "a model named by hf: needs --suite, --bpb or --lm-eval. The village's tasks are for ours.",
                )
            )
        if quant is not None:
            raise ConfigError(
                say("--quant는 우리 모델에만 씁니다.", "--quant is for models of a run, not of hf:.")
            )
        folder = Path(named.removeprefix(PEER)).expanduser()
        return _Subject(None, folder, {"model": folder.resolve().name})
    reference = find_run(named)
    checkpoint = checkpoint_of(reference)
    header = {"step": checkpoint.step, "checkpoint": checkpoint.hash}
    return _Subject(reference, None, header | ({"quant": quant} if quant else {}), quant)


def _scorer_of(subject: _Subject, machine: Machine) -> tuple[Scorer, bool]:
    """And whether it answers conversations."""
    if subject.folder is not None:
        scorer = load_hf_scorer(subject.folder, machine)
        return scorer, scorer.chats
    assert subject.run is not None
    # training may save another checkpoint meanwhile
    engine = load_engine(
        replace(subject.run, step=subject.header["step"]), machine, EngineOptions(quant=subject.quant)
    )
    return EngineScorer(engine), subject.run.stage != "base"


def _keep(
    subject: _Subject,
    machine: Machine,
    found: dict[str, Any],
    harness: dict[str, Any],
    json: Path | None,
) -> None:
    header = {**subject.header, "dtype": str(machine.dtype).removeprefix("torch.")}
    if found and subject.run is not None and subject.keeps:
        write_suites(subject.run.folder, header, found)
    if json:
        extra = {"lm_eval": harness} if harness else {}
        alone = next(iter(found.values())) if len(found) == 1 else {}
        # of one text alone, its figures stand where a program looks for them first
        figures = {name: alone[name] for name in _OF_TEXT if name in alone}
        scores = {**summaries(found), **found}
        write_json(json, {**header, **figures, "scores": scores, **extra})


def _score_run(
    subject: _Subject, machine: Machine, json: Path | None, limit: int | None, *, keeps: bool
) -> None:
    """The village's tasks, by which the stages of a run are compared; keeps: in the run's folder, too."""
    reference = subject.run
    assert reference is not None
    engine = load_engine(
        replace(reference, step=subject.header["step"]), machine, EngineOptions(quant=subject.quant)
    )
    found = score(engine, stored_validation(reference.folder.parent / "data"), items=limit)
    if not machine.is_first:
        return
    header = {**subject.header, "dtype": str(machine.dtype).removeprefix("torch."), "limit": limit}
    scores = {**header, **found}
    if keeps:
        write_scores(reference.folder, scores)
    if json:
        write_json(json, scores)
    speak(say(f"{reference}의 점수", f"scores of {reference}"))
    for entry in scores["scores"].values():
        value = f"{100 * entry['value']:6.1f} %" if entry["unit"] == "accuracy" else f"{entry['value']:8.3f}"
        speak(f"  {value}  {say(entry['label']['ko'], entry['label']['en'])}")


def score_suites(
    scorer: Scorer, benchmarks: list[Benchmark], data: Path | None, options: Options, machine: Machine
) -> dict[str, Any]:
    """Measure and show; the scorer is any model's."""

    def folder_of(source: str) -> Path | None:
        folder = data if data is not None else data_folder(source)
        return folder if folder.is_dir() else None

    def told(benchmark: Benchmark, outcome: Outcome | None, why: str) -> None:
        if not machine.is_first:
            return
        name = say(benchmark.label.ko, benchmark.label.en)
        if outcome is None:
            first = why.partition(". ")[0]
            warn(say(f"  건너뜁니다: {name} ({first})", f"  left out: {name} ({first})"))
        else:
            speak(_line(name, outcome.figures()))

    found = run_battery(scorer, benchmarks, folder_of, options, told=told, machine=machine)
    for entry in summaries(found).values() if machine.is_first else ():
        speak(f"  {entry['value']:8.4f}  {entry['label']['ko']}")
    return found


def score_texts(scorer: Scorer, sets: list[Texts], machine: Machine) -> dict[str, Any]:
    """Measure and show, a line for each domain."""
    found = measure_texts(scorer, sets, machine=machine)
    for entry in found.values() if machine.is_first else ():
        bits, each = f"{entry['bits_per_byte']:.4f}", f"{entry['bits_per_character']:.4f}"
        confused, right = f"{entry['perplexity']:.2f}", f"{100 * entry['token_accuracy']:.1f} %"
        size, digest = f"{entry['bytes']:,}", entry["sha256"][:12]
        speak(
            say(
                f"  {entry['label']['ko']}: 바이트당 {bits}비트, 글자당 {each}비트, 혼란도 {confused}, "
                f"맞힌 토큰 {right} ({size}바이트, sha256 {digest})",
                f"  {entry['label']['en']}: {bits} bits per byte, {each} per character, perplexity {confused}, "
                f"tokens right {right} ({size} bytes, sha256 {digest})",
            )
        )
    return found


def _line(name: str, figures: dict[str, Any]) -> str:
    low, high = figures["interval"]
    chance = say(f"찍으면 {100 * figures['chance']:.0f}", f"chance {100 * figures['chance']:.0f}")
    count = f"{figures['items']:,}" + (f"/{figures['of']:,}" if "of" in figures else "")
    items = say(f"{count}문항", f"{count} items")
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


def score_stage(
    reference: RunReference, *, device: str = "auto", dtype: str = "auto", items: int | None = None
) -> None:
    """Score a finished stage, unless its scores are those of its last checkpoint.  items: the most of each task."""
    checkpoint, path = checkpoint_of(reference), reference.folder / "scores.json"
    scored = read_json(path).get("checkpoint") if path.is_file() else None
    if not checkpoint.is_last or scored == checkpoint.hash:
        return
    machine = open_machine(device, dtype, "no")
    try:
        _score_run(_subject(str(reference), False, None), machine, None, items, keeps=True)
    finally:
        machine.close()

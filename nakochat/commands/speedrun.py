"""A preset -> a chatbot: tokenizer, base, mid, sft, rl, each scored, and the report card.  [nako speedrun]

Running it again redoes nothing: finished stages are skipped, an interrupted one goes on where it stopped.
"""

import dataclasses
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from nakochat.commands import evaluate, report, talk, tok
from nakochat.commands.presets import load_preset
from nakochat.core.messages import say
from nakochat.core.paths import RunReference
from nakochat.core.progress import speak
from nakochat.training import base, mid, rl, sft
from nakochat.training.settings import (
    BaseSettings,
    MidSettings,
    RlSettings,
    RunSettings,
    SftSettings,
    TokenizerSettings,
)

STAGES: dict[str, tuple[type[Any], Any]] = {
    "base": (BaseSettings, base.main),
    "mid": (MidSettings, mid.main),
    "sft": (SftSettings, sft.main),
    "rl": (RlSettings, rl.main),
}


def main(
    *,
    preset: str = "tiny",
    name: str | None = None,
    corpus: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = (),
    column: str | None = None,
    encoding: str = "utf-8",
    seed: int = 0,
    skip: tuple[Literal["mid", "rl"], ...] = (),
    device: str = "auto",
    dtype: str = "auto",
    compile: str = "auto",
    serve: bool = False,
    port: int = 8000,
) -> None:
    """Train every stage of a preset, score each, and write the report card.

    Parameters
    ----------
    preset
        tiny (2코어에서 십여 분), toy, d12, … | tiny (10 minutes on two cores), toy, d12, …
    name
        실행의 이름; 기본: 프리셋의 이름. | The run's name; default: the preset's.
    corpus
        토크나이저, base, mid에 쓸 글 (파일이나 폴더); 기본: 마을. |
        Texts of one's own for tokenizer, base and mid (files or folders); default: the village.
    column
        글이 든 열의 이름. | The column of the corpus that holds the text.
    encoding
        글 파일의 인코딩 (예: cp949). | Encoding of the corpus, such as cp949.
    seed
        씨앗이 같으면 실행도 같습니다. | The same seed gives the same run.
    skip
        건너뛸 단계. | A stage to leave out.
    device
        auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu.
    dtype
        auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16.
    compile
        auto, yes, no: torch.compile을 쓸지. | auto, yes or no: torch.compile.
    serve
        다 끝나면 대화 페이지를 엽니다. | Open the chat page at the end.
    port
        대화 페이지의 포트. | Port of the chat page.
    """
    started = time.perf_counter()
    values = load_preset(preset)
    common: dict[str, Any] = {"preset": preset, "name": name or preset, "seed": seed}
    machine = {"device": device, "dtype": dtype, "compile": compile}
    texts = {"corpus": corpus, "column": column, "encoding": encoding}
    tok.train(_settings(TokenizerSettings, values.get("tokenizer", {}), common, texts))
    for stage, (kind, train) in STAGES.items():
        if stage in skip:
            continue
        settings = _settings(kind, values.get(stage, {}), common, machine, texts)
        if stage != "base" and "mid" in skip and stage == "sft":
            settings = dataclasses.replace(settings, from_=f"{common['name']}/base")
        _announce(stage)
        train(settings)
        evaluate.score_stage(RunReference(common["name"], stage, None), device=device, dtype=dtype)
    report.main(common["name"])
    _farewell(common["name"], time.perf_counter() - started)
    if serve:
        talk.serve(common["name"], port=port, settings=talk.TalkSettings(device=device, dtype=dtype))


def _settings(kind: type[RunSettings], *sources: dict[str, Any]) -> Any:
    """A settings object from the values that it knows, later sources over earlier ones."""
    known = {field.name for field in dataclasses.fields(kind)}
    merged = {name: value for source in sources for name, value in source.items() if name in known}
    return kind(**merged)


def _announce(stage: str) -> None:
    titles = {
        "base": say("base: 글로 배웁니다", "base: learning from texts"),
        "mid": say("mid: 글과 대화를 섞어 배웁니다", "mid: texts and conversations mixed"),
        "sft": say("sft: 대답하는 법을 배웁니다", "sft: learning to answer"),
        "rl": say("rl: 스스로 쓴 답의 보상으로 배웁니다", "rl: learning from the rewards of its own answers"),
    }
    speak(f"\n== {titles[stage]}")


def _farewell(name: str, seconds: float) -> None:
    minutes = seconds / 60
    # speedrun.sh does not touch PATH, and `python -m nakochat` leaves a __main__.py in argv
    here = [sys.argv[0]] if Path(sys.argv[0]).name == "nako" else [sys.executable, "-m", "nakochat"]
    nako = "nako" if shutil.which("nako") else shlex.join(here)
    speak(
        say(
            f"\n{minutes:.1f}분 걸렸습니다. 이제 대화해 보세요:\n    {nako} chat {name}\n    {nako} serve {name}",
            f"\nDone in {minutes:.1f} minutes. Talk to it:\n    {nako} chat {name}\n    {nako} serve {name}",
        )
    )

"""Budgets of FLOPs, a few depths -> a ladder of small runs, a law of the loss, what a budget buys.  [nako scaling]

Every rung is an ordinary run (base only): finished ones are skipped, an interrupted one goes on, `nako report` reads
them.  The law is kept in law.json of NAKO_HOME, and later runs are held against it.
"""

import dataclasses
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from cyclopts import Parameter

from nakochat.commands import tok
from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import is_whole, read_json, write_json, write_text
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.paths import run_folder
from nakochat.core.progress import padded, speak
from nakochat.core.run import PLAN
from nakochat.data.held_out import hash_of_texts
from nakochat.data.prepare import stored_validation
from nakochat.models.sizing import Recipe, config_of_depth, count, recipe_of_tokens
from nakochat.reporting.ladder import draw_ladder
from nakochat.text.tokenizer import Tokenizer
from nakochat.training import base
from nakochat.training.law import Law, Point, buy, fit_law, save_law
from nakochat.training.loss_watch import read_curve
from nakochat.training.settings import BaseSettings
from nakochat.training.tokenizer_settings import TokenizerSettings

_LEAST_STEPS = 150


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ScalingSettings:
    """nako scaling"""

    budgets: Annotated[tuple[float, ...], Parameter(consume_multiple=True)] = (4e12, 1e13, 2.5e13)
    """실행 하나에 쓸 FLOPs; 기본값은 2코어에서 10분쯤. |
    FLOPs of one run; the defaults take 10 minutes on two cores."""
    depths: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (2, 3, 4)
    """예산마다 학습할 깊이들. | Depths that are trained on each budget."""
    buys: Annotated[tuple[float, ...], Parameter(consume_multiple=True)] = ()
    """법칙에 물어볼 예산들; 기본: 가장 큰 예산의 1, 10, 100배. |
    Budgets to ask the law about; default: 1, 10 and 100 times the largest."""
    name: str = "scaling"
    """실행들의 이름의 앞부분. | How the names of the runs begin."""
    corpus: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = ()
    """글 (파일이나 폴더); 기본: 마을. | Texts (files or folders); default: the village."""
    column: str | None = None
    """글이 든 열의 이름. | The column of the corpus that holds the text."""
    encoding: str = "utf-8"
    """글 파일의 인코딩. | Encoding of the corpus."""
    vocab_size: int = 3072
    """어휘의 토큰 수. | Tokens of the vocabulary."""
    context: int = 256
    """모델이 한 번에 보는 토큰 수. | Tokens that the models see at once."""
    rows_per_piece: int | None = None
    """한 번에 계산할 줄 수. | Rows of one forward pass."""
    seed: int = 0
    """씨앗이 같으면 실행도 같습니다. | The same seed gives the same runs."""
    device: str = "auto"
    """auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu."""
    dtype: str = "auto"
    """auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16."""
    compile: str = "auto"
    """auto, yes, no: torch.compile을 쓸지. | auto, yes or no: torch.compile."""
    json: OutFile | None = None
    """점과 법칙을 이 파일에도 씁니다. | Write points and law here too."""


def main(settings: ScalingSettings = ScalingSettings()) -> None:
    """Train a ladder of small models, fit the law of their loss, and say what a budget buys."""
    s = settings
    _require(s.budgets, s.depths, s.buys)
    ladder = [(budget, depth) for budget in sorted(set(s.budgets)) for depth in sorted(set(s.depths))]
    for budget, depth in ladder:  # before the tokenizer is trained
        _recipe(depth, budget, s.context, s.vocab_size)
    common: dict[str, Any] = {"corpus": s.corpus, "column": s.column, "encoding": s.encoding, "seed": s.seed}
    tok.train(
        TokenizerSettings(preset="tiny", name=s.name, vocab_size=s.vocab_size, conversations=0.0, **common)
    )
    options = {
        **common,
        "device": s.device,
        "dtype": s.dtype,
        "compile": s.compile,
        "rows_per_piece": s.rows_per_piece,
    }
    # all, before any trains
    rungs = [_rung(s.name, depth, budget, s.context, options) for budget, depth in ladder]
    points = []
    for (budget, _), rung in zip(ladder, rungs, strict=True):
        speak(f"\n== {rung.run_name}: {budget:.2g} FLOPs, {rung.steps:,} {say('걸음', 'steps')}")
        points.append(_train(rung, s.name))
    text = _text_of(rungs[0])
    size = Tokenizer.load(run_folder(s.name) / "tokenizer").vocab_size
    law = fit_law(points, text=text, vocab_size=size, context=s.context)
    asked = s.buys or tuple(max(s.budgets) * times for times in (1, 10, 100))
    _leave(s.name, law, points, sorted(set(s.budgets)), asked, s.json)


def _require(budgets: tuple[float, ...], depths: tuple[int, ...], buys: tuple[float, ...]) -> None:
    if not budgets or not depths:
        flag = "--depths" if budgets else "--budgets"
        raise ConfigError(say(f"{josa(flag, '이')} 비었습니다.", f"{flag} is empty."))
    for flag, values in (("--budgets", budgets), ("--buys", buys), ("--depths", depths)):
        for value in values:
            if not 1 <= value < math.inf:
                raise ConfigError(
                    say(
                        f"{josa(flag, '은')} 1 이상이어야 합니다: {value}.",
                        f"{flag} must be 1 or more: {value}.",
                    )
                )


def _recipe(depth: int, budget: float, context: int, vocab_size: int) -> Recipe:
    """ConfigError for a budget of fewer than ten steps."""
    config = config_of_depth(depth, vocab_size=vocab_size, context=context)
    found = recipe_of_tokens(config, budget / count(config).flops_per_token, least_steps=_LEAST_STEPS)
    if found.steps < 10:
        raise ConfigError(
            say(
                f"{budget:.2g} FLOPs는 깊이 {depth}에 너무 적습니다: {found.steps}걸음뿐입니다. --budgets를 늘리거나 "
                "--depths를 줄이세요.",
                f"{budget:.2g} FLOPs are too few for depth {depth}: {found.steps} steps. Give larger --budgets or "
                "smaller --depths.",
            )
        )
    return found


def _rung(name: str, depth: int, budget: float, context: int, options: dict[str, Any]) -> BaseSettings:
    """The settings of one run."""
    size = Tokenizer.load(run_folder(name) / "tokenizer").vocab_size
    found = _recipe(depth, budget, context, size)
    return BaseSettings(
        preset="tiny",
        name=f"{name}-{budget:g}-d{depth}".replace("+", ""),
        depth=depth,
        context=context,
        rotary_base=1e4 if context <= 512 else 1e5,
        steps=found.steps,
        rows=found.rows,
        text_share=1.0,
        matrix_rate=found.matrix_rate,
        weight_decay=found.weight_decay,
        warmup=found.warmup,
        save_every=max(100, found.steps // 4),
        check_every=found.steps,
        log_every=max(1, found.steps // 4),
        **options,
    )


def _train(settings: BaseSettings, name: str) -> Point:
    """One rung, trained or found finished."""
    folder = run_folder(settings.run_name)
    if not is_whole(folder / "tokenizer"):
        _copy_tokenizer(run_folder(name) / "tokenizer", folder / "tokenizer")
    torch.compiler.reset()  # a process compiles a function for so many shapes, and then no more
    base.main(settings)
    curve, actual = read_curve(folder / "base"), read_json(folder / "base" / PLAN)["actual"]
    if curve.bits_per_byte is None:
        raise DataError(
            say(
                f"{settings.run_name}에 떼어 둔 글의 점수가 없습니다: 글이 너무 적습니다. --corpus에 글을 더 주세요.",
                f"{settings.run_name} was measured on no held-out text: there is too little. Give more in --corpus.",
            )
        )
    config = config_of_depth(
        settings.depth,
        vocab_size=Tokenizer.load(folder / "tokenizer").vocab_size,
        context=settings.context,
    )
    return Point(
        run=settings.run_name,
        depth=settings.depth,
        parameters=count(config).scaling,
        tokens=int(actual["tokens"]),
        flops=float(actual["flops"]),
        loss=curve.bits_per_byte,
    )


def _copy_tokenizer(source: Path, target: Path) -> None:
    """A whole folder, or none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copytree(source, beside)
    shutil.rmtree(target, ignore_errors=True)
    beside.replace(target)


def _text_of(settings: BaseSettings) -> str:
    return hash_of_texts(stored_validation(run_folder(settings.run_name) / "data"))


def _leave(
    name: str,
    law: Law,
    points: list[Point],
    budgets: list[float],
    asked: tuple[float, ...],
    json: Path | None,
) -> None:
    """Write the law, its drawing and its figures; say them."""
    bought = {budget: buy(law, budget) for budget in asked}
    content = {
        "law": dataclasses.asdict(law),
        "points": [dataclasses.asdict(point) for point in points],
        "buys": {f"{budget:g}": dataclasses.asdict(purchase) for budget, purchase in bought.items()},
    }
    drawing = run_folder(name) / "scaling.svg"
    write_text(drawing, draw_ladder(points, law, budgets))
    write_json(run_folder(name) / "scaling.json", content)
    if json:
        write_json(json, content)
    saved = save_law(law, points)
    for point in points:
        speak(
            f"  {padded(point.run, 24)} {point.parameters / 1e6:7.2f}M  {point.tokens / 1e6:8.2f}M  {point.loss:.4f}"
        )
    speak(
        say(
            f"바이트당 비트 = {law.floor:.3f} + {law.a:.3g} / N^{law.alpha:.3f} + {law.b:.3g} / D^{law.beta:.3f} "
            f"(점 {law.points}개, 어긋남 {100 * law.spread:.1f} %)",
            f"bits per byte = {law.floor:.3f} + {law.a:.3g} / N^{law.alpha:.3f} + {law.b:.3g} / D^{law.beta:.3f} "
            f"({law.points} points, off by {100 * law.spread:.1f} %)",
        )
    )
    for budget, purchase in bought.items():
        beyond = budget > 10 * max(budgets)
        far = say(" (잰 범위에서 멉니다)", " (far beyond what was measured)") if beyond else ""
        speak(
            say(
                f"  {budget:.2g} FLOPs로는 깊이 {purchase.depth}, 토큰 {purchase.tokens / 1e6:,.1f}M: "
                f"바이트당 {purchase.loss:.3f}비트{far}",
                f"  {budget:.2g} FLOPs buy depth {purchase.depth}, {purchase.tokens / 1e6:,.1f}M tokens: "
                f"{purchase.loss:.3f} bits per byte{far}",
            )
        )
    speak(say(f"법칙: {saved}\n그림: {drawing}", f"law: {saved}\ndrawing: {drawing}"))

"""The rows of a stage, earlier runs, a fitted law -> "is this loss normal?", in sentences.

A curve is looked at in windows (means of neighbouring steps), since single steps are noise.  It is compared with
itself, with earlier runs of the same shape on the same data, and with the law of `nako scaling` where both were
measured on the same text.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from nakochat.core.files import read_json, write_json
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.paths import list_runs
from nakochat.core.progress import speak
from nakochat.core.rows import read_row
from nakochat.core.run import PLAN, read_metrics
from nakochat.core.tail import Tail
from nakochat.training.law import Law

WATCHED = "loss_watch.json"
_WINDOWS = 20
_LATE = 10_000  # steps that say enough of how noisy the last half is
_LEAST_STEPS = 20  # of a curve that says anything
_REWARMED = 150  # steps after which weights that were trained before have found back to where they were
_CHANCE = 5  # deviations by which the mean of some windows may be off: many are looked at, again and again
TOLERANCE = 0.03  # what two runs that differ in their seed alone stay within (docs/log.md has 1 to 2 %)
# times the median of the steps before it, and at least six of their deviations: batches of answers are noisy
_SPIKE = 1.25
# settings that say what is learned from; the shape is in plan.json
_DATA = ("corpus", "column", "data", "text_share", "answers_only", "assistant_name", "rows")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    normal: bool
    ko: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Losses of one stage by step, from the first on, and the last bits per byte of held-out text."""

    losses: tuple[float, ...]
    bits_per_byte: float | None = None
    finished: bool = False

    @property
    def windows(self) -> list[float]:
        """Means of up to twenty stretches of equal length."""
        size = max(1, len(self.losses) // _WINDOWS)
        return [fmean(self.losses[at : at + size]) for at in range(0, len(self.losses) - size + 1, size)]

    @property
    def noise(self) -> float:
        """How far a window's mean is off by chance: from the differences of neighbouring steps of its last half."""
        late = self.losses[max(len(self.losses) // 2, len(self.losses) - _LATE) :]
        steps = [abs(after - before) for before, after in itertools.pairwise(late)]
        size = max(1, len(self.losses) // _WINDOWS)
        return median(steps) / math.sqrt(size) if steps else 0.0


class CurveRows:
    """The rows of a log, one after the other -> the curve so far; of a step that was done twice, the later row."""

    def __init__(self) -> None:
        self._losses: dict[int, float] = {}
        self._checked: float | None = None
        self._finished = False

    def take(self, row: Mapping[str, Any]) -> int | None:
        """The step whose loss it told, if it told one."""
        kind, loss = row.get("kind"), row.get("loss")
        if kind == "step" and isinstance(loss, int | float) and math.isfinite(loss):
            self._losses[int(row["step"])] = float(loss)
            self._finished = False
            return int(row["step"])
        if kind == "check" and "validation_bits_per_byte" in row:
            self._checked = float(row["validation_bits_per_byte"])
        elif kind == "end":
            self._finished = True
        return None

    @property
    def curve(self) -> Curve:
        ordered = tuple(self._losses[step] for step in sorted(self._losses))
        return Curve(losses=ordered, bits_per_byte=self._checked, finished=self._finished)


def read_curve(folder: Path) -> Curve:
    """Of a stage folder."""
    rows = CurveRows()
    for row in read_metrics(folder):
        rows.take(row)
    return rows.curve


def look_at_itself(
    curve: Curve, *, fresh_vocabulary: int | None, spikes: Sequence[int] | None = None
) -> list[Finding]:
    """What a curve says by itself.  fresh_vocabulary: rows of the head, if training began from random weights;
    spikes: indices into the losses (`_spikes`), if they are already known."""
    if len(curve.losses) < _LEAST_STEPS:
        return []
    found = [_start(curve, fresh_vocabulary)] if fresh_vocabulary else []
    windows = curve.windows
    found += _risen(curve, is_fresh=bool(fresh_vocabulary))
    if fresh_vocabulary and windows[-1] > 0.98 * windows[0]:
        found.append(
            Finding(
                normal=False,
                ko=f"손실이 거의 내려가지 않았습니다 ({windows[0]:.3f} → {windows[-1]:.3f}). "
                "학습률이 너무 낮은지 보세요.",
                en=f"the loss hardly fell ({windows[0]:.3f} → {windows[-1]:.3f}). See whether the rates are too low.",
            )
        )
    spikes = _spikes(curve.losses) if spikes is None else spikes
    if len(spikes) > max(1, len(curve.losses) // 200):
        first = spikes[0]  # of losses: step 1 is the first
        found.append(
            Finding(
                normal=False,
                ko=f"손실이 {len(spikes)}번 튀었습니다 (처음은 {first + 1}걸음, {curve.losses[first]:.3f}). 그 즈음의 "
                "자료를 확인하거나 학습률을 낮춰 보세요.",
                en=f"the loss jumped {len(spikes)} times (first at step {first + 1}, {curve.losses[first]:.3f}). Look "
                "at the data around there, or try lower rates.",
            )
        )
    if all(finding.normal for finding in found):
        fell = windows[-1] <= windows[0]
        found.append(
            Finding(
                normal=True,
                ko=f"손실이 {windows[0]:.3f}에서 "
                + (
                    f"{windows[-1]:.3f}까지 고르게 내려왔습니다."
                    if fell
                    else f"시작해 {windows[-1]:.3f}입니다."
                ),
                en=f"the loss {'came down evenly' if fell else 'went'} from {windows[0]:.3f} to {windows[-1]:.3f}.",
            )
        )
    return found


def _risen(curve: Curve, *, is_fresh: bool) -> list[Finding]:
    """Whether the loss stands above where it was before.

    Levels are means over a fifth of the curve: the lowest of twenty windows is low by chance.  Trained weights begin
    with a rise, for their rates were low at the end of the stage before: what counts begins behind it.
    """
    if not is_fresh and len(curve.losses) < _REWARMED:
        return []
    windows = curve.windows
    wide = max(1, len(windows) // 5)
    levels = [fmean(windows[at : at + wide]) for at in range(len(windows) - wide + 1)]
    early = levels[: len(levels) // 2]
    since = 0 if is_fresh else early.index(max(early))
    lowest, last = min(levels[since:]), levels[-1]
    if last - lowest <= TOLERANCE * abs(lowest) + _CHANCE * curve.noise / math.sqrt(wide):
        return []
    step = (levels.index(lowest, since) + wide // 2) * max(1, len(curve.losses) // _WINDOWS)
    return [
        Finding(
            normal=False,
            ko=f"손실이 {step}걸음쯤 {lowest:.3f}까지 내려갔다가 {josa(f'{last:.3f}', '으로')} 다시 올랐습니다. "
            "학습률이 높거나 (--rate-scale을 낮춰 보세요) 뒤쪽 자료가 앞과 다릅니다.",
            en=f"the loss fell to {lowest:.3f} about step {step} and rose again to {last:.3f}. The "
            "rates are too high (try a lower --rate-scale), or later data differs from earlier.",
        )
    ]


def _start(curve: Curve, vocabulary: int) -> Finding:
    """Random weights guess evenly: the first loss is the logarithm of the vocabulary."""
    even, first = math.log(vocabulary), curve.losses[0]
    return Finding(
        normal=abs(first - even) < 0.05 * even,
        ko=f"첫 손실 {first:.3f}: 아무것도 모를 때의 값은 ln({vocabulary:,}) = {even:.3f}입니다.",
        en=f"the first loss is {first:.3f}: knowing nothing gives ln({vocabulary:,}) = {even:.3f}.",
    )


def _spikes(losses: Sequence[float], since: int = 0) -> list[int]:
    """Indices, from `since` on, of losses far above the twenty before them."""
    found = []
    for at in range(max(20, since), len(losses)):
        before = losses[at - 20 : at]
        middle = median(before)
        deviation = 1.4826 * median(abs(loss - middle) for loss in before)
        if losses[at] > max(_SPIKE * middle, middle + 6 * deviation) > 0:
            found.append(at)
    return found


def compare_with_runs(curve: Curve, earlier: Iterable[Curve]) -> Finding | None:
    """The end of a curve beside the ends of earlier ones; None where there are none."""
    ends = [other.windows[-1] for other in earlier if len(other.losses) >= _LEAST_STEPS]
    if not ends or len(curve.losses) < _LEAST_STEPS:
        return None
    own, usual = curve.windows[-1], fmean(ends)
    room = max(TOLERANCE * abs(usual), 3 * stdev(ends) if len(ends) > 2 else 0.0) + 3 * curve.noise
    percent = 100 * (own / usual - 1) if usual else 0.0
    normal = own - usual <= room and usual - own <= 2 * room
    return Finding(
        normal=normal,
        ko=f"같은 모양의 앞선 실행 {len(ends)}개는 {usual:.3f}에서 끝났고 이 실행은 {own:.3f}입니다 ({percent:+.1f} %)."
        + ("" if normal else " 차이가 큽니다: 씨앗 말고 무엇이 다른지 config.json을 견주어 보세요."),
        en=f"{len(ends)} earlier run(s) of this shape ended at {usual:.3f}, this one at {own:.3f} ({percent:+.1f} %)."
        + ("" if normal else " That is much: compare their config.json for what differs beside the seed."),
    )


def compare_with_law(
    curve: Curve, law: Law | None, *, parameters: int, tokens: int, text: str
) -> Finding | None:
    """Bits per byte beside the law's; None where there is no law, or it was measured on other text."""
    if law is None or law.text != text or curve.bits_per_byte is None:
        return None
    wanted = law.loss(parameters, tokens)
    percent = 100 * (curve.bits_per_byte / wanted - 1)
    normal = abs(percent) <= 100 * max(TOLERANCE, 3 * law.spread)
    return Finding(
        normal=normal,
        ko=f"'nako scaling'의 법칙은 바이트당 {wanted:.3f}비트를 예측했고 나온 것은 {curve.bits_per_byte:.3f}입니다 "
        f"({percent:+.1f} %)." + ("" if normal else " 법칙에서 벗어났습니다: 학습률이나 자료를 보세요."),
        en=f"the law of 'nako scaling' predicted {wanted:.3f} bits per byte; it is {curve.bits_per_byte:.3f} "
        f"({percent:+.1f} %)." + ("" if normal else " That is off the law: look at the rates or the data."),
    )


def earlier_curves(folder: Path) -> list[Curve]:
    """Finished stages of other runs with the same shape, tokenizer and data."""
    own = identity_of(folder)
    if own is None:
        return []
    others = [run / folder.name for run in list_runs() if run.name != folder.parent.name]
    curves = [read_curve(other) for other in others if identity_of(other) == own]
    return [curve for curve in curves if curve.finished]


def identity_of(folder: Path) -> dict[str, Any] | None:
    """What must agree for two curves to be comparable; None where a stage does not say."""
    try:
        plan = read_json(folder / PLAN)["predicted"]
        config = read_json(folder / "config.json")
        tokenizer = _tokenizer_of(folder.parent)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    shape = {name: plan.get(name) for name in ("parameters", "flops_per_token", "steps", "tokens")}
    return {**shape, "tokenizer": tokenizer, **{name: config.get(name) for name in _DATA}}


def _tokenizer_of(run: Path) -> dict[str, Any]:
    """What a tokenizer was made with, but for the seed; of one that came from elsewhere, its files."""
    record = run / "tokenizer.json"
    settings = read_json(record).get("settings") if record.is_file() else None
    if not isinstance(settings, dict):
        return dict(read_json(run / "tokenizer" / "manifest.json")["files"])
    return {name: value for name, value in settings.items() if name != "seed"}


def write_findings(folder: Path, findings: Sequence[Finding]) -> None:
    """The verdict, for the report."""
    content = {
        "normal": all(finding.normal for finding in findings),
        "findings": [dataclasses.asdict(finding) for finding in findings],
    }
    write_json(folder / WATCHED, content)


def say_findings(title: str, findings: Sequence[Finding]) -> None:
    """The verdict in the terminal: one line when all is normal, else what looks off."""
    if not findings:
        return
    off = [finding for finding in findings if not finding.normal]
    if not off:
        last = findings[-1]
        speak(say(f"{title}: 손실이 정상입니다. {last.ko}", f"{title}: the loss is normal: {last.en}"))
    for finding in off:
        speak(say(f"{title}: 살펴보세요. {finding.ko}", f"{title}: look at this: {finding.en}"))


class LossWatch:
    """`measure` is a check of the loop: it speaks when a curve on its way looks off, and then no more.

    Of the log it reads what is new, and of the losses it looks for spikes among those: a long training is not gone
    over again at every check.
    """

    def __init__(self, folder: Path, fresh_vocabulary: int | None) -> None:
        self.folder, self.fresh_vocabulary, self.said = folder, fresh_vocabulary, False
        self._tail = Tail(folder / "metrics.jsonl")
        self._forget()

    def _forget(self) -> None:
        self._rows = CurveRows()
        self._spikes: list[int] = []
        self._judged = 0  # losses among which spikes were looked for

    def measure(self, model: object, step: int) -> dict[str, float]:
        if not self.said:
            curve = self._read()
            self._spikes += _spikes(curve.losses, self._judged)
            self._judged = len(curve.losses)
            found = look_at_itself(curve, fresh_vocabulary=self.fresh_vocabulary, spikes=self._spikes)
            off = [finding for finding in found if not finding.normal]
            say_findings(self.folder.name, off)
            self.said = bool(off)
        return {}

    def _read(self) -> Curve:
        """Up to now; the whole log at the first time."""
        while True:
            read = self._tail.read()
            if read.restarted:
                self._forget()
            for row in filter(None, map(read_row, read.lines)):
                self._go_back(self._rows.take(row))
            if not read.lines and not read.lost:
                return self._rows.curve

    def _go_back(self, step: int | None) -> None:
        """A training that was rolled back does steps again: what they were is forgotten."""
        if step is not None and step <= self._judged:
            self._judged = step - 1
            self._spikes = [at for at in self._spikes if at < self._judged]

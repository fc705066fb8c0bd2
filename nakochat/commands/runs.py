"""The runs folder -> a list of runs, how far each has come, and whether it is well.  [nako runs]"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nakochat.commands.outputs import OutFile
from nakochat.core.errors import CheckpointError
from nakochat.core.files import MANIFEST, has_its_sizes, is_locked, is_whole, read_json, write_json
from nakochat.core.messages import say
from nakochat.core.paths import STAGES, list_runs, list_tokenizers
from nakochat.core.progress import padded, speak
from nakochat.core.rows import Skipped
from nakochat.core.run import read_metrics

Health = Literal["training", "finished", "stopped", "empty"]


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """How one stage of a run is.  `step` is that of its newest checkpoint that looks whole."""

    stage: str
    health: Health
    step: int | None
    steps: int | None
    checkpoints: int
    skipped: int
    """Batches that the guard has passed over."""
    damaged: int
    """Pieces of documents that could not be read, and were passed over."""


def main(*, verify: bool = False, json: OutFile | None = None) -> None:
    """List the runs, newest first, with the newest checkpoint of each stage and how it is.

    Parameters
    ----------
    verify
        체크포인트와 토큰 조각의 모든 파일을 읽어 해시와 견줍니다. |
        Read every file of checkpoints and token shards and compare it with its hash.
    json
        같은 것을 이 파일에도 씁니다. | Write the same here too.
    """
    runs = list_runs()
    runs += [path.parents[1] for path in list_tokenizers() if path.parents[1] not in runs]
    if not runs:
        speak(say("아직 학습한 모델이 없습니다.", "there is no trained model yet."))
    rows: list[dict[str, Any]] = []
    damaged: list[Path] = []
    verified = 0
    for run in runs:
        stages = [_look(run / stage) for stage in STAGES if (run / stage).is_dir()]
        row: dict[str, Any] = {"run": run.name, "stages": [dataclasses.asdict(stage) for stage in stages]}
        lines = [_line(stage) for stage in stages] or [say("토크나이저만", "tokenizer only")]
        speak(f"{padded(run.name, 20)} {', '.join(lines)}")
        if verify:
            folders = list(_with_manifest(run))
            bad = [folder for folder in folders if not is_whole(folder) and folder.exists()]
            for folder in bad:
                speak(f"  {say('손상', 'damaged')}: {folder}")
            damaged += bad
            verified += len(folders)
            row["damaged"] = [str(folder) for folder in bad]
        rows.append(row)
    if json is not None:
        write_json(json, {"runs": rows})
    if verify:
        _conclude(verified, damaged)


def _conclude(verified: int, damaged: list[Path]) -> None:
    """CheckpointError where anything is damaged."""
    if damaged:
        raise CheckpointError(
            say(
                f"폴더 {verified}개 가운데 {len(damaged)}개가 손상되었습니다. 체크포인트라면 그보다 앞의 온전한 것에서 "
                "이어지고, 토큰 조각이라면 그 폴더를 지우고 다시 실행하면 새로 만듭니다.",
                f"{len(damaged)} of {verified} folders are damaged. A checkpoint is passed over for the one before it; "
                "a token shard is made anew when you delete its folder and run the command again.",
            )
        )
    speak(say(f"폴더 {verified}개가 모두 온전합니다.", f"all {verified} folders are whole."))


def _look(folder: Path) -> StageReport:
    """A stage from its newest checkpoint whose files have their sizes; no content is hashed."""
    found = sorted(
        (path for path in (folder / "checkpoints").glob("[0-9]*") if path.name.isdecimal()),
        key=lambda path: int(path.name),
        reverse=True,
    )
    state = next((read for path in found if (read := _state(path)) is not None), None)
    health: Health = "empty"
    if state is not None:
        health = "finished" if state["step"] >= state["steps"] else "stopped"
    rows, skipped = list(read_metrics(folder)), Skipped()
    for row in rows:
        skipped.add(row)
    damaged = {
        row.get("step"): row["damaged"] for row in rows if row.get("kind") == "step" and "damaged" in row
    }
    return StageReport(
        stage=folder.name,
        health="training" if is_locked(folder / "lock") else health,
        step=state["step"] if state else None,
        steps=state["steps"] if state else None,
        checkpoints=len(found),
        skipped=skipped.count,
        damaged=sum(damaged.values()),
    )


def _state(path: Path) -> dict[str, int] | None:
    """Step and steps of a checkpoint; None where its files are not as its manifest says."""
    if not has_its_sizes(path):
        return None
    try:
        state = read_json(path / "state.json")
        return {"step": int(state["step"]), "steps": int(state["steps"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _with_manifest(run: Path) -> Iterator[Path]:
    """Every folder of a run that is whole or not, checkpoints without a manifest included."""
    for path in sorted(run.rglob("*")):
        inside = path.relative_to(run).parts
        if any(part.startswith(".") for part in inside) or not path.is_dir():
            continue
        is_checkpoint = path.parent.name == "checkpoints" and path.name.isdecimal()
        if is_checkpoint or (path / MANIFEST).is_file():
            yield path


def _line(stage: StageReport) -> str:
    words = {
        "training": say("학습 중", "training"),
        "finished": say("끝남", "finished"),
        "stopped": say("멈춤", "stopped"),
        "empty": say("체크포인트 없음", "no checkpoint"),
    }
    step = "" if stage.step is None else f" {stage.step}/{stage.steps}"
    skipped = say(f", 건너뜀 {stage.skipped}", f", {stage.skipped} skipped") if stage.skipped else ""
    damaged = say(f", 깨진 글 {stage.damaged}", f", {stage.damaged} damaged") if stage.damaged else ""
    return f"{stage.stage}{step} ({words[stage.health]}{skipped}{damaged})"

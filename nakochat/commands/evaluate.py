"""A run -> its scores.  [nako eval]"""

from dataclasses import replace
from pathlib import Path

from nakochat.core.files import read_json, write_json
from nakochat.core.machine import open_machine
from nakochat.core.messages import say
from nakochat.core.paths import RunReference, find_run
from nakochat.core.progress import speak
from nakochat.data.corpus import read_documents
from nakochat.data.prepare import stored_validation
from nakochat.evals.bits_per_byte import bits_per_byte
from nakochat.evals.suite import score, write_scores
from nakochat.inference.talk import load_engine
from nakochat.models.checkpoint import checkpoint_of


def main(
    run: str | None = None,
    *,
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
    bpb
        이 파일의 바이트당 비트만 잽니다. | Only measure bits per byte, on this file.
    device
        auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu.
    dtype
        auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    reference = find_run(run)
    checkpoint = checkpoint_of(reference)
    machine = open_machine(device, dtype, "no")
    engine = load_engine(
        replace(reference, step=checkpoint.step), machine
    )  # training may save another meanwhile
    if bpb is not None:
        texts = list(read_documents([bpb]))
        found = bits_per_byte(
            engine.model, engine.tokenizer, texts, context=engine.context, device=machine.device
        )
        speak(
            f"{found.bits_per_byte:.4f} bits/byte, {found.bits_per_character:.4f} bits/character ({found.bytes} bytes)"
        )
        if json:
            write_json(
                json, {"bits_per_byte": found.bits_per_byte, "bits_per_character": found.bits_per_character}
            )
        return
    scores = {
        "step": checkpoint.step,
        "checkpoint": checkpoint.hash,
        "dtype": str(machine.dtype).removeprefix("torch."),
        **score(engine, stored_validation(reference.folder.parent / "data")),
    }
    if reference.step is None:
        write_scores(reference.folder, scores)
    if json:
        write_json(json, scores)
    speak(say(f"{reference}의 점수", f"scores of {reference}"))
    for entry in scores["scores"].values():
        value = f"{100 * entry['value']:6.1f} %" if entry["unit"] == "accuracy" else f"{entry['value']:8.3f}"
        speak(f"  {value}  {say(entry['label']['ko'], entry['label']['en'])}")


def score_stage(reference: RunReference, *, device: str = "auto", dtype: str = "auto") -> None:
    """Score a finished stage, unless its scores are those of its last checkpoint."""
    checkpoint, path = checkpoint_of(reference), reference.folder / "scores.json"
    scored = read_json(path).get("checkpoint") if path.is_file() else None
    if checkpoint.is_last and scored != checkpoint.hash:
        main(str(reference), device=device, dtype=dtype)

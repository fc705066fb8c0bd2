"""A run and texts -> perplexity by language, token accuracy, samples.  [nako validate]"""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from nakochat.commands.outputs import OutFile
from nakochat.core.files import write_json
from nakochat.core.machine import open_machine
from nakochat.core.messages import say
from nakochat.core.paths import find_run
from nakochat.core.progress import speak
from nakochat.data.corpus.documents import read_documents
from nakochat.evals.validator import held_out, validate
from nakochat.inference.talk import load_engine

Files = Annotated[tuple[Path, ...], Parameter(consume_multiple=True)]
_LANGUAGES = {"korean": ("한국어", "Korean"), "english": ("영어", "English"), "other": ("그 밖", "other")}


def main(
    run: str | None = None,
    *,
    texts: Files = (),
    device: str = "auto",
    dtype: str = "auto",
    json: OutFile | None = None,
) -> None:
    """Measure perplexity by language and token accuracy, and show samples.

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP; 기본: 가장 새 실행의 마지막 단계. |
        NAME, NAME/STAGE or NAME/STAGE@STEP; default: the newest run's latest stage.
    texts
        잴 글 파일이나 폴더; 기본: 그 실행이 떼어 둔 글. | Files or folders of text; default: what the run held out.
    device
        auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu.
    dtype
        auto, float32, bfloat16 가운데 하나. | auto, float32 or bfloat16.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    reference = find_run(run)
    engine = load_engine(reference, open_machine(device, dtype, "no"))
    found = validate(engine, list(read_documents(texts)) if texts else held_out(reference.folder))
    if len(found["languages"]) > 1:
        speak(_line(("모두", "all"), found))
    for name, figures in found["languages"].items():
        speak(_line(_LANGUAGES[name], figures))
    for sample in found["samples"]:
        speak(f"  {sample['prompt']} → {sample['text'].replace(chr(10), ' ')}")
    if json:
        write_json(json, found)


def _line(name: tuple[str, str], figures: dict[str, Any]) -> str:
    shown = (
        f"{figures['perplexity']:,.2f}",
        f"{figures['loss']:.4f}",
        f"{100 * figures['token_accuracy']:.1f} %",
    )
    return say(
        f"  {name[0]}: 혼란도 {shown[0]}, 손실 {shown[1]}, 맞힌 토큰 {shown[2]}, "
        f"바이트당 {figures['bits_per_byte']:.4f}비트 ({figures['bytes']:,}바이트)",
        f"  {name[1]}: perplexity {shown[0]}, loss {shown[1]}, token accuracy {shown[2]}, "
        f"{figures['bits_per_byte']:.4f} bits per byte ({figures['bytes']:,} bytes)",
    )

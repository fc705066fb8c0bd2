"""A run -> a folder for other programs.  [nako export]"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say
from nakochat.core.paths import find_run
from nakochat.core.progress import speak


def main(
    run: str,
    folder: Path,
    *,
    to: Literal["hf", "gguf"],
    packing: Annotated[Literal["f32", "f16", "bf16", "q8_0"] | None, Parameter(name="--type")] = None,
) -> None:
    """Write a model for Transformers, vLLM (hf), or for llama.cpp and Ollama (gguf).

    Parameters
    ----------
    run
        NAME, NAME/STAGE, NAME/STAGE@STEP. | NAME, NAME/STAGE or NAME/STAGE@STEP.
    folder
        새 폴더. | A new folder.
    to
        hf: Transformers의 폴더. gguf: llama.cpp와 Ollama의 파일. |
        hf: a folder for Transformers.  gguf: a file for llama.cpp and Ollama.
    packing
        가중치의 형식: f32, f16, bf16, 그리고 gguf에는 q8_0. 기본: hf는 f32, gguf는 f16. |
        How weights are written: f32, f16, bf16, and q8_0 for gguf.  Default: f32 for hf, f16 for gguf.
    """
    from nakochat.interop.exported import read_run
    from nakochat.interop.gguf_out import write_gguf
    from nakochat.interop.hf import write_hf

    if to == "hf" and packing == "q8_0":
        raise ConfigError(
            say(
                "--type q8_0은 --to gguf에만 있습니다. f32, f16, bf16 가운데 하나를 쓰세요.",
                "--type q8_0 is for --to gguf only. Use f32, f16 or bf16.",
            )
        )
    exported = read_run(find_run(run))
    if to == "hf":
        write_hf(exported, folder.expanduser(), packing or "f32")
        speak(say(f"{exported.run} → {folder} (Transformers)", f"{exported.run} -> {folder} (Transformers)"))
        if exported.needs_code:
            speak(
                say(
                    "이 모양은 Transformers에 없어 자기 코드를 함께 담았습니다. trust_remote_code=True로 엽니다.",
                    "Transformers has no such shape: the folder carries its own code. "
                    "Load it with trust_remote_code=True.",
                )
            )
    else:
        file = write_gguf(exported, folder.expanduser(), packing or "f16")
        speak(
            say(
                f"{exported.run} → {file}. Ollama: ollama create {exported.run.name} -f {folder}/Modelfile",
                f"{exported.run} -> {file}. Ollama: ollama create {exported.run.name} -f {folder}/Modelfile",
            )
        )

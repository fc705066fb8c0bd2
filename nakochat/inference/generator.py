"""The folder of a run and a prompt -> texts: the interface for Python programs.

from nakochat.inference import TextGenerator

generator = TextGenerator(model_path="~/.cache/nakochat/runs/my")
print(generator.generate("옛날 어느 마을에", max_length=64, temperature=0.8, top_p=0.9)[0])
"""

from pathlib import Path

from nakochat.core.errors import CheckpointError
from nakochat.core.files import refuse_pickle
from nakochat.core.machine import open_machine
from nakochat.core.messages import say
from nakochat.core.paths import STAGES
from nakochat.inference.engine import Engine
from nakochat.inference.options import EngineOptions
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import continue_text, open_checkpoint
from nakochat.models.checkpoint import Checkpoint, newest_checkpoint
from nakochat.text.tokenizer import Tokenizer


class TextGenerator:
    """One model, loaded once."""

    def __init__(
        self,
        model_path: str | Path,
        tokenizer_path: str | Path | None = None,
        *,
        device: str = "auto",
        dtype: str = "auto",
    ) -> None:
        """model_path: the folder of a run (its latest stage) or of a stage.  tokenizer_path: a folder with
        tokenizer.json, or that file; None is the run's own.

        CheckpointError for a folder that holds no checkpoint, for another tokenizer, and for a pickle (.pt).
        """
        self.engine = open_engine(model_path, tokenizer_path, device=device, dtype=dtype)

    def generate(
        self,
        prompt: str,
        max_length: int = 100,
        temperature: float = 0.8,
        top_p: float | None = 0.9,
        *,
        top_k: int | None = None,
        repetition_penalty: float = 1.0,
        count: int = 1,
        seed: int = 0,
    ) -> list[str]:
        """`count` texts that begin with the prompt.

        max_length: most new tokens; temperature 0 always takes the likeliest.  ConfigError for values that make no
        sense, RequestError where the prompt does not fit the model's context.
        """
        found = []
        for number in range(count):
            sampling = Sampling(
                max_tokens=max_length,
                temperature=temperature,
                top_p=top_p,
                top_k=top_k,
                repetition_penalty=repetition_penalty,
                seed=seed + number,
            )
            pieces = continue_text(self.engine, prompt, sampling)
            found.append(prompt + "".join(piece.text for piece in pieces))
        return found


def open_engine(
    model_path: str | Path, tokenizer_path: str | Path | None, *, device: str = "auto", dtype: str = "auto"
) -> Engine:
    """The engine of a folder; arguments and errors as in TextGenerator."""
    stage, checkpoint = _checkpoint(Path(model_path).expanduser())
    tokenizer = Tokenizer.load(
        stage.parent / "tokenizer" if tokenizer_path is None else _folder(Path(tokenizer_path).expanduser())
    )
    return open_checkpoint(checkpoint, tokenizer, open_machine(device, dtype, "no"), EngineOptions())


def _checkpoint(path: Path) -> tuple[Path, Checkpoint]:
    """The stage that a path names, and its newest checkpoint."""
    refuse_pickle(path)
    path = path.resolve()
    for stage in (path, *(path / name for name in reversed(STAGES))):
        found = newest_checkpoint(stage / "checkpoints")
        if found is not None:
            return stage, found
    raise CheckpointError(
        say(
            f"체크포인트가 없습니다: {path}. 실행의 폴더(…/runs/이름)나 그 단계의 폴더(…/runs/이름/sft)를 주세요.",
            f"no checkpoint in {path}. Give the folder of a run (.../runs/NAME) or of a stage (.../runs/NAME/sft).",
        )
    )


def _folder(path: Path) -> Path:
    """Where tokenizer.json lies: in the folder, in the folder's `tokenizer`, or the path itself."""
    refuse_pickle(path)
    if path.name == "tokenizer.json" and path.is_file():
        return path.parent
    return path / "tokenizer" if (path / "tokenizer" / "tokenizer.json").is_file() else path

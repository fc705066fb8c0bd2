"""A model and texts -> perplexity of each language, token accuracy and samples.

On the command line `nako eval RUN --bpb FILE...` gives the same figures of each file.

from nakochat.evals import ModelValidator

ModelValidator(model_path="~/.cache/nakochat/runs/my").run_comprehensive_evaluation()["perplexity"]
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nakochat.core.errors import DataError
from nakochat.core.files import read_json
from nakochat.core.messages import say
from nakochat.data.corpus.documents import read_documents
from nakochat.evals.bits_per_byte import Compression, bits_per_byte
from nakochat.inference.engine import Engine
from nakochat.inference.generator import open_engine
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import continue_text

PROMPTS = {"korean": ("옛날 어느 마을에", "오늘은"), "english": ("Once upon a time", "The")}
HANGUL = 0.3  # a text with at least this share of its letters in Hangul is Korean
SAMPLE = 48  # tokens


class ModelValidator:
    """One model, loaded once."""

    def __init__(
        self,
        model_path: str | Path,
        tokenizer_path: str | Path | None = None,
        *,
        device: str = "auto",
        dtype: str = "auto",
    ) -> None:
        """As TextGenerator."""
        self.engine = open_engine(model_path, tokenizer_path, device=device, dtype=dtype)
        self._run = Path(model_path).expanduser().resolve()

    def run_comprehensive_evaluation(self, texts: Iterable[str | Path] | None = None) -> dict[str, Any]:
        """`validate` of the model on files of text; None: on what the run held out.

        DataError where there is nothing to measure on.
        """
        documents = held_out(self._run) if texts is None else read_documents([Path(text) for text in texts])
        return validate(self.engine, list(documents))


def held_out(run: Path) -> list[str]:
    """What a run, given by its folder or a stage's, kept from training.  DataError where it kept nothing."""
    for folder in (run, run.parent):
        path = folder / "data" / "validation.json"
        if path.is_file():
            texts: list[str] = read_json(path)
            return texts
    raise DataError(
        say(
            f"{run}에 떼어 둔 글이 없습니다. --texts로(파이썬에서는 run_comprehensive_evaluation(['글.txt'])) "
            "글 파일을 주세요.",
            f"{run} holds no held-out texts. Name files with --texts (in Python run_comprehensive_evaluation"
            "(['text.txt'])).",
        )
    )


def validate(engine: Engine, texts: Sequence[str]) -> dict[str, Any]:
    """Perplexity and token accuracy of all texts and of each language among them, and samples in those languages.

    Perplexity is that of a token: models of different tokenizers cannot be compared by it, by bits per byte they can.
    """
    languages: dict[str, list[str]] = {}
    for text in texts:
        languages.setdefault(language_of(text), []).append(text)
    found = {name: _measure(engine, own) for name, own in languages.items()}
    return {
        **_figures(_measure(engine, texts)),
        "languages": {name: _figures(measured) for name, measured in found.items()},
        "samples": [
            {"prompt": prompt, "text": _sample(engine, prompt)}
            for name in languages
            for prompt in PROMPTS.get(name, ())
        ],
    }


def language_of(text: str) -> str:
    """korean, english (letters of ASCII) or other, by its letters."""
    letters = [letter for letter in text if letter.isalpha()]
    hangul = sum("가" <= letter <= "힣" for letter in letters)
    latin = sum(letter.isascii() for letter in letters)
    if letters and hangul >= HANGUL * len(letters):
        return "korean"
    return "english" if 2 * latin > len(letters) else "other"


def _measure(engine: Engine, texts: Sequence[str]) -> Compression:
    return bits_per_byte(
        engine.model, engine.tokenizer, texts, context=engine.context, device=engine.machine.device
    )


def _figures(measured: Compression) -> dict[str, Any]:
    return {
        "perplexity": measured.perplexity,
        "loss": measured.loss,
        "token_accuracy": measured.token_accuracy,
        "bits_per_byte": measured.bits_per_byte,
        "bits_per_character": measured.bits_per_character,
        "tokens": measured.tokens,
        "bytes": measured.bytes,
    }


def _sample(engine: Engine, prompt: str) -> str:
    sampling = Sampling(max_tokens=min(SAMPLE, engine.context // 2), temperature=0.8, top_p=0.9)
    return "".join(piece.text for piece in continue_text(engine, prompt, sampling))

"""Texts -> the run's tokenizer, and how well it fits.  [nako tok train | eval]"""

import time
from pathlib import Path
from typing import Any

from nakochat.core.files import is_whole, read_json, write_json
from nakochat.core.messages import say
from nakochat.core.paths import find_run, run_folder
from nakochat.core.progress import speak
from nakochat.data.prepare import Corpus, validation_texts
from nakochat.data.tokenizer_texts import training_texts
from nakochat.text.tokenizer import Tokenizer
from nakochat.training.agreement import plain, refuse_changes
from nakochat.training.settings import TokenizerSettings

# the settings that a tokenizer follows from
SHAPING = ("vocab_size", "characters", "seed", "corpus", "column", "encoding")


def train(settings: TokenizerSettings = TokenizerSettings()) -> None:  # noqa: B008 (frozen)
    """Train the tokenizer of a run, unless it is there.  ConfigError when that one was made with other settings."""
    folder = run_folder(settings.run_name)
    record = folder / "tokenizer.json"
    made_with = {name: value for name, value in plain(settings).items() if name in SHAPING}
    if is_whole(folder / "tokenizer"):
        if record.is_file():  # a tokenizer may come from elsewhere, without a record
            refuse_changes(read_json(record).get("settings", made_with), made_with)
        speak(
            say(
                f"토크나이저가 이미 있습니다: {folder / 'tokenizer'}",
                f"the tokenizer is there: {folder / 'tokenizer'}",
            )
        )
        return
    started = time.perf_counter()
    corpus = settings.source
    speak(say("토크나이저를 학습합니다…", "training the tokenizer…"))
    write_json(record, {"settings": made_with})
    tokenizer = Tokenizer.train(
        training_texts(corpus, settings.seed, settings.characters), settings.vocab_size
    )
    tokenizer.save(folder / "tokenizer")
    seconds = time.perf_counter() - started
    figures = _figures(tokenizer, validation_texts(corpus, settings.seed)[:300])
    write_json(record, {**figures, "seconds": seconds, "settings": made_with})
    speak(
        say(
            f"토크나이저: {tokenizer.vocab_size}토큰, 토큰당 {figures['characters_per_token']:.2f}자",
            f"tokenizer: {tokenizer.vocab_size} tokens, {figures['characters_per_token']:.2f} characters each",
        )
    )


def evaluate(run: str | None = None, *, file: Path | None = None, json: Path | None = None) -> None:
    """Print how many characters and bytes a token of the run's tokenizer holds.

    Parameters
    ----------
    run
        실행의 이름; 기본: 가장 새것. | NAME of a run; default: the newest.
    file
        잴 글 파일; 기본: 마을의 글. | A text file to measure on; default: text from the village.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    tokenizer = Tokenizer.load(find_run(run).folder.parent / "tokenizer")
    corpus = Corpus(paths=(file,) if file else ())
    texts = list(corpus.documents()) if file else validation_texts(corpus, 0)
    figures = _figures(tokenizer, texts)
    for name, value in figures.items():
        speak(f"{name:24} {value:.4g}")
    if json:
        write_json(json, figures)


def _figures(tokenizer: Tokenizer, texts: list[str]) -> dict[str, Any]:
    tokens = sum(len(ids) for ids in tokenizer.encode_batch(texts))
    return {
        "vocabulary": tokenizer.vocab_size,
        "characters_per_token": sum(map(len, texts)) / tokens,
        "bytes_per_token": sum(len(text.encode()) for text in texts) / tokens,
    }

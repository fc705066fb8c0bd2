"""Texts -> the run's tokenizer.  [nako tok train]"""

import time
from typing import Any

from nakochat.core.files import is_whole, read_json, write_json
from nakochat.core.messages import say
from nakochat.core.paths import run_folder
from nakochat.core.progress import speak
from nakochat.data.prepare import validation_texts
from nakochat.data.tokenizer_texts import TokenizerTexts
from nakochat.evals.compression import measure
from nakochat.evals.compression_samples import SAMPLES
from nakochat.interop.tokens import read_tokenizer
from nakochat.text.characters import train_characters
from nakochat.text.tokenizer import CLASSIC_TOKENS, MOST_CHARACTERS, PHRASE_CHARACTERS, Tokenizer
from nakochat.training.agreement import plain, refuse_changes
from nakochat.training.tokenizer_settings import TokenizerSettings

# the settings that a tokenizer follows from
SHAPING = (
    *("kind", "published", "special", "vocab_size", "characters", "conversations", "phrases"),
    *("seed", "corpus", "column", "encoding", "validation_tail"),
)
# what a record that says nothing of them was made with
BEFORE = {"conversations": 0.5, "phrases": 0.0, "kind": "bpe", "published": None, "special": "chatml"}


def train(settings: TokenizerSettings = TokenizerSettings()) -> None:  # noqa: B008 (frozen)
    """Train the tokenizer of a run, unless it is there.  ConfigError when that one was made with other settings."""
    folder = run_folder(settings.run_name)
    record = folder / "tokenizer.json"
    made_with = {name: value for name, value in plain(settings).items() if name in SHAPING}
    if settings.texts.whole:
        del made_with["validation_tail"]  # all of the corpus is read, whatever is held out
    if is_whole(folder / "tokenizer"):
        if record.is_file():  # a tokenizer may come from elsewhere, without a record
            refuse_changes(BEFORE | read_json(record).get("settings", made_with), made_with)
        speak(
            say(
                f"토크나이저가 이미 있습니다: {folder / 'tokenizer'}",
                f"the tokenizer is there: {folder / 'tokenizer'}",
            )
        )
        return
    started = time.perf_counter()
    speak(say("토크나이저를 학습합니다…", "training the tokenizer…"))
    write_json(record, {"settings": made_with})
    texts = validation_texts(settings.source, settings.seed)[
        :300
    ]  # first: a corpus without any leaves no tokenizer
    characters = _within_memory(settings)
    tokenizer = _train(settings, characters)
    tokenizer.save(folder / "tokenizer")
    seconds = time.perf_counter() - started
    figures = _figures(tokenizer, texts)
    trained_on = {"seconds": seconds, "characters_at_most": characters, "settings": made_with}
    if settings.damage.lines:
        trained_on["damaged_lines"] = settings.damage.lines
    write_json(record, {**figures, **trained_on})
    speak(
        say(
            f"토크나이저: {tokenizer.vocab_size}토큰, 토큰당 {figures['characters_per_token']:.2f}자",
            f"tokenizer: {tokenizer.vocab_size} tokens, {figures['characters_per_token']:.2f} characters each",
        )
    )


def _train(settings: TokenizerSettings, characters: int) -> Tokenizer:
    texts = settings.texts
    if settings.published is not None:
        return read_tokenizer(settings.published.expanduser())
    if settings.kind == "characters":
        return train_characters(texts.read(characters))
    if not settings.phrases:
        first = CLASSIC_TOKENS if settings.special == "classic" else ()
        return Tokenizer.train(texts.read(characters), settings.vocab_size, first=first)
    return Tokenizer.train_phrases(
        texts.read(characters),
        texts.read(min(characters, PHRASE_CHARACTERS)),
        settings.vocab_size,
        settings.phrases,
    )


def _within_memory(settings: TokenizerSettings) -> int:
    """The characters to train on; said where they are fewer than asked for."""
    if settings.characters <= MOST_CHARACTERS or _fits(settings.texts):
        return min(settings.characters, MOST_CHARACTERS)
    speak(
        say(
            f"{settings.characters:,}자 대신, 메모리 8 GB에 담기는 {MOST_CHARACTERS:,}자를 "
            "모든 글에서 고르게 뽑아 학습합니다.",
            f"training on {MOST_CHARACTERS:,} characters, sampled evenly from all texts, instead of "
            f"{settings.characters:,}: so many fit into 8 GB of memory.",
        )
    )
    return MOST_CHARACTERS


def _fits(texts: TokenizerTexts) -> bool:
    """Whether the sources hold no more than what fits."""
    return bool(texts.sources) and texts.available <= MOST_CHARACTERS * (1 - texts.conversations)


def _figures(tokenizer: Tokenizer, texts: list[str]) -> dict[str, Any]:
    figures = measure(tokenizer.backend, texts).figures()
    domains = {name: measure(tokenizer.backend, [text]).figures() for name, text in SAMPLES.items()}
    return {
        "domains": domains,
        "vocabulary": tokenizer.vocab_size,
        "characters_per_token": figures["characters_per_token"],
        "bytes_per_token": figures["bytes_per_token"],
    }

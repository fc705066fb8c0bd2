"""A corpus or the village -> the texts that a tokenizer is trained on."""

from collections.abc import Iterator

from nakochat.data.prepare import VALIDATION_SHARE, Corpus, place
from nakochat.data.village.village import Village


def training_texts(corpus: Corpus, seed: int, characters: int) -> Iterator[str]:
    """Texts for training a tokenizer: half texts, half conversations, some `characters` in all."""
    village = Village(seed)
    made = 0
    documents = _spread(corpus, characters // 2) if corpus.paths else (village.text(n) for n in range(10**9))
    for text in documents:
        yield text
        made += len(text)
        if made >= characters // 2:
            break
    for number in range(10**9):
        for message in village.exercise(number).messages:
            for part in message.parts:
                yield part.text
                made += len(part.text)
        if made >= characters:
            return


def _spread(corpus: Corpus, characters: int) -> Iterator[str]:
    """Documents of the training part of a corpus, about `characters` of them, from everywhere in it."""
    total = sum(len(text) for text in corpus.documents())
    share = min(1.0, 1.15 * characters / max(1, total))
    for text in corpus.documents():
        if place(text) >= VALIDATION_SHARE and place(text, "tokenizer") < share:
            yield text

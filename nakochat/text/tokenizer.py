"""Text -> token ids and back: byte-level BPE, in the tokenizer.json that Transformers loads as it is.

The library `tokenizers` trains and runs it.  Ours are the choices: NFC as the normaliser, the exact split pattern of
Qwen2 (llama.cpp knows it by name, so an exported GGUF tokenizes the same; digits are single), and eight special
tokens that templates, exports and the engine stand on.  Text never yields a special token: prompts are built from ids
(conversation.py), and encode() reads "<|im_end|>" in a text as ten or so ordinary tokens.  With phrases (phrases.py) a
token may span words, and the pattern is another that llama.cpp knows.

Pattern: https://huggingface.co/Qwen/Qwen2-7B/blob/main/tokenizer.json
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as Backend

from nakochat.core.errors import DataError
from nakochat.core.files import read_json, whole_folder
from nakochat.core.messages import say
from nakochat.text.normalise import normalise, refuse_surrogates
from nakochat.text.phrases import learn_phrases

QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# the same with numbers in groups of three from the right: 1|234|567
_THREES_SPLIT = QWEN2_SPLIT.replace(r"|\p{N}", r"|\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))", 1)
# with phrases only merges decide where a token ends, and numbers are split in threes from the right.  llama.cpp knows
# this as "superbpe", whose pattern scans from every digit to the end of its number: quadratic in its length
SUPERBPE_SPLIT = (r"\p{N}+", r"(?=(\d{3})+(?!\d))")
# the same splits in linear time.  A piece is the one or two digits before the first group of three, or a group, with
# the numerals that are no digits (½, Ⅷ) behind it; only the digits before the first group look ahead
_HEAD = r"\d{1,2}(?=(?:\d{3})*+(?!\d))"
_REST = rf"(?:(?:(?!\d)\p{{N}})+(?:{_HEAD})?)"
PHRASE_SPLIT = (r"\p{N}+", rf"\A(?:{_HEAD}{_REST}*|{_REST}+)|\d{{3}}{_REST}*")
# up to these, training takes less than 8 GB: benchmarks/tokenizer_training.py, docs/benchmarks.md
MOST_CHARACTERS = 100_000_000
PHRASE_CHARACTERS = 30_000_000
CONFIG = "tokenizer_config.json"
GPT2_SEPARATOR = "<|endoftext|>"
CLASSIC_TOKENS = ("<pad>", "<unk>", "<bos>", "<eos>")
# tokens of other vocabularies that serve as one of ours.  Before every text, GPT-2, SmolLM2 and Qwen3 saw
# <|endoftext|>, Llama 3 <|begin_of_text|>
STAND_INS = {
    "<|bos|>": (GPT2_SEPARATOR, "<|begin_of_text|>", "<bos>"),
    "<|im_end|>": ("<eos>",),
    "<|pad|>": ("<pad>",),
}
UNKNOWN = "<|unknown|>"  # of a tokenizer of characters: the others know every byte
SPECIAL_TOKENS = (
    "<|bos|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|python_start|>",
    "<|python_end|>",
    "<|output_start|>",
    "<|output_end|>",
    "<|pad|>",
)
LEAST = 256 + len(SPECIAL_TOKENS) + 1  # every byte, the special tokens and one that is learned


class Tokenizer:
    """Ids 0..vocab_size-1, the special tokens among them.

    One class, whatever the tokens are: train() makes byte-level BPE, characters.py a token of every character,
    gpt2_bpe.py reads GPT-2's files.  All save and load the same way.
    """

    def __init__(self, backend: Backend, ends: Iterable[str] = ()) -> None:
        """ends: special tokens beside ours with which a published model ends its answers.  DataError where there are
        no such tokens, or one of ours is missing."""
        self.backend = backend
        self.backend.encode_special_tokens = True
        ids = special_ids(backend)
        missing = [name for name in SPECIAL_TOKENS if name not in ids]
        if missing:
            raise DataError(
                say(
                    f"특수 토큰이 없는 토크나이저입니다: {', '.join(missing)}. 'nako tok train'으로 다시 만드세요.",
                    f"the tokenizer lacks special tokens: {', '.join(missing)}. Make it again with 'nako tok train'.",
                )
            )
        self.bos, self.im_start, self.im_end = ids["<|bos|>"], ids["<|im_start|>"], ids["<|im_end|>"]
        self.python_start, self.python_end = ids["<|python_start|>"], ids["<|python_end|>"]
        self.output_start, self.output_end = ids["<|output_start|>"], ids["<|output_end|>"]
        self.pad = ids["<|pad|>"]
        classic = {
            i for i, token in self._added().items() if token.special and token.content in CLASSIC_TOKENS
        }
        self._own_ends = tuple(ends)
        self.ends = (self.im_end, self.bos, *self._ids_of_ends())
        """What ends an answer: the end of a turn, what begins the next text, and the model's own."""
        self.special_ids = frozenset(ids.values()) | classic | {*self.ends}

    @classmethod
    def train(
        cls, texts: Iterable[str], vocab_size: int, *, split: str = QWEN2_SPLIT, first: Sequence[str] = ()
    ) -> Self:
        """A tokenizer of exactly vocab_size tokens, or fewer where the texts do not hold so many merges.

        first: special tokens that get the ids from 0 on (CLASSIC_TOKENS); ours that they do not stand for come last.
        The same texts give the same tokenizer.  DataError when vocab_size cannot hold the 256 bytes.
        """
        if vocab_size < LEAST:
            raise DataError(
                say(
                    f"어휘가 너무 작습니다: {vocab_size}. 바이트와 특수 토큰이 들어가게 --vocab-size를 {LEAST} "
                    "이상으로 하세요.",
                    f"vocabulary too small: {vocab_size}. For bytes and special tokens --vocab-size must be {LEAST} "
                    "or more.",
                )
            )
        backend = byte_level(models.BPE(), split)
        last = [name for name in SPECIAL_TOKENS if not {*STAND_INS.get(name, ())} & {*first}]
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size - len(last),
            special_tokens=list(first),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        backend.train_from_iterator(texts, trainer)
        backend.add_special_tokens(last)
        return cls(backend)

    @classmethod
    def train_phrases(
        cls, texts: Iterable[str], phrase_texts: Iterable[str], vocab_size: int, share: float
    ) -> Self:
        """As train(), but the last `share` of the tokens may span words, and are learned from phrase_texts.

        Numbers are tokens of up to three digits, counted from the right.  phrase_texts are held in memory as ids, which
        takes some 25 bytes per character.  Why and when: docs/decisions/tokenizer.md.
        """
        words = vocab_size - round(share * (vocab_size - len(SPECIAL_TOKENS)))
        if words < LEAST:
            raise DataError(
                say(
                    f"어휘 {vocab_size}개 가운데 낱말 안의 토큰이 {words}개뿐입니다 ({LEAST} 이상). "
                    "--vocab-size를 늘리거나 --phrases를 줄이세요.",
                    f"only {words} of {vocab_size} tokens are left for words ({LEAST} or more). "
                    "Raise --vocab-size or lower --phrases.",
                )
            )
        model = json.loads(cls.train(texts, words, split=_THREES_SPLIT).backend.to_str())["model"]
        vocab: dict[str, int] = model["vocab"]
        merges = [(left, right) for left, right in model["merges"]]
        short = byte_level(models.BPE(vocab=vocab, merges=merges), *PHRASE_SPLIT)
        tokens = sorted(vocab, key=lambda token: vocab[token])
        found = learn_phrases(
            _ids_of(short, phrase_texts), list(map(_to_bytes, tokens)), vocab_size - len(SPECIAL_TOKENS)
        )
        for left, right in found:
            merges.append((tokens[left], tokens[right]))
            token = tokens[left] + tokens[right]
            if token not in vocab:  # two pairs may make the same
                vocab[token] = len(tokens)
                tokens.append(token)
        backend = byte_level(models.BPE(vocab=vocab, merges=merges), *PHRASE_SPLIT)
        backend.add_special_tokens(list(SPECIAL_TOKENS))
        return cls(backend)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The tokenizer saved in a folder.  DataError if it is not there or not one of ours."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise DataError(
                say(
                    f"토크나이저가 없습니다: {path}. 'nako tok train'을 먼저 실행하세요.",
                    f"no tokenizer at {path}. Run 'nako tok train' first.",
                )
            )
        try:
            backend = Backend.from_file(str(path))
        except Exception as error:  # the library raises bare Exception for a malformed file
            raise DataError(
                say(f"토크나이저를 읽을 수 없습니다: {path} ({error})", f"cannot read {path} ({error})")
            ) from error
        return cls(backend, _ends_in(folder / CONFIG))

    def with_backend(self, backend: Backend) -> Self:
        """The same with other tokens.  DataError where those that end an answer are not among them."""
        return type(self)(backend, self._own_ends)

    def save(self, folder: Path) -> None:
        """tokenizer.json and tokenizer_config.json, as Transformers (4 and 5) reads them."""
        with whole_folder(folder) as files:
            self.backend.save(str(files / "tokenizer.json"))
            (files / CONFIG).write_text(json.dumps(self._config(), indent=2) + "\n", encoding="utf-8")

    def _config(self) -> dict[str, Any]:
        return {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": self.backend.id_to_token(self.bos),
            "eos_token": self.backend.id_to_token(self.im_end),
            "pad_token": self.backend.id_to_token(self.pad),
            "clean_up_tokenization_spaces": False,
            "model_max_length": 10**9,
            **({"ends": list(self._own_ends)} if self._own_ends else {}),  # Transformers passes over it
        }

    @property
    def vocab_size(self) -> int:
        return int(self.backend.get_vocab_size())

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the tokenizer's JSON; checkpoints and shards hold it."""
        return hashlib.sha256(self.backend.to_str().encode()).hexdigest()

    def encode(self, text: str) -> list[int]:
        """Ids of the text alone, never a special token.  DataError for lone surrogates."""
        ids: list[int] = self.backend.encode(self.prepared(text), add_special_tokens=False).ids
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """encode() of many texts, on all cores."""
        encodings = self.backend.encode_batch_fast(
            [self.prepared(text) for text in texts], add_special_tokens=False
        )
        return [encoding.ids for encoding in encodings]

    def prepared(self, text: str) -> str:
        """In NFC, except for a tokenizer that was published without a normaliser.  DataError for lone surrogates."""
        return normalise(text) if self.backend.normalizer else refuse_surrogates(text)

    def least_tokens(self, text: str) -> int:
        """A lower bound on the tokens of a text, from its bytes: much faster than encode()."""
        prepared = self.prepared(text)
        if self.backend.normalizer:
            prepared = self.backend.normalizer.normalize_str(prepared)
        return -(-len(prepared.encode()) // self._longest)

    @cached_property
    def _longest(self) -> int:
        """Bytes of the longest token; an unknown character has up to four."""
        return max(4, *map(len, self.token_bytes))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; special tokens give nothing, invalid UTF-8 gives U+FFFD."""
        return b"".join(self.token_bytes[i] for i in ids).decode("utf-8", errors="replace")

    @cached_property
    def token_bytes(self) -> tuple[bytes, ...]:
        """The bytes of every token; special tokens have none."""
        tokens = [self.backend.id_to_token(i) or "" for i in range(self.vocab_size)]
        if isinstance(self.backend.model, models.WordLevel):  # a token is written as it is
            written = {UNKNOWN: "\ufffd".encode()} | dict.fromkeys(SPECIAL_TOKENS, b"")
            return tuple(written.get(token, token.encode()) for token in tokens)
        added = {i: b"" if token.special else token.content.encode() for i, token in self._added().items()}
        return tuple(added[i] if i in added else _to_bytes(token) for i, token in enumerate(tokens))

    def _ids_of_ends(self) -> list[int]:
        special = {token.content: number for number, token in self._added().items() if token.special}
        missing = [name for name in self._own_ends if name not in special]
        if missing:
            raise DataError(
                say(
                    f"ends에 적힌 특수 토큰이 토크나이저에 없습니다: {', '.join(missing)}. 다시 들여오세요.",
                    f"the tokenizer lacks special tokens that its ends name: {', '.join(missing)}. Import it again.",
                )
            )
        return [special[name] for name in self._own_ends]

    def _added(self) -> dict[int, AddedToken]:
        """Tokens that merges do not make: the special ones, and a published model's own."""
        found: dict[int, AddedToken] = self.backend.get_added_tokens_decoder()
        return found


def _ends_in(path: Path) -> list[str]:
    """What the config beside a tokenizer names as the model's own ends.  DataError where it names no tokens."""
    try:
        config = read_json(path) if path.is_file() else {}
        ends = config.get("ends", [])
    except (ValueError, AttributeError) as error:
        raise _broken_config(path) from error
    if not isinstance(ends, list) or not all(isinstance(name, str) for name in ends):
        raise _broken_config(path)
    return ends


def _broken_config(path: Path) -> DataError:
    return DataError(
        say(
            f"토크나이저의 설정을 읽을 수 없습니다: {path} (ends는 토큰의 목록입니다). 다시 만들거나 들여오세요.",
            f"cannot read the tokenizer's config {path} (ends is a list of tokens). Make or import it again.",
        )
    )


def special_ids(backend: Backend) -> dict[str, int]:
    """The id of each special token of ours that a vocabulary has, by that name or as what stands in for it."""
    special = {token.content for token in backend.get_added_tokens_decoder().values() if token.special}
    found: dict[str, int] = {}
    for name in SPECIAL_TOKENS:
        for token in (name, *STAND_INS.get(name, ())):
            number = backend.token_to_id(token)
            # "<pad>" may be a piece of text that was merged; nothing else writes the longer names
            if number is not None and (token not in CLASSIC_TOKENS or token in special):
                found.setdefault(name, number)
    return found


def byte_level(model: models.BPE, *splits: str) -> Backend:
    """A tokenizer of NFC text, split by the pattern, as bytes."""
    backend = Backend(model)
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            *(pre_tokenizers.Split(Regex(split), "isolated") for split in splits),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    return backend


def _ids_of(backend: Backend, texts: Iterable[str]) -> NDArray[np.int64]:
    """The ids of all texts, each with a line feed behind it, which no phrase spans."""
    parts = []
    batches = iter(texts)
    while batch := [f"{normalise(text)}\n" for text in itertools.islice(batches, 1000)]:
        for encoding in backend.encode_batch_fast(batch, add_special_tokens=False):
            parts.append(np.array(encoding.ids, dtype=np.int64))
    return np.concatenate(parts) if parts else np.zeros(1, dtype=np.int64)


def _to_bytes(token: str) -> bytes:
    """The bytes of a token of byte-level BPE."""
    return bytes(_BYTE_OF[char] for char in token)


def byte_characters() -> dict[int, str]:
    """The printable character that stands for each byte in byte-level BPE (GPT-2, Radford et al. 2019)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in table]
    return table | {byte: chr(256 + index) for index, byte in enumerate(others)}


_BYTE_OF = {char: byte for byte, char in byte_characters().items()}

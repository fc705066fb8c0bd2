"""A published tokenizer -> ours, with the chat format's tokens; and the name by which llama.cpp knows how it splits.

Of the eight special tokens that templates and the engine stand on, a published tokenizer may have some: <|im_start|>
and <|im_end|> of ChatML (SmolLM2, Qwen3) are ours as they are, and <|endoftext|> or <|begin_of_text|> takes the part of
<|bos|>.  What is missing is added behind the vocabulary; all of them are special, so that no text can write them.  With
which other tokens the model ends its answers (<|eot_id|> of Llama 3, say), its folder or file tells by their ids.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend

from nakochat.core.errors import DataError
from nakochat.core.messages import say
from nakochat.interop.fields import Fields, read_bounded_json
from nakochat.text.gpt2_bpe import FILES, read_gpt2_backend
from nakochat.text.tokenizer import (
    PHRASE_SPLIT,
    QWEN2_SPLIT,
    SPECIAL_TOKENS,
    SUPERBPE_SPLIT,
    Tokenizer,
    special_ids,
)

LLAMA3_SPLIT = QWEN2_SPLIT.replace(r"|\p{N}|", r"|\p{N}{1,3}|", 1)  # the same but for numbers in threes
GPT2_SPLIT = "gpt-2"  # ByteLevel's own pattern, which the library keeps to itself

# llama.cpp's name -> how the text is split: patterns, "digits" for single digits, GPT2_SPLIT for ByteLevel's pattern
_SPLITS: dict[str, tuple[str, ...]] = {
    "qwen2": (QWEN2_SPLIT,),
    "superbpe": PHRASE_SPLIT,
    "llama-bpe": (LLAMA3_SPLIT,),
    "smollm": ("digits", GPT2_SPLIT),
    "gpt-2": (GPT2_SPLIT,),
}


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a Transformers folder.  DataError where it is missing, or its tokens are not bytes."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        if all((folder / name).is_file() for name in FILES):
            return with_chat_tokens(read_gpt2_backend(folder), str(folder), _ends_of(folder))
        raise DataError(
            say(
                f"토크나이저가 없습니다: {path}. tokenizer.json이 있는 폴더를 쓰세요.",
                f"no tokenizer at {path}. Use a folder that has a tokenizer.json.",
            )
        )
    text = json.dumps(read_bounded_json(path))
    try:
        backend = Backend.from_str(text)
    except Exception as error:  # the library raises bare Exception for a malformed file
        raise DataError(
            say(
                f"토크나이저를 읽을 수 없습니다: {path} ({error})",
                f"cannot read the tokenizer {path} ({error})",
            )
        ) from error
    return with_chat_tokens(backend, str(path), _ends_of(folder))


def _ends_of(folder: Path) -> list[int]:
    """The ids that end an answer, by both files that may name them."""
    found: list[int] = []
    for path in (folder / "generation_config.json", folder / "config.json"):
        values = read_bounded_json(path) if path.is_file() else {}
        found += Fields(values if isinstance(values, dict) else {}, str(path)).integers("eos_token_id")
    return found


def with_chat_tokens(backend: Backend, where: str, ends: Iterable[int] = ()) -> Tokenizer:
    """Ours, of a byte-level BPE.  DataError for any other, and for ids with holes.

    ends: ids that end the model's answers.  Those that are no added tokens are passed over: a config that nobody set
    says 50256 or 2, whatever stands there.
    """
    described = json.loads(backend.to_str())
    if not isinstance(backend.model, models.BPE) or not _writes_bytes(described):
        raise DataError(
            say(
                f"{where}: 바이트 수준 BPE가 아닌 토크나이저는 아직 읽을 수 없습니다 (SentencePiece 등).",
                f"{where}: a tokenizer that is no byte-level BPE (SentencePiece, say) cannot be read yet.",
            )
        )
    ids = backend.get_vocab().values()
    if not ids or max(ids) + 1 != len(set(ids)):
        raise DataError(
            say(
                f"{where}: 토큰의 번호에 빈 곳이 있습니다.",
                f"{where}: there are holes between the token ids.",
            )
        )
    backend.no_truncation()
    backend.no_padding()
    there = special_ids(backend)
    # those that are there keep their ids, and become special where they were not: else a text could write them
    backend.add_special_tokens([backend.id_to_token(number) for number in there.values()])
    backend.add_special_tokens([name for name in SPECIAL_TOKENS if name not in there])
    known = {*special_ids(backend).values()}
    added = backend.get_added_tokens_decoder()
    own = [added[number].content for number in dict.fromkeys(ends) if number in added and number not in known]
    backend.add_special_tokens(own)
    return Tokenizer(backend, own)


def _writes_bytes(described: dict[str, Any]) -> bool:
    decoder = described.get("decoder") or {}
    kinds = [part.get("type") for part in decoder.get("decoders", [decoder])]
    return kinds == ["ByteLevel"]


def split_name(tokenizer: Tokenizer) -> str:
    """llama.cpp's name for how a tokenizer splits text.  DataError where it knows none."""
    described = json.loads(tokenizer.backend.to_str())
    splits = _splits_of(described.get("pre_tokenizer") or {})
    for name, known in (*_SPLITS.items(), ("superbpe", SUPERBPE_SPLIT)):
        if splits == known and described["model"]["type"] == "BPE":
            return name
    raise DataError(
        say(
            "이 토크나이저의 나누기는 llama.cpp가 모르는 것이라 GGUF로 내보낼 수 없습니다. --to hf로 내보내세요.",
            "llama.cpp does not know how this tokenizer splits text, so it cannot go to GGUF. Use --to hf.",
        )
    )


def _splits_of(described: dict[str, Any]) -> tuple[str, ...]:
    """As in _SPLITS; what is like none of them gives something that is not there."""
    found: list[str] = []
    for part in described.get("pretokenizers", [described]):
        if part.get("type") == "Split" and part.get("behavior") == "Isolated":
            found.append(part.get("pattern", {}).get("Regex", "?"))
        elif part.get("type") == "Digits" and part.get("individual_digits"):
            found.append("digits")
        elif part.get("type") == "ByteLevel" and not part.get("add_prefix_space"):
            found += [GPT2_SPLIT] if part.get("use_regex", True) else []
        else:
            found.append("?")
    return tuple(found)


def build_tokenizer(
    tokens: list[str],
    merges: list[str],
    split: str,
    *,
    special: list[int],
    own: list[int],
    where: str,
    ends: Iterable[int] = (),
) -> Tokenizer:
    """A GGUF file's tokenizer.  special, own: ids of tokens that merges do not make, and texts cannot or can write;
    ends: those that end an answer."""
    if split not in _SPLITS:
        raise DataError(
            say(
                f"{where}: 모르는 나누기입니다: {split!r}. 아는 것: {', '.join(_SPLITS)}.",
                f"{where}: unknown way to split text: {split!r}. Known ones: {', '.join(_SPLITS)}.",
            )
        )
    vocab = {token: number for number, token in enumerate(tokens)}
    if len(vocab) != len(tokens):
        raise DataError(say(f"{where}: 같은 토큰이 두 번 있습니다.", f"{where}: a token is there twice."))
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    try:
        model = models.BPE(vocab=vocab, merges=pairs, ignore_merges=split == "llama-bpe")
    except Exception as error:  # the library raises bare Exception for merges that are not in the vocabulary
        raise DataError(
            say(f"{where}: 토크나이저가 깨졌습니다 ({error}).", f"{where}: broken tokenizer ({error}).")
        ) from error
    backend = Backend(model)
    if split in ("qwen2", "superbpe"):
        backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.Sequence([*_pre_tokenizers(split)])
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([tokens[number] for number in special])
    backend.add_tokens([AddedToken(tokens[number], normalized=False) for number in own])
    return with_chat_tokens(backend, where, ends)


def _pre_tokenizers(split: str) -> list[pre_tokenizers.PreTokenizer]:
    parts = _SPLITS[split]
    made: list[pre_tokenizers.PreTokenizer] = []
    for part in parts:
        if part == "digits":
            made.append(pre_tokenizers.Digits(individual_digits=True))
        elif part != GPT2_SPLIT:
            made.append(pre_tokenizers.Split(Regex(part), "isolated"))
    return [*made, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=GPT2_SPLIT in parts)]

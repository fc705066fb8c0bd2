"""What a person can set of the tokenizer: the first section of a preset.  Without torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from nakochat.data.prepare import Corpus
from nakochat.data.tokenizer_texts import TokenizerTexts
from nakochat.data.weighted import parse_weighted
from nakochat.training.bounds import at_least, below_one
from nakochat.training.run_settings import CorpusSettings, RunSettings


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TokenizerSettings(CorpusSettings, RunSettings):
    """nako tok train"""

    corpus: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = ()
    """글 파일이나 폴더, 뒤에 :횟수 (kowiki.jsonl:2는 두 번씩, :0.5는 절반만). 기본: 마을. |
    Files or folders of text, with :TIMES behind it (kowiki.jsonl:2 is twice, :0.5 half).  Default: the village."""
    kind: Literal["bpe", "characters"] = "bpe"
    """bpe: 바이트 수준 BPE. characters: 글자(한글은 음절) 하나가 토큰 하나. |
    bpe: byte-level BPE.  characters: every character, of Hangul every syllable, is a token."""
    published: Path | None = None
    """학습하는 대신 쓸, 공개된 토크나이저의 폴더 (tokenizer.json이나 GPT-2의 encoder.json과 vocab.bpe). |
    Folder of a published tokenizer to use instead (tokenizer.json, or GPT-2's encoder.json and vocab.bpe)."""
    special: Literal["chatml", "classic"] = "chatml"
    """특수 토큰의 이름: chatml(<|im_start|> …)이나 classic(<pad> <unk> <bos> <eos>가 0~3번). |
    Names of special tokens: chatml (<|im_start|> ...), or classic (<pad> <unk> <bos> <eos> are 0 to 3)."""
    vocab_size: int = 4096
    """어휘의 토큰 수 (특수 토큰 포함). bpe에만. | Tokens of the vocabulary, special tokens included, if bpe."""
    characters: Annotated[int, Parameter(alias="--max-chars")] = 6_000_000
    """학습에 쓸 글자 수; 메모리 8 GB에 담기는 것보다 많으면 그만큼만 고르게 뽑습니다. |
    Characters to train on; of more than 8 GB of memory can hold, an even sample."""
    conversations: float = 0.5
    """그 가운데 마을의 대화에서 오는 비율. | Share of them that comes from the village's conversations."""
    phrases: float = 0.0
    """여러 낱말에 걸친 토큰의 비율; 0이면 모든 토큰이 낱말 안에 있고 숫자는 한 자리씩입니다. |
    Share of tokens that may span words; with 0 every token stays within a word and digits are single."""

    def __post_init__(self) -> None:
        RunSettings.__post_init__(self)
        CorpusSettings.__post_init__(self)
        at_least(1, self, "characters")
        below_one(self, "conversations", "phrases")

    @property
    def texts(self) -> TokenizerTexts:
        """What the tokenizer learns from.  A path of --corpus may have a weight: kowiki.jsonl:2."""
        return TokenizerTexts(
            sources=tuple(parse_weighted(str(path)) for path in self.corpus),
            column=self.column,
            encoding=self.encoding,
            seed=self.seed,
            conversations=self.conversations,
            tail=self.validation_tail,
            whole=self.kind == "characters",
            damage=self.damage,
        )

    @property
    def source(self) -> Corpus:
        """The same without weights, for what is held out."""
        paths = tuple(weighted.path for weighted in self.texts.sources)
        return self._corpus(paths)

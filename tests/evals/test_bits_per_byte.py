import math

import pytest
import torch
from torch import nn

from nakochat.core.errors import DataError
from nakochat.evals.bits_per_byte import bits_per_byte
from nakochat.text.tokenizer import Tokenizer

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(["안녕하세요. 무궁화 꽃이 피었어요."] * 3, 280)


class Uniform(nn.Module):
    """Every token equally likely; remembers the widest input."""

    widest = 0

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, ids):
        self.widest = max(self.widest, ids.shape[1])
        return torch.zeros(*ids.shape, self.size)


class Counting(nn.Module):
    """Gives probability 1/2 to the token after the one it sees, for ids that count upwards; else next to nothing."""

    def forward(self, ids):
        nats = torch.full((*ids.shape, 300), -50.0)
        nats[..., 299] = math.log(0.5)
        return nats.scatter(-1, ((ids + 1) % 299)[..., None], math.log(0.5))


class Numbers:
    """A tokenizer of one token per character, whose ids count upwards."""

    bos, vocab_size = 0, 300

    def encode_batch(self, texts):
        return [list(range(1, len(text) + 1)) for text in texts]


@pytest.mark.parametrize("context", [4, 7, 16, 1000])
def test_a_uniform_model_needs_log2_of_the_vocabulary_per_token(tokenizer, context):
    texts = ["안녕하세요.", "무궁화 꽃이 피었어요. " * 5, "a", ""]
    model = Uniform(tokenizer.vocab_size)
    found = bits_per_byte(model, tokenizer, texts, context=context, device=CPU)
    tokens = sum(len(tokenizer.encode(text)) for text in texts)
    size = sum(len(text.encode()) for text in texts)
    assert found.bits_per_byte == pytest.approx(tokens * math.log2(tokenizer.vocab_size) / size)
    assert found.bits_per_character == pytest.approx(found.bits_per_byte * size / len("".join(texts)))
    assert (found.bytes, found.characters) == (size, len("".join(texts)))
    assert model.widest <= context


@pytest.mark.parametrize("length", [1, 7, 8, 9, 12, 13, 100])
def test_every_token_of_a_long_text_is_predicted_once_from_what_stands_before_it(length):
    found = bits_per_byte(Counting(), Numbers(), ["a" * length], context=8, device=CPU)
    assert found.bits_per_byte == pytest.approx(1.0)


def test_windows_leave_at_least_half_a_context_before_a_token():
    seen = []

    class Watching(Uniform):
        def forward(self, ids):
            seen.extend(ids.tolist())
            return super().forward(ids)

    bits_per_byte(Watching(300), Numbers(), ["a" * 30], context=8, device=CPU)
    assert all(any(token - 1 in row[3:] for row in seen) for token in range(9, 31))


def test_decomposed_text_counts_as_what_the_model_reads(tokenizer):
    import unicodedata

    texts = ["안녕하세요."]
    model = Uniform(tokenizer.vocab_size)
    one = bits_per_byte(model, tokenizer, texts, context=64, device=CPU)
    decomposed = [unicodedata.normalize("NFD", text) for text in texts]
    assert bits_per_byte(model, tokenizer, decomposed, context=64, device=CPU) == one


@pytest.mark.parametrize("texts", [[], [""]])
def test_no_text_is_an_error(tokenizer, texts):
    with pytest.raises(DataError):
        bits_per_byte(Uniform(280), tokenizer, texts, context=8, device=CPU)


def test_the_share_of_tokens_that_were_the_likeliest(tokenizer):
    class Constant(Uniform):
        """Id 1 is the likeliest, everywhere."""

        def forward(self, ids):
            logits = super().forward(ids)
            logits[..., 1] = 1.0
            return logits

    found = bits_per_byte(Constant(300), Numbers(), ["가나다라", "가"], context=3, device=CPU)
    assert found.token_accuracy == pytest.approx(2 / 5)  # the first of each text, counted once

"""Where an answer ends."""

from tokenizers import Tokenizer as Backend

from nakochat.inference.answer import Answer
from nakochat.inference.request import Request
from nakochat.inference.untrained import untrained_tokenizer
from nakochat.text.tokenizer import Tokenizer


def finish(tokenizer, token, **options):
    request = Request(prompt=[tokenizer.bos], **options)
    return Answer(0, request, 99, tokenizer, ()).take(token, None)[0].finish


def test_the_end_of_a_turn_the_next_text_and_a_models_own_ends_end_an_answer():
    backend = Backend.from_str(untrained_tokenizer().backend.to_str())
    backend.add_special_tokens(["<|end_of_text|>", "<|eot_id|>"])
    t = Tokenizer(backend, ends=["<|end_of_text|>", "<|eot_id|>"])
    assert len(t.ends) == 4
    for token in t.ends:
        assert finish(t, token) == "stop"
        assert finish(t, token, stop_ids=frozenset()) is None
    assert finish(t, t.encode("a")[0]) is None

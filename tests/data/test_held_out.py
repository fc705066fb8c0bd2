import pytest

from nakochat.core.errors import DataError
from nakochat.data.held_out import VALIDATION_SHARE, held_out_below, place
from nakochat.data.prepare import Corpus, validation_texts
from nakochat.data.tokenizer_texts import TokenizerTexts
from nakochat.data.weighted import Weighted

TEXTS = [f"문서 {number}" for number in range(2000)]
HIGH = [text for text in TEXTS if place(text) >= VALIDATION_SHARE]


def test_a_place_follows_from_the_text_alone():
    places = [place(text) for text in TEXTS]
    assert places == [place(text) for text in TEXTS]
    assert 0 <= min(places) < max(places) < 1
    assert 10 <= sum(at < VALIDATION_SHARE for at in places) <= 30


def test_a_large_corpus_holds_out_its_share_and_is_not_read_to_its_end():
    documents = iter(TEXTS)
    assert held_out_below(documents) == VALIDATION_SHARE
    assert next(documents)


@pytest.mark.parametrize("count", [2, 3, 30])
def test_a_small_corpus_holds_out_exactly_one_whatever_the_order(count):
    few = HIGH[:count]
    below = held_out_below(few)
    assert below == held_out_below(reversed(few))
    assert [text for text in few if place(text) < below] == [min(few, key=place)]


@pytest.mark.parametrize("documents", [[], HIGH[:1], HIGH[:1] * 3])
def test_a_single_document_is_never_held_out(documents):
    assert held_out_below(documents) == 0


def test_what_a_small_corpus_holds_out_is_never_trained_on(tmp_path):
    path = tmp_path / "글.txt"
    path.write_text("\n\n".join(f"{number} " + "가나다라 " * 4000 for number in range(9)), encoding="utf-8")
    corpus = Corpus(paths=(path,))
    (kept,) = [text for text in corpus.documents() if place(text) < corpus.held_out_below]
    assert validation_texts(corpus, 0) == [kept[:20_000]]
    learned = list(TokenizerTexts(sources=(Weighted(path, 1),), conversations=0).read(10**6))
    assert kept not in learned
    assert len(learned) == len(list(corpus.documents())) - 1


def test_a_corpus_of_one_document_is_refused(tmp_path):
    path = tmp_path / "글.txt"
    path.write_text("짧은 글", encoding="utf-8")
    with pytest.raises(DataError, match="64 KB"):
        validation_texts(Corpus(paths=(path,)), 0)

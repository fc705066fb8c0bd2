import json

import pytest

from nakochat.core.errors import DataError
from nakochat.data.held_out import VALIDATION_SHARE, place
from nakochat.data.prepare import Corpus
from nakochat.data.tokenizer_texts import TokenizerTexts
from nakochat.data.village.village import Village
from nakochat.data.weighted import Weighted


def corpus(tmp_path, name, documents, letter="가"):
    path = tmp_path / f"{name}.jsonl"
    rows = (json.dumps({"text": f"{name} {n:06} {letter * 40}"}) for n in range(documents))
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def of(*sources, **options):
    return TokenizerTexts(sources=sources, **{"conversations": 0.0, **options})


def held_out(texts):
    return [text for text in texts if place(text) < VALIDATION_SHARE]


def documents(path):
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


def characters(texts):
    return sum(map(len, texts))


def test_the_village_gives_half_texts_and_half_conversations():
    texts = list(TokenizerTexts().read(4000))
    assert 4000 <= characters(texts) < 5000
    assert texts[0] == Village(0).text(0)
    assert Village(0).exercise(0).messages[0].text in texts
    only = list(TokenizerTexts(conversations=0.0).read(4000))
    assert not {Village(0).exercise(0).messages[0].text} & set(only)
    assert list(TokenizerTexts(seed=1).read(4000)) != texts


def test_a_small_corpus_is_read_whole_but_for_what_is_held_out(tmp_path):
    path = corpus(tmp_path, "글", 400)
    texts = of(Weighted(path))
    found = list(texts.read(10**9))
    every = documents(path)
    kept = held_out(every)
    assert kept
    assert found == [text for text in every if text not in kept]
    assert texts.available == characters(found)


def test_a_part_is_spread_over_every_source_in_its_share(tmp_path):
    large, small = corpus(tmp_path, "큰", 3000), corpus(tmp_path, "작은", 1000)
    found = list(of(Weighted(large), Weighted(small)).read(40_000))
    assert 36_000 < characters(found) < 44_000
    from_small = [text for text in found if text.startswith("작은")]
    assert 0.2 < len(from_small) / len(found) < 0.3  # a quarter of the documents
    numbers = [int(text.split()[1]) for text in found if text.startswith("큰")]
    assert min(numbers) < 150
    assert max(numbers) > 2850


def test_a_smaller_part_lies_within_a_larger_one(tmp_path):
    texts = of(Weighted(corpus(tmp_path, "글", 1000)))
    few, many = list(texts.read(5000)), list(texts.read(20_000))
    assert len(few) < len(many)
    assert set(few) < set(many)


def test_a_weight_says_how_often_a_document_comes(tmp_path):
    path, other = corpus(tmp_path, "글", 300), corpus(tmp_path, "딴글", 300)
    found = list(of(Weighted(path, 2.5), Weighted(other, 0.5)).read(10**9))
    counts = [found.count(text) for text in documents(path) if place(text) >= VALIDATION_SHARE]
    assert set(counts) == {2, 3}
    assert 2.4 < sum(counts) / len(counts) < 2.6
    others = sum(text.startswith("딴글") for text in found)
    assert 120 < others < 180


def test_a_weight_holds_in_a_part_too(tmp_path):
    path, other = corpus(tmp_path, "글", 2000), corpus(tmp_path, "딴글", 2000)
    found = list(of(Weighted(path, 3.0), Weighted(other)).read(40_000))
    assert 36_000 < characters(found) < 44_000
    assert 0.7 < sum(text.startswith("글") for text in found) / len(found) < 0.8


def test_conversations_keep_their_share_of_a_corpus_too_small_for_the_budget(tmp_path):
    path = corpus(tmp_path, "글", 300)
    found = list(of(Weighted(path), conversations=0.25).read(10**9))
    texts = characters(text for text in found if text.startswith("글"))
    assert 0.24 < 1 - texts / characters(found) < 0.32


def test_a_corpus_without_a_training_part_says_so(tmp_path):
    number = next(n for n in range(10**6) if place(f"글 {n}") < VALIDATION_SHARE)
    path = tmp_path / "one.txt"
    path.write_text(f"글 {number}", encoding="utf-8")
    with pytest.raises(DataError, match="너무 작습니다"):
        list(of(Weighted(path)).read(1000))


def test_a_tail_that_is_held_out_is_never_learned(tmp_path):
    """It is that of all sources together, of a file that two of them name too."""
    first, last = corpus(tmp_path, "글", 100), corpus(tmp_path, "딴글", 100, letter="나")
    held = Corpus(paths=(first, last), tail=0.3)
    texts = of(Weighted(first), Weighted(last, 2.0), Weighted(last), tail=0.3)
    found = list(texts.read(10**9))
    learned = list(held.training())
    ends = [text for text in learned if text.startswith("딴글")]
    assert found == [*documents(first), *(text for text in ends for _ in range(2)), *ends]
    assert texts.available == characters(found)
    assert not set(found) & set(held.held_out())
    (tmp_path / "blank.txt").write_text("\n \n", encoding="utf-8")  # which a folder may hold
    assert list(of(Weighted(tmp_path), tail=0.3).read(10**9)) == list(
        Corpus(paths=(tmp_path,), tail=0.3).training()
    )
    assert len(list(of(Weighted(last), tail=0.3, whole=True).read(10**9))) == 100

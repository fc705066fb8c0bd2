import dataclasses
import json
from concurrent.futures import Future

import numpy as np
import pytest

from nakochat.core.errors import CheckpointError, DataError
from nakochat.core.files import is_whole
from nakochat.data import prepare, sample
from nakochat.data.corpus.damage import Damage
from nakochat.data.prepare import (
    Corpus,
    prepare_stage,
    prepare_validation,
    stored_validation,
    validation_texts,
)
from nakochat.data.shards.shard import TokenShard
from nakochat.data.tokenizer_texts import TokenizerTexts
from nakochat.data.village.village import Village
from nakochat.data.weighted import Weighted
from nakochat.text.conversation import render
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train([Village(0).text(number) for number in range(40)], 400)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(prepare, "SMALL_CHUNK", 5)


def prepared(folder, tokenizer, *, stage="mid", corpus=None, text=2000, chat=1500, seed=0, **settings):
    if not (folder / "tokenizer").exists():
        tokenizer.save(folder / "tokenizer")
    prepare_stage(
        folder / "data",
        stage,
        tokenizer,
        corpus=corpus or Corpus(),
        seed=seed,
        text_tokens=text,
        chat_tokens=chat,
        **settings,
    )
    shards = {}
    for kind in ("text", "chat"):
        if (folder / "data" / stage / kind).exists():
            shards[kind] = TokenShard.load(folder / "data" / stage / kind, tokenizer_hash=tokenizer.hash)
    return shards


def test_the_shard_is_the_same_whoever_makes_it(tmp_path, tokenizer, monkeypatch):
    """This process, one worker, two workers."""
    monkeypatch.setattr(
        prepare, "CHUNK", 10
    )  # what a spawned worker imports keeps its own; the numbers do not
    shards = []
    for workers in (0, 1, 2):
        monkeypatch.setattr(prepare, "FEW", 0 if workers else 10**6)
        monkeypatch.setattr(prepare.os, "cpu_count", lambda n=workers: n)
        shards.append(prepared(tmp_path / str(workers), tokenizer, text=0, chat=60_000)["chat"])
    assert len(shards[0]) > prepare.CHUNK  # else one chunk holds all, and its order is no question
    for shard in shards[1:]:
        assert np.array_equal(shards[0].ids, shard.ids)
        assert np.array_equal(shards[0].ends, shard.ends)


def test_shards_hold_the_documents_in_order_and_stop_at_the_budget(tmp_path, tokenizer):
    shards = prepared(tmp_path, tokenizer)
    for kind, tokens in (("text", 2000), ("chat", 1500)):
        shard = shards[kind]
        assert (
            shard.bounds(len(shard) - 1)[0] < tokens <= shard.tokens
        )  # the last document is the one that fills it
        assert (shard.scored is None) == (kind == "text")
        starts = [shard.bounds(n)[0] for n in range(len(shard))]
        assert (shard.ids[starts] == tokenizer.bos).all()
    village = Village(0)
    for number in (0, 4, 5, 7):  # over the border of two chunks
        start, end = shards["text"].bounds(number)
        text = village.text(prepare.OFFSETS["mid"] + number)
        assert shards["text"].ids[start + 1 : end].tolist() == tokenizer.encode(text)
    assert shards["chat"].scored is not None
    assert 0 < shards["chat"].scored.mean() < 1


def test_a_budget_is_not_spent_on_conversations_that_are_longer_than_the_context(tmp_path, tokenizer):
    longest = 97
    village = Village(0)
    rendered = [
        render(tokenizer, village.exercise(prepare.OFFSETS["mid"] + number).messages)[0]
        for number in range(90)
    ]
    shard = prepared(tmp_path, tokenizer, text=0, context=longest - 1)["chat"]
    fitting = [ids for ids in rendered if len(ids) <= longest][: len(shard)]
    assert shard.ids.tolist() == [token for ids in fitting for token in ids]
    assert shard.bounds(len(shard) - 1)[0] < 1500 <= shard.tokens
    looked_at = rendered.index(fitting[-1]) + 1
    assert shard.about["too_long"] == looked_at - len(shard) > 0
    wide = prepared(tmp_path, tokenizer, text=0, context=10**6)["chat"]  # another context is made anew
    assert np.array_equal(wide.ids, prepared(tmp_path / "other", tokenizer, text=0)["chat"].ids)
    assert "too_long" not in wide.about
    resumed = prepared(tmp_path, tokenizer, text=0, context=longest - 1, keep=True)["chat"]
    assert resumed.identity == wide.identity


def test_where_no_conversation_fits_none_is_looked_for_without_end(tmp_path, tokenizer):
    shard = prepared(tmp_path, tokenizer, text=0, chat=1000, context=8)["chat"]
    assert len(shard) == 0
    assert shard.about["too_long"] > 20


def test_stages_and_seeds_have_documents_of_their_own(tmp_path, tokenizer):
    base = prepared(tmp_path, tokenizer, stage="base", chat=0)["text"]
    mid = prepared(tmp_path, tokenizer, stage="mid", chat=0)["text"]
    other = prepared(tmp_path / "other", tokenizer, stage="base", chat=0, seed=1)["text"]
    assert not np.array_equal(base.ids[:500], mid.ids[:500])
    assert not np.array_equal(base.ids[:500], other.ids[:500])


def test_what_is_there_whole_is_not_made_again(tmp_path, tokenizer, monkeypatch):
    before = prepared(tmp_path, tokenizer)

    def never(*arguments):
        raise AssertionError("made again")

    monkeypatch.setattr(prepare, "_village_documents", never)
    after = prepared(tmp_path, tokenizer)
    assert np.array_equal(before["chat"].ids, after["chat"].ids)
    assert is_whole(tmp_path / "data" / "mid" / "text")


@pytest.mark.parametrize("changes", [{"seed": 1}, {"text": 3000}, {"corpus": True}])
def test_what_was_made_from_something_else_is_made_again_but_for_a_resume(tmp_path, tokenizer, changes):
    if changes.get("corpus"):
        changes = {"corpus": corpus_of(tmp_path, 60)}
    first = prepared(tmp_path, tokenizer, chat=0)["text"]
    kept = prepared(tmp_path, tokenizer, chat=0, keep=True, **changes)["text"]
    assert kept.identity == first.identity
    other = prepared(tmp_path, tokenizer, chat=0, **changes)["text"]
    assert not np.array_equal(other.ids[:500], first.ids[:500]) or len(other.ids) > len(first.ids)
    again = prepared(tmp_path, tokenizer, chat=0)["text"]
    assert again.identity == first.identity  # the same documents, the same name


def test_what_says_nothing_of_itself_is_made_again(tmp_path, tokenizer):
    first = prepared(tmp_path, tokenizer, chat=0)["text"]
    (tmp_path / "data" / "mid" / "text" / "about.json").write_text("[]")
    assert prepared(tmp_path, tokenizer, chat=0)["text"].identity == first.identity


def test_a_corpus_that_changed_under_its_name_is_read_again(tmp_path, tokenizer):
    corpus = corpus_of(tmp_path, 60)
    first = prepared(tmp_path, tokenizer, corpus=corpus, text=5000, chat=0)["text"]
    corpus_of(tmp_path, 70)
    assert len(prepared(tmp_path, tokenizer, corpus=corpus, text=5000, chat=0)["text"]) > len(first)


def test_work_that_nobody_waits_for_is_cancelled(tmp_path, tokenizer, monkeypatch):
    given = []

    class Pool:
        def __init__(self, *arguments):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def submit(self, function, *arguments):
            given.append(Future())
            if len(given) == 1:
                given[0].set_result([([1] * 10, None)])
            return given[-1]

    monkeypatch.setattr(prepare, "FEW", 0)
    monkeypatch.setattr(prepare, "worker_pool", Pool)
    documents = prepare._village_documents("text", "mid", tmp_path, 0, 1000)
    next(documents)
    documents.close()  # as Ctrl-C does
    assert len(given) > 1
    assert all(future.cancelled() for future in given[1:])


def test_the_held_out_texts_of_a_run_stay_what_its_base_was_measured_on(tmp_path):
    village, corpus = Corpus(), corpus_of(tmp_path)
    with pytest.raises(CheckpointError, match=r"validation\.json"):
        stored_validation(tmp_path)
    prepare_validation(tmp_path, village, 0, keep=False)
    first = stored_validation(tmp_path)
    assert first == validation_texts(village, 0)
    when = (tmp_path / "validation.json").stat().st_mtime_ns
    prepare_validation(tmp_path, village, 0, keep=False)
    prepare_validation(tmp_path, corpus, 0, keep=True)
    assert (tmp_path / "validation.json").stat().st_mtime_ns == when
    prepare_validation(tmp_path, corpus, 0, keep=False)
    assert stored_validation(tmp_path) == validation_texts(corpus, 0)


def corpus_of(folder, count=2500):
    path = folder / "corpus.jsonl"
    rows = (
        json.dumps({"text": f"문서 {n}번입니다. 이 글은 {n * 7919 % 1000}에 대한 글이에요."})
        for n in range(count)
    )
    path.write_text("\n".join(rows), encoding="utf-8")
    return Corpus(paths=(path,))


def test_training_never_sees_what_is_held_out_of_a_corpus(tmp_path, tokenizer):
    corpus = corpus_of(tmp_path)
    held_out = set(validation_texts(corpus, 0))
    every = set(corpus.documents())
    assert 5 < len(held_out) < 60  # about a hundredth
    assert held_out < every
    shard = prepared(tmp_path, tokenizer, stage="base", corpus=corpus, text=10**6, chat=0)["text"]
    trained = {tokenizer.decode(shard.ids[slice(*shard.bounds(n))]) for n in range(len(shard))}
    assert trained == every - held_out  # a budget above the corpus takes all the rest
    for_tokenizer = list(TokenizerTexts(sources=(Weighted(corpus.paths[0]),)).read(20_000))
    assert not held_out & set(for_tokenizer)
    assert len(every & set(for_tokenizer)) > 50


def numbers_of(shard, tokenizer):
    texts = [tokenizer.decode(shard.ids[slice(*shard.bounds(n))]) for n in range(len(shard))]
    return [int(text.split("번")[0].removeprefix("문서 ")) for text in texts]


@pytest.mark.parametrize("pilot", [1, 500])
def test_a_part_of_a_corpus_is_spread_over_it_and_differs_by_stage(tmp_path, tokenizer, monkeypatch, pilot):
    """However many characters a token has, and however badly that was estimated."""
    monkeypatch.setattr(sample, "PILOT", pilot)
    corpus = corpus_of(tmp_path)
    taken = {}
    for stage in ("base", "mid"):
        shard = prepared(tmp_path, tokenizer, stage=stage, corpus=corpus, text=20_000, chat=0)["text"]
        assert 20_000 <= shard.tokens < 20_100  # a document is shorter
        numbers = numbers_of(shard, tokenizer)
        assert numbers == sorted(set(numbers))
        assert 0.4 < sum(number < 1250 for number in numbers) / len(numbers) < 0.6
        assert max(numbers) > 2450
        taken[stage] = set(numbers)
    assert len(taken["base"] & taken["mid"]) < 0.6 * len(taken["base"])


def test_a_larger_part_of_a_corpus_holds_the_smaller(tmp_path, tokenizer):
    corpus = corpus_of(tmp_path)
    small, large = (
        set(numbers_of(prepared(tmp_path, tokenizer, corpus=corpus, text=n, chat=0)["text"], tokenizer))
        for n in (4_000, 9_000)
    )
    assert small < large


def test_a_corpus_that_begins_with_long_words_is_drawn_from_as_evenly(tmp_path, tokenizer):
    """Its first half has a character a token, its second four."""
    path = tmp_path / "a.jsonl"
    texts = [f"문서 {n}번 " + ("q8Z#" * 10 if n < 1000 else "토끼" * 20) for n in range(2000)]
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    shard = prepared(tmp_path, tokenizer, corpus=Corpus(paths=(path,)), text=15_000, chat=0)["text"]
    numbers = numbers_of(shard, tokenizer)
    assert 15_000 <= shard.tokens < 15_200
    assert 0.4 < sum(number < 1000 for number in numbers) / len(numbers) < 0.6


def test_what_an_older_rule_divided_is_made_again_but_for_the_village(tmp_path, tokenizer):
    corpus = corpus_of(tmp_path, 300)
    for source, remade in ((corpus, True), (Corpus(), False)):
        first = prepared(tmp_path, tokenizer, corpus=source, chat=0)["text"]
        older = {name: value for name, value in first.about.items() if name != "held_out_rule"}
        dataclasses.replace(first, about=older).save(tmp_path / "data" / "mid" / "text")
        kept = prepared(tmp_path, tokenizer, corpus=source, chat=0, keep=True)["text"]
        assert "held_out_rule" not in kept.about  # a resume goes on in what it began with
        again = prepared(tmp_path, tokenizer, corpus=source, chat=0)["text"]
        assert ("held_out_rule" in again.about) == remade


def test_the_split_does_not_hang_on_the_order_of_documents(tmp_path):
    corpus = corpus_of(tmp_path)
    path = corpus.paths[0]
    before = set(validation_texts(corpus, 0))
    path.write_text("\n".join(reversed(path.read_text(encoding="utf-8").split("\n"))), encoding="utf-8")
    assert set(validation_texts(corpus, 0)) == before


def test_a_corpus_too_small_to_hold_anything_out_says_so(tmp_path):
    (tmp_path / "one.txt").write_text("글 하나", encoding="utf-8")
    with pytest.raises(DataError):
        validation_texts(Corpus(paths=(tmp_path / "one.txt",)), 0)


def test_a_shard_of_another_tokenizer_is_refused(tmp_path, tokenizer):
    prepared(tmp_path, tokenizer, chat=0)
    with pytest.raises(DataError):
        TokenShard.load(tmp_path / "data" / "mid" / "text", tokenizer_hash="other")


def test_the_end_of_a_corpus_can_be_held_out_as_one_piece(tmp_path):
    text = "".join(chr(ord("가") + number % 5000) for number in range(30_000))
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"text": text[at : at + 7000]}) + "\n" for at in range(0, 30_000, 7000)),
        encoding="utf-8",
    )
    corpus = Corpus(paths=(tmp_path / "a.jsonl",), tail=0.9)
    assert "".join(corpus.training()) == text[:3000]
    assert "".join(validation_texts(corpus, 0)) == text[3000:]
    few = Corpus(paths=(tmp_path / "a.jsonl",), tail=0.1)
    assert "".join(few.training()) == text[:27_000]
    assert "".join(few.held_out()) == text[27_000:]
    data = tmp_path / "data"
    prepare_validation(data, few, 0, keep=False)
    prepare_validation(data, corpus, 0, keep=False)  # another share is another measurement
    assert "".join(stored_validation(data)) == text[3000:]


def test_a_stage_counts_the_lines_of_its_corpus_that_it_could_not_read(tmp_path, tokenizer):
    path = tmp_path / "a.jsonl"
    rows = [json.dumps({"text": Village(0).text(n)}) for n in range(300)]
    rows.insert(100, "{")
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(DataError, match=r"101번째 줄.*--damaged-data skip"):
        prepared(tmp_path / "run", tokenizer, corpus=Corpus(paths=(path,), damage=Damage("stop")), chat=0)
    corpus = Corpus(paths=(path,), damage=Damage("skip"))
    shard = prepared(tmp_path / "run", tokenizer, corpus=corpus, chat=0)["text"]
    assert (len(shard) > 0, shard.about["damaged_lines"]) == (True, 1)
    assert "damaged_lines" not in prepared(tmp_path / "village", tokenizer, chat=0)["text"].about

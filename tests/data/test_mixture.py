"""Sets named by --data -> sources, held-out texts and a record of what was cleaned."""

import pytest

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import read_json
from nakochat.core.paths import set_folder
from nakochat.data.batches import PackedBatches
from nakochat.data.corpus.files import find_files
from nakochat.data.mixture import prepare_set_validation, record_sets, resolve_sets, text_sources
from nakochat.data.shards.set_writer import Preparation, prepare_part
from nakochat.data.shards.token_set import TokenSet, find_set
from nakochat.data.shards.tokenising import Reading, SourceFile
from nakochat.data.village.village import Village
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    Tokenizer.train([Village(0).text(number) for number in range(40)], 400).save(folder)
    return folder


@pytest.fixture
def make(tmp_path, tokenizer):
    def made(name, lines, *, parts=1):
        path = tmp_path / f"{name}.csv"
        path.write_text("text\n" + "\n".join(lines), encoding="utf-8")
        files = (SourceFile(file=find_files([path])[0], source=0),)
        made_from = Preparation(reading=Reading(files=files), sources=(name,), tokenizer=tokenizer)
        prepare_part(set_folder(name), made_from, 1, 1, lambda progress: None)
        return TokenSet.load(set_folder(name))

    return made


def sources_of(tokenizer, *named, tokens=None, tokenizer_hash=None):
    own = Tokenizer.load(tokenizer).hash
    return text_sources(named, tokenizer_hash=tokenizer_hash or own, tokens=tokens, verify=True)


def numbered(word, count):
    return [f"{word} {number}번째 글이에요." for number in range(count)]


def test_weights_say_how_often_a_document_comes_in_an_epoch(make, tokenizer):
    make("a", numbered("가", 30))
    make("b", numbered("나", 40))
    sources = sources_of(tokenizer, "a:2", "b:0.5")
    batches = PackedBatches(sources, rows=4, length=32, pad=0, seed=0)
    assert len(batches._order) == 2 * len(sources[0].shard) + round(len(sources[1].shard) / 2)
    batches.step()
    figures = batches.figures()
    assert figures["epochs_of_a"] == pytest.approx(4 * figures["epochs_of_b"], rel=0.05)


def test_beside_conversations_the_texts_take_their_share_of_tokens(make, tokenizer):
    a, b = make("a", numbered("가", 300)), make("b", numbered("나", 300))
    sources = sources_of(tokenizer, "a:3", "b", tokens=1000)
    taken = [source.weight * made.tokens for source, made in zip(sources, (a, b), strict=True)]
    assert sum(taken) == pytest.approx(1000)
    assert taken[0] / a.tokens == pytest.approx(3 * taken[1] / b.tokens)


def test_a_set_is_named_or_a_path_and_no_other_thing(make, tokenizer, tmp_path):
    make("a", numbered("가", 30))
    assert (
        sources_of(tokenizer, str(set_folder("a")))[0].shard.identity
        == TokenSet.load(set_folder("a")).identity
    )
    (tmp_path / "text.txt").write_text("글", encoding="utf-8")
    for wrong in ("nowhere", str(tmp_path / "text.txt"), str(tmp_path)):
        with pytest.raises(DataError, match="nako data prepare"):
            sources_of(tokenizer, wrong)


def test_a_set_of_another_tokenizer_is_refused(make, tokenizer):
    make("a", numbered("가", 30))
    with pytest.raises(DataError, match="--tokenizer"):
        sources_of(tokenizer, "a", tokenizer_hash="other")


def test_the_settings_hold_a_path_in_full_and_a_set_once(make, tmp_path, monkeypatch):
    make("a", numbered("가", 30))
    monkeypatch.chdir(tmp_path)
    assert resolve_sets(["a:2", "x/b"]) == ("a:2", f"{tmp_path}/x/b:1")
    monkeypatch.chdir(set_folder("a").parent)
    assert resolve_sets(["a:2"]) == (f"{set_folder('a')}:2",)
    with pytest.raises(ConfigError, match="a:2"):
        resolve_sets(["a", "./a:3"])
    with pytest.raises(ConfigError, match="a:0"):
        resolve_sets(["a:0"])


def test_held_out_texts_come_from_every_set_in_turn_and_stay(make, tokenizer, tmp_path):
    make("a", numbered("가", 900))
    make("b", numbered("나", 900))
    sources = sources_of(tokenizer, "a", "b")
    prepare_set_validation(tmp_path, sources, keep=False)
    texts = read_json(tmp_path / "validation.json")
    assert {text[0] for text in texts[:2]} == {"가", "나"}
    assert sorted(texts) == sorted(sources[0].shard.held_out() + sources[1].shard.held_out())
    prepare_set_validation(tmp_path, sources[:1], keep=True)
    assert read_json(tmp_path / "validation.json") == texts


def test_sets_without_held_out_texts_say_so(make, tokenizer, tmp_path):
    make("a", numbered("가", 2))
    with pytest.raises(DataError, match="평가용"):
        prepare_set_validation(tmp_path, sources_of(tokenizer, "a"), keep=False)


def test_what_was_cleaned_away_is_written_down(make, tokenizer, tmp_path):
    made = make("a", [*numbered("가", 30), *numbered("가", 5)])
    record_sets(tmp_path, "base", sources_of(tokenizer, "a:2"))
    (row,) = read_json(tmp_path / "base" / "sets.json")["sets"]
    assert row["counts"]["a"]["exact_duplicates"] == 5
    assert (row["source"], row["weight"], row["tokens"]) == ("a", 2, made.tokens)
    assert find_set(set_folder("a")).name == row["set"]

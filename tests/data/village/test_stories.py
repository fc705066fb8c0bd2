"""The village's texts: whole, in one level, with the right particles, in many skeletons, and the same every time."""

import re
from collections import Counter
from itertools import takewhile

import pytest

from nakochat.core.josa import josa
from nakochat.data.village import daily, descriptions, particles, stories, weaving, words
from nakochat.data.village.scene import Scene, held_out
from nakochat.data.village.telling import Teller, steps

TEXTS = stories.TEXTS | descriptions.TEXTS | daily.TEXTS | weaving.TEXTS | particles.TEXTS
KINDS = sorted(TEXTS)
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_MARKUP = set("<>[]{}|@%^▽○_")


def _documents(kind: str, count: int, **options: bool) -> list[str]:
    return [TEXTS[kind](Scene(kind, number, **options)) for number in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_whole(kind: str) -> None:
    for text in _documents(kind, 100):
        assert not _MARKUP & set(text), text
        assert "  " not in text
        assert " ." not in text
        assert " ," not in text
        assert text == text.strip()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_scene_tells_the_same(kind: str) -> None:
    assert _documents(kind, 20) == _documents(kind, 20)
    assert len(set(_documents(kind, 20))) > 15


@pytest.mark.parametrize("kind", KINDS)
def test_masking_keeps_the_form(kind: str) -> None:
    for text, skeleton in zip(_documents(kind, 50), _documents(kind, 50, masked=True), strict=True):
        assert "○" in skeleton or "▽" in skeleton
        assert len(_SENTENCE.split(text)) == len(_SENTENCE.split(skeleton))


@pytest.mark.parametrize("kind", KINDS)
def test_object_particles_fit_the_nouns_before_them(kind: str) -> None:
    """An independent look at the finished text: any known noun before 을/를/과/와/으로/로."""
    seen = 0
    for text in _documents(kind, 80):
        for token in re.findall(r"[가-힣]+", text):
            for particle in ("을", "를", "과", "와", "으로", "로"):
                noun = token.removesuffix(particle)
                if noun == token or len(noun) < 2 or noun not in words.nouns() or token in words.nouns():
                    continue
                if particle == "로" and noun.endswith("으"):
                    continue
                seen += 1
                assert token == josa(noun, particle), (token, text)
    assert seen > 40


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.startswith(("story", "describe", "everyday"))]
)
def test_narration_keeps_one_level(kind: str) -> None:
    for text in _documents(kind, 80):
        told = re.sub(r"[“‘][^”’]*[”’]", "", text)
        words_at_end = re.findall(r"\S+(?=[.?])", told)
        polite = [word for word in words_at_end if word.endswith(("요", "니다"))]
        plain = [word for word in words_at_end if word.endswith("다") and not word.endswith("니다")]
        assert not (polite and plain), text


def test_stories_have_plots_of_some_length() -> None:
    assert len(stories.TEXTS) >= 10
    for kind in stories.TEXTS:
        counts = [len(re.findall(r"[.?!]", text)) for text in _documents(kind, 50)]
        assert min(counts) >= 5
        assert max(counts) <= 20


def test_there_are_many_skeletons_and_none_is_frequent() -> None:
    skeletons: Counter[str] = Counter()
    for kind in KINDS:
        for text in _documents(kind, 400 if kind in ("everyday", "particles") else 60, masked=True):
            skeletons.update(_SENTENCE.split(text))
    total = sum(skeletons.values())
    assert len(skeletons) >= 3_000
    assert skeletons.most_common(1)[0][1] / total < 0.005


def test_patterns_choose_and_take_a_level() -> None:
    cast = {"act": words.TRANSITIVE[0][0][0]}
    polite = {Teller(Scene("t", n), cast).tell("<가|나>는 {act:었@}.") for n in range(20)}
    assert polite == {"가는 먹었어요.", "나는 먹었어요."}
    assert Teller(Scene("t", 0), cast, plain=True).tell("잘 {act:[어요|는다]}.") == "잘 먹는다."


def test_a_pattern_that_is_not_whole_is_an_error() -> None:
    with pytest.raises(ValueError, match="< without >"):
        Teller(Scene("t", 0)).tell("<가|나")
    with pytest.raises(ValueError, match="not whole"):
        Teller(Scene("t", 0)).tell("[해요]")


def test_optional_steps_are_sometimes_left_out() -> None:
    plot = steps("가.\n\n?나.\n\n다.")
    told = {Teller(Scene("t", number)).tell_steps(plot) for number in range(40)}
    assert told == {"가. 나. 다.", "가. 다."}


def test_josa_pairs_differ_in_the_particle_only_and_use_held_out_nouns() -> None:
    ends: Counter[str] = Counter()
    for number in range(300):
        left, right, wrong = particles.josa_pair(Scene("josa", number, split="test"))
        noun = left.split()[-1]
        assert held_out("nonce", noun)
        assert right != wrong
        pairs = zip(reversed(right), reversed(wrong), strict=False)
        same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        assert max(len(right), len(wrong)) - same <= 4
        particle = right.split()[0].rstrip(".?")
        ends[particle] += 1
        assert noun + right.split()[0] == josa(noun, particle) + right.split()[0][len(particle) :]
    assert sum(ends[form] for form in ("로", "으로")) > 20
    assert {"은", "는", "이", "가", "을", "를", "과", "와", "이에요", "예요"} <= set(ends)


def test_training_text_uses_every_pair_after_nonce_nouns_and_signs() -> None:
    text = "\n".join(_documents("particles", 400))
    for form in "은 는 이 가 을 를 과 와 으로 로 이라고 라고 이나 나".split():
        assert re.search(rf"[가-힣]{form} ", text)
    assert re.search(r"\d(을|를|은|는|이|가|과|와) ", text)
    assert re.search(r"[A-Z](을|를|은|는|이|가|과|와) ", text)


def test_what_ends_in_either_level_is_a_stem_that_takes_both_endings():
    """었, 있, 없: 었어요 and 었다.  Of 크 and 좋 they would make 크어요 and 좋어요."""
    stems = re.findall(r"([가-힣])@", " ".join(part for frame in particles.JOSA_FRAMES for part in frame))
    assert len(stems) > 100
    assert {stem for stem in stems if (ord(stem) - ord("가")) % 28 not in (18, 20)} == set()

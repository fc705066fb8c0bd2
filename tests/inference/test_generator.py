"""The door for Python programs: a run's folder and a prompt give a list of texts."""

import pytest

from nakochat.core.errors import CheckpointError, ConfigError, DataError
from nakochat.core.paths import run_folder
from nakochat.inference import TextGenerator
from nakochat.text.tokenizer import Tokenizer
from tests.interop.test_hf import CONFIGS, make_run


@pytest.fixture(autouse=True)
def run(nako_home):
    make_run("my", CONFIGS["gpt2"])
    return run_folder("my")


def test_a_prompt_gives_a_list_of_texts_that_begin_with_it(run):
    for path in (run, run / "sft", str(run)):
        generator = TextGenerator(model_path=path, tokenizer_path=run / "tokenizer", dtype="float32")
        made = generator.generate("강가에는 새가", max_length=8, temperature=0.9, top_p=0.9)
        assert len(made) == 1
        assert made[0].startswith("강가에는 새가")
    several = generator.generate("강가", max_length=8, temperature=1.5, top_p=None, count=3)
    assert len(set(several)) > 1
    assert several == generator.generate("강가", max_length=8, temperature=1.5, top_p=None, count=3)
    assert generator.generate("강가", 8, 0.0, count=2, seed=1)[0] == generator.generate("강가", 8, 0.0)[0]


def test_the_tokenizer_is_found_in_any_of_its_forms(run):
    for path in (None, run, run / "tokenizer", run / "tokenizer" / "tokenizer.json"):
        assert TextGenerator(run, path, dtype="float32").generate("강가", 2)


def test_what_cannot_be_opened_says_what_to_do(run, tmp_path):
    (tmp_path / "model.pt").write_bytes(b"\x80\x04.")
    with pytest.raises(CheckpointError, match="nako import"):
        TextGenerator(tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="nako import"):
        TextGenerator(run, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="체크포인트가 없습니다"):
        TextGenerator(tmp_path)
    with pytest.raises(DataError, match="토크나이저가 없습니다"):
        TextGenerator(run, tmp_path)
    Tokenizer.train(["다른 글"] * 3, 300).save(tmp_path / "other")
    with pytest.raises(CheckpointError):
        TextGenerator(run, tmp_path / "other")
    with pytest.raises(ConfigError):
        TextGenerator(run, dtype="float32").generate("강가", temperature=-1.0)

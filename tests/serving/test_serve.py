"""`nako serve` as a user starts it, with a real model in a real engine process, asked by the official client of OpenAI.

One server for all tests of this file: to start it takes as long as to import torch.
"""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import openai
import pytest

from nakochat.inference.options import Sampling
from nakochat.inference.talk import reply
from nakochat.models.checkpoint import save_checkpoint
from nakochat.text.conversation import user
from tests.serving.harness import until
from tests.serving.test_reliability import children, is_gone

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-the-tests"
HELLO = [{"role": "user", "content": "안녕"}]
SAMPLED = {"temperature": 1.5, "seed": 3, "max_tokens": 24}


@pytest.fixture(scope="module")
def home(engine, model, tmp_path_factory):
    """A home folder with one run of two stages, whose weights differ."""
    folder = tmp_path_factory.mktemp("home")
    run = folder / "runs" / "tiny"
    engine.tokenizer.save(run / "tokenizer")
    for stage, factor in (("base", 0.5), ("sft", 1.0)):
        weights = {name: value * factor for name, value in model.state_dict().items()}
        save_checkpoint(
            run / stage / "checkpoints",
            model=model,
            weights=weights,
            tokenizer_hash=engine.tokenizer.hash,
            state={"step": 1, "steps": 1},
        )
    return folder


def start(home, *arguments):
    environment = {**os.environ, "NAKO_HOME": str(home), "NAKO_LANG": "en", "PYTHONPATH": str(ROOT)}
    environment["NAKO_API_KEY"] = KEY
    return subprocess.Popen(
        [sys.executable, "-m", "nakochat", "serve", "tiny", "--port", "0", "--device", "cpu", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.fixture(scope="module")
def port(home):
    with start(home, "--dtype", "float32", "--quiet") as process:
        try:
            said = process.stdout.readline() + process.stdout.readline()
            found = re.search(r"tiny/sft: open http://127.0.0.1:(\d+)", said)
            assert found, (said, process.stderr.read())
            yield int(found[1])
            engines = children(process.pid)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, process.stderr.read()
            assert engines
            until(lambda: all(is_gone(pid) for pid in engines))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def client(port):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def ask(client, **fields):
    return client.chat.completions.create(model="tiny/sft", messages=HELLO, **{**SAMPLED, **fields})


def test_the_answer_is_the_engines_streamed_or_whole_alone_or_among_others(client, engine):
    sampling = Sampling(temperature=1.5, seed=3, max_tokens=24)
    pieces = list(reply(engine, (user("안녕"),), sampling))
    expected = "".join(piece.text for piece in pieces if piece.kind == "text")
    answer = ask(client)
    assert answer.choices[0].message.content == expected != ""
    assert answer.choices[0].finish_reason == pieces[-1].finish
    assert answer.usage.completion_tokens == pieces[-1].tokens
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens

    def one(number):
        if number % 3:
            return ask(client, seed=number, max_tokens=number).choices[0].message.content and expected
        stream = ask(client, stream=True, stream_options={"include_usage": True})
        chunks = list(stream)
        assert chunks[0].choices[0].delta.role == "assistant"
        assert chunks[-1].usage == answer.usage
        assert len({chunk.id for chunk in chunks}) == 1
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert {said for said in pool.map(one, range(12)) if said} == {expected}


def test_several_answers_and_stop_strings(client):
    several = ask(client, n=3)
    said = [choice.message.content for choice in several.choices]
    assert [choice.index for choice in several.choices] == [0, 1, 2]
    assert said[0] == ask(client).choices[0].message.content
    assert len(set(said)) == 3
    stop = said[0][3:5]
    cut = ask(client, stop=[stop, "never there"])
    assert cut.choices[0].message.content == said[0][: said[0].index(stop)]
    assert cut.choices[0].finish_reason == "stop"
    chunks = list(ask(client, stop=stop, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == cut.choices[0].message.content


def test_log_probabilities_are_those_of_the_tokens_that_make_the_words(client):
    choice = ask(client, logprobs=True, top_logprobs=3).choices[0]
    entries = choice.logprobs.content
    assert b"".join(bytes(entry.bytes) for entry in entries).decode() == choice.message.content
    for entry in entries:
        assert entry.logprob <= 0
        assert len(entry.top_logprobs) == 3
        assert entry.top_logprobs[0].logprob >= entry.logprob - 1e-5
    cut = ask(client, logprobs=True, stop=choice.message.content[4:6]).choices[0]
    assert b"".join(bytes(entry.bytes) for entry in cut.logprobs.content).decode() == cut.message.content


def test_penalties_and_biases_reach_the_engine(client, engine):
    token = engine.tokenizer.encode("꽃")[0]
    biased = ask(client, logit_bias={str(token): 100}, max_tokens=4, temperature=0)
    repeated = ask(client, logit_bias={str(token): 100}, max_tokens=4, temperature=0, frequency_penalty=2)
    assert biased.choices[0].message.content == repeated.choices[0].message.content != ""
    assert ask(client, temperature=0).choices[0].message.content != biased.choices[0].message.content


def test_every_stage_is_a_model_loaded_when_it_is_asked_for(client):
    assert [model.id for model in client.models.list()] == ["tiny/sft", "tiny/base"]
    assert client.models.retrieve("tiny/base").owned_by == "nakochat"
    text = client.completions.create(model="tiny/base", prompt="무궁화", **SAMPLED, logprobs=2)
    assert text.model == "tiny/base"
    again = client.completions.create(model="tiny/base", prompt="무궁화", **SAMPLED, stream=True)
    assert "".join(chunk.choices[0].text for chunk in again) == text.choices[0].text != ""
    assert len(text.choices[0].logprobs.tokens) == len(text.choices[0].logprobs.token_logprobs)


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"temperature": 99}, openai.BadRequestError, "temperature"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, openai.BadRequestError, "tools"),
        ({"response_format": {"type": "json_object"}}, openai.BadRequestError, "response_format"),
        ({"model": "gpt-4"}, openai.NotFoundError, "model"),
    ],
)
def test_refusals_are_the_clients_exceptions(client, fields, kind, param):
    with pytest.raises(kind) as refused:
        client.chat.completions.create(**{"model": "tiny/sft", "messages": HELLO, **fields})
    assert refused.value.body["param"] == param


def test_without_the_key_nothing_is_told(port):
    stranger = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="wrong", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError) as refused:
        stranger.models.list()
    assert refused.value.body["code"] == "invalid_api_key"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=30) as response:
        assert json.loads(response.read()) == {"status": "ready", "model": "tiny/sft"}
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30)


def test_a_conversation_too_long_is_refused_and_one_that_fits_answered(client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(
            model="tiny/sft", messages=[{"role": "user", "content": "무궁화 꽃이 " * 100}]
        )
    assert refused.value.code == "context_length_exceeded"


@pytest.mark.soak
def test_langchain_speaks_to_it(port):
    chat = pytest.importorskip("langchain_openai", reason="pip install langchain-openai to run this")
    model = chat.ChatOpenAI(
        base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, model="tiny/sft", max_tokens=9
    )
    whole = model.invoke("안녕", seed=3)
    assert whole.usage_metadata["output_tokens"] <= 9
    assert "".join(chunk.content for chunk in model.stream("안녕", seed=3)) == whole.content


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")  # of its own imports
def test_litellm_speaks_to_it(port, monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # it would look prices up when it is imported
    litellm = pytest.importorskip("litellm", reason="pip install litellm to run this")
    about = {"api_base": f"http://127.0.0.1:{port}/v1", "api_key": KEY, "max_tokens": 9, "seed": 3}
    whole = litellm.completion("openai/tiny/sft", messages=HELLO, **about)
    stream = litellm.completion("openai/tiny/sft", messages=HELLO, stream=True, **about)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert said == whole.choices[0].message.content != ""


def test_a_damaged_model_ends_the_command_with_one_line(home, engine, model, tmp_path):
    run = tmp_path / "runs" / "tiny"
    engine.tokenizer.save(run / "tokenizer")
    path = save_checkpoint(
        run / "sft" / "checkpoints",
        model=model,
        tokenizer_hash=engine.tokenizer.hash,
        state={"step": 1, "steps": 1},
    )
    data = bytearray((path / "model.safetensors").read_bytes())
    data[-5] ^= 1
    (path / "model.safetensors").write_bytes(data)
    with start(tmp_path, "--dtype", "float32") as process:
        said, complaint = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "checkpoint" in complaint
    assert "Traceback" not in complaint + said


def test_the_front_and_the_scheduler_know_no_torch():
    modules = "nakochat.commands.serve, nakochat.serving.serve, nakochat.inference.scheduler"
    script = f"import sys, {modules}\nassert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

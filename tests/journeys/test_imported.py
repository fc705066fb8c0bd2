"""A model that came in does what one trained here does: it talks, is scored, is taught, serves, and goes out again."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from nakochat import cli
from nakochat.core.files import read_json
from nakochat.core.paths import run_folder
from nakochat.core.run import read_metrics
from tests.interop import families

SMALL = ["--dtype", "float32", "--compile", "no", "--warmup", "1", "--check-every", "9", "--log-every", "1"]
TEXT = "강가에는 새가 열두 마리 있었어요. 오늘은 날씨가 좋아서 강가를 걸었습니다.\n\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("나코 집")


@pytest.fixture(autouse=True)
def own_home(home, monkeypatch):
    monkeypatch.setenv("NAKO_HOME", str(home))
    monkeypatch.setenv("NAKO_LANG", "ko")


@pytest.fixture(scope="module", params=["gpt2", pytest.param("llama", marks=pytest.mark.soak)])
def imported(request, home, tmp_path_factory):
    """The name of a run that holds a model of random weights, with room for a conversation."""
    shape = dict(families.FAMILIES[request.param])
    shape["n_positions" if request.param == "gpt2" else "max_position_embeddings"] = 768
    families.FAMILIES["roomy"] = shape
    folder = families.make_family("roomy", tmp_path_factory.mktemp("roomy")).folder
    del families.FAMILIES["roomy"]
    os.environ["NAKO_HOME"] = str(home)
    assert cli.run(["import", str(folder), "--name", request.param]) == 0
    return request.param


def steps(name, stage):
    return [row["step"] for row in read_metrics(run_folder(name) / stage) if row["kind"] == "step"]


def test_it_talks_and_is_measured(imported, tmp_path, capsys):
    (tmp_path / "글.txt").write_text(TEXT, encoding="utf-8")
    assert cli.run(["chat", imported, "--prompt", "안녕하세요", "--max-tokens", "4"]) == 0
    assert cli.run(["chat", imported, "--prompt", "안녕하세요", "--max-tokens", "4", "--quant", "int8"]) == 0
    words = [
        "sample",
        imported,
        "--prompt-file",
        str(tmp_path / "글.txt"),
        "--samples",
        "2",
        "--max-tokens",
        "4",
    ]
    assert cli.run(words) == 0
    assert capsys.readouterr().out.count("강가에는 새가 열두 마리") == 2
    out = tmp_path / "out.json"
    assert cli.run(["validate", imported, "--texts", str(tmp_path / "글.txt"), "--json", str(out)]) == 0
    assert json.loads(out.read_text())["languages"]["korean"]["bits_per_byte"] > 0


def test_its_scores_are_those_of_its_weights_whole_or_packed(imported, tmp_path):
    """The same items, about the same bits per byte: packing is no other model."""
    (tmp_path / "글.txt").write_text(TEXT, encoding="utf-8")
    found = {}
    for name, words in {"whole": [], "packed": ["--quant", "int8"]}.items():
        out = tmp_path / f"{name}.json"
        asked = ["--suite", "jamo", "--limit", "2", "--bpb", f"own={tmp_path / '글.txt'}"]
        assert cli.run(["eval", imported, *asked, *words, "--device", "cpu", "--json", str(out)]) == 0
        found[name] = json.loads(out.read_text())
    assert found["packed"]["quant"] == "int8"
    assert [row["scores"]["jamo"]["items"] for row in found.values()] == [2, 2]
    whole, packed = (row["scores"]["texts/own"]["value"] for row in found.values())
    assert whole != packed
    assert packed == pytest.approx(whole, rel=0.02)


def test_it_is_taught_in_every_stage(imported, tmp_path):
    text = tmp_path / "글.jsonl"
    rows = [json.dumps({"text": TEXT * 4 + str(number)}, ensure_ascii=False) for number in range(40)]
    text.write_text("\n".join(rows) + "\n", encoding="utf-8")
    mine, small = f"{imported}-mine", ["--preset", "finetune", "--rows", "2", "--steps", "2", *SMALL]
    base = ["train", "base", *small, "--name", mine, "--from", imported, "--corpus", str(text)]
    assert cli.run(base) == 0
    assert steps(mine, "base") == [1, 2]
    chats = tmp_path / "말.jsonl"
    turn = {"messages": [{"role": "user", "content": "안녕"}, {"role": "assistant", "content": "반가워요."}]}
    chats.write_text((json.dumps(turn, ensure_ascii=False) + "\n") * 20, encoding="utf-8")
    sft = ["train", "sft", *small, "--name", mine, "--from", f"{mine}/base", "--data", str(chats)]
    assert cli.run([*sft, "--text-share", "0"]) == 0
    rl = ["train", "rl", "--preset", "toy", "--name", mine, "--max-tokens", "4", "--steps", "1"]
    assert cli.run([*rl, "--prompts", "2", "--answers", "2", "--compile", "no", "--dtype", "float32"]) == 0
    origins = [
        read_json(run_folder(mine) / stage / "origin.json")["parent"] for stage in ("base", "sft", "rl")
    ]
    assert [origin["checkpoint"] for origin in origins] == [
        f"{imported}/base@0",
        f"{mine}/base@2",
        f"{mine}/sft@2",
    ]


def test_it_goes_out_again(imported, tmp_path):
    assert cli.run(["export", imported, str(tmp_path / "hf"), "--to", "hf"]) == 0
    assert cli.run(["export", imported, str(tmp_path / "gguf"), "--to", "gguf", "--type", "q8_0"]) == 0
    assert cli.run(["import", str(tmp_path / "hf"), "--name", f"{imported}-again"]) == 0


@pytest.mark.soak
def test_it_serves(home, imported):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "NAKO_HOME": str(home)}
    words = [sys.executable, "-m", "nakochat", "serve", imported, "--port", str(port), "--max-tokens", "4"]
    server = subprocess.Popen(
        words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    body = json.dumps({"messages": [{"role": "user", "content": "안녕"}], "max_tokens": 4}).encode()
    try:
        answer = ask(server, f"http://127.0.0.1:{port}/v1/chat/completions", body)
    finally:
        server.kill()
        server.communicate()
    assert answer["choices"][0]["finish_reason"] in ("length", "stop")


def ask(server, address, body):
    """The answer, when the server is there to give one."""
    deadline = time.monotonic() + 180
    while True:
        assert server.poll() is None, server.stderr.read()
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.loads(response.read())
        except urllib.error.URLError:
            assert time.monotonic() < deadline
            time.sleep(0.2)

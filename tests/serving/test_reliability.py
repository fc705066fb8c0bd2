"""What the server promises under load and misfortune, over real sockets, with a stand-in for its engine."""

import concurrent.futures
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nakochat.serving.web.limits import Limits
from tests.serving.harness import Served, events, fake_front, served, until, words

FAKE = Path(__file__).with_name("fake_serve.py")


def at_once(count, work):
    """work(number) in so many threads."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_sixty_four_streams_are_whole_utf8_and_say_what_whole_answers_say(engine, tmp_path):
    front = fake_front(engine.tokenizer, tmp_path, {"length": 40, "slots": 16})

    with served(front) as server:

        def stream(seed):
            with server.ask({"seed": seed, "stream": True, "max_tokens": 50}) as response:
                lines = response.read().decode().split("\n")  # strict: every byte of it is UTF-8
            for line in lines:
                assert line == "" or line == "data: [DONE]" or json.loads(line.removeprefix("data: "))["id"]
            return words(events("\n".join(lines)))

        def whole(seed):
            with server.ask({"seed": seed, "max_tokens": 50}) as response:
                return json.loads(response.read())["choices"][0]["message"]["content"]

        streams = at_once(64, stream)
        assert streams == at_once(64, whole)
        assert len(set(streams)) == 64


@pytest.mark.parametrize("clients", [60, pytest.param(400, marks=pytest.mark.soak)])
def test_ten_times_too_many_are_answered_or_told_when_to_come_again_and_no_work_is_wasted(
    engine, tmp_path, clients
):
    limits = Limits(most_waiting=4, per_client=10_000)
    front = fake_front(engine.tokenizer, tmp_path, {"slots": 2, "length": 10, "pause": 0.01}, limits=limits)
    with served(front) as server:

        def one(seed):
            with server.ask({"seed": seed}) as response:
                body = json.loads(response.read())
            if response.status == 200:
                return body["usage"]["completion_tokens"]
            assert response.status in (429, 503)
            assert 1 <= int(response.headers["Retry-After"]) <= 60
            assert set(body["error"]) == {"message", "type", "param", "code"}
            return 0

        tokens = at_once(clients, one)
        answered = sum(count > 0 for count in tokens)
        assert 6 <= answered < clients
        place = front.dispatcher.places[front.dispatcher.devices[0]]
        until(lambda: place.state.get("made") == sum(tokens))  # all that was computed was asked for and got
        assert place.state["cancelled"] == 0
        assert not front.door.inside


@pytest.mark.parametrize("clients", [60, pytest.param(200, marks=pytest.mark.soak)])
def test_what_clients_leave_behind_is_freed(engine, tmp_path, clients):
    how = {"length": 100_000, "context": 200_000, "slots": 32, "pause": 0.01}
    front = fake_front(engine.tokenizer, tmp_path, how, limits=Limits(most_waiting=1000, per_client=1000))
    with served(front) as server:

        def vanish(number):
            draw = random.Random(number)
            response = server.ask({"stream": True, "max_tokens": 100_000})
            if draw.random() < 0.5:
                response.readline()
            response.close()

        at_once(clients, vanish)
        place = front.dispatcher.places[front.dispatcher.devices[0]]
        until(lambda: not front.door.inside)
        made = place.state["made"]
        until(lambda: place.state["running"] == 0)
        # those that were at work when the last client left made a step or two more, not their whole answers
        assert place.state["made"] - made < 32 * 20
        with server.ask({"max_tokens": 3}) as response:
            assert response.status == 200


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.soak)])
def test_an_engine_that_is_killed_is_back_and_its_answers_are_told(engine, tmp_path, kills):
    how = {"length": 100_000, "context": 200_000, "pause": 0.005}
    front = fake_front(engine.tokenizer, tmp_path, how)
    device = front.dispatcher.devices[0]
    with served(front) as server:
        for _ in range(kills):
            whole = threading.Thread(target=ask_whole, args=(server, answers := []))
            whole.start()
            with server.ask({"stream": True, "max_tokens": 100_000}) as stream:
                stream.readline()
                until(lambda: front.dispatcher.running == 2)
                os.kill(device.pid, signal.SIGKILL)
                *_, last = stream.read().decode().strip().split("\n\n")
            assert json.loads(last.removeprefix("data: "))["error"]["code"] == "engine_lost"
            whole.join(30)
            assert answers == [(503, "engine_lost")]
            until(lambda: server.get("/ready")[0] == 200)
            with server.ask({"max_tokens": 3}) as response:
                assert response.status == 200
        assert device.restarts == kills


def ask_whole(server: Served, answers):
    with server.ask({"max_tokens": 100_000}) as response:
        body = json.loads(response.read())
    answers.append((response.status, body.get("error", {}).get("code")))


def test_an_engine_that_hangs_is_ended_and_started_again(engine, tmp_path):
    front = fake_front(engine.tokenizer, tmp_path)
    device = front.dispatcher.devices[0]
    with served(front) as server:
        usual, pid, place = device._silence, device.pid, front.dispatcher.places[device]
        device._silence, before = 1.0, place.state
        until(lambda: place.state is not before)  # from the next line on it counts
        os.kill(pid, signal.SIGSTOP)
        until(lambda: device.pid != pid)
        device._silence = usual  # to start may take a while
        until(lambda: device.restarts == 1)
        until(lambda: server.get("/ready")[0] == 200)


def test_two_engines_share_the_work_and_one_goes_on_alone(engine, tmp_path):
    how = {"length": 100_000, "context": 200_000, "pause": 0.01}
    front = fake_front(engine.tokenizer, tmp_path, how, engines=2)
    with served(front) as server:
        until(lambda: all(place.models for place in front.dispatcher.places.values()))
        said = [{"messages": [{"role": "user", "content": f"{i}번"}]} for i in range(8)]
        streams = [server.ask({**fields, "stream": True, "max_tokens": 100_000}) for fields in said]
        until(lambda: front.dispatcher.running == 8)
        busy = [place.busy for place in front.dispatcher.places.values()]
        assert min(busy) >= 2
        os.kill(front.dispatcher.devices[0].pid, signal.SIGKILL)
        until(lambda: front.dispatcher.running == busy[1])
        assert server.get("/ready")[0] == 200
        for stream in streams:
            stream.close()
        until(lambda: not front.door.inside)


@contextlib.contextmanager
def process(engine, folder, how, drain=20.0):
    """fake_serve.py in a process of its own; its address."""
    engine.tokenizer.save(folder / "tokenizer")
    command = [sys.executable, str(FAKE), json.dumps(how), str(folder), str(drain)]
    environment = {**os.environ, "NAKO_LANG": "en", "PYTHONPATH": str(FAKE.parents[2])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as child:
        try:
            found = re.search(r"http://127.0.0.1:(\d+)", child.stdout.readline())
            assert found, child.stderr.read()
            yield child, int(found[1])
        finally:
            child.kill()


def connect(port):
    return Served(None, None, port, None)


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def is_gone(pid):
    """Whether a process has ended, even if nobody has asked for its status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_sigterm_lets_answers_finish_and_refuses_new_ones(engine, tmp_path):
    with process(engine, tmp_path, {"length": 150, "pause": 0.02}) as (child, port):
        server, engines = connect(port), children(child.pid)
        streams = [server.ask({"stream": True, "max_tokens": 150}) for _ in range(8)]
        for stream in streams:
            stream.readline()
        child.send_signal(signal.SIGTERM)

        def refused():
            with server.ask({"max_tokens": 1}) as response:
                return response.status == 503 and response.headers["Retry-After"]

        until(refused)
        assert server.get("/ready")[0] == 503
        assert server.get("/health")[0] == 200
        for stream in streams:
            assert stream.read().endswith(b"data: [DONE]\n\n")
            stream.close()
        assert child.wait(30) == 0
        assert engines
        assert all(is_gone(pid) for pid in engines)
        assert "Traceback" not in child.stderr.read()


@pytest.mark.parametrize(
    ("signals", "drain"),
    [([signal.SIGINT], 20.0), ([signal.SIGTERM, signal.SIGTERM], 20.0), ([signal.SIGTERM], 0.2)],
)
def test_ctrl_c_a_second_signal_and_the_end_of_patience_end_answers_with_a_word(
    engine, tmp_path, signals, drain
):
    how = {"length": 100_000, "context": 200_000, "pause": 0.01}
    with process(engine, tmp_path, how, drain) as (child, port):
        server, engines = connect(port), children(child.pid)
        with server.ask({"stream": True, "max_tokens": 100_000}) as stream:
            stream.readline()
            for number in signals:
                child.send_signal(number)
                time.sleep(0.2)
            *_, last = stream.read().decode().strip().split("\n\n")
        assert json.loads(last.removeprefix("data: "))["error"]["code"] == "server_ending"
        assert child.wait(30) == 0
        until(lambda: all(is_gone(pid) for pid in engines))


def test_a_front_that_is_killed_leaves_no_engine_behind(engine, tmp_path):
    with process(engine, tmp_path, {}) as (child, _):
        engines = children(child.pid)
        assert engines
        child.kill()
        until(lambda: all(is_gone(pid) for pid in engines))


def test_a_model_that_cannot_be_loaded_ends_the_server_with_the_reason(engine, tmp_path):
    engine.tokenizer.save(tmp_path / "tokenizer")
    how = json.dumps({"unloadable": ["tiny/rl"]})
    done = subprocess.run(
        [sys.executable, str(FAKE), how, str(tmp_path), "1"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(FAKE.parents[2])},
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (1, "no such thing")

"""The loop of an engine process over a real socket, with engines of this test in the place of a loaded model's."""

import gc
import json
import socket
import threading
import weakref

import pytest
import torch

from nakochat.core.errors import CheckpointError
from nakochat.inference.engine import Engine
from nakochat.inference.options import Sampling
from nakochat.serving.engines.process import EngineProcess
from nakochat.serving.engines.wire import EngineEnd, pack


class Front:
    """The other end of the socket."""

    def __init__(self, place):
        self.place, self.lines = place, place.makefile("rb")

    def say(self, **message):
        self.place.sendall(pack(message))

    def hear(self, *kinds):
        """The next message of one of these kinds."""
        while True:
            line = self.lines.readline()
            assert line, "the engine process ended"
            message = json.loads(line)
            if message["is"] in kinds:
                return message

    def load(self, model):
        self.say(do="load", model=model)
        return self.hear("loaded", "unloadable")

    def begin(self, key, model="good", prompt=(1, 2, 3)):
        sampling = vars(Sampling(max_tokens=4))
        about = {"sampling": sampling, "stop": [], "logprobs": None, "logit_bias": []}
        self.say(do="begin", key=key, model=model, prompt=list(prompt), **about)


class Opener:
    """open: what makes an engine of a model's name."""

    def __init__(self, open):
        self.open, self.forgotten = open, 0

    def forget(self):
        gc.collect()
        self.forgotten += 1


@pytest.fixture
def start():
    """start(opener) -> the front of a process whose loop runs in a thread."""
    places, threads = [], []

    def begin(opener):
        ours, theirs = socket.socketpair()
        ours.settimeout(20)
        process = EngineProcess(EngineEnd(theirs), opener)
        thread = threading.Thread(target=process.run)
        thread.start()
        places.extend((ours, theirs))
        threads.append(thread)
        return Front(ours)

    yield begin
    for place in places[::2]:
        place.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for place in places:
        place.close()


def fresh(engine):
    return Engine(engine.model, engine.tokenizer, engine.machine, slots=2)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"), "memory"),
        (FileNotFoundError("/a/path/nobody/should/see"), "FileNotFoundError"),
        (CheckpointError("no whole checkpoint: a/sft."), "no whole checkpoint: a/sft."),
    ],
)
def test_whatever_goes_wrong_in_loading_is_told_and_other_models_go_on(
    engine, start, monkeypatch, caplog, error, words
):
    monkeypatch.setenv("NAKO_LANG", "en")

    def open_engine(name):
        if name == "bad":
            raise error
        return fresh(engine)

    front = start(Opener(open_engine))
    assert front.load("good")["is"] == "loaded"
    told = front.load("bad")
    assert (told["is"], told["model"]) == ("unloadable", "bad")
    assert words in told["why"]
    assert "/a/path" not in told["why"]
    front.begin(7)
    assert front.hear("tokens")["tokens"][0][0] == 7
    # what is no fault of the checkpoint's is a fault of ours or of the machine's: the log says where
    assert ("Traceback" in caplog.text) == (not isinstance(error, CheckpointError))


def test_a_model_is_loaded_once_its_memory_is_taken(engine, start):
    taken = []

    class Watched(Engine):
        def reserve(self):
            super().reserve()
            taken.append(threading.current_thread().name)

    front = start(Opener(lambda name: Watched(engine.model, engine.tokenizer, engine.machine, slots=2)))
    assert front.load("good")["slots"] == 2
    assert len(taken) == 1
    assert taken[0].startswith("nako-load")  # not in the loop, where other models' answers would wait


def test_a_model_that_is_dropped_or_fails_leaves_no_memory_behind(engine, start):
    held = []

    def open_engine(name):
        made = fresh(engine)
        held.append(weakref.ref(made))
        if name == "bad":
            raise torch.OutOfMemoryError
        return made

    opener = Opener(open_engine)
    front = start(opener)
    front.load("good")
    front.begin(7)
    front.hear("tokens")
    front.load("other")
    assert opener.forgotten == 0
    front.say(do="drop", model="good")
    front.load("third")
    assert (held[0](), opener.forgotten) == (None, 1)
    front.load("bad")
    front.load("fourth")
    assert (held[3](), opener.forgotten) == (None, 2)

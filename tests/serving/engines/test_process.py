"""The loop of an engine process over a real socket, with engines of this test in the place of a loaded model's."""

import gc
import json
import os
import socket
import threading
import weakref

import pytest
import torch

from nakochat.core.errors import CheckpointError
from nakochat.core.paths import find_run
from nakochat.inference.engine import Engine
from nakochat.inference.options import EngineOptions, Sampling
from nakochat.models.checkpoint import save_checkpoint
from nakochat.serving.engines.process import EngineProcess, Opened, Shelf
from nakochat.serving.engines.shelf import models_of
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
        self._open, self.forgotten = open, 0

    def open(self, name):
        return Opened(self._open(name), 5, f"nako_{name}")

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
    known = front.load("good")
    assert (known["is"], known["created"], known["fingerprint"]) == ("loaded", 5, "nako_good")
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


def test_a_prompt_too_long_for_the_engine_is_refused_as_the_front_would(engine, start):
    front = start(Opener(lambda name: fresh(engine)))
    front.load("good")
    for prompt, code in (([1] * engine.context, "context_length_exceeded"), ([], None)):
        front.begin(7, prompt=prompt)
        refused = front.hear("refused")
        assert (refused["key"], refused["code"]) == (7, code)


def test_a_fingerprint_and_a_date_are_those_of_the_weights_that_were_loaded(engine, model, nako_home):
    run = nako_home / "runs" / "tiny"
    engine.tokenizer.save(run / "tokenizer")

    def save(step, factor):
        weights = {name: value * factor for name, value in model.state_dict().items()}
        state = {"step": step, "steps": 2}
        about = {"weights": weights, "tokenizer_hash": engine.tokenizer.hash, "state": state}
        path = save_checkpoint(run / "sft" / "checkpoints", model=model, **about)
        os.utime(path / "manifest.json", (step, step))

    def load(**options):
        return Shelf("cpu", "float32", 1, EngineOptions(**options)).open("tiny/sft")

    save(1, 1.0)
    old, front = load(), models_of(find_run("tiny/sft"), 50)["tiny/sft"]
    assert (old.created, front.created, front.context) == (1, 1, 50)
    assert load().fingerprint == old.fingerprint
    save(2, 0.5)
    new = load()
    assert new.created == 2
    others = [
        load(quant="int8"),
        load(exact=False),
        Shelf("cpu", "bfloat16", 1, EngineOptions()).open("tiny"),
    ]
    assert len({opened.fingerprint for opened in (old, new, *others)}) == 5
    assert old.fingerprint.startswith("nako_")
    assert models_of(find_run("tiny"), None)["tiny/sft"].context == engine.context

"""Stands for an engine process: the same lines on the same socket, without torch.

Run with JSON that says how to behave, the tokenizer's folder and the number of the socket.  An answer follows from its
prompt and seed alone: random tokens, whose bytes are often no UTF-8.
    pause       seconds between two steps       length      of every answer, in tokens
    dies        after so many tokens            slots       answers at once
    unloadable  names of models                 context     of every model
"""

import json
import random
import socket
import sys
import time
from pathlib import Path

from nakochat.inference.detokeniser import Detokeniser
from nakochat.serving.engines.wire import EngineEnd, WireToken, pack, pack_tokens
from nakochat.text.tokenizer import Tokenizer


class Answer:
    def __init__(self, message, tokenizer, length):
        sampling = message["sampling"]
        self.tokenizer = tokenizer
        self.random = random.Random(json.dumps([message["model"], message["prompt"], sampling["seed"]]))
        self.left = min(sampling["max_tokens"], length)
        self.finish = "length" if sampling["max_tokens"] <= length else "stop"
        self.logprobs = message["logprobs"]
        self.text = Detokeniser(tokenizer.token_bytes)

    def next(self):
        self.left -= 1
        last = not self.left
        if last and self.finish == "stop":
            return WireToken(self.tokenizer.im_end, "stop")
        token = self.random.randrange(self.tokenizer.vocab_size - 8)  # the special ones come last
        likely = tuple((rank, -2.0 - rank) for rank in range(self.logprobs or 0))
        logprob = None if self.logprobs is None else -0.5
        return WireToken(token, self.finish if last else None, self.text.push(token), "text", logprob, likely)


def main(how, folder, number):
    front = EngineEnd(socket.socket(fileno=number))
    tokenizer = Tokenizer.load(Path(folder))
    answers = {}
    state = {"running": 0, "made": 0, "cancelled": 0}
    slots, said = how.get("slots", 64), 0.0
    while True:
        for message in front.receive(0 if answers else 0.05):
            model = message.get("model")
            if message["do"] == "load" and model in how.get("unloadable", []):
                front.send(pack({"is": "unloadable", "model": model, "why": "no such thing"}))
            elif message["do"] == "load":
                about = {"context": how.get("context", 1024), "slots": slots}
                about |= {"created": 2, "fingerprint": f"nako_{model}"}
                front.send(pack({"is": "loaded", "model": model, **about}))
            elif message["do"] == "begin":
                answers[message["key"]] = Answer(message, tokenizer, how.get("length", 20))
            elif message["do"] == "cancel":
                state["cancelled"] += answers.pop(message["key"], None) is not None
        new = [(key, answer.next()) for key, answer in list(answers.items())[:slots]]
        for key, token in new:
            if token.finish:
                del answers[key]
        if new:
            front.send(pack_tokens(new))
            state["made"] += len(new)
            if how.get("dies") and state["made"] >= how["dies"]:
                sys.exit(1)
            time.sleep(how.get("pause", 0.001))
        if time.monotonic() > said + 0.05:
            said = time.monotonic()
            used = min(len(answers), slots)
            state |= {"running": len(answers), "slots_used": used, "slots_free": slots - used}
            front.send(pack({"is": "alive", **state}))


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    except (EOFError, OSError):
        sys.exit(0)

"""A whole server whose engine is fake_engine.py, for tests that send signals.  argv: how, tokenizer's folder, drain."""

import json
import sys
from pathlib import Path

from nakochat.serving.app import create_app
from nakochat.serving.serve import ModelServer
from nakochat.serving.settings import ServeSettings
from nakochat.serving.web.server import open_socket, run_server
from nakochat.text.tokenizer import Tokenizer
from tests.serving.harness import fake_front


def main(how, folder, drain):
    front = fake_front(Tokenizer.load(folder / "tokenizer"), folder, how)
    settings = ServeSettings(port=0, drain=drain, quiet=True)
    with open_socket("127.0.0.1", 0) as place:
        run_server(ModelServer(create_app(front), front, place, settings), place)
    if front.dispatcher.failure:
        sys.exit(front.dispatcher.failure)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))

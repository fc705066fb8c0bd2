"""What goes out loads in the last Transformers 4, too: the same logits, text and chats.

The long form (-m soak): it is installed into a folder of the test, with what it needs but torch, and is asked in a
process of its own; it is skipped where the registry is not there.
"""

import json
import os
import subprocess
import sys

import pytest
import torch

from nakochat.core.paths import find_run
from nakochat.interop.chat_format import never_ids, stop_ids
from nakochat.interop.exported import read_run
from nakochat.interop.hf import write_hf
from nakochat.text.conversation import render_prompt
from tests.interop.families import TEXT, greedy
from tests.interop.registry import installed
from tests.interop.test_hf import CHAT, CONFIGS, as_messages, make_run

pytestmark = pytest.mark.soak
NEW_TOKENS = 24


@pytest.fixture(scope="module")
def transformers_4(tmp_path_factory):
    return installed("transformers>=4.57,<5", tmp_path_factory.mktemp("transformers"), needs=True)


def test_every_shape_says_there_what_it_says_here(transformers_4, nako_home, tmp_path):
    runs = {}
    for name, config in CONFIGS.items():
        make_run(name, config)
        runs[name] = read_run(find_run(name))
        write_hf(runs[name], tmp_path / name, "f32")
    ids = {name: run.tokenizer.encode(TEXT[0])[:12] for name, run in runs.items()}
    asked = [
        {
            "folder": str(tmp_path / name),
            "own_code": run.needs_code,
            "ids": ids[name],
            "new_tokens": NEW_TOKENS,
            "messages": as_messages(CHAT),
        }
        for name, run in runs.items()
    ]
    answer = ask(transformers_4, asked, tmp_path / "modules")
    assert answer["version"].startswith("4.")
    found = dict(zip(runs, answer["found"], strict=True))
    assert "nanochat" in found.pop("plain")["refused"]  # a type that came with 5, and the card says so
    for name, theirs in found.items():
        run = runs[name]
        ours = run.model(torch.tensor([ids[name]]))[0, :, : run.rows]
        assert torch.allclose(torch.tensor(theirs["logits"]), ours, atol=1e-4), name
        never, stops = never_ids(run.tokenizer), stop_ids(run.tokenizer)
        text = greedy(run.model, ids[name], NEW_TOKENS, never=never, stops=stops, rows=run.rows)
        assert theirs["generated"] == text, name
        assert theirs["chat"] == render_prompt(run.tokenizer, CHAT), name


def ask(packages, asked, modules):
    """What the program load_exported.py says with these packages before all others."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.interop.load_exported"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(packages), *filter(None, sys.path)]),
            "HF_MODULES_CACHE": str(modules),
        },
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

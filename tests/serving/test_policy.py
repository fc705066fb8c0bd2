import os

import pytest

from nakochat.core.errors import ConfigError
from nakochat.serving.app import create_app
from nakochat.serving.serve import ModelServer, engines, policy_of
from nakochat.serving.settings import ServeSettings
from nakochat.serving.web.keys import Keys, read_keys
from nakochat.serving.web.server import open_socket
from tests.serving.in_process import front_at_once

KEYS = read_keys(None, {"NAKO_API_KEY": "k" * 20})


def test_this_machine_is_served_under_its_own_names_alone():
    policy = policy_of(ServeSettings(), Keys())
    assert policy.hosts == {"127.0.0.1", "localhost", "::1"}
    assert not policy.any_address
    assert not policy.origins
    assert {"/", "/chat.js", "/watch", "/health", "/ready"} <= policy.open_paths
    assert not {"/metrics", "/v1/models", "/watch/runs", "/watch/run"} & policy.open_paths


def test_an_open_address_is_served_under_all_addresses_and_the_names_that_were_allowed():
    settings = ServeSettings(host="0.0.0.0", allow_host=("Chat.Example",), cors=("https://My.App/",))
    policy = policy_of(settings, KEYS)
    assert policy.any_address
    assert "chat.example" in policy.hosts
    assert policy.origins == {"https://my.app"}


@pytest.mark.parametrize(("origin", "keys"), [("my.app", KEYS), ("*", Keys()), ("ftp://my.app", KEYS)])
def test_an_origin_that_makes_no_sense_or_opens_to_all_is_refused(origin, keys):
    with pytest.raises(ConfigError, match="--cors"):
        policy_of(ServeSettings(cors=(origin,)), keys)


def test_a_name_by_which_others_come_needs_a_key():
    # a proxy in front of 127.0.0.1 brings the whole internet there
    with pytest.raises(ConfigError, match=r"--allow-host chat\.example.*--keys"):
        policy_of(ServeSettings(allow_host=("localhost", "chat.example")), Keys())
    assert "chat.example" in policy_of(ServeSettings(allow_host=("chat.example",)), KEYS).hosts
    assert "127.0.0.5" in policy_of(ServeSettings(allow_host=("127.0.0.5",)), Keys()).hosts


@pytest.mark.parametrize("fields", [{"gpus": 0}, {"models": 0}, {"drain": -1}])
def test_settings_that_make_no_sense_are_refused(fields):
    with pytest.raises(ConfigError, match=f"--{next(iter(fields))}"):
        ServeSettings(**fields)


@pytest.mark.parametrize(
    ("host", "environment", "has_keys", "said"),
    [
        ("127.0.0.1", {}, False, False),
        ("127.0.0.1", {}, True, False),
        ("127.0.0.1", {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, False, True),
        ("0.0.0.0", {}, True, True),
    ],
)
def test_the_way_from_another_machine_and_the_key_are_said(
    engine, monkeypatch, host, environment, has_keys, said
):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    front = front_at_once(engine.tokenizer)
    with open_socket(host, 0, has_keys=has_keys) as place:
        port = place.getsockname()[1]
        server = ModelServer(create_app(front), front, place, ServeSettings(host=host), has_keys=has_keys)
        first, *others = server._greeting()
    assert f"http://127.0.0.1:{port}" in first
    assert any(f"ssh -L {port}:127.0.0.1:{port} " in line for line in others) == said
    assert any("열쇠" in line for line in others) == has_keys


def test_each_of_several_engines_has_a_gpu_of_its_own():
    assert [device._environment for device in engines(("x",), 3)] == [
        {"LOCAL_RANK": str(i)} for i in range(3)
    ]
    assert engines(("x",), 1)[0]._environment == {}
    assert "LOCAL_RANK" not in os.environ

import http.client
import json
import os
import re
import subprocess
import sys
import threading

import pytest
from starlette.testclient import TestClient

from nakochat import cli
from nakochat.core.errors import CheckpointError, ConfigError
from nakochat.core.files import write_json
from nakochat.serving.app import create_app
from nakochat.serving.watch.page import create_watch_app, run_watch
from nakochat.serving.watch.room import Room
from nakochat.serving.web.server import LocalServer, address_of, open_socket
from tests.serving.harness import fake_front


@pytest.fixture
def run(nako_home):
    stage = nako_home / "runs" / "첫 실행" / "base"
    write_json(stage / "config.json", {"steps": 2})
    rows = [
        {"kind": "step", "step": 1, "loss": 3.0},
        {"kind": "sample", "step": 1, "prompt": "가", "text": "\ud83d"},
    ]
    (stage / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return stage.parent


@pytest.fixture
def client(run):
    with TestClient(create_watch_app(Room()), base_url="http://127.0.0.1:8001") as client:
        yield client


def test_the_room_answers_with_runs_and_figures(client, run):
    assert [row["name"] for row in client.get("/watch/runs").json()["runs"]] == ["첫 실행"]
    response = client.get("/watch/run", params={"name": "첫 실행"})
    base = response.json()["stages"][0]
    assert (base["step"], base["steps"], base["health"]) == (1, 2, "stopped")
    assert base["samples"][0]["written"] == [[1, "?"]]  # half a character cannot be sent
    assert response.headers["cache-control"] == "no-store"
    again = client.get("/watch/run", params={"name": "첫 실행", "base": base["mark"]}).json()["stages"][0]
    assert not again["fresh"]


@pytest.mark.parametrize("name", ["", "없음", "../runs/첫 실행", "첫 실행/base", "\x00"])
def test_no_name_leads_out_of_the_runs(client, name):
    assert client.get("/watch/run", params={"name": name}).status_code == 404


def test_the_page_is_there_under_its_policy_and_alone_the_room_is_the_first_page(client):
    assert client.get("/", follow_redirects=False).headers["location"] == "/watch"
    page = client.get("/watch")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script>|\son\w+=|style=", page.text)
    assert client.get("/watch/runs", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/watch/runs", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/watch/runs").status_code == 405


def test_the_chat_server_has_the_same_room(engine, run, tmp_path):
    app = create_app(fake_front(engine.tokenizer, tmp_path))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/watch").status_code == 200
        assert client.get("/watch/run", params={"name": "첫 실행"}).json()["stages"][0]["step"] == 1


def test_watching_loads_no_torch(nako_home):
    script = (
        "import sys; from nakochat.serving.watch.page import create_watch_app, Room\n"
        "create_watch_app(Room())\n"
        "import nakochat.commands.watch\n"
        "assert 'torch' not in sys.modules, 'torch'\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_run_that_is_not_there_and_a_taken_port_are_said(run, capsys):
    with pytest.raises(CheckpointError, match="첫 실행"):
        run_watch(["둘째"])
    assert cli.run(["watch", "둘째"]) == 2
    assert "둘째" in capsys.readouterr().err
    with open_socket("127.0.0.1", 0) as taken, pytest.raises(ConfigError, match="--port"):
        run_watch([], port=taken.getsockname()[1])


def test_it_serves_while_the_log_grows(run):
    server = LocalServer(create_watch_app(Room()))
    with open_socket("127.0.0.1", 0) as place:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        host = address_of(place).removeprefix("http://")
        for number in (1, 2):
            connection = http.client.HTTPConnection(host, timeout=10)
            connection.request("GET", "/watch/run?name=%EC%B2%AB%20%EC%8B%A4%ED%96%89")
            assert json.loads(connection.getresponse().read())["stages"][0]["step"] == number
            connection.close()
            with (run / "base" / "metrics.jsonl").open("a") as file:
                file.write('{"kind": "step", "step": 2, "loss": 2.5}\n')
                os.fsync(file.fileno())
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive()

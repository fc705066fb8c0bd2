"""nako data list and pull, as typed: in this process, in one that is killed, and in the background."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nakochat.cli import run
from nakochat.commands.sources import readable
from nakochat.core.files import read_json
from nakochat.data.sources.catalog import catalogue, find_source, source_of
from nakochat.data.sources.pulled import data_folder, hold
from tests.fake_hub import FakeHub, in_place_of_the_hub

KOREAN = "minpeter/fineweb-2-edu-korean-raw"
SHARDS = {f"data-{n:05d}-of-00502.arrow": bytes([n]) * 2000 for n in range(5)}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with in_place_of_the_hub(monkeypatch) as fake:
        fake.repos = {KOREAN: dict(SHARDS), "beomi/KoAlpaca-v1.1a": {"data/train-0.parquet": b"k" * 1500}}
        yield fake


def nako(words: str) -> int:
    return run(words.split())


def arrived(name: str) -> list[str]:
    return sorted(path.name for path in data_folder(name).rglob("*.arrow"))


def test_the_list_shows_licences_and_what_is_here(
    server: FakeHub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert nako("data pull fineweb-2-edu-korean --shards 2") == 0
    capsys.readouterr()
    assert nako(f"data list --commercial-ok --json {tmp_path / 'list.json'}") == 0
    shown = capsys.readouterr().out
    row = next(line for line in shown.splitlines() if "fineweb-2-edu-korean" in line)
    assert "2/5" in row
    assert "ODC-By" in row
    assert "\n  koalpaca" not in shown
    assert "koalpaca (CC-BY-NC-4.0)" in shown
    listed = read_json(tmp_path / "list.json")
    assert all(entry["commercial"] for entry in listed)
    assert nako("data list koalpaca") == 0
    assert "지식iN" in capsys.readouterr().out
    assert nako("data list tinyshakespeare") == 0
    assert f"SHA-256: {catalogue()['tinyshakespeare'].urls[0].sha256}" in capsys.readouterr().out
    assert nako("data list fineweb-2-edu-korean") == 0
    assert server.commit in capsys.readouterr().out


def test_what_the_catalogue_does_not_pin_is_said_until_the_first_download_records_it(
    server: FakeHub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = "고정된 판이 없습니다. 처음 받을 때 기록합니다"

    def listed(name: str) -> str:
        assert nako("data list --set ko") == 0
        rows = capsys.readouterr().out.partition(f"\n  {name} ")[2].splitlines()
        return rows[2] if len(rows) > 2 else ""

    assert words in listed("koalpaca")
    assert words not in listed("wikipedia-ko")
    assert nako(f"data list koalpaca tinyshakespeare aihub-daily --json {tmp_path / 'list.json'}") == 0
    shown = capsys.readouterr().out
    assert f"판: {words}" in shown
    assert "판: 해시로 지킵니다" in shown
    assert shown.count("판: ") == 2  # none for what a person brings
    assert [entry["pinned"] for entry in read_json(tmp_path / "list.json")] == [False, True, False]
    assert nako("data pull koalpaca") == 0
    assert words not in listed("koalpaca")
    assert nako("data list koalpaca") == 0
    assert f"판: {server.commit}" in capsys.readouterr().out


def test_sizes_are_said_before_and_the_first_version_is_said_once(
    server: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nako("data pull fineweb-2-edu-korean koalpaca --shards 3") == 0
    out = capsys.readouterr().out
    assert out.index("파일 3/5개, 6.0 kB; 받을 것 3개, 6.0 kB") < out.index("확인했습니다")
    assert "상업적 이용: 불가" in out
    assert out.count(server.commit[:12]) == 2  # once for each of the two
    assert nako("data pull fineweb-2-edu-korean koalpaca --shards 3 --offline") == 0
    out = capsys.readouterr().out
    assert server.commit[:12] not in out
    assert "받을 것 0개" in out
    assert (
        source_of(data_folder("fineweb-2-edu-korean") / "data-00000-of-00502.arrow") == "fineweb-2-edu-korean"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("data pull", "nako data list"),
        ("data pull nothing-like-it", "목록에 없는"),
        ("data pull koalpaca --commercial-ok", "상업적"),
        ("data pull koalpaca --shards 0", "--shards: 1 이상"),
        ("data pull koalpaca --background -2", "--background: 1 이상"),
        ("data pull koalpaca --offline --fresh", "--offline"),
        ("data pull koalpaca --offline", "받은 적이 없어"),
        ("data pull tinyshakespeare --revision main", "tinyshakespeare"),
        ("data pull aihub-daily", "1. https://www.aihub.or.kr"),
        ("data pull --set medium", "--set"),
    ],
)
def test_mistakes_end_with_one_clear_line(
    server: FakeHub, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert nako(words) == 2
    assert said in capsys.readouterr().err
    assert not server.requests


@pytest.mark.filterwarnings("ignore:.*Popen.__del__")  # that it lives on is what it is for
def test_the_rest_comes_in_the_background(server: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert nako("data pull fineweb-2-edu-korean --shards 2 --background 2") == 0
    out = capsys.readouterr().out
    assert "kill " in out
    process = int(out.rpartition("kill ")[2].split()[0])
    assert os.getsid(process) != os.getsid(0)  # a terminal that closes does not take it along
    os.waitpid(process, 0)
    assert arrived("fineweb-2-edu-korean") == sorted(SHARDS)[:4]
    log = next((data_folder("fineweb-2-edu-korean").parent).glob("pull-*.log"))
    assert str(log) in out
    assert "확인했습니다" in log.read_text(encoding="utf-8")
    with hold(find_source("fineweb-2-edu-korean")):
        pass  # nobody holds it any more
    assert nako("data pull fineweb-2-edu-korean --shards 5 --background 2") == 0
    assert "더 받을 파일이 없습니다" in capsys.readouterr().out


def test_a_killed_pull_goes_on_where_it_stopped(server: FakeHub) -> None:
    name = "data-00000-of-00502.arrow"
    server.repos[KOREAN] = {name: bytes(range(256)) * 100_000}  # 25.6 MB: the library writes blocks of 10 MB
    server.acts[name] = ["stall"]
    command = [sys.executable, "-m", "nakochat", "data", "pull", "fineweb-2-edu-korean"]
    folder = data_folder("fineweb-2-edu-korean")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not any(path.stat().st_size for path in folder.glob(".partial/*")) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    pieces = list(folder.glob(".partial/*"))
    assert len(pieces) == 1
    kept = pieces[0].stat().st_size
    assert kept > 0
    assert arrived("fineweb-2-edu-korean") == []
    server.released.set()
    server.requests.clear()
    assert nako("data pull fineweb-2-edu-korean") == 0
    assert (folder / name).read_bytes() == server.repos[KOREAN][name]
    assert [headers["range"] for headers in server.asked("resolve")] == [f"bytes={kept}-"]


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (1_115_394, "1.1 MB"), (121_000_000_000, "121 GB")]
)
def test_sizes_are_readable(size: int, words: str) -> None:
    assert readable(size) == words

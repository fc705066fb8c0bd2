"""What every test gets -> a home folder of its own, no network, and a failed run when nothing was checked."""

import atexit
import contextlib
import gc
import os
import resource
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.journeys.commands import ForkServer

# Workers share the cores, and a worker that waits for another's threads is slower than one thread.  Child
# processes (the journeys) inherit it.  It has to stand before torch loads, hence here and not in a fixture.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Every home has its own copy of what the C compiler makes of native.c: it is built once, for all of them
COMPILER = os.environ.get("CC") or next(filter(shutil.which, ("gcc", "clang", "cc")), None)
if "NAKO_TESTS_BUILT" not in os.environ and COMPILER is not None and sys.platform == "linux":
    built = Path(tempfile.mkdtemp(prefix="nako-tests-"))
    shutil.copy(Path(__file__).with_name("compiler.sh"), built / "cc")
    (built / "cc").chmod(0o755)
    os.environ |= {
        "NAKO_TESTS_BUILT": str(built),
        "NAKO_TESTS_CC": COMPILER,
        "CC": str(built / "cc"),  # one word, as Triton wants it
    }
    atexit.register(shutil.rmtree, built, ignore_errors=True)

# A busy machine is no defect: no example has to be found, or to pass, within a time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", ""})


@pytest.fixture
def nako_home(tmp_path: Path) -> Path:
    """The folder that NAKO_HOME names during this test; it does not exist yet."""
    return tmp_path / "nako-home"


@pytest.fixture(autouse=True)
def own_environment(nako_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the developer's runs, language or downloads."""
    monkeypatch.setenv("NAKO_HOME", str(nako_home))
    monkeypatch.delenv("NAKO_LANG", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """What commands of nako and their ranks are forked from: one import of torch for all of a worker's."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def full_disk() -> Callable[[], contextlib.AbstractContextManager[None]]:
    """`with full_disk():` no file may grow beyond 20 kB: the system refuses to write on, as it does on a full disk."""

    @contextlib.contextmanager
    def limited() -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited


def refuse_remote(host: Any) -> None:
    """Raise unless host is this machine (names, addresses, bytes, or the path of a Unix socket's tuple)."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and name not in LOCAL_HOSTS:
        raise RuntimeError(f"a test tried to reach {name!r}: tests use no network")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine can be reached: a test passes on a train and depends on nobody's server."""
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def local_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            refuse_remote(address[0])
        connect(self, address)

    def local_lookup(host: Any, *rest: Any, **named: Any) -> Any:
        refuse_remote(host)
        return lookup(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", local_connect)
    monkeypatch.setattr(socket, "getaddrinfo", local_lookup)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: a file is one worker's, and a long one begun last keeps the other worker waiting.

    Skip what is marked gpu where there is none; torch is only asked when such a test was collected.
    """
    items.sort(key=lambda item: ("journeys" not in item.path.parts, "training" not in item.path.parts))
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))


def pytest_collection_finish() -> None:
    """What was imported stays: no search for garbage, and every stage begins with one, need look through it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run in which every test was skipped checked nothing: it fails like one that collected nothing."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    is_worker = hasattr(session.config, "workerinput")
    if is_worker or terminal is None or session.config.option.collectonly:
        return
    if session.exitstatus == pytest.ExitCode.OK and not terminal.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

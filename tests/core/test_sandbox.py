"""The sandbox: what gets out (nothing), what a forger gets (nothing), and what honest code may do."""

import importlib.util
import os
import platform
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.sandbox_cost import MEMORY, memory_grown
from nakochat.core import sandbox, sandbox_child, sandbox_lock
from nakochat.core.errors import ConfigError
from nakochat.core.sandbox import Limits, Ran, Verdict, judge_code, run_code

_FOUND = importlib.util.spec_from_file_location("escapes", Path(__file__).with_name("escapes.py"))
assert _FOUND
assert _FOUND.loader
escapes = importlib.util.module_from_spec(_FOUND)
_FOUND.loader.exec_module(escapes)

# a busy machine may keep a child waiting for long; what ends by patience alone gets little of it
PATIENT = Limits(seconds=5, patience=120)
SHORT = Limits(seconds=1, patience=4)

pytestmark = pytest.mark.skipif(sandbox.missing() is not None, reason=f"no {sandbox.missing()} here")


def attempt(body: str, canary: Path, port: int) -> str:
    """A program that says ESCAPED where the attempt does not raise."""
    for slot, value in (("{canary}", canary), ("{folder}", canary.parent), ("{port}", port)):
        body = body.replace(slot, str(value))
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"try:\n{lines}\nexcept BaseException as error: print('held', type(error))\nelse: print('ESCAPED')"


def at_once(work: Callable[[str], object], names: list[str]) -> dict[str, object]:
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(names, pool.map(work, names), strict=True))


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outside") / "canary"
    path.write_text("secret")
    return path


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


# without namespaces only Landlock and seccomp hold: what they hold is held with namespaces too, as the long form shows
_TIERS = [
    pytest.param(False, id="without namespaces"),
    pytest.param(True, id="namespaces", marks=pytest.mark.soak),
]


@pytest.fixture(scope="module", params=_TIERS)
def attempts(request: pytest.FixtureRequest, canary: Path, listener: socket.socket) -> dict[str, Ran]:
    """Every attempt, with namespaces and as it is where they are forbidden."""
    limits = Limits(seconds=5, patience=120, namespaces=request.param)
    names = [
        name for name in escapes.ESCAPES if platform.machine() == "x86_64" or name not in escapes.ONLY_X86
    ]
    port = listener.getsockname()[1]
    return at_once(  # type: ignore[return-value]
        lambda name: run_code(attempt(escapes.ESCAPES[name], canary, port), limits=limits), names
    )


@pytest.mark.parametrize("name", escapes.ESCAPES)
def test_nothing_gets_out(name: str, attempts: dict[str, Ran], canary: Path) -> None:
    if name not in attempts:
        pytest.skip("numbers of x86_64")
    ran = attempts[name]
    assert "ESCAPED" not in ran.output
    assert "SyntaxError" not in ran.errors
    # it was tried, and refused or killed by the kernel
    assert "held" in ran.output or ran.ending in ("failed", "timeout"), ran
    assert canary.read_text() == "secret"
    assert [path.name for path in canary.parent.iterdir()] == ["canary"]


def test_nobody_called(attempts: dict[str, Ran], listener: socket.socket) -> None:
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_enough_attempts() -> None:
    assert len(escapes.ESCAPES) >= 60
    assert len(escapes.FORGERIES) >= 20


@pytest.mark.parametrize("name", ["open to read", "list the root", "os.system", "fork", "tcp", "libc's open"])
def test_the_attempts_would_succeed_outside(name: str, canary: Path, listener: socket.socket) -> None:
    """Otherwise the tests above would show nothing."""
    import subprocess
    import sys

    code = attempt(escapes.ESCAPES[name], canary, listener.getsockname()[1])
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert "ESCAPED" in done.stdout


@pytest.fixture(scope="module")
def floods() -> dict[str, Ran]:
    with memory_grown() as grown:
        found = at_once(lambda name: run_code(escapes.FLOODS[name], limits=SHORT), list(escapes.FLOODS))
    found["cost"] = grown.bytes
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("name", escapes.FLOODS)
def test_floods_end(name: str, floods: dict[str, Ran]) -> None:
    assert floods[name].ending in ("failed", "timeout", "flood"), floods[name]
    # a chunk of each stream more than the limit at the most
    assert len(floods[name].output) + len(floods[name].errors) <= SHORT.output_bytes + (1 << 15)


def test_floods_cost_little_memory(floods: dict[str, Ran]) -> None:
    with memory_grown() as grown:
        taken = bytearray(2 * MEMORY)  # otherwise the figure might show nothing
    assert floods["cost"] < MEMORY < grown.bytes <= 3 * len(taken)  # type: ignore[operator]


def test_folders_are_removed(floods: dict[str, Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = "import os\nfor i in range(200): os.mkdir('x'); os.chdir('x'); open('y', 'w')"
    for namespaces in (True, False):
        run_code(deep, limits=Limits(patience=60, namespaces=namespaces))
        assert list(tmp_path.iterdir()) == []


TESTS = (
    "import copy\n"
    "cases = [{'x': 2, 'expected': 4}, {'x': -3, 'expected': -6}, {'x': 'ab', 'expected': 'abab'}]\n"
    "def check(candidate):\n"
    "    for case in cases:\n"
    "        assert candidate(case['x']) == case['expected']\n"
)


@pytest.fixture(scope="module")
def forged() -> dict[str, Verdict]:
    return at_once(  # type: ignore[return-value]
        lambda name: judge_code(
            escapes.FORGERIES[name],
            TESTS,
            entry="f",
            limits=SHORT if name in ("never answers", "floods the judge") else PATIENT,
        ),
        list(escapes.FORGERIES),
    )


@pytest.mark.parametrize("name", escapes.FORGERIES)
def test_no_forgery_passes(name: str, forged: dict[str, Verdict]) -> None:
    assert not forged[name].passed
    assert forged[name].detail


@pytest.mark.parametrize("namespaces", [True, False])
def test_a_right_answer_passes(namespaces: bool) -> None:
    limits = Limits(patience=120, namespaces=namespaces)
    assert judge_code("def f(x):\n    print(x)\n    return x * 2\n", TESTS, entry="f", limits=limits).passed


def test_values_of_every_plain_kind_keep_their_kind() -> None:
    tests = (
        "def check(candidate):\n"
        "    for value in (None, True, 1, 10**40, -0.5, float('inf'), 1j, 'ㄱ\\n', b'x', [1, [2]], (1, (2,)), {1},\n"
        "                  {'a': {1: (2, 3)}}, frozenset({2})):\n"
        "        found = candidate(value)\n"
        "        assert found == value and type(found) is type(value), value\n"
    )
    verdict = judge_code("def same(x): return x", tests, entry="same", limits=PATIENT)
    assert verdict == Verdict(True, "", verdict.seconds)


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("def f(x): raise ValueError('no')", "ValueError: no"),
        ("def g(x): return 1", "AttributeError"),
        ("def f(x: return 1", "SyntaxError"),
        ("def f(x): return x", "AssertionError"),
        ("def f(x): return object()", "not a plain value: object"),
    ],
)
def test_why_code_fails_is_said(code: str, detail: str) -> None:
    verdict = judge_code(code, TESTS, entry="f", limits=PATIENT)
    assert not verdict.passed
    assert verdict.detail.startswith(detail) or detail in verdict.detail


def test_tests_may_call_the_function_by_its_name() -> None:
    """As HumanEval/33 does; a function of that name in the tests, without a body yet, is not what is meant."""
    tests = "def f(x):\n    'Twice x.'\ndef check(candidate):\n    assert candidate(2) == f(2) == 4\n"
    assert judge_code("def f(x): return x * 2", tests, entry="f", limits=PATIENT).passed


def test_tests_may_expect_an_exception() -> None:
    tests = (
        "def check(candidate):\n    try:\n        candidate(1)\n    except KeyError:\n        return\n"
        "    raise AssertionError\n"
    )
    assert judge_code("def f(x): raise KeyError(x)", tests, entry="f", limits=PATIENT).passed
    assert not judge_code("def f(x): return x", tests, entry="f", limits=PATIENT).passed


@pytest.mark.parametrize("name", escapes.BENIGN)
def test_honest_programs_run(name: str) -> None:
    code, said = escapes.BENIGN[name]
    ran = run_code(code, stdin="1 2 3\n", limits=PATIENT)
    assert (ran.ending, ran.output.strip()) == ("finished", said), ran.errors


def test_all_locks_close_here() -> None:
    shown = run_code("print(1)", limits=PATIENT, show_locks=True).output.splitlines()
    assert shown[-1] == "1"
    assert '"landlock", "seccomp"' in shown[0]


def test_what_a_program_ends_with_is_told() -> None:
    failed = run_code("raise ValueError('왜')", limits=PATIENT)
    assert failed.ending == "failed"
    assert failed.errors.endswith("ValueError: 왜\n")
    assert run_code("import sys; sys.exit(3)", limits=PATIENT).ending == "failed"
    assert run_code("x" * 200_000 + " = 1\nprint('end')", limits=PATIENT).output == "end\n"


def test_no_code_can_say_that_it_was_not_locked_in() -> None:
    """That would end a whole evaluation."""
    says = "import os\nfor n in range(3, 64):\n try: os.write(n, b'no landlock')\n except OSError: pass\n"
    for status in (1, 70):  # 70: what a child without locks ended with once
        assert run_code(f"{says}os._exit({status})", limits=PATIENT).ending == "failed"
        candidate = f"def f(x):\n    import os\n    os._exit({status})\n"
        assert not judge_code(candidate, TESTS, entry="f", limits=PATIENT).passed
    assert not judge_code(f"{says}def f(x): return 0", TESTS, entry="f", limits=PATIENT).passed


def test_large_input_that_nobody_reads_does_not_block() -> None:
    assert run_code("print('end')", stdin="x" * 1_000_000, limits=PATIENT).output == "end\n"


def test_a_kernel_without_locks_is_refused_unless_accepted(monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sandbox_lock, "landlock_version", lambda: 0)
    with pytest.raises(ConfigError, match="Landlock"):
        run_code("print(1)")
    with pytest.raises(ConfigError, match="--unsafe"):
        judge_code("def f(x): return x", TESTS, entry="f")
    assert run_code("print(1)", limits=PATIENT, unsafe=True).output == "1\n"
    assert "Landlock" in capsys.readouterr().out


def test_a_lock_that_does_not_close_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that finds itself without Landlock ends before the code, whatever this side believed."""
    package = tmp_path / "nakochat" / "core"
    package.mkdir(parents=True)
    here = Path(sandbox_lock.__file__)
    changed = here.read_text().replace("_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444",
                                       "_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 9444")  # fmt: skip
    (package / "sandbox_lock.py").write_text(changed)
    (package / "sandbox_child.py").write_text(Path(sandbox_child.__file__).read_text())
    monkeypatch.setattr(sandbox, "_PACKAGE", tmp_path)
    with pytest.raises(ConfigError, match="no Landlock"):
        run_code("open('/tmp/ran', 'w')", limits=PATIENT)
    with pytest.raises(ConfigError, match="no Landlock"):
        judge_code("open('/tmp/ran', 'w')", TESTS, entry="f", limits=PATIENT)


def test_the_filter_is_for_one_architecture_and_fits_the_kernel() -> None:
    for machine in ("x86_64", "aarch64"):
        program = sandbox_lock.call_filter(machine, 7)
        assert len(program) % 8 == 0
        assert len(program) // 8 < 4096
    assert sandbox_lock.call_filter("x86_64", 7) != sandbox_lock.call_filter("x86_64", 8)


def test_nothing_of_this_process_is_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    handle = os.open(tmp_path / "open", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(handle, True)
    code = (
        "import os\nprint(dict(os.environ).get('SECRET'))\nfor n in range(3, 64):\n"
        " try: os.fstat(n); print('open', n)\n except OSError: pass"
    )
    try:
        assert run_code(code, limits=PATIENT).output == "None\n"
    finally:
        os.close(handle)

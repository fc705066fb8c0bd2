"""The attempts of tests/core/escapes.py -> how many the sandbox holds, what a run costs, what a flood costs.

    python benchmarks/sandbox_cost.py [--runs 20] [--json FILE]

Wanted: every escape held, every forgery caught, every honest program passing, floods under 16 MB of this process's
memory, a run in 150 ms at most.  A run is an empty program by `run_code`; judging is `judge_code` of a right answer,
which starts two children.  Memory is that of the process that starts and watches the children, at its highest while a
flood lasts: what the children take is bounded by their own limits.
"""

import argparse
import contextlib
import importlib.util
import json
import re
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from nakochat.core.sandbox import Limits, judge_code, run_code

ATTEMPTS = Path(__file__).parents[1] / "tests" / "core" / "escapes.py"
SHORT = Limits(seconds=1, patience=4)
PATIENT = Limits(seconds=5, patience=120)
MEMORY, MILLISECONDS = 16 << 20, 150
DOUBLE = "def check(candidate):\n    for n in (1, 5, -2): assert candidate(n) == 2 * n\n"


class Grown:
    """bytes: how far a block's highest memory lay above that of its beginning."""

    bytes = 0


@contextlib.contextmanager
def memory_grown() -> Iterator[Grown]:
    """Of this process, whatever it held at its highest before."""
    grown = Grown()
    Path("/proc/self/clear_refs").write_text("5")  # the kernel begins a new highest
    before = _status("VmRSS")
    yield grown
    grown.bytes = max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) << 10


def attempts() -> ModuleType:
    found = importlib.util.spec_from_file_location("escapes", ATTEMPTS)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def held(bodies: dict[str, str], namespaces: bool) -> list[str]:
    """Names of the escapes that were not held."""
    limits = Limits(seconds=5, patience=120, namespaces=namespaces)
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder, "canary")
        canary.write_text("secret")
        out = []
        for name, body in bodies.items():
            for slot, value in (("{canary}", canary), ("{folder}", folder), ("{port}", 9)):
                body = body.replace(slot, str(value))
            lines = "\n".join(f"    {line}" for line in body.splitlines())
            code = f"try:\n{lines}\nexcept BaseException: print('held')\nelse: print('ESCAPED')"
            ran = run_code(code, limits=limits)
            kept = "held" in ran.output or ran.ending in ("failed", "timeout")
            if not kept or "ESCAPED" in ran.output or canary.read_text() != "secret":
                out.append(name)
        return out


def milliseconds(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Medians by the clock and of processor time, the children's too."""
    clock, processor = [], []
    work()  # warm
    for _ in range(runs):
        began, used = time.perf_counter(), _used()
        work()
        clock.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (_used() - used))
    return statistics.median(clock), statistics.median(processor)


def _used() -> float:
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--most", type=int, help="only so many attempts of each kind")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    there = attempts()

    def some(of: dict[str, str]) -> dict[str, str]:
        return dict(list(of.items())[: options.most])

    figures: dict[str, dict] = {}
    for name, work in {
        "run": lambda: run_code("pass", limits=PATIENT),
        "judge": lambda: judge_code("def f(x): return 2 * x", DOUBLE, entry="f", limits=PATIENT),
    }.items():
        clock, processor = milliseconds(work, options.runs)
        figures[name] = {"milliseconds": clock, "processor_milliseconds": processor}
        print(f"{name:10} {clock:6.1f} ms by the clock, {processor:6.1f} ms of processor time", flush=True)
    for namespaces in (True, False):
        bodies = some(there.ESCAPES)
        out = held(bodies, namespaces)
        name = f"escapes, {'with' if namespaces else 'without'} namespaces"
        figures[name] = {"tried": len(bodies), "held": len(bodies) - len(out), "out": out}
        print(f"{name}: {len(bodies) - len(out)} of {len(bodies)} held {out or ''}".rstrip(), flush=True)
    forgeries = some(there.FORGERIES)
    passed = [n for n, code in forgeries.items() if judge_code(code, DOUBLE, entry="f", limits=SHORT).passed]
    figures["forgeries"] = {"tried": len(forgeries), "caught": len(forgeries) - len(passed), "passed": passed}
    print(
        f"forgeries: {len(forgeries) - len(passed)} of {len(forgeries)} caught {passed or ''}".rstrip(),
        flush=True,
    )
    honest = some(there.BENIGN)
    wrong = []
    for name, (code, said) in honest.items():
        if run_code(code, stdin="1 2 3\n", limits=PATIENT).output.strip() != said:
            wrong.append(name)
    figures["honest"] = {"tried": len(honest), "right": len(honest) - len(wrong), "wrong": wrong}
    print(
        f"honest programs: {len(honest) - len(wrong)} of {len(honest)} run {wrong or ''}".rstrip(), flush=True
    )
    cost = {}
    for name, code in some(there.FLOODS).items():
        with memory_grown() as grown:
            run_code(code, limits=SHORT)
        cost[name] = grown.bytes
    worst = max(cost, key=lambda name: cost[name])
    figures["floods"] = {"tried": len(cost), "most_bytes": cost[worst], "worst": worst}
    print(f"floods: {len(cost)}, at most {cost[worst] / 1e6:.1f} MB ({worst})", flush=True)
    good = not any(figures[name][bad] for name, bad in (("forgeries", "passed"), ("honest", "wrong")))
    good &= not any(figures[f"escapes, {way} namespaces"]["out"] for way in ("with", "without"))
    good &= cost[worst] < MEMORY and figures["run"]["milliseconds"] <= MILLISECONDS
    print("reached" if good else "not reached")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""A server under ten times its load -> goodput against its peak, time to a first token, time to a refusal.

    python benchmarks/serve_load.py URL --model NAME [--key KEY] [--seconds 20] [--streams 8]

The server is started beside it, with as much room as is to be judged: `nako serve NAME --most-waiting 16`.  First so
many clients as it has streams, then ten times as many; each asks again as soon as it has its answer.  Goodput counts
only the tokens of answers that came whole.
"""

import argparse
import http.client
import json
import statistics
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Tally:
    """What all clients of one phase saw."""

    tokens: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    first: list[float] = field(default_factory=list)
    """Seconds to the first token of a stream."""
    decisions: list[float] = field(default_factory=list)
    """Seconds to a refusal."""
    lock: threading.Lock = field(default_factory=threading.Lock)


def ask(arguments: argparse.Namespace, seed: int, tally: Tally) -> None:
    """One streamed answer, read to its end."""
    place = urlsplit(arguments.url)
    connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=120)
    fields = {"model": arguments.model, "stream": True, "seed": seed, "max_tokens": arguments.tokens}
    fields |= {"messages": [{"role": "user", "content": f"{seed}번째 이야기를 해 줘"}]}
    fields |= {"stream_options": {"include_usage": True}}
    headers = {"Content-Type": "application/json"}
    if arguments.key:
        headers["Authorization"] = f"Bearer {arguments.key}"
    began, first, tokens = time.perf_counter(), None, 0
    connection.request("POST", "/v1/chat/completions", json.dumps(fields), headers)
    response = connection.getresponse()
    if response.status == 200:
        for line in response:
            if first is None and b'"content": "' in line and b'"content": ""' not in line:
                first = time.perf_counter() - began
            if b'"completion_tokens"' in line:
                tokens = json.loads(line.removeprefix(b"data: "))["usage"]["completion_tokens"]
    else:
        response.read()
    with tally.lock:
        tally.tokens += tokens
        tally.statuses[response.status] = tally.statuses.get(response.status, 0) + 1
        if first is not None:
            tally.first.append(first)
        if response.status != 200:
            tally.decisions.append(time.perf_counter() - began)
    connection.close()
    if response.status != 200:
        time.sleep(float(response.headers.get("Retry-After", 1)))


def phase(arguments: argparse.Namespace, clients: int) -> Tally:
    """So many clients for the given time."""
    tally, end = Tally(), time.monotonic() + arguments.seconds

    def client(number: int) -> None:
        turn = 0
        while time.monotonic() < end:
            ask(arguments, number * 100_000 + turn, tally)
            turn += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def describe(name: str, tally: Tally, seconds: float) -> float:
    """Print a phase; its tokens per second."""
    rate = tally.tokens / seconds
    first = f"{statistics.median(tally.first):.3f} s" if tally.first else "-"
    slowest = f"{max(tally.decisions):.3f} s" if tally.decisions else "-"
    print(f"{name}: {rate:.0f} tokens/s, {tally.statuses}, first token {first}, slowest refusal {slowest}")
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("url")
    parser.add_argument("--model")
    parser.add_argument("--key")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64)
    arguments = parser.parse_args()
    phase(arguments, 1)  # warm
    began = time.perf_counter()
    peak = describe("peak", phase(arguments, arguments.streams), time.perf_counter() - began)
    began = time.perf_counter()
    tally = phase(arguments, 10 * arguments.streams)
    loaded = describe("ten times", tally, time.perf_counter() - began)
    print(f"goodput: {loaded / peak:.0%} of the peak")


if __name__ == "__main__":
    main()

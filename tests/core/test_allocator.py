import subprocess
import sys

import pytest

KEEPS = """
import resource, sys
from nakochat.core.allocator import give_back, keep_memory

def held():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

assert keep_memory()
before = held()
blocks = [bytes(100_000) + b"x" for _ in range(2000)]
last = bytes(1000)
del blocks
kept = held()
give_back()
print(kept - before, held() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_freed_memory_is_kept_until_it_is_given_back():
    found = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, text=True, check=True)
    kept, left = map(int, found.stdout.split())
    assert kept > 150e6
    assert left < 50e6

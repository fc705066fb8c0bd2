"""Attempts to get out of the sandbox: name -> code that raises, or whose assertion fails, where it is held.

{canary} is a file that must stay as it is, {folder} its folder, {port} a port of this machine where somebody listens.
"""

_C = "import ctypes, os; c = ctypes.CDLL(None, use_errno=True)\n"


def _raw(call: str) -> str:
    """A system call without Python's wrappers; held where it returns -1."""
    return f"{_C}assert c.syscall({call}) >= 0"


FILES = {
    "open to read": "open('{canary}').read()",
    "os.open": "import os; os.open('{canary}', os.O_RDONLY)",
    "open to write": "open('{canary}', 'w').write('x')",
    "append": "open('{canary}', 'a').write('x')",
    "truncate": "import os; os.truncate('{canary}', 0)",
    "unlink": "import os; os.unlink('{canary}')",
    "rename away": "import os; os.rename('{canary}', 'mine')",
    "rename over it": "import os; open('mine', 'w'); os.rename('mine', '{canary}')",
    "hard link": "import os; os.link('{canary}', 'mine'); open('mine').read()",
    "symbolic link": "import os; os.symlink('{canary}', 'mine'); open('mine').read()",
    "list a folder": "import os; os.listdir('{folder}')",
    "list the root": "import os; os.listdir('/')",
    "walk": "import os; assert list(os.walk('{folder}'))",
    "make a folder": "import os; os.mkdir('{folder}/new')",
    "make a file": "open('{folder}/new', 'w')",
    "chmod": "import os; os.chmod('{canary}', 0)",
    "chown": "import os; os.chown('{canary}', 0, 0)",
    "utime": "import os; os.utime('{canary}', (1, 1))",
    "extended attribute": "import os; os.setxattr('{canary}', 'user.x', b'x')",
    "fifo": "import os; os.mkfifo('{folder}/fifo')",
    "device": "import os; os.mknod('disk', 0o060600, os.makedev(8, 0)); open('disk', 'rb').read(1)",
    "relative path": "open('../' * 30 + '{canary}').read()",
    "shutil.copy": "import shutil; shutil.copyfile('{canary}', 'mine')",
    "pathlib": "import pathlib; pathlib.Path('{canary}').read_text()",
    "sqlite": "import sqlite3; sqlite3.connect('{folder}/new.db').execute('create table t(a)')",
    "linecache": "import linecache; assert linecache.getlines('{canary}')",
    "passwords": "open('/etc/passwd').read()",
    "own memory": "open('/proc/self/mem', 'rb')",
    "environment of the parent": "import os; open(f'/proc/{os.getppid()}/environ').read()",
    "descriptors of the parent": "import os; os.listdir(f'/proc/{os.getppid()}/fd')",
    "libc's open": _C + "assert c.open(b'{canary}', 0) >= 0",
    "chdir and open": "import os; os.chdir('{folder}'); open('canary').read()",
    "chroot": "import os; os.mkdir('x'); os.chroot('x')",
    "packages": "import nakochat",
}
PROCESSES = {
    "os.system": "import os; assert os.system('true') == 0",
    "subprocess": "import subprocess; subprocess.run(['true'])",
    "popen": "import os; assert os.popen('echo a').read()",
    "fork": "import os; os.fork() or os._exit(0)",
    "forkpty": "import os; os.forkpty()[0] or os._exit(0)",
    "posix_spawn": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "exec": "import os; os.execv('/bin/sh', ['sh', '-c', 'echo ESCAPED'])",
    "multiprocessing": "import multiprocessing as m; p = m.Process(target=print); p.start()",
    "process pool": "from concurrent.futures import *; ProcessPoolExecutor(1).submit(print).result(3)",
    "libc's fork": _C + "p = c.fork(); p or os._exit(0); assert p > 0",
    "run from memory": "import os; os.memfd_create('x')",
    "an executable of its own": (
        "import os; open('x', 'w').write('#!/bin/sh\\necho ESCAPED'); os.execv('x', ['x'])"
    ),
}
RAW = {
    "syscall fork": _C + "p = c.syscall(57); p or os._exit(0); assert p > 0",
    "syscall clone": _C + "p = c.syscall(56, 17, 0, 0, 0, 0); p or os._exit(0); assert p > 0",
    "syscall clone3": _raw("435, None, 0"),
    "clone a thread into namespaces": _raw("56, 0x10010000, 0, 0, 0, 0"),
    "ptrace the parent": _raw("101, 16, os.getppid(), 0, 0"),
    "read the parent's memory": _raw("310, os.getppid(), 0, 0, 0, 0, 0"),
    "x32 numbers": _raw("0x40000000 + 39"),
    "32-bit call": (
        "import ctypes, mmap; m = mmap.mmap(-1, 4096, prot=7); m.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3');"
        "f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m))); assert f() > 0"
    ),
    "io_uring": _raw("425, 4, ctypes.create_string_buffer(120)"),
    "bpf": _raw("321, 0, ctypes.create_string_buffer(120), 120"),
    "perf": _raw("298, ctypes.create_string_buffer(120), 0, -1, -1, 0"),
    "userfaultfd": _raw("323, 1"),
    "keys": _raw("250, 0, -3, 0, 0, 0"),
    "shared memory": _raw("29, 0, 4096, 0o600"),
    "message queue": _raw("68, 0, 0o600"),
    "mount": _raw("165, b'x', b'.', b'tmpfs', 0, 0"),
    "unshare": _raw("272, 0x10000000"),
    "setns": _raw("308, 0, 0"),
    "file handles": _raw("303, -100, b'{canary}', ctypes.create_string_buffer(200), "
                         "ctypes.create_string_buffer(8), 0"),
    "another filter": _raw("317, 2, 0, 0"),
    "dumpable again": _raw("157, 4, 1, 0, 0, 0"),
    "set a limit of the parent": _raw("302, os.getppid(), 7, ctypes.create_string_buffer(16), None"),
    "pidfd": _raw("434, os.getppid(), 0"),
    "host name": _raw("170, b'x', 1"),
}  # fmt: skip
NETWORK = {
    "tcp": "import socket; socket.create_connection(('127.0.0.1', {port}), 2)",
    "udp": "import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', {port}))",
    "listen": "import socket; socket.create_server(('127.0.0.1', 0))",
    "urllib": "import urllib.request as u; u.urlopen('http://127.0.0.1:{port}', timeout=2)",
    "unix socket": "import socket; socket.socket(1, 1)",
    "socket pair": "import socket; socket.socketpair()",
    "netlink": "import socket; socket.socket(16, 3, 0)",
    "raw socket": "import socket; socket.socket(2, 3, 1)",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('127.0.0.1', {port}))",
}
SIGNALS = {
    "kill the parent": "import os; os.kill(os.getppid(), 0)",
    "kill everyone": "import os; os.kill(-1, 0)",
    "kill the group": "import os; os.killpg(os.getpgid(os.getppid()), 0)",
    "tgkill the parent": _raw("234, os.getppid(), os.getppid(), 0"),
    "leave the group": "import os; os.setsid()",
    "signals by fcntl": "import fcntl, os; fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "big pipes": "import fcntl, os; fcntl.fcntl(os.pipe()[0], 1031, 1 << 20)",
    "become root": "import os; os.setresuid(0, 0, 0)",
    "priority": "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
    "cores": "import os; os.sched_setaffinity(os.getppid(), [0])",
    "raise a limit": "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (64, 64))",
}
ESCAPES = {**FILES, **PROCESSES, **RAW, **NETWORK, **SIGNALS}
ONLY_X86 = frozenset(RAW) | {"tgkill the parent"}

# what takes without getting out: name -> code; held where it ends, at little cost to us
FLOODS = {
    "memory": "a = bytearray(4 << 30)",
    "memory in small pieces": "a = []\nwhile True: a.append(bytearray(1 << 20))",
    "a huge number": "print(len(str(10 ** 10 ** 8)))",
    "output": "while True: print('x' * 10_000)",
    "errors": "import sys\nwhile True: sys.stderr.write('x' * 10_000)",
    "a line without end": "import sys\nwhile True: sys.stdout.write('x' * 10_000)",
    "a large file": "f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()",
    "many files": "i = 0\nwhile True: open(f'x{i}', 'w').write('x' * 1000); i += 1",
    "deep folders": "import os\nfor i in range(10**6): os.mkdir('x'); os.chdir('x')",
    "descriptors": "import os\na = [os.dup(1) for _ in range(10_000)]",
    "threads": (
        "import threading, time; threading.stack_size(32768)\n"
        "for _ in range(10**6): threading.Thread(target=time.sleep, args=(9,)).start()"
    ),
    "recursion": "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    "a loop": "while True: pass",
    "a loop deaf to signals": (
        "import signal\nfor n in range(1, 32):\n try: signal.signal(n, signal.SIG_IGN)\n"
        " except OSError: pass\nwhile True: pass"
    ),
    "sleep": "import time; time.sleep(1000)",
    "silence, then sleep": "import os, time; os.close(1); os.close(2); time.sleep(1000)",
    "a slow pattern": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
}

# wrong answers that want to pass: each defines f, which should double
FORGERIES = {
    "equal to everything": "class E:\n def __eq__(s, o): return True\ndef f(x): return E()",
    "a number equal to everything": "class E(int):\n def __eq__(s, o): return True\ndef f(x): return E(0)",
    "a text equal to everything": "class E(str):\n def __eq__(s, o): return True\ndef f(x): return E('')",
    "a list equal to everything": "class E(list):\n def __eq__(s, o): return True\ndef f(x): return E()",
    "metaclass": "class M(type):\n def __eq__(s, o): return True\nclass E(metaclass=M): pass\ndef f(x): return E",
    "exit": "import sys\ndef f(x): sys.exit(0)",
    "hard exit": "import os\ndef f(x): os._exit(0)",
    "exit at once": "import os; os._exit(0)",
    "says so": "import json\nprint(json.dumps({'verdict': 'passed', 'detail': ''}))\ndef f(x): return 0",
    "writes to every descriptor": (
        'import os\nfor n in range(64):\n try: os.write(n, b\'{"verdict": "passed", "detail": ""}\\n\')\n'
        " except OSError: pass\ndef f(x): return 0"
    ),
    "verdict for an answer": (
        "import os\ndef f(x):\n for n in range(64):\n"
        '  try: os.write(n, b\'{"id": 1, "verdict": "passed"}\\n\')\n  except OSError: pass\n return 0'
    ),
    "no assertions": "import builtins\nbuiltins.AssertionError = SystemExit\ndef f(x): return 0",
    "no comparisons": (
        "import operator, builtins\noperator.eq = lambda a, b: True\n"
        "builtins.abs = lambda x: 0\ndef f(x): return 0"
    ),
    "broken JSON": 'import json\njson.dumps = lambda *a, **k: \'{"id": 0, "value": true}\'\ndef f(x): return 0',
    "looks up the stack": (
        "import sys\ndef f(x):\n frame = sys._getframe()\n while frame:\n"
        "  for v in frame.f_locals.values():\n   if isinstance(v, dict) and 'expected' in v: return v['expected']\n"
        "  frame = frame.f_back\n return 0"
    ),
    "looks through memory": (
        "import gc\ndef f(x):\n for o in gc.get_objects():\n"
        "  if isinstance(o, dict) and 'expected' in o: return o['expected']\n return 0"
    ),
    "replaces the check": (
        "import sys\nfor m in list(sys.modules.values()):\n"
        " if m: m.check = lambda candidate: None\ndef f(x): return 0"
    ),
    "trace": "import sys\nsys.settrace(lambda *a: None)\nsys.excepthook = lambda *a: None\ndef f(x): return 0",
    "at exit": (
        'import atexit, os\natexit.register(lambda: os.write(1, b\'{"verdict": "passed"}\'))\ndef f(x): return 0'
    ),
    "kills the judge": "import os\ndef f(x):\n os.kill(os.getppid(), 9)\n return 0",
    "reads the tests": "def f(x): return int(open('tests.py').read().split('==')[1].split()[0])",
    "not a number": "def f(x): return float('nan')",
    "never answers": "def f(x):\n while True: pass",
    "floods the judge": "import os\ndef f(x):\n while True: os.write(4, b'x' * 65536)",
    "yields": "def f(x): yield 2 * x",
}
BENIGN = {
    "arithmetic": ("print(sum(range(101)))", "5050"),
    "modules": (
        "import math, random, json, re, collections, itertools, functools, heapq, bisect, decimal, fractions, "
        "datetime, hashlib, statistics, string, copy, operator, typing, dataclasses, enum, time, csv, textwrap\n"
        "print(hashlib.md5(b'a').hexdigest()[:6], decimal.Decimal('0.1') * 3)",
        "0cc175 0.3",
    ),
    "input": ("print(sum(map(int, input().split())))", "6"),
    "Korean": ("print('한국어'[::-1])", "어국한"),
    "a file of its own": (
        "open('a.txt', 'w').write('x' * 10)\nimport os\nos.rename('a.txt', 'b.txt')\n"
        "print(len(open('b.txt').read()), os.listdir('.') != [])",
        "10 True",
    ),
    "temporary files": (
        "import tempfile\nwith tempfile.TemporaryDirectory(dir='.') as d, tempfile.TemporaryFile(dir=d) as f:\n"
        " f.write(b'abc'); f.seek(0); print(f.read())",
        "b'abc'",
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor as P\n"
        "with P(4) as p: print(sum(p.map(lambda x: x * x, range(10))))",
        "285",
    ),
    "asyncio": (
        "import asyncio\nasync def f(): return 3\nl = asyncio.Queue()\nprint(type(l).__name__)",
        "Queue",
    ),
    "exceptions": ("try:\n 1 / 0\nexcept ZeroDivisionError as e: print(e)", "division by zero"),
    "classes": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n x: int\nprint(P(3))",
        "P(x=3)",
    ),
    "main": ("if __name__ == '__main__': print('main')", "main"),
    "randomness": ("import random, secrets\nrandom.seed(1); print(random.randint(1, 9), len(secrets.token_hex(4)))",
                   "3 8"),
    "big numbers": ("print(str(2 ** 4000)[:5])", "13182"),
    "a hundred megabytes": ("a = bytearray(100 << 20); print(len(a) >> 20)", "100"),
    "recursion": ("import sys\nsys.setrecursionlimit(5000)\ndef f(n): return n and 1 + f(n - 1)\nprint(f(3000))",
                  "3000"),
    "zlib": ("import zlib, base64, struct\nprint(len(zlib.decompress(zlib.compress(b'a' * 999))))", "999"),
}  # fmt: skip

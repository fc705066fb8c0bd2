"""Limits -> this process locks itself in, for good: what it runs afterwards can compute, and little else.

In this order: namespaces where the system allows them (no network, a small disk of its own in memory), resource limits,
no capabilities, Landlock (the standard library read-only, one folder to write in), and an allow-list of system calls
(seccomp).  Landlock and seccomp are what holds; without either nothing runs (core/sandbox.py asks first).

What it does not hide: whether a path outside exists and how large it is (stat answers), the time, the kernel's version.
Only the standard library is imported: the process that uses this starts without any package.
Sources: landlock(7), seccomp(2), https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import platform
import resource
import struct
import sys

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = (
    *(0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x40000000),
)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_PR_GET_SECCOMP = 21
_SECCOMP_FILTER = 2
# the same numbers on every architecture
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_CAPSET = {"x86_64": 126, "aarch64": 91}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# system calls by (x86_64, aarch64); None where an architecture has no such call.  Nothing here reaches another process,
# the network or a new program; what names a path is held by Landlock (hence no chmod and utime, which it does not see).
_CALLS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "close": (3, 57), "close_range": (436, 436), "lseek": (8, 62), "dup": (32, 23),
    "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59), "flock": (73, 32),
    "open": (2, None), "openat": (257, 56), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getdents64": (217, 61),
    "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "mkdir": (83, None), "mkdirat": (258, 34),
    "rmdir": (84, None), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "truncate": (76, 45), "ftruncate": (77, 46),
    "fsync": (74, 82), "fdatasync": (75, 83), "sendfile": (40, 71), "umask": (95, 166),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216), "brk": (12, 214),
    "madvise": (28, 233), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "alarm": (37, None), "setitimer": (38, 103), "getitimer": (36, 102),
    "select": (23, None), "pselect6": (270, 72), "poll": (7, None), "ppoll": (271, 73),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22),
    "eventfd2": (290, 19), "sched_yield": (24, 124), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169), "time": (201, None),
    "times": (100, 153), "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getresuid": (118, 148), "getresgid": (120, 150), "uname": (63, 160), "getrusage": (98, 165),
    "getrlimit": (97, 163), "sysinfo": (99, 179), "sched_getaffinity": (204, 123), "getrandom": (318, 278),
    "futex": (202, 98), "set_robust_list": (273, 99), "set_tid_address": (218, 96), "rseq": (334, 293),
    "membarrier": (324, 283), "restart_syscall": (219, 128), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
# allowed for some values of one argument only: (numbers, which argument, values)
_THREAD_FLAGS = (0x3D0F00, 0x7D0F00)  # as glibc and musl make threads; anything else would be a process
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030)  # not F_SETOWN (signals to others), not F_SETPIPE_SZ (memory)
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # is it a terminal, how wide, close on exec
_CHECKED: tuple[tuple[tuple[int, int], int, tuple[int, ...]], ...] = (
    ((56, 220), 0, _THREAD_FLAGS),
    ((72, 25), 1, _FCNTL),
    ((16, 29), 1, _IOCTL),
    ((302, 261), 2, (0,)),  # prlimit64 that only reads
)
_TGKILL, _CLONE3 = (234, 131), (435, 435)


class LockError(OSError):
    """A lock does not close on this machine."""


def architecture() -> str | None:
    """The name of this machine's architecture if its system calls are known here."""
    return machine if (machine := platform.machine()) in _AUDIT_ARCH else None


def landlock_version() -> int:
    """Landlock's ABI on this kernel; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


def has_seccomp() -> bool:
    return sys.platform.startswith("linux") and int(_libc().prctl(_PR_GET_SECCOMP, 0, 0, 0, 0)) >= 0


def lock(
    folder: str, readable: list[str], limits: dict[str, int], *, namespaces: bool = True, unsafe: bool = False
) -> list[str]:
    """Lock this process in; the names of the locks that closed.  LockError where Landlock or seccomp does not.

    folder: the one place to write in, the working folder afterwards.  readable: what may be read.
    unsafe: go on without locks that this machine does not have.
    """
    closed = []
    if sys.platform.startswith("linux"):
        # the namespaces' own files belong to whoever is dumpable
        if namespaces and _unshare():
            closed.append("namespaces")
            if _mount_small_disk(folder, limits["disk"]):
                closed.append("disk")
    os.chdir(folder)
    for name, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_NPROC, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        _limit(name, value)
    try:
        _close_kernel_locks(folder, readable)
        closed += ["landlock", "seccomp"]
    except LockError:
        if not unsafe:
            raise
    return closed


def _close_kernel_locks(folder: str, readable: list[str]) -> None:
    machine = architecture()
    if machine is None or not landlock_version() or not has_seccomp():
        raise LockError("no Landlock, no seccomp, or an unknown architecture")
    libc = _libc()
    _call(libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "PDEATHSIG")
    _call(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "DUMPABLE")
    header, empty = struct.pack("Ii", 0x20080522, 0), bytes(24)
    _call(libc.syscall(_CAPSET[machine], header, empty), "capset")
    _call(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "NO_NEW_PRIVS")
    _restrict_paths(folder, readable)
    _restrict_calls(machine)


def _limit(which: int, value: int) -> None:
    """Never above what the process has already."""
    hard = resource.getrlimit(which)[1]
    least = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (least, least))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(result: int, name: str) -> int:
    if result < 0:
        raise LockError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def _unshare() -> bool:
    """Own namespaces for users, mounts, network, System V IPC and the host's name; False where that is forbidden."""
    uid, gid = os.geteuid(), os.getegid()
    wanted = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    if _libc().unshare(wanted) != 0:
        return False
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 (pathlib costs 10 ms at start)
                file.write(text)
    except OSError:
        pass  # then no small disk either, and Landlock and seccomp hold as before
    return True


def _mount_small_disk(folder: str, size: int) -> bool:
    libc = _libc()
    private, no_suid_dev_exec = 0x44000, 0x2 | 0x4 | 0x8
    if libc.mount(None, b"/", None, ctypes.c_ulong(private), None) != 0:
        return False
    options = f"size={size},nr_inodes=256,mode=700".encode()
    made = libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", ctypes.c_ulong(no_suid_dev_exec), options)
    return int(made) == 0


_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
# write, remove and make folders and plain files; not execute, and no devices, sockets, pipes or links
_WRITE = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8)
_REFER, _TRUNCATE = 1 << 13, 1 << 14


def _restrict_paths(folder: str, readable: list[str]) -> None:
    """Landlock: what is not named cannot be opened, whoever owns it."""
    libc, version = _libc(), landlock_version()
    files = (1 << 13) - 1
    files |= (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    files |= (1 << 15) if version >= 5 else 0  # ioctl of devices
    network = 3 if version >= 4 else 0
    scope = 3 if version >= 6 else 0  # abstract sockets, signals
    fields = [files, network, scope][: 1 if version < 4 else 2 if version < 6 else 3]
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    rules = _call(libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0), "landlock")
    written = (_READ_FILE | _READ_FOLDER | _WRITE | _REFER | _TRUNCATE) & files
    for path, allowed in [(path, _READ_FILE | _READ_FOLDER) for path in readable] + [(folder, written)]:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if not os.path.isdir(path):  # noqa: PTH112
            allowed &= _READ_FILE
        rule = struct.pack("=Qi", allowed, handle)
        _call(libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0), "landlock rule")
        os.close(handle)
    _call(libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "landlock restrict")
    os.close(rules)


_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026


def call_filter(machine: str, pid: int) -> bytes:
    """The allow-list as the kernel's small programs are written: 8 bytes (code, jump if, jump if not, number) each."""
    which = ("x86_64", "aarch64").index(machine)
    steps: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),  # the architecture: a call in another's numbers is another call
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]  # x32
    for numbers in _CALLS.values():
        number = numbers[which]
        if number is not None:
            steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for pair, argument, values in (*_CHECKED, (_TGKILL, 0, (pid,))):
        low = 16 + 8 * argument
        tests = [step for value in values for step in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW))]
        # both halves are read: a number above 2^32 must not pass for its lower half
        body = [(_LOAD, 0, 0, low + 4), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _EPERM), (_LOAD, 0, 0, low)]
        body += [*tests, (_RETURN, 0, 0, _EPERM)]
        steps += [(_EQUAL, 0, len(body), pair[which]), *body]
    steps += [(_EQUAL, 0, 1, _CLONE3[which]), (_RETURN, 0, 0, _ENOSYS)]  # then the library asks for clone
    steps.append((_RETURN, 0, 0, _EPERM))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _restrict_calls(machine: str) -> None:
    program = call_filter(machine, os.getpid())
    buffer = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _call(_libc().prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, described, 0, 0), "seccomp")

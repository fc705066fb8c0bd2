"""This computer -> what training and serving find here, what is lacking, its cost and its cure.  [nako doctor]

It looks and changes nothing.  It ends 0 whatever it finds: a lack is a fact and no failure.
"""

import dataclasses
import importlib.util
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import torch

from nakochat import __version__
from nakochat.commands.outputs import OutFile
from nakochat.core import sandbox
from nakochat.core.compiler import missing_for_compiling
from nakochat.core.devices import datasheet_of, matmul_tflops
from nakochat.core.files import write_json
from nakochat.core.inspection import (
    free_disk_bytes,
    free_memory_bytes,
    memory_bytes,
    reaches,
    usable_cores,
)
from nakochat.core.josa import josa
from nakochat.core.machine import Machine, cpu_name, open_machine
from nakochat.core.messages import say
from nakochat.core.paths import home
from nakochat.core.progress import speak
from nakochat.models.kernels import (
    FLASH3,
    FLASH4,
    FLASH4_GENERATIONS,
    KERNEL_NAMES,
    VARLEN,
    candidates,
)
from nakochat.models.native import native

State = Literal["good", "slower", "missing"]
_HOST = "huggingface.co"
_TINY_MEMORY = 4e9  # what the tiny preset needs, with room
_TINY_DISK = 3e9
_PACKAGES = (
    "torch",
    "numpy",
    "tokenizers",
    "safetensors",
    "pyarrow",
    "huggingface_hub",
    "cyclopts",
    "altair",
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; what its lack costs and how to mend it are empty where all is well."""

    name: str
    title: str
    state: State
    value: str
    cost: str = ""
    mend: str = ""


def main(*, device: str = "auto", offline: bool = False, json: OutFile | None = None) -> None:
    """Look at this computer: what is here, what is lacking, what that costs, how to mend it.

    Parameters
    ----------
    device
        auto, cpu, cuda, mps, xpu 가운데 하나. | auto, cpu, cuda, mps or xpu.
    offline
        네트워크를 보지 않습니다. | Do not look at the network.
    json
        같은 것을 이 파일에도 씁니다. | Write the same here too.
    """
    machine = open_machine(device, "auto", "no")
    try:
        looks: list[Callable[[], Finding]] = [
            _system,
            _cpu,
            _memory,
            _torch,
            lambda: _device(machine),
            lambda: _dtype(machine),
            lambda: _compiler(machine),
            *([lambda: _native(machine)] if _wants_native(machine) else []),
            lambda: _attention(machine),
            _disk,
            _serving,
            _sandbox,
            *([] if offline else [_network]),
            _versions,
        ]
        findings = [look() for look in looks]
    finally:
        machine.close()
    for finding in findings:
        _say(finding)
    lacking = sum(finding.state != "good" for finding in findings)
    speak(
        say(f"살펴볼 것이 {lacking}개 있습니다.", f"{lacking} to look at.")
        if lacking
        else say("모두 좋습니다.", "all is well.")
    )
    if json:
        write_json(json, {"findings": [dataclasses.asdict(finding) for finding in findings]})


def _say(finding: Finding) -> None:
    words = {
        "good": say("좋음", "good"),
        "slower": say("느려짐", "slower"),
        "missing": say("없음", "missing"),
    }
    speak(f"[{words[finding.state]}] {finding.title}: {finding.value}")
    if finding.cost:
        speak(f"       {finding.cost}")
    if finding.mend:
        speak(say(f"       고치려면: {finding.mend}", f"       to mend it: {finding.mend}"))


def _system() -> Finding:
    return Finding(
        name="system",
        title=say("시스템", "system"),
        state="good",
        value=f"{platform.platform()}, Python {sys.version.split()[0]}, nakochat {__version__}",
    )


def _cpu() -> Finding:
    cores, threads = usable_cores(), torch.get_num_threads()
    value = say(
        f"{cpu_name()}, 코어 {cores}개, 계산 스레드 {threads}개",
        f"{cpu_name()}, {cores} cores, {threads} threads",
    )
    title = say("프로세서", "processor")
    # hyper-threads count as cores, and torch rightly takes one thread of each pair
    if threads * 2 >= cores:
        return Finding(name="cpu", title=title, state="good", value=value)
    limit = os.environ.get("OMP_NUM_THREADS")
    return Finding(
        name="cpu",
        title=title,
        state="slower",
        value=value,
        cost=say(
            "CPU로 학습하면 코어를 다 쓰지 못해 그만큼 느립니다.",
            "training on the CPU leaves cores idle and is so much slower.",
        ),
        mend=say("OMP_NUM_THREADS를 없애세요.", "unset OMP_NUM_THREADS.")
        if limit
        else say(
            f"{josa(f'OMP_NUM_THREADS={cores}', '으로')} 시작하세요.", f"start with OMP_NUM_THREADS={cores}."
        ),
    )


def _memory() -> Finding:
    total, free = memory_bytes(torch.device("cpu")), free_memory_bytes()
    there = "?" if free is None else f"{free / 1e9:.1f} GB"
    value = say(f"{total / 1e9:.1f} GB, 남은 것 {there}", f"{total / 1e9:.1f} GB, {there} free")
    little = (total if free is None else min(free, total)) < _TINY_MEMORY
    return Finding(
        name="memory",
        title=say("메모리", "memory"),
        state="slower" if little else "good",
        value=value,
        cost=say(
            f"tiny 프리셋에 {_TINY_MEMORY / 1e9:.0f} GB가 듭니다. 모자라면 학습이 중간에 죽을 수 있습니다.",
            f"the tiny preset wants {_TINY_MEMORY / 1e9:.0f} GB. With less, training may be killed on its way.",
        )
        if little
        else "",
        mend=say(
            "다른 프로그램을 닫거나 --rows-per-piece 8처럼 한 번에 계산할 줄을 줄이세요.",
            "close other programs, or compute fewer rows at once, such as --rows-per-piece 8.",
        )
        if little
        else "",
    )


def _torch() -> Finding:
    build = torch.version.cuda or torch.version.hip
    kind = f"CUDA {torch.version.cuda}" if torch.version.cuda else f"ROCm {build}" if build else "CPU"
    value = f"{torch.__version__} ({kind})"
    title = say("torch 빌드", "torch build")
    if build is None and Path("/proc/driver/nvidia/version").is_file():
        return Finding(
            name="torch",
            title=title,
            state="missing",
            value=value,
            cost=say(
                "NVIDIA 드라이버가 있는데 torch는 CPU용이라 GPU를 쓰지 못합니다.",
                "there is an NVIDIA driver, but this torch is for CPUs: the GPU stays idle.",
            ),
            mend="pip install --force-reinstall torch  (https://pytorch.org/get-started/locally)",
        )
    return Finding(name="torch", title=title, state="good", value=value)


def _device(machine: Machine) -> Finding:
    title = say("장치", "device")
    if machine.device.type == "cpu":
        return Finding(
            name="device",
            title=title,
            state="good",
            value=say("CPU", "CPU"),
            cost=say(
                "GPU가 없습니다. tiny는 십여 분에서 두 시간이면 되지만 d12부터는 GPU가 있어야 합니다 "
                "('nako plan --depth 12').",
                "there is no GPU. tiny takes ten minutes to two hours, but d12 and above want one "
                "('nako plan --depth 12').",
            ),
        )
    name = str(machine.describe()["name"])
    sheet = datasheet_of(name)
    room = f"{memory_bytes(machine.device) / 1e9:.0f} GB" if machine.device.type == "cuda" else ""
    count = torch.cuda.device_count() if machine.device.type == "cuda" else 1
    known = f"{sheet.bf16_tflops:g} TFLOP/s" if sheet else say("사양을 모릅니다", "datasheet unknown")
    return Finding(name="device", title=title, state="good", value=f"{count} x {name} {room} ({known})")


def _dtype(machine: Machine) -> Finding:
    chosen = str(machine.dtype).removeprefix("torch.")
    speeds = {dtype: matmul_tflops(machine.device, dtype) for dtype in {torch.float32, machine.dtype}}
    listed = ", ".join(
        f"{str(dtype).removeprefix('torch.')} {speed:.3g} TFLOP/s" for dtype, speed in speeds.items()
    )
    slow = machine.dtype == torch.float32
    return Finding(
        name="dtype",
        title=say("수의 형식", "dtype"),
        state="slower" if slow else "good",
        value=f"{chosen} ({listed})",
        cost=say(
            "이 장치는 bfloat16이 빠르지 않습니다: 빠른 장치보다 두세 배 걸리고 메모리를 더 씁니다.",
            "bfloat16 is not fast here: training takes two or three times as long as where it is, and more memory.",
        )
        if slow
        else "",
        mend=say(
            "AVX512-BF16이나 AMX가 있는 CPU, 또는 GPU에서 학습하세요.",
            "train on a CPU with AVX512-BF16 or AMX, or on a GPU.",
        )
        if slow
        else "",
    )


def _compiler(machine: Machine) -> Finding:
    missing = missing_for_compiling(machine.device)
    return Finding(
        name="compiler",
        title="torch.compile",
        state="slower" if missing else "good",
        value=say(f"없는 것: {missing}", f"missing: {missing}") if missing else say("됩니다", "works"),
        cost=say(
            "CPU에서 학습이 1.6배 느립니다 (docs/benchmarks.md).",
            "training on a CPU is 1.6 times slower (docs/benchmarks.md).",
        )
        if missing
        else "",
        mend=say("괄호 안의 명령을 실행하세요.", "run the command in the brackets.") if missing else "",
    )


def _wants_native(machine: Machine) -> bool:
    return platform.system() == "Linux" and machine.device.type == "cpu" and machine.dtype == torch.float32


def _native(machine: Machine) -> Finding:
    """What an engine computes with where a CPU has no bf16."""
    there = native() is not None
    return Finding(
        name="native",
        title=say("엔진의 C 함수", "the engine's C functions"),
        state="good" if there else "slower",
        value=say("됩니다", "work") if there else say("만들 수 없습니다", "cannot be built"),
        cost=""
        if there
        else say(
            "혼자 쓰는 대화가 1.7배쯤 느립니다 (docs/benchmarks.md).",
            "a single stream answers about 1.7 times slower (docs/benchmarks.md).",
        ),
        mend=""
        if there
        else say(
            "Linux라면 C 컴파일러를 설치하세요: apt install gcc",
            "on Linux, install a C compiler: apt install gcc",
        ),
    )


def _attention(machine: Machine) -> Finding:
    title = say("어텐션 커널", "attention kernels")
    if machine.device.type != "cuda":
        value = say("펼쳐서 계산, scaled_dot_product_attention", "materialised, scaled_dot_product_attention")
        return Finding(name="attention", title=title, state="good", value=value)
    there = candidates(machine.device, machine.dtype)
    new = torch.cuda.get_device_capability(machine.device)[0] in FLASH4_GENERATIONS
    if VARLEN not in there:
        cost = say(
            "문서의 경계와 창을 아는 커널이 없어 큰 마스크를 계산합니다.",
            "no kernel knows documents and windows: large masks are computed instead.",
        )
    elif new and not {FLASH3, FLASH4} & set(there):
        cost = say(
            "이 GPU를 위한 FlashAttention이 없어 앞 세대의 것(2)을 씁니다.",
            "the FlashAttention made for this GPU is not here; the one before (2) is used.",
        )
    else:
        cost = ""
    return Finding(
        name="attention",
        title=title,
        state="slower" if cost else "good",
        value=", ".join(KERNEL_NAMES[name] for name in there),
        cost=cost,
        mend=("pip install --pre flash-attn-4" if new else "pip install 'torch>=2.11'") if cost else "",
    )


def _disk() -> Finding:
    folder = home()
    free = free_disk_bytes(folder)
    little = free < _TINY_DISK
    return Finding(
        name="disk",
        title=say("디스크", "disk"),
        state="slower" if little else "good",
        value=say(f"{folder}에 {free / 1e9:.1f} GB 남음", f"{free / 1e9:.1f} GB free at {folder}"),
        cost=say("체크포인트를 저장하다 멈출 수 있습니다.", "saving a checkpoint may fail for want of room.")
        if little
        else "",
        mend=say(
            "자리를 만들거나 NAKO_HOME을 큰 디스크로 옮기세요.",
            "make room, or point NAKO_HOME to a larger disk.",
        )
        if little
        else "",
    )


def _serving() -> Finding:
    missing = [name for name in ("fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
    return Finding(
        name="serving",
        title=say("웹 서버", "web server"),
        state="missing" if missing else "good",
        value=say("없는 것: ", "missing: ") + ", ".join(missing) if missing else say("됩니다", "works"),
        cost=say("'nako serve'가 되지 않습니다.", "'nako serve' does not work.") if missing else "",
        mend="pip install 'nakochat[serve]'" if missing else "",
    )


def _sandbox() -> Finding:
    lacks = sandbox.missing()
    return Finding(
        name="sandbox",
        title=say("코드를 가두는 곳", "sandbox for code"),
        state="missing" if lacks else "good",
        value=say(f"없는 것: {lacks}", f"missing: {lacks}") if lacks else "Landlock, seccomp",
        cost=say(
            "모델이 쓴 코드를 실행하지 않으므로 HumanEval을 재지 못합니다.",
            "code that a model wrote is not run: HumanEval cannot be measured.",
        )
        if lacks
        else "",
        mend=say(
            "Linux 5.13 이상에서 재거나, 잃어도 괜찮은 컴퓨터에서 --unsafe를 주세요.",
            "measure on Linux 5.13 or later, or give --unsafe on a machine that you can lose.",
        )
        if lacks
        else "",
    )


def _network() -> Finding:
    title = say("네트워크", "network")
    if reaches(_HOST):
        return Finding(name="network", title=title, state="good", value=_HOST)
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    if proxy:  # which a plain connection does not go through; its address may hold a password
        value = say("프록시를 거칩니다 (HTTPS_PROXY)", "through a proxy (HTTPS_PROXY)")
        return Finding(name="network", title=title, state="good", value=value)
    return Finding(
        name="network",
        title=title,
        state="missing",
        value=say(f"{_HOST}에 닿지 않습니다", f"{_HOST} cannot be reached"),
        cost=say(
            "자료를 받지 못합니다. 마을로 학습하고 대화하는 데에는 네트워크가 필요 없습니다.",
            "data cannot be pulled. Training on the village and talking need no network.",
        ),
        mend=say(
            "연결을 확인하거나, 다른 컴퓨터에서 받은 파일을 --corpus로 주세요.",
            "check the connection, or give files from another computer with --corpus.",
        ),
    )


def _versions() -> Finding:
    value = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    return Finding(name="versions", title=say("라이브러리", "libraries"), state="good", value=value)

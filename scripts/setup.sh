# A folder and the names of extras -> .venv in that folder with the project installed.  Sourced by speedrun.sh and
# test.sh, which call `set_up FOLDER EXTRAS`; afterwards FOLDER/.venv/bin holds nako, pytest and the rest.
# Bash 3.2 (macOS) is enough.
# shellcheck shell=bash

export PYTHONUTF8=1                   # Korean on a terminal with LANG=C
unset PYTHONDONTWRITEBYTECODE         # pip compiles nothing: what is imported is compiled once, the rest never
export PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_NO_INPUT=1

torch_cpu_index="https://download.pytorch.org/whl/cpu"

say() { # KOREAN ENGLISH: the sentence in the reader's language
    case "${NAKO_LANG:-}" in
        en* | EN*) printf '%s\n' "$2" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

fail() { # KOREAN ENGLISH: both, because the reader may know only one, and the end
    case "${NAKO_LANG:-}" in
        en* | EN*) printf '\n%s\n' "$2" >&2 ;;
        *) printf '\n%s\n%s\n' "$1" "$2" >&2 ;;
    esac
    exit 2
}

python_version() { # PYTHON: "3.12.4" where it runs and is new enough
    "$1" -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1); print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null
}

accelerated_torch() { # PYTHON: the version of a GPU build of torch >= 2.11 that lies outside a .venv of ours
    "$1" -W ignore - 2>/dev/null <<'PYTHON'
import importlib.util, pathlib, re, sys
if importlib.util.find_spec("torch") is None:
    sys.exit(1)
import torch
ours = sys.prefix != sys.base_prefix and pathlib.Path(torch.__file__).is_relative_to(sys.prefix)
built_for = torch.version.cuda or torch.version.hip or getattr(torch.version, "xpu", None)
if ours or not built_for or tuple(map(int, torch.__version__.split(".")[:2])) < (2, 11):
    sys.exit(1)
if re.match(r"2\.11\.0(a|b|rc|\.dev)", torch.__version__):  # comes before 2.11, and pip would not have it
    sys.exit(1)
print(torch.__version__)
PYTHON
}

find_python() { # sets base_python and base_options: one that has a GPU build of torch, else the first that can
    local name found_old="" found_bare=""
    base_python="" base_options=""
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if python_version "$name" >/dev/null && "$name" -c 'import venv, ensurepip' 2>/dev/null \
            && accelerated_torch "$name" >/dev/null; then
            base_python=$name base_options=--system-site-packages
            return
        fi
    done
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if ! python_version "$name" >/dev/null; then
            if "$name" --version >/dev/null 2>&1; then found_old="$("$name" --version 2>&1)"; fi
        elif ! "$name" -c 'import venv, ensurepip' 2>/dev/null; then
            found_bare=$name
        else
            base_python=$name
            return
        fi
    done
    if [ -n "$found_bare" ]; then
        fail "$found_bare 에 venv 모듈이 없어서 가상 환경을 만들 수 없습니다. Debian/Ubuntu 에서는 다음을 실행하고 다시 시작하세요: sudo apt install python3-venv" \
            "$found_bare has no venv module, so no environment can be made. On Debian/Ubuntu run this and start again: sudo apt install python3-venv"
    fi
    fail "Python 3.11 이상이 필요합니다 (찾은 것: ${found_old:-없음}). https://www.python.org/downloads/ 에서 설치하고 다시 시작하세요." \
        "Python 3.11 or newer is needed (found: ${found_old:-none}). Install it from https://www.python.org/downloads/ and start again."
}

make_environment() { # FOLDER: .venv with a pip that runs
    local folder=$1
    if "$folder/.venv/bin/python" -m pip --version >/dev/null 2>&1 && python_version "$folder/.venv/bin/python" >/dev/null; then
        return
    fi
    find_python
    say "Python $(python_version "$base_python") 로 .venv 를 만듭니다." \
        "Making .venv with Python $(python_version "$base_python")."
    # --clear: what is there was interrupted half-way, or made by a Python that has gone.
    "$base_python" -m venv --clear ${base_options:+"$base_options"} "$folder/.venv" \
        || fail "$folder/.venv 를 만들지 못했습니다. 폴더에 쓸 수 있는지, 디스크에 자리가 있는지 확인하세요." \
            "$folder/.venv could not be made. Check that the folder is writable and the disk has room."
}

fingerprint() { # FOLDER: what an installation depends on; the path too, since a moved environment is a broken one
    "$1/.venv/bin/python" - "$1" <<'PYTHON'
import hashlib, pathlib, sys
folder = pathlib.Path(sys.argv[1])
parts = [str(folder).encode("utf-8", "surrogateescape"), sys.version.encode()]
parts += [(folder / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
print(hashlib.sha256(b"\0".join(parts)).hexdigest())
PYTHON
}

has_nvidia() { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; }

install_cpu_torch() { # PYTHON VERSION: the CPU build, alone; without it Linux gets gigabytes of CUDA that nothing here runs
    "$1" -m pip install --no-compile --no-deps --retries 1 --timeout 30 --extra-index-url "$torch_cpu_index" "torch==$2+cpu"
}

install() { # FOLDER EXTRAS
    local folder=$1 extras=$2 python="$1/.venv/bin/python" kept version rules
    rules="$folder/.venv/constraints.txt"
    version="$(sed -n 's/^torch==//p' "$folder/constraints.txt")"
    if kept="$(accelerated_torch "$python")"; then
        say "이 컴퓨터의 PyTorch $kept 를 그대로 씁니다. 나머지 패키지 약 $rest_mb MB를 받습니다." \
            "Keeping this machine's PyTorch $kept; downloading about $rest_mb MB of other packages."
        { grep -v '^torch==' "$folder/constraints.txt" && printf 'torch==%s\n' "$kept"; } >"$rules"
    else
        cp "$folder/constraints.txt" "$rules"
        if [ "$(uname -s)" = Linux ] && has_nvidia; then
            say "NVIDIA GPU용 PyTorch $version 과 나머지 패키지, 모두 약 3 GB를 받습니다." \
                "Downloading PyTorch $version for NVIDIA GPUs and the other packages, about 3 GB in all."
        else
            say "PyTorch $version (CPU, 약 190 MB)과 나머지 패키지 약 $rest_mb MB를 받습니다." \
                "Downloading PyTorch $version (CPU, about 190 MB) and about $rest_mb MB of other packages."
            if [ "$(uname -s)" = Linux ] && ! install_cpu_torch "$python" "$version"; then
                say "CPU용 PyTorch를 받지 못해서 PyPI의 것을 받습니다 (약 3 GB)." \
                    "The CPU build of PyTorch could not be had; taking PyPI's instead (about 3 GB)."
            fi
        fi
    fi
    # Editable, so that `git pull` is all an update takes.
    "$python" -m pip install --no-compile -c "$rules" -e "${folder}[$extras]" \
        || fail "패키지를 설치하지 못했습니다. 네트워크와 디스크 공간을 확인하고 같은 명령을 다시 실행하면 이어집니다." \
            "The packages could not be installed. Check the network and the disk's room; the same command goes on from here."
}

set_up() { # FOLDER EXTRAS
    local folder=$1 extras=$2 stamp="$1/.venv/installed" wanted done_for=""
    rest_mb=140
    case "$extras" in *dev*) rest_mb=200 ;; esac
    make_environment "$folder"
    wanted="$(fingerprint "$folder")"
    if [ -f "$stamp" ]; then done_for="$(cat "$stamp")"; fi
    case "$done_for" in
        "$wanted $extras" | "$wanted $extras,"*) return ;; # the extras of test.sh begin with those of speedrun.sh
    esac
    install "$folder" "$extras"
    printf '%s %s\n' "$wanted" "$extras" >"$stamp"
}

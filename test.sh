#!/usr/bin/env bash
# [arguments of pytest] -> the same environment as speedrun.sh with the tools for developers, then every check.
if [ -z "${BASH_VERSION:-}" ]; then exec bash "$0" "$@"; fi # started as `sh test.sh`
set -euo pipefail

folder="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup.sh
source "$folder/scripts/setup.sh"
set_up "$folder" serve,dev

cd -- "$folder"
check() { # a command: shown, then run; the first that fails ends this script
    printf '\n$ %s\n' "$*"
    "$folder/.venv/bin/python" -m "$@"
}
check ruff check .
check ruff format --check .
check mypy --strict nakochat
check pytest -n 2 "$@" # ends 5 when no test ran, see tests/conftest.py

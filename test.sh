#!/usr/bin/env bash
# [arguments of pytest] -> the same environment as speedrun.sh with the tools for developers, then every check.
if [ -z "${BASH_VERSION:-}" ]; then exec bash "$0" "$@"; fi # started as `sh test.sh`
set -euo pipefail

folder="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup.sh
source "$folder/scripts/setup.sh"
set_up "$folder" serve,dev
# shellcheck source=scripts/browser.sh
source "$folder/scripts/browser.sh"
need_browser

cd -- "$folder"
failed=()
check() { # a command: shown, then run; a failure is kept for the end, so that one run shows everything
    printf '\n$ %s\n' "$*"
    "$folder/.venv/bin/python" -m "$@" || failed+=("$*")
}
check ruff check .
check ruff format --check .
check mypy --strict -n 2 nakochat
# three workers for two cores: one of them waits, for a process or a browser; a file shares its fixtures; it fails when no
# test ran, see tests/conftest.py
check pytest -n 3 --dist loadfile --no-loadscope-reorder "$@"

if [ ${#failed[@]} -gt 0 ]; then
    fail "통과하지 못한 검사:$(printf '\n  %s' "${failed[@]}")" "Checks that failed:$(printf '\n  %s' "${failed[@]}")"
fi
printf '\n'
say "모든 검사를 통과했습니다." "Every check passed."

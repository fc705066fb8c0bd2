#!/usr/bin/env bash
# [PRESET] [flags of `nako speedrun`] -> an environment beside this file, then every stage from raw text to a chatbot.
# NPROC_PER_NODE=8: eight processes train, one for each GPU.
# WANDB_RUN=NAME: Weights & Biases shows the run under that name; `dummy` logs nothing.
if [ -z "${BASH_VERSION:-}" ]; then exec bash "$0" "$@"; fi # started as `sh speedrun.sh`
set -euo pipefail

folder="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/setup.sh
source "$folder/scripts/setup.sh"

for argument in "$@"; do
    if [ "$argument" = --help ] || [ "$argument" = -h ]; then
        say "사용법: bash speedrun.sh [프리셋] [--serve] [nako speedrun 의 다른 옵션]   (기본 프리셋: tiny)
다시 실행하면 끝난 단계는 건너뛰고 멈춘 곳부터 이어집니다. 모든 옵션: .venv/bin/nako speedrun --help" \
            "Usage: bash speedrun.sh [PRESET] [--serve] [other flags of nako speedrun]   (default preset: tiny)
Run again, it skips what is finished and goes on where it stopped. All flags: .venv/bin/nako speedrun --help"
        exit 0
    fi
done

preset=(--preset tiny)
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    preset=(--preset "$1")
    shift
fi
for argument in "$@"; do
    case "$argument" in --preset | --preset=*) preset=() ;; esac
done

extras=serve tracking=()
if [ -n "${WANDB_RUN:-}" ] && [ "$WANDB_RUN" != dummy ]; then
    extras=serve,track tracking=(--track wandb --track-name "$WANDB_RUN")
fi
set_up "$folder" "$extras"
processes=()
if [ -n "${NPROC_PER_NODE:-}" ]; then processes=(--processes "$NPROC_PER_NODE"); fi
exec "$folder/.venv/bin/nako" speedrun ${preset[@]+"${preset[@]}"} ${processes[@]+"${processes[@]}"} \
    ${tracking[@]+"${tracking[@]}"} "$@"

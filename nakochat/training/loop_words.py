"""What befell a training -> what the loop says about it."""

from collections.abc import Sequence
from pathlib import Path

from nakochat.core.josa import josa
from nakochat.core.messages import say


def not_saved(step: int, error: OSError) -> str:
    return say(
        f"{step}걸음째를 저장하지 못했습니다 ({error.strerror}). 마지막 체크포인트는 그대로 있습니다.",
        f"could not save step {step} ({error.strerror}). The last checkpoint stays.",
    )


def goes_on() -> str:
    return say(" 학습은 계속됩니다.", " Training goes on.")


def make_room() -> str:
    return say(
        " 디스크에 자리를 만든 뒤 같은 명령을 다시 실행하면 이어집니다.",
        " Make room on the disk, then run the same command again.",
    )


def stopped(step: int, *, saved: bool) -> str:
    if not saved:
        return say(
            f"멈췄습니다. {step}걸음의 가중치가 망가져 저장하지 않았습니다. "
            "같은 명령을 다시 실행하면 마지막 체크포인트에서 이어집니다.",
            f"Stopped. The weights of step {step} are spoilt and were not saved. Run the same command again to go "
            "on from the last checkpoint.",
        )
    return say(
        f"{step}걸음까지 저장하고 멈췄습니다. 같은 명령을 다시 실행하면 이어집니다.",
        f"Stopped and saved at step {step}. Run the same command again to go on.",
    )


def left_at_once(step: int) -> str:
    if step:
        return stopped(step, saved=True)
    return say(
        "첫걸음을 마치지 않고 멈췄습니다. 같은 명령을 다시 실행하면 이 단계를 처음부터 합니다.",
        "Stopped before the first step was made. Run the same command again to begin this stage.",
    )


def no_room_for_a_row() -> str:
    return say(
        "한 줄씩 계산해도 메모리가 모자랍니다. --recompute를 켜거나(base, mid, sft), 더 작은 --depth나 --context로 "
        "새로 시작하세요.",
        "memory runs out even with one row at a time. Use --recompute (base, mid, sft), or start anew with a smaller "
        "--depth or --context.",
    )


def halved(rows: int, now: int) -> str:
    return say(
        f"메모리가 모자라 한 번에 {rows}줄이 아니라 {now}줄씩 계산합니다. 배우는 것은 같습니다. "
        f"다음부터는 --rows-per-piece {josa(str(now), '으로')} 시작하세요(rl은 --rows).",
        f"memory ran out: computing {now} rows at a time instead of {rows}. What is learned is the same. "
        f"Next time, begin with --rows-per-piece {now} (rl: --rows).",
    )


def passed_over(step: int, fault: str) -> str:
    return say(
        f"{step}걸음의 묶음을 건너뜁니다 ({fault}). 가중치는 그대로입니다.",
        f"skipping the batch of step {step} ({fault}). The weights stay as they were.",
    )


def spoilt(step: int) -> str:
    return say(
        f"{step}걸음의 가중치에 수가 아닌 값이 있어 저장하지 않습니다.",
        f"not saving step {step}: there are weights that are no numbers.",
    )


def rolled_back(step: int) -> str:
    return say(
        f"{step}걸음의 체크포인트로 돌아가, 다음 묶음부터 이어서 합니다.",
        f"back to the checkpoint of step {step}, going on with the next batch.",
    )


def gave_up(step: int, faults: Sequence[str], folder: Path) -> str:
    listed = "; ".join(faults)
    leaps = any(" > " in fault for fault in faults)
    korean, english = (
        (
            " 손실이 뛰는 것이 당연한 자료라면 --no-skip-spikes로 이으세요.",
            " If such leaps belong to the data, go on with --no-skip-spikes.",
        )
        if leaps
        else ("", "")
    )
    return say(
        f"{step}걸음에서 잇달아 {len(faults)}번 나빠 멈췄습니다 ({listed}). "
        "마지막 체크포인트는 온전하지만, 그대로 이으면 같은 곳에서 다시 멈춥니다. 자료를 확인하거나, "
        f"{josa(str(folder), '을')} 다른 곳으로 옮기고 더 낮은 --rate-scale로 이 단계를 다시 시작하세요.{korean}",
        f"stopped at step {step}: {len(faults)} faults in a row ({listed}). "
        "The last checkpoint is whole, but going on from it stops at the same step again. Check the data, or "
        f"move {folder} away and start this stage again with a lower --rate-scale.{english}",
    )

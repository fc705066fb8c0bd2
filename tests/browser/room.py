"""Run folders for the training room, and its server: for tests of the page, and for its pictures."""

import json
import math
import random
import threading
from pathlib import Path

from nakochat.core.files import write_json
from nakochat.core.itinerary import write_itinerary
from nakochat.serving.watch.page import create_watch_app
from nakochat.serving.watch.room import Room
from nakochat.serving.web.server import LocalServer, open_socket


class Serving:
    """The room's server, which can be ended and started again at the same address."""

    def __init__(self, runs: Path) -> None:
        self._runs, self.port = runs, 0
        self.start()

    def start(self) -> None:
        place = open_socket("127.0.0.1", self.port)
        self.port = place.getsockname()[1]
        self._server = LocalServer(create_watch_app(Room(self._runs)))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [place]})
        self._thread.start()

    def end(self) -> None:
        self._server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive()


def append(stage: Path, *rows: dict[str, object]) -> None:
    stage.mkdir(parents=True, exist_ok=True)
    with (stage / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def step(number: int, loss: float) -> dict[str, object]:
    return {
        "kind": "step",
        "step": number,
        "loss": loss,
        "seconds": 2.0 * number,
        "tokens_per_second": 1500.0,
    }


# what a model of the tiny preset wrote on its way, the beginnings
GROWN = {
    "오늘 아침에 ": {
        0: "솔바람마을춵 맛빛 호석 무서나기머니 일이 갈 묻 굴개를 먹을 넣어 깨 나누 식 헷 깤T름있잖아칠 먹이",
        100: "7시부터 소민과 나누고 싶었다. 사람들은 두 사람처를 닦았어요. 미나는 목마을 뵄뜸 뒤에 뺡숙도 악기",
        200: "8시에 연주다. 나무공방에 가면 긴 작업대가 있다는 것은 누구나 안다. 가람 씨는 고양이가 즐겨 먹는",
        300: "47416 소리 내어 읽었다. “47416, 47416, 47416.” 가은이 작은아버지를 심었다. “수아야, 471",
        400: "8시부터 한다는 사실은 널리 알려져 있다. 윤슬 씨는 연못가에 살거든요. 윤슬 씨는 그릇 빚기에 뛰어",
    },
    "옛날 어느 마을에 ": {
        0: "는데 잘드소담 오빠 해젓며권깔 없지요리기온밭에서 받침을윤은 지내기서뜃경kм 물어볼 가을 즐거 기",
        100: "102개를 키고 나서 조금 쉬었다.",
        200: "111개를 스물 개라고 읽었어요. 하은이 개를 숫자로 쓰면 22개예요. 그리고 103도 대문을 열고 있었어",
        300: "2467개가 사 왔다. 집에 도착해서 79를 할 수 있다. 개미로 8개 있다. 오미용리는 오미자차를 세 개 받",
        400: "2216개를 하나 샀어요. 이 글자는 6이에요. 처음에는 5나 2003이라고 적었어요. 2013-2215예요. 지난",
    },
}
STEPS = {"base": 840, "mid": 460}


def write_example(runs: Path, scores: Path, name: str, *, shift: float = 0.0, seed: int = 0) -> None:
    """A run whose base has ended and whose mid is half done; its curves are drawn by a formula, for a picture."""
    chance = random.Random(seed)
    write_itinerary(runs / name, {"base": 840 * 8192, "mid": 460 * 8192, "sft": 340 * 8192, "rl": None})
    write_json(runs / name / "tokenizer.json", {"vocabulary": 3072, "settings": {"vocab_size": 3072}})
    (runs / name / "tokenizer").mkdir()
    for stage, steps in STEPS.items():
        folder, first = runs / name / stage, stage == "base"
        start, end = (8.0, 1.2 + shift) if first else (1.7, 1.0 + shift)
        rows: list[dict[str, object]] = []
        for number in range(1, steps + 1 if first else 261):
            fallen = math.exp(-number / 40) * 0.75 + math.exp(-number / 260) * 0.25
            row = step(number, end + (start - end) * fallen + chance.gauss(0, 0.03))
            rate = min(1, number / 20, 2.02 - 2 * number / steps)
            row |= {
                "learning_rate": rate,
                "matrix_learning_rate": 0.04 * rate,
                "memory_gb": 1.5 + 0.1 * (number > 90),
            }
            row |= {
                "tokens_per_second": 2000 + chance.gauss(0, 25),
                "step_seconds": 4 + chance.gauss(0, 0.05),
            }
            row |= {
                "gradient_norm": 0.2 + math.exp(-number / 20) + abs(chance.gauss(0, 0.01)),
                "seconds": 4.0 * number,
            }
            rows.append(row)
            if number % 100 == 0:
                bits = (
                    (0.55 if first else 0.53) + (1.2 if first else 0.2) * math.exp(-number / 110) + shift / 10
                )
                rows.append({"kind": "check", "step": number, "validation_bits_per_byte": bits})
        for prompt, texts in GROWN.items() if first else ():
            rows += [
                {"kind": "sample", "step": at, "prompt": prompt, "text": text} for at, text in texts.items()
            ]
        append(folder, *rows, *([{"kind": "end", "steps": steps, "seconds": 4.0 * steps}] if first else []))
        write_json(folder / "config.json", {"steps": steps, "corpus": []})
        shape = {"parameters": 4128861, "flops_per_token": 15340536, "steps": steps, "tokens": 8192 * steps}
        write_json(folder / "plan.json", {"predicted": shape})
        write_json(
            folder / "origin.json", {"command": f"nako speedrun --name {name} --seed {seed}", "seed": seed}
        )
    (runs / name / "base" / "scores.json").write_bytes(scores.read_bytes())

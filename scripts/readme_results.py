"""Runs' scores.json -> the results tables of README.md and README.en.md, between their markers.

    python scripts/readme_results.py tiny tiny-1 tiny-2

The stages are those of the first run; with several runs (seeds) a last column holds the worst RL score.
"""

import json
import sys
from pathlib import Path
from typing import Any

from nakochat.core.files import write_text
from nakochat.core.paths import STAGES, run_folder

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- results -->", "<!-- /results -->"


def scores(name: str, stage: str) -> dict[str, Any]:
    return json.loads((run_folder(name) / stage / "scores.json").read_text(encoding="utf-8"))["scores"]


def shown(entry: dict[str, Any]) -> str:
    return f"{100 * entry['value']:.1f} %" if entry["unit"] == "accuracy" else f"{entry['value']:.3g}"


def table(names: list[str], language: str) -> str:
    columns = {stage: scores(names[0], stage) for stage in STAGES}
    seeds = [scores(name, STAGES[-1]) for name in names]
    heads = {"ko": ["무엇", "문항"], "en": ["what", "items"]}[language] + [stage.upper() for stage in STAGES]
    if len(names) > 1:
        heads.append(
            {"ko": f"RL, 씨앗 {len(names)}개 중 가장 나쁜 것", "en": f"RL, worst of {len(names)} seeds"}[
                language
            ]
        )
    lines = [f"| {' | '.join(heads)} |", "|---|" + "--:|" * (len(heads) - 1)]
    shares_first = sorted(columns["rl"].items(), key=lambda item: item[1]["unit"] != "accuracy")
    for key, entry in shares_first:
        row = [entry["label"][language], str(entry.get("items", ""))]
        row += [shown(columns[stage][key]) for stage in STAGES]
        if len(names) > 1:
            pick = max if entry["better"] == "lower" else min
            row.append(shown(pick((found[key] for found in seeds), key=lambda found: found["value"])))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def main() -> None:
    names = sys.argv[1:] or ["tiny"]
    for file, language in (("README.md", "ko"), ("README.en.md", "en")):
        text = (ROOT / file).read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        write_text(ROOT / file, f"{before}{BEGIN}\n\n{table(names, language)}\n\n{END}{after}")


if __name__ == "__main__":
    main()

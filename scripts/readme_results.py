"""Runs' scores.json -> the results tables and the talk in README.md and README.en.md, between their markers.

    python scripts/readme_results.py tiny tiny-1 tiny-2

The stages are those of the first run; with several runs (seeds) a last column holds the worst RL score.  The talk is
what its RL stage answered in two of the five fixed conversations, the same two whatever was said.
"""

import json
import sys
from pathlib import Path
from typing import Any

from nakochat.core.files import write_text
from nakochat.core.paths import STAGES, run_folder

ROOT = Path(__file__).parents[1]
CONVERSATIONS = (0, 4)  # that are shown, of those in evals/suite.py


def found(name: str, stage: str) -> dict[str, Any]:
    return json.loads((run_folder(name) / stage / "scores.json").read_text(encoding="utf-8"))


def scores(name: str, stage: str) -> dict[str, Any]:
    return found(name, stage)["scores"]


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
            row.append(shown(pick((seed[key] for seed in seeds), key=lambda entry: entry["value"])))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def talk(name: str, language: str) -> str:
    who = {"ko": ("사람", "나코"), "en": ("user", "nako")}[language]
    conversations = found(name, STAGES[-1])["conversations"]
    shown = (conversations[number] for number in CONVERSATIONS)
    said = (
        "\n".join(f"{who[turn['role'] == 'assistant']}  {turn['text']}" for turn in turns) for turns in shown
    )
    return "```text\n" + "\n\n".join(said) + "\n```"


def filled(text: str, part: str, content: str) -> str:
    """The text with this between the part's markers."""
    begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n\n{content}\n\n{end}{rest.split(end)[1]}"


def main() -> None:
    names = sys.argv[1:] or ["tiny"]
    for file, language in (("README.md", "ko"), ("README.en.md", "en")):
        text = (ROOT / file).read_text(encoding="utf-8")
        text = filled(text, "talk", talk(names[0], language))
        write_text(ROOT / file, filled(text, "results", table(names, language)))


if __name__ == "__main__":
    main()

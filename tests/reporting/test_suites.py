"""suites.json of the stages -> public tests, texts by domain, published figures, earlier runs."""

import json
import shutil

import pytest

from nakochat.reporting.beside import NANOCHAT_D20, earlier_runs
from nakochat.reporting.facts import read_run
from nakochat.reporting.report import write_report


def entry(value, chance=0.25, **more):
    return {
        "value": value, "items": 570, "chance": chance, "interval": [value - 0.02, value + 0.02], "unit": "accuracy",
        "better": "higher", "label": {"ko": "시험", "en": "test"}, **more,
    }  # fmt: skip


def text(value, **more):
    return {
        "value": value, "unit": "bits/byte", "better": "lower", "label": {"ko": "법", "en": "law"}, "bytes": 1024,
        "bits_per_character": 2.5, "perplexity": 30.25, "token_accuracy": 0.375, "sha256": "ab" * 32, **more,
    }  # fmt: skip


def leave(folder, **scores):
    named = {name.replace("__", "/").replace("_of_", "-"): value for name, value in scores.items()}
    (folder / "suites.json").write_text(json.dumps({"step": 400, "scores": named}), encoding="utf-8")


@pytest.fixture
def with_suites(run_folder):
    partial = {
        **entry(-0.01, 0.0), "unit": "centred", "label": {"ko": "CORE (18/22)", "en": "CORE (18/22)"}, "interval": None,
    }  # fmt: skip
    leave(run_folder / "base", core_partial=partial, core__squad=entry(0.1, 0.0), texts__law=text(0.91))
    leave(
        run_folder / "sft",
        mmlu=entry(0.2613, label={"ko": "MMLU", "en": "MMLU"}, cut=33),
        gsm8k=entry(0.02, 0.0, pass_at={"1": 0.02, "5": 0.08}, label={"ko": "GSM8K", "en": "GSM8K"}),
        texts__law=text(0.87),
    )
    return run_folder


def test_tests_stand_with_chance_items_and_interval_core_first_and_its_parts_last(with_suites):
    report = write_report(with_suites)[0].read_text("utf-8")
    section = report.partition("## 공개 시험")[2].partition("\n## ")[0]
    rows = [line for line in section.split("\n") if line.startswith("| ")]
    assert rows[0] == "| 항목 | BASE | MID | SFT | RL | 찍으면 | 문항 |"
    assert rows[2].startswith("| CORE (18/22)<br><sub>우연이 0</sub> | -0.010 |")
    assert (
        "| MMLU | – | – | 26.1 %<br><sub>24.1 – 28.1</sub> | – | 25.0 % | 570<br><sub>앞이 잘림 33</sub> |"
        in rows
    )
    assert rows[-1] == "| GSM8K | SFT | pass\\@1 2.0 %, pass\\@5 8.0 % |"
    assert section.index("MMLU") < section.index("시험 |")
    assert "발표된 값과 견줄 수 없습니다" in section


def test_a_score_of_the_development_split_is_explained(with_suites):
    assert "개발용" not in write_report(with_suites)[0].read_text("utf-8")
    leave(with_suites / "sft", kmmlu=entry(0.26, split="dev"))
    assert "‘개발용’은 시험용 자료가 없어" in write_report(with_suites)[0].read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("kmmlu", entry(0.3), entry(0.9, split="dev")),
        ("core_partial", entry(0.3, parts=18), entry(0.9, parts=2)),
        ("texts__law", text(0.91), text(0.5, sha256="cd" * 32)),
    ],
)
def test_what_was_measured_otherwise_stands_in_a_row_of_its_own(run_folder, name, one, other):
    leave(run_folder / "base", **{name: one})
    leave(run_folder / "mid", **{name: other})
    leave(run_folder / "sft", **{name: one})
    report = write_report(run_folder)[0].read_text("utf-8")
    section = report.partition("## 글 맞히기" if "texts" in name else "## 공개 시험")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in section.split("\n") if line.startswith("| ")][2:]
    assert [[cell.startswith("–") for cell in row[1:5]] for row in rows] == [
        [False, True, False, True],
        [True, False, True, True],
    ]
    assert "**" not in section  # equals, and one alone


def test_a_score_of_some_items_says_of_how_many(with_suites):
    assert "가운데" not in write_report(with_suites)[0].read_text("utf-8")
    leave(with_suites / "sft", kmmlu=entry(0.26, items=200, of=4518))
    report = write_report(with_suites)[0].read_text("utf-8")
    assert "| 200/4,518 |" in report
    assert "1,273문항 가운데 100문항만" in report


def test_texts_show_bits_perplexity_and_accuracy(with_suites):
    report = write_report(with_suites)[0].read_text("utf-8")
    section = report.partition("## 글 맞히기")[2].partition("\n## ")[0]
    shown = "<br><sub>2.50 · 30.2 · 37.5 %</sub>"
    assert f"| 법 | 0.910{shown} | – | **0.870**{shown} | – | 1,024 | abababababab |" in section


def test_published_figures_stand_where_one_of_them_was_measured(with_suites):
    report = write_report(with_suites)[0].read_text("utf-8")
    section = report.partition("## 발표된 값과 나란히")[2].partition("\n## ")[0]
    assert (
        "| MMLU | – | –<br><sub>d20: 0.3111</sub> | 0.2613<br><sub>570문항 · d20: 0.3151</sub> | – |"
        in section
    )
    assert "| CORE | –<br><sub>d20: 0.2219</sub> | – | – | – |" in section
    (with_suites / "sft" / "suites.json").unlink()
    assert "발표된 값과" not in write_report(with_suites)[0].read_text("utf-8").replace(
        "발표된 값과 견줄", ""
    )
    means = {
        stage: sum((NANOCHAT_D20[k][stage] - c) / (1 - c) for k, c in CHANCES.items()) / 5
        for stage in ("mid", "sft")
    }
    assert means["sft"] == pytest.approx(NANOCHAT_D20["chatcore"]["sft"], abs=1e-4)
    assert means["mid"] == pytest.approx(NANOCHAT_D20["chatcore"]["mid"], abs=1e-4)


CHANCES = {"arc-easy": 0.25, "arc-challenge": 0.25, "mmlu": 0.25, "gsm8k": 0.0, "humaneval": 0.0}


def began(folder, when):
    for path in folder.glob("*/origin.json"):
        path.write_text(
            json.dumps({**json.loads(path.read_text("utf-8")), "started": when}), encoding="utf-8"
        )


def test_earlier_runs_stand_beside_and_later_or_broken_ones_do_not(run_folder):
    for name, when in (("earlier", "2025-12-01"), ("later", "2026-02-01"), ("broken", "2025-11-01")):
        shutil.copytree(run_folder, run_folder.parent / name)
        began(run_folder.parent / name, when)
    (run_folder.parent / "broken" / "rl" / "scores.json").write_text("{")
    assert [other.name for other in earlier_runs(run_folder, read_run(run_folder))] == ["earlier"]
    report = write_report(run_folder)[0].read_text("utf-8")
    section = report.partition("## 앞선 실행과 나란히")[2].partition("\n## ")[0]
    assert "| 항목 | 첫 실행 RL | earlier RL |" in section
    assert "| 조사 고르기 | 95.5 % | 95.5 % |" in section  # neither is better


def test_bits_stand_beside_those_of_the_same_texts_alone(run_folder):
    shutil.copytree(run_folder, run_folder.parent / "earlier")
    began(run_folder.parent / "earlier", "2025-12-01")

    def shown(own, theirs):
        for folder, texts in ((run_folder, own), (run_folder.parent / "earlier", theirs)):
            path = folder / "rl" / "scores.json"
            content = json.loads(path.read_text("utf-8"))
            content["scores"]["bits_per_byte"] = {
                "value": 0.9,
                "unit": "bits/byte",
                "better": "lower",
                "label": {"ko": "바이트당 비트", "en": "bits per byte"},
                **({"sha256": texts} if texts else {}),
            }
            path.write_text(json.dumps(content), encoding="utf-8")
        report = write_report(run_folder)[0].read_text("utf-8")
        return "바이트당 비트 |" in report.partition("## 앞선 실행과 나란히")[2].partition("\n## ")[0]

    assert shown("ab", "ab")
    assert not shown("ab", "cd")
    assert not shown(None, None)  # older ones do not say which they were


def test_figures_of_before_a_stage_went_on_are_left_out_with_a_remark(with_suites):
    later = with_suites / "sft" / "checkpoints" / "00000900"
    later.mkdir(parents=True)
    (later / "manifest.json").write_text("{}", encoding="utf-8")
    report = write_report(with_suites)[0].read_text("utf-8")
    section = report.partition("## 공개 시험")[2].partition("\n## ")[0]
    assert "MMLU" not in section
    assert "GSM8K" not in section
    assert "SFT의 값은 400걸음의 체크포인트에서 잰 것이라 싣지 않았습니다" in section
    assert "BASE의 값은" not in section
    texts = report.partition("## 글 맞히기")[2].partition("\n## ")[0]
    assert "0.910" in texts
    assert "0.870" not in texts
    assert "SFT의 값은 400걸음" in texts

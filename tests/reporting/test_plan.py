import json

from nakochat.reporting.facts import read_run
from nakochat.reporting.plan import loss_watch, plan
from nakochat.reporting.report import write_report


def leave(folder, name, content):
    (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def test_what_was_predicted_stands_beside_what_came(run_folder):
    predicted = {
        "parameters": 100,
        "seconds": 50.0,
        "memory_bytes": 2e9,
        "source": "20 steps <b>",
        "source_ko": "20걸음",
    }
    leave(
        run_folder / "base",
        "plan.json",
        {"predicted": predicted, "actual": {"parameters": 100, "seconds": 75.0, "tokens": 9}},
    )
    table, note = plan(read_run(run_folder))
    shown = [[cell.words.en for cell in row] for row in table.rows]
    assert shown == [
        ["BASE parameters", "100", "100", "+0.0 %"],
        ["BASE tokens", "–", "9", "–"],
        ["BASE time", "50.0 s", "1 min 15 s", "+50.0 %"],
    ]
    assert "20 steps" in note.words.en
    assert "근거: 20걸음." in note.words.ko
    markdown, page = write_report(run_folder)
    assert "+50.0 %" in markdown.read_text(encoding="utf-8")
    assert "<b>" not in page.read_text(encoding="utf-8").split("20 steps")[1][:10]


def test_a_verdict_on_the_loss_is_shown(run_folder):
    findings = [
        {"normal": True, "ko": "고르게 내려왔습니다", "en": "came down evenly"},
        {"normal": False, "ko": "튀었습니다", "en": "jumped"},
    ]
    leave(run_folder / "mid", "loss_watch.json", {"normal": False, "findings": findings})
    (table,) = loss_watch(read_run(run_folder))
    assert [[cell.words.en for cell in row] for row in table.rows] == [
        ["MID", "normal", "came down evenly"],
        ["MID", "look at this", "jumped"],
    ]
    assert "튀었습니다" in write_report(run_folder)[0].read_text(encoding="utf-8")


def test_runs_older_than_plans_have_neither(run_folder):
    run = read_run(run_folder)
    assert plan(run) == loss_watch(run) == []
    leave(run_folder / "base", "plan.json", {"predicted": "?", "actual": [1]})
    leave(run_folder / "base", "loss_watch.json", {"findings": {"a": 1}})
    run = read_run(run_folder)
    assert plan(run) == loss_watch(run) == []

"""RL's check rows and changes.json -> what practice changed; sessions, energy, price, code -> what it took."""

import json

from nakochat.reporting.report import write_report
from tests.reporting.conftest import write_rows


def report_of(folder, **options):
    return write_report(folder, **options)[0].read_text("utf-8")


def section(report, title):
    return report.partition(f"## {title}")[2].partition("\n## ")[0]


def test_pass_at_k_before_and_after_and_what_changed(run_folder):
    step = {"kind": "step", "step": 50, "loss": 0.0, "reward": 0.7}
    checks = [
        {"kind": "check", "step": at, "pass@1/counting": one, "pass@8/counting": eight}
        for at, one, eight in ((0, 0.5, 0.9), (25, 0.6, 0.9), (50, 0.75, 0.875))
    ]
    write_rows(
        run_folder / "rl" / "metrics.jsonl", [step, *checks, {"kind": "end", "seconds": 9.0, "steps": 50}]
    )
    answers = [
        {
            "task": "counting",
            "prompt": f"물음 {n}",
            "before": "둘",
            "after": "셋",
            "right_before": b,
            "right_after": a,
        }
        for n, (b, a) in enumerate([(False, True)] * 6 + [(True, False), (True, True)])
    ]
    (run_folder / "rl" / "changes.json").write_text(json.dumps({"answers": answers}), encoding="utf-8")
    found = section(report_of(run_folder), "RL 전과 후")
    assert "| 과제 | pass\\@1 | pass\\@8 |" in found
    assert "| 글자와 받침 세기 | **50.0 → 75.0 %** | 90.0 → 87.5 % |" in found
    assert "0걸음과 50걸음" in found
    assert "| 글자와 받침 세기 | 8 | 2 | 7 | 6 | 1 |" in found
    assert found.count("| 후: 맞음 | 셋 |") == 3
    assert "| | 물음 6 |" in found
    assert "맞고 틀림이 바뀐 것 가운데" in found


def test_what_changed_stands_under_its_task_where_there_are_several(run_folder):
    answer = {"prompt": "물음", "before": "둘", "after": "셋", "right_before": False}
    answers = [
        {**answer, "task": name, "right_after": right} for name, right in (("choice", True), ("ours", False))
    ]
    (run_folder / "rl" / "changes.json").write_text(json.dumps({"answers": answers}), encoding="utf-8")
    found = section(report_of(run_folder), "RL 전과 후")
    assert "| ours | 1 | 0 | 0 | 0 | 0 |" in found
    assert "\n\n객관식\n\n| | 물음 |" in found
    assert "\n\nours\n\n" not in found  # nothing of it turned
    (run_folder / "rl" / "changes.json").write_text(json.dumps({"answers": answers[1:]}), encoding="utf-8")
    assert "맞고 틀림이 바뀐 대답은 없습니다." in section(report_of(run_folder), "RL 전과 후")


def test_time_over_interruptions_energy_money_and_code(run_folder):
    rows = [
        {"kind": "session", "resumed": None, "time": 1000.0},
        *({"kind": "step", "step": n, "loss": 1.0, "energy_joules": 600_000.0 * n} for n in (1, 2)),
        {"kind": "session", "resumed": 2, "time": 2800.0},
        {"kind": "step", "step": 3, "loss": 1.0, "energy_joules": 600_000.0},
        {"kind": "end", "seconds": 1800.0, "steps": 3, "tokens": 9, "time": 4600.0},
    ]
    write_rows(run_folder / "base" / "metrics.jsonl", rows)
    origin = json.loads((run_folder / "base" / "origin.json").read_text("utf-8"))
    origin["machine"]["processes"] = 8
    origin["code"] = {"files": 250, "lines": 35000, "characters": 1400000, "tokens": 350000, "lock_lines": 20}
    (run_folder / "base" / "origin.json").write_text(json.dumps(origin), encoding="utf-8")
    report = report_of(run_folder, price=3.0)
    cost = section(report, "들인 시간과 자원")
    assert "모두 넣어 1시간 0분 걸렸습니다. 중간에 1번 다시 이어서 했습니다." in cost
    row = next(line for line in cost.split("\n") if line.startswith("| BASE"))
    # two sessions: 1.2 MJ and 0.6 MJ; half an hour of eight GPUs and 12.3 s of evaluation, at 3 an hour
    assert row.endswith(f"| 0.5000 kWh | {(1800 * 8 + 12.3) / 3600 * 3:.2f} |")
    assert "비용" not in section(report_of(run_folder), "들인 시간과 자원")
    assert "| 코드: 줄 | 35,000 |" in report


def test_a_copy_of_the_report_finds_the_figures_of_the_run(run_folder, tmp_path):
    report_of(run_folder, copy=tmp_path)
    copied = (tmp_path / "report.md").read_text("utf-8")
    assert f"]({run_folder.resolve().as_uri()}/figures/loss.svg)" in copied
    assert "](figures/loss.svg)" in report_of(run_folder)


def test_the_tokenizer_stands_beside_published_ones(run_folder):
    domain = {"characters_per_token": 2.4, "bytes_per_token": 5.5, "cut_share": 0.029}
    table = {
        "domains": {"law": domain},
        "beside": {"gpt2": {"domains": {"law": {"characters_per_token": 0.51}}}},
    }
    (run_folder / "tokenizer_table.json").write_text(json.dumps(table), encoding="utf-8")
    assert "| 법 | **2.40** | 0.51 | 5.50 | 2.9 % |" in section(report_of(run_folder), "토크나이저")

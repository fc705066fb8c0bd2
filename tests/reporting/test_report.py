import json
import shutil
from pathlib import Path

from nakochat.reporting.report import write_report


def test_a_whole_run(run_folder: Path) -> None:
    in_markdown, in_html = write_report(run_folder)
    text, page = in_markdown.read_text("utf-8"), in_html.read_text("utf-8")
    assert (in_markdown, in_html) == (run_folder / "report.md", run_folder / "report.html")
    assert "| 조사 고르기 | 91.0 %<br><sub>95.0 – 98.0</sub> | **97.0 %**" in text
    assert "| **모두** | – | **6,553,600** |" in text
    assert "| BASE 300걸음 | 300번째 글입니다." in text
    assert "| RL | rl: 안녕하세요!" in text
    assert "### RL: 대화 5\n\n> 사람: 사람의 말 5\n>\n> **RL**: rl의 대답 5 " in text
    assert text.count("\n- 조사가 맞지 않습니다: 글를 ") == 1
    assert "| BASE | 글 | 마을(생성한 글) | MIT | 43,708 | 2,689,611 |" in text
    for name in ("loss", "validation", "reward"):
        assert f"](figures/{name}.svg)" in text
        assert (run_folder / "figures" / f"{name}.svg").read_text("utf-8").startswith("<svg")
    assert page.count("<svg") == 3
    assert "Report card of 첫 실행" in page
    for said in (
        "4,096",
        "시험용 CPU",
        "2.13.0",
        "nako speedrun --preset tiny",
        "MIT",
        "1분 15초",
        "1.83 GB",
    ):
        assert said in text
        assert said in page


def test_a_model_that_came_in_is_not_said_to_be_trained_here(run_folder: Path) -> None:
    (run_folder / "base" / "config.json").write_text('{"imported": "owner/name@1"}', encoding="utf-8")
    markdown, _ = write_report(run_folder)
    assert "BASE는 여기에서 학습한 것이 아니라 들여온 모델입니다(owner" in markdown.read_text("utf-8")


def test_a_copy_takes_the_place_of_an_earlier_one_and_of_nothing_else(
    run_folder: Path, tmp_path: Path, capsys
) -> None:
    copy = tmp_path / "report.md"
    write_report(run_folder, copy=tmp_path)
    first = copy.read_text("utf-8")
    copy.write_text(first + "옛것", encoding="utf-8")
    write_report(run_folder, copy=tmp_path)
    assert copy.read_text("utf-8") == first
    copy.write_text("# 우리 회사 보고서", encoding="utf-8")
    write_report(run_folder, copy=tmp_path)
    assert copy.read_text("utf-8") == "# 우리 회사 보고서"
    assert str(copy) in capsys.readouterr().out.replace("\n", "")


def test_hostile_text_of_a_model_stays_text(run_folder: Path) -> None:
    in_markdown, in_html = write_report(run_folder)
    assert in_html.read_text("utf-8").count("<script>") == 1
    assert "<img" not in in_html.read_text("utf-8")
    assert "<script>" not in in_markdown.read_text("utf-8")
    assert "<img" not in in_markdown.read_text("utf-8")


def test_stages_that_are_absent_are_left_out_with_a_word(run_folder: Path) -> None:
    for name in ("tokenizer", "mid", "rl"):
        shutil.rmtree(run_folder / name)
    text = write_report(run_folder)[0].read_text("utf-8")
    assert "MID, RL 단계는 이 실행에 없습니다." in text
    assert "## 토크나이저" not in text
    assert "reward.svg" not in text


def test_a_stage_in_training_is_said_to_be_unfinished(run_folder: Path) -> None:
    path = run_folder / "sft" / "metrics.jsonl"
    rows = [line for line in path.read_text("utf-8").splitlines() if json.loads(line)["kind"] != "end"]
    path.write_text("\n".join(rows) + '\n{"kind":"st', encoding="utf-8")
    text = write_report(run_folder)[0].read_text("utf-8")
    assert "| SFT<br><sub>아직 끝나지 않음</sub> | 390 | – | – |" in text
    assert "토크나이저, BASE, MID, RL 단계를 거친" in text
    assert "SFT 단계는 아직 끝나지 않았습니다." in text


def test_a_run_of_empty_folders_has_a_report(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    text = write_report(tmp_path)[0].read_text("utf-8")
    assert "아직 평가한 점수가 없습니다." in text
    assert not (tmp_path / "figures").exists()


def test_what_cannot_be_written_as_utf8_does_not_stop_the_report(run_folder: Path) -> None:
    path = run_folder / "sft" / "scores.json"
    path.write_text(
        '{"scores": {}, "samples": [{"prompt": "가\\ud800", "answer": "\\u0000나"}]}', encoding="utf-8"
    )
    assert "가\ufffd" in write_report(run_folder)[1].read_text("utf-8")


def test_settings_that_differ_between_stages_are_said_for_each(run_folder: Path) -> None:
    path = run_folder / "sft" / "origin.json"
    path.write_text(json.dumps({"seed": 7, "command": ["nako", "train", "sft"]}), encoding="utf-8")
    text = write_report(run_folder)[0].read_text("utf-8")
    assert "| 씨앗 | BASE: 0<br>MID: 0<br>SFT: 7<br>RL: 0 |" in text
    assert "SFT: nako train sft<br>" in text

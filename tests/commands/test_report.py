import pytest

from nakochat.commands import report
from nakochat.core.errors import CheckpointError
from nakochat.core.files import write_json
from nakochat.core.paths import run_folder


def test_the_report_of_the_newest_run_says_where_it_lies(capsys):
    folder = run_folder("run")
    (folder / "base" / "checkpoints" / "000004").mkdir(parents=True)
    write_json(folder / "base" / "config.json", {"steps": 4})
    report.main()
    said = capsys.readouterr().out
    for name in ("report.md", "report.html"):
        assert (folder / name).is_file()
        assert str(folder / name) in said


def test_there_is_nothing_to_report_of_an_unknown_run():
    with pytest.raises(CheckpointError, match="nobody"):
        report.main("nobody")

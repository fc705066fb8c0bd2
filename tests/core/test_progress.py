import io

from rich.cells import cell_len

from nakochat.core.printable import printable
from nakochat.core.progress import TITLE_CELLS, Bar, console, padded


def test_without_a_terminal_there_is_a_line_per_log_step_and_one_at_the_end(capsys):
    with Bar("base", 7, every=3) as bar:
        for step in range(1, 8):
            bar.update(step, "loss 1.0")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["3/7", "6/7", "7/7"]
    assert "ETA" in lines[0]
    assert "ETA" not in lines[-1]


def test_a_hidden_bar_says_nothing(capsys):
    with Bar("base", 2, shown=False) as bar:
        bar.update(2)
    assert capsys.readouterr().out == ""


def test_bars_under_each_other_begin_in_one_column_whatever_the_script(monkeypatch):
    lines = []
    for title in ("base", "마을 (글)", "토크나이저", "village (chat)"):
        out = io.StringIO()
        monkeypatch.setattr(console, "_force_terminal", True)
        monkeypatch.setattr(console, "_file", out)
        with Bar(title, 10) as bar:
            bar.update(5, "손실 1.000")
        shown = printable(out.getvalue()).splitlines()
        lines.append(next(line for line in shown if "5/10" in line))
    assert {cell_len(line[: line.index("━")]) for line in lines} == {TITLE_CELLS + 1}


def test_padding_counts_cells_and_never_cuts():
    assert padded("마을", 6) == "마을  "
    assert padded("가나다라", 4) == "가나다라"

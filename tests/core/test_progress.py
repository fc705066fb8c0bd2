from nakochat.core.progress import Bar, printable


def test_nothing_that_steers_a_terminal_is_printed():
    assert printable("가\x1b[2J나\x07\x9b31m\x7f\r\b\x00다\n\t🙂ㅋ") == "가[2J나31m다\n\t🙂ㅋ"


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

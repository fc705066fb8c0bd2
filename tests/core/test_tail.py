import pytest

from nakochat.core.tail import Tail


@pytest.fixture
def log(tmp_path):
    return tmp_path / "metrics.jsonl"


def test_whole_lines_come_once_and_a_line_on_its_way_waits(log):
    tail = Tail(log)
    assert tail.read().lines == ()
    log.write_bytes("하나\n둘".encode())
    assert tail.read().lines == ("하나".encode(),)
    with log.open("ab") as file:
        file.write(b"\n\n3\n")
    assert tail.read().lines == ("둘".encode(), b"", b"3")
    assert tail.read().lines == ()
    assert not tail.read().restarted


def test_a_file_that_became_another_is_read_from_its_start(log):
    tail = Tail(log)
    log.write_bytes(b"1\n2\n")
    tail.read()
    log.write_bytes(b"")  # a stage that starts over
    assert tail.read().restarted
    log.write_bytes(b"3\n")
    assert tail.read().lines == (b"3",)

    log.write_bytes(b"4\n5\n6\n")  # emptied and already longer than before
    read = tail.read()
    assert (read.restarted, read.lines) == (True, (b"4", b"5", b"6"))

    beside = log.with_name("beside")
    beside.write_bytes(b"4\n5\n6\n7\n")  # the same beginning, but another file
    beside.replace(log)
    read = tail.read()
    assert (read.restarted, read.lines) == (True, (b"4", b"5", b"6", b"7"))

    log.unlink()
    assert tail.read().restarted
    assert not tail.read().restarted


def test_one_read_is_bounded_and_an_endless_line_is_passed_over(log):
    tail = Tail(log, most=10)
    log.write_bytes(b"1234\n5678\n9\n" + b"x" * 35 + b"\nlast\n")
    found, lost, reads = [], 0, 0
    while tail.place < log.stat().st_size:
        assert reads == 0 or tail.size - tail.place <= 10 or tail.behind
        read = tail.read()
        found += read.lines
        lost += read.lost
        reads += 1
        assert reads < 20
    assert (found, lost) == ([b"1234", b"5678", b"9", b"last"], 1)

import errno
import io
import os
import signal
import sys
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from nakochat.core.errors import DataError, RequestError
from nakochat.core.paths import home
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece
from nakochat.serving.terminal import chat
from nakochat.serving.terminal.chat import run_chat
from nakochat.serving.terminal.commands import obey
from nakochat.serving.terminal.talk import Talk
from nakochat.text.conversation import Part, assistant, user

SAMPLING = Sampling(max_tokens=16)


@pytest.fixture
def heard(monkeypatch):
    """The conversations that the model was given; it answers each with 네."""
    conversations = []

    def reply(engine, conversation, sampling):
        conversations.append(conversation)
        yield Piece("text", "네")
        yield Piece("text", "", "stop")

    monkeypatch.setattr("nakochat.serving.terminal.talk.reply", reply)
    return conversations


def answers(monkeypatch, *pieces):
    monkeypatch.setattr("nakochat.serving.terminal.talk.reply", lambda *rest: iter(pieces))


def pipe(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_a_prompt_is_answered_once_with_the_calculation_on_a_line(engine, calculates, capsys):
    run_chat(engine, sampling=Sampling(max_tokens=40), prompt="37+45는?")
    assert capsys.readouterr().out == f"[계산 37+45 = 82]\n{calculates}\n"


def test_through_pipes_every_line_is_a_turn(engine, heard, monkeypatch, capsys):
    pipe(monkeypatch, "안녕\n\n또 안녕\n/새로\n처음\n/모름\n/끝\n못 듣는 말\n".encode())
    run_chat(engine, sampling=SAMPLING, prompt=None)
    first = (user("안녕"), assistant("네"), user("또 안녕"))
    assert heard == [first[:1], first, (user("처음"),)]
    out = capsys.readouterr().out.splitlines()
    assert out.count("네") == 3
    assert any("/모름" in line for line in out)


def test_input_that_is_not_utf8_is_an_error_in_words(engine, heard, monkeypatch):
    pipe(monkeypatch, "안녕\n".encode("cp949"))
    with pytest.raises(DataError, match="UTF-8"):
        run_chat(engine, sampling=SAMPLING, prompt=None)
    with pytest.raises(RequestError, match="UTF-8"):
        run_chat(engine, sampling=SAMPLING, prompt="\udcbe")


def test_nothing_that_the_model_says_steers_the_terminal(engine, monkeypatch, capsys):
    answers(
        monkeypatch,
        Piece("python", "1\x1b[2J"),
        Piece("output", "\x9b2"),
        Piece("text", "\x1b]0;가\x07", "stop"),
    )
    run_chat(engine, sampling=SAMPLING, prompt="안녕")
    assert capsys.readouterr().out == "[계산 1 = 2]\n"


def test_two_calls_in_a_row_and_a_cut_answer_are_shown_as_such(engine, monkeypatch, capsys):
    calls = [
        Piece(kind, text)
        for pair in ("12", "34")
        for kind, text in zip(("python", "output"), pair, strict=True)
    ]
    answers(monkeypatch, Piece("text", "답은"), *calls, Piece("text", "끝", "length"))
    run_chat(engine, sampling=SAMPLING, prompt="안녕")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["답은", "[계산 1 = 2]", "[계산 3 = 4]", "끝"]
    assert "길이" in lines[4]


def test_ctrl_c_stops_the_answer_and_keeps_what_was_said(engine, monkeypatch, capsys):
    def reply(*rest):
        yield Piece("text", "하나")
        signal.raise_signal(signal.SIGINT)
        yield Piece("python", "1+")
        pytest.fail("went on after Ctrl-C")

    monkeypatch.setattr("nakochat.serving.terminal.talk.reply", reply)
    talk = Talk(engine, SAMPLING)
    before = signal.getsignal(signal.SIGINT)
    assert obey(talk, "안녕")
    assert signal.getsignal(signal.SIGINT) is before
    assert talk.conversation == (user("안녕"), assistant(Part("text", "하나")))
    assert "멈춤" in capsys.readouterr().out


def test_a_long_talk_forgets_its_beginning_and_says_so_once(engine, heard, capsys):
    talk = Talk(engine, SAMPLING)
    for number in range(20):
        obey(talk, f"{number}번 무궁화 꽃이 피었어요.")
    assert len(heard[-1]) < 20
    assert heard[-1][0].role == "user"
    assert heard[-1][-1] == user("19번 무궁화 꽃이 피었어요.")
    assert capsys.readouterr().err.count("잊습니다") == 1
    known = talk.conversation
    obey(talk, "뷁" * 200)
    assert talk.conversation == known
    assert "너무 깁니다" in capsys.readouterr().err


def test_alt_enter_breaks_the_line_and_the_history_is_the_owners(engine, heard):
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("안녕\x1b\r하세요\r\x03\x04")
        chat._converse(Talk(engine, SAMPLING))
    assert heard == [(user("안녕\n하세요"),)]
    history = home() / "chat_history"
    assert history.stat().st_mode & 0o077 == 0
    assert "하세요" in history.read_text(encoding="utf-8")


def test_without_a_place_for_the_history_the_talk_goes_on(engine, heard, monkeypatch, capsys):
    def refuse(path, **named):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "touch", refuse)
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("안녕\r\x04")
        chat._converse(Talk(engine, SAMPLING))
    assert heard == [(user("안녕"),)]
    assert "기억하지 못합니다" in capsys.readouterr().out

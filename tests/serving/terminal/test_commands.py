import json

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import Piece
from nakochat.serving.terminal.commands import CommandCompleter, as_markdown, commands, is_command, obey
from nakochat.serving.terminal.talk import Talk
from nakochat.text.conversation import Part, assistant, user


@pytest.fixture
def talk(engine, monkeypatch, tmp_path):
    """A talk whose model answers with its seed."""

    def reply(engine, conversation, sampling):
        yield Piece("text", f"씨앗 {sampling.seed}", "stop")

    monkeypatch.setattr("nakochat.serving.terminal.talk.reply", reply)
    monkeypatch.chdir(tmp_path)
    return Talk(
        engine, Sampling(max_tokens=16), name="tiny/rl", stages={"base": lambda: (engine, "tiny/base")}
    )


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("/새로", True),
        ("/set temperature 1", True),
        ("/tmp/x 가 뭐예요?", False),
        ("1/2", False),
        ("/", False),
        ("", False),
    ],
)
def test_a_slash_and_letters_are_a_command(line, is_one):
    assert is_command(line) == is_one


@pytest.mark.parametrize("english", [False, True])
def test_every_command_is_understood_in_both_languages_and_listed(english, talk, monkeypatch, capsys):
    if english:
        monkeypatch.setenv("NAKO_LANG", "en")
    obey(talk, "/도움")
    listed = capsys.readouterr().out
    for command in commands():
        assert set(command.names[:2]) <= set(listed.split())
        assert command.about[english] in listed
    assert not obey(talk, "/끝")
    assert not obey(talk, "/quit")
    assert obey(talk, "/모름")
    assert "/모름" in capsys.readouterr().out


def test_once_more_asks_the_same_with_another_seed(talk):
    obey(talk, "안녕")
    assert talk.conversation == (user("안녕"), assistant("씨앗 0"))
    obey(talk, "/다시")
    assert talk.conversation == (user("안녕"), assistant("씨앗 1"))
    obey(talk, "/새로")
    obey(talk, "/again")
    assert talk.conversation == ()


@pytest.mark.parametrize(
    "line",
    ["/저장 ~없는사람.json", "/열기 ~없는사람.json", f"/저장 {'가' * 120}.json", f"/열기 {'가' * 120}.json"],
)
def test_a_name_that_no_file_can_have_is_refused_in_a_line(line, talk, capsys):
    obey(talk, "안녕")
    before = talk.conversation
    assert obey(talk, line)
    assert capsys.readouterr().err.count("\n") == 1
    assert talk.conversation == before


def test_settings_are_seen_and_changed_by_both_names_and_nonsense_is_refused(talk, capsys):
    obey(talk, "/설정")
    assert "온도" in capsys.readouterr().out
    obey(talk, "/설정 온도 0.2")
    obey(talk, "/set top_k off")
    obey(talk, "/설정 후보 3")
    obey(talk, "/설정 후보 끔")
    obey(talk, "/set seed 7")
    assert (talk.sampling.temperature, talk.sampling.top_k, talk.sampling.seed) == (0.2, None, 7)
    before = talk.sampling
    for words in ("온도 높게", "온도 끔", "온도 99", "후보 1.5", "온도", "맛 3"):
        assert obey(talk, f"/설정 {words}")
        assert capsys.readouterr().err
    assert talk.sampling == before


def test_a_conversation_is_saved_for_people_and_for_going_on(talk, tmp_path, capsys):
    obey(talk, "/저장 빈것.md")
    assert not list(tmp_path.glob("*.md"))
    talk.conversation = (
        user("37+45는?"),
        assistant(Part("python", "37+45"), Part("output", "82"), Part("text", "82예요.")),
    )
    obey(talk, "/저장 셈.json")
    obey(talk, "/save 셈.md")
    obey(talk, "/저장")
    assert "**나**" in (tmp_path / "셈.md").read_text(encoding="utf-8")
    assert "`37+45`" in as_markdown(talk.conversation, "tiny")
    assert (tmp_path / "nako-1.md").is_file()
    saved = json.loads((tmp_path / "셈.json").read_text(encoding="utf-8"))
    assert saved["messages"][1]["content"][0] == {"type": "python", "text": "37+45"}

    known = talk.conversation
    obey(talk, "/새로")
    obey(talk, "/열기 셈.json")
    assert talk.conversation == known
    capsys.readouterr()
    for words in (
        "/저장 셈.json",
        "/저장 셈.exe",
        "/저장 \x00.md",
        "/열기 없음.json",
        "/열기",
        "/열기 셈.md",
    ):
        assert obey(talk, words)
        assert capsys.readouterr().err, words
    assert json.loads((tmp_path / "셈.json").read_text(encoding="utf-8")) == saved


def test_another_stage_goes_on_with_the_talk(talk, capsys):
    obey(talk, "안녕")
    obey(talk, "/단계")
    assert "base" in capsys.readouterr().out
    obey(talk, "/단계 base")
    assert talk.name == "tiny/base"
    assert len(talk.conversation) == 2
    obey(talk, "/stage sft")
    assert "sft" in capsys.readouterr().err
    assert talk.name == "tiny/base"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("/새", ["/새로"]),
        ("/s", ["/save", "/set", "/stage"]),
        ("/설정 온", ["온도"]),
        ("/단계 ", ["base"]),
        ("/설정 온도 ", []),
        ("안녕", []),
        ("하나\n/새", []),
    ],
)
def test_commands_complete_as_they_are_typed(typed, offered, talk):
    found = CommandCompleter(talk).get_completions(Document(typed), CompleteEvent())
    assert [completion.text for completion in found] == offered

"""The command line: a table of commands, each a name and the function that is imported when it is called.

Precedence of a setting: flag, then --config, then preset, then the default.  A NakoError ends with one clear line and
exit status 2; anything else is a bug and keeps its traceback.
"""

import atexit
import contextlib
import dataclasses
import difflib
import errno
import os
import re
import sys
from pathlib import Path
from typing import Any

from cyclopts import App, CycloptsError, Parameter, UnknownCommandError
from cyclopts.config import Dict

from nakochat import __version__
from nakochat.core.allocator import keep_memory
from nakochat.core.errors import NakoError
from nakochat.core.interrupts import Interrupted, listening
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.paths import is_in_home, unwritable
from nakochat.core.printable import printable
from nakochat.core.streams import outlive_readers

# command -> (function, Korean, English, section of a preset that it reads)
COMMANDS: dict[str, tuple[str, str, str, str | None]] = {
    "speedrun": (
        "nakochat.commands.speedrun:main",
        "처음부터 끝까지: 끝난 단계는 건너뜁니다",
        "every stage, skipping what is finished",
        None,
    ),
    "data list": ("nakochat.commands.sources:show", "자료의 목록을 봅니다", "list the sources of data", None),
    "data pull": (
        "nakochat.commands.sources:pull",
        "자료를 받고 확인합니다",
        "download and verify sources",
        None,
    ),
    "data check": ("nakochat.commands.data:check", "말뭉치를 살펴봅니다", "look at a corpus", None),
    "data prepare": (
        "nakochat.commands.prepare:main",
        "글을 씻고 토큰 조각으로 만듭니다",
        "clean and tokenise texts into shards",
        None,
    ),
    "data identity": (
        "nakochat.commands.identity:main",
        "모델의 이름과 성격을 가르칠 대화를 만듭니다",
        "make conversations that give a model its name and character",
        None,
    ),
    "tok train": (
        "nakochat.commands.tok:train",
        "토크나이저를 학습시킵니다",
        "train a tokenizer",
        "tokenizer",
    ),
    "tok eval": ("nakochat.commands.tok_eval:evaluate", "토크나이저를 잽니다", "measure a tokenizer", None),
    "train base": ("nakochat.training.base:main", "글로 배웁니다", "learn from texts", "base"),
    "train mid": (
        "nakochat.training.mid:main",
        "글과 대화를 섞어 배웁니다",
        "learn from texts and conversations",
        "mid",
    ),
    "train sft": ("nakochat.training.sft:main", "대답하는 법을 배웁니다", "learn to answer", "sft"),
    "train rl": ("nakochat.training.rl:main", "스스로 쓴 답의 보상으로 배웁니다", "learn from rewards", "rl"),
    "eval": ("nakochat.commands.evaluate:main", "점수를 잽니다", "score a model", None),
    "validate": (
        "nakochat.commands.validate:main",
        "언어마다 혼란도를 재고 견본을 봅니다",
        "measure perplexity by language, and show samples",
        None,
    ),
    "sample": ("nakochat.commands.talk:sample", "글을 이어 씁니다", "continue a text", None),
    "chat": ("nakochat.commands.talk:chat", "터미널에서 대화합니다", "talk in the terminal", None),
    "serve": (
        "nakochat.commands.serve:serve",
        "웹 채팅과 OpenAI API를 엽니다",
        "open the chat page and API",
        None,
    ),
    "watch": (
        "nakochat.commands.watch:main",
        "학습을 지켜보는 페이지를 엽니다",
        "open the page that shows training as it goes",
        None,
    ),
    "report": ("nakochat.commands.report:main", "성적표를 만듭니다", "write the report card", None),
    "runs": ("nakochat.commands.runs:main", "실행 목록을 봅니다", "list the runs", None),
    "plan": (
        "nakochat.commands.plan:main",
        "학습에 무엇이 얼마나 드는지 미리 셉니다",
        "say what training will take",
        None,
    ),
    "scaling": (
        "nakochat.commands.scaling:main",
        "작은 모델들에서 크기의 법칙을 찾습니다",
        "fit a law on a ladder of small models",
        None,
    ),
    "doctor": (
        "nakochat.commands.doctor:main",
        "이 컴퓨터를 살펴봅니다",
        "look at this computer",
        None,
    ),
    "export": (
        "nakochat.commands.export:main",
        "모델을 다른 프로그램에 넘깁니다 (Transformers, llama.cpp, Ollama)",
        "hand a model to other programs (Transformers, llama.cpp, Ollama)",
        None,
    ),
    "import": (
        "nakochat.commands.import_:main",
        "다른 모델을 들여옵니다 (GPT-2, Llama, SmolLM2, Qwen3)",
        "bring in another model (GPT-2, Llama, SmolLM2, Qwen3)",
        None,
    ),
    "bench train": ("nakochat.commands.bench:train", "학습 속도를 잽니다", "measure training speed", None),
    "bench infer": (
        "nakochat.commands.bench_infer:infer",
        "생성 속도를 잽니다",
        "measure generation speed",
        None,
    ),
    "bench tok": (
        "nakochat.commands.bench_tok:tok",
        "토크나이저와 자료 준비의 속도를 잽니다",
        "measure the speed of a tokenizer, and of preparing texts",
        None,
    ),
}
GROUPS = {
    "data": ("자료를 받고, 살피고, 다듬습니다", "get, look at and clean data"),
    "tok": ("토크나이저를 만들고 잽니다", "make and measure a tokenizer"),
    "train": ("모델을 학습시킵니다", "train a model"),
    "bench": ("속도를 잽니다", "measure speed"),
}

# what a disk refuses: nothing that the code could have done better
INTERRUPTED = 130  # the status of a command that was asked to stop
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_DISK = {*_REFUSED, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENAMETOOLONG}

# what other commands and tools call the number of processes
_OF_SEVERAL = {"--processes", "--gpus", "--nproc", "--nproc-per-node", "--devices"}
# what cyclopts says -> the same in Korean
_IN_KOREAN = (
    (
        r'Unknown option: "?([^\s"]+?)"?\.(?: Did you mean "?(?P<near>[^\s"?]+)"?\?)?',
        "모르는 옵션입니다: {0}.",
    ),
    (
        r'Invalid value(?: for)? "?([^\s":]+)"?: unable to convert "([^"]*)" into (\w+)',
        "{0}에 쓸 수 없는 값입니다: {1} ({2}).",
    ),
    (r'Command "([^"]+)" parameter "?([^\s"]+)"? requires an argument', "{1}의 값이 빠졌습니다."),
    (
        r'Invalid value "([^"]*)" for "?([^\s"]+?)"?\. Choose from: ([^.]*)\.',
        "{1}에 쓸 수 없는 값입니다: {0}. 이 가운데에서 고르세요: {2}.",
    ),
    (
        r"Unused Tokens: \[(.*)\]",
        "쓸 곳이 없는 말이 있습니다: {0}. 옵션의 값이라면 그 이름을 앞에 쓰세요 (--이름 값).",
    ),
    (
        r'Parameter "?([^\s"]+)"? specified multiple times',
        "{0}의 값을 두 번 이상 주었습니다. 한 번만 쓰세요.",
    ),
)


def main() -> None:
    """The entry point of `nako` and `python -m nakochat`."""
    _use_utf8()
    if sys.argv[1:2] in (["train"], ["speedrun"]):
        outlive_readers()
    keep_memory()
    left: list[int] = []
    atexit.register(_leave, left)  # first, so that it comes last
    left.append(run(sys.argv[1:]))
    if left[0] == INTERRUPTED:
        # not by sys.exit: Python would first wait for threads that compile what nobody wants any more
        atexit._run_exitfuncs()
    sys.exit(left[0])


def _leave(status: list[int]) -> None:
    """The end of a process whose command has ended: taking modules and tensors apart one by one takes seconds."""
    if status:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status[0])


def run(words: list[str]) -> int:
    """Run one command line; its exit status."""
    try:
        app = build()
        app.config = _settings_sources(words)
        # a server's and a chat's event loops take Ctrl-C themselves, where Python's own handler stands
        with listening() if words[:1] in (["train"], ["speedrun"]) else contextlib.nullcontext():
            app(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()  # here, where what it says is still heard
    except NakoError as error:
        return _fail(str(error))
    except CycloptsError as error:
        return _fail(
            f"{_plain(error, words)}\n{say('도움말', 'help')}: "
            f"{' '.join(['nako', *(_command(words) or _group(words)), '--help'])}"
        )
    except KeyboardInterrupt as stop:
        if not isinstance(stop, Interrupted):  # which has said more
            again = say(
                "멈췄습니다. 같은 명령을 다시 실행하면 됩니다.", "Stopped. Run the same command again."
            )
            print(f"\n{again}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in _DISK:
            raise
        if error.errno in _REFUSED and is_in_home(error.filename):
            return _fail(unwritable(error.filename, error))
        return _fail(
            say(
                f"파일을 읽거나 쓰지 못했습니다 ({error}). 디스크의 자리와 폴더의 권한을 확인하세요.",
                f"could not read or write a file ({error}). Check the room on the disk and the permissions.",
            )
        )
    return 0


def build() -> App:
    """The app with all its commands; no command's module is imported."""
    about = say(
        "날것의 글에서 한국어 챗봇까지, 내 손으로 처음부터 학습시킵니다",
        "From raw text to a Korean chatbot that you trained yourself",
    )
    from nakochat.commands.help import BilingualFormatter

    app = App(
        name="nako",
        help_format="plaintext",
        help_formatter=BilingualFormatter(),
        help=about,
        version=__version__,
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative_iterable=()),
    )
    groups = {name: App(name=name, help=say(*texts)) for name, texts in GROUPS.items()}
    for group in groups.values():
        app.command(group)
    for name, (target, korean, english, _) in COMMANDS.items():
        parent, _, leaf = name.rpartition(" ")
        (groups[parent] if parent else app).command(target, name=leaf, help=say(korean, english))
    return app


def _command(words: list[str]) -> list[str] | None:
    """The words that name the command."""
    for length in (2, 1):
        if " ".join(words[:length]) in COMMANDS:
            return words[:length]
    return None


def _group(words: list[str]) -> list[str]:
    """The word that names a group of commands, if any."""
    return words[:1] if words[:1] and words[0] in GROUPS else []


def _settings_sources(words: list[str]) -> tuple[Dict, ...]:
    """Values below the flags for a command that reads a preset: --config's, then the preset's."""
    command = _command(words)
    section = COMMANDS[" ".join(command)][3] if command else None
    if section is None or command is None or {"--help", "-h"} & set(words):
        return ()
    from nakochat.commands.presets import base_for, load_config, load_preset, settings_of

    known = [field.name for field in dataclasses.fields(settings_of(section))]
    sources = []
    config = _value_of(words, "--config")
    preset = _value_of(words, "--preset")
    given: dict[str, Any] = {}
    if config is not None:
        given = load_config(Path(config).expanduser(), section, known)
        preset = preset or given.get("preset")
        sources.append(_source(given, config))
    preset = preset or "tiny"
    device = _value_of(words, "--device") or "auto"
    values = load_preset(preset, device).get(section, {})
    if section == "base":
        elsewhere = bool(_value_of(words, "--from") or given.get("from_"))
        model = _value_of(words, "--model") or given.get("model")
        values = base_for(values, model=model, starts_elsewhere=elsewhere)
    sources.append(_source(values, f"preset {preset}"))
    return tuple(sources)


def _source(values: dict[str, Any], name: str) -> Dict:
    dashed = {key.rstrip("_").replace("_", "-"): value for key, value in values.items()}
    return Dict(dashed, use_commands_as_keys=False, source=name)


def _value_of(words: list[str], flag: str) -> str | None:
    for index, word in enumerate(words):
        if word == flag and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(flag + "="):
            return word.partition("=")[2]
    return None


def _plain(error: CycloptsError, words: list[str]) -> str:
    """The library's words; the commonest ones in Korean too."""
    if isinstance(error, UnknownCommandError):
        return _unknown((error.unused_tokens or words)[0], _group(words))
    text = str(error).strip()
    for pattern, korean in _IN_KOREAN:
        found = re.match(pattern, text)
        if found:
            if words[:1] == ["train"] and found.group(1) in _OF_SEVERAL:
                return _torchrun(found.group(1), words)
            guess = found.groupdict().get("near")
            asked = f" {josa(repr(guess), '을')} 쓰려고 하셨습니까?" if guess else ""
            return say(korean.format(*found.groups()) + asked, text)
    return text


def _torchrun(flag: str, words: list[str]) -> str:
    """How a stage is trained by several processes, to one who looked for a flag."""
    command = f"torchrun --standalone --nproc-per-node=N -m nakochat {' '.join(words[:2])} …"
    return say(
        f"모르는 옵션입니다: {flag}. 여러 프로세스는 torchrun이 띄웁니다: {command} (docs/multi-gpu.md)",
        f"Unknown option: {flag}. torchrun starts several processes: {command} (docs/multi-gpu.md)",
    )


def _unknown(wrong: str, group: list[str]) -> str:
    """No command is called so, but perhaps one is meant.  The library's own guess imports every command, and torch."""
    above = "".join(f"{name} " for name in group)
    names = [name.removeprefix(above) for name in (*COMMANDS, *GROUPS) if name.startswith(above)]
    near = difflib.get_close_matches(wrong, [name for name in names if " " not in name], n=1)
    return say(
        f"모르는 명령입니다: {wrong}."
        + "".join(f" {josa(repr(name), '을')} 쓰려고 하셨습니까?" for name in near),
        f'Unknown command "{wrong}".' + "".join(f' Did you mean "{name}"?' for name in near),
    )


def _fail(text: str) -> int:
    print(printable(f"{say('오류', 'error')}: {text}"), file=sys.stderr)
    return 2


def _use_utf8() -> None:
    """Korean goes in and comes out right whatever the locale says."""
    if sys.getfilesystemencoding() != "utf-8":  # Hangul in arguments and paths would be lost, so start over
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")

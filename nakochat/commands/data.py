"""Files of text -> what is in them, and what cleaning would take out.  [nako data check]"""

import itertools
import time
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError
from nakochat.core.files import write_json
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.cleaning.cleaner import DROPS, PERSONAL, REPAIRS, UNITS, CleanSettings
from nakochat.data.cleaning.survey import Survey
from nakochat.data.corpus.damage import Damage
from nakochat.data.corpus.documents import count_bytes, read_documents
from nakochat.data.corpus.files import find_files, nfc
from nakochat.tasks.contamination import UnseenItems, unseen_items

EVERY_SECONDS = 10  # between lines that say how far it is


def check(
    paths: tuple[Path, ...],
    /,
    *,
    column: str | None = None,
    encoding: str = "utf-8",
    show_samples: Annotated[int, Parameter(name=["--show-samples", "--show"])] = 3,
    documents: int | None = None,
    minimum_characters: int = 0,
    hangul_share: float | None = None,
    damaged_data: Literal["stop", "skip"] = "stop",
    json: OutFile | None = None,
) -> None:
    """Read files to their end and say what they hold and what cleaning would find, or what is wrong with them.

    Parameters
    ----------
    paths
        파일이나 폴더. | Files or folders.
    column
        글이 든 열의 이름. | The column that holds the text.
    encoding
        글 파일의 인코딩 (예: cp949). | Encoding of text files, such as cp949.
    show_samples
        앞부분을 보여 줄 문서의 수이며, 찾은 것마다 보여 줄 예의 수. | Documents to show the beginning of, and examples
        of each finding.
    documents
        이만큼만 봅니다; 기본: 모두. | Look at so many documents only; default: all.
    minimum_characters
        이보다 짧은 문서를 셉니다. | Count documents of fewer characters.
    hangul_share
        글자 가운데 한글이 이보다 적은 문서를 셉니다 (0~1). | Count documents with less Hangul among their letters.
    damaged_data
        읽을 수 없는 줄을 만나면 멈출지, 건너뛰고 셀지. |
        Where a line cannot be read: stop, or pass it over and count it.
    json
        숫자와 예를 이 파일에도 씁니다. | Write the figures and examples here too.
    """
    if show_samples < 0 or (documents is not None and documents < 1):
        raise ConfigError(
            say(
                "--show-samples는 0 이상, --documents는 1 이상이어야 합니다.",
                "--show-samples must be 0 or more, --documents 1 or more.",
            )
        )
    unseen = unseen_items()
    settings = CleanSettings(
        minimum_characters=minimum_characters, hangul_share=hangul_share, unseen=unseen.windows
    )
    damage = Damage(damaged_data)
    source = read_documents(list(paths), column=column, encoding=encoding, raw=True, damage=damage)
    figures = {
        "files": _files(paths),
        **_survey(itertools.islice(source, documents), settings, show_samples),
        "damaged_lines": damage.lines,
        "test_items": {"looked_for": unseen.items - unseen.too_short, "too_short": unseen.too_short},
    }
    _print_contents(figures)
    _print_findings(figures, unseen)
    if json:
        write_json(json, figures)


def _files(paths: tuple[Path, ...]) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for file in find_files(list(paths)):
        ending = "".join(Path(nfc(file.path.name.lower())).suffixes[-2:])
        ending = ending if ending.endswith((".gz", ".zst")) else f".{file.kind}"
        kinds[ending] = kinds.get(ending, 0) + 1
    return {"by_ending": kinds, "bytes": count_bytes(list(paths))}


def _survey(source: "itertools.islice[str]", settings: CleanSettings, samples: int) -> dict[str, Any]:
    survey = Survey(settings, samples=samples)
    spoken = time.monotonic()
    for number, document in enumerate(source, start=1):
        survey.add(document)
        if number <= samples:
            speak(f"  {number}. {document[:120]!r}")
        if time.monotonic() - spoken > EVERY_SECONDS:
            spoken = time.monotonic()
            speak(say(f"… 문서 {number:,}개째", f"… document {number:,}"))
    return survey.figures()


def _print_contents(figures: dict[str, Any]) -> None:
    files, total = figures["files"], figures["documents"]
    size, text = files["bytes"] / 1e6, figures["utf8_bytes"] / 1e6
    kinds = ", ".join(f"{ending} {count:,}" for ending, count in files["by_ending"].items())
    speak(
        say(
            f"문서 {total:,}개, {figures['characters']:,}자 ({text:,.1f} MB), 파일 {size:,.1f} MB ({kinds})",
            f"{total:,} documents, {figures['characters']:,} characters ({text:,.1f} MB), "
            f"{size:,.1f} MB of files ({kinds})",
        )
    )
    if figures["damaged_lines"]:
        lines = figures["damaged_lines"]
        speak(say(f"읽을 수 없는 줄: {lines:,}줄", f"unreadable lines: {lines:,}"))
    names = {
        "hangul": say("한글", "Hangul"),
        "latin": say("로마자", "Latin"),
        "other": say("다른 문자", "other scripts"),
        "none": say("글자 없음", "no letters"),
    }
    letters = figures["letters"]
    shares = (f"{names[name]} {_percent(count, sum(letters.values()))}" for name, count in letters.items())
    speak(say("글자: ", "letters: ") + ", ".join(shares))
    scripts = figures["documents_by_script"]
    speak(
        say("가장 많은 글자로 나눈 문서: ", "documents by the script of most letters: ")
        + ", ".join(f"{names[name]} {count:,} ({_percent(count, total)})" for name, count in scripts.items())
    )
    _print_lengths(figures["length"], total)


def _print_lengths(length: dict[str, Any], total: int) -> None:
    quantiles = ", ".join(f"{float(q):.0%} {value:,.0f}" for q, value in length["quantiles"].items())
    speak(
        say("문서의 길이(자): ", "characters in a document: ")
        + say(
            f"가장 짧은 것 {length['least']:,}, {quantiles}, 가장 긴 것 {length['most']:,}",
            f"least {length['least']:,}, {quantiles}, most {length['most']:,}",
        )
    )
    starts = [int(start) for start in length["documents_from"]]
    for start, end, count in zip(starts, [*starts[1:], None], length["documents_from"].values(), strict=True):
        span = f"{start:,}~" + (f"{end - 1:,}" if end else "")
        speak(
            f"  {span:>15}  {count:>11,}  {_percent(count, total):>7}  {'█' * round(30 * count / total)}".rstrip()
        )


def _print_findings(figures: dict[str, Any], unseen: UnseenItems) -> None:
    total, looked_for = figures["documents"], unseen.items - unseen.too_short
    for title, names, found in (
        (say("고칠 것", "to repair"), REPAIRS, figures["repairs"]),
        (
            say("개인정보 (예는 가려서 보입니다)", "personal (masked in the examples)"),
            PERSONAL,
            figures["personal"],
        ),
        (say("버릴 것", "to drop"), DROPS, figures["drops"]),
    ):
        speak(title + say(": 문서 수, 비율", ": documents, share"))
        for name, words in names.items():
            row = found[name]
            several = f": {row['pieces']:,}{say(*UNITS[name])}" if row["documents"] and name in UNITS else ""
            speak(
                f"  {row['documents']:>11,}  {_percent(row['documents'], total):>7}  {say(*words)}{several}"
            )
            for sample in row["samples"]:
                speak(f"                 · {_sample(sample)}")
    speak(
        say(
            f"마을의 시험 문항 {looked_for:,}개를 찾아보았습니다. 너무 짧은 {unseen.too_short:,}개와 공개 시험의 "
            "문항은 찾지 않았습니다.",
            f"{looked_for:,} test items of the village were looked for; {unseen.too_short:,} are too short, and those "
            "of public tests were not.",
        )
    )


def _sample(sample: dict[str, Any]) -> str:
    number = sample["document"]
    text = say(f"문서 {number:,}", f"document {number:,}")
    if "original" in sample:
        text += say(
            f" ({josa('문서 ' + format(sample['original'], ','), '과')} 비교)",
            f" (see document {sample['original']:,})",
        )
    if "item" in sample:
        text += say(f" (문항: {sample['item']})", f" (item: {sample['item']})")
    return f"{text}: {sample['excerpt']}"


def _percent(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "-"

"""A tokenizer and texts of several domains -> what a token holds, beside published ones.  [nako tok eval]"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table
from tokenizers import Tokenizer as Backend

from nakochat.commands.outputs import OutFile
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.files import write_json
from nakochat.core.messages import say
from nakochat.core.paths import find_run, run_folder
from nakochat.core.progress import console
from nakochat.data.corpus.documents import read_documents
from nakochat.data.held_out import VALIDATION_SHARE, place
from nakochat.evals.compression import compression_figures
from nakochat.evals.compression_samples import SAMPLES
from nakochat.evals.peers import read_peer
from nakochat.evals.texts import pinned
from nakochat.text.tokenizer import Tokenizer

OURS = "nakochat"
TABLE = "tokenizer_table.json"


def evaluate(
    run: str | None = None,
    *,
    file: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    column: str | None = None,
    encoding: str = "utf-8",
    held_out: bool = False,
    max_chars: int = 4_000_000,
    beside: str = "",
    peers: Path | None = None,
    json: OutFile | None = None,
) -> None:
    """Print how many characters and bytes a token holds, by domain: encyclopaedia, law, reviews, chat, …

    Parameters
    ----------
    run
        실행의 이름; 기본: 가장 새것. | NAME of a run; default: the newest.
    file
        잴 글: 갈래=파일 (여럿). 기본: 갈래마다 짧은 견본. |
        Texts to measure on: DOMAIN=FILE, several.  Default: a short sample of each domain.
    column
        글이 든 열의 이름. | The column of the files that holds the text.
    encoding
        글 파일의 인코딩 (예: cp949). | Encoding of text files, such as cp949.
    held_out
        학습에서 떼어 둔 1 %만 잽니다. | Only the 1 % that training leaves out.
    max_chars
        파일마다 잴 글자 수. | Characters of each file.
    beside
        나란히 잴 토크나이저: gpt2,cl100k,o200k,kobart. | Published ones to measure too: gpt2,cl100k,o200k,kobart.
    peers
        그 파일들이 있는 폴더. | The folder of their files.
    json
        숫자를 이 파일에도 씁니다. | Write the figures here too.
    """
    if max_chars < 1:
        raise ConfigError(say("--max-chars: 1 이상이어야 합니다.", "--max-chars must be at least 1."))
    folder = _run_folder(run)
    backends: dict[str, Backend] = {OURS: Tokenizer.load(folder / "tokenizer").backend}
    for name in filter(None, (word.strip() for word in beside.split(","))):
        backends[name] = read_peer(name, _peers_folder(peers))
    domains = {domain: [text] for domain, text in SAMPLES.items()}
    if file:
        domains = _read_domains(file, column, encoding, held_out, max_chars)
    found = {name: compression_figures(backend, domains) for name, backend in backends.items()}
    for title, key, digits in (
        (say("토큰당 글자", "characters per token"), "characters_per_token", "{:.3f}"),
        (say("토큰당 바이트", "bytes per token"), "bytes_per_token", "{:.3f}"),
        (say("글자를 자르는 토큰", "tokens that cut a character"), "cut_share", "{:.2%}"),
    ):
        console.print(_table(title, key, digits, domains, found))
    console.print(_speed_table(found))
    table = {**found[OURS], "beside": {n: f for n, f in found.items() if n != OURS}}
    write_json(folder / TABLE, table)  # for the report
    if json:
        write_json(json, table)


def _run_folder(run: str | None) -> Path:
    """A run's folder; one that has only got as far as its tokenizer will do."""
    folder = None if run is None else run_folder(run.partition("/")[0])
    if folder is None or not (folder / "tokenizer").is_dir():
        folder = find_run(run).folder.parent
    return folder


def _peers_folder(peers: Path | None) -> Path:
    if peers is None:
        raise ConfigError(
            say(
                "--beside에는 --peers가 필요합니다: 공개된 토크나이저 파일들이 있는 폴더입니다.",
                "--beside needs --peers, the folder of the published tokenizer files.",
            )
        )
    return peers


def _read_domains(
    files: Sequence[str], column: str | None, encoding: str, held_out: bool, characters: int
) -> dict[str, list[str]]:
    domains: dict[str, list[str]] = {}
    for named in files:
        domain, _, name = named.rpartition("=")
        path = Path(name)
        texts: list[str] = []
        size = 0
        for text in read_documents([path], column=column, encoding=encoding):
            if held_out and place(text) >= VALIDATION_SHARE:
                continue
            texts.append(text)
            size += len(text)
            if size >= characters:
                break
        if not texts:
            raise DataError(say(f"잴 글이 없습니다: {name}.", f"there is no text to measure in {name}."))
        domains.setdefault(domain or path.name.partition(".")[0], []).extend(texts)
    return domains


def _table(
    title: str, key: str, digits: str, domains: Mapping[str, Sequence[str]], found: Mapping[str, Any]
) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(say("갈래", "domain"))
    for name in found:
        table.add_column(name, justify="right")
    names = {sample.name: say(sample.label.ko, sample.label.en) for sample in pinned()}
    for domain in domains:
        table.add_row(
            names.get(domain, domain),
            *(digits.format(figures["domains"][domain][key]) for figures in found.values()),
        )
    table.add_row(
        say("모두", "all"), *(digits.format(figures[key]) for figures in found.values()), style="bold"
    )
    return table


def _speed_table(found: Mapping[str, Any]) -> Table:
    table = Table(title=say("초당 메가바이트", "megabytes per second"), title_justify="left")
    for title in (say("토크나이저", "tokenizer"), say("어휘", "vocabulary")):
        table.add_column(title)
    for title in (say("부호화", "encode"), say("복원", "decode")):
        table.add_column(title, justify="right")
    for name, figures in found.items():
        rates = (figures[f"{way}_megabytes_per_second"] for way in ("encode", "decode"))
        table.add_row(name, f"{figures['vocabulary']:,}", *(f"{rate:.1f}" for rate in rates))
    return table

"""Files of text -> what is in them.  [nako data check]"""

from pathlib import Path

from nakochat.core.messages import say
from nakochat.core.progress import speak
from nakochat.data.corpus import count_bytes, read_documents


def check(
    paths: tuple[Path, ...], /, *, column: str | None = None, encoding: str = "utf-8", show: int = 3
) -> None:
    """Read files to their end and say how many documents they hold, or what is wrong with them.

    Parameters
    ----------
    paths
        파일이나 폴더. | Files or folders.
    column
        글이 든 열의 이름. | The column that holds the text.
    encoding
        글 파일의 인코딩 (예: cp949). | Encoding of text files, such as cp949.
    show
        앞부분을 보여 줄 문서의 수. | Documents to show the beginning of.
    """
    documents = characters = 0
    for text in read_documents(list(paths), column=column, encoding=encoding):
        documents += 1
        characters += len(text)
        if documents <= show:
            speak(f"  {documents}. {text[:120]!r}")
    size = count_bytes(list(paths))
    speak(
        say(
            f"문서 {documents:,}개, {characters:,}자, 파일 {size / 1e6:,.1f} MB",
            f"{documents:,} documents, {characters:,} characters, {size / 1e6:,.1f} MB of files",
        )
    )

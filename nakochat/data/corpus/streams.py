"""A file on disk, plain, .gz or .zst -> its bytes as one stream, and an error that names a damaged file.

Nothing here knows what the bytes mean.  Memory stays constant: whoever reads holds one chunk.
"""

import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import zstandard

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 1 << 20
PACKED_ENDINGS = (".gz", ".zst")
_ZSTD_WINDOW = 2**27  # what `zstd --long=27` writes, common for corpora; it costs its size in memory
_ZSTD_INPUT = 256  # a call may grow its input 32,768-fold: small bites bound what one of them makes
# What is packed may unpack to this many times its size.  Texts reach 10, logs of one line 100; gzip can do 1,032.
MAX_RATIO = 250
_SMALL_BYTES = 1 << 28  # and to this much in any case


def open_bytes(path: Path) -> BinaryIO:
    """The unpacked bytes of path.  DataError, when read, where the file cannot be read or is damaged."""
    return stream_of(_chunks(path))


def stream_of(chunks: Iterator[bytes]) -> BinaryIO:
    """Chunks of bytes as a file that is read from its start to its end."""
    return io.BufferedReader(_Stream(chunks), CHUNK_BYTES)


def open_seekable(path: Path) -> IO[bytes]:
    """The same for formats with their index at the end: a packed file is unpacked into a temporary one."""
    if path.suffix.lower() not in PACKED_ENDINGS:
        return path.open("rb")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        for chunk in _chunks(path):
            try:
                file.write(chunk)
            except OSError as error:
                raise _no_room(path, error) from error
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def head_of(path: Path, size: int) -> bytes:
    """The first unpacked bytes of path."""
    with open_bytes(path) as stream:
        return stream.read(size)


class _Stream(io.RawIOBase):
    """Chunks of bytes -> what io.BufferedReader reads from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer).cast("B")
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _chunks(path: Path) -> Iterator[bytes]:
    ending = path.suffix.lower()
    unpack = {".gz": _gzip_chunks, ".zst": _zstd_chunks}.get(ending, _plain_chunks)
    try:
        with path.open("rb") as file:
            most = max(_SMALL_BYTES, MAX_RATIO * path.stat().st_size)
            read = 0
            for chunk in unpack(file):
                read += len(chunk)
                if read > most and ending in PACKED_ENDINGS:
                    raise _bomb(path, read)
                yield chunk
    except (gzip.BadGzipFile, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _plain_chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _gzip_chunks(file: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as unpacked:
        while chunk := unpacked.read(CHUNK_BYTES):
            yield chunk


def _zstd_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Every frame of the file.  Not stream_reader: it takes a file that was cut short for a whole one."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = None
    while packed := file.read(_ZSTD_INPUT):
        while packed:
            frame = frame or decompressor.decompressobj()
            unpacked = frame.decompress(packed)
            packed, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
            if unpacked:
                yield unpacked
    if frame is not None:
        raise EOFError("the last zstd frame is cut short")


def unreadable(path: Path, error: OSError) -> DataError:
    """What to raise where the system refuses to give the file."""
    return DataError(
        say(
            f"파일을 읽을 수 없습니다: {path} ({error.strerror or error}). "
            "읽기 권한과 디스크 상태를 확인하세요.",
            f"cannot read {path} ({error.strerror or error}). Check its permissions and the disk.",
        )
    )


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        say(
            f"압축이 손상되었습니다: {path} ({error}). 내려받다가 끊겼거나 다른 형식의 파일에 "
            f"{josa(path.suffix, '이라는')} 이름이 붙은 것입니다. 다시 내려받으세요(.zst는 --long=27까지 읽습니다).",
            f"{path} does not unpack ({error}). The download was cut short, or a file of another kind is "
            f"named {path.suffix}. Download it again (.zst is read up to --long=27).",
        )
    )


def _bomb(path: Path, size: int) -> DataError:
    return DataError(
        say(
            f"압축이 지나치게 풀립니다: {path} ({size / 2**20:,.0f} MiB를 넘음, 파일 크기의 {MAX_RATIO}배 이상). 압축 "
            "폭탄으로 보고 멈춥니다. 믿을 수 있는 파일이라면 직접 풀어서 주세요.",
            f"{path} unpacks to too much (over {size / 2**20:,.0f} MiB, more than {MAX_RATIO} times its size), as "
            "decompression bombs do. If you trust it, unpack it yourself and give that.",
        )
    )


def _no_room(path: Path, error: OSError) -> DataError:
    folder = tempfile.gettempdir()
    return DataError(
        say(
            f"압축을 풀 임시 공간이 없습니다: {path} → {folder} ({error.strerror or error}). 공간을 "
            f"비우거나, TMPDIR로 다른 폴더를 정하거나, 미리 압축을 푸세요.",
            f"no room to unpack {path} in {folder} ({error.strerror or error}). Free some space, name "
            f"another folder with TMPDIR, or unpack the file beforehand.",
        )
    )

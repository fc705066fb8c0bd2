"""model.safetensors, or its shards and their index -> tensors, read one at a time."""

import struct
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from nakochat.core.errors import DataError
from nakochat.core.josa import josa
from nakochat.core.messages import say
from nakochat.interop.fields import read_bounded_json

LARGEST_HEADER = 32 * 2**20  # bytes; that of a model of 400 layers has one million
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "consolidated.00.pth")


class SafetensorFiles:
    """The tensors of a folder.  DataError where there are none, or a header is no header."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._shard: dict[str, Path] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        for path in _shards(folder):
            _require_small_header(path)
            try:
                with safe_open(path, framework="pt") as file:
                    for name in file.keys():  # noqa: SIM118 (no mapping)
                        self._shard[name] = path
                        self.shapes[name] = tuple(file.get_slice(name).get_shape())
            except (SafetensorError, OSError) as error:
                raise _unreadable(path, error) from error

    def tensor(self, name: str) -> Tensor:
        """In float32."""
        path = self._shard[name]
        try:
            with safe_open(path, framework="pt") as file:
                found: Tensor = file.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise _unreadable(path, error) from error
        return found.to(torch.float32)


def _shards(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        if not (folder / "model.safetensors").is_file():
            raise DataError(_missing(folder))
        return [folder / "model.safetensors"]
    listed = read_bounded_json(index)
    names = listed.get("weight_map") if isinstance(listed, dict) else None
    files = list(names.values()) if isinstance(names, dict) else []
    # a name that leads out of the folder would read what nobody offered
    if not files or not all(isinstance(name, str) and Path(name).name == name for name in files):
        raise DataError(
            say(
                f"조각의 목록을 읽을 수 없습니다: {index}. 다시 받으세요.",
                f"cannot read the list of shards in {index}. Download it again.",
            )
        )
    shards = sorted(set(files))
    missing = [name for name in shards if not (folder / name).is_file()]
    if missing:
        raise DataError(
            say(
                f"가중치의 조각이 없습니다: {folder / missing[0]}. 다시 받으세요.",
                f"a shard of the weights is missing: {folder / missing[0]}. Download it again.",
            )
        )
    return [folder / name for name in shards]


def _missing(folder: Path) -> str:
    pickled = [name for name in _PICKLED if (folder / name).exists()]
    if pickled:
        return say(
            f"{josa(str(folder / pickled[0]), '은')} 피클입니다. 읽는 것만으로 코드가 실행될 수 있어 읽지 않습니다. "
            "model.safetensors가 있는 폴더를 쓰세요.",
            f"{folder / pickled[0]} is a pickle, which may run code when it is read, so it is not read. Use a folder "
            "with a model.safetensors.",
        )
    return say(
        f"가중치가 없습니다: {folder}/model.safetensors. Transformers가 저장한 폴더나 .gguf 파일을 쓰세요.",
        f"no weights at {folder}/model.safetensors. Use a folder that Transformers saved, or a .gguf file.",
    )


def _require_small_header(path: Path) -> None:
    with path.open("rb") as file:
        begin = file.read(8)
    if len(begin) < 8 or struct.unpack("<Q", begin)[0] > LARGEST_HEADER:
        raise _unreadable(path, say("머리말이 너무 큽니다", "its header is too large"))


def _unreadable(path: Path, why: object) -> DataError:
    return DataError(
        say(
            f"가중치를 읽을 수 없습니다: {path} ({why}). 다시 받으세요.",
            f"cannot read the weights of {path} ({why}). Download them again.",
        )
    )

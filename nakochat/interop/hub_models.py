"""A model's name on the hub, OWNER/NAME -> a folder with its safetensors, config and tokenizer, nothing else."""

import re
from pathlib import Path

import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from nakochat.core.errors import DataError
from nakochat.core.files import PICKLED
from nakochat.core.messages import say

# no .py and no .bin: what could run as code does not even arrive
WANTED = ("*.safetensors", "*.json", "*.jinja", "README.md", "LICENSE*")
FILES = (".gguf", ".safetensors", *PICKLED)  # how files of weights end, and no model's name
_TROUBLE = (HfHubHTTPError, httpx2.HTTPError, OfflineModeIsEnabled, LocalEntryNotFoundError)


def is_hub_name(text: str) -> bool:
    """Whether this can be the name of a model on the hub: a file that is not there is none."""
    return (
        bool(re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", text))
        and not text.startswith((".", "/"))
        and not text.endswith(FILES)
    )


def pull_model(name: str, revision: str | None) -> tuple[Path, str]:
    """Its folder in the hub's cache, and the commit.  DataError when it cannot be had."""
    try:
        folder = Path(snapshot_download(name, revision=revision, allow_patterns=list(WANTED)))
    except _TROUBLE as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(
            say(
                f"모델을 받지 못했습니다: {name} ({why}). 이름과 연결을 확인하세요. 잠긴 모델이면 먼저 "
                "'hf auth login'을 하세요. 받아 둔 폴더가 있으면 그 경로를 쓰세요.",
                f"could not download {name} ({why}). Check the name and the network; for a gated model run "
                "'hf auth login' first. A folder that is here already can be imported by its path.",
            )
        ) from error
    return folder, folder.name

"""A model from elsewhere -> a run.  [nako import]"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.messages import say
from nakochat.core.paths import run_folder
from nakochat.core.progress import speak
from nakochat.data.prepare import Corpus, prepare_validation, validation_texts
from nakochat.interop.extension import Extension, extend
from nakochat.interop.hub_models import is_hub_name, pull_model
from nakochat.interop.imports import Imported, keep, parameters_of, read_path
from nakochat.text.tokenizer import Tokenizer

LEARN_FROM = 20_000_000  # characters of the corpus: more hardly changes which pairs are frequent


def main(
    source: str,
    *,
    name: str,
    revision: str | None = None,
    context: int | None = None,
    add_tokens: int | None = None,
    corpus: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = (),
) -> None:
    """Read GPT-2, Llama, SmolLM2 or Qwen3, and keep it as a run that can talk, be scored and be trained on.

    Parameters
    ----------
    source
        Transformers가 저장한 폴더, .gguf 파일, 또는 허브의 이름 (HuggingFaceTB/SmolLM2-135M-Instruct). |
        A folder that Transformers saved, a .gguf file, or a name on the hub (HuggingFaceTB/SmolLM2-135M-Instruct).
    name
        새 실행의 이름. | The name of the new run.
    revision
        허브에서 받을 버전 (커밋). | Which version of the hub (a commit).
    context
        문맥을 이만큼으로 줄여, 학습할 때 메모리를 덜 씁니다. |
        Keep so many positions only: training needs less memory then.
    add_tokens
        --corpus의 글에서 토큰을 이만큼 더 배웁니다 (한국어 토큰이 거의 없는 어휘에). 새 토큰은 그것이 대신하는 토큰들의
        평균에서 시작합니다. | Learn so many more tokens from the texts of --corpus (Korean ones, for a vocabulary that
        has few). A new token begins as the mean of those that it replaces.
    corpus
        --add-tokens의 토큰을 배울 글 (파일이나 폴더). | The texts for --add-tokens (files or folders).
    """
    run_folder(name)  # a name that cannot be is said before anything is downloaded
    _check(context, add_tokens, corpus)
    path, described = _find(source, revision)
    texts = Corpus(paths=corpus)
    lengthen = None if add_tokens is None else partial(_lengthen, texts=texts, count=add_tokens)
    imported = read_path(path, context=context, lengthen=lengthen)
    added = keep(imported, name, described)
    # what every later stage is measured on, and `nako eval`
    prepare_validation(run_folder(name) / "data", texts, 0, keep=True)
    _say_kept(name, imported)
    _say_added(added)
    if imported.shorter is not None:
        _say_gain(imported.shorter, imported.tokenizer, validation_texts(texts, 0))
    _say_onward(name, talks="<|im_start|>" not in added)


def _check(context: int | None, add_tokens: int | None, corpus: tuple[Path, ...]) -> None:
    if context is not None and context < 1:
        raise ConfigError(
            say(f"--context는 1 이상이어야 합니다: {context}.", f"--context must be 1 or more: {context}.")
        )
    if (add_tokens is None) != (not corpus) or (add_tokens is not None and add_tokens < 1):
        raise ConfigError(
            say(
                "--add-tokens(1 이상)와 --corpus는 함께 씁니다: 더할 토큰의 수와, 그것을 배울 글.",
                "--add-tokens (1 or more) and --corpus go together: how many tokens, and the texts to learn them from.",
            )
        )


def _find(source: str, revision: str | None) -> tuple[Path, str]:
    """Where the model lies, after a download if need be, and what to write down of where it came from."""
    path = Path(source).expanduser()
    if path.exists():
        return path, str(path.resolve())
    if is_hub_name(source):
        path, commit = pull_model(source, revision)
        return path, f"{source}@{commit}"
    raise DataError(
        say(
            f"그런 폴더나 파일이 없습니다: {source}. 허브의 모델은 OWNER/NAME으로 적으세요.",
            f"there is no such folder or file: {source}. A model on the hub is written OWNER/NAME.",
        )
    )


def _say_kept(name: str, imported: Imported) -> None:
    config = imported.model.config
    speak(
        say(
            f"{name}/base: 매개변수 {parameters_of(imported.model):,}개, 토큰 {imported.tokenizer.vocab_size:,}개, "
            f"문맥 {config.context:,}. 라이선스: {imported.licence or '적혀 있지 않습니다. 직접 확인하세요'}.",
            f"{name}/base: {parameters_of(imported.model):,} parameters, {imported.tokenizer.vocab_size:,} tokens, "
            f"context {config.context:,}. Licence: {imported.licence or 'not stated, look it up'}.",
        )
    )


def _say_onward(name: str, *, talks: bool) -> None:
    """What can be done with it now; talking only where the model knows the chat format."""
    speak(
        say(
            f"이어 쓰기: nako sample {name} --prompt '…'", f"Continue a text: nako sample {name} --prompt '…'"
        )
    )
    if talks:
        speak(say(f"대화: nako chat {name}", f"Talk: nako chat {name}"))
    teach = f"nako train sft --preset finetune --name {name} --from {name}/base --data"
    speak(say(f"가르치기: {teach} 대화.jsonl", f"Teach: {teach} CHATS.jsonl"))


def _lengthen(tokenizer: Tokenizer, *, texts: Corpus, count: int) -> Extension:
    """The tokenizer with tokens learnt from the part of the texts that is not held out."""
    speak(say("토큰을 더 배웁니다…", "learning more tokens…"))
    return extend(tokenizer, _first(texts.training(), LEARN_FROM), count)


def _first(texts: Iterator[str], characters: int) -> Iterator[str]:
    for text in texts:
        yield text
        characters -= len(text)
        if characters <= 0:
            return


def _say_gain(before: Tokenizer, after: Tokenizer, texts: list[str]) -> None:
    characters = sum(map(len, texts))
    was, now = (characters / sum(map(len, tokenizer.encode_batch(texts))) for tokenizer in (before, after))
    speak(
        say(
            f"토큰 {after.vocab_size - before.vocab_size:,}개를 더했습니다. 떼어 둔 글에서 토큰당 {was:.2f}자 → "
            f"{now:.2f}자.",
            f"{after.vocab_size - before.vocab_size:,} tokens were added. Characters per token of held-out text: "
            f"{was:.2f} -> {now:.2f}.",
        )
    )


def _say_added(added: list[str]) -> None:
    if not added:
        return
    names = ", ".join(added)
    speak(
        say(
            f"특수 토큰을 더했습니다. 모델은 아직 모르는 것들입니다: {names}",
            f"special tokens added, new to the model: {names}",
        )
    )
    if "<|im_start|>" in added:
        speak(
            say(
                "이 모델은 우리 대화 형식을 아직 모릅니다. nako chat으로 대화하려면 sft부터 하세요.",
                "The model does not know our chat format yet: train sft before you talk with it by nako chat.",
            )
        )

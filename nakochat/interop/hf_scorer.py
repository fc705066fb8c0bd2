"""A folder that Transformers saved, of whatever model -> a scorer: our tasks, our texts, our grading, on their model.

Transformers is imported when this is used (pip install 'nakochat[eval]').  Only what lies in the folder is read, only
safetensors, and no code from it runs.  Our own models share a context between the options of a question; here every
sequence is run whole, so that nothing is asked of a model but its logits.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.evals.likelihood import predictions
from nakochat.evals.scorer import Ask, Likelihood, fit, prompt_room
from nakochat.text.conversation import Conversation

ROWS = 16
LONGEST = 8192  # of a model that names a longer context: our tasks need no more


def load_hf_scorer(folder: Path, machine: Machine) -> "TransformersScorer":
    """ConfigError without Transformers, DataError where the folder is none of its."""
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise ConfigError(
            say(
                f"Transformers가 없습니다 ({error}). pip install 'nakochat[eval]'로 설치하세요.",
                f"Transformers is not installed ({error}). pip install 'nakochat[eval]'.",
            )
        ) from error
    if not (folder / "config.json").is_file():
        raise DataError(
            say(
                f"Transformers의 모델 폴더가 아닙니다: {folder} (config.json이 없습니다). hf: 뒤에 폴더를 쓰세요.",
                f"not a model folder of Transformers: {folder} (no config.json). Name a folder behind hf:.",
            )
        )
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, use_safetensors=True, dtype=machine.dtype, **options
        )
    except (OSError, ValueError, KeyError) as error:
        if "trust_remote_code" in str(error):
            raise _carries_code(folder) from error
        raise DataError(
            say(
                f"Transformers가 모델을 열지 못했습니다: {folder} ({error}). config.json, 토크나이저, safetensors "
                "가중치가 함께 있어야 합니다.",
                f"Transformers could not open the model in {folder} ({error}). It needs config.json, a tokenizer and "
                "weights as safetensors.",
            )
        ) from error
    return TransformersScorer(model.to(machine.device).eval(), tokenizer, machine.device)


def _carries_code(folder: Path) -> DataError:
    return DataError(
        say(
            f"{folder}의 모델은 폴더에 든 코드를 실행해야 열리는데, hf:는 폴더의 코드를 실행하지 않습니다. nakochat이 "
            "내보낸 것이라면 내보낸 실행을 'nako eval 이름'으로 재세요.",
            f"the model in {folder} opens only by running code that lies there, and hf: runs no code of a folder. If "
            "nakochat exported it, measure the run it came from: 'nako eval NAME'.",
        )
    )


class _Logits(nn.Module):
    """ids (B, T) -> logits (B, T, V), as our models give them."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids=ids, use_cache=False).logits
        return logits


class TransformersScorer:
    """evals/scorer.py's Scorer of a model and tokenizer of Transformers."""

    def __init__(self, model: Any, tokenizer: Any, device: torch.device) -> None:
        self.model, self.tokenizer, self.device = model, tokenizer, device
        self._logits = _Logits(model)

    @property
    def chats(self) -> bool:
        """Whether it comes with a chat template; one without continues texts only."""
        return self.tokenizer.chat_template is not None

    @property
    def context(self) -> int:
        longest = getattr(self.model.config, "max_position_embeddings", None)
        return min(int(longest or LONGEST), LONGEST)

    def encode(self, text: str) -> list[int]:
        """Behind the token that begins a text, or, where there is none, the one that ends it, as GPT-2 was trained."""
        begin = self.tokenizer.bos_token_id
        begin = self.tokenizer.eos_token_id if begin is None else begin
        return [*([] if begin is None else [begin]), *self.encode_more(text)]

    def encode_more(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def encode_chat(self, conversation: Conversation) -> list[int]:
        messages = [{"role": message.role, "content": message.text} for message in conversation]
        if not self.chats:
            return self.encode("\n\n".join(message["content"] for message in messages) + "\n\n")
        found = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)
        return list(found["input_ids"])

    def likelihoods(self, asks: Sequence[Ask]) -> list[list[Likelihood]]:
        asks = [fit(ask, self.context) for ask in asks]
        rows = [(ask, continuation) for ask in asks for continuation in ask.continuations]
        found = iter(self.predict([[*ask.context, *continuation] for ask, continuation in rows]))
        return [[_likelihood(next(found), len(own)) for own in ask.continuations] for ask in asks]

    def predict(self, sequences: Sequence[Sequence[int]]) -> Sequence[tuple[Tensor, Tensor]]:
        order = sorted(range(len(sequences)), key=lambda index: -len(sequences[index]))
        found: list[tuple[Tensor, Tensor]] = [(torch.empty(0), torch.empty(0))] * len(sequences)
        for start in range(0, len(order), ROWS):
            chunk = order[start : start + ROWS]
            part = predictions(
                self._logits,
                [sequences[index] for index in chunk],
                self.device,
                vocab_size=self.model.config.vocab_size,
            )
            for index, values in zip(chunk, part, strict=True):
                found[index] = values
        return found

    @torch.inference_mode()
    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        numbers: Sequence[int] | None = None,
    ) -> list[str]:
        """One prompt after the other, so that no padding can change an answer."""
        room = prompt_room(self.context, max_tokens)
        answers = []
        for number, prompt in zip(numbers or range(len(prompts)), prompts, strict=True):
            torch.manual_seed(seed * 1_000_003 + number)
            ids = torch.tensor([list(prompt[-room:])], device=self.device)
            heat = (
                {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
            )
            made = self.model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=max_tokens, pad_token_id=0, **heat
            )
            answers.append(self.tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True))
        return answers


def _likelihood(values: tuple[Tensor, Tensor], count: int) -> Likelihood:
    logs, first = values
    own = slice(len(logs) - count, len(logs))
    return Likelihood(float(logs[own].double().sum()), count, bool(first[own].all()))

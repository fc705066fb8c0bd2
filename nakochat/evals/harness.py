"""A scorer -> a model that lm-evaluation-harness takes: any of its tasks, unchanged, on any model that we can score.

The harness is imported when this is used (pip install 'nakochat[eval]').  Tasks that it downloads need the network.
https://github.com/EleutherAI/lm-evaluation-harness
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.messages import say
from nakochat.evals.scorer import Ask, Scorer, ask_of
from nakochat.text.conversation import Conversation, Message, assistant, system, user

MOST_TOKENS = 256  # where a task names no limit


class Harness:
    """What the harness asks of a model, answered by a scorer.  Its requests are (text, text) or (text, settings)."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self._chats: dict[str, Conversation] = {}

    def loglikelihood(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """ln p of each continuation, and whether it is the likeliest.  Those of one context share it."""
        by_context: dict[str, list[int]] = {}
        for place, request in enumerate(requests):
            by_context.setdefault(request.args[0], []).append(place)
        asks = [
            self._ask(context, [requests[place].args[1] for place in places])
            for context, places in by_context.items()
        ]
        found: list[tuple[float, bool]] = [(0.0, False)] * len(requests)
        for places, values in zip(by_context.values(), self.scorer.likelihoods(asks), strict=True):
            for place, value in zip(places, values, strict=True):
                found[place] = (value.total, value.greedy)
        return found

    def loglikelihood_rolling(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[float]:
        """ln p of whole texts; one longer than the context is read in windows that overlap by half."""
        totals = []
        for request in requests:
            ids = self.scorer.encode(request.args[0])
            asks, at = [], 1
            while at < len(ids):
                start = max(0, at - self.scorer.context // 2)
                end = min(len(ids), start + self.scorer.context)
                asks.append(Ask(tuple(ids[start:at]), (tuple(ids[at:end]),)))
                at = end
            totals.append(sum(values[0].total for values in self.scorer.likelihoods(asks)))
        return totals

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[str]:
        """Texts up to the first of the task's stops."""
        answers = [""] * len(requests)
        groups: dict[tuple[int, float], list[int]] = {}
        for place, request in enumerate(requests):
            settings = request.args[1]
            sampled = settings.get("do_sample", False) or settings.get("temperature", 0) > 0
            heat = float(settings.get("temperature", 1.0)) if sampled else 0.0
            most = min(int(settings.get("max_gen_toks", MOST_TOKENS)), self.scorer.context // 2)
            groups.setdefault((most, heat), []).append(place)
        for (most, heat), places in groups.items():
            prompts = [self._encode(requests[place].args[0]) for place in places]
            made = self.scorer.generate(prompts, max_tokens=most, temperature=heat)
            for place, text in zip(places, made, strict=True):
                answers[place] = _until(text, requests[place].args[1].get("until", []))
        return answers

    def apply_chat_template(self, history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """A text that stands for the conversation: our conversations are made of ids, not of marks in a text."""
        speak: dict[str, Callable[[str], Message]] = {"system": system, "user": user, "assistant": assistant}
        conversation = tuple(speak[turn["role"]](turn["content"]) for turn in history)
        text = "".join(f"{turn['role']}: {turn['content']}\n" for turn in history) + "assistant:"
        self._chats[text] = conversation
        return text

    @property
    def tokenizer_name(self) -> str:
        return "nakochat"

    def _encode(self, text: str) -> list[int]:
        chat = self._chats.get(text)
        return self.scorer.encode(text) if chat is None else self.scorer.encode_chat(chat)

    def _ask(self, context: str, endings: Sequence[str]) -> Ask:
        if context in self._chats:
            own = tuple(tuple(self.scorer.encode_more(ending.lstrip())) for ending in endings)
            return Ask(tuple(self._encode(context)), own)
        return ask_of(self.scorer, context, endings)


def _until(text: str, stops: Sequence[str] | str) -> str:
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.partition(stop)[0] if stop else text
    return text


def run_harness(
    scorer: Scorer, tasks: Sequence[str], *, limit: int | None, chats: bool, shots: int | None = None
) -> dict[str, Any]:
    """{task: its figures} of harness tasks.

    ConfigError where the harness or a task is not there, DataError where a task's items cannot be had.
    """
    try:
        from lm_eval import evaluator
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise ConfigError(
            say(
                f"lm-evaluation-harness가 없습니다 ({error}). pip install 'nakochat[eval]'로 설치하세요.",
                f"lm-evaluation-harness is not installed ({error}). pip install 'nakochat[eval]'.",
            )
        ) from error
    manager = TaskManager()
    unknown = [task for task in tasks if not manager.match_tasks([task])]
    if unknown:
        raise ConfigError(
            say(
                f"harness에 그런 과제가 없습니다: {', '.join(unknown)}. 'lm-eval ls tasks'로 모두 볼 수 있습니다.",
                f"the harness has no such task: {', '.join(unknown)}. See them all with 'lm-eval ls tasks'.",
            )
        )
    try:
        found = evaluator.simple_evaluate(
            model=harness_model(scorer),
            tasks=list(tasks),
            limit=limit,
            num_fewshot=shots,
            task_manager=manager,
            apply_chat_template=chats,
            log_samples=False,
        )
    except OSError as error:  # whatever fails on the way from the hub is one
        raise DataError(
            say(
                f"harness가 과제의 문항을 가져오지 못했습니다: {error}. 문항은 Hugging Face에서 받으니 네트워크를 "
                "확인하세요. 받을 수 없는 컴퓨터에서는 --suite와 --data로 옮겨 온 파일을 쓰세요.",
                f"the harness could not get a task's items: {error}. They come from Hugging Face: check the network. "
                "Where there is none, measure files that you brought with --suite and --data.",
            )
        ) from error
    return {} if found is None else {name: _figures(values) for name, values in found["results"].items()}


def harness_model(scorer: Scorer) -> Any:
    """The scorer as a model of the harness, for its `simple_evaluate`."""
    from lm_eval.api.model import LM

    return type("NakoModel", (Harness, LM), {"__init__": _start})(scorer)


def _start(self: Any, scorer: Scorer) -> None:
    Harness.__init__(self, scorer)
    self._rank, self._world_size, self.cache_hook = 0, 1, _no_cache()


def _no_cache() -> Any:
    from lm_eval.api.model import CacheHook

    return CacheHook(None)


def _figures(values: dict[str, Any]) -> dict[str, Any]:
    """`acc,none` -> `acc`; what is no number is left out."""
    return {
        name.removesuffix(",none"): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }

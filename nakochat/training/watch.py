"""A model during training -> held-out bits per byte, and samples of what it writes."""

from dataclasses import dataclass

from nakochat.core.machine import Machine
from nakochat.core.messages import say
from nakochat.core.progress import speak, speak_once
from nakochat.core.run import Run
from nakochat.evals.bits_per_byte import bits_per_byte
from nakochat.inference.engine import Engine, inference_copy
from nakochat.inference.sampling import Sampling
from nakochat.inference.talk import decode_pieces
from nakochat.models.model import Model
from nakochat.text.conversation import render_prompt, user
from nakochat.text.tokenizer import Tokenizer

TEXT_PROMPTS = ("옛날 어느 마을에 ", "오늘 아침에 ")
CHAT_PROMPTS = ("안녕하세요!", "토끼는 뭘 먹어요?", "'무궁화'는 몇 글자예요?")


@dataclass
class Watch:
    """`measure` is a check of the loop.  texts may be empty: then there are samples only."""

    run: Run
    tokenizer: Tokenizer
    machine: Machine
    texts: list[str]

    def measure(self, model: Model, step: int) -> dict[str, float]:
        engine = Engine(inference_copy(model), self.tokenizer, self.machine)
        self._show_samples(engine, step)
        if not self.texts:
            return {}
        texts = self.texts[: max(1, len(self.texts) // 4)]
        found = bits_per_byte(
            engine.model, self.tokenizer, texts, context=engine.context, device=self.machine.device
        )
        return {
            "validation_bits_per_byte": found.bits_per_byte,
            "validation_token_accuracy": found.token_accuracy,
        }

    def _show_samples(self, engine: Engine, step: int) -> None:
        sampling = Sampling(max_tokens=max(1, min(48, engine.context // 2)), temperature=0.7, seed=1)
        prompts = self._rendered()
        fitting = {prompt: ids for prompt, ids in prompts.items() if len(ids) < engine.context}
        if len(fitting) < len(prompts):
            speak_once(
                say(
                    f"  이 모델의 문맥({engine.context}토큰)보다 긴 물음의 표본은 보이지 않습니다 "
                    f"({len(prompts)}개 가운데 {len(prompts) - len(fitting)}개).",
                    f"  Samples whose prompt is longer than this model's context ({engine.context} tokens) are not "
                    f"shown ({len(prompts) - len(fitting)} of {len(prompts)}).",
                )
            )
        for prompt, ids in fitting.items():
            text = "".join(piece.text for piece in decode_pieces(engine, [ids], sampling))
            self.run.log("sample", step=step, prompt=prompt, text=text)
            speak(f"  [{step}] {prompt} → {text.replace(chr(10), ' ')}")

    def _rendered(self) -> dict[str, list[int]]:
        """What the model is asked to go on from -> its tokens."""
        tokenizer = self.tokenizer
        if self.run.folder.name == "base":
            return {prompt: [tokenizer.bos, *tokenizer.encode(prompt)] for prompt in self._text_prompts()}
        return {prompt: render_prompt(tokenizer, (user(prompt),)) for prompt in CHAT_PROMPTS}

    def _text_prompts(self) -> tuple[str, ...]:
        """None but the beginning of a text, where a vocabulary of characters does not know ours."""
        known = all("\ufffd" not in self.tokenizer.decode(self.tokenizer.encode(p)) for p in TEXT_PROMPTS)
        return TEXT_PROMPTS if known else ("",)

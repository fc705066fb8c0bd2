"""Our tokenizer and chat format -> the values by which Transformers, llama.cpp and Ollama write the same.

The template gives, byte for byte, what text/conversation.py renders; a message's content may be a list of parts, as
there.
"""

from typing import Any

from nakochat.text.tokenizer import Tokenizer

TEMPLATE = (
    "{{- bos_token }}"
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\\n' }}"
    "{%- if message['content'] is string %}"
    "{{- message['content'] }}"
    "{%- else %}"
    "{%- for part in message['content'] %}"
    "{%- if part['type'] == 'python' %}{{- '<|python_start|>' + part['text'] + '<|python_end|>' }}"
    "{%- elif part['type'] == 'output' %}{{- '<|output_start|>' + part['text'] + '<|output_end|>' }}"
    "{%- else %}{{- part['text'] }}"
    "{%- endif %}"
    "{%- endfor %}"
    "{%- endif %}"
    "{{- '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
# Go's templates, for Ollama, which writes the first token itself
OLLAMA_TEMPLATE = """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""


def template(tokenizer: Tokenizer) -> str:
    """The Jinja template, with the name that this vocabulary has for the end of a turn."""
    return TEMPLATE.replace("<|im_end|>", end_of_turn(tokenizer))


def ollama_template(tokenizer: Tokenizer) -> str:
    return OLLAMA_TEMPLATE.replace("<|im_end|>", end_of_turn(tokenizer))


def end_of_turn(tokenizer: Tokenizer) -> str:
    return str(tokenizer.backend.id_to_token(tokenizer.im_end))


def stop_ids(tokenizer: Tokenizer) -> list[int]:
    """What ends an answer, as the engine has it."""
    return list(tokenizer.ends)


def names_of_ends(tokenizer: Tokenizer) -> list[str]:
    """Those with which a turn may end: all but what begins a text."""
    return [str(tokenizer.backend.id_to_token(i)) for i in tokenizer.ends if i != tokenizer.bos]


def never_ids(tokenizer: Tokenizer) -> list[int]:
    """What only a template or a tool writes; the engine never samples it."""
    return [tokenizer.pad, tokenizer.im_start, tokenizer.output_start, tokenizer.output_end]


def generation_config(tokenizer: Tokenizer) -> dict[str, Any]:
    """generation_config.json: the defaults of `nako chat`, and stops as a list (one alone never ends some texts)."""
    return {
        "bos_token_id": tokenizer.bos,
        "eos_token_id": stop_ids(tokenizer),
        "pad_token_id": tokenizer.pad,
        "suppress_tokens": never_ids(tokenizer),
        "do_sample": True,
        "temperature": 0.7,
        "top_k": 50,
        "max_new_tokens": 256,
    }

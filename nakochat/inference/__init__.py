"""Logits -> text.  `TextGenerator` is the door for Python programs; it is imported when it is asked for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nakochat.inference.generator import TextGenerator

__all__ = ["TextGenerator"]


def __getattr__(name: str) -> Any:
    if name == "TextGenerator":
        from nakochat.inference.generator import TextGenerator

        return TextGenerator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

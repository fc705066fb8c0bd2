"""A part of a model and its inputs -> what it gives: where training puts its compiler in.

The parts are what repeats (a layer) and what stands before and behind: compiled one by one, a layer's code serves all
layers of its kind, and a deep model takes no longer to compile than a shallow one.
"""

from collections.abc import Callable
from typing import Any

Apply = Callable[..., Any]
"""(part, *inputs) -> part(*inputs)"""


def call(part: Callable[..., Any], *inputs: Any) -> Any:
    """A part as it is."""
    return part(*inputs)

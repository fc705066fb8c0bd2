"""Model -> score.  `ModelValidator` is the door for Python programs; it is imported when it is asked for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nakochat.evals.validator import ModelValidator

__all__ = ["ModelValidator"]


def __getattr__(name: str) -> Any:
    if name == "ModelValidator":
        from nakochat.evals.validator import ModelValidator

        return ModelValidator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

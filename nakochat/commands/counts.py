"""Counts of the command line -> a clear refusal of a count of nothing."""

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say


def require_some(**counts: int | None) -> None:
    """ConfigError for a count below 1, by its flag; None was not asked for."""
    for name, count in counts.items():
        if count is not None and count < 1:
            flag = "--" + name.replace("_", "-")
            raise ConfigError(
                say(
                    f"{josa(flag, '은')} 1 이상이어야 합니다: {count}.", f"{flag} must be 1 or more: {count}."
                )
            )

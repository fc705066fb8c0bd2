"""A setting and the range it has to lie in -> nothing, or the error that names its flag.  Without torch."""

import math
from collections.abc import Callable

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say


def at_least(least: float, settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is unset or `least` or more."""
    _require(settings, names, lambda x: least <= x < math.inf, f"{least} 이상이어야", f"{least} or more")


def above_zero(settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is unset or a number above 0."""
    _require(settings, names, lambda x: 0 < x < math.inf, "0보다 커야", "above 0")


def a_share(settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is 0 to 1."""
    _require(settings, names, lambda x: 0 <= x <= 1, "0과 1 사이여야", "between 0 and 1")


def below_one(settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is at least 0 and less than 1."""
    _require(settings, names, lambda x: 0 <= x < 1, "0 이상, 1 미만이어야", "at least 0 and less than 1")


def _require(
    settings: object, names: tuple[str, ...], holds: Callable[[float], bool], korean: str, english: str
) -> None:
    for name in names:
        value = getattr(settings, name)
        if value is not None and not holds(value):
            flag = flag_of(name)
            raise ConfigError(
                say(f"{josa(flag, '은')} {korean} 합니다: {value}.", f"{flag} must be {english}: {value}.")
            )


def flag_of(name: str) -> str:
    """The flag of a setting: mlp_width -> --mlp-width."""
    return "--" + name.replace("_", "-")

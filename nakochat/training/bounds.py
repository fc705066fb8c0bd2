"""A setting and the range it has to lie in -> nothing, or the error that names its flag.  Without torch."""

import math

from nakochat.core.errors import ConfigError
from nakochat.core.josa import josa
from nakochat.core.messages import say


def at_least(least: float, settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is unset or `least` or more."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and not least <= value < math.inf:
            flag = flag_of(name)
            raise ConfigError(
                say(
                    f"{josa(flag, '은')} {least} 이상이어야 합니다: {value}.",
                    f"{flag} must be {least} or more: {value}.",
                )
            )


def above_zero(settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is unset or a number above 0."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and not 0 < value < math.inf:
            flag = flag_of(name)
            raise ConfigError(
                say(f"{josa(flag, '은')} 0보다 커야 합니다: {value}.", f"{flag} must be above 0: {value}.")
            )


def a_share(settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is 0 to 1."""
    for name in names:
        value = getattr(settings, name)
        if not 0 <= value <= 1:
            flag = flag_of(name)
            raise ConfigError(
                say(
                    f"{josa(flag, '은')} 0과 1 사이여야 합니다: {value}.",
                    f"{flag} must be between 0 and 1: {value}.",
                )
            )


def below_one(settings: object, *names: str) -> None:
    """ConfigError unless every one of these settings is at least 0 and less than 1."""
    for name in names:
        value = getattr(settings, name)
        if not 0 <= value < 1:
            flag = flag_of(name)
            raise ConfigError(
                say(
                    f"{josa(flag, '은')} 0 이상, 1 미만이어야 합니다: {value}.",
                    f"{flag} must be at least 0 and less than 1: {value}.",
                )
            )


def flag_of(name: str) -> str:
    """The flag of a setting: mlp_width -> --mlp-width."""
    return "--" + name.replace("_", "-")

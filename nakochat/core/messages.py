"""A sentence in Korean and in English -> the one the user reads.

Both languages stand side by side at the place that speaks: no catalogue of keys that drifts from the code.
"""

import os


def language() -> str:
    """ "ko" unless NAKO_LANG=en."""
    return "en" if os.environ.get("NAKO_LANG", "").lower().startswith("en") else "ko"


def say(korean: str, english: str) -> str:
    """The sentence in the user's language."""
    return english if language() == "en" else korean


def pick(both: str) -> str:
    """The user's half of "한국어 | English", as docstrings that the command line shows are written."""
    korean, separator, english = " ".join(both.split()).partition(" | ")
    return say(korean, english) if separator else both


def roughly(seconds: float) -> str:
    """A length of time as one says it, in its largest units: 40초, 35분, 2시간 10분, 3일 4시간."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return say(f"{max(1, round(seconds))}초", f"{max(1, round(seconds))} s")
    if minutes < 60:
        return say(f"{minutes}분", f"{minutes} min")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return say(f"{hours}시간 {minutes}분", f"{hours} h {minutes} min")
    return say(f"{hours // 24}일 {hours % 24}시간", f"{hours // 24} d {hours % 24} h")

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

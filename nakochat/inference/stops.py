"""Text in parts, and strings that end it -> the text before the first of them, however it was cut into parts.

The string that ends earliest wins, and of those that end at the same character the longest: the only rule by which a
stream can be cut without knowing what comes (by where they begin, a longer one that began earlier might yet come).
What may still become a stop string is held back until the next part decides.
"""

from collections.abc import Sequence


class StopText:
    """`push` gives what is certain by now; once `stopped`, nothing more comes."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.stopped = False

    def push(self, text: str) -> str:
        """A part -> the text that no stop string can take back any more."""
        if not self._stops:
            return text
        text = self._held + text
        found = [(text.find(stop) + len(stop), -len(stop)) for stop in self._stops if stop in text]
        if found:
            end, minus = min(found)
            self.stopped, self._held = True, ""
            return text[: end + minus]
        keep = max(_overlap(text, stop) for stop in self._stops)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def flush(self) -> str:
        """What was held back, where the text ends otherwise."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of the text that is a beginning of the stop string, but not all of it."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)

"""cyclopts' help panels -> the same in the user's language."""

from typing import Any

from cyclopts.help import DefaultFormatter
from rich.text import Text

from nakochat.core.messages import pick, say


class BilingualFormatter(DefaultFormatter):
    """Shows the user's half of every "한국어 | English" description (plain text only)."""

    def __call__(self, console: Any, options: Any, panel: Any) -> None:
        titles = {"Parameters": say("설정", "Parameters"), "Commands": say("명령", "Commands")}
        panel.title = titles.get(panel.title, panel.title)
        for entry in panel.entries:
            shown = getattr(entry.description, "primary_renderable", None)
            if isinstance(shown, Text):
                entry.description.primary_renderable = Text(pick(shown.plain), end="")
        super().__call__(console, options, panel)

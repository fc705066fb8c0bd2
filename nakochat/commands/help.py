"""cyclopts' help panels -> the same in the user's language."""

from typing import Any

from cyclopts.help import DefaultFormatter
from rich.text import Text

from nakochat.core.messages import pick, say

# what cyclopts says of its own flags, for `pick`
_OWN = {
    "Display application version.": "버전을 봅니다. | show the version.",
    "Display this message and exit.": "이 도움말을 봅니다. | show this help.",
}
_PLAIN = ("False", "()")  # defaults that a flag that is off and a list that is empty need not say


class BilingualFormatter(DefaultFormatter):
    """Shows the user's half of every "한국어 | English" description (plain text only), and of what cyclopts adds."""

    def __call__(self, console: Any, options: Any, panel: Any) -> None:
        titles = {
            "Arguments": say("넣을 것", "Arguments"),
            "Parameters": say("설정", "Parameters"),
            "Commands": say("명령", "Commands"),
        }
        panel.title = titles.get(panel.title, panel.title)
        panel.entries = [_in_the_language(entry) for entry in panel.entries]
        super().__call__(console, options, panel)

    def render_usage(self, console: Any, options: Any, usage: Any) -> None:
        words = say("사용법: ", "Usage: ") + str(usage).strip().removeprefix("Usage: ")
        console.print(Text(words + "\n", style="bold"))


def _in_the_language(entry: Any) -> Any:
    """An entry whose values are said in its description: cyclopts would name them in English."""
    shown = getattr(entry.description, "primary_renderable", None)
    if not isinstance(shown, Text):
        return entry
    text = pick(_OWN.get(shown.plain, shown.plain))
    notes = (
        (entry.choices, say("선택", "choices"), ", ".join(entry.choices or ())),
        (entry.default not in (None, *_PLAIN), say("기본", "default"), (entry.default or "").strip("()")),
    )
    said = [f"[{name}: {values}]" for there, name, values in notes if there]
    required = [say("[필수]", "[required]")] if entry.required else []
    entry.description.primary_renderable = Text(" ".join([text, *said, *required]), end="")
    return entry.copy(choices=None, default=None, required=False)

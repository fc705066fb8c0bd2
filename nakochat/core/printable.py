"""Text that someone else wrote -> text that is only seen: nothing in it steers a terminal or disguises what it says.

What a model says, a corpus holds or a file names goes through here wherever it is printed.  Whole escape sequences are
taken out (ECMA-48, https://ecma-international.org/publications-and-standards/standards/ecma-48/), then every control
character that is left, and the overrides of the direction of writing, by which a line can show other words than it has
(Boucher and Anderson 2021, https://arxiv.org/abs/2111.00169).
"""

import re
import unicodedata

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, the cursor, clearing
    r"|(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC and its kin: titles, links
    r"|\x1b[ -/]*[0-~]"  # the short ones
)
# those of Unicode's bidirectional algorithm that are not letters: https://www.unicode.org/reports/tr9/
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str, *, mark: str = "") -> str:
    """The text in NFC without escape sequences, control characters, direction overrides and halves of characters.

    Newlines and tabs stay.  `mark` stands where something was taken out.  Of a text that comes in pieces a sequence may
    be cut in two: its escape character goes all the same, and the rest of it is harmless letters.
    """
    text = _SEQUENCES.sub(mark, text.replace("\r\n", "\n"))
    shown = "".join(character if _is_shown(character) else mark for character in text)
    return unicodedata.normalize("NFC", shown)  # many fonts draw decomposed Hangul as a row of letters


def _is_shown(character: str) -> bool:
    if character in "\n\t":
        return True
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _DIRECTIONS

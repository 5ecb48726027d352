"""Characters that nobody sees, or that turn the text around them: they have no place in an address or a URL.

They are Unicode's controls, formats (zero width, soft hyphen, bidirectional marks, tags), separators, spaces other than
the plain one, surrogates, and what fonts show as nothing (Default_Ignorable_Code_Point, the blank Braille pattern).
"""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u115f-\u1160\u1680"
    "\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""Any one of them. A table, because `unicodedata` knows nothing of what fonts ignore, and takes five times as long."""


def invisible_in(text: str) -> str:
    """The first such character of the text in words, as in “zero width space (U+200B)”; empty if there is none."""
    found = INVISIBLE.search(text)
    return _named(found[0]) if found else ""


def _named(character: str) -> str:
    name = unicodedata.name(character, "control character").lower()
    return f"{name} (U+{ord(character):04X})"

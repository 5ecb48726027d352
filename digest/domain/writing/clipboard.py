"""Characters that nobody sees: which of them readers need, and which came along on the clipboard.

Soft hyphens, zero-width spaces, byte order marks and word joiners cut words where a search or a screen reader stumbles.
What a script needs stays: joiners after a letter of Persian, Hindi or the like and in emoji, zero-width spaces in Thai,
Khmer, Lao and Burmese, and direction marks in a text that has right-to-left letters. Overrides of direction go always:
no language needs them, and they make a text read other than it is.
"""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\uf020-\uf0ff\U000e0001-\U000e007f]"
)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_JOINING = re.compile("[\u0590-\u1cff\u2190-\u2bff\u3000-\ud7ff\ufb1d-\ufeff\U00010000-\U0001ffff]")
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
_OVERRIDES = "\u202d\u202e"
_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"

WORDS_OWN = {"\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓", "\uf0e0": "→", "\uf02d": "–"}
"""Word writes the bullets of its Symbol and Wingdings fonts into U+F020 to U+F0FF; those not named here become •."""

_BREAKS = re.compile("\r\n?|[\x0b\x85\u2028]")
_ANY_BREAK = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_PARAGRAPHS = re.compile("[\x0c\u2029]")

_SPACES = re.compile("[ \t\n\xa0]{2,}")
_CHAIN = re.compile("[^ \t\n<>]{41,}")


def visible(text: str) -> str:
    """The text without what nobody sees and no script needs; line and paragraph separators become spaces."""
    if text.isascii() or not _INVISIBLE.search(text):
        return text
    mirrored = bool(_RIGHT_TO_LEFT.search(text))
    flags = {at for flag in _FLAG.finditer(text) for at in range(*flag.span())}
    return _INVISIBLE.sub(lambda found: _kept(found, mirrored, flags), text)


def plain_lines(text: str) -> str:
    """The text with line feeds alone: a manual line break as Markdown's (two spaces), a new page as a paragraph."""
    if not _ANY_BREAK.search(text):
        return text
    text = _BREAKS.sub(lambda found: "\n" if found[0].startswith("\r") else "  \n", text)
    return _PARAGRAPHS.sub("\n\n", text)


def loosened(text: str) -> str:
    """The text with no-break spaces only where they hold something together.

    Beside another space one holds nothing, and of words chained over more than 40 characters, as some browsers paste
    whole paragraphs, no line could be made.
    """
    if "\xa0" not in text:
        return text
    text = _SPACES.sub(lambda found: " " if "\xa0" in found[0] else found[0], text)
    return _CHAIN.sub(lambda found: found[0].replace("\xa0", " "), text)


def _kept(found: re.Match[str], mirrored: bool, flags: set[int]) -> str:
    character, before = found[0], found.string[found.start() - 1 : found.start()]
    if character in "\u2028\u2029":
        return " "
    if "\uf020" <= character <= "\uf0ff":
        return WORDS_OWN.get(character, "•")
    if character in _OVERRIDES:
        return ""
    if character in _MARKS:
        return character if mirrored else ""
    if character in "\u200c\u200d":
        return character if _JOINING.match(before) else ""
    if character == "\u200b":
        return character if _UNSPACED.match(before) else ""
    return character if found.start() in flags else ""

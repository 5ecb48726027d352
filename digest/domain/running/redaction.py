"""What logs may never show, taken out: keys, passwords, cookies, readers' and editors' links, the names in addresses.

One table of patterns, tried in its order, and the values that this installation is known to keep secret. Each pattern
begins only where a word begins, or is bounded, so that a line of any length takes time in proportion to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

SECRET, TOKEN, QUERY = "[secret]", "[token]", "[query]"
_SHORTEST_KNOWN = 6
"""A known secret shorter than this would take words out that only look like it."""

_SLASH = r"(?:/|\\/|%(?:25)*2F)"
_QUOTED = r"""'[^'\n]{0,4000}'|"[^"\n]{0,4000}\""""
_NAMES = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret(?:_key)?(?:_fallbacks)?|suppression_key|webhook_key|api_?key|"
    r"(?:csrf_|access_|auth_|id_|refresh_)token|x-csrftoken|digest_desk|session)"
)
_LOCAL = r"""[^\s@<>()\[\]{},;:"/?&]"""
_DOMAIN = r"""[^\s@<>()\[\]{},;:"'/?&\\|*]"""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Headers that are a key: the whole value, up to the line's end, also where the line is quoted as Python does.
    (
        re.compile(r"""(?i)((?:proxy-)?authorization|(?:set-)?cookie)((?:b?['"])?[ \t]*[:=,][ \t]*(?:b?['"])?)"""
                   r"""[^'"\r\n\\]+"""),
        rf"\1\2{SECRET}",
    ),
    (re.compile(r"(?i)\b(bearer[ +])[^\s'\",;]+"), rf"\1{SECRET}"),
    # A password in a URL, which may have @, : and / in it although it must not.
    (
        re.compile(r"(?i)\b((?:postgres|postgresql|mysql|mariadb|redis|rediss|amqps?|mongodb)(?:\+\w{1,30})?"
                   r"://[^\s:@/'\"]{0,200}):[^\s'\"]{0,400}@"),
        rf"\1:{SECRET}@",
    ),
    (re.compile(r"(?i)\b(https?|ftp|smtps?|socks5h?)://[^\s/@'\"]{1,400}@"), rf"\1://{SECRET}@"),
    # name=value, 'name': 'value', "name": "value", with what databases and forms call a secret.
    (re.compile(rf"(?i)({_NAMES}['\"]?=)(?:{_QUOTED}|[^\s&;,'\"]+)"), rf"\1{SECRET}"),
    (re.compile(rf"(?i)({_NAMES}['\"][ ]?:[ ]?)(?:{_QUOTED}|[^\s&;,'\"}}]+)"), rf"\1{SECRET}"),
    (re.compile(r"(?i)\b((?:pass(?:word|wd|phrase)|pwd):[ ]?)(?!use |use:)[^\s,;'\"]+"), rf"\1{SECRET}"),
    (re.compile(r"SG\.[\w-]+(?:\.[\w-]+)*", re.ASCII), SECRET),
    # What itsdangerous signs: session cookies, form tokens.
    (re.compile(r"(?<![\w-])(?:eyJ|Ij|\.eJ)[\w-]*\.[\w-]+\.[\w-]+", re.ASCII), SECRET),
    # Links: whatever follows these words in a path, also cut short or encoded; then whatever looks like a token.
    (
        re.compile(rf"(?i)(?<=[/F])((?:confirm|unsubscribe|preferences|hold|yours|password|welcome|inbound){_SLASH})"
                   r"[A-Za-z0-9_-]{16,}"),
        rf"\1{TOKEN}",
    ),
    # What readers look for, and what scanners try, stands after the question mark of readers' pages.
    (
        re.compile(r"(?<![\w./:-])(/(?:(?:news|issues|topics|publications|feed|subscribe|"
                   r"confirm|unsubscribe|preferences|yours|privacy|welcome|about)[^\s?'\"<>]{0,400})?)\?[^\s'\"<>]+"),
        rf"\1?{QUERY}",
    ),
    (
        re.compile(r"(?:(?<=%[0-9A-Fa-f]{2})|(?<![A-Za-z0-9_%-]))(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{40,}"),
        TOKEN,
    ),
)  # fmt: skip

_ADDRESS = re.compile(
    rf"""(?<!{_LOCAL[:-1]}])({_LOCAL})({_LOCAL}*?)(@|%(?:25)*40|＠|&(?:commat|#0*64|#x0*40);)(\[|{_DOMAIN})"""
)
_SIGNS = "@%＠&"
"""One of these is in every address."""
_QUOTED_ADDRESS = re.compile(r'"([^"\r\n@])[^"\r\n]{0,63}"@')


class Redaction:
    """Takes out what the patterns know, and these values wherever they stand, as they are and as URLs spell them."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        spellings = {way(value) for value in known for way in (str, unquote, _quoted) if len(value) >= _SHORTEST_KNOWN}
        longest_first = sorted(spellings - {""}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """The text without secrets, and with addresses masked."""
        if self._known:
            text = self._known.sub(SECRET, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        if any(sign in text for sign in _SIGNS):
            text = _QUOTED_ADDRESS.sub(r"\1***@", text)
            text = _ADDRESS.sub(r"\1***\3\4", text)
        return text


def _quoted(value: str) -> str:
    return quote(value, safe="")

"""Marks that would reach readers as they stand: another tool's placeholders, and Markdown that could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.domain.issues.edition import plain

_CODE = re.compile(r"<(pre|code)>.*?</\1>", re.DOTALL)
_LOST_LINK = re.compile(r"<a>(.*?)</a>", re.DOTALL)
"""What the sanitiser leaves of a link that leads to no address of the web."""
_STRIKE = re.compile(r"</?s>")
_TAGS = (
    "a|abbr|article|b|blockquote|br|center|code|del|div|em|font|footer|form|h[1-6]|header|hr|i|iframe|img|input|ins|li|"
    "mark|ol|p|pre|q|s|script|section|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|th|thead|tr|u|ul|video"
)

_FILL_IN = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\*\|[^|*]+\|\*|<%[^%]*%>|%%[\w ]+%%|\$\{\w+\}|(?<!\S)\|[A-Z][A-Z0-9_:]*\|(?!\w)"
)
"""Of Mailchimp (whose stars Markdown may have read as emphasis), SendGrid, Jinja, Ghost and the like."""
_MARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\[\^[^\]\s]{1,80}\]"), "has no note. Add a line that begins with it and a colon, or take it out."),
    (re.compile(r"\]\(|\]\[(?!\d+\])"),
     "belongs to a link that could not be read. Write [words](https://…), with no space within."),
    (re.compile(r"~~"), "strikes out nothing. Put ~~ on both sides of the words, or take it out."),
    (re.compile(r"\*\*"), "begins bold type that never ends. Put ** on both sides, close to the words."),
    (re.compile(r"(?<!\w)__[^\W_](?:\w{0,78}[^\W_])?__(?!\w)"),
     "stays as it is typed. For bold type, put ** on both sides of the words."),
    (re.compile(r"\|\s*:?-{3,}|(?:^|\s)\|\s?[^|\s][^|]{0,200}\|\s?[^|\s][^|]{0,200}\|"),
     "belongs to a table that could not be read. Give it a header and a line |---|---| with as many columns."),
    (re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE),
     "is HTML, which shows as text. Use Markdown, or take it out."),
    (re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,5});"),
     "is a character’s name in HTML, and shows as text. Write the character."),
    (re.compile("\ufffd"), "stands for a character that was lost on the way. Write it anew."),
)  # fmt: skip
_IN_A_LINE = (_MARKS[-2], _MARKS[-1])
_SHOWN = 30


def left_in_line(text: str) -> list[str]:
    """What is left in a headline or subject, a sentence each with the remedy."""
    return list(_found(text, _IN_A_LINE))


def left_in_html(html: str) -> list[str]:
    """What is left in sanitised HTML, a sentence each with the remedy. Code is what it is, and left alone."""
    return [*lost_links(html), *marks_in_html(html)]


def marks_in_html(html: str) -> list[str]:
    """The same without links that lead nowhere, which break nothing else."""
    return list(_found(plain(_STRIKE.sub("", _CODE.sub(" ", html))), _MARKS))


def lost_links(html: str) -> list[str]:
    """The links that were typed without an address of the web, a sentence each with the remedy."""
    words = filter(None, (plain(found[1]) for found in _LOST_LINK.finditer(_CODE.sub(" ", html))))
    return [f"The link “{_short(each)}” leads nowhere: write its address with https://." for each in words]


def _found(words: str, marks: tuple[tuple[re.Pattern[str], str], ...]) -> Iterator[str]:
    if found := _FILL_IN.search(words):
        yield f"“{_short(found[0])}” would go out as it stands: nothing is filled in here. Write the words themselves."
        words = _FILL_IN.sub(" ", words)
    for pattern, sentence in marks:
        if found := pattern.search(words):
            yield f"“{_short(found[0].strip())}” {sentence}"


def _short(mark: str) -> str:
    return mark if len(mark) <= _SHOWN else mark[:_SHOWN] + "…"

"""CSS moved into style attributes, because many mail clients read nothing else."""

from __future__ import annotations

import re
from threading import Lock

from digest.domain.writing.cells import is_figure

# Attribute values may hold a bare ">", so a tag ends at the first one outside quotes.
_ATTRIBUTES = r"""(?:"[^"]*"|'[^']*'|[^'">])*"""
_LINK = re.compile(rf"<link\b{_ATTRIBUTES}>", re.IGNORECASE)
_STYLE = re.compile(rf"<style\b{_ATTRIBUTES}>.*?</style\s*>", re.IGNORECASE | re.DOTALL)
_MEDIA = re.compile(
    rf"</?(?:img|picture|source|video|audio|track|iframe|object|embed|input|base|meta|script)\b{_ATTRIBUTES}>",
    re.IGNORECASE,
)
_TABULAR = re.compile(rf"<(table|td|th)\b({_ATTRIBUTES})>", re.IGNORECASE)
_QUOTE = re.compile(rf"<blockquote\b{_ATTRIBUTES}>", re.IGNORECASE)
_QUOTE_END = re.compile(r"</blockquote\s*>", re.IGNORECASE)

# premailer shares cssutils' global serialiser and log between calls, so two threads spoil each other's output.
_one_at_a_time = Lock()


def inlined(document: str) -> str:
    """The whole HTML document with its first style block inlined; style blocks marked as ignored stay as they are.

    Fetches nothing and opens no file, whatever the document says: see `mail/message/offline.py`.
    """
    from digest.mail.message.offline import inline  # 15 MB, which sending what is stored can do without

    with _one_at_a_time:
        return inline(document)


def for_mail(body: str) -> str:
    """A summary's sanitised HTML made fit for mail: nothing that loads, quotations and tables that Outlook can show.

    Tables get names for their styles, and say what a client would otherwise choose: gaps, sides, width. Classic
    Outlook honours padding on table cells only, so the rule beside a quotation needs a cell inside it.
    """
    quiet = _TABULAR.sub(_Grid().named, _MEDIA.sub("", _LINK.sub("", _STYLE.sub("", body))))
    if len(_QUOTE.findall(quiet)) != len(_QUOTE_END.findall(quiet)):
        return quiet
    opened = _QUOTE.sub(f"<blockquote>{_CELL}", quiet)
    return _QUOTE_END.sub("</td></tr></table></blockquote>", opened)


class _Grid:
    """Names for the parts of tables: `grid`, `cell` and `head`; `tight` where a phone must break words to show all, and
    `whole` where a line must not break."""

    def __init__(self) -> None:
        self._tight = ""

    def named(self, tag: re.Match[str]) -> str:
        """The start tag with its class, and with what a client would otherwise choose."""
        name, rest = tag[1].lower(), tag[2]
        if name == "table":
            first_row, _, _ = tag.string[tag.end() :].partition("</tr>")
            self._tight = " tight" if len(_COLUMN.findall(first_row)) > _MOST_COLUMNS else ""
            return '<table class="grid" width="100%" border="0" cellpadding="0" cellspacing="0">'
        side = "" if "align=" in rest else ' align="left"'
        whole = "" if self._tight or not is_figure(tag.string, tag.end()) else " whole"
        return f'<{name} class="cell{" head" if name == "th" else ""}{self._tight}{whole}" valign="top"{side}{rest}>'


_MOST_COLUMNS = 4
_COLUMN = re.compile(r"<t[hd]\b", re.IGNORECASE)
_CELL = '<table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td class="quote">'

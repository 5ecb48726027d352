"""Stars and underscores that are part of a sum or a name, and stay: `2*3*4`, `snake_*case*`, `__init__`.

All others are emphasis as CommonMark (0.31, section 6.2) has it.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.emphasis import tokenize

_NAME = re.compile(r"__[^\W_](?:\w{0,78}[^\W_])?__(?!\w)")


def teach(parser: MarkdownIt) -> None:
    """Put these rules into a parser."""
    parser.inline.ruler.at("emphasis", _emphasis)


def _emphasis(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if not silent and (name := _name(state, start)):
        state.push("text", "", 0).content = name
        state.pos += len(name)
        return True
    known = len(state.delimiters)
    if not tokenize(state, silent):
        return False
    before, behind = state.src[max(start - 2, 0) : start], state.src[state.pos : state.pos + 1]
    for mark in state.delimiters[known:]:
        mark.open = mark.open and not _multiplies(before, behind)
        mark.close = mark.close and not (before[-1:].isdigit() and behind.isdigit())
    return True


def _name(state: StateInline, start: int) -> str:
    """The name in double underscores that begins here, on its own as Python writes `__init__`; else empty."""
    found = _NAME.match(state.src, start)
    around = state.src[max(start - 1, 0) : start]
    return "" if found is None or around.isalnum() or around == "_" else found[0]


def _multiplies(before: str, behind: str) -> bool:
    """Whether a mark between these is a sum's or a name's: with a word on both sides, and a figure on one."""
    last = before[-1:]
    if last == "_" and before[:1].isalnum() and len(before) > 1:
        return behind.isalnum()
    within = (last.isalnum() or last in (")", "]")) and behind.isalnum()
    return within and (last.isdigit() or behind.isdigit())

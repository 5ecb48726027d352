"""Formulas and drawings within HTML (MathML, SVG): of both only the words are kept, and they stay apart."""

from __future__ import annotations

import re

_ANY = re.compile(r"<(?:math|svg)\b", re.IGNORECASE)
_LEAF = r"\s*<m[ino]\b[^<>]*>([^<>]*)</m[ino]>"
_PAIRS = (
    (re.compile(rf"<mfrac\b[^<>]*>{_LEAF}{_LEAF}\s*</mfrac>", re.IGNORECASE), r"\1/\2 "),
    (re.compile(rf"<msup\b[^<>]*>{_LEAF}{_LEAF}\s*</msup>", re.IGNORECASE), r"\1<sup>\2</sup> "),
    (re.compile(rf"<msub\b[^<>]*>{_LEAF}{_LEAF}\s*</msub>", re.IGNORECASE), r"\1<sub>\2</sub> "),
)
_PARTS = re.compile(
    r"<(/?)(?:math|semantics|m(?:n|i|o|s|row|text|frac|sup|sub|subsup|sqrt|root|style|under|over|underover|table|tr|td)|"
    r"svg|g|defs|text|tspan|textpath|path|rect|circle|ellipse|line|polyline|polygon|use)\b[^<>]*>",
    re.IGNORECASE,
)


def in_words(html: str) -> str:
    """The HTML with the words of its formulas and drawings alone. Not safe: it must be sanitised afterwards."""
    if not _ANY.search(html):
        return html
    for pair, words in _PAIRS:
        html = pair.sub(words, html)
    return _PARTS.sub(lambda part: " " if part[1] or part[0][:4].lower() == "<svg" else "", html)

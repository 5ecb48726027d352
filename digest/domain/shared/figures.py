"""Raised and lowered figures in plain characters, so that 10<sup>6</sup> is not read as 106."""

from __future__ import annotations

_PLAIN = "0123456789+-−=()"
_SCRIPTS = {
    "sup": str.maketrans(_PLAIN, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾"),
    "sub": str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"),
}
SCRIPTS = frozenset(_SCRIPTS)


def in_characters(tag: str, words: str) -> str:
    """The words of a `sup` or `sub`: figures as Unicode raises or lowers them, letters (1st, [1]) as they are."""
    return words if words.strip(_PLAIN) else words.translate(_SCRIPTS[tag])

"""Reading forms: what a browser sent, as plain typed values. Anything may be missing or of any length."""

from __future__ import annotations

from flask import request

_LONGEST_LINE = 1_000


def line(name: str) -> str:
    """One line of input without the white space around it; "" if it was not sent."""
    return request.form.get(name, "").strip()[:_LONGEST_LINE]


def ticked(name: str) -> list[str]:
    """The values of every ticked box of that name, each once, in the order sent."""
    return list(dict.fromkeys(request.form.getlist(name)))


def pressed(name: str, value: str = "1") -> bool:
    """Whether the form was sent by the button of that name and value."""
    return request.form.get(name) == value

"""A line of a file of JSON lines, read as far as it is the same whatever stands on it. For any fault, ValueError says
the reason and the remedy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def object_on(line: str) -> dict[str, Any]:
    """The object that the line is."""
    try:
        found = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a JSON object: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object: begin the line with { and end it with }")
    return found


def expect_keys(found: dict[str, Any], known: Iterable[str], where: str = "it") -> None:
    """Nothing may be there that nobody would read."""
    names = list(known)
    if unknown := sorted(found.keys() - set(names)):
        raise ValueError(f"{where} has {', '.join(unknown)}; known are {', '.join(names)}")


def text_of(found: dict[str, Any], key: str) -> str:
    """A text; empty where there is none. It may hold half of a character, which nothing can store."""
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    return value


def whole_text_of(found: dict[str, Any], key: str) -> str:
    """The same, refused where it holds half of a character."""
    value = text_of(found, key)
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{key} has half of a character (\\ud800 to \\udfff): write the whole one")
    return value

"""JSON that is kept: what one version of the program stores on Thursday, another may have to read on Friday.

A key that the reader does not know is passed over, and one that is missing gets what the reader puts in its place; so
keys come and go without a new version. A form's version is raised only where an earlier program would misread it. It is
stored from version 2 on: programs before there were versions refuse a key that they don't know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

_VERSION = "version"
_RESTORE = "Restore the database from a backup."
_KINDS = {"str": str, "int": int, "bool": bool}
"""By how a dataclass writes it: what JSON has for a field that holds no other fields."""


class UnreadableRecord(ValueError):
    """A stored form lacks what nothing can replace, or a newer program stored it; the message says which, and what to
    do.
    """


def packed(values: Mapping[str, Any], version: int) -> str:
    """The values as JSON, with the version of their form if that is not the first; dates are written as ISO 8601."""
    told = {_VERSION: version} if version > 1 else {}
    return json.dumps({**told, **values}, default=date.isoformat, ensure_ascii=False)


def unpacked(text: str, version: int, what: str) -> dict[str, Any]:
    """What `packed` stored, if this program, which writes `version`, can read it; `what` names it in the error."""
    try:
        values = json.loads(text)
    except ValueError:
        raise UnreadableRecord(f"The stored {what} is not JSON. {_RESTORE}") from None
    if not isinstance(values, dict):
        raise UnreadableRecord(f"The stored {what} is no JSON object. {_RESTORE}")
    theirs = values.get(_VERSION, 1)
    if type(theirs) is not int:
        raise UnreadableRecord(f"The stored {what} has no whole number as its version. {_RESTORE}")
    if theirs > version:
        raise UnreadableRecord(
            f"The {what} was stored by a newer program (version {theirs}; this one reads up to {version}). "
            "Install that program again."
        )
    return values


def known(kind: type, values: Mapping[str, Any], instead: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The arguments that make a dataclass of this kind: the values that it knows, `instead` for those that are missing.

    Raises UnreadableRecord for a missing one that has nothing in its place, and for a text or a number that is none.
    """
    found = {**instead, **values}
    for field in fields(kind):
        if not isinstance(needed(found, what, field.name), _KINDS.get(str(field.type), object)):
            raise _misshapen(what, field.name)
    return {field.name: found[field.name] for field in fields(kind)}


def parts(values: Mapping[str, Any], what: str, name: str) -> list[dict[str, Any]]:
    """The objects in the list of that name. Raises UnreadableRecord if it is missing or holds anything else."""
    found = needed(values, what, name)
    if not isinstance(found, list) or not all(isinstance(part, dict) for part in found):
        raise _misshapen(what, name)
    return found


def day(values: Mapping[str, Any], what: str, name: str) -> date:
    """The date of that name, in ISO 8601. Raises UnreadableRecord if it is missing or none."""
    text = needed(values, what, name)
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise _misshapen(what, name) from None


def needed(values: Mapping[str, Any], what: str, name: str) -> Any:
    """The value of that name. Raises UnreadableRecord if it is missing."""
    if name not in values:
        raise UnreadableRecord(f"The stored {what} lacks “{name}”. Install the program that stored it, or a newer one.")
    return values[name]


def _misshapen(what: str, name: str) -> UnreadableRecord:
    return UnreadableRecord(f"The stored {what} can’t be understood at “{name}”. {_RESTORE}")

"""JSON that is kept: what one version of the program stores on Thursday, another may have to read on Friday.

Each form carries its version. A key that the reader does not know is passed over, and one that is missing gets what the
reader puts in its place; so keys come and go without a new version. A form's version is raised only where an earlier
program would misread it. Forms stored before they carried one are of version 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

_VERSION = "version"


class UnreadableRecord(ValueError):
    """A stored form lacks what nothing can replace, or a newer program stored it; the message says which, and what to
    do.
    """


def packed(values: Mapping[str, Any], version: int) -> str:
    """The values as JSON with the version of their form; dates are written as ISO 8601."""
    return json.dumps({_VERSION: version, **values}, default=date.isoformat, ensure_ascii=False)


def unpacked(text: str, version: int, what: str) -> dict[str, Any]:
    """What `packed` stored, if this program, which writes `version`, can read it; `what` names it in the error."""
    try:
        values = json.loads(text)
    except ValueError:
        raise UnreadableRecord(f"The stored {what} is not JSON. Restore the database from a backup.") from None
    if not isinstance(values, dict):
        raise UnreadableRecord(f"The stored {what} is no JSON object. Restore the database from a backup.")
    theirs = values.get(_VERSION, 1)
    if theirs > version:
        raise UnreadableRecord(
            f"The {what} was stored by a newer program (version {theirs}; this one reads up to {version}). "
            "Install that program again."
        )
    return values


def known(kind: type, values: Mapping[str, Any], instead: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The arguments that make a dataclass of this kind: the values that it knows, `instead` for those that are missing.

    Raises UnreadableRecord for a missing one that has nothing in its place.
    """
    found = {**instead, **values}
    return {field.name: needed(found, what, field.name) for field in fields(kind)}


def needed(values: Mapping[str, Any], what: str, name: str) -> Any:
    """The value of that name. Raises UnreadableRecord if it is missing."""
    if name not in values:
        raise UnreadableRecord(f"The stored {what} lacks “{name}”. Install the program that stored it, or a newer one.")
    return values[name]

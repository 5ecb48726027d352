"""The journal: who left, kept outside the database, so that it holds after an older backup was restored.

One line of JSON each in `<INSTANCE_PATH>/journal.jsonl`, only ever appended to: `at` (UTC), `what`, `address_hash`.

Write it inside the transaction that it reports, before the commit. Should the commit then fail, the journal has a
line too many, which does no harm: the reader did ask to go. The other order could lose a goodbye for good.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from digest.config import Settings

FILE_NAME = "journal.jsonl"


class Parting(StrEnum):
    """What happened to an address."""

    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


def note_parting(settings: Settings, now: datetime, what: Parting, address_hashes: Iterable[str]) -> None:
    """Append one line for each address (its hash under SUPPRESSION_KEY); on disk when this returns."""
    lines = "".join(_line(now, what, address_hash) for address_hash in address_hashes)
    if not lines:
        return
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    path = settings.instance_path / FILE_NAME
    # One write at the file's end: lines of several processes never mix.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        file.write(lines.encode())
        os.fsync(file.fileno())


def _line(now: datetime, what: Parting, address_hash: str) -> str:
    at = now.astimezone(UTC).isoformat()
    return json.dumps({"at": at, "what": what.value, "address_hash": address_hash}) + "\n"

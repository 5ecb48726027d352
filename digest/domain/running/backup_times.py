"""When a daily backup is due, and what its file is called."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

BEGINS_AT = time(3)
"""In the publication's zone: when few read and nobody edits. Who starts the clock later than that gets it at once."""
TRIED_AGAIN_AFTER = timedelta(hours=1)
PROVEN_EVERY = timedelta(days=7)

_NAME = re.compile(r"digest-([0-9a-f]{8})-\d{4}-\d\d-\d\dT\d{6}Z\.backup")


def backup_day(now: datetime, zone: tzinfo) -> date:
    """The day whose backup is due: today, in the zone, from 03:00 on; before that still yesterday."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= BEGINS_AT else local.date() - timedelta(days=1)


def backup_name(epoch: str, now: datetime) -> str:
    """The file's name: whose it is, and when it was made, in UTC, so that names are in the order of time."""
    return f"digest-{epoch[:8]}-{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}.backup"


def is_backup_of(name: str, epoch: str) -> bool:
    """Whether a file of this name is a backup of this database, made by the clock or without a name of its own."""
    found = _NAME.fullmatch(name)
    return found is not None and found[1] == epoch[:8]

"""Housekeeping: what is no longer needed goes, on time and by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.storage.database import Database
from digest.storage.desk_sessions import forget_old_sessions
from digest.storage.messages import forget_messages_before
from digest.storage.signups import forget_expired_signups
from digest.storage.tallies import forget_before

MESSAGES_KEPT = timedelta(days=30)
TALLIES_KEPT = timedelta(days=31)


def tidy_up(db: Database, now: datetime) -> None:
    """Delete sign-ups that were never confirmed within seven days, finished messages after 30 days, and the like."""
    with db.writing() as session:
        forget_expired_signups(session, now)
        forget_messages_before(session, now - MESSAGES_KEPT)
        forget_before(session, now - TALLIES_KEPT)
        forget_old_sessions(session, now)

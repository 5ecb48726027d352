"""What the doctor says of erasures that SendGrid has not taken on."""

from __future__ import annotations

from datetime import timedelta

from digest.domain.issues.calendar import day_and_year
from digest.domain.running.findings import Finding, broken, doubtful, fine
from digest.operations.readers.stuck_erasures import REMEDY, stuck_erasures, stuck_in_all
from digest.operations.shared.context import Context

_NAME = "erasures"
_BAD_AFTER = timedelta(days=3)


def erasures_found(context: Context) -> Finding:
    """Whether any waits, since when and why; bad once one has waited for three days. No address is named."""
    with context.db.reading() as session:
        first, stuck = stuck_erasures(session, context.settings, 1), stuck_in_all(session)
    if not first:
        return fine(_NAME, "None waits to be taken on.")
    oldest, several = first[0], stuck > 1
    count = f"{stuck:,} wait to be taken on, the oldest" if several else "1 waits to be taken on,"
    words = f"{count} asked for on {day_and_year(oldest.since.date())}: {oldest.why}."
    remedy = f"{REMEDY} Which: `digest subscribers erasures`, or Subscribers on the desk."
    return (broken if context.now - oldest.since > _BAD_AFTER else doubtful)(_NAME, words, remedy)

"""How long what nobody needs any more is kept: housekeeping deletes by it, and the privacy page says it."""

from __future__ import annotations

from datetime import timedelta

MESSAGES_KEPT = timedelta(days=30)
"""After a single message ended."""
RATE_COUNTS_KEPT = timedelta(days=31)
"""After something was last counted against a limit."""
UNTOUCHED_LEADS = timedelta(days=14)
"""After a lead arrived that no editor did anything with: then it retires from the desk."""
LEADS_KEPT = timedelta(days=90)
"""After a lead that nobody used arrived or was last touched, unless RETENTION_LEADS says otherwise."""
OFFERS_KEPT = timedelta(hours=1)
"""After a publisher answered an editor who was choosing what to watch there."""
ALERTS_KEPT = timedelta(days=30)
"""After what was wrong was over."""
EVENTS_KEPT = timedelta(days=4)
"""After an event happened that nobody takes; the clock gives it up, and says so, a day before."""
LINK_CHECKS_KEPT = timedelta(days=60)
"""After somebody last looked whether an issue's link is alive."""

UNANSWERED_IMPORTS = timedelta(days=1)
"""After a file of readers was brought to the desk: if nobody says that it may be imported, it is deleted."""
IMPORTS_KEPT = timedelta(days=30)
"""After an import of readers ended: what became of its rows, and why some were refused."""

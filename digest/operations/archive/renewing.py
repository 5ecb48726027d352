"""What older leads resemble, found anew when summaries change: a lead that waits says what was written since."""

from __future__ import annotations

from collections.abc import Mapping

from digest.operations.archive.covering import Archive
from digest.storage.base.database import Database
from digest.storage.sources.linked_leads import leads_resembling, replace_resemblances, waiting_words

_MOST_LEADS = 1_000
"""The newest of those that wait; 5 ms each at most, and far less for what resembles none of the summaries."""


def renew_resemblances(db: Database, changed: Mapping[int, Mapping[str, int]]) -> int:
    """Compare the leads that wait with these summaries, given with the weights of their stems; returns how many leads
    were looked at anew. Those that resemble one now, or did before it changed, get their three nearest again.
    """
    with db.reading() as session:
        archive = Archive(session)
        did = leads_resembling(session, list(changed), _MOST_LEADS)
        touched = [
            lead
            for lead in waiting_words(session, _MOST_LEADS)
            if lead.id in did or archive.may_resemble(lead.title, lead.lede, changed.values())
        ]
        found = [
            (lead.id, summary_id, score)
            for lead in touched
            for summary_id, score in archive.resembling(lead.title, lead.lede)
        ]
    if touched:
        with db.writing() as session:
            replace_resemblances(session, [lead.id for lead in touched], found)
    return len(touched)

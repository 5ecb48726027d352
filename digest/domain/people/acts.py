"""What the audit log keeps, in its own words: the acts that an admin will one day ask after."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """A kind of act; the words are the ones shown and stored."""

    APPROVED = "approved"
    REOPENED = "reopened"
    HELD = "put on hold"
    RELEASED = "released"
    MOVED = "moved"
    SKIPPED = "skipped"
    ASKED_TO_SEND = "asked to send now"
    SENT = "sent"
    CANCELLED = "cancelled a send"
    STOPPED = "stopped a send"
    RESUMED = "resumed a send"
    OVERRODE = "overrode pre-flight"
    DECIDED = "decided on copies"
    INVITED = "invited"
    ROLE = "changed a role"
    DEACTIVATED = "deactivated"
    REACTIVATED = "let in again"
    LINK = "signed in by a link"
    WITHDREW = "withdrew"
    IMPORTED = "imported"
    BRANDED = "changed the publication"

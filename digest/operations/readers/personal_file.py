"""What we hold about one reader, ready for JSON: their own copy, what the command prints, and the evidence of consent.

Moments are ISO 8601 in UTC.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from digest.operations.readers.privacy import PersonalData
from digest.storage.accounting.reader_copies import ReaderCopy


def for_machines(held: PersonalData) -> dict[str, object]:
    """Everything."""
    return {
        "email": held.email,
        "state": held.state,
        "topics": list(held.topics),
        "confirmed_at": _iso(held.confirmed_at),
        "unsubscribed_at": _iso(held.unsubscribed_at),
        "paused_until": _iso(held.paused_until),
        "suppressed": held.suppressed,
        "name": held.name,
        "source": held.source,
        "created_at": _iso(held.created_at),
        "consent": consent_evidence(held),
        "signups": [{"asked_at": _iso(one.asked_at), "confirmed_at": _iso(one.confirmed_at)} for one in held.signups],
        "messages": [{"subject": one.subject, "at": _iso(one.at), "state": one.state} for one in held.messages],
        "issues": [_copy_for_machines(copy) for copy in held.copies],
    }


def consent_file(held: PersonalData) -> dict[str, object]:
    """The evidence of what this address agreed to: each wording as it was shown, its hash, and when."""
    return {
        "email": held.email,
        "state": held.state,
        "hash": "SHA-256 of the wording’s version, a line break, and the wording, in UTF-8",
        "signups": for_machines(held)["signups"],
        "consent": consent_evidence(held),
    }


def consent_evidence(held: PersonalData) -> list[dict[str, object]]:
    """Each step, the oldest first, with its wording."""
    return [{**asdict(step), "at": _iso(step.at)} for step in held.consent]


def _copy_for_machines(copy: ReaderCopy) -> dict[str, object]:
    return {
        "issue": copy.issue_date.isoformat(),
        "delivery": copy.delivery_id,
        "outcome": copy.where,
        "reason": copy.reason,
        "message_id": copy.message_id,
        "fate": copy.fate,
        "fate_reason": copy.fate_reason,
        "fate_at": _iso(copy.fate_at),
        "sent_again_at": _iso(copy.again_at),
        "sent_again_state": copy.again_state,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

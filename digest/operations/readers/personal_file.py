"""What we hold about one reader, ready for JSON: their own copy, what the command prints, and the evidence of consent.

Moments are ISO 8601 in UTC.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from digest.operations.readers.personal_data import PersonalData
from digest.storage.accounting.reader_copies import ReaderCopy
from digest.storage.base.model import Base
from digest.storage.messages.messages import Message
from digest.storage.suppressions.suppressions import Suppression


def for_machines(held: PersonalData) -> dict[str, object]:
    """Everything."""
    reader = held.reader
    return {
        "email": reader.email,
        "state": reader.state,
        "topics": list(held.topics),
        "confirmed_at": _iso(reader.confirmed_at),
        "unsubscribed_at": _iso(reader.unsubscribed_at),
        "paused_until": _iso(reader.paused_until),
        "suppressed": held.suppression is not None,
        "suppression": _suppression_for_machines(held.suppression),
        "name": reader.name,
        "source": reader.source,
        "created_at": _iso(reader.created_at),
        "address": reader.address,
        "address_hash": reader.address_hash,
        "link_key": reader.link_key,
        "consent": consent_evidence(held),
        "signups": [_columns(one, "asked_at", "confirmed_at", "valid_until", "key") for one in held.signups],
        "links": [_columns(one, "asked_at", "valid_until", "key", "email", "address") for one in held.links],
        "messages": [_message_for_machines(one) for one in held.messages],
        "mail_counted": [{"mailbox": mailbox, "at": _iso(at)} for mailbox, at in held.mail_counted],
        "events": [_columns(one, "kind", "at") for one in held.events],
        "issues": [_copy_for_machines(copy) for copy in held.copies],
    }


def consent_file(held: PersonalData) -> dict[str, object]:
    """The evidence of what this address agreed to: each wording as it was shown, its hash, and when."""
    return {
        "email": held.reader.email,
        "state": held.reader.state,
        "hash": "SHA-256 of the wording’s version, a line break, and the wording, in UTF-8",
        "signups": [_columns(one, "asked_at", "confirmed_at") for one in held.signups],
        "consent": consent_evidence(held),
    }


def consent_evidence(held: PersonalData) -> list[dict[str, object]]:
    """Each step, the oldest first, with its wording."""
    return [{**asdict(step), "at": _iso(step.at)} for step in held.consent]


def _suppression_for_machines(found: Suppression | None) -> dict[str, object] | None:
    return _columns(found, "address_hash", "reason", "at", "source") if found else None


def _message_for_machines(one: Message) -> dict[str, object]:
    sent_again = _columns(one, "delivery_id", "again_before") if one.delivery_id else {}
    said = _columns(one, "kind", "recipient", "subject", "state", "detail", "finished_at", "mailbox", "text", "html")
    return {"at": _iso(one.created_at)} | said | {"headers": json.loads(one.headers)} | sent_again


def _columns(row: Base, *names: str) -> dict[str, object]:
    values = {name: getattr(row, name) for name in names}
    return {name: _iso(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _copy_for_machines(copy: ReaderCopy) -> dict[str, object]:
    return {
        "issue": copy.issue_date.isoformat(),
        "delivery": copy.delivery_id,
        "address": copy.address,
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

"""Erasures that SendGrid has not taken on: which wait, why and since when, and a person's word that one is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.people.acts import Act
from digest.domain.shared.addresses import masked
from digest.domain.shared.tokens import fingerprint
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.storage.messages.erasures import count_refused_erasures, forget_erasures_of, refused_erasures
from digest.storage.messages.messages import Message

REMEDY = (
    "Give the key the permission “recipients.erasejob.create”: it is then taken on within the hour. Or erase the "
    "address in SendGrid’s own console, under Suppressions and Contacts, and mark it as done here."
)
_HANDLE = 12


@dataclass(frozen=True)
class StuckErasure:
    """One address that SendGrid has not erased yet."""

    handle: str
    """The beginning of the address's keyed hash: what it is called by, in addresses and in commands."""
    address: str
    since: datetime
    tries: int
    why: str

    @property
    def masked(self) -> str:
        """The address as a list may show it."""
        return masked(self.address)


def stuck_erasures(session: Session, settings: Settings, most: int | None = None) -> list[StuckErasure]:
    """Those that were tried and refused, the oldest first; each address once. `most`: no more of them than that."""
    return list({one.handle: one for one in _all(refused_erasures(session, most)[::-1], settings)}.values())[::-1]


def stuck_in_all(session: Session) -> int:
    """How many addresses wait so."""
    return count_refused_erasures(session)


def stuck_erasure(session: Session, settings: Settings, handle: str) -> StuckErasure | None:
    """The one with this handle, while it waits."""
    return next((one for one in stuck_erasures(session, settings) if one.handle == handle), None)


def mark_erased_by_hand(context: Context, handle: str, by: str) -> bool:
    """Somebody has erased it at SendGrid: nothing here names the address any more. False if none is called so.

    The audit log has who said so, and when it was asked for; it names no reader.
    """
    with context.db.writing() as session:
        found = stuck_erasure(session, context.settings, handle)
        if found is None:
            return False
        forget_erasures_of(session, found.address)
        asked = f"the one asked for on {found.since:%Y-%m-%d at %H:%M} UTC, refused {found.tries} times"
        audit.note(context.within(session), by, Act.ERASED_BY_HAND, asked)
        return True


def _all(waiting: Iterable[Message], settings: Settings) -> Iterable[StuckErasure]:
    for one in waiting:
        handle = fingerprint(one.recipient, settings.suppression_key)[:_HANDLE]
        yield StuckErasure(handle, one.recipient, one.created_at, one.tries, one.detail)

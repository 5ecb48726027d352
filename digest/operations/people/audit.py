"""Writing the audit log: one line for an act of consequence, in the transaction that does it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.people.acts import Act
from digest.domain.shared.addresses import without_addresses
from digest.operations.shared.context import Context, Work
from digest.storage.people.audit import AuditEntry

THE_COMMAND = "the command line"
"""Who acts by `digest`: whoever may open the database."""
_LONGEST = 500


def note(work: Work, who: str, act: Act | str, about: str) -> None:
    """Add a line, in the caller's transaction. `who` is an editor's address or what acted (“the clock”), `act` one of
    `domain.people.acts.Act`, `about` the issue, summary, editor or file, with figures and a reason.

    A reader is named by the number of their row, never by an address.
    """
    note_in(work.session, work.now, who, act, about)


def note_in(session: Session, now: datetime, who: str, act: Act | str, about: str) -> None:
    """As `note`, for who has only a session and a moment."""
    session.add(AuditEntry(at=now, who=who[:254], act=str(act)[:40], about=about[:_LONGEST]))


def note_alone(context: Context, who: str, act: Act | str, about: str) -> None:
    """As `note`, in a transaction of its own: for an act that has none, or several."""
    with context.db.writing() as session:
        note(context.within(session), who, act, about)


def without_readers(words: str) -> str:
    """Words that a person typed, such as a reason, without any email address in them."""
    return without_addresses(words)

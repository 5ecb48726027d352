"""A goodbye that the database can't take just now: it is kept in the journal, from where the next tick takes it.

The button of a mail program (RFC 8058) asks once. Nothing says that it asks again after a 503, and its reader has gone.
"""

from __future__ import annotations

from digest.operations.guard.journal import Parting, note_parting
from digest.operations.shared.context import Context
from digest.storage.readers.subscribers import subscriber_with_link_key


def keep_goodbye(context: Context, link_key: str) -> None:
    """Keep on disk that the reader with this key leaves; nothing where nobody has it.

    It only reads the database, so it waits for nobody. Raises OSError where the journal can't be written.
    """
    with context.db.reading() as session:
        subscriber = subscriber_with_link_key(session, link_key)
        address_hash = subscriber.address_hash if subscriber else None
    if address_hash:
        note_parting(context.settings, context.now, Parting.UNSUBSCRIBED, [address_hash])

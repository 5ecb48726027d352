"""Lifting a suppression: never an erasure, which only its owner's own confirmed sign-up lifts; and what a person asked
for only if they have asked for mail again.
"""

from __future__ import annotations

from digest.domain.people.acts import Act
from digest.domain.shared.addresses import Address
from digest.domain.shared.tokens import fingerprint
from digest.operations.guard.intentions import intend, settle
from digest.operations.guard.journal import Parting
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.readers.subscribers import lock_subscribers
from digest.storage.suppressions.suppressions import SuppressionReason, lift, suppression_of

THEIR_WISH = (SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION)
"""What a person asked for: not to be mailed."""
SHOWN = 12
"""So much of a hash is enough to tell it from others."""


class NeedsTheirWord(Refused):
    """A person asked not to be mailed, and nobody says that they have asked for mail again."""


def lift_suppression(context: Context, address: Address, reason: str, asked_again: bool, by: str) -> str:
    """Let an address be mailed again; returns why it was suppressed. The journal has it, too, so that it holds in a
    restored backup.

    `asked_again`: its owner has asked in writing to get mail again. Raises Refused with the remedy,
    NeedsTheirWord where only that word is missing.
    """
    if not reason:
        raise Refused("The reason is missing: write down how you know that this address may be mailed again.")
    address_hash = fingerprint(address.key, context.settings.suppression_key)
    with context.db.writing() as session:
        lock_subscribers(session)
        found = suppression_of(session, address_hash)
        if found is None:
            raise Refused(f"{address.shown} is not suppressed.")
        if found.reason == SuppressionReason.ERASURE:
            raise Refused(
                f"{address.shown} was erased. Nobody but its owner lifts that: by asking on the form and confirming."
            )
        if found.reason in THEIR_WISH and not asked_again:
            raise NeedsTheirWord(
                f"{address.shown} is suppressed by its owner’s own word ({found.reason}). It is lifted only if they "
                "have asked in writing to get mail again: say so, and keep what they wrote."
            )
        was = found.reason
        lift(session, [address_hash])
        words = audit.without_readers(reason) + (" (they asked again in writing)" if asked_again else "")
        audit.note(context.within(session), by, Act.LIFTED, f"{was}, {address_hash[:SHOWN]}…: {words}")
        intention = intend(context.within(session), Parting.LIFTING, address_hash)
    settle(context, intention)
    return was

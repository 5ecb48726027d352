"""What readers are shown when they consent or take it back, word for word, each under a version.

A consent record names the version, and the text is kept with it. Change a text only together with its version.
"""

from __future__ import annotations

from calendar import day_name
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.storage.readers.consents import keep_wording


@dataclass(frozen=True)
class ConsentWording:
    """A text as shown, and the version that it is kept under."""

    version: str
    text: str

    def keep(self, session: Session) -> str:
        """Store it once; returns the hash that consent records name it by."""
        return keep_wording(session, self.version, self.text)


def signing_up(settings: Settings) -> ConsentWording:
    """Under the button that asks for the digest: pressing it is the request."""
    return ConsentWording(
        "sign-up 1",
        f"By pressing the button you ask {settings.site_name} to email you its digest every {send_day(settings)}. "
        "First we send you one message to confirm. No tracking, ever, and you can leave with one click.",
    )


def confirming(settings: Settings) -> ConsentWording:
    """Above the button that confirms."""
    return ConsentWording(
        "confirm 1",
        f"Press the button to receive {settings.site_name} by email every {send_day(settings)}. "
        "You can leave at any time, with one click in each issue.",
    )


def leaving(settings: Settings) -> ConsentWording:
    """Above the button that unsubscribes."""
    return ConsentWording(
        "unsubscribe 1", f"Press the button and {settings.site_name} no longer comes to this address."
    )


def leaving_in_one_click() -> ConsentWording:
    """For a mail program's own button, whose text we never see (RFC 8058)."""
    return ConsentWording("one-click 1", "The unsubscribe button that the reader’s mail program shows (RFC 8058).")


def leaving_at_sendgrid() -> ConsentWording:
    """For an unsubscribe link of SendGrid's own, or its list of those who used one; we never see the text."""
    return ConsentWording(
        "SendGrid 1", "SendGrid’s own unsubscribe link, or its list of addresses that unsubscribed there."
    )


def choosing_topics() -> ConsentWording:
    """Above the topics."""
    return ConsentWording(
        "topics 2",
        "Tick what you want first and in full: the rest of each issue comes as headlines. Tick nothing, and you get "
        "everything in full.",
    )


def imported(text: str) -> ConsentWording:
    """What the operator says that imported readers agreed to."""
    return ConsentWording("import", text)


def from_the_journal() -> ConsentWording:
    """For a reader who left, in a database that had forgotten it or could not be told at that moment."""
    return ConsentWording(
        "journal 2",
        "Taken from the journal: this reader had left, and the database, restored from an older backup or busy at that "
        "moment, did not know.",
    )


def send_day(settings: Settings) -> str:
    """The day that issues go, as pages name it: `Friday`."""
    return day_name[settings.schedule.send.weekday]

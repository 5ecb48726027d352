"""What readers are shown when they consent or take it back, word for word, each under a version.

A consent record names the version, and the text is kept with it. Change a text only together with its version.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.catalogues import Language, speaking
from digest.config.languages import ENGLISH
from digest.operations.shared.context import Work
from digest.storage.readers.consents import ConsentStep, keep_wording, record_consent


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
    spoken = _spoken(settings)
    return ConsentWording(
        _version("sign-up 1", spoken),
        spoken.gettext(
            "By pressing the button you ask %(name)s to email you its digest every %(day)s. "
            "First we send you one message to confirm. No tracking, ever, and you can leave with one click.",
            name=settings.site_name,
            day=send_day(settings),
        ),
    )


def confirming(settings: Settings) -> ConsentWording:
    """Above the button that confirms."""
    spoken = _spoken(settings)
    return ConsentWording(
        _version("confirm 1", spoken),
        spoken.gettext(
            "Press the button to receive %(name)s by email every %(day)s. "
            "You can leave at any time, with one click in each issue.",
            name=settings.site_name,
            day=send_day(settings),
        ),
    )


def leaving(settings: Settings) -> ConsentWording:
    """Above the button that unsubscribes."""
    spoken = _spoken(settings)
    words = spoken.gettext("Press the button and %(name)s no longer comes to this address.", name=settings.site_name)
    return ConsentWording(_version("unsubscribe 1", spoken), words)


def leaving_in_one_click() -> ConsentWording:
    """For a mail program's own button, whose text we never see (RFC 8058)."""
    return ConsentWording("one-click 1", "The unsubscribe button that the reader’s mail program shows (RFC 8058).")


def leaving_at_sendgrid() -> ConsentWording:
    """For an unsubscribe link of SendGrid's own, or its list of those who used one; we never see the text."""
    return ConsentWording(
        "SendGrid 1", "SendGrid’s own unsubscribe link, or its list of addresses that unsubscribed there."
    )


def choosing_topics(settings: Settings) -> ConsentWording:
    """Above the topics."""
    spoken = _spoken(settings)
    return ConsentWording(
        _version("topics 2", spoken),
        spoken.gettext(
            "Tick what you want first and in full: the rest of each issue comes as headlines. Tick nothing, and you "
            "get everything in full."
        ),
    )


def pausing(settings: Settings) -> ConsentWording:
    """Above the day to choose."""
    spoken = _spoken(settings)
    words = spoken.gettext(
        "Choose a day, and no issue comes to you before it. From that day on they come again by themselves."
    )
    return ConsentWording(_version("pause 1", spoken), words)


def undoing(settings: Settings) -> ConsentWording:
    """Above the button that undoes the leaving."""
    spoken = _spoken(settings)
    words = spoken.gettext(
        "Pressed by mistake? Press this button, and %(name)s comes to this address as before.", name=settings.site_name
    )
    return ConsentWording(_version("undo 1", spoken), words)


def moving(settings: Settings) -> ConsentWording:
    """Above the button that confirms another address."""
    spoken = _spoken(settings)
    words = spoken.gettext(
        "Press the button, and %(name)s comes to this address from now on, and no more to the other.",
        name=settings.site_name,
    )
    return ConsentWording(_version("move 1", spoken), words)


def imported(text: str) -> ConsentWording:
    """What the operator says that imported readers agreed to."""
    return ConsentWording("import", text)


def offline(text: str) -> ConsentWording:
    """What an admin was told: who asked, when, in which words."""
    return ConsentWording("offline", text)


def correcting(reason: str) -> ConsentWording:
    """How an admin knew that an address was wrong."""
    return ConsentWording("correction", reason)


def by_an_admin() -> ConsentWording:
    """For what an admin did on the reader's word."""
    return ConsentWording("by an admin 1", "An admin did this because the reader had asked for it.")


def from_the_journal() -> ConsentWording:
    """For a reader who left, in a database that had forgotten it or could not be told at that moment."""
    return ConsentWording(
        "journal 2",
        "Taken from the journal: this reader had left, and the database, restored from an older backup or busy at that "
        "moment, did not know.",
    )


def record(work: Work, subscriber_id: int, step: ConsentStep, wording: ConsentWording, place: str, answer: str) -> None:
    """Keep one step of a reader, and the wording that was shown."""
    record_consent(work.session, subscriber_id, step, wording.keep(work.session), work.now, place, answer)


def send_day(settings: Settings) -> str:
    """The day that issues go, as pages name it: `Friday`."""
    return _spoken(settings).weekday(settings.schedule.send.weekday)


def _spoken(settings: Settings) -> Language:
    return speaking(settings.branding.language)


def _version(version: str, spoken: Language) -> str:
    """What a record names: a translation is a wording of its own."""
    return version if spoken.tag == ENGLISH else f"{version} ({spoken.tag})"

"""What we hold about one reader, all of it. `holdings.py` says what we hold about people in general."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations.messages.signup_caps import mailboxes_of
from digest.storage.accounting.reader_copies import ReaderCopy, copies_of
from digest.storage.messages.form_mail import mail_left
from digest.storage.messages.messages import Message, messages_to
from digest.storage.messages.outgoing_events import OutgoingEvent, events_of
from digest.storage.readers.consents import consent_of
from digest.storage.readers.reader_links import ReaderLink, reader_links_of
from digest.storage.readers.signups import SignUp, signups_of
from digest.storage.readers.subscribers import Subscriber
from digest.storage.suppressions.suppressions import Suppression, suppression_of


@dataclass(frozen=True)
class ConsentEntry:
    """One consent record, with the wording that was shown."""

    step: str
    at: datetime
    place: str
    answer: str
    wording_version: str
    wording: str
    wording_hash: str
    """Of version and text (SHA-256): what the record itself names."""


@dataclass(frozen=True)
class PersonalData:
    """Everything that we hold about one reader, as rows of the tables that the privacy page names."""

    reader: Subscriber
    topics: tuple[str, ...]
    suppression: Suppression | None
    """Why and since when nothing is sent to the address; None: nothing keeps mail from it."""
    copies: tuple[ReaderCopy, ...]
    """Of the newest issue first."""
    consent: tuple[ConsentEntry, ...]
    signups: tuple[SignUp, ...]
    links: tuple[ReaderLink, ...]
    """To their own page, and to other addresses."""
    messages: tuple[Message, ...]
    mail_counted: tuple[tuple[str, datetime], ...]
    """When messages that our forms caused left for the mailbox, each under a keyed hash of it."""
    events: tuple[OutgoingEvent, ...]
    """What a service of the operator's own is still to be told."""

    @property
    def moves(self) -> tuple[ReaderLink, ...]:
        """The links that would move them to another address."""
        return tuple(link for link in self.links if link.address and link.address != self.reader.address)


def what_we_hold(session: Session, settings: Settings, subscriber: Subscriber) -> PersonalData:
    """Everything that we hold about this reader."""
    boxes = mailboxes_of(settings, subscriber.address)
    return PersonalData(
        reader=subscriber,
        topics=tuple(slug for slug in subscriber.topics.split(",") if slug),
        suppression=suppression_of(session, subscriber.address_hash),
        copies=tuple(copies_of(session, subscriber.id)),
        consent=tuple(
            ConsentEntry(
                record.step, record.at, record.place, record.answer, wording.version, wording.text, wording.hash
            )
            for record, wording in consent_of(session, subscriber.id)
        ),
        signups=tuple(signups_of(session, subscriber.id)),
        links=tuple(reader_links_of(session, subscriber.id)),
        messages=tuple(messages_to(session, subscriber.address)),
        events=tuple(events_of(session, subscriber.id)),
        mail_counted=tuple((box, at) for box in boxes for at in mail_left(session, box)),
    )

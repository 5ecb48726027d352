"""Newsletters by mail: an address of its own for each, and what comes there as leads, with the message beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from digest.domain.people.acts import Act
from digest.domain.shared.slugs import slugify
from digest.domain.shared.tokens import new_key
from digest.domain.sources import answers, habits
from digest.domain.sources.canonical import untracked
from digest.domain.sources.states import SourceKind, SourceState
from digest.domain.writing.markup import sanitised
from digest.feeds.base.entries import Entry
from digest.feeds.newsletters.links import links_of, well_formed
from digest.feeds.newsletters.mails import NewsletterMail
from digest.feeds.newsletters.texts import readable_html, readable_text
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.sources.arriving import arrive, as_of_source
from digest.operations.writing.meaning import Meant, Said, publication_meant
from digest.storage.base.database import Database, one_at_a_time
from digest.storage.sources.newsletters import (
    Newsletter,
    brought_by,
    is_received,
    leads_since,
    mail_sources_that_are_well,
    received_moments,
    received_since,
    source_for_mail,
)
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import publication_named

MOST_A_DAY = 100
"""Messages of one newsletter that are kept; whoever learns its address may write to it."""
MOST_LEADS_A_DAY = 300
"""New leads of one newsletter. Some list a whole day's papers; beyond, somebody fills the inbox."""
_SHOWN_HTML = 500_000
"""Characters that are made safe to be shown, half a second's work; links are looked for in all of it."""
_SHOWN_TEXT = 500_000
_LONGEST_SLUG = 20
_HABIT = 20
_KEY_AT_END = re.compile(r"(?:^|[-+._])([0-9a-f]{32})$")


class Receipt(StrEnum):
    """What became of a message."""

    KEPT = "kept"
    KNOWN = "known"
    TOO_MANY = "too many"
    NOBODYS = "nobody's"


def watch_newsletter(context: Context, publication: str, by: str = "", said: Said | None = None) -> int | Meant:
    """Make an address of its own for a publication's newsletter; the source's id. Raises Refused without a name.

    Where the name is new, and nobody has `said` what is meant, nothing is made, and what is to be asked comes back.
    """
    name = " ".join(publication.split())[:200]
    if not name:
        raise Refused("Give the publication’s name: the newsletter’s leads come under it.")
    key = new_key()
    with context.db.writing() as session:
        meant = publication_meant(session, name, said)
        if meant.is_new:
            return meant
        source = WatchedSource(
            kind=SourceKind.MAIL,
            publication_id=publication_named(session, meant.name).id,
            url=f"mail:{key}",
            fetch_url=f"mail:{key}",
            mail_key=key,
            added_at=context.now,
            added_by=by[:254],
            words=answers.NOTHING_RECEIVED,
        )
        session.add(source)
        session.flush()
        audit.note(context.within(session), by, Act.WATCHED, f"{meant.name}: its newsletter")
        return source.id


def name_before_at(publication: str, key: str) -> str:
    """The part of the newsletter's address before the @: a name for people, and the key that says whose it is."""
    slug = slugify(publication)
    name = slug if len(slug) <= _LONGEST_SLUG else slug[: _LONGEST_SLUG + 1].rpartition("-")[0]
    return f"{name}-{key}" if name else key


def receive(context: Context, key: str, mail: NewsletterMail) -> Receipt:
    """Keep a message, and make leads of its links, in one transaction; the same message again changes nothing.

    `key` is that of the address it was posted to. One host at SendGrid posts to one address only, so the key in the
    recipient's name, if it is a newsletter's, says whose it is. What comes to a paused one is kept and brings no leads.
    """
    kept = _Readable.of(mail)
    with context.db.writing() as session:
        one_at_a_time(session, "leads")
        source = source_for_mail(session, [*_keys_in(mail.recipients), key], for_change=True)
        if source is None:
            return Receipt.NOBODYS
        if is_received(session, source.id, mail.fingerprint):
            return Receipt.KNOWN
        if received_since(session, source.id, context.now - timedelta(days=1)) >= MOST_A_DAY:
            return Receipt.TOO_MANY
        _keep(context.within(session), source, mail, kept)
    return Receipt.KEPT


def note_silence(db: Database, now: datetime) -> None:
    """Say of each newsletter that has not come for longer than usual that it is silent: nobody asks it as feeds are."""
    with db.reading() as session:
        if not any(_is_silent(source, now) for source in mail_sources_that_are_well(session)):
            return
    with db.writing() as session:
        for source in mail_sources_that_are_well(session):
            if source.newest_at and _is_silent(source, now):
                gap = timedelta(seconds=source.usual_gap)
                source.state = SourceState.SILENT
                source.words = answers.no_mail_in_words(source.newest_at, gap, now)


@dataclass(frozen=True)
class _Readable:
    """A message as it is shown, and what it links to: made before any transaction, since it takes a moment."""

    html: str
    text: str
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, mail: NewsletterMail) -> _Readable:
        entries = links_of(mail.html, mail.text)
        return cls(
            readable_html(sanitised(well_formed(mail.html[:_SHOWN_HTML]))),
            readable_text(mail.text[:_SHOWN_TEXT]),
            tuple(replace(entry, url=untracked(entry.url)) for entry in entries),
        )


def _keys_in(recipients: Sequence[str]) -> list[str]:
    names = [recipient.rpartition("@")[0].strip('"').lower() for recipient in recipients]
    return [found[1] for name in names if (found := _KEY_AT_END.search(name))]


def _keep(work: Work, source: WatchedSource, mail: NewsletterMail, kept: _Readable) -> None:
    newsletter = Newsletter(
        source_id=source.id,
        message_hash=mail.fingerprint,
        sender=mail.sender,
        subject=mail.subject,
        html=kept.html,
        text=kept.text,
        received_at=work.now,
    )
    work.session.add(newsletter)
    work.session.flush()
    is_paused = source.state == SourceState.PAUSED
    room = MOST_LEADS_A_DAY - leads_since(work.session, source.id, work.now - timedelta(days=1))
    entries = () if is_paused else kept.entries[: max(0, room)]
    arrivals = arrive(work, as_of_source(source, entries), source.id)
    brought_by(work.session, newsletter.id, [lead_id for lead_id in arrivals.lead_ids if lead_id])
    _note(work, source, len(kept.entries), is_full=not is_paused and len(entries) < len(kept.entries))


def _note(work: Work, source: WatchedSource, entries: int, is_full: bool) -> None:
    """What its arrival says of the source; for a newsletter, to be received is to be checked."""
    moments = received_moments(work.session, source.id, _HABIT)
    gap = habits.usual_gap(moments, work.now)
    source.checked_at = source.ok_at = source.newest_at = work.now
    source.entries, source.usual_gap = entries, round(gap.total_seconds())
    if source.state != SourceState.PAUSED:
        words = answers.too_many_links_in_words(MOST_LEADS_A_DAY) if is_full else answers.well_in_words(gap)
        source.state, source.words = SourceState.OK, words


def _is_silent(source: WatchedSource, now: datetime) -> bool:
    return habits.is_silent(source.newest_at, timedelta(seconds=source.usual_gap), now)

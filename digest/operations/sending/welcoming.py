"""Whoever confirms is welcomed with the latest issue, at once, as a message of their own; whom an admin adds may be."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from digest.config.catalogues import speaking
from digest.domain.issues.edition import Content, default_preheader, default_subject
from digest.domain.shared.addresses import Address
from digest.domain.shared.stored import UnreadableRecord
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import personalise, render_welcome
from digest.mail.outgoing.interface import leave_headers
from digest.operations.issues.composing import Composed, has_own_subject, render, stored, tag_values
from digest.operations.issues.editions import compose_for_topics
from digest.operations.messages.queue import WELCOME, post
from digest.operations.readers.on_behalf import add_reader_in
from digest.operations.readers.subscribing import LinkState, confirm_in, link_state
from digest.operations.sending.posting import digest_headers, since
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import preferences_url, unsubscribe_url
from digest.storage.issues.issues import Issue, issue_to_welcome_with, last_closing
from digest.storage.readers.subscribers import Subscriber, lock_subscribers
from digest.storage.sending.deliveries import has_copy
from digest.storage.writing.summaries import withdrawals_of

NO_WELCOME = "There is no issue to welcome them with, or they have it already."

log = logging.getLogger(__name__)


def confirm_and_welcome(context: Context, key: str, place: str) -> tuple[LinkState, Subscriber | None, bool]:
    """Confirm a sign-up, and welcome its reader. DONE: they are subscribed, now or already.

    Also whether a welcome is on its way: not before the first issue, nor where they have that issue already, as a copy
    or as the welcome of an earlier time.
    """
    with context.db.writing() as session:
        lock_subscribers(session)
        work = context.within(session)
        _, before = link_state(session, context.now, key)
        was_reader_until = before.unsubscribed_at if before and before.confirmed_at else None
        found, reader = confirm_in(work, key, place)
        if found is not LinkState.OPEN or reader is None:
            return found, reader, False
        return LinkState.DONE, reader, _welcome(work, reader, was_reader_until)


def add_and_welcome(context: Context, address: Address, consent: str, place: str, by: str) -> tuple[int, bool]:
    """`on_behalf.add_reader`, with a welcome; returns the reader's number, and whether a welcome is on its way."""
    with context.db.writing() as session:
        lock_subscribers(session)
        work = context.within(session)
        reader = add_reader_in(work, address, consent, place, by)
        return reader.id, _welcome(work, reader, None)


def _welcome(work: Work, reader: Subscriber, was_reader_until: datetime | None) -> bool:
    issue = issue_to_welcome_with(work.session)
    if issue is None or (was_reader_until and issue.frozen_at and was_reader_until >= issue.frozen_at):
        return False
    if has_copy(work.session, issue.id, reader.id, reader.address):
        return False
    try:
        digest = _digest(work, issue, reader.topics)
    except UnreadableRecord:
        log.warning("nobody is welcomed with the issue of %s: a newer version has stored it", issue.send_date)
        return False
    if digest is None:
        return False
    own = {
        "unsubscribe": unsubscribe_url(work.settings, reader.link_key),
        "preferences": preferences_url(work.settings, reader.link_key),
    }
    values = tag_values(
        digest.tags, since=since(work.now.date().isoformat(), speaking(work.settings.branding.language)), **own
    )
    rendered = render_welcome(
        personalise(digest.rendered, values),
        identity_of(work.settings),
        issue.send_date,
        own["preferences"],
    )
    name = issue.sender_name or work.settings.site_name
    shared = digest_headers(work.settings, issue.send_date.isoformat(), name)
    headers = {**shared, **leave_headers(own["unsubscribe"])}
    post(work.session, work.now, WELCOME, reader.address, rendered, headers, reader.id)
    return True


def _digest(work: Work, issue: Issue, topics: str) -> Composed | None:
    """The issue as it was sent, but for what was withdrawn since; None where nothing of it is left."""
    closing = last_closing(work.session, issue)
    if closing is None:
        return None
    whole = stored(closing, work.settings)
    there = _without_withdrawn(work, whole.content)
    if there is not whole.content:
        whole = render(there, work.settings)
    return compose_for_topics(work.session, work.settings, whole, topics) if whole.content.items else None


def _without_withdrawn(work: Work, content: Content) -> Content:
    gone = withdrawals_of(work.session, [item.summary_id for item in content.items])
    if not gone:
        return content
    items = tuple(item for item in content.items if item.summary_id not in gone)
    titles = [item.title for item in items]
    subject = (
        content.subject
        if has_own_subject(content)
        else default_subject(titles, speaking(work.settings.branding.language))
    )
    return replace(content, items=items, subject=subject or content.subject, preheader=default_preheader(titles))

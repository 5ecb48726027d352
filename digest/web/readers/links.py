"""The pages that our messages link to: confirming, leaving, topics, erasing."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from digest.domain.shared.addresses import Address, masked
from digest.domain.shared.tokens import Purpose
from digest.operations.readers import consent_wordings, privacy, subscribing
from digest.operations.readers.goodbyes import keep_goodbye
from digest.operations.readers.subscribing import LinkState
from digest.operations.shared.links import preferences_url, unsubscribe_url
from digest.storage.base.patience import Busy
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_link_key
from digest.storage.writing.names import TOPICS, slugs_now
from digest.storage.writing.topics import all_topics
from digest.web.readers.answers import ask, check_your_inbox, key_in, next_issue, not_ours, private
from digest.web.shared import forms
from digest.web.shared.context import here, now, reading, reread, settings
from digest.web.shared.security import private_page

links = Blueprint("reader_links", __name__)


@links.get("/confirm/<token>")
def confirm_page(token: str) -> ResponseReturnValue:
    """Ask for the one press of a button that confirms."""
    key = key_in(Purpose.CONFIRM, token)
    return _confirmation(*subscribing.link_state(reading(), now(), key)) if key else not_ours()


@links.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Confirm, or send a new link in place of one that is too old."""
    key = key_in(Purpose.CONFIRM, token)
    if key is None:
        return not_ours()
    if forms.pressed("again"):
        found, subscriber = subscribing.link_state(reading(), now(), key)
        if found is LinkState.EXPIRED and subscriber:
            return _send_a_new_link(subscriber, "the page of an older link")
    return _confirmation(*subscribing.confirm(here(), key, "the page that the link opens"))


@links.get("/unsubscribe/<token>")
def unsubscribe_page(token: str) -> ResponseReturnValue:
    """Ask for the one press of a button that unsubscribes."""
    key = key_in(Purpose.UNSUBSCRIBE, token)
    if key is None:
        return not_ours()
    return _leaving(subscriber_with_link_key(reading(), key))


@links.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Unsubscribe: from our page's button, or a mail program's own (RFC 8058, in either encoding)."""
    key = key_in(Purpose.UNSUBSCRIBE, token)
    if key is None:
        return not_ours()
    if forms.pressed("List-Unsubscribe", "One-Click"):
        wording = consent_wordings.leaving_in_one_click()
        try:
            subscribing.leave(here(), key, wording, "the mail program’s unsubscribe button")
        except Busy:
            keep_goodbye(here(), key)
        return private_page(Response("You are unsubscribed.\n", mimetype="text/plain"))
    if forms.pressed("undo"):
        # Not subscribed again at once: a digest may be forwarded with its link, and only the mailbox's owner decides.
        return _ask_to_come_back(key, "the page for unsubscribing")
    wording = consent_wordings.leaving(settings())
    return _leaving(subscribing.leave(here(), key, wording, "the page for unsubscribing"))


@links.get("/preferences/<token>")
def preferences_page(token: str) -> ResponseReturnValue:
    """What we hold about the reader, and their topics."""
    key = key_in(Purpose.PREFERENCES, token)
    return _preferences(subscriber_with_link_key(reading(), key)) if key else not_ours()


@links.post("/preferences/<token>")
def preferences(token: str) -> ResponseReturnValue:
    """Save the topics; or erase, asked twice; or ask for the digest again."""
    key = key_in(Purpose.PREFERENCES, token)
    subscriber = subscriber_with_link_key(reading(), key) if key else None
    if key is None or subscriber is None:
        return _preferences(None) if key else not_ours()
    if forms.pressed("erase", "ask"):
        return private("readers/erase.html", address=masked(subscriber.email))
    if forms.pressed("erase", "yes"):
        privacy.erase(here(), subscriber.address, "the reader, on the preferences page")
        return private("readers/erased.html")
    if forms.pressed("undo"):
        return _ask_to_come_back(key, "the preferences page")
    known = {slug for slug, _ in _topic_choices(subscriber)}
    ticked = forms.ticked("topics")
    now = slugs_now(reading(), TOPICS, ticked)  # the page may be older than a topic's new address, or a merge
    chosen = [slug for slug in (now.get(each, each) for each in ticked) if slug in known]
    subscribing.choose_topics(here(), key, chosen, "the preferences page")
    return _preferences(subscriber_with_link_key(reread(), key), saved=True)


def _confirmation(found: LinkState, subscriber: Subscriber | None) -> Response:
    status = 200 if found in (LinkState.OPEN, LinkState.DONE) else 410
    return private(
        f"readers/confirm_{found}.html",
        status,
        wording=consent_wordings.confirming(settings()),
        signing_up=consent_wordings.signing_up(settings()),
        next_issue=next_issue(),
        preferences=preferences_url(settings(), subscriber.link_key) if subscriber else "",
    )


def _leaving(subscriber: Subscriber | None) -> Response:
    if subscriber is None:
        return private("readers/nothing_held.html")
    left = subscriber.state == SubscriberState.UNSUBSCRIBED
    return private(
        f"readers/{'left' if left else 'leave'}.html",
        address=masked(subscriber.email),
        wording=consent_wordings.leaving(settings()),
        signing_up=consent_wordings.signing_up(settings()),
        preferences=preferences_url(settings(), subscriber.link_key),
    )


def _preferences(subscriber: Subscriber | None, saved: bool = False) -> Response:
    if subscriber is None:
        return private("readers/nothing_held.html")
    return private(
        "readers/preferences.html",
        address=masked(subscriber.email),
        held=privacy.what_we_hold(reading(), subscriber),
        topics=_topic_choices(subscriber),
        saved=saved,
        wording=consent_wordings.choosing_topics(),
        signing_up=consent_wordings.signing_up(settings()),
        next_issue=next_issue(),
        unsubscribe=unsubscribe_url(settings(), subscriber.link_key),
    )


def _topic_choices(subscriber: Subscriber) -> Sequence[tuple[str, str]]:
    """Every topic as (slug, name), and what the reader chose before it had a summary."""
    names = {topic.slug: topic.name for topic in all_topics(reading())}
    chosen = {slug: slug.replace("-", " ").capitalize() for slug in subscriber.topics.split(",") if slug}
    return sorted((chosen | names).items(), key=lambda choice: choice[1].lower())


def _ask_to_come_back(link_key: str, place: str) -> Response:
    subscriber = subscriber_with_link_key(reading(), link_key)
    return _send_a_new_link(subscriber, place) if subscriber else private("readers/nothing_held.html")


def _send_a_new_link(subscriber: Subscriber, place: str) -> Response:
    ask(_address(subscriber), place)
    return check_your_inbox()


def _address(subscriber: Subscriber) -> Address:
    return Address(subscriber.email, subscriber.address)

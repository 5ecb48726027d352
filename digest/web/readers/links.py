"""The pages that our messages link to: confirming, leaving, topics, a pause."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from digest.config.catalogues import noted as _
from digest.domain.shared.addresses import Address, masked
from digest.domain.shared.tokens import Purpose
from digest.operations.readers import consent_wordings, pausing, returning, subscribing
from digest.operations.readers.goodbyes import keep_goodbye
from digest.operations.readers.subscribing import LinkState
from digest.operations.sending.welcoming import confirm_and_welcome
from digest.operations.shared.links import preferences_url, unsubscribe_url
from digest.operations.shared.refusal import Refused
from digest.storage.base.patience import Busy
from digest.storage.issues.issues import latest_frozen_issue
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_link_key
from digest.storage.suppressions.suppressions import is_suppressed
from digest.storage.writing.names import TOPICS, slugs_now
from digest.web.readers.answers import ask, check_your_inbox, contact, key_in, next_issue, not_ours, private
from digest.web.readers.topics import topic_choices
from digest.web.shared import forms
from digest.web.shared.context import here, now, reading, reread, settings
from digest.web.shared.languages import language
from digest.web.shared.security import private_page

links = Blueprint("reader_links", __name__)
_PREFERENCES = _("the preferences page")


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
            return _send_a_new_link(subscriber, _("the page of an older link"))
    return _confirmation(*confirm_and_welcome(here(), key, _("the page that the link opens")))


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
            subscribing.leave(here(), key, wording, _("the mail program’s unsubscribe button"))
        except Busy:
            keep_goodbye(here(), key)
        return private_page(Response(f"{language().gettext('You are unsubscribed')}.\n", mimetype="text/plain"))
    if mark := forms.line("undo"):
        return _come_back(key, mark, _("the page for unsubscribing"))
    wording = consent_wordings.leaving(settings())
    left_at = subscribing.leave(here(), key, wording, _("the page for unsubscribing"))
    mark = returning.mark_of(settings(), key, left_at) if left_at else ""
    return _leaving(subscriber_with_link_key(reread(), key), mark)


@links.get("/preferences/<token>")
def preferences_page(token: str) -> ResponseReturnValue:
    """What a forwarded copy may let its holder do: topics, a pause, leaving."""
    key = key_in(Purpose.PREFERENCES, token)
    return _preferences(subscriber_with_link_key(reading(), key)) if key else not_ours()


@links.post("/preferences/<token>")
def preferences(token: str) -> ResponseReturnValue:
    """Save the topics; or pause, go on, come back."""
    key = key_in(Purpose.PREFERENCES, token)
    if key is None or subscriber_with_link_key(reading(), key) is None:
        return _preferences(None) if key else not_ours()
    if mark := forms.line("undo"):
        return _come_back(key, mark, _PREFERENCES)
    if forms.line("erase"):  # the button of a page from before: erasing takes a link of its own now
        return _preferences(subscriber_with_link_key(reading(), key))
    try:
        saved = _saved(key)
    except Refused as error:
        return _preferences(subscriber_with_link_key(reading(), key), error=str(error))
    return _preferences(subscriber_with_link_key(reread(), key), saved)


def _saved(key: str) -> str:
    """Do what was asked for on the preferences page; returns what to say of it. Raises Refused."""
    if forms.pressed("pause"):
        pausing.pause(here(), key, forms.line("until"), _PREFERENCES)
        return language().gettext("Saved.")
    if forms.pressed("resume"):
        pausing.resume(here(), key, _PREFERENCES)
        return language().gettext("The pause is over: issues come again.")
    subscriber = subscriber_with_link_key(reading(), key)
    known = {slug for slug, _ in topic_choices(subscriber)} if subscriber else set()
    ticked = forms.ticked("topics")
    slugs = slugs_now(reading(), TOPICS, ticked)  # the page may be older than a topic's new address, or a merge
    chosen = [slug for slug in (slugs.get(each, each) for each in ticked) if slug in known]
    subscribing.choose_topics(here(), key, chosen, _PREFERENCES)
    if chosen:
        return language().gettext("Saved. You get what you ticked.")
    return language().gettext("Saved. You get every topic.")


def _confirmation(found: LinkState, subscriber: Subscriber | None, welcomed: bool = False) -> Response:
    status = 200 if found in (LinkState.OPEN, LinkState.DONE) else 410
    return private(
        f"readers/confirm_{found}.html",
        status,
        wording=consent_wordings.confirming(settings()),
        signing_up=consent_wordings.signing_up(settings()),
        next_issue=next_issue(),
        welcomed=welcomed,
        any_issue=latest_frozen_issue(reading()) is not None,
        sender=settings().mail_from,
        contact=contact(),
        preferences=preferences_url(settings(), subscriber.link_key) if subscriber else "",
    )


def _leaving(subscriber: Subscriber | None, undo_mark: str = "") -> Response:
    if subscriber is None:
        return private("readers/nothing_held.html")
    left = subscriber.state == SubscriberState.UNSUBSCRIBED
    return private(
        f"readers/{'left' if left else 'leave'}.html",
        address=masked(subscriber.email),
        wording=consent_wordings.leaving(settings()),
        undo=consent_wordings.undoing(settings()) if undo_mark and subscriber.confirmed_at else None,
        undo_mark=undo_mark,
        signing_up=consent_wordings.signing_up(settings()),
        preferences=preferences_url(settings(), subscriber.link_key),
    )


def _preferences(subscriber: Subscriber | None, saved: str = "", error: str = "") -> Response:
    if subscriber is None:
        return private("readers/nothing_held.html")
    first, last = pausing.days_to_choose(settings(), now())
    paused_until = subscriber.paused_until if (subscriber.paused_until or now()) > now() else None
    return private(
        "readers/preferences.html",
        422 if error else 200,
        address=masked(subscriber.email),
        state=subscriber.state,
        suppressed=is_suppressed(reading(), subscriber.address_hash),
        topics=topic_choices(subscriber),
        chosen=[slug for slug in subscriber.topics.split(",") if slug],
        paused_until=paused_until,
        pause_day=forms.line("until") if error else _day_of(paused_until),
        first_day=first,
        last_day=last,
        saved=saved,
        error=error,
        wording=consent_wordings.choosing_topics(settings()),
        pausing=consent_wordings.pausing(settings()),
        unsubscribe=unsubscribe_url(settings(), subscriber.link_key),
        signing_up=consent_wordings.signing_up(settings()),
    )


def _day_of(moment: datetime | None) -> str:
    return settings().schedule.local(moment).date().isoformat() if moment else ""


def _come_back(link_key: str, mark: str, place: str) -> Response:
    """At once, if they left a moment ago; else by a message, since only the mailbox's owner starts the mail again."""
    undone = returning.undo_leaving(here(), link_key, mark, place)
    subscriber = subscriber_with_link_key(reread(), link_key)
    if subscriber is None:
        return private("readers/nothing_held.html")
    if not undone and subscriber.state != SubscriberState.CONFIRMED:
        return _send_a_new_link(subscriber, place)
    return private(
        "readers/back.html",
        address=masked(subscriber.email),
        next_issue=next_issue(),
        preferences=preferences_url(settings(), subscriber.link_key),
    )


def _send_a_new_link(subscriber: Subscriber, place: str) -> Response:
    ask(Address(subscriber.email, subscriber.address), place)
    return check_your_inbox()

"""Subscribers, for admins: who they are, what they consented to, all of them as a file, and erasing one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from flask import Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from digest.domain.people.acts import Act
from digest.operations.messages import signup_caps
from digest.operations.people import audit
from digest.operations.readers.personal_data import what_we_hold
from digest.operations.readers.personal_file import consent_file
from digest.operations.readers.privacy import erase
from digest.operations.readers.stuck_erasures import stuck_in_all
from digest.operations.readers.subscriber_files import export_subscribers
from digest.storage.accounting.reader_copies import copies_of
from digest.storage.base.rate_limits import keys_counted
from digest.storage.messages.form_mail import form_mail_due, form_mail_put_off
from digest.storage.readers.consents import consent_of
from digest.storage.readers.subscriber_list import (
    SUPPRESSED,
    SubscriberPage,
    WantedReaders,
    are_many,
    beginning_count,
    subscriber_page,
    subscribers_like,
)
from digest.storage.readers.subscribers import (
    Subscriber,
    SubscriberState,
    count_by_state,
    paused_size,
    subscriber_by_id,
)
from digest.storage.suppressions.suppressions import suppression_of
from digest.web.readers.topics import topic_names
from digest.web.shared import forms
from digest.web.shared.context import db, here, now, reading, settings, signed_in
from digest.web.shared.desk import ROW_ID, asked_word, desk
from digest.web.shared.security import admins_only

_PAGE = 50
_COUNTED = 10_000
_FEW = 100_000
"""Up to so many readers every row is looked at for a part of an address, where none begins so."""
_COPIES = 26
"""Half a year of weeks; the others on request."""
_LONGEST = 254
_NUMBER = re.compile(r"[0-9]{1,9}")


@desk.get("/subscribers")
def subscribers() -> str:
    """The list: the newest first, or those whose address begins with what was typed."""
    admins_only()
    wanted = _wanted()
    counts = count_by_state(reading())
    listed = _listed(wanted, counts)
    return render_template(
        "readers/subscribers.html",
        listed=listed,
        wanted=wanted,
        counts=counts,
        topics=sorted(topic_names().items(), key=lambda topic: topic[1].lower()),
        paused=paused_size(reading()),
        put_off=form_mail_put_off(reading(), now()),
        due=form_mail_due(reading(), now()),
        braked_since=signup_caps.braked_since(reading()),
        most_in_all=signup_caps.IN_ALL_HOUR,
        stuck=stuck_in_all(reading()),
        turned_away=keys_counted(reading(), signup_caps.TURNED_AWAY, now() - signup_caps.DAY),
        of_one_network=signup_caps.PER_NETWORK_HOUR,
        zone=settings().schedule.zone.key,
        is_first=not request.args.get("after"),
        first=_url(wanted),
        following=_url(wanted, listed.page.after) if listed.page.after else "",
    )


@desk.post("/subscribers/export")
def export_readers() -> Response:
    """Every subscriber, or those of one state, as CSV; it is written down that they were taken out."""
    admins_only()
    state = forms.line("state")
    state = state if state in list(SubscriberState) else ""
    about = f"{state or 'all'}, as CSV"
    audit.note_alone(here(), signed_in().email, Act.EXPORTED, about)
    return Response(
        export_subscribers(db(), state),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="subscribers-{now():%Y-%m-%d}.csv"'},
    )


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>")
def subscriber(subscriber_id: int) -> str:
    """One reader, with the whole consent history, and where each copy is."""
    admins_only()
    reader = subscriber_or_404(subscriber_id)
    most = None if request.args.get("copies") == "all" else _COPIES
    copies = copies_of(reading(), reader.id, most + 1 if most else None)
    names = topic_names()
    return render_template(
        "readers/subscriber.html",
        reader=reader,
        topics=[names.get(slug, slug) for slug in reader.topics.split(",") if slug],
        consent=consent_of(reading(), reader.id),
        suppression=suppression_of(reading(), reader.address_hash),
        copies=copies[:most],
        more=len(copies) > len(copies[:most]),
        zone=settings().schedule.zone.key,
    )


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>/consent.json")
def consent_of_subscriber(subscriber_id: int) -> BaseResponse:
    """The evidence of what a reader agreed to, as one file."""
    admins_only()
    held = what_we_hold(reading(), settings(), subscriber_or_404(subscriber_id))
    text = json.dumps(consent_file(held), indent=2, ensure_ascii=False)
    answer = Response(text + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=consent-{subscriber_id}.json"
    return answer


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>/erase")
def erase_subscriber(subscriber_id: int) -> str:
    """Ask once."""
    admins_only()
    return render_template("readers/erase_subscriber.html", reader=subscriber_or_404(subscriber_id))


@desk.post(f"/subscribers/<{ROW_ID}:subscriber_id>/erase")
def erase_subscriber_now(subscriber_id: int) -> BaseResponse:
    """Remove everything we hold about a reader."""
    admins_only()
    erase(here(), subscriber_or_404(subscriber_id).address, f"desk, by {signed_in().email}", signed_in().email)
    flash("The reader is erased. A keyed hash keeps the address from being imported again.", "good")
    return redirect(url_for("desk.subscribers"), 303)


def subscriber_or_404(subscriber_id: int) -> Subscriber:
    """The reader with this number, if there is one."""
    return subscriber_by_id(reading(), subscriber_id) or abort(404)


@dataclass(frozen=True)
class _Listed:
    page: SubscriberPage
    total: int | None
    """How many there are; None where nobody counted."""
    is_more: bool = False
    """Whether there are more than `total`."""
    anywhere: bool = False
    """Whether the words stand anywhere in address or name, since no address begins with them."""


def _listed(wanted: WantedReaders, counts: dict[str, int]) -> _Listed:
    after = asked_word("after", _LONGEST)
    if not wanted.beginning and not _NUMBER.fullmatch(after):
        after = ""
    page = subscriber_page(reading(), wanted, after, _PAGE)
    if wanted.beginning and not (after or page.found or page.after or are_many(reading(), _FEW)):
        some = subscribers_like(reading(), wanted, _PAGE)
        return _Listed(some, len(some.found), some.is_partial, anywhere=True)
    if wanted.topic or wanted.state == SUPPRESSED or (wanted.state and wanted.beginning):
        return _Listed(page, None)
    if not wanted.beginning:
        return _Listed(page, counts[wanted.state] if wanted.state else sum(counts.values()))
    total = beginning_count(reading(), wanted, _COUNTED)
    return _Listed(page, min(total, _COUNTED), total > _COUNTED)


def _wanted() -> WantedReaders:
    state = request.args.get("state", "")
    known = state in list(SubscriberState) or state == SUPPRESSED
    return WantedReaders(state if known else "", asked_word("topic", 200), asked_word("q", _LONGEST).lower())


def _url(wanted: WantedReaders, after: str = "") -> str:
    return url_for(
        "desk.subscribers",
        state=wanted.state or None,
        topic=wanted.topic or None,
        q=wanted.beginning or None,
        after=after or None,
    )

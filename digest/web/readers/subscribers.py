"""Subscribers, for admins: who they are, what they consented to, and erasing one."""

from __future__ import annotations

import json

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.messages import signup_caps
from digest.operations.readers.personal_data import what_we_hold
from digest.operations.readers.personal_file import consent_file
from digest.operations.readers.privacy import erase
from digest.operations.readers.stuck_erasures import stuck_erasures
from digest.storage.accounting.reader_copies import copies_of
from digest.storage.base.rate_limits import keys_counted
from digest.storage.messages.form_mail import form_mail_due, form_mail_put_off
from digest.storage.readers.consents import consent_of
from digest.storage.readers.subscribers import (
    Subscriber,
    SubscriberState,
    count_by_state,
    paused_size,
    subscriber_by_id,
    subscribers_page,
)
from digest.storage.suppressions.suppressions import suppression_of
from digest.web.shared.context import here, now, reading, settings, signed_in
from digest.web.shared.desk import ROW_ID, desk, page_number
from digest.web.shared.security import admins_only

_PAGE = 50
_COPIES = 26
"""Half a year of weeks; the others on request."""


@desk.get("/subscribers")
def subscribers() -> str:
    """The list, by address."""
    admins_only()
    state, text = request.args.get("state", ""), request.args.get("q", "").strip()
    if state not in list(SubscriberState):
        state = ""
    found, total = subscribers_page(reading(), state, text, page_number(), _PAGE)
    return render_template(
        "readers/subscribers.html",
        found=found,
        total=total,
        counts=count_by_state(reading()),
        paused=paused_size(reading()),
        put_off=form_mail_put_off(reading(), now()),
        due=form_mail_due(reading(), now()),
        braked_since=signup_caps.braked_since(reading()),
        most_in_all=signup_caps.IN_ALL_HOUR,
        stuck=len(stuck_erasures(reading(), settings())),
        turned_away=keys_counted(reading(), signup_caps.TURNED_AWAY, now() - signup_caps.DAY),
        of_one_network=signup_caps.PER_NETWORK_HOUR,
        zone=settings().schedule.zone.key,
        state=state,
        q=text,
        page=page_number(),
        pages=max(1, -(-total // _PAGE)),
        base=url_for("desk.subscribers", state=state or None, q=text or None),
    )


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>")
def subscriber(subscriber_id: int) -> str:
    """One reader, with the whole consent history, and where each copy is."""
    admins_only()
    reader = _subscriber(subscriber_id)
    most = None if request.args.get("copies") == "all" else _COPIES
    copies = copies_of(reading(), reader.id, most + 1 if most else None)
    return render_template(
        "readers/subscriber.html",
        reader=reader,
        consent=consent_of(reading(), reader.id),
        suppression=suppression_of(reading(), reader.address_hash),
        copies=copies[:most],
        more=len(copies) > len(copies[:most]),
        zone=settings().schedule.zone.key,
    )


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>/consent.json")
def consent_of_subscriber(subscriber_id: int) -> Response:
    """The evidence of what a reader agreed to, as one file."""
    admins_only()
    held = what_we_hold(reading(), settings(), _subscriber(subscriber_id))
    text = json.dumps(consent_file(held), indent=2, ensure_ascii=False)
    answer = Response(text + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=consent-{subscriber_id}.json"
    return answer


@desk.get(f"/subscribers/<{ROW_ID}:subscriber_id>/erase")
def erase_subscriber(subscriber_id: int) -> str:
    """Ask once."""
    admins_only()
    return render_template("readers/erase_subscriber.html", reader=_subscriber(subscriber_id))


@desk.post(f"/subscribers/<{ROW_ID}:subscriber_id>/erase")
def erase_subscriber_now(subscriber_id: int) -> Response:
    """Remove everything we hold about a reader."""
    admins_only()
    erase(here(), _subscriber(subscriber_id).address, f"desk, by {signed_in().email}", signed_in().email)
    flash("The reader is erased. A keyed hash keeps the address from being imported again.", "good")
    return redirect(url_for("desk.subscribers"), 303)


def _subscriber(subscriber_id: int) -> Subscriber:
    return subscriber_by_id(reading(), subscriber_id) or abort(404)

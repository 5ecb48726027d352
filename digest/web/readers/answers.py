"""What readers' pages share: asking for the digest, the answers to it, and the pages that a token guards."""

from __future__ import annotations

from datetime import datetime

from flask import Response, make_response, render_template, request

from digest.config.languages import ENGLISH
from digest.domain.shared.addresses import Address, BadAddress
from digest.domain.shared.tokens import Purpose, unseal
from digest.operations.readers import subscribing
from digest.storage.issues.issues import current_issue, taken_dates
from digest.web.shared.context import here, now, reading, settings
from digest.web.shared.languages import language
from digest.web.shared.security import private_page


def ask(address: Address, place: str) -> None:
    """Ask for the digest at this address; what comes of it, only its mailbox learns.

    The postman finds a message on his rounds: woken now, he would slow the next request down only if there is one.
    """
    subscribing.ask(here(), address, request.remote_addr or "", place)


def said(error: BadAddress) -> str:
    """Why it can't be an address; what a library says in English only, another language says in general."""
    if language().tag == ENGLISH:
        return str(error)
    return language().gettext("This can’t be an email address. Check it; one looks like name@example.org.")


def check_your_inbox() -> Response:
    """The one answer to every request for the digest."""
    return private("readers/sent.html", sender=settings().mail_from, contact=contact())


def next_issue() -> datetime:
    """When the next issue goes; one that is late or on hold past its moment is nothing to promise by."""
    schedule = settings().schedule
    issue = current_issue(reading())
    planned = schedule.send_moment(issue.send_date) if issue else None
    if planned and planned > now():
        return planned
    return schedule.send_moment(schedule.next_send_date(now(), taken_dates(reading())))


def contact() -> str:
    """Where a person answers; "" where none is set."""
    return settings().mail_reply_to or settings().mail_from


def key_in(purpose: Purpose, token: str) -> str | None:
    """The key in a token of ours that was made for this purpose."""
    return unseal(purpose, token, settings().signing_keys)


def not_ours() -> Response:
    """The answer to a token that we never made."""
    return private("readers/not_ours.html", 404)


def private(template: str, status: int = 200, **values: object) -> Response:
    """A page that nobody between us and the reader may keep."""
    return private_page(make_response(render_template(template, **values), status))

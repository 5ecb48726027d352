"""The front page, the form that asks for the digest, and what we hold."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from digest.domain.shared.addresses import BadAddress, parse
from digest.operations.readers import consent_wordings, privacy
from digest.storage.issues.issues import latest_past_date
from digest.storage.writing.summaries import latest_summaries, publication_sizes, topic_sizes
from digest.web.readers.answers import ask, check_your_inbox, contact, next_issue
from digest.web.shared import forms
from digest.web.shared.context import reading, settings

_LATEST = 8
_TOPICS_TO_BROWSE = 12

front = Blueprint("readers", __name__)


@front.get("/")
def landing() -> ResponseReturnValue:
    """What this is, the form, the latest summaries."""
    return _landing()


@front.get("/subscribe")
def subscribe_again() -> ResponseReturnValue:
    """Whoever opens the form's own address gets the form."""
    return redirect("/")


@front.post("/subscribe")
def subscribe() -> ResponseReturnValue:
    """Ask for the digest: one and the same answer for every address that can be one."""
    try:
        address = parse(forms.line("email"))
    except BadAddress as error:
        return _landing(forms.line("email"), str(error)), 422
    if not forms.line("homepage"):  # people don't see that field; what fills it in is no person
        ask(address, "the form on our site")
    return check_your_inbox()


@front.get("/privacy")
def privacy_page() -> ResponseReturnValue:
    """What we hold, why, how long, who processes it."""
    return render_template(
        "readers/privacy.html",
        readers=privacy.READERS.values(),
        editors=privacy.EDITORS.values(),
        sendgrid=settings().sendgrid_host if settings().mail_transport == "sendgrid" else "",
        postal_address=settings().postal_address,
        contact=contact(),
    )


def _landing(email: str = "", error: str = "") -> str:
    session = reading()
    return render_template(
        "readers/landing.html",
        email=email,
        error=error,
        wording=consent_wordings.signing_up(settings()),
        day=consent_wordings.send_day(settings()),
        at=settings().schedule.send.at,
        next_issue=next_issue(),
        last_issue=latest_past_date(session),
        summaries=latest_summaries(session, _LATEST),
        topics=topic_sizes(session)[:_TOPICS_TO_BROWSE],
        publications=len(publication_sizes(session)),
    )

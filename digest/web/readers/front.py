"""The front page, the form that asks for the digest, and what we hold."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from digest.config.catalogues import noted as _
from digest.domain.shared.addresses import BadAddress, parse
from digest.domain.writing import markup
from digest.operations.archive.browsing import sizes
from digest.operations.readers import consent_wordings, holdings, own_page
from digest.operations.readers.recipients import processors
from digest.storage.archive.past_issues import latest_past_date
from digest.storage.archive.published import latest_summaries
from digest.web.readers.answers import ask, check_your_inbox, contact, next_issue, private, said
from digest.web.shared import forms
from digest.web.shared.context import here, reading, settings
from digest.web.shared.languages import language

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
        return _landing(forms.line("email"), said(error)), 422
    if not forms.line("homepage"):  # people don't see that field; what fills it in is no person
        ask(address, _("the form on our site"))
    return check_your_inbox()


@front.get("/privacy")
def privacy_page() -> ResponseReturnValue:
    """What we hold, why, how long, who processes it."""
    return _privacy()


@front.post("/privacy")
def ask_for_own_page() -> ResponseReturnValue:
    """Ask for one's own page: one and the same answer for every address that can be one."""
    try:
        address = parse(forms.line("email"))
    except BadAddress as error:
        return _privacy(forms.line("email"), said(error)), 422
    if not forms.line("homepage"):
        own_page.ask_for_own_page(here(), address, request.remote_addr or "")
    return private("readers/yours_sent.html", sender=settings().mail_from, contact=contact())


@front.get("/about")
def about() -> ResponseReturnValue:
    """Who publishes this, and how to reach them."""
    return render_template(
        "readers/about.html",
        day=consent_wordings.send_day(settings()),
        at=settings().schedule.send.at,
        about=markup.from_markdown(settings().branding.about),
        **_publisher(),
    )


def _privacy(email: str = "", error: str = "") -> str:
    return render_template(
        "readers/privacy.html",
        readers=holdings.for_readers(settings()),
        editors=holdings.for_editors(settings()),
        backups_kept=settings().backup_keep if settings().backup_path else None,
        processors=processors(settings()),
        authority=settings().site_authority,
        email=email,
        error=error,
        **_publisher(),
    )


def _publisher() -> dict[str, str]:
    """Who answers for this site. Where nobody is named, whoever signs the messages does."""
    site = settings()
    signs = (
        f"{site.site_name}, {site.postal_address}"
        if site.postal_address
        else language().gettext("whoever runs %(name)s", name=site.site_name)
    )
    return {
        "controller": (site.site_controller or signs).rstrip("."),
        "postal_address": site.postal_address.rstrip("."),
        "contact": contact(),
    }


def _landing(email: str = "", error: str = "") -> str:
    session = reading()
    archive = sizes(session)
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
        topics=archive.topics[:_TOPICS_TO_BROWSE],
        publications=archive.publications,
        about=markup.from_markdown(settings().branding.about),
    )

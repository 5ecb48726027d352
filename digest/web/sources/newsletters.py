"""Newsletters by mail on the desk: an address for one, and each message as it is read, from which nothing is loaded."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.writing.markup import sanitised
from digest.feeds.newsletters.texts import links_in_html
from digest.operations.shared.refusal import Refused
from digest.operations.sources.receiving import watch_newsletter
from digest.operations.writing.meaning import Meant
from digest.storage.sources.newsletters import Newsletter, newsletter_by_id
from digest.storage.sources.source_pages import source_with_publication
from digest.web.shared.context import here, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.shared.security import MAIL_PREVIEW_CSP
from digest.web.sources.watching import source_list
from digest.web.writing.asked_name import said_publication


@desk.post("/sources/newsletter")
def add_newsletter() -> Response | tuple[str, int]:
    """Make an address of its own for a publication's newsletter; its page says how to set it up."""
    publication = request.form.get("publication", "").strip()[:200]
    try:
        made = watch_newsletter(here(), publication, signed_in().email, said_publication())
    except Refused as refusal:
        return source_list(newsletter_name=publication, newsletter_fault=str(refusal)), 422
    if isinstance(made, Meant):
        return source_list(made, "newsletter", newsletter_name=publication), 422
    flash("It has an address now. Subscribe with it, as is said below.", "good")
    return redirect(url_for("desk.source", source_id=made, _anchor="mail"), 303)


@desk.get(f"/sources/<{ROW_ID}:source_id>/mail/<{ROW_ID}:newsletter_id>")
def newsletter(source_id: int, newsletter_id: int) -> str:
    """One message: how it looks, and its links, which work."""
    mail = _message(source_id, newsletter_id)
    found = source_with_publication(reading(), source_id) or abort(404)
    return render_template(
        "sources/newsletter.html", mail=mail, publication=found[1], links=links_in_html(mail.html)[:200]
    )


@desk.get(f"/sources/<{ROW_ID}:source_id>/mail/<{ROW_ID}:newsletter_id>/html")
def newsletter_html(source_id: int, newsletter_id: int) -> FlaskResponse:
    """The message, for a frame in which nothing runs and nothing is loaded."""
    mail = _message(source_id, newsletter_id)
    response = make_response(
        render_template("sources/newsletter_frame.html", html=sanitised(mail.html), subject=mail.subject)
    )
    response.headers["Content-Security-Policy"] = MAIL_PREVIEW_CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _message(source_id: int, newsletter_id: int) -> Newsletter:
    mail = newsletter_by_id(reading(), newsletter_id)
    return mail if mail and mail.source_id == source_id else abort(404)

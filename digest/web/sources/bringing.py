"""An address that an editor brings, and the article behind one, for reference."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.shared.refusal import Refused
from digest.operations.sources.bringing import FetchedArticle, bring_address, fetch_article
from digest.web.shared.context import here, settings, signed_in
from digest.web.shared.desk import desk
from digest.web.sources.strangers import asking_strangers

_LONGEST = 2_000


@desk.get("/leads/new")
def new_lead() -> str:
    """A form for an address; the bookmarklet opens it with one filled in."""
    return _form(request.args.get("url", ""), request.args.get("title", ""))


@desk.post("/leads/new")
def bring_lead() -> Response | tuple[str, int]:
    """Make a lead of it, and show that."""
    url, title = request.form.get("url", "").strip()[:_LONGEST], request.form.get("title", "").strip()[:500]
    try:
        editor = signed_in()
        with asking_strangers() as asker:
            lead_id = bring_address(here(), asker, url, title, editor)
    except Refused as refusal:
        return _form(url, title, str(refusal)), 422
    return redirect(url_for("desk.lead", lead_id=lead_id), 303)


@desk.post("/article")
def article() -> str:
    """The article at an address, beside the editor's own text: never published, never kept."""
    try:
        with asking_strangers() as asker:
            found = fetch_article(asker, request.form.get("url", "")[:_LONGEST])
    except Refused as refusal:
        found = FetchedArticle("", None, str(refusal))
    is_part = request.headers.get("HX-Request")
    return render_template("sources/article_text.html" if is_part else "sources/article.html", found=found)


def _form(url: str, title: str, refusal: str = "") -> str:
    desk_url = f"{settings().site_url}{url_for('desk.new_lead')}"
    return render_template("sources/new_lead.html", url=url, title=title, refusal=refusal, desk_url=desk_url)

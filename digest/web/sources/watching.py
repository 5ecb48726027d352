"""The sources on the desk: all of them, adding one, bringing a list in and taking it along."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.sources.states import SourceKind, SourceState
from digest.feeds.base.entries import UnreadableDocument
from digest.mail.message.templating import counted
from digest.operations.shared.refusal import Refused
from digest.operations.sources.finding import FoundSource, NoListFound, Search, find
from digest.operations.sources.page_examples import PageOffer, offer_page
from digest.operations.sources.remembering import RememberingAsker
from digest.operations.sources.sitemaps import dated_lately, find_sitemap, with_first_look
from digest.operations.sources.source_files import export_sources, import_sources, listed_sources
from digest.operations.sources.watching import Watched, already_watched, watch
from digest.operations.writing.meaning import Meant, publication_meant
from digest.storage.people.editors import Editor
from digest.storage.sources.source_list import SourceLine
from digest.storage.writing.publications import publication_names
from digest.web.shared.context import here, now, reading, settings, signed_in
from digest.web.shared.desk import desk
from digest.web.sources.strangers import asking_strangers
from digest.web.writing.asked_name import said_publication

AILING = (
    SourceState.FAILING, SourceState.CHALLENGED, SourceState.GONE, SourceState.LIMITED, SourceState.SILENT,
)  # fmt: skip
"""What an editor may have to see to, the worst first."""
_LARGEST_LIST = 5_000_000
_OF_SITEMAPS = ("sitemap", "watch-sitemap")
_TYPED = ("url", "publication", "refusal", "newsletter_name", "newsletter_fault")


@desk.get("/sources")
def sources() -> str:
    """Every source: what ails first, then all by publication."""
    return source_list()


@desk.post("/sources/add")
def add_source() -> Response | tuple[str, int] | str:
    """Watch what is at an address: its feed at once, or a page after a look at what it would bring."""
    url, publication = request.form.get("url", "").strip()[:2_000], request.form.get("publication", "").strip()[:200]
    try:
        if known := already_watched(here(), url):
            return _welcome(known)
        editor, said = signed_in(), said_publication()
        if publication and (meant := publication_meant(reading(), publication, said)).is_new:
            return source_list(meant, url=url, publication=publication), 422  # nobody is asked for a typo
        with asking_strangers() as asker:
            kept = RememberingAsker.of(asker, here(), editor.id)
            found = _found(Search(kept), url)
        if isinstance(found, PageOffer):
            return _offer(found, publication, kept.offer)
        watched = _watch(kept, found, publication, editor)
        if isinstance(watched, Meant):
            return source_list(watched, url=url, publication=publication), 422
        return _welcome(watched)
    except Refused as refusal:
        return source_list(url=url, publication=publication, refusal=str(refusal)), 422


@desk.post("/sources/page")
def choose_on_page() -> Response | tuple[str, int] | str:
    """Look at a page with items as examples, or at its site's sitemap; or watch it as it was shown.

    Nobody is asked again for what was asked for this offer.
    """
    url, publication = request.form.get("url", "").strip()[:2_000], request.form.get("publication", "").strip()[:200]
    examples = [example for example in request.form.getlist("example") if example][:2]
    try:
        editor, act = signed_in(), request.form.get("act", "")
        with asking_strangers() as asker:
            kept = RememberingAsker.of(asker, here(), editor.id, request.form.get("offer", ""))
            search = Search(kept)
            if act in _OF_SITEMAPS:
                return _on_sitemap(kept, find_sitemap(search, url), publication, editor, act)
            offer = offer_page(search, url, examples)
        if act != "watch":
            return _offer(offer, publication, kept.offer, examples)
        watched = _watch(kept, offer.found, publication, editor)
        if isinstance(watched, Meant):
            return _offer(offer, publication, kept.offer, examples, watched), 422
        return _welcome(watched)
    except Refused as refusal:
        return source_list(url=url, publication=publication, refusal=str(refusal)), 422


@desk.post("/sources/import")
def import_source_list() -> Response:
    """Bring in the list of a feed reader, as OPML."""
    file = request.files.get("file")
    content = file.stream.read(_LARGEST_LIST + 1) if file else b""
    try:
        if not content or len(content) > _LARGEST_LIST:
            raise Refused("Choose the OPML file that your feed reader exports; it has 5 MB at most.")
        done = import_sources(here(), content, signed_in().email)
    except (Refused, UnreadableDocument) as error:
        flash(str(error), "bad")
        return redirect(url_for("desk.sources"), 303)
    flash(f"{done.added:,} added, {done.already_there:,} already there, {len(done.refused):,} refused.", "good")
    for name, reason in done.refused[:20]:
        flash(f"{name}: {reason}", "warn")
    return redirect(url_for("desk.sources"), 303)


@desk.get("/sources.opml")
def export_source_list() -> FlaskResponse:
    """All feeds, for a feed reader."""
    body = export_sources(here(), settings().site_name)
    return FlaskResponse(
        body, mimetype="text/x-opml", headers={"Content-Disposition": 'attachment; filename="sources.opml"'}
    )


def _found(search: Search, url: str) -> FoundSource | PageOffer:
    """The feed at the address; else its page with its links, whether a list was found on it or not."""
    try:
        found = find(search, url)
    except NoListFound as page:
        return offer_page(search, page.url)
    return offer_page(search, found.url) if found.kind is SourceKind.PAGE else found


def _welcome(watched: Watched) -> Response:
    if watched.is_new:
        flash(
            f"Watching it: {counted(watched.entries, 'entry', 'entries')}, "
            f"{counted(watched.new_leads, 'new lead', 'new leads')}.",
            "good",
        )
        if watched.looks_like:
            there = " or ".join(f"“{name}”" for name in watched.looks_like)
            flash(f"“{watched.publication}” is a new publication. If {there} is meant, say so below.", "warn")
    else:
        flash(
            f"It was watched already; {watched.new_leads:,} new leads."
            if watched.new_leads
            else "This one is watched already.",
            "info",
        )
    return redirect(url_for("desk.source", source_id=watched.id), 303)


def _on_sitemap(
    kept: RememberingAsker, found: FoundSource, publication: str, editor: Editor, act: str
) -> Response | tuple[str, int] | str:
    """Show what the sitemap would bring, or watch it."""
    if act == "sitemap":
        return _sitemap_offer(found, publication, kept.offer)
    watched = _watch(kept, with_first_look(kept, found, now()), publication, editor)
    if isinstance(watched, Meant):
        return _sitemap_offer(found, publication, kept.offer, watched), 422
    return _welcome(watched)


def _watch(kept: RememberingAsker, found: FoundSource, publication: str, editor: Editor) -> Watched | Meant:
    """Watch it, and forget what was kept for the offer; or ask first whether a new publication is meant."""
    typed = "" if publication == found.bulletin.title else publication
    watched = watch(here(), found, typed, editor.email, said_publication())
    if isinstance(watched, Watched):
        kept.forget()
    return watched


def _sitemap_offer(found: FoundSource, publication: str, key: str, meant: Meant | None = None) -> str:
    return render_template(
        "sources/sitemap_offer.html",
        found=found,
        key=key,
        lately=len(dated_lately(found.bulletin.entries, now())),
        publication=publication or found.bulletin.title,
        meant=meant,
        publications=publication_names(reading()),
    )


def _offer(
    offer: PageOffer, publication: str, key: str, examples: list[str] | None = None, meant: Meant | None = None
) -> str:
    found: FoundSource = offer.found
    return render_template(
        "sources/page_offer.html",
        offer=offer,
        key=key,
        bulletin=found.bulletin,
        publication=publication or found.bulletin.title,
        examples=examples or [],
        meant=meant,
        publications=publication_names(reading()),
    )


def source_list(meant: Meant | None = None, asked_of: str = "add", **typed: str) -> str:
    """The page of all sources, with what was typed there, and why it was refused or what is asked of it.

    `asked_of` is the form that the name stands in: `add`, or `newsletter`.
    """
    lines, show = listed_sources(here()), request.args.get("show", "")
    by_state = {state: sum(line.state == state for line in lines) for state in SourceState}
    return render_template(
        "sources/sources.html",
        lines=sorted((line for line in lines if not show or line.state == show), key=_worst_first),
        total=len(lines),
        by_state=by_state,
        show=show,
        meant=meant,
        asked_of=asked_of,
        publications=publication_names(reading()),
        **dict.fromkeys(_TYPED, "") | typed,
    )


def _worst_first(line: SourceLine) -> int:
    return AILING.index(SourceState(line.state)) if line.state in AILING else len(AILING)

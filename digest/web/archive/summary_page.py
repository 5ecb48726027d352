"""One summary at its permanent address: as it is now, as it was on a day, as a citation, as a picture for links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.urls import iri_to_uri

from digest.domain.archive.citing import Citation, CitationWords
from digest.domain.issues.calendar import moment
from digest.domain.issues.edition import Source
from digest.domain.issues.lifecycle import FROZEN
from digest.domain.writing.bodies import body_html
from digest.domain.writing.wording import Wording
from digest.operations.archive.relating import related
from digest.operations.shared.links import summary_path
from digest.operations.writing.earlier import first_published, state_at
from digest.operations.writing.revising import wording_of
from digest.storage.archive.beside import SummaryLine, last_gone, lines_beside, published_on_desk
from digest.storage.issues.issues import Issue, last_closing
from digest.storage.issues.selections import issue_carrying
from digest.storage.writing.publications import Publication
from digest.storage.writing.revisions import Revision, RevisionKind, corrections_of, revisions_of
from digest.storage.writing.summaries import Summary, published_summary, withdrawal_of
from digest.storage.writing.supersedings import Superseding, supersedings_of
from digest.storage.writing.topics import Topic
from digest.web.archive.original import originals
from digest.web.archive.share_picture import picture_of
from digest.web.archive.structured import news_article
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import now, reading, settings
from digest.web.shared.languages import language
from digest.web.shared.security import csrf

_LARGEST_ID = 2**31 - 1  # what a key holds on PostgreSQL
_PATH = f"/news/<publication_slug>/<slug>/<int(max={_LARGEST_ID}):summary_id>"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CITED_AS = {
    "text": ("text/plain", "txt"),
    "bibtex": ("application/x-bibtex", "bib"),
    "csl": ("application/vnd.citationstyles.csl+json", "json"),
}
"""By what is asked: the media type, and how the file's name ends."""


def _(message: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return message


_TOLD = {
    RevisionKind.PUBLISHED: _("Published"),
    RevisionKind.CORRECTION: _("Corrected"),
    RevisionKind.SUPERSEDED: _("Superseded"),
    RevisionKind.TAKEN_BACK: _("Taken back"),
}
"""What readers are told of its history; small fixes, which change no meaning, are told on no page, nor what an editor
undid.
"""

summary_page = Blueprint("summary_page", __name__)
csrf.exempt(summary_page)
summary_page.after_request(keep_for_a_minute)


@dataclass(frozen=True)
class Shown:
    """What the page says: the words of today, or those of the day that was asked for."""

    wording: Wording
    html: str
    corrections: list[Revision]
    as_at: date
    earlier: bool = False
    changed_since: bool = False


def hang_up(app: Flask) -> None:
    """Register the summary's page and its picture."""
    app.register_blueprint(summary_page)


@summary_page.get(_PATH, strict_slashes=False, endpoint="summary")
def summary(publication_slug: str, slug: str, summary_id: int) -> ResponseReturnValue:
    """One summary, as it is now or as it was at the end of `?at=`, or as `?cite=` has it."""
    found = published_summary(reading(), summary_id)
    if found is None:
        return _withdrawn(summary_id)
    if (publication_slug, slug) != (found.publication.slug, found.slug):
        return redirect(_with_what_is_asked(path_of(found)), 301)
    shown = _as_asked(found)
    if "cite" in request.args:
        return _cited(found, shown)
    return _page(found, shown)


@summary_page.get(f"{_PATH}.png")
def picture(publication_slug: str, slug: str, summary_id: int) -> ResponseReturnValue:
    """What a link to the summary shows elsewhere (ogp.me): 1,200 by 630, drawn here."""
    found = published_summary(reading(), summary_id)
    if found is None:
        return abort(410 if withdrawal_of(reading(), summary_id) else 404)
    if (publication_slug, slug) != (found.publication.slug, found.slug):
        return redirect(f"{path_of(found)}.png", 301)
    drawn = picture_of(
        settings().site_name, found.title, f"{found.publication.name} · {language().day(found.published_on)}"
    )
    return Response(drawn, mimetype="image/png")


def path_of(found: Summary) -> str:
    """A summary's permanent address on this site."""
    return summary_path(found.publication.slug, found.slug, found.id)


def line_path(line: SummaryLine) -> str:
    """The same for a summary that is only named."""
    return summary_path(line.publication_slug, line.slug, line.id)


def _page(found: Summary, shown: Shown) -> Response:
    session, issue = reading(), _issue_of(found)
    superseding = supersedings_of(session, [found.id]).get(found.id)
    before, after = lines_beside(session, found)
    near = related(session, found)
    history = [] if shown.earlier else _history(found, superseding)
    published = _published(found)
    sources = originals(session, _named(shown.wording), found.sources, shown.wording.publication)
    body = render_template(
        "archive/summary.html",
        summary=found,
        shown=shown,
        path=path_of(found),
        sources=sources,
        issue=issue,
        superseding=superseding,
        history=history,
        before=before,
        after=after,
        related=near,
        published=published,
        citation=_citation(found, shown),
        structured="" if shown.earlier else news_article(settings(), found, published, shown.corrections),
    )
    response = Response(body)
    if not any(source.by_source for source in sources):
        moments = [line.updated_at for line in (before, after, *near) if line]
        moments += [each for each in (_changed(found, superseding, issue), last_gone(session)) if each]
        response.last_modified = max(_start_of_today(), *moments)
    return response


def _start_of_today() -> datetime:
    """The page's citation says as at which day."""
    schedule = settings().schedule
    return moment(schedule.local(now()).date(), time(), schedule.zone)


def _changed(found: Summary, superseding: Superseding | None, issue: Issue | None) -> datetime:
    """When what the page says of this summary last changed."""
    newer = [superseding.newer.publication] if superseding else []
    named: tuple[Publication | Topic, ...] = (found.publication, *found.topics, *newer)
    moments: list[datetime | None] = [
        found.updated_at,
        *(name.renamed_at for name in named),
        *(each for link in found.sources for each in (link.described_at, link.checked_at)),
        superseding.newer.updated_at if superseding else None,
        (issue.imported_at or issue.frozen_at) if issue else None,
    ]
    return max(each for each in moments if each)


def _withdrawn(summary_id: int) -> ResponseReturnValue:
    withdrawal = withdrawal_of(reading(), summary_id) or abort(404)
    return render_template("archive/withdrawn.html", withdrawal=withdrawal), 410


def _with_what_is_asked(path: str) -> str:
    asked = {name: request.args[name] for name in ("at", "cite") if name in request.args}
    return f"{path}?{urlencode(asked)}" if asked else path


def _as_asked(found: Summary) -> Shown:
    today = settings().schedule.local(now()).date()
    if "at" not in request.args:
        corrections = corrections_of(reading(), [found.id]).get(found.id, [])
        return Shown(wording_of(found), found.body_html, corrections, today)
    day = _day(request.args["at"])
    if day > today:
        abort(404, _still_to_come(day))
    state = state_at(reading(), found, moment(day + timedelta(days=1), time(), settings().schedule.zone))
    if state is None:
        first = settings().schedule.local(first_published(reading(), found)).date()
        abort(404, _not_published(day, first))
    html = body_html(state.wording.body, state.wording.body_format)
    return Shown(state.wording, html, list(state.corrections), day, earlier=True, changed_since=state.changed_since)


def _still_to_come(day: date) -> str:
    spoken = language()
    return spoken.gettext(
        "%(day)s is still to come. Ask for a day up to today, or leave the date out.", day=spoken.day(day)
    )


def _not_published(day: date, first: date) -> str:
    spoken = language()
    said = spoken.gettext("On %(day)s this summary was not published.", day=spoken.day(day))
    if first > day:
        return " ".join((said, spoken.gettext("It was first published on %(day)s.", day=spoken.day(first))))
    return " ".join((said, spoken.gettext("It is now, without a date.")))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        abort(404, _("This is no date. Write it like 2026-11-29, or leave it out to read the summary as it is now."))


def _cited(found: Summary, shown: Shown) -> Response:
    form = request.args["cite"]
    if form not in _CITED_AS:
        abort(404, _("A citation comes as text, bibtex or csl. Ask for one of them."))
    citation, (media_type, ending) = _citation(found, shown), _CITED_AS[form]
    body = {"text": f"{citation.text}\n", "bibtex": citation.bibtex, "csl": citation.csl_json}[form]
    response = Response(body, content_type=f"{media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{citation.key}.{ending}"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _citation(found: Summary, shown: Shown) -> Citation:
    said = shown.wording
    address = iri_to_uri(f"{settings().site_url}{path_of(found)}?at={shown.as_at.isoformat()}")
    return Citation(
        found.id,
        said.title,
        settings().site_name,
        said.publication,
        said.published_on,
        address,
        shown.as_at,
        language().tag,
        CitationWords(
            language().gettext("“%(title)s”, %(site)s, %(published)s, as at %(day)s, %(url)s"),
            language().gettext("Summary of what %(publication)s published. As at %(day)s"),
            language().day,
        ),
    )


def _named(said: Wording) -> list[Source]:
    return [Source(each.url, each.title, each.publication) for each in said.sources]


def _issue_of(found: Summary) -> Issue | None:
    issue = issue_carrying(reading(), found.id)
    return issue if issue and issue.state in FROZEN and last_closing(reading(), issue) else None


def _published(found: Summary) -> date | datetime:
    """When readers could see it first; of what came in a file, the date that it came with."""
    by_hand = found.published_at and published_on_desk(reading(), [found.id])
    return found.published_at if by_hand and found.published_at else found.published_on


def _history(found: Summary, superseding: Superseding | None) -> list[tuple[date, str, str]]:
    """What became of it, the oldest first: the day, what happened, and what readers were told. Nothing for one step."""
    schedule, told = settings().schedule, list[tuple[date, str, str]]()
    for step in reversed(revisions_of(reading(), found.id)):
        words = _TOLD.get(RevisionKind(step.kind))
        undone = step.kind == RevisionKind.SUPERSEDED and not (superseding and superseding.at == step.at)
        if words and not undone:
            again = step.kind == RevisionKind.PUBLISHED and bool(told)
            note = step.note if step.kind == RevisionKind.CORRECTION else ""
            words = language().gettext(_("Published again") if again else words)
            told.append((schedule.local(step.at).date(), words, note))
    return told if len(told) > 1 else []

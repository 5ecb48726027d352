"""The archive for machines: Atom and JSON feeds. Their addresses come from SITE_URL alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as WerkzeugResponse

from digest.config import Settings
from digest.domain.shared.iris import as_uri
from digest.domain.writing.markup import sanitised
from digest.operations.shared.links import summary_url
from digest.operations.writing.browsing import ArchiveAnswer, browse
from digest.storage.writing.names import PUBLICATIONS, TOPICS, brief_names
from digest.storage.writing.publications import Publication, all_publications
from digest.storage.writing.summaries import (
    ArchiveQuestion,
    Summary,
    archive_page,
    latest_summaries,
    latest_withdrawals,
)
from digest.storage.writing.topics import Topic, all_topics
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import reading, settings
from digest.web.shared.security import csrf
from digest.web.writing import sitemap
from digest.web.writing.asking import Asked, asked_of
from digest.web.writing.old_slugs import slug_now, with_slugs_of_today

_ENTRIES = 30
_A_PAGE = 20
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # Atom wants a date even of a feed without entries
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2

syndication = Blueprint("syndication", __name__)
csrf.exempt(syndication)
syndication.after_request(keep_for_a_minute)


def hang_up(app: Flask) -> None:
    """Register the feeds and the sitemap."""
    app.jinja_env.filters["uri"] = as_uri
    app.register_blueprint(syndication)
    sitemap.hang_up(app)


@syndication.get("/feed.atom")
def atom() -> Response:
    """The latest summaries."""
    return _atom(settings().site_name, "/feed.atom", "/news", latest_summaries(reading(), _ENTRIES), ArchiveQuestion())


@syndication.get("/topics/<slug>.atom")
def topic_atom(slug: str) -> Response | WerkzeugResponse:
    """The latest summaries about one topic."""
    if now := slug_now(TOPICS, slug):
        return redirect(f"/topics/{now}.atom", 301)
    topic = _named(slug, all_topics(reading()))
    question = ArchiveQuestion(topic=slug)
    page = archive_page(reading(), question, 1, _ENTRIES)
    title = f"{settings().site_name}: {topic.name}"
    return _atom(title, f"/topics/{slug}.atom", f"/news?topic={slug}", page.summaries, question)


@syndication.get("/publications/<slug>.atom")
def publication_atom(slug: str) -> Response | WerkzeugResponse:
    """The latest summaries of what one publication published."""
    if now := slug_now(PUBLICATIONS, slug):
        return redirect(f"/publications/{now}.atom", 301)
    publication = _named(slug, all_publications(reading()))
    question = ArchiveQuestion(publication=slug)
    page = archive_page(reading(), question, 1, _ENTRIES)
    title = f"{settings().site_name}: {publication.name}"
    return _atom(title, f"/publications/{slug}.atom", f"/news?publication={slug}", page.summaries, question)


@syndication.get("/feed.json")
def json_feed() -> Response:
    """The latest summaries as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""
    site = settings()
    response = jsonify(
        version="https://jsonfeed.org/version/1.1",
        title=site.site_name,
        home_page_url=f"{site.site_url}/news",
        feed_url=f"{site.site_url}/feed.json",
        language="en-GB",
        items=[_json_item(site, summary) for summary in latest_summaries(reading(), _ENTRIES)],
    )
    response.mimetype = "application/feed+json"
    return response


@syndication.get("/news.atom")
def news_atom() -> Response:
    """A page of whatever is asked of the archive."""
    asked, answer = _asked()
    path = asked.path(asked.page, "/news.atom")
    title = " · ".join([settings().site_name, *([f"“{asked.question.text}”"] if asked.question.text else [])])
    return _atom(title, path, asked.path(asked.page), answer.summaries, asked.question)


@syndication.get("/news.json")
def news_json() -> Response:
    """The same as JSON Feed 1.1; `_digest` says how many there are, and whether they have only some of the words."""
    asked, answer = _asked()
    site = settings()
    further = (
        {"next_url": site.site_url + asked.path(asked.page + 1, "/news.json")} if asked.page < answer.pages else {}
    )
    response = jsonify(
        version="https://jsonfeed.org/version/1.1",
        title=site.site_name,
        home_page_url=site.site_url + asked.path(asked.page),
        feed_url=site.site_url + asked.path(asked.page, "/news.json"),
        language="en-GB",
        _digest={"total": answer.total, "loosened": answer.loosened},
        items=[_json_item(site, summary) for summary in answer.summaries],
        **further,
    )
    response.mimetype = "application/feed+json"
    return response


def permanent(site: Settings, summary: Summary) -> str:
    """A summary's permanent address, as ASCII."""
    return iri_to_uri(summary_url(site, summary.publication.slug, summary.slug, summary.id))


def _asked() -> tuple[Asked, ArchiveAnswer]:
    asked = asked_of(
        with_slugs_of_today(request.args) or request.args,
        brief_names(reading(), TOPICS),
        brief_names(reading(), PUBLICATIONS),
    )
    return asked, browse(reading(), asked.asking(), asked.page, _A_PAGE)


def _named(slug: str, known: Sequence[Topic | Publication]) -> Topic | Publication:
    found = next((one for one in known if one.slug == slug), None)
    return found or abort(404)


def _atom(title: str, path: str, page: str, summaries: Sequence[Summary], question: ArchiveQuestion) -> Response:
    site = settings()
    withdrawn = latest_withdrawals(reading(), question, _ENTRIES)
    entries = [
        {
            "id": _tag(site, summary),
            "url": permanent(site, summary),
            "summary": summary,
            "html": sanitised(summary.body_html),
        }
        for summary in summaries
    ]
    xml = render_template(
        "writing/archive/feed.xml",
        title=title,
        self_url=site.site_url + path,
        page_url=site.site_url + page,
        updated=max(
            (*(summary.updated_at for summary in summaries), *(each.at for each, _ in withdrawn)), default=_NEVER
        ),
        entries=entries,
        tombstones=[{"ref": _tag(site, summary), "withdrawal": each} for each, summary in withdrawn],
    )
    return Response(_NOT_XML.sub("", xml), mimetype="application/atom+xml")


def _tag(site: Settings, summary: Summary) -> str:
    # RFC 4151: stays the same when a headline, and with it the address, is changed; readers see no duplicate.
    return f"tag:{urlsplit(site.site_url).hostname},{summary.created_at:%Y-%m-%d}:summary/{summary.id}"


def _json_item(site: Settings, summary: Summary) -> dict[str, object]:
    item: dict[str, object] = {
        "id": _tag(site, summary),
        "url": permanent(site, summary),
        "title": summary.title,
        "content_html": sanitised(summary.body_html),
        "date_published": (summary.published_at or summary.created_at).isoformat(),
        "date_modified": summary.updated_at.isoformat(),
        "authors": [{"name": summary.publication.name}],
        "tags": [topic.name for topic in summary.topics],
    }
    if len(summary.sources) == 1:
        item["external_url"] = as_uri(summary.sources[0].url)
    return item

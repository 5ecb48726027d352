"""The archive for machines: Atom and JSON feeds. Their addresses come from SITE_URL alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from digest.domain.shared.iris import as_uri
from digest.operations.archive.browsing import ArchiveAnswer, Order, browse
from digest.operations.archive.feed_ids import feed_path, feed_root
from digest.storage.archive.beside import last_gone
from digest.storage.archive.published import ArchiveQuestion, archive_page, latest_summaries, latest_withdrawals
from digest.storage.writing.names import PUBLICATIONS, TOPICS, BriefName, NameKind, brief_names, named
from digest.storage.writing.publications import Publication, all_publications
from digest.storage.writing.summaries import Summary
from digest.storage.writing.topics import Topic, all_topics
from digest.web.archive import sitemap
from digest.web.archive.asking import Asked, asked_of
from digest.web.archive.feed_entries import FeedEntry, Tombstone, feed_entries, tombstones
from digest.web.archive.old_slugs import slug_now, with_slugs_of_today
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import reading, settings
from digest.web.shared.languages import language
from digest.web.shared.security import csrf

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
    summaries = latest_summaries(reading(), _ENTRIES)
    return _atom(settings().site_name, ("/feed.atom", "/feed.atom"), "/news", summaries, ArchiveQuestion())


@syndication.get("/topics/<slug>.atom")
def topic_atom(slug: str) -> Response | WerkzeugResponse:
    """The latest summaries about one topic."""
    if now := slug_now(TOPICS, slug):
        return redirect(f"/topics/{now}.atom", 301)
    topic = _named(slug, all_topics(reading()))
    question = ArchiveQuestion(topic=slug)
    page = archive_page(reading(), question, 1, _ENTRIES)
    title = f"{settings().site_name}: {topic.name}"
    paths = (f"/topics/{slug}.atom", feed_path(topic))
    return _atom(title, paths, f"/news?topic={slug}", page.summaries, question, topic.renamed_at)


@syndication.get("/publications/<slug>.atom")
def publication_atom(slug: str) -> Response | WerkzeugResponse:
    """The latest summaries of what one publication published."""
    if now := slug_now(PUBLICATIONS, slug):
        return redirect(f"/publications/{now}.atom", 301)
    publication = _named(slug, all_publications(reading()))
    question = ArchiveQuestion(publication=slug)
    page = archive_page(reading(), question, 1, _ENTRIES)
    title = f"{settings().site_name}: {publication.name}"
    paths = (f"/publications/{slug}.atom", feed_path(publication))
    return _atom(title, paths, f"/news?publication={slug}", page.summaries, question, publication.renamed_at)


@syndication.get("/feed.json")
def json_feed() -> Response:
    """The latest summaries as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""
    site, root = settings(), feed_root(reading(), settings())
    entries = feed_entries(reading(), site, root, latest_summaries(reading(), _ENTRIES))
    gone = tombstones(root, latest_withdrawals(reading(), ArchiveQuestion(), _ENTRIES))
    response = jsonify(
        version="https://jsonfeed.org/version/1.1",
        title=site.site_name,
        home_page_url=f"{site.site_url}/news",
        feed_url=f"{site.site_url}/feed.json",
        icon=f"{site.site_url}/favicon.svg",
        language=language().tag,
        authors=[{"name": site.site_name, "url": f"{site.site_url}/"}],
        items=[*map(json_item, entries), *map(_json_tombstone, gone)],
    )
    response.mimetype = "application/feed+json"
    return _dated(response, entries, gone)


@syndication.get("/news.atom")
def news_atom() -> Response:
    """A page of whatever is asked of the archive, the newest first."""
    asked, answer = _asked()
    paths = asked.path(asked.page, "/news.atom"), _lasting(asked).path(asked.page, "/news.atom")
    title = " · ".join([settings().site_name, *([f"“{asked.question.text}”"] if asked.question.text else [])])
    return _atom(title, paths, asked.path(asked.page), answer.summaries, asked.question)


@syndication.get("/news.json")
def news_json() -> Response:
    """The same as JSON Feed 1.1; `_digest` says how many there are, whether these have only some of the words, and
    whether they are the `whole` of what answers: not while much that was written lately is still to be indexed.
    """
    asked, answer = _asked()
    site, root = settings(), feed_root(reading(), settings())
    further = (
        {"next_url": site.site_url + asked.path(asked.page + 1, "/news.json")} if asked.page < answer.pages else {}
    )
    entries = feed_entries(reading(), site, root, answer.summaries)
    # What was withdrawn has no words left to be found by: as an item it would answer whatever words are asked for.
    tells_of_withdrawals = asked.page == 1 and not asked.question.text
    gone = tombstones(root, latest_withdrawals(reading(), asked.question, _ENTRIES)) if tells_of_withdrawals else []
    response = jsonify(
        version="https://jsonfeed.org/version/1.1",
        title=site.site_name,
        home_page_url=site.site_url + asked.path(asked.page),
        feed_url=site.site_url + asked.path(asked.page, "/news.json"),
        language=language().tag,
        _digest={"total": answer.total, "loosened": answer.loosened, "whole": answer.whole},
        items=[*map(json_item, entries), *map(_json_tombstone, gone)],
        **further,
    )
    response.mimetype = "application/feed+json"
    return response


def json_item(entry: FeedEntry) -> dict[str, object]:
    """A summary as an item of a JSON Feed; the publication, which no field of the standard is for, in `_digest`."""
    item: dict[str, object] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "tags": [name for _, name in entry.topics],
        "_digest": {
            "publication": entry.publication,
            "sources": [
                {"url": each.url, "title": each.title, "publication": each.publication} for each in entry.originals
            ],
        },
    }
    if len(entry.originals) == 1:
        item["external_url"] = entry.originals[0].url
    return item


def _json_tombstone(gone: Tombstone) -> dict[str, object]:
    # JSON Feed knows none: an item with the same id takes the place of the words that feed readers have.
    return {
        "id": gone.id,
        "title": "Withdrawn",
        "content_text": f"This summary was withdrawn. {gone.reason}",
        "date_modified": gone.at.isoformat(),
        "_digest": {"withdrawn_at": gone.at.isoformat(), "reason": gone.reason},
    }


def _asked() -> tuple[Asked, ArchiveAnswer]:
    """What is asked, and its answer. A feed brings what is new: the best of old would hide it."""
    args = with_slugs_of_today(request.args) or request.args
    asked = asked_of(args, brief_names(reading(), TOPICS), brief_names(reading(), PUBLICATIONS))
    if any(args.get(name, "").strip() and not there for name, there in asked.named().items()):
        abort(404)  # without it the feed would bring the whole archive
    return asked, browse(reading(), replace(asked.asking(), order=Order.DATE), asked.page, _A_PAGE)


def _lasting(asked: Asked) -> Asked:
    """The same with the slugs that its topic and publication had at first: ids are made of it."""
    topic, publication = _first_slug(TOPICS, asked.topic), _first_slug(PUBLICATIONS, asked.publication)
    return replace(asked, question=replace(asked.question, topic=topic, publication=publication))


def _first_slug(kind: NameKind, brief: BriefName | None) -> str:
    found = named(reading(), kind, brief.id) if brief else None
    return (found.feed_slug or found.slug) if found else ""


def _named(slug: str, known: Sequence[Topic | Publication]) -> Topic | Publication:
    found = next((one for one in known if one.slug == slug), None)
    return found or abort(404)


def _atom(
    title: str,
    paths: tuple[str, str],
    page: str,
    summaries: Sequence[Summary],
    question: ArchiveQuestion,
    renamed_at: datetime | None = None,
) -> Response:
    """A feed; `paths` are where it is today, and what its id is made of."""
    site, root = settings(), feed_root(reading(), settings())
    entries = feed_entries(reading(), site, root, summaries)
    gone = tombstones(root, latest_withdrawals(reading(), question, _ENTRIES))
    xml = render_template(
        "archive/feed.xml",
        title=title,
        feed_id=root + paths[1],
        self_url=as_uri(site.site_url + paths[0]),
        page_url=as_uri(site.site_url + page),
        updated=max((*(entry.updated for entry in entries), *(each.at for each in gone)), default=_NEVER),
        entries=entries,
        tombstones=gone,
    )
    return _dated(Response(_NOT_XML.sub("", xml), mimetype="application/atom+xml"), entries, gone, renamed_at)


def _dated(
    response: Response, entries: Sequence[FeedEntry], gone: Sequence[Tombstone], renamed_at: datetime | None = None
) -> Response:
    """The feed with the moment when anything in it last changed."""
    moments = [*(entry.changed for entry in entries), *(each.at for each in gone), renamed_at, last_gone(reading())]
    if changed := max(filter(None, moments), default=None):
        response.last_modified = changed
    return response

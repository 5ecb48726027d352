"""An address that an editor brings, by hand or by the bookmarklet. It ends on the lead that a feed would make of it."""

from __future__ import annotations

from dataclasses import dataclass

from digest.domain.shared.urls import safe_url
from digest.feeds.base.entries import Entry
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import PAGES, Unreachable
from digest.feeds.pages.articles import Article, article_of
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.sources.arriving import Candidate, arrive
from digest.storage.people.editors import Editor
from digest.storage.sources.inbox import lead_by_id

_PATIENCE = 10.0
"""Seconds that an editor waits for a stranger's page."""
_LARGEST = 5_000_000


@dataclass(frozen=True)
class FetchedArticle:
    """What was fetched for reference: the article, or why it could not be had."""

    url: str
    """Where it is; empty where it is nowhere that a reader can be sent to."""
    article: Article | None
    words: str = ""


def fetch_article(asker: Asker, url: str) -> FetchedArticle:
    """The article at the address, for an editor to read beside their own text. Keeps nothing; never raises."""
    try:
        answer = asker.get(safe_url(url), accept=PAGES, limit=_LARGEST, deadline=_PATIENCE)
    except ValueError as error:
        return FetchedArticle("", None, str(error))
    except Unreachable as error:
        return FetchedArticle(url, None, str(error))
    if answer.challenged:
        return FetchedArticle(url, None, "A wall against robots stands before it. Open it in your browser.")
    if answer.status != 200:
        return FetchedArticle(url, None, f"The site answers with status {answer.status}. Open it in your browser.")
    return FetchedArticle(url, article_of(answer.body, answer.content_type, answer.url))


def bring_address(context: Context, asker: Asker, url: str, title: str, editor: Editor) -> int:
    """Make a lead of an address, with what its page tells of itself; returns the lead's id.

    A page that can't be read does not stop it: then the given title, or the address, stands for it. What a feed has
    brought already is that lead, in the state it has. Raises Refused for what is no address of the web.
    """
    try:
        url = safe_url(url if "://" in url else f"https://{url}")
    except ValueError as error:
        raise Refused(str(error)) from None
    article = fetch_article(asker, url).article or Article()
    if article.wall in ("consent", "challenge"):
        article = Article()  # what it tells is told by the wall
    entry = Entry("", url, article.title or title.strip() or url, _beginning(article), article.published_at)
    candidate = Candidate(entry, article.publication, language=article.language, by=editor.email)
    with context.db.writing() as session:
        lead_id = arrive(context.within(session), [candidate]).lead_ids[0]
        if lead_id is None or lead_by_id(session, lead_id) is None:
            raise Refused("This address was a lead once, and is too old to be kept. Write a summary without it.")
    return lead_id


def _beginning(article: Article) -> str:
    """Its first words, without the headline that many pages repeat above them."""
    return " ".join(article.text.removeprefix(article.title).split())[:500]

"""An address that an editor brings, by hand or by the bookmarklet. It ends on the lead that a feed would make of it."""

from __future__ import annotations

from dataclasses import dataclass

from digest.domain.shared.urls import safe_url
from digest.domain.sources.canonical import canonical, is_home_page
from digest.feeds.base.entries import Entry
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import PAGES, Unreachable
from digest.feeds.pages.articles import Article, article_of
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.sources.arriving import Candidate, arrive
from digest.operations.sources.grouping import compare_at_once
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
    landed: str = ""
    """Where redirects led."""


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
    return FetchedArticle(url, article_of(answer.body, answer.content_type, answer.url), landed=answer.url)


def bring_address(context: Context, asker: Asker, url: str, title: str, editor: Editor) -> int:
    """Make a lead of an address, with what its page tells of itself; returns the lead's id.

    A page that can't be read does not stop it: then the given title, or the address, stands for it. What a feed has
    brought already is that lead, in the state it has: by this address, by where it redirects, or by the page's own word
    for its address. It is compared before this returns. Raises Refused for what is no address of the web.
    """
    try:
        url = safe_url(url if "://" in url else f"https://{url}")
    except ValueError as error:
        raise Refused(str(error)) from None
    found = fetch_article(asker, url)
    article, addresses = found.article or Article(), _addresses(url, found)
    if article.wall in _WALLS:
        article = Article()  # what it tells is told by the wall
    best, *also = addresses
    entry = Entry("", best, article.title or title.strip() or best, _beginning(article), article.published_at)
    candidate = Candidate(entry, article.publication, language=article.language, by=editor.email, also=tuple(also))
    with context.db.writing() as session:
        lead_id = arrive(context.within(session), [candidate]).lead_ids[0]
        if lead_id is None or lead_by_id(session, lead_id) is None:
            raise Refused("This address was a lead once, and is too old to be kept. Write a summary without it.")
    compare_at_once(context, lead_id, addresses)
    return lead_id


_WALLS = ("consent", "challenge")


def _addresses(url: str, found: FetchedArticle) -> list[str]:
    """All that lead to the page, the best one to link first: what it calls itself, where it is, what was brought."""
    if found.article is None or found.article.wall in _WALLS or is_home_page(found.landed):
        return [url]
    known = [found.landed, url] if canonical(found.landed) != canonical(url) else [url]
    own = found.article.canonical
    if not own or not _is_its_own(canonical(own), canonical(found.landed)):
        return known
    if canonical(own) == canonical(known[0]) and own.startswith("http:"):
        return known  # many a page still gives the address that it had before it was secure
    return [own, *known]


def _is_its_own(own: str, landed: str) -> bool:
    """Whether it can be the address of this very page: some sites give all of theirs their section's, or the first."""
    if own == landed:
        return True
    return "/" in own and not landed.startswith((f"{own}/", f"{own}?"))


def _beginning(article: Article) -> str:
    """Its first words, without the headline that many pages repeat above them."""
    return " ".join(article.text.removeprefix(article.title).split())[:500]

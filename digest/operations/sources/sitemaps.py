"""A page without a feed, read through its site's sitemap: what is new there since the first look becomes leads.

A sitemap names everything that a site has, mostly without titles, and with the days on which pages were changed. So all
addresses are remembered, and a page that is new is asked for once, for its title and its date.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

from digest.domain.sources.answers import AnswerOutcome, outcome_of
from digest.domain.sources.canonical import canonical
from digest.domain.sources.states import SourceKind
from digest.feeds.base.entries import Bulletin, Entry, UnreadableDocument
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import PAGES, Unreachable, Validators, WebAnswer
from digest.feeds.listings.robots import may_ask, robots_address, sitemaps_named, usual_sitemaps
from digest.feeds.listings.sitemap_recipes import SitemapRecipe, as_sitemap_json
from digest.feeds.listings.sitemaps import SitemapIndex, read_sitemap, words_of
from digest.feeds.pages.articles import article_of
from digest.operations.shared.refusal import Refused
from digest.operations.sources.asking import Heard, heard_of_status
from digest.operations.sources.finding import FoundSource, Search, whole_address

FIRST_TIME = timedelta(days=14)
"""Of a sitemap read for the first time so much is leads, and of that only what has a date."""
_AT_FIRST, _AT_ONCE = 30, 50
"""New entries of one look; a site that gives all its pages new addresses must not fill the inbox."""
_MOST_SITEMAPS = 5
_FEWEST_UNDER = 3
_MEMORY = 100_000
_HASH = 8


@dataclass(frozen=True)
class Titling:
    """How many new pages may be asked for their titles, and for how many seconds in all."""

    most: int
    seconds: float


FOR_AN_EDITOR = Titling(5, 8.0)
FOR_THE_POLLER = Titling(10, 40.0)
_A_PAGE = 8.0
_ROBOTS = "text/plain, */*;q=0.1"


def find_sitemap(search: Search, address: str) -> FoundSource:
    """The sitemap of the site that a page is on, the one that has the page's own section first. Raises Refused.

    Few requests: one for robots.txt, and for up to five sitemaps. In what is found, the words of an address stand for a
    title; `heard` has it as it came.
    """
    page = whole_address(address)
    beside = None
    for where in _sitemaps_of(search, page)[:_MOST_SITEMAPS]:
        if search.is_over():
            break
        for found in _in_turn(search, page, where):
            if found.bulletin.entries and _recipe(found).under:
                return found
            beside = beside or (found if found.bulletin.entries else None)
    if beside is None:
        raise Refused(
            f"No sitemap was found for {page}: neither its site’s robots.txt names one, nor is one at /sitemap.xml. "
            "Choose an item on the page as an example instead."
        )
    return beside


def with_first_look(asker: Asker, found: FoundSource, now: datetime) -> FoundSource:
    """The same with what its first look brings: what has a date within 14 days, with titles, and all as seen."""
    bulletin = found.heard.bulletin or found.bulletin
    return replace(found, heard=_looked(asker, found.heard, bulletin, None, now, FOR_AN_EDITOR))


def dated_lately(entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """What a first look brings."""
    return [entry for entry in entries if entry.published_at and now - FIRST_TIME <= entry.published_at][:_AT_FIRST]


def hear_sitemap(asker: Asker, answer: WebAnswer, recipe: SitemapRecipe, memory: bytes | None, now: datetime) -> Heard:
    """What a sitemap that is watched has answered: what is new since the last look. Never raises for what it says."""
    heard = heard_of_status(answer)
    if heard.outcome is not AnswerOutcome.READ:
        return heard
    try:
        read = read_sitemap(answer.body, answer.content_type, answer.url)
    except UnreadableDocument as error:
        return replace(heard, words=f"Its sitemap can’t be read. {error}")
    try:
        bulletin, recipe = _followed(asker, read, recipe)
    except (UnreadableDocument, Unreachable) as error:
        # As if the index had not been read, so that it comes again: its sitemap may hold what is new.
        return Heard(AnswerOutcome.FAILED, f"Its sitemap can’t be read. {error}", heard.host)
    heard = replace(heard, recipe=as_sitemap_json(recipe))
    if bulletin is None:  # of an index, and its newest sitemap is as it was
        return heard
    return _looked(asker, heard, _within(bulletin, recipe.under), memory, now, FOR_THE_POLLER)


def _sitemaps_of(search: Search, page: str) -> tuple[str, ...]:
    robots = robots_address(page)
    try:
        answer = search.asker.get(robots, accept=_ROBOTS, deadline=search.patience())
    except Unreachable as error:
        raise Refused(str(error)) from None
    named = sitemaps_named(answer.body, answer.url) if answer.status == 200 else ()
    return named or usual_sitemaps(page)


def _in_turn(search: Search, page: str, where: str) -> Iterator[FoundSource]:
    """What this sitemap brings; of an index that does not say what changed last, each of a few that it names."""
    try:
        answer = search.asker.get(where, accept=PAGES, deadline=search.patience())
        if outcome_of(answer.status, answer.challenged) is not AnswerOutcome.READ:
            return
        read = read_sitemap(answer.body, answer.content_type, answer.url)
        if isinstance(read, SitemapIndex) and not read.dated:
            named = sorted(read.urls, key=lambda url: not _is_of_news(url))
            for child in named[: _MOST_SITEMAPS - 1]:
                if not search.is_over() and child != where:
                    yield from _flat(search, page, child)
            return
        bulletin, recipe = _followed(search.asker, read, SitemapRecipe())
    except (Unreachable, UnreadableDocument, ValueError):
        return
    if bulletin:
        yield _found(page, where, answer, bulletin, recipe)


def _flat(search: Search, page: str, where: str) -> Iterator[FoundSource]:
    answer = search.asker.get(where, accept=PAGES, deadline=search.patience())
    if outcome_of(answer.status, answer.challenged) is AnswerOutcome.READ:
        read = read_sitemap(answer.body, answer.content_type, answer.url)
        if isinstance(read, Bulletin):
            yield _found(page, where, answer, read, SitemapRecipe())


def _found(page: str, where: str, answer: WebAnswer, bulletin: Bulletin, recipe: SitemapRecipe) -> FoundSource:
    recipe = replace(recipe, under=_section(page, bulletin.entries))
    bulletin = _within(bulletin, recipe.under)
    heard = replace(heard_of_status(answer), bulletin=bulletin, recipe=as_sitemap_json(recipe))
    named = tuple(replace(entry, title=entry.title or words_of(entry.url)) for entry in bulletin.entries)
    return FoundSource(SourceKind.PAGE, page, heard, replace(bulletin, entries=named), where, recipe)


def _recipe(found: FoundSource) -> SitemapRecipe:
    return found.sitemap or SitemapRecipe()


_NEWS_WORDS = ("news", "press", "post", "article", "decision", "publication", "meldung", "actualit", "noticia")


def _is_of_news(url: str) -> bool:
    return any(word in urlsplit(url).path.lower() for word in _NEWS_WORDS)


def _followed(
    asker: Asker, read: Bulletin | SitemapIndex, recipe: SitemapRecipe
) -> tuple[Bulletin | None, SitemapRecipe]:
    """What a sitemap brings; of an index, the one that changed last, and None where that is as it was."""
    if isinstance(read, Bulletin):
        return read, recipe
    if not read.urls:
        raise UnreadableDocument("It is an index that names no sitemap.")
    child = read.urls[0]
    known = Validators(recipe.etag, recipe.last_modified) if child == recipe.child else Validators()
    inner = asker.get(child, accept=PAGES, validators=known)
    if inner.status == 304:
        return None, recipe
    if outcome_of(inner.status, inner.challenged) is not AnswerOutcome.READ:
        raise UnreadableDocument(f"The sitemap that its index names, {child[:200]}, answers {inner.status}.")
    bulletin = read_sitemap(inner.body, inner.content_type, inner.url)
    if isinstance(bulletin, SitemapIndex):
        raise UnreadableDocument("Its index names an index, which the protocol does not have.")
    given = inner.validators
    return bulletin, SitemapRecipe(recipe.under, child, given.etag, given.last_modified)


def _section(page: str, entries: Sequence[Entry]) -> str:
    """The beginning of the paths of what lies under the page, empty where too little does."""
    path = urlsplit(page).path
    for under in (f"{path.rstrip('/')}/", f"{path.rpartition('.')[0]}/"):
        if len(under) > 1 and sum(_is_under(entry.url, under) for entry in entries) >= _FEWEST_UNDER:
            return under
    return ""


def _is_under(url: str, under: str) -> bool:
    path = urlsplit(url).path
    return path.startswith(under) and len(path) > len(under)


def _within(bulletin: Bulletin, under: str) -> Bulletin:
    entries = tuple(entry for entry in bulletin.entries if _is_under(entry.url, under)) if under else bulletin.entries
    return replace(bulletin, entries=entries)


def _looked(
    asker: Asker, heard: Heard, bulletin: Bulletin, memory: bytes | None, now: datetime, titling: Titling
) -> Heard:
    keys = [_key(entry.url) for entry in bulletin.entries]
    if memory is None:
        fresh = [
            entry for entry in _titled(asker, dated_lately(bulletin.entries, now), titling) if _is_late(entry, now)
        ]
        return replace(heard, bulletin=bulletin, fresh=tuple(fresh), seen=b"".join(keys))
    known = {memory[start : start + _HASH] for start in range(0, len(memory), _HASH)}
    new = [entry for entry, key in zip(bulletin.entries, keys, strict=True) if key not in known]
    remark = ""
    if len(new) > _AT_ONCE:
        remark = (
            f"{len(new):,} addresses were new at once, as after a site is made again; the newest {_AT_ONCE} "
            f"became leads."
        )
    fresh = _titled(asker, new[:_AT_ONCE], titling)
    seen = known.union(keys) if len(known) + len(new) <= _MEMORY else set(keys)
    return replace(heard, bulletin=bulletin, fresh=tuple(fresh), seen=b"".join(sorted(seen)), remark=remark)


def _key(url: str) -> bytes:
    return blake2b(canonical(url).encode(), digest_size=_HASH).digest()


def _is_late(entry: Entry, now: datetime) -> bool:
    """Whether it is no old page that was only changed lately, as far as the page itself says."""
    return entry.published_at is None or entry.published_at >= now - FIRST_TIME


def _titled(asker: Asker, entries: Sequence[Entry], titling: Titling) -> list[Entry]:
    """These entries with titles: the news sitemap's, else those of some of the pages, else the words of the address.

    A page is asked once, when it is new: its title and first words are what stories are found by, and its own date
    says whether it is new at all. How many are asked is bounded, since each is a request and a second. No person chose
    them, so robots.txt is heeded.
    """
    ends, asked, found, robots = time.monotonic() + titling.seconds, 0, [], _Robots(asker)
    for entry in entries:
        told = entry
        if not entry.title and asked < titling.most and time.monotonic() < ends and robots.let(entry.url):
            told, asked = _told(asker, entry), asked + 1
        found.append(replace(told, title=told.title or words_of(entry.url)))
    return found


class _Robots:
    """The robots.txt of a site or two, each asked once for a look."""

    _MOST = 2

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._said: dict[str, bytes | None] = {}

    def let(self, url: str) -> bool:
        """Whether the site of this address lets us ask for it; not where that can't be known."""
        where = robots_address(url)
        if where not in self._said:
            if len(self._said) >= self._MOST:
                return False
            self._said[where] = self._ask(where)
        said = self._said[where]
        return said is not None and may_ask(said, url)

    def _ask(self, where: str) -> bytes | None:
        """What it says; nothing where there is none (RFC 9309, 2.3.1.3), None where it can't be had."""
        try:
            answer = self._asker.get(where, accept=_ROBOTS, deadline=_A_PAGE)
        except Unreachable:
            return None
        if answer.challenged or answer.status == 429 or answer.status >= 500:
            return None
        return answer.body if answer.status == 200 else b""


def _told(asker: Asker, entry: Entry) -> Entry:
    try:
        answer = asker.get(entry.url, accept=PAGES, deadline=_A_PAGE)
    except Unreachable:
        return entry
    if answer.status != 200 or answer.challenged:
        return entry
    article = article_of(answer.body, answer.content_type, answer.url)
    if article.wall in ("consent", "challenge"):
        return entry
    lede = " ".join(article.text.removeprefix(article.title).split())[:500]
    return replace(entry, title=article.title, lede=lede, published_at=article.published_at or entry.published_at)

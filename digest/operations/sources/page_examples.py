"""A page without a feed: which of its links an editor may point at, and what it brings by the example that they gave.

Asks strangers, and touches no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.domain.sources.answers import AnswerOutcome
from digest.domain.sources.states import SourceKind
from digest.feeds.base.entries import UnreadableDocument
from digest.feeds.fetching.fetcher import PAGES, Unreachable, WebAnswer
from digest.feeds.listings.examples import Example, NoSuchExample
from digest.feeds.listings.listing import learn
from digest.feeds.listings.page_links import ListedLink, numbered_links
from digest.feeds.listings.recipes import as_json
from digest.operations.shared.refusal import Refused
from digest.operations.sources.asking import heard
from digest.operations.sources.finding import FoundSource, Search


@dataclass(frozen=True)
class PageOffer:
    """A page as an editor chooses on it: its links, the likeliest items first, and what it would bring."""

    url: str
    links: Sequence[ListedLink]
    found: FoundSource


def offer_page(search: Search, url: str, examples: Sequence[str] = ()) -> PageOffer:
    """What the page at `url` brings by itself, or by these links of it as examples. Raises Refused."""
    answer = _answer(search, url)
    try:
        links = numbered_links(answer.body, answer.content_type, answer.url)
        recipe = ""
        if examples:
            shown = tuple(Example(example) for example in examples)
            recipe = as_json(learn(answer.body, answer.content_type, answer.url, shown))
    except (UnreadableDocument, NoSuchExample) as error:
        raise Refused(str(error)) from None
    said = heard(answer, SourceKind.PAGE, recipe)
    if said.bulletin is None:
        raise Refused(said.words or "No list of items was found on this page.")
    found = FoundSource(SourceKind.PAGE, url, replace(said, recipe=recipe or said.recipe), said.bulletin)
    return PageOffer(url, links, found)


def _answer(search: Search, url: str) -> WebAnswer:
    try:
        answer = search.asker.get(url, accept=PAGES, deadline=search.patience())
    except Unreachable as error:
        raise Refused(str(error)) from None
    said = heard(answer, SourceKind.PAGE, "")
    if said.outcome is not AnswerOutcome.READ:
        raise Refused(said.words or f"The page answers with status {answer.status}.")
    return answer

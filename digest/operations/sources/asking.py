"""Asking a source once: one request and what it says, read. Knows no transaction; what comes back is written later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.domain.sources.answers import (
    CHALLENGED,
    CHANGED_MAKE_UP,
    GONE,
    NOTHING_LISTED,
    AnswerOutcome,
    outcome_of,
    status_in_words,
)
from digest.domain.sources.hosts import host_of
from digest.domain.sources.states import SourceKind
from digest.feeds.base.entries import Bulletin, Entry, UnreadableDocument
from digest.feeds.fetching.fetcher import FEEDS, PAGES, Fetcher, Unreachable, Validators, WebAnswer
from digest.feeds.listings.listing import read_listing
from digest.feeds.listings.recipes import as_json, recipe_from
from digest.feeds.parsing.documents import parse
from digest.storage.sources.polling import PolledSource

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds for a whole answer."""


@dataclass(frozen=True)
class Heard:
    """What came of one request. `words` say why it is no good, for an editor; empty if it is."""

    outcome: AnswerOutcome
    words: str = ""
    host: str = ""
    """Which host answered; after redirects it may be another than was asked."""
    validators: Validators | None = None
    """What the answer gave; None where it is none that replaces them."""
    moved_to: str = ""
    retry_after: datetime | None = None
    fresh_for: timedelta = timedelta()
    bulletin: Bulletin | None = None
    recipe: str = ""
    """Of a page: how its items were found, where that is new."""
    fresh: tuple[Entry, ...] = ()
    """Of a sitemap: which of its entries are new."""
    seen: bytes | None = None
    """Of a sitemap: all addresses that it has had, to be remembered; None for whatever is read as a whole."""
    remark: str = ""
    """What to say of a source that is well, beside that it is."""


ReadAnswer = Callable[[WebAnswer], Heard]
"""Says what an answer says of the source that was asked."""


def ask(fetcher: Fetcher, source: PolledSource, now: datetime, read: ReadAnswer) -> Heard:
    """Ask a source, conditionally if it ever gave validators. Never raises."""
    accept = PAGES if source.kind == SourceKind.PAGE else FEEDS
    validators = Validators(source.etag, source.last_modified)
    try:
        answer = fetcher.get(source.fetch_url, accept=accept, validators=validators, deadline=PATIENCE, now=now)
        return read(answer)
    except Unreachable as error:
        return Heard(AnswerOutcome.FAILED, str(error), host_of(source.fetch_url))
    except Exception:
        # What one publisher sends must not end the round of all others.
        log.exception("source %s: what it sent could not be dealt with", source.id)
        return Heard(
            AnswerOutcome.FAILED,
            "What it sent could not be dealt with; the log says more. It is tried again by itself.",
            host_of(source.fetch_url),
        )


def heard(answer: WebAnswer, kind: str, recipe: str) -> Heard:
    """What an answer says of a source of this kind."""
    found = heard_of_status(answer)
    return _read(answer, found, kind, recipe) if found.outcome is AnswerOutcome.READ else found


def heard_of_status(answer: WebAnswer) -> Heard:
    """What an answer says of a source, before its body is read."""
    outcome, host = outcome_of(answer.status, answer.challenged), host_of(answer.url)
    if outcome in (AnswerOutcome.UNCHANGED, AnswerOutcome.READ):
        return Heard(outcome, "", host, answer.validators, answer.moved_to, fresh_for=answer.fresh_for)
    words = {AnswerOutcome.CHALLENGED: CHALLENGED, AnswerOutcome.GONE: GONE}.get(outcome) or status_in_words(
        answer.status
    )
    return Heard(outcome, words, host, retry_after=answer.retry_after)


def _read(answer: WebAnswer, so_far: Heard, kind: str, recipe: str) -> Heard:
    words, bulletin, found = "", None, ""
    try:
        if kind == SourceKind.PAGE:
            bulletin, found, words = _listed(answer, recipe)
        else:
            bulletin = parse(answer.body, answer.content_type, answer.url)
    except (UnreadableDocument, ValueError) as error:
        words = f"What it sends can’t be read. {error}"
    return replace(so_far, words=words, bulletin=bulletin, recipe=found)


def _listed(answer: WebAnswer, recipe: str) -> tuple[Bulletin, str, str]:
    known = recipe_from(recipe) if recipe else None
    listing = read_listing(answer.body, answer.content_type, answer.url, known)
    if known:
        return listing.bulletin, "", CHANGED_MAKE_UP if listing.changed else ""
    if listing.recipe is None:
        return listing.bulletin, "", NOTHING_LISTED
    return listing.bulletin, as_json(listing.recipe), ""

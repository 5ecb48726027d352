"""What an editor says of sources: watch this, pause, go on, stop watching, look now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.domain.issues.manuscript import LONGEST_PUBLICATION
from digest.domain.people.acts import Act
from digest.domain.shared.slugs import slugify
from digest.domain.sources.answers import NEVER_CHECKED, NOT_ASKED, NOTHING_RECEIVED, well_in_words
from digest.domain.sources.hosts import host_of
from digest.domain.sources.politeness import RequestMade, pledged
from digest.domain.sources.states import SourceKind, SourceState
from digest.feeds.listings.sitemap_recipes import sitemap_recipe_from
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.sources.collecting import Poller, poll_one
from digest.operations.sources.finding import FoundSource
from digest.operations.sources.hosts import POLLING
from digest.operations.sources.noting import AnswerNoted, note
from digest.operations.sources.turns import may_be_asked_early
from digest.operations.writing.meaning import Meant, Said, publication_meant
from digest.storage.base.database import one_at_a_time
from digest.storage.running.demo_marks import demo_ids
from digest.storage.sources.leads import move_leads
from digest.storage.sources.polling import DueMinutes, standing_of_hosts, these_sources
from digest.storage.sources.source_list import replace_topics, source_at
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import Publication, publication_named
from digest.storage.writing.topics import topics_named

_LONGEST_LANGUAGE = 35
_MOST_TOPICS, _LONGEST_TOPIC = 10, 100
NOT_SOONER = timedelta(minutes=1)
"""Between the last request and an editor's “check now”."""


@dataclass(frozen=True)
class Watched:
    """A source that is watched now; `is_new` unless it was before."""

    id: int
    kind: str
    url: str
    publication: str
    entries: int
    new_leads: int
    is_new: bool
    looks_like: tuple[str, ...] = ()
    """Names like that of its publication, where that was made by its own title."""


def watch(
    context: Context, found: FoundSource, publication: str = "", by: str = "", said: Said | None = None
) -> Watched | Meant:
    """Watch what was found, from what it has just answered: that was its first check, and is not repeated.

    `publication` is a name; without one the source's own title stands in for it. Its last 14 days become leads. Where
    a name is new, and nobody has `said` what is meant, nothing is watched, and what is to be asked comes back; but a
    source's own title is nobody's typo.
    """
    with context.db.writing() as session:
        one_at_a_time(session, POLLING)
        if known := source_at(session, {found.url}):
            new = _learn(context.within(session), known, found)
            return _watched(session, known, new, is_new=False)
        meant = publication_meant(session, name_for(found, publication), said)
        if meant.is_new and publication.strip():
            return meant
        source = WatchedSource(
            kind=found.kind,
            publication_id=publication_named(session, meant.name).id,
            url=found.url,
            fetch_url=found.fetch_url or found.url,
            added_at=context.now,
            added_by=by[:254],
            checked_at=context.now,
            next_at=context.now,
            asks=1,
        )
        session.add(source)
        session.flush()
        noted = note(context.within(session), source, found.heard, DueMinutes(session, context.now))
        audit.note(context.within(session), by, Act.WATCHED, _in_words(meant.name, source))
        return replace(_watched(session, source, noted.new_leads, is_new=True), looks_like=meant.nearest)


def name_for(found: FoundSource, publication: str) -> str:
    """The publication that is meant where this is typed: else what the source calls itself."""
    return " ".join((publication.strip() or found.bulletin.title or host_of(found.url)).split())[:200]


def _learn(work: Work, known: WatchedSource, found: FoundSource) -> int:
    """Find a page's items from now on by the example that was shown anew; how many new leads that brings."""
    if not (known.kind == found.kind == SourceKind.PAGE and found.heard.recipe):
        return 0
    if found.fetch_url or sitemap_recipe_from(known.recipe):  # it is another document from now on
        known.fetch_url = found.fetch_url or found.url
    known.recipe, known.checked_at = found.heard.recipe, work.now
    return note(work, known, found.heard, DueMinutes(work.session, work.now)).new_leads


def already_watched(context: Context, address: str) -> Watched | None:
    """The source at this address, if there is one: then nobody need be asked."""
    with context.db.reading() as session:
        known = source_at(session, {address, f"https://{address}"})
        return _watched(session, known, 0, is_new=False) if known else None


def pause_source(context: Context, source_id: int, by: str = "") -> None:
    """Ask it no more until somebody says so. Raises Refused if it is not there any more."""
    with context.db.writing() as session:
        source = _source(session, source_id)
        source.state, source.next_at, source.paused_by = SourceState.PAUSED, None, by[:254]
        source.words = f"Paused by {by}." if by else "Paused."
        _note(context.within(session), by, Act.PAUSED, source)


def resume_source(context: Context, source_id: int, by: str = "") -> None:
    """Ask again what was paused, or gone, as soon as is polite. Raises Refused if it is not there any more."""
    with context.db.writing() as session:
        source = _source(session, source_id)
        if source.state not in (SourceState.PAUSED, SourceState.GONE):
            return
        _note(context.within(session), by, Act.UNPAUSED, source)
        source.state = SourceState.OK if source.ok_at else SourceState.NEW
        if source.kind == SourceKind.MAIL:
            gap = timedelta(seconds=source.usual_gap)
            source.words, source.paused_by = well_in_words(gap) if source.ok_at else NOTHING_RECEIVED, ""
            return
        source.words, source.paused_by = NEVER_CHECKED if source.ok_at is None else "", ""
        source.failures, source.failing_since = 0, None
        source.next_at = _soonest(context.within(session), source)


@dataclass(frozen=True)
class SourceDescription:
    """What an editor says of a source. `language` is empty where it is unknown; new topics are made."""

    publication: str
    topics: tuple[str, ...] = ()
    language: str = ""
    subscription_needed: bool = False


def describe_source(
    context: Context, source_id: int, told: SourceDescription, by: str, said: Said | None = None
) -> Meant | None:
    """Keep what is told of the source; the leads that it brought go to its new publication with it.

    Where that is new, and nobody has `said` what is meant, nothing is kept, and what is to be asked comes back. Raises
    Refused.
    """
    _must_fit(told)
    with context.db.writing() as session:
        source = _source(session, source_id)
        meant = publication_meant(session, " ".join(told.publication.split()), said)
        if meant.is_new:
            return meant
        before, publication = source.publication_id, publication_named(session, meant.name)
        if before != publication.id:
            source.publication_id = publication.id
            move_leads(session, source.id, before, publication.id)
        source.language, source.subscription_needed = told.language, told.subscription_needed
        replace_topics(session, source.id, topics_named(session, told.topics))
        session.flush()
        _note(context.within(session), by, Act.DESCRIBED, source)
    return None


def _must_fit(told: SourceDescription) -> None:
    language = told.language
    if len(language) > _LONGEST_LANGUAGE or (not language.replace("-", "").isalnum() and language):
        raise Refused(f"“{language[:40]}” is no language. Write it as en, de or pt-BR.")
    if not told.publication.strip():
        raise Refused("Give the publication’s name: its leads come under it.")
    if len(told.publication) > LONGEST_PUBLICATION:
        raise Refused(f"The publication’s name has {len(told.publication)} characters; {LONGEST_PUBLICATION} fit.")
    if len(told.topics) > _MOST_TOPICS or any(len(topic) > _LONGEST_TOPIC for topic in told.topics):
        raise Refused(f"A source has {_MOST_TOPICS} topics at most, of {_LONGEST_TOPIC} characters each.")
    if unfit := next((topic for topic in told.topics if not slugify(topic)), ""):
        raise Refused(f"“{unfit}” is no topic: it needs at least one letter or digit.")


def stop_watching(context: Context, source_id: int, by: str = "") -> None:
    """Take a source away; its leads stay, and what was made of them. Nothing happens if it is gone already."""
    with context.db.writing() as session:
        if source := session.get(WatchedSource, source_id):
            _note(context.within(session), by, Act.UNWATCHED, source)
            session.delete(source)


def check_now(poller: Poller, source_id: int) -> AnswerNoted:
    """Ask one source before it is due. Raises Refused, with when, where that would be impolite."""
    _may_be_checked(poller.context(), source_id)
    noted = poll_one(poller, source_id)
    if noted is None:
        raise Refused("It is being asked at this moment. Look again in half a minute.")
    return noted


def _may_be_checked(context: Context, source_id: int) -> None:
    with context.db.reading() as session:
        row = _source(session, source_id)
        if row.kind == SourceKind.MAIL:
            raise Refused(NOT_ASKED)
        if row.state in (SourceState.PAUSED, SourceState.GONE):
            raise Refused("It is not asked any more. Resume it first.")
        if source_id in demo_ids(session, "sources"):
            raise Refused("It belongs to the demo, whose publications are invented, so nobody asks it. Add a real one.")
        host = host_of(row.fetch_url)
        standing = standing_of_hosts(session, context.now, {host})[host]
        if standing.held(context.now) and standing.not_before:
            raise Refused(f"{host} asked us to come later: {_when(standing.not_before)}.")
        if row.checked_at and row.checked_at + NOT_SOONER > context.now:
            raise Refused(f"It was asked within the last minute. Ask again after {_when(row.checked_at + NOT_SOONER)}.")
        source = next(iter(these_sources(session, context.now, {source_id})), None)
        if source and not may_be_asked_early(source, context.now):
            due = _when(_soonest(context.within(session), row))
            raise Refused(f"It can’t say whether anything is new, so it is asked once a day at most: after {due}.")


def _soonest(work: Work, source: WatchedSource) -> datetime:
    if source.checked_at is None:
        return work.now
    asked = RequestMade(source.url, source.checked_at, work.settings.feed_interval)
    return max(work.now, pledged(asked, bool(source.etag or source.last_modified)))


def _when(moment: datetime) -> str:
    return f"{moment:%-d %B, %H:%M} UTC"


def _note(work: Work, by: str, act: Act, source: WatchedSource) -> None:
    name = work.session.get_one(Publication, source.publication_id).name
    audit.note(work, by, act, _in_words(name, source))


def _in_words(publication: str, source: WatchedSource) -> str:
    """A source as the audit log names it: a newsletter without its address, which is its key."""
    return f"{publication}: {'its newsletter' if source.kind == SourceKind.MAIL else source.url}"


def _source(session: Session, source_id: int) -> WatchedSource:
    source = session.get(WatchedSource, source_id)
    if source is None:
        raise Refused("This source is not watched any more. Reload the page.")
    return source


def _watched(session: Session, source: WatchedSource, new_leads: int, is_new: bool) -> Watched:
    name = session.get_one(Publication, source.publication_id).name
    return Watched(source.id, source.kind, source.url, name, source.entries, new_leads, is_new)

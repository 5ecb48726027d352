"""Lists of sources as OPML: brought in as one, or taken along. Folders are topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from digest.domain.people.acts import Act
from digest.domain.shared.urls import safe_url
from digest.domain.sources.answers import NEVER_CHECKED
from digest.domain.sources.hosts import host_of
from digest.domain.sources.states import SourceKind
from digest.feeds.parsing.opml import Outline, read_opml, write_opml
from digest.mail.message.templating import counted
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.sources.hosts import POLLING
from digest.storage.base.database import one_at_a_time
from digest.storage.sources.source_list import SourceLine, give_topics, known_addresses, source_lines
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import publication_ids
from digest.storage.writing.topics import topics_named

_TOPICS = 5
QUARTER = timedelta(days=91)
"""So far back a source's used leads are counted."""


@dataclass(frozen=True)
class ImportedSources:
    """What became of the lines of a list; `refused` has each line's place and the reason."""

    added: int
    already_there: int
    refused: Sequence[tuple[str, str]] = ()


def import_sources(context: Context, body: bytes, by: str = "") -> ImportedSources:
    """Watch every feed of an OPML file, in one transaction; what is watched already stays as it is.

    A feed's title is its publication's name, its folders are its topics. None is asked before the next round. Raises
    UnreadableDocument for what is no OPML.
    """
    outlines = read_opml(body).outlines
    with context.db.writing() as session:
        one_at_a_time(session, POLLING)
        work = context.within(session)
        known = known_addresses(session)
        fresh, there, refused = _sorted_out(outlines, known)
        names = {outline.url: _name(outline) for outline in fresh}
        publications = publication_ids(session, sorted(set(names.values()))) if names else {}
        for outline in fresh:
            _add(work, outline, publications[names[outline.url]], by)
        if fresh:
            audit.note(work, by, Act.IMPORTED, counted(len(fresh), "source", "sources"))
    return ImportedSources(len(fresh), there, refused)


def export_sources(context: Context, title: str, dated: bool = True) -> bytes:
    """All feeds as OPML, each under its topics; `dated`: with this moment in its head."""
    feeds = [_outline(line) for line in listed_sources(context) if line.kind == SourceKind.FEED]
    return write_opml(feeds, title, context.now if dated else None)


def listed_sources(context: Context) -> list[SourceLine]:
    """Every source and how it is doing, by publication."""
    with context.db.reading() as session:
        return source_lines(session, context.now - QUARTER)


def _sorted_out(outlines: Sequence[Outline], known: set[str]) -> tuple[list[Outline], int, list[tuple[str, str]]]:
    fresh: dict[str, Outline] = {}
    there, refused = 0, []
    for outline in outlines:
        if outline.url in fresh:
            there += 1
            first = fresh[outline.url]  # some readers have a feed in several folders
            fresh[outline.url] = replace(first, topics=tuple(dict.fromkeys((*first.topics, *outline.topics)))[:_TOPICS])
        elif outline.url in known:
            there += 1
        elif reason := outline.refused or _fault_in(outline.url):
            refused.append((f"line {outline.line}", f"{outline.title}: {reason}"))
        else:
            fresh[outline.url] = outline
    return list(fresh.values()), there, refused


def _fault_in(url: str) -> str:
    try:
        safe_url(url)
    except ValueError as error:
        return str(error)
    return ""


def _name(outline: Outline) -> str:
    return (" ".join(outline.title.split()) or host_of(outline.url))[:200]


def _add(work: Work, outline: Outline, publication_id: int, by: str) -> None:
    source = WatchedSource(
        kind=SourceKind.PAGE if outline.is_page else SourceKind.FEED,
        publication_id=publication_id,
        url=outline.url,
        fetch_url=outline.url,
        title=outline.title[:300],
        home=outline.home if len(outline.home) <= 2_000 else "",
        words=NEVER_CHECKED,
        added_at=work.now,
        added_by=by[:254],
        next_at=work.now,
    )
    work.session.add(source)
    work.session.flush()
    give_topics(work.session, source.id, topics_named(work.session, [name[:100] for name in outline.topics]))


def _outline(line: SourceLine) -> Outline:
    return Outline(0, line.url, line.publication, line.home, line.topics)

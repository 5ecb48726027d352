"""The cast: rows that tests begin with, made with believable defaults."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy import insert

from digest.config import Settings
from digest.domain.shared import addresses
from digest.domain.shared.slugs import slugify
from digest.domain.shared.tokens import fingerprint, new_key
from digest.domain.sources.states import SourceKind
from digest.domain.writing import markup
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, issue_on, last_closing
from digest.storage.issues.selections import append_selection
from digest.storage.people.editors import Editor
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.sources.leads import Lead
from digest.storage.sources.sources import WatchedSource
from digest.storage.sources.stories import Story
from digest.storage.writing.publications import publication_named
from digest.storage.writing.summaries import SourceLink, Summary
from digest.storage.writing.topics import topics_named

_MADE = datetime(2024, 1, 8, 9, 0, tzinfo=UTC)
_numbers = count(1)


def count_anew() -> None:
    """For a fresh database: what is made for it has the names as in any other, and what comes of it can be kept."""
    global _numbers
    _numbers = count(1)


def make_subscriber(
    db: Database,
    settings: Settings,
    email: str = "",
    state: SubscriberState = SubscriberState.CONFIRMED,
    topics: str = "",
) -> Subscriber:
    """A reader, confirmed unless said otherwise."""
    address = addresses.parse(email or f"reader{next(_numbers)}@example.org")
    with db.writing() as session:
        subscriber = Subscriber(
            email=address.shown,
            address=address.key,
            address_hash=fingerprint(address.key, settings.suppression_key),
            state=state,
            link_key=new_key(),
            topics=topics,
            created_at=_MADE,
            confirmed_at=None if state is SubscriberState.PENDING else _MADE,
            unsubscribed_at=_MADE if state is SubscriberState.UNSUBSCRIBED else None,
        )
        session.add(subscriber)
    return subscriber


def make_readers(db: Database, settings: Settings, how_many: int) -> list[str]:
    """So many confirmed readers; returns their addresses."""
    made = [f"reader{number:06d}@example.org" for number in range(how_many)]
    with db.writing() as session:
        session.execute(insert(Subscriber), [_confirmed(settings, address) for address in made])
    return made


def hold_reader(db: Database, settings: Settings, address: str) -> None:
    """A confirmed reader at what no version takes in now: the row is put there past every check."""
    with db.writing() as session:
        session.add(Subscriber(**_confirmed(settings, address)))


def _confirmed(settings: Settings, address: str) -> dict[str, object]:
    return {
        "email": address,
        "address": address,
        "address_hash": fingerprint(address, settings.suppression_key),
        "state": SubscriberState.CONFIRMED,
        "link_key": new_key(),
        "created_at": _MADE,
        "confirmed_at": _MADE,
    }


def make_summary(
    db: Database,
    title: str = "",
    published_on: date = date(2024, 5, 13),
    publication: str = "Euractiv",
    body: str = "One plain paragraph.",
    topics: Sequence[str] = (),
    sources: Sequence[tuple[str, str, str]] = (("https://example.org/story", "The story", "Euractiv"),),
    published: bool = True,
    at: datetime = _MADE,
) -> int:
    """A summary, published unless said otherwise; returns its id. Sources are (url, title, publication)."""
    title = title or f"Court rules on case {next(_numbers)}"
    with db.writing() as session:
        summary = Summary(
            title=title,
            slug=slugify(title),
            publication=publication_named(session, publication),
            published_on=published_on,
            body=body,
            body_html=markup.from_markdown(body),
            created_at=at,
            updated_at=at,
            published_at=at if published else None,
            topics=topics_named(session, topics),
            sources=[
                SourceLink(position=position, url=url, title=name, publication=by)
                for position, (url, name, by) in enumerate(sources)
            ],
        )
        session.add(summary)
        session.flush()
        return summary.id


def make_issue(
    db: Database, send_date: date = date(2024, 5, 17), summary_ids: Sequence[int] = (), introduction: str = ""
) -> int:
    """An open issue with these summaries; returns its id."""
    with db.writing() as session:
        issue = Issue(send_date=send_date, slot=send_date, created_at=_MADE, introduction=introduction)
        session.add(issue)
        session.flush()
        for summary_id in summary_ids:
            append_selection(session, issue.id, summary_id)
        return issue.id


def make_editor(db: Database, email: str = "alice@digest.test", name: str = "Alice", is_admin: bool = False) -> int:
    """An editor who has not chosen a password yet; returns the id."""
    with db.writing() as session:
        editor = Editor(email=email, name=name, is_admin=is_admin, created_at=_MADE)
        session.add(editor)
        session.flush()
        return editor.id


def store_as_a_newer_program(db: Database, send_date: date, version: object = 9) -> None:
    """The digest of that issue's last closing becomes one that this program can't read."""
    with db.writing() as session:
        issue = issue_on(session, send_date)
        closing = last_closing(session, issue) if issue else None
        assert closing
        closing.content = json.dumps(json.loads(closing.content) | {"version": version})


def make_lead(
    db: Database, title: str = "", publication: str = "CNIL", at: datetime = _MADE, story: int | None = None
) -> int:
    """A lead that waits; those with one story number are one story. Returns its id."""
    number = next(_numbers)
    with db.writing() as session:
        if story is not None and session.get(Story, story) is None:
            session.add(Story(id=story, made_at=at))
            session.flush()
        lead = Lead(
            publication_id=publication_named(session, publication).id,
            publication=publication,
            url=f"https://example.org/{number}",
            title=title or f"Regulator publishes decision {number}",
            published_at=at,
            arrived_at=at,
            story_id=story,
        )
        session.add(lead)
        session.flush()
        return lead.id


def make_source(db: Database, publication: str = "CNIL", url: str = "https://example.org/feed.xml") -> int:
    """A feed that is watched and was never asked. Returns its id."""
    with db.writing() as session:
        source = WatchedSource(
            kind=SourceKind.FEED,
            publication_id=publication_named(session, publication).id,
            url=url,
            fetch_url=url,
            added_at=_MADE,
        )
        session.add(source)
        session.flush()
        return source.id

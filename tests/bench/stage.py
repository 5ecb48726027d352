"""Where a measurement takes place: an installation with many readers and one issue ready to be frozen."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from random import Random

from sqlalchemy import insert

from digest import config
from digest.config import Settings
from digest.domain.issues.calendar import Schedule
from digest.operations.issues.closing import close_issue
from digest.operations.running.startup import MIGRATIONS
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.issues.selections import append_selection
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.running import schema
from tests.factories import make_summary

_AT_ONCE = 20_000
_ITEMS = 14
_TOPICS = 8
_BODY = "\n\n".join(
    ["The authority found that the controller had kept call recordings for four years without a reason that would "
     "carry so long a time, and that nobody had looked at the retention schedule since it was written."] * 4
)  # fmt: skip
"""A summary of an ordinary length: fourteen of them make a digest of some 60 kB."""


def environment(folder: Path, database_url: str, sendgrid_url: str) -> dict[str, str]:
    """The settings of the installation that is measured, as environment variables."""
    return {
        "PATH": os.environ["PATH"],
        "INSTANCE_PATH": str(folder),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "bench-secret-key-bench-secret-key",
        "SUPPRESSION_KEY": "bench-suppression-key-bench-suppr",
        "SITE_URL": "https://digest.example.org",
        "POSTAL_ADDRESS": "Example Press, 1 Street, London",
        "MAIL_FROM": "editor@example.org",
        "MAIL_TRANSPORT": "sendgrid",
        "SENDGRID_API_KEY": "SG.loopback",
        "SENDGRID_HOST": sendgrid_url,
    }


def open_stage(environ: Mapping[str, str], readers: int, editions: int = 1) -> tuple[Settings, Database, int]:
    """A migrated database with so many confirmed readers, whose choices of topics make so many editions, and a closed
    issue; returns the issue's id last.
    """
    settings = config.load(environ, Path(environ["INSTANCE_PATH"]))
    settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = Database(settings.database_url)
    schema.upgrade(db, MIGRATIONS)
    with db.writing() as session:
        for rows in _readers(readers, settings.suppression_key.encode(), _choices(editions)):
            session.execute(insert(Subscriber), rows)
    return settings, db, _closed_issue(db, settings)


def _choices(editions: int) -> list[str]:
    """So many choices of topics: none, one, two…"""
    numbers = range(_TOPICS)
    some = [group for size in range(_TOPICS) for group in combinations(numbers, size)]
    return [",".join(f"topic-{number}" for number in group) for group in some[:editions]]


def _readers(how_many: int, key: bytes, choices: Sequence[str]) -> Iterator[list[dict[str, object]]]:
    """Rows of subscribers, in no order of their addresses, as sign-ups come."""
    random = Random(7)  # noqa: S311 - the same readers in every run
    at = datetime(2024, 1, 8, 9, tzinfo=UTC)
    rows: list[dict[str, object]] = []
    for number in range(how_many):
        address = f"{random.getrandbits(36):09x}.reader{number}@firm{random.randrange(5000)}.example.org"
        rows.append(
            {
                "email": address, "address": address,
                "address_hash": hmac.digest(key, address.encode(), "sha256").hex(),
                "name": "", "state": SubscriberState.CONFIRMED.value, "link_key": f"{random.getrandbits(128):032x}",
                "topics": choices[number % len(choices)], "source": "bench",
                "created_at": at, "confirmed_at": at, "unsubscribed_at": None,
            }
        )  # fmt: skip
        if len(rows) == _AT_ONCE:
            yield rows
            rows = []
    if rows:
        yield rows


def _closed_issue(db: Database, settings: Settings) -> int:
    now = datetime.now(UTC)
    summaries = [
        make_summary(
            db, f"What the authority decided on case {number}", body=_BODY, topics=[f"Topic {number % _TOPICS}"]
        )
        for number in range(_ITEMS)
    ]
    schedule: Schedule = settings.schedule
    day = schedule.next_send_date(now, ())
    with db.writing() as session:
        issue = Issue(send_date=day, slot=day, created_at=now)
        session.add(issue)
        session.flush()
        for summary_id in summaries:
            append_selection(session, issue.id, summary_id)
        issue_id = issue.id
    close_issue(Context(db, settings, now), issue_id, "the bench")
    return issue_id

"""A file that says a name otherwise finds what an editor has renamed, merged or called so, and nothing comes twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.operations.readers.subscriber_files import import_subscribers, subscriber_table
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.operations.writing.reading_lines import LineReader
from digest.operations.writing.summary_files import import_summaries
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import Subscriber
from digest.storage.writing.names import PUBLICATIONS, TOPICS, NameKind, id_of_name
from digest.storage.writing.publications import publication_names
from digest.storage.writing.topics import all_topics
from tests.conftest import TUESDAY


def imported(db: Database, settings: Settings, **words: object) -> tuple[int, int]:
    summary = {"title": "A fine", "date": "2024-05-13", "body": "It is.", "publication": "CNIL", "topics": ["GDPR"]}
    with LineReader([json.dumps(summary | words)]) as lines:
        done = import_summaries(Context(db, settings, TUESDAY), lines)
    assert done.faults == ()
    return done.added, done.already_there


def id_of(db: Database, kind: NameKind, name: str) -> int:
    with db.reading() as session:
        return id_of_name(session, kind, name) or 0


@pytest.mark.parametrize("key", [{}, {"id": 7}])
def test_summaries_again_after_a_rename_and_by_an_alias(db: Database, settings: Settings, key: dict[str, int]) -> None:
    assert imported(db, settings, **key) == (1, 0)
    naming.rename(
        Context(db, settings, TUESDAY),
        PUBLICATIONS,
        id_of(db, PUBLICATIONS, "CNIL"),
        "French authority",
        new_address=True,
    )
    naming.also_call(db, TOPICS, id_of(db, TOPICS, "GDPR"), "Datenschutz")
    assert imported(db, settings, **key) == (0, 1)
    assert imported(db, settings, publication="c.n.i.l.", topics=["DATENSCHUTZ"], **key) == (0, 1)
    assert imported(db, settings, title="Another", publication="Cnil", topics=["datenschutz"]) == (1, 0)
    with db.reading() as session:
        assert publication_names(session) == ["French authority"]
        assert [topic.name for topic in all_topics(session)] == ["GDPR"]


def test_subscribers_of_a_topic_by_another_of_its_names(db: Database, settings: Settings, tmp_path: Path) -> None:
    imported(db, settings)
    row = id_of(db, TOPICS, "GDPR")
    naming.also_call(db, TOPICS, row, "Datenschutz")
    naming.rename(Context(db, settings, TUESDAY), TOPICS, row, "Data protection", new_address=True)
    file = tmp_path / "readers.csv"
    file.write_text("email,topics\nada@example.org,Datenschutz;gdpr;Other\nben@example.org,data-protection\n")
    list(import_subscribers(Context(db, settings, TUESDAY), subscriber_table(file), "I want it"))
    with db.reading() as session:
        chosen = session.execute(select(Subscriber.topics).order_by(Subscriber.address)).scalars().all()
    assert chosen == ["data-protection,other", "data-protection"]

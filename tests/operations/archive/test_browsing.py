"""The archive's list: what it counts and in which order it shows is what one would count by hand."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import delete

from digest.config import Settings
from digest.operations.archive.browsing import ArchiveAnswer, Asking, Order, browse
from digest.operations.archive.indexing import index_summaries
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.storage.archive.published import ArchiveQuestion
from digest.storage.base.database import Database
from digest.storage.writing.names import PUBLICATIONS, TOPICS, BriefName, brief_names
from digest.storage.writing.summaries import Summary
from tests.conftest import TUESDAY
from tests.factories import make_summary

pytestmark = pytest.mark.on_both

_START = date(2023, 12, 1)


@pytest.fixture
def shelf(db: Database) -> list[tuple[int, date, str, frozenset[str], bool]]:
    """Seventy summaries and drafts of sixty days: (id, day, publication, topics, about fines)."""
    random, made = Random(2), []  # noqa: S311 - the same archive in every run
    for number in range(70):
        day = _START + timedelta(days=random.randrange(60))
        by, about = random.choice("PQR"), frozenset(random.sample(("AI", "Courts", "Fines"), random.randrange(3)))
        fines, published = random.random() < 0.4, number % 9 != 0
        body = "A fine was paid." if fines else "Nothing happened."
        key = make_summary(db, f"Story {number}", day, by, body, sorted(about), published=published)
        if published:
            made.append((key, day, by, about, fines))
        if number == 40:
            index_summaries(db)
    return made


@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "partly indexed"])
@pytest.mark.parametrize("words", ["", "fines"])
def test_counts_and_order_are_those_of_the_summaries(
    db: Database, shelf: list[tuple[int, date, str, frozenset[str], bool]], indexed: bool, words: str
) -> None:
    if indexed:
        index_summaries(db)
    since, until = date(2023, 12, 10), date(2024, 1, 20)
    answer = asked(db, words, "AI", "Q", since, until, Order.DATE)
    said = [row for row in shelf if not words or row[4]]
    about = [row for row in said if "AI" in row[3]]
    by = [row for row in said if row[2] == "Q"]
    within = [row for row in about if row[2] == "Q" and since <= row[1] <= until]
    assert [summary.id for summary in answer.summaries] == [
        row[0] for row in sorted(within, key=lambda row: (row[1], row[0]), reverse=True)
    ][:20]
    assert answer.total == len(within)
    assert answer.choices
    names = named(db)
    assert answer.choices.topics.get(names["Courts"].id, 0) == sum(
        "Courts" in row[3] and since <= row[1] <= until for row in by
    )
    assert answer.choices.publications.get(names["R"].id, 0) == sum(
        row[2] == "R" and since <= row[1] <= until for row in about
    )
    assert answer.choices.months.get((2023, 12), 0) == sum(row[1].year == 2023 for row in about if row[2] == "Q")


def test_pages_by_relevance_bring_each_summary_once(db: Database) -> None:
    for number in range(130):
        make_summary(db, f"Fine {number}", body="A fine. " * (number % 7 + 1))
    index_summaries(db)
    seen = [summary.id for page in range(1, 9) for summary in asked(db, "fine", number=page).summaries]
    assert len(seen) == len(set(seen)) == 130


def test_a_list_is_whole_while_most_of_it_is_not_indexed(db: Database) -> None:
    made = [make_summary(db, f"Story {number}", topics=["AI"]) for number in range(102)]
    answer = asked(db, "", "AI", number=6)
    assert answer.total == 102
    assert [summary.id for summary in answer.summaries] == made[1::-1]
    assert answer.choices is None


def test_what_is_renamed_merged_or_gone_is_counted_as_it_is_now(db: Database, settings: Settings) -> None:
    kept, gone = make_summary(db, "Kept", publication="P", topics=["AI"]), make_summary(db, "Gone", publication="P")
    other = make_summary(db, "Other", publication="Q", topics=["Courts"])
    index_summaries(db)
    names = named(db)
    context = Context(db, settings, TUESDAY)
    naming.rename(context, PUBLICATIONS, names["P"].id, "Quarterly Zebra", new_address=False)
    naming.merge(context, TOPICS, names["Courts"].id, names["AI"].id)
    with db.writing() as session:
        session.execute(delete(Summary).where(Summary.id == gone))
    index_summaries(db)
    assert [summary.id for summary in asked(db, "zebra").summaries] == [kept]
    assert [summary.id for summary in asked(db, "", "AI").summaries] == [other, kept]


def asked(
    db: Database,
    words: str = "",
    topic: str = "",
    publication: str = "",
    since: date | None = None,
    until: date | None = None,
    order: Order = Order.RELEVANCE,
    number: int = 1,
) -> ArchiveAnswer:
    names = named(db)
    about, by = names.get(topic), names.get(publication)
    question = ArchiveQuestion(words, about.slug if about else "", by.slug if by else "", since, until)
    with db.reading() as session:
        return browse(session, Asking(question, about, by, order), number, 20)


def named(db: Database) -> dict[str, BriefName]:
    with db.reading() as session:
        return {each.name: each for kind in (TOPICS, PUBLICATIONS) for each in brief_names(session, kind)}

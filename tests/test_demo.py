"""The demo: believable, sent through the real path, and gone without a trace when it goes."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from digest import demo
from digest.config import Settings
from digest.domain.lifecycle import IssueState
from digest.mail.transports import open_outbox
from digest.operations.closing import close_issue
from digest.operations.refusal import Refused
from digest.operations.sending_now import report
from digest.operations.week import ensure_issue
from digest.storage import schema
from digest.storage.database import Database
from digest.storage.issues import Issue, all_issues, current_issue, last_closing, past_issues
from digest.storage.selections import append_selection, selected_count
from digest.storage.subscribers import Subscriber
from digest.storage.summaries import Summary
from tests.factories import make_editor, make_subscriber, make_summary

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def load(db: Database, settings: Settings) -> demo.Loaded:
    with closing(open_outbox(settings)) as outbox:
        return demo.load(db, settings, outbox, NOW)


def test_it_is_a_publication_under_way(db: Database, settings: Settings) -> None:
    assert load(db, settings) == demo.Loaded(new=True, summaries=56, past_issues=8, readers=25)
    with db.reading() as session:
        assert len(past_issues(session)) == 8
        assert {issue.state for issue in past_issues(session)} == {IssueState.SENT}
        this_week = current_issue(session)
        assert this_week is not None
        assert selected_count(session, this_week.id) == 8
        accounts = [report(db, issue.id) for issue in past_issues(session)]
    assert all(account.difference == 0 and account.audience == 20 for account in accounts)
    copies = list(settings.outbox_path.glob("digest-*.eml"))
    assert len(copies) == sum(account.accepted for account in accounts)


def test_loading_it_twice_changes_nothing(db: Database, settings: Settings) -> None:
    load(db, settings)
    assert load(db, settings).new is False
    with db.reading() as session:
        assert session.query(Summary).count() == 56


def test_it_refuses_a_database_with_content_of_its_own(db: Database, settings: Settings) -> None:
    make_summary(db)
    with pytest.raises(Refused, match="content of its own"):
        load(db, settings)


def test_removing_it_takes_the_demo_and_nothing_else(db: Database, settings: Settings) -> None:
    load(db, settings)
    mine, reader = make_summary(db, "Mine"), make_subscriber(db, settings, "zoe@example.org")
    make_editor(db, "me@example.org")
    assert demo.remove(db, settings) is True
    with db.reading() as session:
        assert [summary.id for summary in session.query(Summary)] == [mine]
        assert [subscriber.id for subscriber in session.query(Subscriber)] == [reader.id]
        assert [issue.state for issue in all_issues(session)] == [IssueState.OPEN]
        left = {table.name: session.query(table).count() for table in schema.metadata.sorted_tables}
    assert left["demo_marks"] == left["deliveries"] == left["suppressions"] == 0
    assert left["editors"] == 1
    assert list(settings.outbox_path.glob("*.eml")) == []
    assert demo.remove(db, settings) is False


def test_a_closed_issue_with_demo_summaries_is_opened_again(db: Database, settings: Settings) -> None:
    load(db, settings)
    mine = make_summary(db, "Mine")
    with db.writing() as session:
        this_week = current_issue(session)
        assert this_week is not None
        append_selection(session, this_week.id, mine)
    close_issue(db, settings, NOW, this_week.id, "me@example.org")
    demo.remove(db, settings)
    with db.reading() as session:
        issue = session.get_one(Issue, this_week.id)
        assert issue.state == IssueState.OPEN
        assert last_closing(session, issue) is None
        assert issue.subject == ""


def test_the_demo_leaves_a_week_to_go_on_with(db: Database, settings: Settings) -> None:
    load(db, settings)
    demo.remove(db, settings)
    ensure_issue(db, settings, NOW)
    with db.reading() as session:
        assert len(all_issues(session)) == 1

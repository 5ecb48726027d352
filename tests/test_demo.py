"""The demo: believable, sent through the real path, and gone without a trace when it goes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from digest import config, demo
from digest.config import Settings
from digest.config.private import make_folder
from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.preflight import check
from digest.domain.sources.states import LeadState, SourceKind, SourceState
from digest.feeds.fetching.fetcher import Fetcher
from digest.feeds.fetching.rules import fetch_rules
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.issues.composing import content_of
from digest.operations.issues.link_checking import links_due
from digest.operations.issues.week import ensure_issue
from digest.operations.running.sending_now import report
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.sources.collecting import Poller
from digest.operations.sources.turns import PollTurns, claim
from digest.operations.sources.watching import check_now
from digest.storage.accounting.settlements import Settlement, decisions_of
from digest.storage.archive.past_issues import past_issues
from digest.storage.base.database import Database
from digest.storage.events.delivery_status import statuses_in
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue, all_issues, current_issue, issue_on, last_closing
from digest.storage.issues.selections import append_selection, selected_count
from digest.storage.messages.messages import Message
from digest.storage.readers.subscribers import Subscriber
from digest.storage.running import schema
from digest.storage.sending.batches import Batch, batches_with_attempts
from digest.storage.sending.deliveries import DeliveryStatus
from digest.storage.sources.leads import Lead
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.revisions import Revision
from digest.storage.writing.summaries import Summary, drafts
from tests.conftest import ENVIRON
from tests.factories import make_editor, make_subscriber, make_summary
from tests.web.readers.doors import everything

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def load(db: Database, settings: Settings) -> demo.Loaded:
    with closing(open_transport(settings)) as transport:
        return demo.load(db, settings, transport, NOW)


@pytest.fixture(scope="session")
def loaded_once(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """An instance folder with the demo in it, SQLite among it: loaded once and copied for each test."""
    folder = tmp_path_factory.mktemp("demo")
    settings = config.load(ENVIRON, folder)
    make_folder(settings.instance_path)
    shutil.copy(migrated, settings.instance_path / "digest.db")
    with closing(Database(settings.database_url)) as database:
        load(database, settings)
    return settings.instance_path


@pytest.fixture
def shown(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Database]:
    """A database with the demo; on PostgreSQL it is loaded anew."""
    if not settings.database_url.startswith("sqlite"):
        database = request.getfixturevalue("db")
        load(database, settings)
        yield database
        return
    shutil.copytree(request.getfixturevalue("loaded_once"), settings.instance_path, dirs_exist_ok=True)
    with closing(Database(settings.database_url)) as database:
        yield database


@pytest.mark.on_both
def test_it_is_a_publication_under_way(db: Database, settings: Settings) -> None:
    assert load(db, settings) == demo.Loaded(
        new=True, since=NOW, summaries=56, past_issues=8, readers=25, sources=21, leads=120
    )
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


def test_one_past_send_was_settled_by_events_and_one_by_a_person(shown: Database, settings: Settings) -> None:  # noqa: ARG001
    with shown.reading() as session:
        by_events, by_person = (issue_on(session, day) for day in (date(2026, 10, 23), date(2026, 10, 30)))
        assert by_events is not None
        assert by_person is not None
        [proof] = decisions_of(session, by_events.id, 10)
        assert (proof.who, proof.verdict) == ("SendGrid's events", "sent")
        assert "cut after the whole request had left" in proof.evidence
        assert statuses_in(session, by_events.id) == dict.fromkeys(DeliveryStatus, 0) | {"delivered": 19, "deferred": 1}
        [word] = decisions_of(session, by_person.id, 10)
        assert (word.who, word.verdict) == ("editor@example.org", "resend")
        assert word.evidence.startswith("Activity lists the readers of the other batches, and none of this one; known")
        assert sorted(tries for _, tries in batches_with_attempts(session, by_person.id))[-2:] == [1, 2]
        told = [entry.what for entry in history_of(session, by_person.id)]
        assert told[0].startswith("finished: 20 accepted, 0 failed, 0 skipped, 0 held")
        assert any("decided “resend” for batch" in what for what in told)
        assert {entry.at.date() for entry in history_of(session, by_person.id)} == {
            date(2026, 10, 29),
            date(2026, 10, 30),
        }
        staged = "staged the lost answer and the decision about it, to show such a send: nothing went to SendGrid"
        assert told.count(staged) == 1
        assert [entry.who for entry in history_of(session, by_events.id)].count("the demo") == 1
        assert {batch.state for batch in session.query(Batch)} == {"accepted"}
        assert session.query(Message).count() == 0


def test_its_desk_shows_every_state_and_stories_of_several_publications(shown: Database, settings: Settings) -> None:  # noqa: ARG001
    with shown.reading() as session:
        assert {source.state for source in session.query(WatchedSource)} == set(SourceState)
        assert {source.kind for source in session.query(WatchedSource)} == set(SourceKind)
        assert {lead.state for lead in session.query(Lead)} == set(LeadState)
        together = Counter(story for (story,) in session.query(Lead.story_id))
        assert sum(leads > 1 for leads in together.values()) > 30
        assert session.query(Lead).filter(Lead.linked_in.is_not(None)).count() == 10
        assert {revision.kind for revision in session.query(Revision)} >= {"correction", "superseded", "withdrawn"}
        assert sorted(draft.saved_from == "" for draft in drafts(session)) == [False, True]
        assert {issue.send_date for issue in past_issues(session)} == {
            date(2026, 11, 20) - timedelta(weeks=weeks) for weeks in range(8)
        }


def test_nobody_asks_its_sources(shown: Database, settings: Settings) -> None:
    with shown.reading() as session:
        ids = {source.id for source in session.query(WatchedSource)}
    later = Context(shown, settings, NOW + timedelta(days=30))
    assert claim(later, hands=100) == claim(later, hands=100, only=ids) == PollTurns()
    poller = Poller(shown, settings, Fetcher(fetch_rules(settings)), clock=lambda: later.now)
    with pytest.raises(Refused, match="belongs to the demo"):
        check_now(poller, min(ids))


def test_its_preflight_is_quiet(shown: Database, settings: Settings) -> None:
    with shown.reading() as session:
        this_week = current_issue(session)
        assert this_week is not None
        content = content_of(session, settings, this_week)
    assert check(content, 1) == []
    assert links_due(Context(shown, settings, NOW)) == []


def test_interrupted_it_goes_on(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for broken in ("troubles.take_events", "troubles.decide_batch", "desk.group_leads", "desk.add_draft"):
        with monkeypatch.context() as patches, pytest.raises(KeyboardInterrupt):
            patches.setattr(f"digest.demo.{broken}", interrupted)
            load(db, settings)
    loaded = load(db, settings)
    assert (loaded.summaries, loaded.sources, loaded.leads) == (56, 21, 120)
    with db.reading() as session:
        assert {issue.state for issue in past_issues(session)} == {IssueState.SENT}
        assert session.query(Settlement).count() == 2
        accounts = [report(db, issue.id) for issue in past_issues(session)]
        for issue in past_issues(session):
            assert [entry.who for entry in history_of(session, issue.id)].count("the demo") <= 1
    assert {(account.audience, account.accepted + account.skipped) for account in accounts} == {(20, 20)}


def interrupted(*_args: object, **_more: object) -> None:
    raise KeyboardInterrupt


def test_loading_it_twice_changes_nothing(shown: Database, settings: Settings) -> None:
    before = everything(shown)
    assert load(shown, settings).new is False
    assert everything(shown) == before
    with shown.reading() as session:
        assert session.query(Summary).count() == 56


def test_it_refuses_a_database_with_content_of_its_own(db: Database, settings: Settings) -> None:
    make_summary(db)
    with pytest.raises(Refused, match="content of its own"):
        load(db, settings)


@pytest.mark.on_both
def test_removing_it_takes_the_demo_and_nothing_else(shown: Database, settings: Settings) -> None:
    mine, reader = make_summary(shown, "Mine"), make_subscriber(shown, settings, "zoe@example.org")
    make_editor(shown, "me@example.org")
    assert demo.remove(shown, settings) is True
    with shown.reading() as session:
        assert [summary.id for summary in session.query(Summary)] == [mine]
        assert [subscriber.id for subscriber in session.query(Subscriber)] == [reader.id]
        assert [issue.state for issue in all_issues(session)] == [IssueState.OPEN]
        left = {table.name: session.query(table).count() for table in schema.metadata.sorted_tables}
    assert left["demo_marks"] == left["deliveries"] == left["suppressions"] == 0
    assert left["editors"] == 1
    of_the_desk = ("sources", "source_rules", "leads", "lead_keys", "lead_acts", "stories", "feed_hosts", "revisions")
    assert {name: left[name] for name in of_the_desk} == dict.fromkeys(of_the_desk, 0)
    assert (left["publications"], left["working_copies"], left["supersedings"]) == (1, 0, 0)
    assert list(settings.outbox_path.glob("*.eml")) == []
    assert demo.remove(shown, settings) is False


def test_a_closed_issue_with_demo_summaries_is_opened_again(shown: Database, settings: Settings) -> None:
    mine = make_summary(shown, "Mine")
    with shown.writing() as session:
        this_week = current_issue(session)
        assert this_week is not None
        append_selection(session, this_week.id, mine)
    close_issue(Context(shown, settings, NOW), this_week.id, "me@example.org")
    demo.remove(shown, settings)
    with shown.reading() as session:
        issue = session.get_one(Issue, this_week.id)
        assert issue.state == IssueState.OPEN
        assert last_closing(session, issue) is None
        assert issue.subject == ""


def test_the_demo_leaves_a_week_to_go_on_with(shown: Database, settings: Settings) -> None:
    demo.remove(shown, settings)
    ensure_issue(Context(shown, settings, NOW))
    with shown.reading() as session:
        assert len(all_issues(session)) == 1

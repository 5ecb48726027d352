"""An ordinary week, from the cut-off to the digest, and the weeks that lack something."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from digest import config
from digest.config import Settings
from digest.domain.issues.manuscript import Piece
from digest.operations.issues.closing import close_issue, reopen_issue
from digest.operations.issues.holding import hold_issue
from digest.operations.issues.selecting import add_summary, remove_summary
from digest.operations.issues.week import cancel_send_now, send_now
from digest.operations.running.tick import freeze_or_skip
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.shared.context import Context
from digest.operations.writing.editing import Published, publish, save
from digest.storage.base.database import Database
from digest.storage.issues.selections import candidates
from digest.storage.writing.summaries import Summary
from tests.conftest import Mailbox, html_of, text_of
from tests.factories import make_issue, make_summary
from tests.scheduler.conftest import (
    ALICE,
    BOB,
    CAROL,
    CUTOFF,
    FRIDAY,
    NEXT_FRIDAY,
    SEND,
    TUESDAY,
    Week,
    london,
)
from tests.web.readers.doors import everything, link_in

SECOND = timedelta(seconds=1)


def rewrite(week: Week, title: str, new_title: str) -> None:
    """Somebody edits a published summary."""
    with week.db.reading() as session:
        summary = session.query(Summary).filter_by(title=title).one()
    piece = Piece(new_title, summary.published_on, "Euractiv", "Quite another paragraph.", (), ())
    save(week.db, TUESDAY, piece, summary.id, summary.version)


def test_nothing_happens_before_the_cutoff(week: Week) -> None:
    week.tick(TUESDAY, CUTOFF - SECOND)
    assert week.states() == {FRIDAY: "open"}
    assert week.proofs == week.notices == []


def test_cutoff_closes_it_and_mails_the_proof_to_every_active_editor(week: Week, mailbox: Mailbox) -> None:
    week.tick(CUTOFF)
    assert week.states() == {FRIDAY: "closed"}
    assert {message["To"] for message in mailbox.read()} == {ALICE, BOB}
    (proof,) = mailbox.to(ALICE)
    assert proof["Subject"] == "Proof: Court annuls fine, and 1 more"
    assert link_in(proof, "hold")
    assert "Friday 17 May 2024, 08:00 Europe/London, to 3 readers" in " ".join(text_of(proof).split())
    assert mailbox.to(CAROL) == []


def test_friday_sends_to_every_reader_what_the_proof_showed(week: Week, readers: list[str], mailbox: Mailbox) -> None:
    week.tick(CUTOFF)
    rewrite(week, "Court annuls fine", "Court keeps fine")
    week.tick(SEND - SECOND)
    assert week.copies == []
    week.tick(SEND)
    assert week.copies == readers
    assert week.states() == {FRIDAY: "sent", NEXT_FRIDAY: "open"}
    for reader in readers:
        (digest,) = mailbox.to(reader)
        assert digest["Subject"] == "Court annuls fine, and 1 more"
        assert "Court annuls fine" in text_of(digest)
        assert "Court keeps fine" not in digest.as_string()
        assert "Quite another" not in digest.as_string()


def test_a_second_proof_says_what_changed(week: Week, mailbox: Mailbox) -> None:
    week.tick(CUTOFF)
    reopen_issue(Context(week.db, week.settings, CUTOFF), week.issue().id, ALICE)
    rewrite(week, "Court annuls fine", "Court keeps fine")
    add_summary(week.db, week.issue().id, make_summary(week.db, "Transfers"))
    close_issue(Context(week.db, week.settings, CUTOFF), week.issue().id, ALICE)
    first, second = (text_of(message) for message in mailbox.to(BOB))
    assert "Changed since the last proof" not in first
    assert "Changed: “Court keeps fine” (headline, body, sources)." in " ".join(second.split())
    assert "Added: “Transfers”." in second
    week.tick(SEND)
    assert "Court keeps fine" in text_of(mailbox.to("reader000000@example.org")[0])


def test_reopened_before_the_cutoff_it_closes_then_as_any_other(week: Week) -> None:
    close_issue(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE)
    reopen_issue(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE)
    week.tick(CUTOFF - SECOND)
    assert week.states() == {FRIDAY: "open"}
    week.tick(CUTOFF)
    assert week.states() == {FRIDAY: "closed"}
    assert week.notices == []


def test_left_open_it_reminds_once_and_closes_itself_as_it_stands(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF)
    reopen_issue(Context(week.db, week.settings, CUTOFF), week.issue().id, ALICE)
    week.tick(london(16, 20), london(17, 6, 59, 59))
    assert week.notices == []
    week.tick(london(17, 7), london(17, 7, 0, 5), SEND - SECOND)
    assert week.notices == ["The issue is still open"]
    assert week.states() == {FRIDAY: "open"}
    rewrite(week, "Court annuls fine", "Court keeps fine")
    week.tick(SEND)
    assert week.proofs == ["Proof: Court annuls fine, and 1 more", "Proof: Court keeps fine, and 1 more"]
    assert week.copies == readers


def test_empty_at_the_cutoff_it_tells_once_stays_open_and_is_skipped(empty_week: Week) -> None:
    empty_week.tick(CUTOFF, CUTOFF + SECOND, london(17, 7), SEND - SECOND)
    assert empty_week.notices == ["Nothing is selected for this week’s issue"]
    assert empty_week.states() == {FRIDAY: "open"}
    empty_week.tick(SEND, SEND + SECOND)
    assert empty_week.states() == {FRIDAY: "skipped", NEXT_FRIDAY: "open"}
    assert empty_week.notices[1:] == ["No digest on 17 May 2024"]
    assert empty_week.copies == empty_week.proofs == []


def test_empty_at_the_cutoff_it_still_goes_with_what_was_added_later(empty_week: Week, readers: list[str]) -> None:
    empty_week.tick(CUTOFF)
    add_summary(empty_week.db, empty_week.issue().id, make_summary(empty_week.db, "A late ruling"))
    empty_week.tick(london(17, 7), SEND)
    assert empty_week.notices[1:] == ["The issue is still open"]
    assert empty_week.proofs == ["Proof: A late ruling"]
    assert empty_week.copies == readers


def test_fewer_items_than_the_least_are_skipped_and_can_be_chosen_again(
    week: Week, environ: dict[str, str], settings: Settings
) -> None:
    week.settings = config.load(environ | {"DIGEST_MINIMUM_ITEMS": "3"}, settings.instance_path.parent)
    week.tick(CUTOFF, SEND, SEND + SECOND)
    assert week.states() == {FRIDAY: "skipped", NEXT_FRIDAY: "open"}
    assert week.notices == ["No digest on 17 May 2024"]
    assert week.copies == []
    with week.db.reading() as session:
        free = {summary.title for summary in candidates(session, datetime(2024, 1, 1, tzinfo=UTC), 10)}
    assert free == {"Court annuls fine", "Cookie walls need a choice"}


def test_the_proof_says_that_too_few_items_are_skipped(
    week: Week, environ: dict[str, str], settings: Settings, mailbox: Mailbox
) -> None:
    week.settings = config.load(environ | {"DIGEST_MINIMUM_ITEMS": "3"}, settings.instance_path.parent)
    week.tick(CUTOFF)
    (proof,) = mailbox.to(ALICE)
    for part in (text_of(proof), BeautifulSoup(html_of(proof), "html.parser").get_text(" ")):
        words = " ".join(part.split())
        assert (
            "It has 2 items, and an issue needs 3: unless it is reopened and more are added, it is skipped on "
            "Friday 17 May 2024, 08:00 Europe/London" in words
        )
        assert "this goes out as it stands" not in words.lower()
        assert "to 3 readers" not in words
    assert link_in(proof, "hold")


def test_the_proof_of_a_held_issue_says_so_too(
    week: Week, environ: dict[str, str], settings: Settings, mailbox: Mailbox
) -> None:
    week.settings = config.load(environ | {"DIGEST_MINIMUM_ITEMS": "3"}, settings.instance_path.parent)
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF)
    (proof,) = mailbox.to(ALICE)
    for part in (text_of(proof), BeautifulSoup(html_of(proof), "html.parser").get_text(" ")):
        assert "an issue needs 3: released with so few, it is skipped on Friday 17 May 2024" in " ".join(part.split())
        assert "it goes at its moment" not in part


def test_sent_now_it_goes_with_too_few_items_and_the_proof_says_that(
    week: Week, environ: dict[str, str], settings: Settings, mailbox: Mailbox, readers: list[str]
) -> None:
    week.settings = config.load(environ | {"DIGEST_MINIMUM_ITEMS": "3"}, settings.instance_path.parent)
    due = send_now(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE)
    (proof,) = mailbox.to(ALICE)
    assert "an issue needs" not in text_of(proof)
    week.tick(due)
    assert week.copies == readers


def test_the_notice_of_an_empty_issue_says_how_many_items_it_needs(
    empty_week: Week, environ: dict[str, str], settings: Settings, mailbox: Mailbox
) -> None:
    empty_week.settings = config.load(environ | {"DIGEST_MINIMUM_ITEMS": "3"}, settings.instance_path.parent)
    empty_week.tick(CUTOFF)
    (notice,) = mailbox.to(ALICE)
    assert "goes, if that is 3 items or more; with fewer it is skipped." in " ".join(text_of(notice).split())


@pytest.mark.usefixtures("editors")
def test_without_a_reader_it_is_skipped_and_said_once(db: Database, settings: Settings) -> None:
    make_issue(db, FRIDAY, [make_summary(db)], introduction="One story.")
    week = Week(db, settings)
    week.tick(CUTOFF, SEND, SEND + SECOND)
    assert week.states() == {FRIDAY: "skipped", NEXT_FRIDAY: "open"}
    assert week.notices == ["No digest on 17 May 2024"]
    assert week.history()[-1] == "the clock: skipped it: there is no confirmed reader yet"


def test_what_preflight_blocks_is_held_and_said(week: Week) -> None:
    add_summary(week.db, week.issue().id, make_summary(week.db, "A fine", body="It is TK euros."))
    week.tick(CUTOFF, SEND)
    assert week.states() == {FRIDAY: "closed", NEXT_FRIDAY: "open"}
    assert week.issue().on_hold
    assert week.history()[0] == "the clock: put it on hold: Item 3: “TK” is left in. Finish the summary"
    assert week.notices == ["The issue is on hold: pre-flight stops it"]
    assert len(week.proofs) == 1
    assert week.copies == []


def test_published_while_closed_it_waits_for_the_next_issue(week: Week) -> None:
    week.tick(CUTOFF)
    piece = Piece("Too late for this week", date(2024, 5, 16), "MLex", "One paragraph.", (), ())
    done = publish(Context(week.db, week.settings, london(16, 18)), piece)
    assert isinstance(done, Published)
    assert done.wanted
    assert done.closed_date == FRIDAY
    week.tick(SEND)
    assert week.on(FRIDAY) == ["Court annuls fine", "Cookie walls need a choice"]
    assert week.on(NEXT_FRIDAY) == ["Too late for this week"]
    week.tick(london(23, 16), london(24, 8))
    assert week.states()[NEXT_FRIDAY] == "sent"
    assert week.on(date(2024, 5, 31)) == []


def test_sent_now_it_goes_after_five_minutes(week: Week, readers: list[str]) -> None:
    assert send_now(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE) == TUESDAY + timedelta(minutes=5)
    assert len(week.proofs) == 1
    week.tick(TUESDAY, TUESDAY + timedelta(minutes=4, seconds=59))
    assert week.copies == []
    week.tick(TUESDAY + timedelta(minutes=5))
    assert week.copies == readers
    assert week.states() == {FRIDAY: "sent", NEXT_FRIDAY: "open"}
    week.tick(CUTOFF, SEND)
    assert week.copies == readers


def test_cancelled_it_waits_for_friday(week: Week, readers: list[str]) -> None:
    due = send_now(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE)
    cancel_send_now(week.db, due - SECOND, week.issue().id, BOB)
    week.tick(due, CUTOFF)
    assert week.copies == []
    week.tick(SEND)
    assert week.copies == readers


def test_a_cancel_between_the_clocks_look_and_its_act_counts(week: Week) -> None:
    due = send_now(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE)
    cancel_send_now(week.db, due, week.issue().id, BOB)
    freeze_or_skip(Context(week.db, week.settings, due), week.issue().id)
    assert week.states() == {FRIDAY: "closed"}
    assert freeze(Context(week.db, week.settings, due), week.issue().id, ALICE, only_if_due=True) is Freeze.NOT_DUE


def test_a_hundred_ticks_more_change_nothing(week: Week) -> None:
    for moment in (CUTOFF, SEND, SEND + timedelta(hours=1)):
        week.tick(moment)
        before = everything(week.db)
        week.tick(*(moment + number * timedelta(milliseconds=1) for number in range(100)))
        assert everything(week.db) == before
    assert len(week.copies) == 3


def test_items_removed_after_the_cutoff_leave_too_few(empty_week: Week) -> None:
    only = make_summary(empty_week.db, "The only one")
    add_summary(empty_week.db, empty_week.issue().id, only)
    empty_week.tick(CUTOFF)
    reopen_issue(Context(empty_week.db, empty_week.settings, CUTOFF), empty_week.issue().id, ALICE)
    remove_summary(empty_week.db, empty_week.issue().id, only)
    empty_week.tick(london(17, 7), SEND)
    assert empty_week.states() == {FRIDAY: "skipped", NEXT_FRIDAY: "open"}
    assert empty_week.copies == []

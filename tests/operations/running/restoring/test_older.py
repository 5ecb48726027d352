"""A database brought back from an older backup: nobody gets an issue twice, and a person decides what may have gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from digest.app import create_app
from digest.operations.guard.restore_guard import note_claims
from digest.operations.issues.holding import A_RESTORED_BACKUP, release_issue
from digest.operations.issues.week import ensure_issue, move_issue, send_now, skip_issue
from digest.operations.running.restoring import Age, Recovered, recover
from digest.operations.running.sending_now import report
from digest.operations.sending.sending_again import send_copy_again
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.guard.installations import count_claims
from digest.storage.issues.issues import Issue
from digest.storage.issues.selections import append_selection
from digest.storage.messages.messages import Message
from digest.storage.sending.deliveries import Delivery
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.running.restores import (
    ALICE,
    HEADING,
    NEXT_FRIDAY,
    NEXT_SEND,
    READERS,
    SEND,
    SOON,
    Installation,
    freeze_in_threes,
)


def test_an_issue_that_went_after_the_backup_waits_for_a_person(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    assert len(sendgrid.addresses()) == READERS
    ours.restore(backup)
    for minutes in range(5):
        ours.tick(SOON + timedelta(minutes=minutes))
    assert not sendgrid.doubled()
    assert (ours.issue().state, ours.issue().held_by) == ("open", A_RESTORED_BACKUP)
    assert "a restored backup: put it on hold" in ours.history()
    assert ours.notices() == [HEADING]
    with pytest.raises(Refused, match="on hold, put there by a restored backup"):
        ours.prepare(SOON)


def test_a_copy_that_went_again_after_the_backup_does_not_go_once_more(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    ours.tick(SEND)
    with ours.db.reading() as session:
        copy = session.scalars(select(Delivery).order_by(Delivery.id).limit(1)).one()
    address = copy.address or ""
    send_copy_again(Context(ours.db, ours.settings, SOON), copy.id, ALICE)
    backup = ours.back_up()
    ours.drain()
    assert sendgrid.addresses().count(address) == 2
    ours.restore(backup)
    recovered = ours.recover()
    assert recovered
    assert recovered.copies == 1
    ours.drain()
    assert sendgrid.addresses().count(address) == 2
    assert ours.notices()[-1] == HEADING
    assert any(
        line.startswith(f"the queue: sent delivery {copy.id} again, and nobody can know") for line in ours.history()
    )


def test_the_same_backup_may_be_restored_again(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    for _ in range(2):
        ours.restore(backup)
        ours.tick(SOON)
        assert ours.issue().on_hold
    assert not sendgrid.doubled()


def test_an_issue_that_was_sent_early_waits_although_its_moment_lies_ahead(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    backup = ours.back_up()
    ours.prepare(TUESDAY)
    ours.tick(TUESDAY)
    assert len(sendgrid.addresses()) == READERS
    ours.restore(backup)
    ours.tick(TUESDAY + timedelta(hours=1))
    ours.tick(SEND)
    assert not sendgrid.doubled()
    assert ours.issue().held_by == A_RESTORED_BACKUP


def test_an_issue_that_was_moved_before_it_went_is_known_by_its_slot(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    wednesday, thursday = date(2024, 5, 15), date(2024, 5, 16)
    move_issue(Context(ours.db, ours.settings, TUESDAY), ours.issue().id, thursday, ALICE)
    backup = ours.back_up()
    move_issue(Context(ours.db, ours.settings, TUESDAY), ours.issue(thursday).id, wednesday, ALICE)
    ours.tick(SEND - timedelta(days=2))
    ours.restore(backup)
    ours.tick(SOON - timedelta(days=2))
    ours.tick(SEND - timedelta(days=1))
    assert len(sendgrid.addresses()) == READERS
    assert ours.issue(thursday).held_by == A_RESTORED_BACKUP


def test_a_word_to_send_now_from_before_the_backup_counts_no_more(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    send_now(Context(ours.db, ours.settings, TUESDAY), ours.issue().id, ALICE)
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 1))
    ours.restore(backup)
    ours.tick(TUESDAY + timedelta(minutes=7))
    assert sendgrid.addresses() == []
    assert (ours.issue().send_now_at, ours.issue().held_by) == (None, A_RESTORED_BACKUP)


def test_a_backup_from_between_freeze_and_first_claim_is_noticed(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    issue_id = freeze_in_threes(ours)
    backup = ours.back_up()
    ours.tick(TUESDAY)
    ours.restore(backup)
    ours.tick(SOON)
    assert not sendgrid.doubled()
    assert report(ours.db, issue_id).held == READERS


def test_a_backup_from_after_the_send_changes_nothing(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    ours.tick(SEND)
    backup = ours.back_up()
    ours.restore(backup)
    assert ours.recover() is None
    ours.tick(SOON)
    assert ours.issue().state == "sent"
    assert len(sendgrid.addresses()) == READERS


def test_next_weeks_issue_goes_by_itself(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    ours.tick(SOON)
    skip_issue(Context(ours.db, ours.settings, SOON), ours.issue().id, ALICE, "it went")
    another = make_summary(ours.db, "A new story")
    with ours.db.writing() as session:
        append_selection(session, ours.issue(NEXT_FRIDAY).id, another)
    ours.tick(NEXT_SEND)
    assert ours.issue(NEXT_FRIDAY).state == "sent"
    assert len(sendgrid.addresses("2024-05-24")) == READERS
    assert not sendgrid.doubled()


def test_an_issue_that_did_not_go_is_not_held(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    ours.tick(SEND)
    with ours.db.writing() as session:
        append_selection(session, ours.issue(NEXT_FRIDAY).id, 1)
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 3))
    ours.restore(backup)
    assert ours.recover() == Recovered(Age.OLDER, (), 0)
    ours.tick(NEXT_SEND)
    assert len(sendgrid.addresses("2024-05-24")) == READERS


def test_a_released_issue_goes(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 1))
    ours.restore(backup)
    ours.tick(SEND)
    assert sendgrid.addresses() == []
    release_issue(Context(ours.db, ours.settings, SOON), ours.issue().id, ALICE)
    ours.tick(SOON)
    assert len(sendgrid.addresses()) == READERS


def test_the_site_recovers_when_it_starts(ours: Installation, clock: time_machine.Traveller) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    clock.move_to(SOON)
    create_app(ours.settings, with_postman=False).extensions["digest"].db.close()
    assert ours.issue().held_by == A_RESTORED_BACKUP


def test_an_issue_held_by_alice_stays_hers(ours: Installation) -> None:
    with ours.db.writing() as session:
        found = session.get_one(Issue, ours.issue().id)
        found.held_at, found.held_by = TUESDAY, ALICE
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 1))
    ours.restore(backup)
    assert ours.recover() == Recovered(Age.OLDER, (), 0)
    assert ours.issue().held_by == ALICE


def test_the_alert_says_it_too(ours: Installation) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    recover(Context(ours.db, replace(ours.settings, alert_url="https://alerts.example.org/digest"), SOON))
    with ours.db.reading() as session:
        [alert] = session.scalars(select(Message).where(Message.kind == "alert")).all()
    assert "Look in SendGrid" in alert.text


def test_the_week_goes_on_where_nothing_was_lost(ours: Installation) -> None:
    ensure_issue(Context(ours.db, ours.settings, TUESDAY))
    backup = ours.back_up()
    ours.restore(backup)
    assert ours.recover(TUESDAY) is None
    assert ours.notices() == []

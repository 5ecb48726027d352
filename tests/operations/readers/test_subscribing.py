"""What asking, leaving and erasing promise below the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from jinja2 import Template
from sqlalchemy import event, func, insert, select

from digest.config import Settings
from digest.domain.shared import addresses
from digest.domain.shared.tokens import fingerprint
from digest.operations.readers import consent_wordings, own_page, privacy, subscribing
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from digest.storage.readers.consents import StoredWording, consent_of, keep_wording
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.sending.batches import Batch
from digest.storage.sending.deliveries import Delivery
from digest.storage.sending.editions import Edition
from digest.storage.suppressions.suppressions import Suppression, SuppressionReason, suppress
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_subscriber


def ask(db: Database, settings: Settings, email: str, ip: str = "192.0.2.1", minutes: int = 0) -> None:
    now = TUESDAY + timedelta(minutes=minutes)
    subscribing.ask(Context(db, settings, now), addresses.parse(email), ip, "a test")


def test_asking_does_the_same_work_for_every_address(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same templates are filled and the same statements are run, in the same order, so the time tells nothing."""
    make_subscriber(db, settings, "confirmed@example.org")
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    make_subscriber(db, settings, "bounced@example.org")
    with db.writing() as session:
        for email in ("bounced@example.org", "objected@example.org"):
            address_hash = fingerprint(email, settings.suppression_key)
            suppress(session, address_hash, SuppressionReason.BOUNCE, TUESDAY, "test")
    ask(db, settings, "pending@example.org")
    own_row, new = work_of_asking(db, settings, "new@example.org", monkeypatch)
    assert (own_row, len([step for step in new if step.startswith("fill")])) == (1, 6)
    for who, rows in {"pending": 0, "confirmed": 0, "left": 0, "bounced": 0, "objected": 1, "new": 0}.items():
        again = work_of_asking(db, settings, f"{who}@example.org", monkeypatch)
        assert (who, *again) == (who, rows, new)
    assert work_of_asking(db, settings, "confirmed@example.org", monkeypatch) == (0, new)


def test_asking_for_ones_own_page_does_the_same_work_for_every_address(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_subscriber(db, settings, "confirmed@example.org")
    make_subscriber(db, settings, "bounced@example.org")
    with db.writing() as session:
        address_hash = fingerprint("bounced@example.org", settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.BOUNCE, TUESDAY, "test")
    own_row, stranger = work_of_asking(db, settings, "stranger@example.org", monkeypatch, ask_page)
    assert (own_row, len([step for step in stranger if step.startswith("fill")])) == (1, 3)
    for who, rows in {"confirmed": 0, "bounced": 0, "stranger": 1}.items():
        assert work_of_asking(db, settings, f"{who}@example.org", monkeypatch, ask_page) == (rows, stranger), who
    again = work_of_asking(db, settings, "confirmed@example.org", monkeypatch, ask_page)
    assert again == (0, stranger), "asked a moment ago"


def ask_page(db: Database, settings: Settings, email: str) -> None:
    own_page.ask_for_own_page(Context(db, settings, TUESDAY), addresses.parse(email), "192.0.2.1")


def work_of_asking(
    db: Database,
    settings: Settings,
    email: str,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[Database, Settings, str], None] = ask,
) -> tuple[int, list[str]]:
    """How many rows of its own the address got (undone or not), and all else that is done when someone asks at it.

    A row that is kept and one that is undone are written alike, and so are counted alike.
    """
    done: list[str] = []
    render = Template.render

    def listen(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        done.append("end of a savepoint" if statement.startswith(("RELEASE", "ROLLBACK TO")) else statement)

    def fill(template: Template, *args: object, **values: object) -> str:
        done.append(f"fill {template.name}")
        return render(template, *args, **values)

    event.listen(db.engine, "before_cursor_execute", listen)
    with monkeypatch.context() as patches:
        patches.setattr(Template, "render", fill)
        ask(db, settings, email)
    event.remove(db.engine, "before_cursor_execute", listen)
    own_row = [statement for statement in done if statement.startswith("INSERT INTO subscribers")]
    return len(own_row), [step for step in done if step not in own_row]


def test_a_wording_is_kept_once_under_its_version(db: Database, settings: Settings) -> None:
    with db.writing() as session:
        first = consent_wordings.signing_up(settings).keep(session)
        assert consent_wordings.signing_up(settings).keep(session) == first
        assert keep_wording(session, "sign-up 2", consent_wordings.signing_up(settings).text) != first
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(StoredWording)) == 2


@pytest.mark.only_on("sqlite")
def test_words_that_changed_with_the_sites_name_are_kept_as_each_reader_saw_them(
    db: Database, settings: Settings
) -> None:
    renamed = replace(settings, branding=replace(settings.branding, name="Data Weekly"))
    for site, email in ((settings, "alice@example.org"), (renamed, "bob@example.org")):
        ask(db, site, email)
    with db.reading() as session:
        shown = [
            wording.text
            for email in ("alice@example.org", "bob@example.org")
            if (reader := subscriber_with_address(session, email))
            for _, wording in consent_of(session, reader.id)
        ]
    assert shown == [consent_wordings.signing_up(settings).text, consent_wordings.signing_up(renamed).text]
    assert "Data Weekly" in shown[1]


def test_leaving_is_in_the_journal_once(db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, "alice@example.org")
    for _ in range(2):
        subscribing.leave(Context(db, settings, TUESDAY), alice.link_key, consent_wordings.leaving(settings), "a test")
    lines = (settings.instance_path / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"at": "2024-05-14T09:00:00+00:00", "what": "unsubscribed", "address_hash": alice.address_hash}
    ]
    assert "alice" not in lines[0]


def test_leaving_with_an_unknown_key_changes_nothing(db: Database, settings: Settings) -> None:
    assert (
        subscribing.leave(Context(db, settings, TUESDAY), "0" * 32, consent_wordings.leaving(settings), "a test")
        is None
    )
    assert not (settings.instance_path / "journal.jsonl").exists()


def test_erasing_keeps_past_accounts_whole(db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, "alice@example.org")
    bob = make_subscriber(db, settings, "bob@example.org")
    issue_id = make_issue(db)
    with db.writing() as session:
        edition = Edition(issue_id=issue_id, items=1, subject="s", text="t", html="h", tags="{}", hash="0" * 64)
        session.add(edition)
        session.flush()
        batch = Batch(issue_id=issue_id, edition_id=edition.id, size=2)
        session.add(batch)
        session.flush()
        for reader in (alice, bob):
            session.execute(
                insert(Delivery).values(
                    issue_id=issue_id,
                    batch_id=batch.id,
                    subscriber_id=reader.id,
                    address=reader.address,
                    reason=f"bounced: {reader.address} is full",
                )
            )
    assert privacy.erase(Context(db, settings, TUESDAY), alice.address, "a test")
    assert not privacy.erase(Context(db, settings, TUESDAY), alice.address, "a test")
    with db.reading() as session:
        rows = session.execute(
            select(Delivery.subscriber_id, Delivery.address, Delivery.reason).order_by(Delivery.id)
        ).all()
        assert session.scalars(select(Suppression.reason)).all() == ["erasure"]
    assert [tuple(row) for row in rows] == [
        (None, None, "bounced: (erased) is full"),
        (bob.id, "bob@example.org", "bounced: bob@example.org is full"),
    ]


def test_erasing_takes_messages_that_name_their_reader_by_the_address_alone(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "alice@example.org")
    ask(db, settings, "alice@example.org")
    with db.reading() as session:
        (reminder,) = session.scalars(select(Message)).all()
        assert (reminder.recipient, reminder.subscriber_id) == ("alice@example.org", None)
    privacy.erase(Context(db, settings, TUESDAY), "alice@example.org", "a test")
    with db.reading() as session:
        assert session.scalars(select(Message.kind)).all() == ["erased", "erasure"], "which go when they left"


def test_a_pending_reader_who_asks_again_stays_one_reader(db: Database, settings: Settings) -> None:
    ask(db, settings, "alice@example.org")
    ask(db, settings, "Alice@Example.org", minutes=61)
    with db.reading() as session:
        (alice,) = session.scalars(select(Subscriber)).all()
        assert session.scalar(select(func.count()).select_from(Message)) == 2
    assert alice.state == SubscriberState.PENDING

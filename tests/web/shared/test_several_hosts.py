"""Two web hosts on one database, the second with a wrong clock: what is counted or ended at one holds at the other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from digest.app import create_app
from digest.config import Settings
from digest.operations.messages import signup_caps
from digest.operations.people.signing_in import TRIES_FROM_ONE_NETWORK
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from tests.conftest import TUESDAY
from tests.web.browser import Browser, make_editor_with_password, words
from tests.web.readers.doors import ask

pytestmark = pytest.mark.only_on("postgresql")

ALICE = "alice@digest.test"
WRONG = [timedelta(minutes=4), timedelta(minutes=-4)]
"""By how much the second host's clock is wrong: as far as one that nobody looks after may be within weeks."""


@pytest.fixture
def hosts(settings: Settings, db: Database, clock: time_machine.Traveller) -> Iterator[list[Flask]]:  # noqa: ARG001
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            site = create_app(settings, with_postman=False)
            stack.callback(site.extensions["digest"].db.close)
            found.append(site)
        yield found


def due_at_once(db: Database, latest: timedelta) -> int:
    with db.reading() as session:
        asked = (
            select(func.count()).select_from(Message).where(Message.not_before <= TUESDAY + max(latest, timedelta()))
        )
        return session.scalar(asked) or 0


@pytest.mark.parametrize("wrong", WRONG)
def test_a_network_has_one_share_at_all_hosts_together(
    hosts: list[Flask],
    db: Database,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    wrong: timedelta,
) -> None:
    monkeypatch.setattr(signup_caps, "PER_NETWORK_HOUR", 3)
    for number in range(6):
        clock.move_to(TUESDAY + (wrong if number % 2 else timedelta()), tick=False)
        assert ask(hosts[number % 2].test_client(), f"reader{number}@office.example").status_code == 200
    assert due_at_once(db, wrong) == 3


def test_a_mailbox_gets_one_message_of_all_hosts_at_the_same_moment(hosts: list[Flask], db: Database) -> None:
    clients: list[FlaskClient] = [site.test_client() for site in hosts]
    with ThreadPoolExecutor(len(clients)) as people:
        answers = people.map(lambda one: ask(one[1], ip=f"192.0.2.{one[0]}").status_code, enumerate(clients))
    assert set(answers) == {200}
    assert due_at_once(db, timedelta()) == 1


@pytest.mark.parametrize("wrong", WRONG)
def test_guesses_at_one_host_count_at_the_other(
    hosts: list[Flask], db: Database, clock: time_machine.Traveller, wrong: timedelta
) -> None:
    make_editor_with_password(db, ALICE, "Alice")
    for number in range(TRIES_FROM_ONE_NETWORK):
        clock.move_to(TUESDAY + (wrong if number % 2 else timedelta()), tick=False)
        assert Browser(hosts[number % 2].test_client()).sign_in(ALICE, "a guess").status_code == 422
    for number, site in enumerate(hosts):
        clock.move_to(TUESDAY + (wrong if number else timedelta()), tick=False)
        assert Browser(site.test_client()).sign_in(ALICE).status_code == 429


@pytest.mark.parametrize("wrong", WRONG)
def test_a_session_lives_and_ends_at_both_hosts(
    hosts: list[Flask], db: Database, clock: time_machine.Traveller, wrong: timedelta
) -> None:
    make_editor_with_password(db, ALICE, "Alice")
    here, there = Browser(hosts[0].test_client()), Browser(hosts[1].test_client())
    here.sign_in(ALICE)
    there.client.set_cookie("digest_desk", here.cookie(), path="/desk")
    clock.move_to(TUESDAY + wrong, tick=False)
    assert "Alice" in words(there.open("/desk/account"))
    assert there.send("/desk/account/sign-out-everywhere").status_code == 303
    clock.move_to(TUESDAY, tick=False)
    assert here.open("/desk/account").status_code in (302, 303)

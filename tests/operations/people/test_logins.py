"""Accounts and guessing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, select

from digest.config import Settings
from digest.domain.people.passwords import fault_in_password
from digest.domain.people.roles import Role
from digest.operations.people import logins
from digest.operations.people.signing_in import SIEGE, TRIES_FROM_ONE_NETWORK, NotSignedIn, SignedIn, sign_in
from digest.operations.shared.context import Context
from digest.operations.shared.links import password_url
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from digest.storage.people.editors import Editor, editor_by_id
from tests.conftest import THE_HASHER, TUESDAY
from tests.web.browser import PASSWORD, make_editor_with_password

HOME, OFFICE = "192.0.2.1", "198.51.100.7"
ALICE = "alice@digest.test"


def _guess(db: Database, settings: Settings, network: str, typed: str = "a wrong guess", later: int = 0) -> object:
    return sign_in(Context(db, settings, TUESDAY + timedelta(minutes=later)), ALICE, typed, network)


def _editor(db: Database, editor_id: int) -> Editor:
    with db.reading() as session:
        found = editor_by_id(session, editor_id)
        assert found is not None
        return found


@pytest.fixture
def alice_id(db: Database) -> int:
    """Alice’s account."""
    return make_editor_with_password(db, ALICE, "Alice")


@pytest.fixture
def ada_id(db: Database) -> int:
    """Ada’s account."""
    return make_editor_with_password(db, "ada@digest.test", "Ada", is_admin=True)


@pytest.mark.usefixtures("alice_id")
def test_guesses_from_one_network_stop_and_the_owner_gets_in_from_another(db: Database, settings: Settings) -> None:
    for _ in range(TRIES_FROM_ONE_NETWORK):
        assert _guess(db, settings, OFFICE) is NotSignedIn.WRONG
    assert _guess(db, settings, OFFICE, PASSWORD) is NotSignedIn.TOO_OFTEN
    assert isinstance(_guess(db, settings, HOME, PASSWORD), SignedIn)
    assert isinstance(_guess(db, settings, OFFICE, PASSWORD, later=16), SignedIn)


@pytest.mark.usefixtures("alice_id")
def test_a_thousand_guesses_get_nowhere(db: Database, settings: Settings) -> None:
    looked_at = sum(_guess(db, settings, OFFICE) is NotSignedIn.WRONG for _ in range(1_000))
    assert looked_at == TRIES_FROM_ONE_NETWORK


@pytest.mark.usefixtures("alice_id")
def test_under_siege_each_network_has_one_try_and_the_owner_still_gets_in(db: Database, settings: Settings) -> None:
    for number in range(SIEGE):
        assert _guess(db, settings, f"203.0.113.{number}") is NotSignedIn.WRONG
    assert _guess(db, settings, OFFICE) is NotSignedIn.WRONG
    assert _guess(db, settings, OFFICE) is NotSignedIn.TOO_OFTEN
    assert isinstance(_guess(db, settings, HOME, PASSWORD), SignedIn)


def test_unknown_address_is_slowed_down_alike(db: Database, settings: Settings) -> None:
    found = [_guess(db, settings, OFFICE) for _ in range(TRIES_FROM_ONE_NETWORK + 1)]
    assert found == [NotSignedIn.WRONG] * TRIES_FROM_ONE_NETWORK + [NotSignedIn.TOO_OFTEN]


def test_password_hash_is_argon2id_and_renewed_when_its_parameters_are_old(
    db: Database, settings: Settings, alice_id: int
) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with db.writing() as session:
        editor = editor_by_id(session, alice_id)
        assert editor is not None
        editor.password_hash = old
    assert isinstance(_guess(db, settings, HOME, PASSWORD), SignedIn)
    renewed = _editor(db, alice_id).password_hash
    assert renewed != old
    assert str(renewed).startswith("$argon2id$")
    assert (THE_HASHER.memory_cost, THE_HASHER.time_cost) == (65_536, 3), "RFC 9106, section 4"


def test_reset_keeps_an_open_invitation_alive(db: Database, settings: Settings) -> None:
    invited = logins.invite(Context(db, settings, TUESDAY), "Ada", "bob@digest.test")
    logins.ask_for_password_link(Context(db, settings, TUESDAY), "bob@digest.test", HOME)
    key = _editor(db, invited.editor_id).password_key
    assert key is not None
    logins.choose_password(Context(db, settings, TUESDAY + timedelta(days=6)), key, "nine amber kettles hum")


@pytest.mark.usefixtures("alice_id")
def test_asking_for_a_link_does_the_same_work_for_everybody(db: Database, settings: Settings) -> None:
    known = _work(db, settings, ALICE)
    assert known == _work(db, settings, "nobody@digest.test")
    for _ in range(3):
        assert known == _work(db, settings, ALICE)  # the last of which has had its three an hour


def _work(db: Database, settings: Settings, email: str) -> list[str]:
    """The statements that are run when a link is asked for; a savepoint's end is one, whichever it is."""
    done: list[str] = []

    def listen(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        done.append("end of a savepoint" if statement.startswith(("RELEASE", "ROLLBACK TO")) else statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    logins.ask_for_password_link(Context(db, settings, TUESDAY), email, HOME)
    event.remove(db.engine, "before_cursor_execute", listen)
    return done


def test_new_password_lets_the_owner_try_again_under_siege(db: Database, settings: Settings, alice_id: int) -> None:
    for number in range(SIEGE):
        _guess(db, settings, f"203.0.113.{number}")
    logins.change_password(db, settings, alice_id, "nine amber kettles hum")
    assert _guess(db, settings, HOME) is NotSignedIn.WRONG
    assert isinstance(_guess(db, settings, HOME, "nine amber kettles hum"), SignedIn)


def test_invited_admin_does_not_count_as_one_who_is_left(db: Database, settings: Settings, ada_id: int) -> None:
    logins.invite(Context(db, settings, TUESDAY), "Ada", "bob@digest.test", admin=True)
    with pytest.raises(Refused, match="somebody else an admin"):
        logins.deactivate(Context(db, settings, TUESDAY), ada_id, "ada@digest.test")


def test_one_of_two_admins_may_step_down(db: Database, settings: Settings, ada_id: int) -> None:
    make_editor_with_password(db, "grace@digest.test", "Grace", is_admin=True)
    logins.set_role(Context(db, settings, TUESDAY), ada_id, Role.SENDER, "ada@digest.test")
    assert not _editor(db, ada_id).is_admin


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("seven quiet herons wade", True),
        ("Zq8!mmT0p-w2", True),
        ("пароль из пяти слов", True),
        ("elevenchars", False),
        ("x" * 201, False),
        ("PASSWORD12345", False),
        ("correct horse battery staple", False),
        ("alice@digest.test", False),
        ("Alice.Archer2024", False),
        ("Privacy Digest 1", False),
        ("abababababab", False),
    ],
)
def test_password_rules(password: str, good: bool) -> None:
    about = (ALICE, "Alice Archer", "Privacy Digest")
    assert (fault_in_password(password, about) == "") is good


@pytest.mark.only_on("sqlite")
def test_however_often_strangers_ask_an_old_password_link_ends_and_each_mail_says_until_when(
    db: Database, settings: Settings, alice_id: int
) -> None:
    keys: dict[str, datetime] = {}
    asked = [TUESDAY + timedelta(minutes=30 * times) for times in range(20)]
    for now in asked:
        logins.ask_for_password_link(Context(db, settings, now), ALICE, HOME)
        alice = _editor(db, alice_id)
        assert alice.password_key and alice.password_key_until == now + timedelta(hours=1)
        keys.setdefault(alice.password_key, now)
        with db.reading() as session:
            (mail,) = session.scalars(select(Message).where(Message.created_at == now))
        assert f"{settings.schedule.local(alice.password_key_until):%H:%M}" in mail.text
        assert password_url(settings, alice.password_key) in mail.text
    assert list(keys.values()) == [asked[0], asked[7], asked[14]]
    with pytest.raises(Refused, match="too old"):
        logins.choose_password(Context(db, settings, asked[8]), next(iter(keys)), "an old link in the wrong hands")

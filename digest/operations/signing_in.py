"""Signing in and out: passwords checked, guesses slowed down, sessions kept on the server.

A try is counted before its password is looked at, so that many at once get no further than many in turn. Limits are
per network: whoever guesses from elsewhere never keeps the owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain import addresses
from digest.domain.passwords import normalised
from digest.domain.tokens import fingerprint, new_key
from digest.storage.database import Database, one_at_a_time
from digest.storage.desk_sessions import DeskSession, end_session, end_sessions_of
from digest.storage.editors import Editor, editor_by_id, editor_with_email
from digest.storage.tallies import count_one, counted, forget

WINDOW = timedelta(minutes=15)
TRIES_FROM_ONE_NETWORK = 5
TRIES_UNDER_SIEGE = 1
SIEGE = 50
"""So many tries for one account, from all networks together, and each network has a single try left."""
TRIES_OF_ONE_NETWORK = 60
"""Over all accounts."""
_SEEN_EVERY = timedelta(minutes=1)
_LONGEST_TYPED = 1_000

_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106, section 4, second recommendation


class NotSignedIn(StrEnum):
    """Why somebody is not signed in."""

    WRONG = "wrong"
    TOO_OFTEN = "too often"


@dataclass(frozen=True)
class SignedIn:
    """Who signed in; `key` is for the cookie of this browser and is stored nowhere."""

    editor_id: int
    key: str


def sign_in(
    db: Database,
    settings: Settings,
    now: datetime,
    email: str,
    password: str,
    network: str,
    old_key_hash: str = "",
) -> SignedIn | NotSignedIn:
    """Start a session if address and password belong together; the browser's session before that ends.

    Unknown addresses, deactivated editors and open invitations cost the same work and get the same answer.
    """
    account = _account(email)
    if not _may_try(db, settings, now, account, network):
        return NotSignedIn.TOO_OFTEN
    editor = _editor(db, account)
    usable = editor.password_hash if editor and editor.is_active else None
    if not _matches(usable, password) or editor is None:
        return NotSignedIn.WRONG
    key = new_key()
    with db.writing() as session:
        forget_tries(session, settings, account, network)
        end_session(session, old_key_hash)
        session.add(DeskSession(key_hash=_hash(key), editor_id=editor.id, created_at=now, seen_at=now))
        _refresh_hash(session, editor.id, password)
    return SignedIn(editor.id, key)


def password_fits(
    db: Database, settings: Settings, now: datetime, editor: Editor, password: str, network: str
) -> bool | None:
    """Whether this is the editor's password; None after too many tries. For someone who is signed in."""
    if not _may_try(db, settings, now, editor.email, network):
        return None
    fits = _matches(editor.password_hash, password)
    if fits:
        with db.writing() as session:
            forget_tries(session, settings, editor.email, network)
    return fits


def sign_out(db: Database, key_hash: str) -> None:
    """End one browser's session."""
    with db.writing() as session:
        end_session(session, key_hash)


def sign_out_everywhere(db: Database, editor_id: int) -> None:
    """End all sessions of an editor."""
    with db.writing() as session:
        end_sessions_of(session, editor_id)


def note_seen(db: Database, now: datetime, key_hash: str) -> None:
    """Remember that a session is in use; written at most once a minute."""
    with db.writing() as session:
        row = session.get(DeskSession, key_hash)
        if row and now - row.seen_at >= _SEEN_EVERY:
            row.seen_at = now


def is_news(seen_at: datetime, now: datetime) -> bool:
    """Whether `note_seen` would write anything."""
    return now - seen_at >= _SEEN_EVERY


def hash_password(password: str) -> str:
    """What is stored in place of a password."""
    return _hasher.hash(normalised(password))


def forget_tries(session: Session, settings: Settings, account: str, network: str = "") -> None:
    """Let an account be tried afresh: from one network after a sign-in, under siege after a new password too."""
    if network:
        forget(session, "sign-in", _key(settings, account, network))
    forget(session, "sign-in account", _key(settings, account))


def _may_try(db: Database, settings: Settings, now: datetime, account: str, network: str) -> bool:
    """Count this try, unless there were too many."""
    here, anywhere, place = _key(settings, account, network), _key(settings, account), _key(settings, network)
    since = now - WINDOW
    with db.writing() as session:
        one_at_a_time(session, "sign-in")
        besieged = counted(session, "sign-in account", since, anywhere) >= SIEGE
        most = TRIES_UNDER_SIEGE if besieged else TRIES_FROM_ONE_NETWORK
        if counted(session, "sign-in", since, here) >= most:
            return False
        if counted(session, "sign-in network", since, place) >= TRIES_OF_ONE_NETWORK:
            return False
        for kind, key in (("sign-in", here), ("sign-in account", anywhere), ("sign-in network", place)):
            count_one(session, kind, key, now)
        return True


def _account(email: str) -> str:
    try:
        return addresses.parse(email).key
    except addresses.BadAddress:
        return email.replace("\0", "").strip().lower()[: addresses.LONGEST]  # PostgreSQL holds no NUL


def _editor(db: Database, email: str) -> Editor | None:
    with db.reading() as session:
        return editor_with_email(session, email)


def _matches(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(stored or _nobodys_hash(), normalised(password[:_LONGEST_TYPED]))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache
def _nobodys_hash() -> str:
    return _hasher.hash(new_key())


def _refresh_hash(session: Session, editor_id: int, password: str) -> None:
    editor = editor_by_id(session, editor_id)
    if editor and editor.password_hash and _hasher.check_needs_rehash(editor.password_hash):
        editor.password_hash = hash_password(password)


def _key(settings: Settings, *parts: str) -> str:
    return fingerprint("\n".join(parts), settings.secret_key)


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()

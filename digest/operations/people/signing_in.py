"""Signing in and out: passwords checked, guesses slowed down, sessions kept on the server.

A try is counted before its password is looked at, so that many at once get no further than many in turn. Limits are
per network: whoever guesses from elsewhere never keeps the owner out. Who has just shown that the account's mailbox is
theirs has tries of their own, whatever strangers did before and do meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared import addresses
from digest.domain.shared.tokens import fingerprint, new_key
from digest.operations.people import password_hashing
from digest.operations.shared.context import Context, Work
from digest.storage.base.database import Database, one_at_a_time
from digest.storage.base.rate_limits import count_one, counted, forget
from digest.storage.people.desk_sessions import DeskSession, end_session, end_sessions_of
from digest.storage.people.editors import Editor, editor_with_email, renew_hash

WINDOW = timedelta(minutes=15)
TRIES_FROM_ONE_NETWORK = 5
TRIES_UNDER_SIEGE = 1
SIEGE = 50
"""So many tries for one account, from all networks together, and each network has a single try left."""
TRIES_OF_ONE_NETWORK = 60
"""Over all accounts."""
_SEEN_EVERY = timedelta(minutes=1)


class NotSignedIn(StrEnum):
    """Why somebody is not signed in."""

    WRONG = "wrong"
    TOO_OFTEN = "too often"
    BUSY = "busy"
    """Nothing was looked at or counted: too many were waiting already."""


@dataclass(frozen=True)
class SignedIn:
    """Who signed in; `key` is for the cookie of this browser and is stored nowhere."""

    editor_id: int
    key: str


def sign_in(
    context: Context,
    email: str,
    password: str,
    network: str,
    old_key_hash: str = "",
) -> SignedIn | NotSignedIn:
    """Start a session if address and password belong together; the browser's session before that ends.

    Unknown addresses, deactivated editors and open invitations cost the same work and get the same answer.
    """
    account = _account(email)
    try:
        with password_hashing.STRANGERS.taken(network):
            if not _may_try(context, account, network):
                return NotSignedIn.TOO_OFTEN
            editor = _editor(context.db, account)
            usable = editor.password_hash if editor and editor.is_active else None
            if not password_hashing.matches(context.settings, usable, password) or editor is None:
                return NotSignedIn.WRONG
            renewed = password_hashing.renewed(context.settings, usable, password)
    except password_hashing.HashingBusy:
        return NotSignedIn.BUSY
    with context.db.writing() as session:
        forget_tries(session, context.settings, account, network)
        if renewed:
            renew_hash(session, editor.id, usable, renewed)
        return SignedIn(editor.id, _start(session, context.now, editor.id, old_key_hash))


def sign_in_anew(db: Database, now: datetime, editor_id: int, old_key_hash: str) -> SignedIn:
    """Start a session in place of the browser's old one, for someone who was signed in and has shown it again."""
    with db.writing() as session:
        return SignedIn(editor_id, _start(session, now, editor_id, old_key_hash))


def password_fits(context: Context, editor: Editor, password: str) -> bool | None:
    """Whether this is the password of the editor who is signed in; None after too many tries. Raises HashingBusy.

    These tries are counted by themselves: strangers who guess at the account from outside never use them up.
    """
    account = _key(context.settings, editor.email)
    with password_hashing.PROVEN.taken(account):
        with context.db.writing() as session:
            one_at_a_time(session, "sign-in")
            if counted(session, "password check", context.now - WINDOW, account) >= TRIES_FROM_ONE_NETWORK:
                return None
            count_one(session, "password check", account, context.now)
        fits = password_hashing.matches(context.settings, editor.password_hash, password)
    if fits:
        with context.db.writing() as session:
            forget(session, "password check", account)
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


def forget_tries(session: Session, settings: Settings, account: str, network: str = "") -> None:
    """Let an account be tried afresh: from one network after a sign-in, under siege after a new password too."""
    if network:
        forget(session, "sign-in", _key(settings, account, network))
        forget(session, "sign-in proof", _key(settings, account, network))
    forget(session, "sign-in account", _key(settings, account))


def forgive(work: Work, account: str, network: str) -> None:
    """Somebody here has shown that the account's mailbox is theirs: they may sign in, whoever guessed before.

    Nobody else gains a try by it: what other networks have used up stays used up, and so does what this one has at
    other accounts.
    """
    forget_tries(work.session, work.settings, account, network)
    count_one(work.session, "sign-in proof", _key(work.settings, account, network), work.now)


def _may_try(context: Context, account: str, network: str) -> bool:
    """Count this try, unless there were too many."""
    here, anywhere, place = (
        _key(context.settings, account, network),
        _key(context.settings, account),
        _key(context.settings, network),
    )
    since = context.now - WINDOW
    with context.db.writing() as session:
        one_at_a_time(session, "sign-in")
        proven = counted(session, "sign-in proof", since, here) > 0
        besieged = counted(session, "sign-in account", since, anywhere) >= SIEGE
        most = TRIES_UNDER_SIEGE if besieged and not proven else TRIES_FROM_ONE_NETWORK
        if counted(session, "sign-in", since, here) >= most:
            return False
        if not proven and counted(session, "sign-in network", since, place) >= TRIES_OF_ONE_NETWORK:
            return False
        for kind, key in (("sign-in", here), ("sign-in account", anywhere), ("sign-in network", place)):
            count_one(session, kind, key, context.now)
        return True


def _account(email: str) -> str:
    try:
        return addresses.parse(email).key
    except addresses.BadAddress:
        return email.replace("\0", "").strip().lower()[: addresses.LONGEST]  # PostgreSQL holds no NUL


def _editor(db: Database, email: str) -> Editor | None:
    with db.reading() as session:
        return editor_with_email(session, email)


def _start(session: Session, now: datetime, editor_id: int, old_key_hash: str) -> str:
    key = new_key()
    end_session(session, old_key_hash)
    session.add(DeskSession(key_hash=_hash(key), editor_id=editor_id, created_at=now, seen_at=now))
    return key


def _key(settings: Settings, *parts: str) -> str:
    return fingerprint("\n".join(parts), settings.secret_key)


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()

"""Editors' accounts: inviting, passwords by link, rights, deactivating.

A link's key is spent by the password it sets. Whoever changes a password or is deactivated is signed out everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.manuscript import one_line
from digest.domain.people.acts import Act
from digest.domain.people.passwords import fault_in_password
from digest.domain.people.roles import Role
from digest.domain.shared import addresses
from digest.domain.shared.tokens import fingerprint, new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import Rendered, render_invitation, render_password_reset
from digest.operations.messages.queue import post
from digest.operations.people import audit, password_hashing
from digest.operations.people.signing_in import forget_tries, forgive
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import password_url
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database, one_at_a_time
from digest.storage.base.rate_limits import count_one, counted
from digest.storage.people.desk_sessions import end_sessions_of
from digest.storage.people.editors import (
    Editor,
    PasswordKey,
    admins_who_can_sign_in,
    editor_by_id,
    editor_with_email,
    editor_with_password_key,
    put_password_key,
)

INVITATION_LIVES = timedelta(days=7)
RESET_LIVES = timedelta(hours=1)
RESET_LIVES_AT_MOST = timedelta(hours=4)
"""However often it is asked for anew: an old link in the wrong hands must end."""
LONGEST_NAME = 200
_RESETS_AN_HOUR = 3
_RESETS_OF_ONE_NETWORK = 20


@dataclass(frozen=True)
class Invited:
    """An editor with the link that sets their password, once; `new` is False if they had an account before."""

    editor_id: int
    email: str
    link: str
    expires: datetime
    new: bool


def invite(
    context: Context, invited_by: str, email: str, name: str = "", admin: bool = False, may_send: bool = True
) -> Invited:
    """Add an editor and send the link that sets a password. Raises BadAddress, or Refused for one who is there."""
    address = addresses.parse(email)
    with context.db.writing() as session:
        if editor_with_email(session, address.key):
            raise Refused(f"{address.shown} is an editor already. Their row in the list has what can be changed.")
        editor = Editor(
            email=address.key, name=_name(name, address.key), is_admin=admin, may_send=admin or may_send,
            created_at=context.now,
        )  # fmt: skip
        session.add(editor)
        session.flush()
        link = _send_invitation(context.within(session), editor, invited_by)
        audit.note(context.within(session), invited_by, Act.INVITED, f"{editor.email} as {editor.role}")
        return Invited(editor.id, editor.email, link, context.now + INVITATION_LIVES, True)


def let_in(context: Context, invited_by: str, email: str, name: str = "", admin: bool = False) -> Invited:
    """As `invite`; an editor who is there already is made active (and admin, if asked) and gets a fresh link."""
    address = addresses.parse(email)
    with context.db.writing() as session:
        editor = editor_with_email(session, address.key)
        if editor:
            editor.is_active = True
            if admin and not editor.is_admin:
                audit.note(context.within(session), invited_by, Act.ROLE, f"{editor.email}: {editor.role} to admin")
            editor.is_admin = editor.is_admin or admin
            send = _send_reset if editor.password_hash else _send_invitation
            link = send(context.within(session), editor, invited_by)
            expires = editor.password_key_until or context.now
            return Invited(editor.id, editor.email, link, expires, False)
    return invite(context, invited_by, email, name, admin)


def invite_again(context: Context, invited_by: str, editor_id: int) -> None:
    """Send a fresh invitation to an editor who has not chosen a password yet."""
    with context.db.writing() as session:
        editor = _existing(session, editor_id)
        if editor.password_hash or not editor.is_active:
            raise Refused(f"{editor.name} has no open invitation. Whoever forgot a password asks for a new one.")
        _send_invitation(context.within(session), editor, invited_by)


def ask_for_password_link(context: Context, email: str, network: str) -> bool:
    """Send an editor the link that sets a new password. Tells nothing, by words or by work, about who is one.

    False: this network has asked so often within the hour that nothing was done. Raises BadAddress for what can't be an
    address.
    """
    address = addresses.parse(email)
    with context.db.reading() as session:
        editor = editor_with_email(session, address.key)
    given = _key_to_send(editor, context.now)
    rendered = _reset_message(context.settings, editor.name if editor else address.key, given)
    with context.db.writing(quietly=True) as session:
        if not _network_may_ask(context.within(session), network):
            return False
        account, since = fingerprint(address.key, context.settings.secret_key), context.now - timedelta(hours=1)
        had_their_share = counted(session, "reset", since, account) >= _RESETS_AN_HOUR
        with session.begin_nested() as sending:
            known = put_password_key(session, address.key, given, editor.password_key if editor else None)
            post(session, context.now, "password_reset", address.key, rendered)
            count_one(session, "reset", account, context.now)
            if had_their_share or not known:
                sending.rollback()
    return True


def choose_password(context: Context, key: str, password: str, network: str = "") -> None:
    """Spend a link: set the password, end all sessions, and let whoever did so sign in from this network.

    Raises Refused with what is wrong with link or password, and HashingBusy before anything was done.
    """
    with context.db.reading() as session:
        _check(context.settings, _with_key(session, key, context.now), password)
    with password_hashing.PROVEN.taken(key):
        hashed = password_hashing.hashed(context.settings, password)
    with context.db.writing() as session:
        editor = _with_key(session, key, context.now)
        _set_password(session, context.settings, editor, password, hashed)
        audit.note(context.within(session), editor.email, Act.LINK, "chose a password")
        if network:
            forgive(context.within(session), editor.email, network)


def change_password(db: Database, settings: Settings, editor_id: int, password: str) -> None:
    """Set the password of someone who is signed in, and end all their sessions. Raises Refused, and HashingBusy."""
    with db.reading() as session:
        _check(settings, _existing(session, editor_id), password)
    with password_hashing.PROVEN.taken(str(editor_id)):
        hashed = password_hashing.hashed(settings, password)
    with db.writing() as session:
        _set_password(session, settings, _existing(session, editor_id), password, hashed)


def rename(db: Database, editor_id: int, name: str) -> None:
    """Change an editor's name; an empty one falls back to the address."""
    with db.writing() as session:
        editor = _existing(session, editor_id)
        editor.name = _name(name, editor.email)


def set_role(context: Context, editor_id: int, role: Role, who: str) -> None:
    """Make somebody an editor, a sender or an admin. Raises Refused where nobody would be left to manage editors."""
    with context.db.writing() as session:
        editor = _existing(session, editor_id)
        if role is not Role.ADMIN:
            _keep_an_admin(session, editor, "take these rights")
        if role is not editor.role:
            audit.note(context.within(session), who, Act.ROLE, f"{editor.email}: {editor.role} to {role}")
        editor.is_admin, editor.may_send = role is Role.ADMIN, role.may_send


def deactivate(context: Context, editor_id: int, who: str) -> None:
    """Keep an editor out from now on; what they wrote stays. Raises Refused for the last admin."""
    with context.db.writing() as session:
        editor = _existing(session, editor_id)
        _keep_an_admin(session, editor, "deactivate this account")
        editor.is_active = False
        audit.note(context.within(session), who, Act.DEACTIVATED, editor.email)
        editor.password_key = editor.password_key_until = None
        end_sessions_of(session, editor_id)


def reactivate(context: Context, editor_id: int, who: str) -> None:
    """Let an editor in again, with the password they had."""
    with context.db.writing() as session:
        editor = _existing(session, editor_id)
        editor.is_active = True
        audit.note(context.within(session), who, Act.REACTIVATED, editor.email)


def _existing(session: Session, editor_id: int) -> Editor:
    editor = editor_by_id(session, editor_id)
    if editor is None:
        raise Refused("There is no such editor. Reload the list.")
    return editor


def _name(name: str, email: str) -> str:
    name = one_line(name)
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters. Shorten it.")
    return name or email.partition("@")[0].replace(".", " ").replace("_", " ").title()


def _send_invitation(work: Work, editor: Editor, invited_by: str) -> str:
    given = PasswordKey(new_key(), work.now + INVITATION_LIVES, work.now)
    editor.give(given)
    link = password_url(work.settings, given.key)
    local = work.settings.schedule.local(given.until)
    post(
        work.session,
        work.now,
        "invitation",
        editor.email,
        render_invitation(identity_of(work.settings), editor.name, invited_by, editor.role, link, local),
    )
    return link


def _key_to_send(editor: Editor | None, now: datetime) -> PasswordKey:
    """A key, good for an hour at least. One that lives stays, or a stranger's request would void the link in its
    owner's mailbox; but not for ever, or strangers' requests would keep an old link good.
    """
    soon = now + RESET_LIVES
    if editor and editor.password_key and editor.password_key_until and editor.password_key_until > now:
        key, until, made_at = editor.password_key, editor.password_key_until, editor.password_key_made_at
        if until >= soon or (made_at and soon <= made_at + RESET_LIVES_AT_MOST):
            return PasswordKey(key, max(soon, until), made_at or now - RESET_LIVES_AT_MOST)
    return PasswordKey(new_key(), soon, now)


def _send_reset(work: Work, editor: Editor, _asked_by: str) -> str:
    given = PasswordKey(new_key(), work.now + RESET_LIVES, work.now)
    editor.give(given)
    post(work.session, work.now, "password_reset", editor.email, _reset_message(work.settings, editor.name, given))
    return password_url(work.settings, given.key)


def _reset_message(settings: Settings, name: str, given: PasswordKey) -> Rendered:
    local = settings.schedule.local(given.until)
    return render_password_reset(identity_of(settings), name, password_url(settings, given.key), local)


def _network_may_ask(work: Work, network: str) -> bool:
    """Count this request for its network alone. There is no limit for all together, which strangers could use up."""
    since, place = work.now - timedelta(hours=1), fingerprint(f"network\n{network}", work.settings.secret_key)
    one_at_a_time(work.session, "reset")
    if counted(work.session, "reset network", since, place) >= _RESETS_OF_ONE_NETWORK:
        return False
    count_one(work.session, "reset network", place, work.now)
    return True


def _with_key(session: Session, key: str, now: datetime) -> Editor:
    editor = editor_with_password_key(session, key, now)
    if editor is None:
        raise Refused("This link was used already or is too old. Ask for a new one.")
    return editor


def _check(settings: Settings, editor: Editor, password: str) -> None:
    fault = fault_in_password(password, (editor.email, editor.name, settings.site_name))
    if fault:
        raise Refused(fault)


def _set_password(session: Session, settings: Settings, editor: Editor, password: str, hashed: str) -> None:
    _check(settings, editor, password)
    editor.password_hash = hashed
    editor.password_key = editor.password_key_until = None
    end_sessions_of(session, editor.id)
    forget_tries(session, settings, editor.email)


def _keep_an_admin(session: Session, editor: Editor, what: str) -> None:
    admins = admins_who_can_sign_in(session)
    if [admin.id for admin in admins] == [editor.id]:
        raise Refused(f"Nobody could manage editors any more if you {what}. Make somebody else an admin first.")

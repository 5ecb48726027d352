"""Editors: the people who sign in to the desk. A sender also lets issues go, an admin manages people as well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.people.roles import Role
from digest.storage.base.model import NEVER_REUSED, Base


@dataclass(frozen=True)
class PasswordKey:
    """The key inside a link that sets a password: until when it is good, and since when there is it."""

    key: str
    until: datetime
    made_at: datetime


class Editor(Base):
    """One editor. Without a password hash the invitation is still open."""

    __tablename__ = "editors"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """In the unique form of an address."""
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(default=False)
    may_send: Mapped[bool] = mapped_column(default=True)
    """Whether as a sender; an admin is one in any case."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    password_key: Mapped[str | None] = mapped_column(String(32), unique=True)
    """The key inside a link that sets the password; used once."""
    password_key_until: Mapped[datetime | None]
    password_key_made_at: Mapped[datetime | None]

    @property
    def role(self) -> Role:
        """What they may do; asked with `domain.people.roles.may_send` and `is_admin`."""
        return Role.ADMIN if self.is_admin else Role.SENDER if self.may_send else Role.EDITOR

    def give(self, given: PasswordKey) -> None:
        """From now on this key sets the password, and no other."""
        self.password_key, self.password_key_until = given.key, given.until
        self.password_key_made_at = given.made_at


def editor_with_email(session: Session, email: str) -> Editor | None:
    """The editor of that address, active or not."""
    return session.execute(select(Editor).where(Editor.email == email)).scalar_one_or_none()


def editor_with_password_key(session: Session, key: str, now: datetime) -> Editor | None:
    """The active editor whose password link carries this key, while it lives."""
    return session.execute(
        select(Editor).where(Editor.password_key == key, Editor.password_key_until > now, Editor.is_active.is_(True))
    ).scalar_one_or_none()


def active_editors(session: Session) -> list[Editor]:
    """Everyone who gets the editors' messages, by name."""
    return list(session.execute(select(Editor).where(Editor.is_active.is_(True)).order_by(Editor.name)).scalars())


def all_editors(session: Session) -> list[Editor]:
    """Every editor by name."""
    return list(session.execute(select(Editor).order_by(Editor.is_active.desc(), Editor.name)).scalars())


def editor_by_id(session: Session, editor_id: int) -> Editor | None:
    """The editor, active or not."""
    return session.get(Editor, editor_id)


def renew_hash(session: Session, editor_id: int, old: str | None, new: str) -> None:
    """Keep a newer hash of the same password, unless the password was changed meanwhile."""
    session.execute(
        update(Editor)
        .where(Editor.id == editor_id, Editor.password_hash == old)
        .values(password_hash=new)
        .execution_options(synchronize_session=False)
    )


def put_password_key(session: Session, email: str, given: PasswordKey, instead_of: str | None) -> bool:
    """Give the active editor of this address the key that sets a password; False if there is none.

    Nor if it is no longer instead of that key: a link that was used meanwhile must not come to life again.
    """
    found = session.execute(
        update(Editor)
        .where(
            Editor.email == email,
            Editor.is_active.is_(True),
            func.coalesce(Editor.password_key, "") == (instead_of or ""),
        )
        .values(password_key=given.key, password_key_until=given.until, password_key_made_at=given.made_at)
        .returning(Editor.id)
        .execution_options(synchronize_session=False)
    )
    return found.scalar_one_or_none() is not None


def admins_who_can_sign_in(session: Session) -> list[Editor]:
    """Active admins with a password; on PostgreSQL locked, so that two can't take each other's rights at once."""
    rows = session.execute(
        select(Editor)
        .where(Editor.is_active.is_(True), Editor.is_admin.is_(True), Editor.password_hash.is_not(None))
        .order_by(Editor.id)
        .with_for_update()
    )
    return list(rows.scalars())

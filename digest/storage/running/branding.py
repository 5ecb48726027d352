"""What the desk says of the publication, over what the settings say: one row, once somebody has changed something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.running.branding import Branding, Logo
from digest.storage.base.conflicts import insert_unless_there
from digest.storage.base.model import Base

_ONLY = 1
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class DeskBranding(Base):
    """The desk's words. What is empty is as the settings have it."""

    __tablename__ = "branding"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(20), default="")
    tagline: Mapped[str] = mapped_column(String(160), default="")
    accent: Mapped[str] = mapped_column(String(7), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    sign_up: Mapped[str] = mapped_column(String(300), default="")
    logo_kind: Mapped[str] = mapped_column(String(3), default="")
    """`svg` or `png`; empty without a logo."""
    logo_key: Mapped[str] = mapped_column(String(32), default="")
    """Changes with the logo: part of its address, so that browsers may keep it."""
    logo_width: Mapped[int] = mapped_column(default=0)
    logo_height: Mapped[int] = mapped_column(default=0)
    logo_says_name: Mapped[bool] = mapped_column(default=False)
    logo: Mapped[bytes] = mapped_column(LargeBinary, default=b"", deferred=True)
    changed_at: Mapped[datetime]

    @property
    def version(self) -> str:
        """What a form names that began from this row as it is."""
        return self.changed_at.isoformat()


@dataclass(frozen=True)
class KeptLogo:
    """The logo itself."""

    kind: str
    key: str
    content: bytes


def kept_branding(session: Session, default: Branding) -> Branding:
    """The publication as it is to be shown: the desk's words where it has any, else the default. One query."""
    row = session.get(DeskBranding, _ONLY)
    if row is None:
        return default
    logo = Logo(row.logo_kind, row.logo_key, row.logo_width, row.logo_height, row.logo_says_name)
    return replace(
        default,
        name=row.name or default.name,
        language=row.language or default.language,
        tagline=row.tagline or default.tagline,
        accent=row.accent or default.accent,
        about=row.about or default.about,
        sign_up=row.sign_up or default.sign_up,
        logo=logo if row.logo_kind else default.logo,
    )


def kept_logo(session: Session) -> KeptLogo | None:
    """The logo, if there is one."""
    asked = select(DeskBranding.logo_kind, DeskBranding.logo_key, DeskBranding.logo).where(DeskBranding.logo_kind != "")
    found = session.execute(asked).one_or_none()
    return KeptLogo(*found) if found else None


def branding_for_change(session: Session) -> DeskBranding:
    """The row, locked until the transaction ends; made where there is none."""
    session.execute(insert_unless_there(session, DeskBranding).values(id=_ONLY, changed_at=_NEVER))
    return session.get_one(DeskBranding, _ONLY, with_for_update=True, populate_existing=True)


def branding_version(session: Session) -> str:
    """Changes with each change on the desk: what a form began from."""
    row = session.get(DeskBranding, _ONLY)
    return row.version if row else _NEVER.isoformat()

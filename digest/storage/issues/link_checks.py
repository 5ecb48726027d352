"""Link checks: what was last found at an address that an issue's mail leads to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.issues.links import LinkFinding
from digest.storage.base.model import Base

_AT_ONCE = 500


class LinkCheck(Base):
    """One address and what it answered. The key is its hash: an address is longer than an index takes."""

    __tablename__ = "link_checks"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(10))
    """`ok`, `moved`, `dead` or `unclear`."""
    words: Mapped[str] = mapped_column(String(500), default="")
    """What was found, as an editor reads it."""
    checked_at: Mapped[datetime]


def link_findings(session: Session, urls: Collection[str]) -> dict[str, LinkFinding]:
    """What is known of these addresses, by address."""
    return {row.url: LinkFinding(row.verdict, row.words) for row in _rows(session, urls)}


def checked_since(session: Session, urls: Collection[str], since: datetime) -> set[str]:
    """Those of these addresses that were asked at or after that moment."""
    return {row.url for row in _rows(session, urls) if row.checked_at >= since}


def put_link_finding(session: Session, url: str, finding: LinkFinding, now: datetime) -> None:
    """Remember what was found, in place of what was known."""
    session.merge(
        LinkCheck(key=_key(url), url=url, verdict=finding.verdict[:10], words=finding.words[:500], checked_at=now)
    )


def forget_link_checks(session: Session, before: datetime) -> None:
    """Drop what was found before that moment."""
    session.execute(delete(LinkCheck).where(LinkCheck.checked_at < before))


def _rows(session: Session, urls: Collection[str]) -> Iterable[LinkCheck]:
    keys = [_key(url) for url in urls]
    for start in range(0, len(keys), _AT_ONCE):
        asked = select(LinkCheck).where(LinkCheck.key.in_(keys[start : start + _AT_ONCE]))
        yield from session.execute(asked).scalars()


def _key(url: str) -> str:
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()

"""Issues: one Friday's dated unit each, at most one per date."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.issues.lifecycle import BEFORE_SENDING, FROZEN, IssueState
from digest.storage.base.model import NEVER_REUSED, Base

_AT_ONCE = 500


class Issue(Base):
    """One issue. Its send moment is its date at DIGEST_TIME, so it follows the settings and is not stored."""

    __tablename__ = "issues"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    send_date: Mapped[date] = mapped_column(unique=True)
    slot: Mapped[date]
    """The date it was made for. A moved issue keeps its slot, so that none other is made for that week."""
    state: Mapped[str] = mapped_column(String(10), default=IssueState.OPEN, index=True)
    introduction: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(String(200), default="")
    preheader: Mapped[str] = mapped_column(String(200), default="")
    closing_note: Mapped[str] = mapped_column(Text, default="")
    """Markdown that stands behind the items."""
    by_topic: Mapped[bool] = mapped_column(default=False)
    """Whether its items stand in sections, by the first topic of each."""
    acts: Mapped[str] = mapped_column(Text, default="")
    """What was done to the selection, as `domain.issues.undoing.to_json` writes it: what can be taken back."""
    created_at: Mapped[datetime]
    number: Mapped[int | None]
    """The running number that it came with; none: it is counted (`issue_number`)."""
    imported_at: Mapped[datetime | None]
    """Set: it went out elsewhere, and is here only to be read. Nothing is ever sent of it."""

    cutoff_at: Mapped[datetime | None]
    """Set when the date was moved; otherwise the settings say."""
    reopened_at: Mapped[datetime | None]
    """Set: past its cut-off, but open until its send moment, because an editor reopened it or it was empty."""
    held_at: Mapped[datetime | None]
    held_by: Mapped[str] = mapped_column(String(254), default="")
    send_now_at: Mapped[datetime | None]
    send_now_by: Mapped[str] = mapped_column(String(254), default="")
    reminded_at: Mapped[datetime | None]
    """When the editors were told that an issue left open will close by itself."""
    missed_at: Mapped[datetime | None]
    """When the editors were told that it is over a day late and waits for them."""
    frozen_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    readers_forgotten_at: Mapped[datetime | None]
    """When its copies lost their readers, being old enough (RETENTION_DELIVERIES)."""
    skipped_at: Mapped[datetime | None]
    skipped_because: Mapped[str] = mapped_column(String(500), default="")
    audience: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[float] = mapped_column(default=0.0)
    """Seconds since 1970 by the database's clock: no batch is claimed before."""
    paused_because: Mapped[str] = mapped_column(String(1000), default="")
    pace: Mapped[float | None]
    """How many requests may be in flight over all senders (`domain.sending.pace`); None for any number."""
    pace_gentle: Mapped[bool] = mapped_column(default=False)
    probe_key: Mapped[str] = mapped_column(String(32), default="")
    """The probe that is under way or was last; an unknown outcome that comes meanwhile makes it worthless."""
    probe_at: Mapped[float] = mapped_column(default=0.0)
    """Seconds since 1970 by the database's clock: no other probe is made before."""
    probe_tries: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str] = mapped_column(String(254), default="")
    sender_name: Mapped[str] = mapped_column(String(80), default="")
    """Whom its copies are from, as it was closed; empty before the freeze."""

    @property
    def on_hold(self) -> bool:
        """Whether it waits for an editor's word."""
        return self.held_at is not None


class Closing(Base):
    """The digest as rendered when its issue closed: what the proof showed and what goes, byte for byte."""

    __tablename__ = "closings"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[str] = mapped_column(String(254))
    hold_key: Mapped[str] = mapped_column(String(32), unique=True)
    override: Mapped[str] = mapped_column(String(500), default="")
    """Why a sender let it go although pre-flight blocks; empty where nobody had to."""
    content: Mapped[str] = mapped_column(Text)
    """`domain.issues.edition.to_json`: what topic editions and the web page are made from."""
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text)
    branding: Mapped[str] = mapped_column(Text, default="")
    """`domain.running.branding.to_json`: the publication as it was then; editions are made under it."""


def issue_for_change(session: Session, issue_id: int) -> Issue:
    """The issue, fresh and locked until the transaction ends."""
    return session.get_one(Issue, issue_id, with_for_update=True, populate_existing=True)


def issue_on(session: Session, send_date: date) -> Issue | None:
    """The issue of that date."""
    return session.execute(select(Issue).where(Issue.send_date == send_date)).scalar_one_or_none()


def current_issue(session: Session) -> Issue | None:
    """The earliest issue not yet sending, sent or skipped."""
    return session.execute(
        select(Issue).where(Issue.state.in_(BEFORE_SENDING)).order_by(Issue.send_date).limit(1)
    ).scalar_one_or_none()


def unsent_issues(session: Session) -> list[Issue]:
    """All issues not yet sending, sent or skipped, the earliest first."""
    rows = session.execute(select(Issue).where(Issue.state.in_(BEFORE_SENDING)).order_by(Issue.send_date))
    return list(rows.scalars())


def first_open_issue(session: Session) -> Issue | None:
    """The earliest issue whose selection may still change."""
    return session.execute(
        select(Issue).where(Issue.state == IssueState.OPEN).order_by(Issue.send_date).limit(1)
    ).scalar_one_or_none()


def issues_being_sent(session: Session) -> list[Issue]:
    """All issues that are sending, the earliest date first."""
    rows = session.execute(select(Issue).where(Issue.state == IssueState.SENDING).order_by(Issue.send_date))
    return list(rows.scalars())


def latest_frozen_issue(session: Session) -> Issue | None:
    """The issue frozen last, sending or sent, by this installation."""
    return session.execute(
        select(Issue)
        .where(Issue.state.in_(FROZEN), Issue.imported_at.is_(None))
        .order_by(Issue.frozen_at.desc(), Issue.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def issue_to_welcome_with(session: Session) -> Issue | None:
    """As `latest_frozen_issue`, but none whose send somebody has stopped."""
    going = (Issue.state == IssueState.SENT) | Issue.stopped_at.is_(None)
    return session.execute(
        select(Issue)
        .where(Issue.state.in_(FROZEN), Issue.imported_at.is_(None), going)
        .order_by(Issue.frozen_at.desc(), Issue.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def issues_to_forget_readers_of(session: Session, before: datetime) -> Sequence[int]:
    """The ids of issues, sent or stopped, frozen before that moment, whose copies still have their readers."""
    over = (Issue.state == IssueState.SENT) | Issue.stopped_at.is_not(None)
    old = (over, Issue.state.in_(FROZEN), Issue.frozen_at < before, Issue.readers_forgotten_at.is_(None))
    return session.scalars(select(Issue.id).where(*old).order_by(Issue.id)).all()


def frozen_dates(session: Session) -> list[tuple[date, date]]:
    """The date and the slot of every issue that was frozen here, the earliest first."""
    rows = session.execute(
        select(Issue.send_date, Issue.slot)
        .where(Issue.state.in_(FROZEN), Issue.imported_at.is_(None))
        .order_by(Issue.send_date)
    )
    return [(send_date, slot) for send_date, slot in rows]


def all_issues(session: Session) -> list[Issue]:
    """Every issue, the newest date first."""
    return list(session.execute(select(Issue).order_by(Issue.send_date.desc())).scalars())


def taken_dates(session: Session) -> set[date]:
    """The dates that have an issue, or had one that was moved away."""
    return {day for row in session.execute(select(Issue.send_date, Issue.slot)) for day in row}


def issue_number(session: Session, issue: Issue) -> int:
    """The issue's running number: the one it came with, else as many more than the last of those as issues up to its
    date are not skipped.
    """
    last = session.execute(
        select(Issue.number, Issue.send_date)
        .where(Issue.number.is_not(None), Issue.send_date <= issue.send_date)
        .order_by(Issue.send_date.desc())
        .limit(1)
    ).one_or_none()
    begun, since = (last.number or 0, last.send_date) if last else (0, date.min)
    counted = select(func.count()).where(
        Issue.send_date > since, Issue.send_date <= issue.send_date, Issue.state != IssueState.SKIPPED
    )
    return begun + session.execute(counted).scalar_one()


def numbers_given(session: Session) -> list[tuple[date, int | None]]:
    """Date of every issue that is not skipped, and the number that it came with, if it did."""
    asked = select(Issue.send_date, Issue.number).where(Issue.state != IssueState.SKIPPED)
    return [(row[0], row[1]) for row in session.execute(asked)]


def next_number(session: Session) -> int:
    """The number of the issue that goes next: the current one, or one more than the last."""
    coming = current_issue(session)
    if coming:
        return issue_number(session, coming)
    last = session.execute(
        select(Issue).where(Issue.state != IssueState.SKIPPED).order_by(Issue.send_date.desc()).limit(1)
    ).scalar_one_or_none()
    return issue_number(session, last) + 1 if last else 1


def last_closing(session: Session, issue: Issue) -> Closing | None:
    """The stored digest of the issue's last closing: what goes, unless it was reopened since."""
    return session.execute(
        select(Closing).where(Closing.issue_id == issue.id).order_by(Closing.id.desc()).limit(1)
    ).scalar_one_or_none()


def closing_with_hold_key(session: Session, key: str) -> Closing | None:
    """The closing whose proof carried this hold link."""
    return session.execute(select(Closing).where(Closing.hold_key == key)).scalar_one_or_none()


def issues_by_date(session: Session, days: Collection[date]) -> dict[date, Issue]:
    """Those of these dates that have an issue, whatever its state."""
    wanted, found = sorted(days), dict[date, Issue]()
    for start in range(0, len(wanted), _AT_ONCE):
        asked = select(Issue).where(Issue.send_date.in_(wanted[start : start + _AT_ONCE]))
        found |= {issue.send_date: issue for issue in session.execute(asked).scalars()}
    return found


def issues_around(session: Session, day: date, most: int) -> list[Issue]:
    """The issues next to a date that has none, up to so many before it and so many after, the earliest first."""
    before = select(Issue).where(Issue.send_date < day).order_by(Issue.send_date.desc()).limit(most)
    after = select(Issue).where(Issue.send_date > day).order_by(Issue.send_date).limit(most)
    return [*reversed(session.execute(before).scalars().all()), *session.execute(after).scalars()]

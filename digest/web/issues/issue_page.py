"""An issue as its page on the desk shows it: gathered in one place, so that the page and its quick answers agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from flask import abort, current_app
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.catalogues import speaking
from digest.domain.issues.calendar import GRACE
from digest.domain.issues.choosing import rank, topics_of
from digest.domain.issues.edition import Content, changes, default_preheader, default_subject
from digest.domain.issues.lifecycle import FROZEN, IssueState, asked_to_go_at
from digest.domain.issues.preflight import CHECKS, SIZE_LIMIT, SUBJECT_SHOWN
from digest.domain.issues.undoing import from_json
from digest.domain.shared.stored import UnreadableRecord
from digest.mail.message.templating import listed
from digest.operations.issues.closing import cutoff_of, too_few
from digest.operations.issues.composing import Composed, compose, compose_now, content_of
from digest.operations.issues.editions import EditionShare, edition_shares, whole_readers, with_faults_of_editions
from digest.operations.issues.gone import may_have_gone
from digest.operations.issues.wording import WordsAround, around
from digest.operations.sending.send_status import SendStatus, send_status_of
from digest.storage.accounting.accounts import Account, accounts_by_counters
from digest.storage.accounting.unsettled import UnsettledBatch, unsettled_batches
from digest.storage.base.database import database_now
from digest.storage.issues.history import HistoryEntry, history_of
from digest.storage.issues.issues import Closing, Issue, issue_on, last_closing
from digest.storage.issues.selections import selected_count
from digest.storage.people.editors import all_editors
from digest.storage.readers.subscribers import audience_size, paused_size
from digest.web.issues.elsewhere import Elsewhere, elsewhere
from digest.web.issues.looking import NotOnIt, asked_for, not_on_it
from digest.web.shared.context import now, reading, settings, signed_in

_NEAR = timedelta(days=6)
_MOST_EDITIONS = 20


class Stage(StrEnum):
    """What the page offers: an issue's state, with what a person has said and what the clock does about it."""

    OPEN = "open"
    CLOSED = "closed"
    HELD = "held"
    COUNTING = "counting"
    """ "Send now" was pressed, and its five minutes run."""
    LATE = "late"
    """Over 24 hours past its moment: nothing goes by itself."""
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    SENT = "sent"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Board:
    """Everything that an issue's page shows, at one moment."""

    issue: Issue
    stage: Stage
    now: datetime
    send_at: datetime
    """When it goes, or was to go: its own moment, or the end of the five minutes."""
    cutoff_at: datetime
    readers: int
    paused: int
    """How many more readers would get it, had they not paused."""
    too_few: str
    """That it does not go by itself with so few items, where that is so (`closing.too_few`)."""
    composed: Composed
    unreadable: str
    """Why the stored digest can’t be read, if so; `composed` is then what closing it now would store."""
    closing: Closing | None
    drift: Sequence[str]
    """What changed in its summaries since it closed, and will not go."""
    not_on_it: NotOnIt
    """What may go on it."""
    last_act: str
    """What was done last to what is on it, and can be taken back; empty where nothing can."""
    account: Account
    send_status: SendStatus
    """How its send goes on, once that has begun."""
    first_doubt: UnsettledBatch | None
    """A batch of which nobody knows whether it left, a held one if there is any."""
    history: Sequence[HistoryEntry]
    names: Mapping[str, str]
    """Editors' names by address."""
    elsewhere: Elsewhere
    """What is to be told of the other issues."""
    editions: Sequence[EditionShare]
    """The readers by what they see of it."""
    words: WordsAround
    """What is written around its items."""
    may_send: bool
    """Whether whoever looks may approve, hold, release and send it."""

    @property
    def editable(self) -> bool:
        """Whether its lists may change."""
        return self.issue.state == IssueState.OPEN

    @property
    def may_have_gone(self) -> bool:
        """Whether it is on hold since a restore, so that readers may have it."""
        return may_have_gone(self.issue)

    @property
    def waits(self) -> bool:
        """Whether it has not begun to be sent, and may yet."""
        return self.issue.state in (IssueState.OPEN, IssueState.CLOSED)

    @property
    def due(self) -> bool:
        """Whether its moment has come, less than 24 hours ago."""
        return self.send_at <= self.now < self.send_at + GRACE

    @property
    def live(self) -> bool:
        """Whether the page must look again every two seconds."""
        return self.stage in (Stage.COUNTING, Stage.SENDING, Stage.PAUSED) or (
            self.stage is Stage.STOPPED and self.in_hand > 0
        )

    @property
    def unclaimed(self) -> int:
        """Copies that are in no request yet."""
        return self.send_status.unclaimed

    @property
    def in_hand(self) -> int:
        """Copies in requests that are under way."""
        return self.send_status.in_hand

    @property
    def own_subject_default(self) -> str:
        """The subject where none is written."""
        titles = (item.title for item in self.composed.content.items)
        return default_subject(titles, speaking(settings().branding.language))

    @property
    def own_preheader_default(self) -> str:
        """The preheader where none is written."""
        return default_preheader(item.title for item in self.composed.content.items)

    @property
    def overridden(self) -> str:
        """Why a sender let it pass over pre-flight, once it is closed so."""
        return self.closing.override if self.closing and self.issue.state != IssueState.OPEN else ""

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """What the preview may be seen as: topics by their slugs, and that in words; nothing where all see the same."""
        return _choices(self.composed.content, self.editions)

    @property
    def preflight(self) -> str:
        """The checks summed up: `1 blocks, 2 warn`."""
        blocking = sum(fault.blocks for fault in self.composed.faults)
        warning = len(self.composed.faults) - blocking
        parts = [f"{blocking} {'blocks' if blocking == 1 else 'block'}"] if blocking else []
        parts += [f"{warning} {'warns' if warning == 1 else 'warn'}"] if warning else []
        return ", ".join(parts)

    def who(self, by: str) -> str:
        """A person by name, where the name is known."""
        return self.names.get(by) or by

    def short(self, at: datetime) -> str:
        """A moment within some days as `Thu 16:00`, one farther away with its date."""
        local = settings().schedule.local(at)
        return (
            f"{local:%a %H:%M}" if abs(at - self.now) < _NEAR else f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"
        )

    def until(self, at: datetime) -> str:
        """How long until then, in the words that desk.js keeps true."""
        return until(at - self.now)


def issue_of(day: str) -> Issue:
    """The issue of an ISO date in an address; a page that is not there for anything else."""
    try:
        send_date = date.fromisoformat(day)
    except ValueError:
        abort(404, "There is no such date. Dates in addresses look like 2024-05-17.")
    found = issue_on(reading(), send_date) if day == send_date.isoformat() else None
    return found or abort(404, "There is no issue of that date. Reports list all that there are.")


def board(issue: Issue) -> Board:
    """The issue as it stands now."""
    session, site = reading(), settings()
    send_at = asked_to_go_at(issue.send_now_at, now()) or site.schedule.send_moment(issue.send_date)
    paused = issue.paused_until > database_now(session)
    composed, unreadable = _composed(session, site, issue)
    return Board(
        issue=issue,
        stage=stage_of(issue, now(), site.schedule.send_moment(issue.send_date), paused),
        now=now(),
        send_at=send_at,
        cutoff_at=cutoff_of(site, issue),
        readers=issue.audience if issue.state in FROZEN else audience_size(session),
        paused=0 if issue.state in FROZEN else paused_size(session),
        too_few=too_few(site, selected_count(session, issue.id)),
        composed=composed,
        unreadable=unreadable,
        closing=last_closing(session, issue),
        drift=_drift(session, site, issue, composed),
        not_on_it=not_on_it(session, issue, asked_for(), now()),
        last_act=_last_act(issue),
        account=accounts_by_counters(session, [issue])[issue.id],
        send_status=send_status_of(session, issue),
        first_doubt=next(iter(unsettled_batches(session, issue.id, most=1)), None),
        history=history_of(session, issue.id),
        names={editor.email: editor.name for editor in all_editors(session)},
        elsewhere=elsewhere(session, issue),
        editions=edition_shares(session, settings(), composed.content),
        words=around(issue),
        may_send=signed_in().role.may_send,
    )


def stage_of(issue: Issue, at: datetime, send_at: datetime, paused: bool) -> Stage:
    """What an issue's page offers at a moment."""
    if issue.state == IssueState.SENDING:
        return Stage.STOPPED if issue.stopped_at else Stage.PAUSED if paused else Stage.SENDING
    if issue.state in (IssueState.SENT, IssueState.SKIPPED):
        return Stage(issue.state)
    if asked_to_go_at(issue.send_now_at, at) and not issue.on_hold:
        return Stage.COUNTING
    if at - send_at >= GRACE:
        return Stage.LATE
    return Stage.HELD if issue.on_hold else Stage(issue.state)


def until(left: timedelta) -> str:
    """A time to come in words, rounded up to minutes: `in 1 day 4 h`, `in 3 h 20 min`, `now`."""
    minutes = -(-left // timedelta(minutes=1))
    if minutes <= 0:
        return "now"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"in {days} {'day' if days == 1 else 'days'}" + (f" {hours} h" if hours else "")
    return f"in {hours} h" + (f" {rest} min" if rest else "") if hours else f"in {rest} min"


def shown(found: Board) -> dict[str, object]:
    """What the templates of an issue's page are given."""
    return {
        "board": found,
        "issue": found.issue,
        "content": found.composed.content,
        "zone": settings().schedule.zone.key,
        "limits": {"checks": CHECKS, "bytes": SIZE_LIMIT, "subject": SUBJECT_SHOWN},
        "rehearsal": settings().mail_redirect_all,
    }


def _composed(session: Session, site: Settings, issue: Issue) -> tuple[Composed, str]:
    try:
        return with_faults_of_editions(session, site, compose(session, site, issue)), ""
    except UnreadableRecord as error:
        current_app.logger.error("issue of %s: %s", issue.send_date, error)
        return compose_now(session, site, issue), str(error)


def _drift(session: Session, site: Settings, issue: Issue, composed: Composed) -> Sequence[str]:
    closing = last_closing(session, issue) if issue.state == IssueState.CLOSED else None
    if closing is None:
        return ()
    return changes(composed.content, content_of(session, site, issue))


def _last_act(issue: Issue) -> str:
    acts = from_json(issue.acts) if issue.state == IssueState.OPEN else ()
    return acts[-1].words if acts else ""


def _choices(content: Content, editions: Sequence[EditionShare]) -> list[tuple[str, str]]:
    names = topics_of(content)
    if not names:
        return []
    total = len(content.items)
    whole = whole_readers(editions)
    found = {"": f"Everything: {total} items, {whole:,} {'reader' if whole == 1 else 'readers'}"}
    for share in [share for share in editions if not share.chosen.is_whole][:_MOST_EDITIONS]:
        topics = listed(share.chosen.topics) or "None of their topics"
        who = f"{share.readers:,} {'reader' if share.readers == 1 else 'readers'}"
        found[share.choice] = f"{topics[:60]}: {len(share.chosen.content.items)} of {total} items in full, {who}"
    for slug, name in sorted(names.items(), key=lambda pair: pair[1]):
        seen = rank(content, frozenset({slug}))
        found.setdefault(slug, f"{name} alone: {seen} of {total} items in full")
    return list(found.items())

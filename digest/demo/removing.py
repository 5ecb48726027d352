"""Taking the demo away: its rows, its words on the current issue, its files in the outbox. Nothing else."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.edition import from_json
from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, last_closing, unsent_issues
from digest.storage.running.demo_marks import delete_demo, demo_ids, has_demo

_ISSUES = Path(__file__).parent / "issues.json"


def remove(db: Database, settings: Settings) -> bool:
    """Remove the demo; False if there was none. What was made beside it stays."""
    with db.writing() as session:
        if not has_demo(session):
            return False
        dates = [session.get_one(Issue, issue_id).send_date for issue_id in demo_ids(session, "issues")]
        _open_again(session)
        _clear_words(session)
        delete_demo(session)
    for day in dates:
        _forget_files(settings, day)
    return True


def _open_again(session: Session) -> None:
    """Open a closed issue that carries demo summaries: its stored digest would be mailed as it stands."""
    summaries = set(demo_ids(session, "summaries"))
    for issue in unsent_issues(session):
        closing = last_closing(session, issue)
        if closing and summaries & {item.summary_id for item in from_json(closing.content).items}:
            issue.state = IssueState.OPEN
            issue.reopened_at = issue.send_now_at = None
            session.delete(closing)


def _clear_words(session: Session) -> None:
    """Empty the current issue's introduction, subject and preheader where they are still the demo's."""
    plan = next(plan for plan in json.loads(_ISSUES.read_text("utf-8")) if not plan["weeks"])
    for issue in unsent_issues(session):
        for field in ("introduction", "subject", "preheader"):
            if getattr(issue, field) == plan.get(field):
                setattr(issue, field, "")


def _forget_files(settings: Settings, day: date) -> None:
    for path in settings.outbox_path.glob(f"digest-{day.isoformat()}-*.eml"):
        path.unlink(missing_ok=True)

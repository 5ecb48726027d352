"""What no reason lets pass is stopped at every door: closing, and releasing what the clock closed."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.domain.issues import preflight
from digest.domain.writing import markup
from digest.operations.issues import composing, editions
from digest.operations.issues.closing import close_at_cutoff, close_issue
from digest.operations.issues.holding import release_issue
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.issues import Closing, Issue
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_subscriber, make_summary

ALICE = "alice@digest.test"


def is_on_hold(db: Database, issue_id: int) -> bool:
    with db.reading() as session:
        return session.get_one(Issue, issue_id).on_hold


@pytest.mark.parametrize("earlier_override", ["", "It was only a drawing"])
def test_what_the_clock_closed_is_not_released_over_what_would_load_from_strangers(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, earlier_override: str
) -> None:
    here = Context(db, settings, TUESDAY)
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    with monkeypatch.context() as hole:
        hole.setattr(markup, "sanitised", lambda html: f"{html}<svg onload='spy()'></svg>")
        close_at_cutoff(here, issue_id)
    with db.writing() as session:
        session.query(Closing).one().override = earlier_override
    with pytest.raises(Refused, match=r"no reason lets it pass\. Mail: it would carry a drawing \(<svg>\)"):
        release_issue(here, issue_id, ALICE, override="It is only a drawing")
    assert is_on_hold(db, issue_id)


def test_an_edition_too_large_by_itself_is_stopped_when_it_is_closed_and_when_it_is_released(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Context(db, settings, TUESDAY)
    make_subscriber(db, settings, topics="")
    make_subscriber(db, settings, topics="ai")
    issue_id = make_issue(db, summary_ids=[make_summary(db, topics=["AI"]), make_summary(db, topics=["Fines"])])
    whole = whole_bytes(here, issue_id)
    with monkeypatch.context() as limit:  # just above the whole issue, below what an edition says of itself
        for module in (preflight, editions):
            limit.setattr(module, "SIZE_LIMIT", whole + 1)
        with pytest.raises(Refused, match="Gmail would cut it off"):
            close_issue(here, issue_id, ALICE)
        close_at_cutoff(here, issue_id)
        with pytest.raises(Refused, match="or give a reason"):
            release_issue(here, issue_id, ALICE)
        assert is_on_hold(db, issue_id)
        release_issue(here, issue_id, ALICE, override="Long is what we mean")
    assert not is_on_hold(db, issue_id)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("part", ["text", "html"])
def test_one_part_without_a_link_to_unsubscribe_by_is_a_fault(db: Database, settings: Settings, part: str) -> None:
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    with db.writing() as session:
        closing = session.query(Closing).one()
        tag = composing.tags_from_json(closing.tags).unsubscribe
        setattr(closing, part, getattr(closing, part).replace(tag, ""))
    with db.reading() as session:
        blocking = composing.compose(session, settings, session.get_one(Issue, issue_id)).blocking
    assert [fault.split(".")[0] for fault in blocking] == ["Footer: there is no link to unsubscribe by"]


def whole_bytes(here: Context, issue_id: int) -> int:
    with here.db.reading() as session:
        return composing.compose(session, here.settings, session.get_one(Issue, issue_id)).html_bytes

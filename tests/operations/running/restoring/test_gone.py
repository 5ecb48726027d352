"""An issue that went before a restore: readers find it, and nothing of it goes again."""

from __future__ import annotations

import pytest

from digest.domain.issues.edition import from_json
from digest.operations.issues.closing import close_issue
from digest.operations.issues.gone import call_it_gone, is_as_it_went
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.archive.past_issues import past_contents, past_issue_dates
from digest.storage.issues.issues import last_closing
from digest.storage.issues.selections import append_selection
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.running.restores import ALICE, FRIDAY, NEXT_FRIDAY, NEXT_SEND, READERS, SEND, SOON, Installation

ON_IT = ["Court annuls fine", "Cookie walls need a choice"]


def call_gone(ours: Installation) -> None:
    call_it_gone(Context(ours.db, ours.settings, SOON), ours.issue().id, ALICE)


def headlines(ours: Installation) -> list[str]:
    with ours.db.reading() as session:
        ((day, content),) = past_contents(session, 1, 10)
    assert day == FRIDAY
    return [item.title for item in from_json(content).items]


def is_what_went(ours: Installation) -> bool:
    with ours.db.reading() as session:
        return is_as_it_went(ours.issue(), last_closing(session, ours.issue()))


def test_what_was_closed_before_the_backup_is_its_page_and_the_next_one_goes(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    close_issue(Context(ours.db, ours.settings, TUESDAY), ours.issue().id, ALICE)
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    ours.tick(SOON)
    assert is_what_went(ours)
    call_gone(ours)
    assert headlines(ours) == ON_IT
    assert ours.issue().state == "sent"
    assert "said that readers have it" in " ".join(ours.history())
    with ours.db.writing() as session:
        append_selection(session, ours.issue(NEXT_FRIDAY).id, make_summary(ours.db, "A new story"))
    ours.tick(NEXT_SEND)
    assert len(sendgrid.addresses("2024-05-24")) == READERS
    assert not sendgrid.doubled()


def test_of_a_backup_from_before_it_closed_the_page_has_what_is_on_it(ours: Installation) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    ours.recover()
    assert not is_what_went(ours)
    call_gone(ours)
    assert headlines(ours) == ON_IT


def test_no_other_issue_is_called_so(ours: Installation) -> None:
    with pytest.raises(Refused, match="restored backup put on hold"):
        call_gone(ours)
    with ours.db.reading() as session:
        assert past_issue_dates(session) == []

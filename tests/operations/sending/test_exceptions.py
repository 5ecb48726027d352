"""When a send is over, the editors hear of what failed and of what is held, and of nothing that is not."""

from __future__ import annotations

from digest.config import Settings
from digest.operations.accounting.completing import complete_if_done
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.messages.messages import Message
from digest.storage.sending.batches import Batch, BatchState
from tests.conftest import TUESDAY
from tests.factories import make_editor, make_readers
from tests.operations.sending.issues import ALICE, freeze_issue


def told(db: Database, settings: Settings, **ended: int) -> str:
    """What Alice reads of a send whose copies ended so."""
    make_editor(db, ALICE)
    make_readers(db, settings, sum(ended.values()))
    issue_id = freeze_issue(db, settings, batch_size=1)
    states = [state for state, copies in ended.items() for _ in range(copies)]
    with db.writing() as session:
        for batch, state in zip(session.query(Batch), states, strict=True):
            batch.state = BatchState(state)
    complete_if_done(Context(db, settings, TUESDAY), issue_id)
    with db.reading() as session:
        text: str = session.query(Message).filter_by(kind="notice", recipient=ALICE).one().text
    return " ".join(text.split())


def test_a_single_held_copy_is_one_copy_and_no_failure_is_named(db: Database, settings: Settings) -> None:
    text = told(db, settings, accepted=2, held=1)
    assert "1 copy is held: nobody can know whether it left." in text
    assert "Someone decides for each batch" in text
    assert "failed" not in text


def test_failures_alone_ask_for_no_decision(db: Database, settings: Settings) -> None:
    text = told(db, settings, failed=2, accepted=1)
    assert "2 copies failed: no message could be made, or SendGrid refused them." in text
    assert "held" not in text.lower()


def test_both_are_told(db: Database, settings: Settings) -> None:
    text = told(db, settings, failed=1, held=2)
    assert "1 copy failed: no message could be made, or SendGrid refused it. 2 copies are held:" in text


def test_one_reader_is_one_reader_in_the_history(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 1)
    issue_id = freeze_issue(db, settings)
    with db.reading() as session:
        assert "froze it for 1 reader" in [line.what for line in history_of(session, issue_id)]

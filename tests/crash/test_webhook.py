"""How SendGrid misbehaves × how its events come: what settles by them settles rightly, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from digest.app import create_app
from digest.operations.accounting.deciding import decide_by_silence
from digest.operations.shared.context import Context
from digest.storage.base.database import Database, database_now
from digest.storage.running.heartbeats import Heartbeat
from digest.storage.sending.batches import BatchState
from tests.crash.databases import SqliteHome
from tests.crash.faults import DEADLINE, FAULTS
from tests.crash.judge import Allowed, judge, what_is_said
from tests.crash.nursery import Nursery
from tests.crash.play import Theatre
from tests.crash.programme import SEED, by_form, note_figures
from tests.crash.stage import FRIDAY, Case, set_stage
from tests.loopback.faults import DropUnanswered, Fault, ServerError
from tests.loopback.orders import Order
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import Behaviour, EventWebhook, flask_post, public_key

HEARS = {"SENDGRID_WEBHOOK_KEY": public_key()}
BEHAVIOURS: list[Behaviour] = [behaviour for behaviour in Behaviour if behaviour is not Behaviour.ASYNCHRONOUS]
TELLS_ALL = {
    Behaviour.PROMPT,
    Behaviour.LATE,
    Behaviour.FORTY_SIX_TIMES,
    Behaviour.REORDERED,
    Behaviour.REPLAYED,
}
"""After these, nobody is in doubt whose copy SendGrid took."""
AN_HOUR_AND_MORE = 3_700.0
_SHARES = by_form(8, 3, 1)
"""In the short form each behaviour meets every eighth fault; together they meet all."""
_SILENT = (DropUnanswered(accept=False), DropUnanswered(accept=True), ServerError(503))
_SILENCES = [
    pytest.param(behaviour, fault, id=f"{behaviour}-{fault!r}")
    for place, behaviour in enumerate(BEHAVIOURS)
    for number, fault in enumerate(_SILENT)
    if (place + number) % by_form(3, 1, 1) == 0
]
"""In the short form each behaviour meets one of the faults."""


def send(theatre: Theatre, case: Case, *more: str) -> None:
    """A sender does what it can within seconds; what is unknown stays so."""
    theatre.nursery.run(case.folder, *more)


def report(case: Case, sendgrid: LoopbackSendGrid, behaviour: Behaviour) -> list[int]:
    """SendGrid reports what it took to the site; returns the statuses of its POSTs."""
    site = create_app(case.settings(), with_postman=False)
    case.shift.rule(site.extensions["digest"].db.engine)
    try:
        webhook = EventWebhook(flask_post(site.test_client()), per_post=20, seed=len(SEED))
        return webhook.report(sendgrid.accepted, behaviour) + webhook.release()
    finally:
        site.extensions["digest"].db.close()


def wait_an_hour_and_settle(case: Case) -> None:
    """An hour goes by with the clock running, then silence is judged."""
    case.shift.add(AN_HOUR_AND_MORE)
    with closing(Database(case.url)) as database:
        case.shift.rule(database.engine)
        with database.writing() as session:
            at = database_now(session)
            session.merge(Heartbeat(owner="the clock", at=at, since=at - AN_HOUR_AND_MORE))
        decide_by_silence(Context(database, case.settings(), FRIDAY))


def play(theatre: Theatre, fault: Fault, behaviour: Behaviour) -> list[str]:
    """A send that meets the fault at two requests, its events, an hour of silence, and the rest of the send."""
    with theatre.stage((Order((fault,), nth=1), Order((fault,), nth=4)), HEARS) as (case, sendgrid):
        send(theatre, case, "--deadline", DEADLINE)
        statuses = report(case, sendgrid, behaviour)
        said = what_is_said(case)
        complaints = _answers(statuses, behaviour)
        if behaviour in TELLS_ALL:
            taken = {address for address in sendgrid.addresses() if address}
            doubted = {copy.address for copy in said.copies if copy.state in (BatchState.UNKNOWN, BatchState.HELD)}
            complaints += [f"told, and still in doubt: {address}" for address in sorted(doubted & taken)]
        wait_an_hour_and_settle(case)
        send(theatre, case, "--alone", "--ticks", "12", "--deadline", DEADLINE)
        sendgrid.stop()
        return complaints + judge(case, sendgrid.requests, Allowed())


def _answers(statuses: list[int], behaviour: Behaviour) -> list[str]:
    wanted = 403 if behaviour is Behaviour.FORGED else 204
    return [f"a POST was answered {status}" for status in statuses if status != wanted]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_events_settle_what_they_prove_and_nothing_else(theatre: Theatre, behaviour: Behaviour) -> None:
    wrong, played = [], 0
    for number, fault in enumerate(FAULTS):
        if (number + BEHAVIOURS.index(behaviour)) % _SHARES == 0:
            played += 1
            wrong += [f"{fault} × {behaviour}: {complaint}" for complaint in play(theatre, fault, behaviour)]
    note_figures(events_cases=played)
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def large(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A theatre with batches so large that silence about one of them means something."""
    home = SqliteHome(tmp_path_factory.mktemp("large"), partial(set_stage, readers=320))
    yield Theatre(nursery, home)
    home.close()


@pytest.mark.parametrize(("behaviour", "fault"), _SILENCES)
def test_silence_sends_again_only_what_was_not_taken(large: Theatre, behaviour: Behaviour, fault: Fault) -> None:
    with large.stage((Order((fault,), nth=2),), HEARS) as (case, sendgrid):
        send(large, case, "--batch", "64")
        report(case, sendgrid, behaviour)
        wait_an_hour_and_settle(case)
        send(large, case, "--batch", "64")
        sendgrid.stop()
        assert judge(case, sendgrid.requests, Allowed()) == []
        held = [copy for copy in what_is_said(case).copies if copy.state == BatchState.HELD]
        if behaviour in TELLS_ALL:
            assert not held


@pytest.mark.parametrize("mutant", ["", "silence-trusted-unheard"])
def test_trusting_silence_that_was_never_broken_is_caught(large: Theatre, mutant: str) -> None:
    with large.stage((Order((DropUnanswered(accept=True),), nth=2),), HEARS) as (case, sendgrid):
        send(large, case, "--batch", "64", "--mutant", mutant)
        case.shift.add(AN_HOUR_AND_MORE)
        send(large, case, "--batch", "64", "--mutant", mutant, "--alone")
        sendgrid.stop()
        found = judge(case, sendgrid.requests, Allowed())
        assert bool([complaint for complaint in found if complaint.startswith("doubled")]) is bool(mutant)
    note_figures(mutants_caught=bool(mutant))

"""Several hosts share one PostgreSQL over a network: any dies, is cut off or has a wrong clock, and nobody is lost or
doubled. Senders are on hosts of their own, with their own addresses; the database is on another, or on two.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest

from tests.crash.database_hosts import DatabaseHosts
from tests.crash.failpoint import Act
from tests.crash.hosts import Host, Lab, Road, missing
from tests.crash.judge import Allowed, judge
from tests.crash.nursery import Nursery
from tests.crash.play import CONCURRENCY, PAST_THE_LEASE, Theatre
from tests.crash.programme import by_form, note_figures
from tests.crash.sender import LEFT, SENT
from tests.crash.stage import Case, set_stage
from tests.loopback.sendgrid import LoopbackSendGrid

why_not = cache(missing)
NAMES = ("a", "b", "c")
STEPS = (
    "after COMMIT of the claim",
    "before the request",
    "in the middle of the body",
    "after the last byte",
    "after the whole answer",
    "before COMMIT of a turn that records and claims",
    "after COMMIT of the freeze",
)
"""Where a sender stands when its host is struck."""


class Hosts:
    """Three hosts with a sender each, and the database beyond their cables."""

    def __init__(self, nursery: Nursery, lab: Lab, database: DatabaseHosts) -> None:
        self.nursery = nursery
        self.lab = lab
        self.database = database
        self.theatre = Theatre(nursery, database)
        self.senders = [lab.add(name) for name in NAMES]

    @contextmanager
    def stage(self) -> Iterator[tuple[Case, LoopbackSendGrid]]:
        """A case whose SendGrid each host reaches over its cable."""
        with ExitStack() as stack:
            case, sendgrid = stack.enter_context(self.theatre.stage((), host=self.lab.address(1)))
            for host in self.senders:
                road = Road(host, sendgrid.port, (sendgrid.host, sendgrid.port))
                stack.callback(road.close)
            yield case, sendgrid

    def start(self, case: Case, host: Host, *words: object) -> int:
        """A sender on a host."""
        return self.nursery.start(case.folder, "--network", host.network, *words)

    def finish(self, case: Case, host: Host, *words: object) -> list[str]:
        """A sender, alone, does on this host what is left."""
        pid = self.start(case, host, "--alone", "--ticks", 40, *words)
        ended = self.nursery.wait({pid})
        return [] if ended.status == SENT else [f"a sender on {host.network} ended with {ended.status}"]


@pytest.fixture(scope="module")
def hosts(nursery: Nursery) -> Iterator[Hosts]:
    """Taken away whatever happens: a namespace outlives its process."""
    if why := why_not():
        pytest.skip(why)
    with ExitStack() as stack:
        lab = Lab()
        stack.callback(lab.close)
        try:
            database = DatabaseHosts(lab, set_stage)
        except (ImportError, OSError, RuntimeError) as error:
            pytest.skip(f"PostgreSQL for tests is not here ({error})")
        stack.callback(database.close)
        yield Hosts(nursery, lab, database)


Strike = Callable[[Hosts, Case, int], None]
"""What happens to the first host, whose sender of that id stands still; the others have gone on before it is mended."""


def killed(_hosts: Hosts, _case: Case, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def cut_off(hosts: Hosts, _case: Case, pid: int) -> None:
    """It goes on, and reaches nobody."""
    hosts.senders[0].cut()
    os.kill(pid, signal.SIGCONT)


def without_database(hosts: Hosts, _case: Case, pid: int) -> None:
    """It goes on, reaches SendGrid, and what it sends to the database is dropped."""
    hosts.senders[0].lose_all_to(hosts.database.served_at)
    os.kill(pid, signal.SIGCONT)


def mend(hosts: Hosts) -> None:
    hosts.senders[0].mend()
    hosts.senders[0].find_again(hosts.database.served_at)


def strike(hosts: Hosts, strike_: Strike, step: str) -> list[str]:
    """A host is struck at this step, two others with wrong clocks do the rest, and it comes back."""
    first, second, third = hosts.senders
    with hosts.stage() as (case, sendgrid):
        pid = hosts.start(case, first, "--step", step, "--passing", 1, "--act", Act.STOP, "--ticks", 12)
        news = hosts.nursery.wait({pid})
        assert news.what == "stopped", f"{step}: {news}\n{case.log()}"
        case.shift.add(PAST_THE_LEASE)
        strike_(hosts, case, pid)
        complaints = hosts.finish(case, second, "--ahead", 3_600.0) + hosts.finish(case, third, "--ahead", -40.0)
        mend(hosts)
        ended = hosts.nursery.wait({pid})
        complaints += [] if ended.status in (SENT, LEFT, -signal.SIGKILL) else [f"it ended with {ended.status}"]
        complaints += hosts.finish(case, second)
        sendgrid.stop()
        complaints += judge(case, sendgrid.requests, Allowed(died=CONCURRENCY, failed=CONCURRENCY))
        return [f"{step}: {each}" for each in complaints] + ([case.log()] if complaints else [])


@pytest.mark.parametrize(
    ("strike_", "steps"),
    [
        (killed, by_form(STEPS[3:4], STEPS[3:5], STEPS)),
        (cut_off, by_form(STEPS[3:4], STEPS[::3], STEPS)),
        (without_database, by_form(STEPS[:1], STEPS[::2], STEPS)),
    ],
)
def test_hosts_that_die_or_are_cut_off_cost_nothing(hosts: Hosts, strike_: Strike, steps: tuple[str, ...]) -> None:
    wrong = [each for step in steps for each in strike(hosts, strike_, step)]
    assert not wrong, "\n".join(wrong)
    note_figures(hosts_struck=len(steps))


def test_three_hosts_with_clocks_of_their_own_send_together(hosts: Hosts) -> None:
    with hosts.stage() as (case, sendgrid):
        ahead = (0.0, 3_600.0, -30.0)
        running = {hosts.start(case, host, "--ahead", off) for host, off in zip(hosts.senders, ahead, strict=True)}
        while running:
            ended = hosts.nursery.wait(running)
            assert ended.status in (SENT, LEFT), case.log()
            running.discard(ended.pid)
        complaints = hosts.finish(case, hosts.senders[0])
        sendgrid.stop()
        assert complaints + judge(case, sendgrid.requests, Allowed(died=0)) == []


def break_database(hosts: Hosts, step: str, how: Callable[[], None]) -> list[str]:
    """The database dies while a sender stands at this step, and comes back: the sender is on its own."""
    first, second, _ = hosts.senders
    with hosts.stage() as (case, sendgrid):
        pid = hosts.start(case, first, "--step", step, "--passing", 1, "--act", Act.STOP, "--ticks", 12)
        assert hosts.nursery.wait({pid}).what == "stopped", case.log()
        how()
        case.shift.add(0.001)
        os.kill(pid, signal.SIGCONT)
        ended = hosts.nursery.wait({pid})
        complaints = [] if ended.status in (SENT, LEFT) else [f"it ended with {ended.status}"]
        complaints += hosts.finish(case, second)
        sendgrid.stop()
        complaints += judge(case, sendgrid.requests, Allowed())
        return complaints + ([case.log()] if complaints else [])


def test_the_database_restarts_beyond_the_network(hosts: Hosts) -> None:
    def restart() -> None:
        hosts.database.stop_at_once()
        hosts.database.start_again()

    for step in by_form(STEPS[3:4], STEPS[3:5], STEPS):
        assert break_database(hosts, step, restart) == []


def test_a_standby_takes_over_in_the_middle_of_a_send(hosts: Hosts) -> None:
    hosts.database.follow()
    assert break_database(hosts, "after the last byte", hosts.database.fail_over) == []
    note_figures(failovers=1)

"""Random kills with mixed faults, at any step, of any number of senders: nothing lost, doubled or stuck."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

from tests.crash.conftest import OpenTheatre
from tests.crash.failpoint import Act
from tests.crash.faults import DEADLINE, FAULTS
from tests.crash.judge import Allowed, judge
from tests.crash.play import CONCURRENCY, Scenario, Theatre
from tests.crash.programme import KILLS, ONLY, SEED, note_figures
from tests.loopback.orders import Order

CHUNKS = 8
_STEPS = 330
"""About as many steps as a sender passes, counting all passings."""


@dataclass(frozen=True)
class Drawn:
    """A random case: rounds of senders with a failpoint each, under one order of faults."""

    rounds: tuple[Scenario, ...]
    orders: tuple[Order, ...]


def drawn(name: str) -> Drawn:
    """The case of this name, alike in every run."""
    random = Random(f"{SEED} {name}")  # noqa: S311 - to be drawn again
    faults = tuple(random.sample(FAULTS, random.randint(0, 4)))
    orders = (Order(faults, chance=random.uniform(0.1, 0.4), seed=random.randrange(2**31)),) if faults else ()
    return Drawn(tuple(_round(random) for _ in range(random.choice((1, 1, 2, 3)))), orders)


def _round(random: Random) -> Scenario:
    return Scenario(
        passing=random.randint(1, _STEPS),
        act=random.choices((Act.KILL, Act.TERM, Act.RAISE, Act.STOP), (7, 1, 1, 2))[0],
        senders=random.choice((1, 1, 2, 3)),
        more=("--deadline", DEADLINE),
    )


def play(theatre: Theatre, case_drawn: Drawn) -> tuple[list[str], int, str]:
    """Complaints, how many failpoints went off, and what the senders said."""
    with theatre.stage(case_drawn.orders) as (case, sendgrid):
        complaints: list[str] = []
        struck = violent = 0
        for scenario in case_drawn.rounds:
            came, fired = theatre.play_round(case, scenario)
            complaints += came
            struck += fired
            violent += scenario.senders * fired
        complaints += theatre.finish(case, "--deadline", DEADLINE)
        sendgrid.stop()
        allowed = Allowed(died=CONCURRENCY * violent, failed=struck)
        complaints += judge(case, sendgrid.requests, allowed)
        return complaints, struck, case.log() if complaints else ""


def _names(chunk: int) -> Iterator[str]:
    number = chunk
    while True:
        yield str(number)
        number += CHUNKS


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_kills_lose_double_and_hold_up_nobody(open_theatre: OpenTheatre, chunk: int) -> None:
    struck, cases, wrong = 0, 0, []
    for name in [ONLY] if ONLY else _names(chunk):
        kind = "postgresql" if int(name) % 4 == 3 else "sqlite"
        case = drawn(name)
        complaints, fired, log = play(open_theatre(kind), case)
        struck, cases = struck + fired, cases + 1
        if complaints:
            again = f"CRASH_SEED={SEED} CRASH_CASE={name}"
            wrong.append(f"{again}: {case}\n{complaints}\n{log}")
        if ONLY or struck >= -(-KILLS // CHUNKS):
            break
    note_figures(random_strikes=struck, random_cases=cases)
    assert not wrong, "\n".join(wrong)

"""Every step of a send × what happens there × one or two senders × two databases: nothing lost, doubled or stuck."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import pytest

from tests.crash.conftest import OpenTheatre
from tests.crash.databases import KINDS
from tests.crash.failpoint import Act
from tests.crash.play import OUTAGE, Scenario, Theatre
from tests.crash.programme import FORM, Form, by_form, note_figures

SENDERS = (1, 2)
_LINE = re.compile(r" *(\d+) ((?:before|after|at|in) .+)")
_SHARES = by_form(8, 4, 1)
"""In the short form each combination takes every eighth step; together they take all."""
_PASSINGS = by_form((1,), (1,), (1, 2, 3))

_PLAYS = 5
"""Its threads race for which batch meets the outage: if it is the one with the refused address, no copy is refused in
that play, and what a refusal writes is no step of it.
"""

COMBINATIONS = [(act, senders) for act in Act for senders in SENDERS]


@cache
def steps_of_a_clean_run(theatre: Theatre) -> dict[str, int]:
    """The steps that a sender passes who is left in peace, and how often. What is only read, counts once."""
    with theatre.stage((OUTAGE,)) as (case, _):
        theatre.nursery.run(case.folder, "--alone", "--list", "--ticks", "40")
        lines = (case.folder / "output").read_text().splitlines()
    found = {match[2]: int(match[1]) for match in map(_LINE.fullmatch, lines) if match}
    return {step: count for step, count in found.items() if not step.startswith("after SELECT")}


def struck(steps: Iterable[str], kind: str) -> list[str]:
    """The steps at which something happens. In the short form PostgreSQL has only its commits: there, a kill can leave
    behind what it does not on SQLite, and nowhere between.
    """
    commits_alone = FORM is Form.SHORT and kind == "postgresql"
    return [step for step in steps if not commits_alone or "COMMIT" in step]


def share(steps: Sequence[str], combination: int) -> list[str]:
    """The steps that a combination takes."""
    return [step for number, step in enumerate(steps) if (number + combination) % _SHARES == 0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_send_has_twenty_steps_and_more_and_each_is_taken(open_theatre: OpenTheatre, kind: str) -> None:
    steps = list(steps_of_a_clean_run(open_theatre(kind)))
    assert len(steps) >= 20
    taken = {step for number, _ in enumerate(COMBINATIONS) for step in share(struck(steps, kind), number)}
    assert taken == set(struck(steps, kind))
    assert len(taken) >= 10
    for step in ("after COMMIT of the freeze", "after COMMIT of the claim", "after the last byte", "before the probe"):
        assert step in steps


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("act", "senders"), COMBINATIONS)
def test_whatever_happens_at_any_step(open_theatre: OpenTheatre, kind: str, act: Act, senders: int) -> None:
    theatre = open_theatre(kind)
    found = steps_of_a_clean_run(theatre)
    wrong, played = [], 0
    for step in share(struck(found, kind), COMBINATIONS.index((act, senders))):
        for passing in (one for one in _PASSINGS if one <= found[step]):
            scenario = Scenario(step, passing, act, senders)
            # Later passings may never come: what was answered before decides how many turns there are.
            must_come = passing == 1 and senders == 1
            for _ in range(_PLAYS if must_come else 1):
                came = theatre.play(scenario)
                played += came.fired is not None
                wrong += [f"{scenario}: {complaint}\n{came.log}" for complaint in came.complaints]
                if came.fired == step:
                    break
            else:
                wrong += [f"{scenario}: never passed"] if must_come else []
    note_figures(steps_struck=played)
    assert not wrong, "\n".join(wrong)

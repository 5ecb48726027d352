"""How SendGrid fares in a week: what it does to requests, and how its reports come."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.loopback.faults import (
    AnswerMalformed,
    AnswerTruncated,
    DropBeforeBody,
    DropUnanswered,
    Fault,
    OkInsteadOfAccepted,
    Redirect,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)
from tests.loopback.journal import Received
from tests.loopback.orders import Order
from tests.loopback.webhook import Behaviour, EventWebhook, flask_post
from tests.soak.house import House
from tests.soak.people import People
from tests.soak.post import Post

FAULTS: tuple[Fault, ...] = (
    DropBeforeBody(), DropUnanswered(accept=True), DropUnanswered(accept=False), TooManyRequests(),
    TooManyRequests(reset_in=20), ServerError(500), ServerError(503, accept=True), AnswerMalformed(accept=True),
    AnswerTruncated(), Redirect(), OkInsteadOfAccepted(), TooLarge(), Unauthorized(),
)  # fmt: skip
"""Those that take no time: a hanging request has its thirty seconds by a clock that nobody sets."""
REPORTS = (
    Behaviour.PROMPT, Behaviour.REORDERED, Behaviour.MISSING, Behaviour.NONE, Behaviour.REPLAYED, Behaviour.FORGED,
    Behaviour.FORTY_SIX_TIMES,
)  # fmt: skip
_TRUE = set(REPORTS) - {Behaviour.MISSING, Behaviour.NONE, Behaviour.FORGED}
_MANY = 2_000
"""Copies beyond which each report comes once only: 46 times 20,000 is the fuzz programme's matter."""


class Weather:
    """One SendGrid account through the year."""

    def __init__(self, house: House, post: Post, people: People, random: Random) -> None:
        self.house = house
        self.post = post
        self.people = people
        self.random = random

    def turn_bad(self) -> str:
        """Orders two faults for this week's first requests, and for one in nine afterwards; returns which, in words."""
        faults = self.random.sample(FAULTS, 2)
        self.post.sendgrid.order(Order(tuple(faults)))
        self.post.sendgrid.order(Order((faults[0],), chance=0.1, seed=self.random.randrange(1000)))
        return " and ".join(type(fault).__name__ for fault in faults)

    def clear_up(self) -> None:
        """From now on all is well."""
        self.post.sendgrid.behave()

    def report(self, share: float = 0.003) -> str:
        """Tell of this week's copies; a share of them bounced or complained. Returns how the reports came."""
        self.post.read()
        how = self.random.choice(REPORTS)
        if how is Behaviour.FORTY_SIX_TIMES and sum(len(one.copies) for one in self.post.bulk) > _MANY:
            how = Behaviour.REORDERED
        webhook = EventWebhook(
            flask_post(self.house.site.test_client()), seed=self.random.randrange(1000), per_post=500
        )
        unhappy = self._some_of(share)
        for name, some in zip(("bounce", "spamreport", "dropped invalid"), _in_thirds(unhappy), strict=True):
            statuses = webhook.report(some, how, "processed", name)
            if how in _TRUE and statuses and set(statuses) == {204}:
                self.people.suppress([copy.address for one in some for copy in one.copies])
        webhook.report(self.post.bulk, how)
        if how is Behaviour.MISSING:
            self._note_who_is_unsure(unhappy)
        return str(how)

    def _some_of(self, share: float) -> list[Received]:
        """A request each for some of the copies that were accepted and whose readers are still there."""
        all_ = [
            replace(one, copies=(copy,))
            for one in self.post.bulk
            for copy in one.copies
            if copy.address in self.people.readers.paused
        ]
        return self.random.sample(all_, min(len(all_), max(3, round(share * len(all_)))))

    def _note_who_is_unsure(self, unhappy: list[Received]) -> None:
        self.people.unsure |= {copy.address for one in unhappy for copy in one.copies}
        self.people.make_sure()


def _in_thirds(some: list[Received]) -> list[list[Received]]:
    return [some[place::3] for place in range(3)]

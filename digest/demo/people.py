"""The demo's people: one editor, one admin, 25 readers in every state. All at reserved domains (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.storage.readers.subscribers import SubscriberState

PASSWORD = "a-quiet-week-in-privacy"  # noqa: S105 - published on purpose; demo content refuses to run with SendGrid

EDITORS = (("editor@example.org", "Alice Marsh", False), ("admin@example.org", "Bob Keller", True))

_FIRST = timedelta(days=400)
"""How long ago the first of them asked: whoever leaves after 200 days has left before the past issues."""

_NAMES = (
    "amara.diallo", "bjorn.lindqvist", "chiara.rossi", "daniel.okafor", "elena.petrova", "fatima.zahra", "gareth.jones",
    "hannah.schmidt", "ivan.horvat", "julia.nowak", "kofi.mensah", "lucia.fernandez", "marek.novak", "nadia.haddad",
    "oliver.byrne", "priya.sharma", "quentin.dubois", "rosa.almeida", "samuel.cohen", "tomas.kucera", "una.murphy",
    "viktor.ivanov", "wendy.clarke", "yusuf.demir", "zoe.papadaki",
)  # fmt: skip
_DOMAINS = ("example.org", "example.com", "example.net")
_TOPICS = {3: "ai", 7: "enforcement", 11: "ai,transfers"}
_PENDING = (22, 23)
_UNSUBSCRIBED = (20, 21)
_SUPPRESSED = (24,)


@dataclass(frozen=True)
class Reader:
    """One demo reader."""

    email: str
    state: SubscriberState
    topics: str
    asked_at: datetime
    suppressed: bool


def readers(now: datetime) -> list[Reader]:
    """The 25 readers; those who wait for their confirmation asked yesterday."""
    return [_reader(number, name, now) for number, name in enumerate(_NAMES)]


def _reader(number: int, name: str, now: datetime) -> Reader:
    state = SubscriberState.CONFIRMED
    if number in _PENDING:
        state = SubscriberState.PENDING
    elif number in _UNSUBSCRIBED:
        state = SubscriberState.UNSUBSCRIBED
    asked_at = (
        now - timedelta(days=1) if state is SubscriberState.PENDING else now - _FIRST + timedelta(days=5 * number)
    )
    email = f"{name}@{_DOMAINS[number % len(_DOMAINS)]}"
    return Reader(email, state, _TOPICS.get(number, ""), asked_at, number in _SUPPRESSED)

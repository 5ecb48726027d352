"""What always comes along: the installation's database and settings, and the moment at which something happens.

A verb that owns its transaction takes a `Context`; a helper inside one takes the `Work` of that transaction. What lasts
longer than a moment, a tick or a send, takes the `Process` that it runs in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.mail.outgoing.interface import Transport
from digest.storage.base.database import Database
from digest.storage.running.branding import kept_branding


@dataclass(frozen=True)
class Context:
    """Where and when: `now` is aware, and one for all that a request or a step of the clock writes."""

    db: Database
    settings: Settings
    now: datetime

    def within(self, session: Session) -> Work:
        """The same, in a transaction that is open."""
        return Work(session, self.settings, self.now)


@dataclass(frozen=True)
class Work:
    """A transaction that somebody else owns, and what is written in it comes with: a unit of work."""

    session: Session
    settings: Settings
    now: datetime


@dataclass(frozen=True)
class Process:
    """A process that ticks or sends: where its messages leave, what time it is for it, and whether it shall end.

    `clock` gives this moment in UTC; `stop`, once set, ends a send after the requests in hand.
    """

    db: Database
    settings: Settings
    transport: Transport
    clock: Callable[[], datetime]
    stop: threading.Event = field(default_factory=threading.Event)

    def context(self) -> Context:
        """This moment's."""
        return Context(self.db, self.settings, self.clock())

    def branded(self) -> Process:
        """The same under what the desk says of the publication now: for each tick, and for a send as a whole."""
        with self.db.reading() as session:
            return replace(self, settings=branded(session, self.settings))


def branded(session: Session, settings: Settings) -> Settings:
    """The settings with the desk's own words over them."""
    return replace(settings, branding=kept_branding(session, settings.branding))

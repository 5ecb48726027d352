"""The readers of the year: who should get the next issue, by what they did and were told, never by our database."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from random import Random

from digest.domain.shared.tokens import Purpose, seal
from digest.storage.readers.subscribers import subscriber_with_address
from digest.storage.suppressions.suppressions import is_suppressed
from tests.factories import make_readers
from tests.soak.house import House
from tests.soak.post import Post

TOPICS = ("ai", "health", "children", "enforcement")
_FORM = "application/x-www-form-urlencoded"


@dataclass
class Readers:
    """What a backup would hold of them: who is subscribed, and until when they have paused."""

    paused: dict[str, datetime | None] = field(default_factory=dict)


class People:
    """Readers come and go through the site's own doors, and believe what its pages say."""

    def __init__(self, house: House, post: Post, random: Random, how_many: int) -> None:
        self.house = house
        self.post = post
        self.random = random
        self.readers = Readers(dict.fromkeys(make_readers(house.db, house.settings, how_many)))
        self.gone: set[str] = set()
        """Who left, was suppressed or erased, and has not come back."""
        self.parted: list[str] = []
        """The same in order, back or not: what the journal must hold against an older backup."""
        self.unsure: set[str] = set()
        """Whose last wish was not answered: it may hold or not."""
        self.statuses: dict[int, int] = {}
        self._left: set[str] = set()
        self._numbers = count(1)

    def audience(self, now: datetime) -> set[str]:
        """Who must get an issue that is frozen now."""
        return {address for address, until in self.readers.paused.items() if until is None or until <= now}

    def remember(self) -> tuple[Readers, int]:
        """What a backup made now would bring back."""
        return deepcopy(self.readers), len(self.parted)

    def fall_back(self, remembered: tuple[Readers, int]) -> None:
        """A backup of then is restored: later sign-ups and pauses are lost, goodbyes are not."""
        readers, parted = remembered
        self.readers = deepcopy(readers)
        for address in self.parted[parted:]:
            self.part(address)

    def live(self, share: float) -> None:
        """A stretch of days: a share of all readers come, go, choose, pause, return and erase."""
        self.come(self._count(1.5 * share))  # or bounces would leave nobody within a year
        self.stir(share)
        for do, part in ((self.erase, 0.2), (self.return_, 0.3)):
            for address in self._some(self._count(share * part)):
                do(address)

    def stir(self, share: float) -> None:
        """What needs no message: a share of all leave, choose and pause."""
        for do, part in (
            (self.leave, 0.5), (self.leave_in_one_click, 0.5), (self.choose_topics, 1.0), (self.pause, 0.7),
            (self.resume, 0.3),
        ):  # fmt: skip
            for address in self._some(self._count(share * part)):
                do(address)

    def come(self, how_many: int) -> None:
        """New people ask and, most of them, confirm."""
        new = [f"new{next(self._numbers):06d}@example.net" for _ in range(how_many)]
        asked = [address for address in new if self._post("/subscribe", address, email=address) == 200]
        self.house.live_on(timedelta(seconds=5))
        for address in asked:
            if self.random.random() < 0.9:
                self._confirm(address)

    def leave(self, address: str) -> None:
        """By the page's button."""
        if self._post(self.token("unsubscribe", address), address) == 200:
            self.part(address, by_themselves=True)

    def leave_in_one_click(self, address: str) -> None:
        """By the mail program's button (RFC 8058)."""
        fields = {"List-Unsubscribe": "One-Click"}
        if self._post(self.token("unsubscribe", address), address, **fields) == 200:
            self.part(address, by_themselves=True)

    def choose_topics(self, address: str) -> None:
        """Some of them; where none has a summary yet, that means all."""
        chosen = self.random.sample(TOPICS, self.random.randint(0, 2))
        self._post(self.token("preferences", address), address, topics=chosen, save="1")

    def pause(self, address: str) -> None:
        """For one to five weeks."""
        zone = self.house.settings.schedule.zone
        day = self.house.now.astimezone(zone).date() + timedelta(days=self.random.randint(3, 35))
        path = self.token("preferences", address)
        if self._post(path, address, pause="1", until=day.isoformat()) == 200:
            self.readers.paused[address] = datetime.combine(day, time.min, tzinfo=zone)

    def resume(self, address: str) -> None:
        """Issues come again."""
        if self._post(self.token("preferences", address), address, resume="1") == 200:
            self.readers.paused[address] = None

    def erase(self, address: str) -> None:
        """By the link that the privacy page mails."""
        if self._post("/privacy", address, email=address) != 200:
            return
        self.house.live_on(timedelta(seconds=5))
        path = self.post.link(address, "yours")
        assert path, f"{address} asked for their own page, and no link came"
        if self._post(path, address, erase="yes") == 200:
            self.part(address, by_themselves=True)

    def return_(self, _address: str) -> None:
        """Somebody who left by themselves signs up again."""
        left = sorted(self._left & self.gone)
        if not left:
            return
        address = self.random.choice(left)
        if self._post("/subscribe", address, email=address) == 200:
            self.house.live_on(timedelta(seconds=5))
            if self.post.link(address, "confirm"):
                self._confirm(address)

    def suppress(self, addresses: Sequence[str]) -> None:
        """SendGrid told of bounces or complaints, and the site took it."""
        for address in addresses:
            self.part(address)

    def part(self, address: str, by_themselves: bool = False) -> None:
        """They are to get nothing more."""
        self.readers.paused.pop(address, None)
        self.gone.add(address)
        self.parted.append(address)
        if by_themselves:
            self._left.add(address)

    def make_sure(self) -> None:
        """Ask our database what became of wishes that got no answer."""
        with self.house.db.reading() as session:
            for address in sorted(self.unsure):
                found = subscriber_with_address(session, address)
                if found and found.state == "confirmed" and not is_suppressed(session, found.address_hash):
                    self.readers.paused[address] = found.paused_until
                    self.gone.discard(address)
                else:
                    self.part(address)
        self.unsure.clear()

    def token(self, door: str, address: str) -> str:
        """The path of a reader's link, as it is in every copy."""
        with self.house.db.reading() as session:
            found = subscriber_with_address(session, address)
        assert found is not None, f"{address} should be a reader, and our database has no row"
        return f"/{door}/{seal(Purpose(door), found.link_key, self.house.settings.secret_key)}"

    def _confirm(self, address: str) -> None:
        path = self.post.link(address, "confirm")
        assert path, f"{address} asked for the digest, and no link came"
        if self._post(path, address) == 200:
            self.readers.paused[address] = None
            self.gone.discard(address)

    def _some(self, how_many: int) -> list[str]:
        there = list(self.readers.paused)
        return self.random.sample(there, min(how_many, len(there) // 4))

    def _count(self, share: float) -> int:
        return max(1, round(len(self.readers.paused) * share))

    def _post(self, path: str, address: str, **fields: object) -> int:
        """Send a form from a network of one's own; returns the status, and notes whose wish got no answer."""
        number = next(self._numbers)
        network = f"10.{number // 250 % 250}.{number % 250}.7"
        client = self.house.site.test_client()
        answer = client.post(path, data=fields, environ_overrides={"REMOTE_ADDR": network})
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            self.unsure.add(address)
        return answer.status_code

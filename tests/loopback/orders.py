"""When a fault happens: next, at the nth request, every nth, by chance, or for one reader's address."""

import json
import re
import threading
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from . import faults
from .faults import DropBeforeBody, Fault, StallReading

MAIL_SEND = "/v3/mail/send"
ANY_PATH = "*"


@dataclass(frozen=True)
class Order:
    """Faults, and the requests they are for; these are counted per path, from 1, since the server was made.

    `nth`: the faults go to the nth request and those after it, one each. `every`: to each nth, in turn.
    `chance`: to a share of all requests, drawn from `seed`, alike in every run. `address`: to each request
    that names that reader. None of these: to the next requests, one each.
    """

    faults: tuple[Fault, ...]
    path: str = MAIL_SEND
    nth: int | None = None
    every: int | None = None
    chance: float | None = None
    seed: int = 0
    address: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could never happen: by address, the body has been read."""
        if not self.faults:
            raise ValueError("An order needs at least one fault")
        early = any(isinstance(fault, DropBeforeBody | StallReading) for fault in self.faults)
        if early and self.address is not None:
            raise ValueError("A fault before the body cannot be ordered by address: use nth or every")

    @property
    def queued(self) -> bool:
        """Whether the faults simply go to the next requests."""
        return self.nth is None and self.every is None and self.chance is None and self.address is None

    def due(self, count: int) -> Fault | None:
        """The fault for the `count`th request of the path, by number or by chance."""
        if self.nth is not None:
            return self.faults[count - self.nth] if 0 <= count - self.nth < len(self.faults) else None
        if self.every is not None:
            return None if count % self.every else self.faults[(count // self.every - 1) % len(self.faults)]
        if self.chance is not None and self._drawn("whether", count) < self.chance:
            return self.faults[int(self._drawn("which", count) * len(self.faults))]
        return None

    def _drawn(self, what: str, count: int) -> float:
        return crc32(f"{what} {self.seed} {count}".encode()) / 2**32


class Orders:
    """All orders of one server; safe to use from any thread."""

    def __init__(self) -> None:
        """Start without any order."""
        self._lock = threading.Lock()
        self._orders: list[Order] = []
        self._queue: deque[tuple[str, Fault]] = deque()
        self._counts: Counter[str] = Counter()

    def give(self, order: Order) -> None:
        """Add an order to those already given."""
        with self._lock:
            if order.queued:
                self._queue.extend((order.path, fault) for fault in order.faults)
            else:
                self._orders.append(order)

    def withdraw(self) -> None:
        """Forget every order; the count of requests goes on."""
        with self._lock:
            self._orders.clear()
            self._queue.clear()

    def on_arrival(self, path: str) -> Fault | None:
        """Count a request for `path`, and say what shall happen to it whatever it contains."""
        with self._lock:
            self._counts[path] += 1
            return self._next_in_queue(path) or self._due(path, self._counts[path])

    def for_readers(self, path: str, addresses: Collection[str]) -> Fault | None:
        """What shall happen to a request for `path` that names these addresses."""
        with self._lock:
            mine = [order for order in self._orders if _meant(order.path, path)]
        return next((order.faults[0] for order in mine if order.address in addresses), None)

    def _next_in_queue(self, path: str) -> Fault | None:
        for place, (wanted, fault) in enumerate(self._queue):
            if _meant(wanted, path):
                del self._queue[place]
                return fault
        return None

    def _due(self, path: str, count: int) -> Fault | None:
        mine = (order.due(count) for order in self._orders if _meant(order.path, path))
        return next((fault for fault in mine if fault is not None), None)


def _meant(wanted: str, path: str) -> bool:
    return wanted in (ANY_PATH, path)


def order_from(text: str) -> Order:
    """An order from the command line, such as `hang(seconds=3)@2` or `server-error(accept=true)@every=7`.

    Before `@` a fault by its name, after it when: a number (the nth), or `every=`, `chance=`, `seed=`,
    `address=`, `path=`, joined by commas. Raises ValueError for anything else.
    """
    parts = re.fullmatch(r"([a-z-]+)(?:\((.*?)\))?(?:@(.+))?", text)
    if parts is None:
        raise ValueError(f"{text}: write a fault as name(key=value)@when, for example hang(seconds=3)@2")
    name, arguments, when = parts.groups()
    when = f"nth={when}" if when and when.isdecimal() else when
    try:
        return Order((_fault_named(name)(**_pairs(arguments)),), **_pairs(when))
    except TypeError as problem:
        raise ValueError(f"{text}: {problem}") from problem


def _fault_named(name: str) -> type[Fault]:
    found = getattr(faults, "".join(part.capitalize() for part in name.split("-")), None)
    if isinstance(found, type) and issubclass(found, Fault):
        return found
    raise ValueError(f"{name}: no such fault; see tests/loopback/faults.py, for example drop-unanswered")


def _pairs(text: str | None) -> dict[str, Any]:
    pairs = (pair.partition("=") for pair in (text or "").split(",") if pair)
    return {key.strip(): _value(value) for key, _, value in pairs}


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text

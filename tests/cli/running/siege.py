"""A siege: hundreds of connections that drip, idle or don't read, from this machine, for two seconds or so."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass

from tests.cli.sites import Door

BESIEGERS = 500
_ROUND = 0.2

_HEAD = b"GET / HTTP/1.1\r\nHost: digest.example.org\r\nX-Long: "
_BODY = b"POST /subscribe HTTP/1.1\r\nHost: digest.example.org\r\nContent-Length: 1000\r\n\r\n"
_GET = b"GET /news HTTP/1.1\r\nHost: digest.example.org\r\n\r\n"
_SMALL = _GET.replace(b"/news", b"/robots.txt")
_FIRST_WORDS = {"head": _HEAD, "body": _BODY, "silent": b"", "kept": _SMALL, "reader": _GET}


@dataclass(frozen=True)
class Siege:
    """What a visitor met meanwhile, and what became of the besiegers."""

    answers: dict[str, list[tuple[int, float]]]
    """Statuses and seconds by path."""
    usual: float
    """Seconds that the slowest of the same pages took just before, on this machine, as busy as it is."""
    became: Counter[str]
    """How many of the besiegers hold on, how many were parted with, and how many of all were told 429 (“refused”)."""


def besiege(door: Door, source: str = "127.0.0.1") -> Siege:
    """Visit `/health` and `/` eight times while 500 connections from an address of this machine hold on.

    Raises what the visitor meets. Whoever is not answered while the siege lasts is not answered at all.
    """
    _visit(door, 4)  # each process has loaded its templates by then
    usual = max(took for found in _visit(door, 4).values() for _, took in found)
    with ExitStack() as stack, ThreadPoolExecutor(1) as visitor:
        kinds = list(_FIRST_WORDS)
        besiegers = [(kind, _besieger(door, kind, source, stack)) for kind in kinds * (BESIEGERS // len(kinds))]
        visits = visitor.submit(_visit, door, 8)
        while not visits.done():
            for kind, besieger in besiegers:
                _hold_on(kind, besieger)
            wait([visits], _ROUND)
        became = Counter(word for _, besieger in besiegers for word in _fate(besieger))
    assert became["holds on"] + became["parted with"] == BESIEGERS
    assert became["holds on"] >= BESIEGERS / 10
    return Siege(visits.result(), usual, became)


def _visit(door: Door, times: int) -> dict[str, list[tuple[int, float]]]:
    answers: dict[str, list[tuple[int, float]]] = {"/health": [], "/": []}
    for _ in range(times):
        for path, found in answers.items():
            status, _, took = door.get(path)
            found.append((status, took))
        time.sleep(_ROUND)
    return answers


def _besieger(door: Door, kind: str, source: str, stack: ExitStack) -> socket.socket:
    besieger = stack.enter_context(socket.socket())
    if kind == "reader":
        besieger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    besieger.bind((source, 0))
    besieger.connect(("127.0.0.1", door.port))
    besieger.setblocking(False)
    with contextlib.suppress(ConnectionError):  # it has given way already
        besieger.send(_FIRST_WORDS[kind])
    return besieger


def _fate(besieger: socket.socket) -> Iterator[str]:
    """What became of it, by what it can read now."""
    try:
        while words := besieger.recv(65_536):
            if words.startswith(b"HTTP/1.1 429 "):
                yield "refused"
    except BlockingIOError:
        yield "holds on"
    except ConnectionError:
        yield "parted with"
    else:
        yield "parted with"


def _hold_on(kind: str, besieger: socket.socket) -> None:
    act: Callable[[], object] | None = {
        "head": lambda: besieger.send(b"x"),
        "body": lambda: besieger.send(b"x"),
        "reader": lambda: besieger.recv(1),
    }.get(kind)
    if act:
        with contextlib.suppress(OSError):  # it has been parted with
            act()

"""A siege: hundreds of connections that drip, idle or don't read, from this machine, for a few seconds."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
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
class Visits:
    """What a visitor saw of `/health` and `/`: statuses and seconds, before the siege and in it."""

    calm: dict[str, list[tuple[int, float]]]
    besieged: dict[str, list[tuple[int, float]]]


def besiege(door: Door, seconds: float) -> Visits:
    """Visit over and over while 500 connections hold on."""
    calm: dict[str, list[tuple[int, float]]] = {"/health": [], "/": []}
    for _ in range(6):  # each process has loaded its templates by then
        _visit(door, calm)
    answers: dict[str, list[tuple[int, float]]] = {"/health": [], "/": []}
    over = threading.Event()

    def keep_visiting() -> None:
        while not over.is_set():
            _visit(door, answers)
            over.wait(0.05)

    with ExitStack() as stack:
        visitor = threading.Thread(target=keep_visiting)
        visitor.start()
        try:
            kinds = list(_FIRST_WORDS)
            besiegers = [(kind, _besieger(door, kind, stack)) for kind in kinds * (BESIEGERS // len(kinds))]
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                for kind, besieger in besiegers:
                    _hold_on(kind, besieger)
                time.sleep(_ROUND)
        finally:
            over.set()
            visitor.join()
    return Visits(calm, answers)


def _visit(door: Door, answers: dict[str, list[tuple[int, float]]]) -> None:
    for path, found in answers.items():
        status, _, took = door.get(path)
        found.append((status, took))


def _besieger(door: Door, kind: str, stack: ExitStack) -> socket.socket:
    besieger = stack.enter_context(socket.socket())
    if kind == "reader":
        besieger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    besieger.connect(("127.0.0.1", door.port))
    besieger.setblocking(False)
    besieger.send(_FIRST_WORDS[kind])
    return besieger


def _hold_on(kind: str, besieger: socket.socket) -> None:
    act: Callable[[], object] | None = {
        "head": lambda: besieger.send(b"x"),
        "body": lambda: besieger.send(b"x"),
        "reader": lambda: besieger.recv(1),
    }.get(kind)
    if act:
        with contextlib.suppress(OSError):  # it has been parted with
            act()

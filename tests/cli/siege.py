"""A siege: hundreds of connections that drip, idle or don't read, from this machine, for two seconds or so."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

from tests.cli.sites import Door

BESIEGERS = 500
_ROUND = 0.2

_HEAD = b"GET / HTTP/1.1\r\nHost: digest.example.org\r\nX-Long: "
_BODY = b"POST /subscribe HTTP/1.1\r\nHost: digest.example.org\r\nContent-Length: 1000\r\n\r\n"
_GET = b"GET /news HTTP/1.1\r\nHost: digest.example.org\r\n\r\n"
_SMALL = _GET.replace(b"/news", b"/robots.txt")
_FIRST_WORDS = {"head": _HEAD, "body": _BODY, "silent": b"", "kept": _SMALL, "reader": _GET}


def besiege(door: Door) -> dict[str, list[tuple[int, float]]]:
    """Visit `/health` and `/` eight times while 500 connections hold on; returns statuses and seconds by path.

    Raises what the visitor meets. Whoever is not answered while the siege lasts is not answered at all.
    """
    answers: dict[str, list[tuple[int, float]]] = {"/health": [], "/": []}
    _visit(door, answers, 4)  # each process has loaded its templates by then
    for found in answers.values():
        found.clear()
    with ExitStack() as stack, ThreadPoolExecutor(1) as visitor:
        kinds = list(_FIRST_WORDS)
        besiegers = [(kind, _besieger(door, kind, stack)) for kind in kinds * (BESIEGERS // len(kinds))]
        visits = visitor.submit(_visit, door, answers, 8)
        while not visits.done():
            for kind, besieger in besiegers:
                _hold_on(kind, besieger)
            wait([visits], _ROUND)
        visits.result()
    return answers


def _visit(door: Door, answers: dict[str, list[tuple[int, float]]], times: int) -> None:
    for _ in range(times):
        for path, found in answers.items():
            status, _, took = door.get(path)
            found.append((status, took))
        time.sleep(_ROUND)


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

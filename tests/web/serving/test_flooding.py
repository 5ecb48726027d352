"""Whole requests, many at once: they delay themselves, nobody else, and who isn't answered is told to come again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

from gunicorn.config import Config

from digest.web.serving.crowd import Crowd
from digest.web.serving.limits import Limits
from digest.web.serving.worker import PatientWorker
from tests.web.serving.peers import Server, get, post, rest_of, serving
from tests.web.serving.quick import Hurried, Narrow

FLOOD = 600
PER_NETWORK = 64
ELSEWHERE = "127.0.0.2"


def test_600_whole_requests_at_once_hold_up_nobody_elsewhere() -> None:
    with serving(PatientWorker, threads=8) as server, ExitStack() as stack:
        flood = [stack.enter_context(server.meet(get("/brief", "close"), source=ELSEWHERE)) for _ in range(FLOOD)]
        began = time.monotonic()
        assert server.ask(get("/", "close")).endswith(b"GET / - 0 ")
        assert time.monotonic() - began < 2  # the flood alone takes nearly four
        answers = [rest_of(peer) for peer in flood]
    refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503 ")]
    assert len(refused) > FLOOD / 2
    assert all(b"\r\nRetry-After: 30\r\n" in answer and answer.endswith(b"Try again in a while") for answer in refused)
    assert sum(answer.startswith(b"HTTP/1.1 200 ") for answer in answers) >= PER_NETWORK


def test_who_stands_in_line_too_long_is_told_to_come_again() -> None:
    with serving(Hurried) as server, ExitStack() as stack:
        *_, last = [stack.enter_context(server.meet(get("/slow"))) for _ in range(4)]
        assert rest_of(last).startswith(b"HTTP/1.1 503 ")


def test_whoever_tries_again_until_it_is_taken_loses_nothing() -> None:
    """As SendGrid does with what it reports, which comes from few addresses, many at a time."""
    bodies = [f"{number:04}".encode() * 20_000 for number in range(40)]
    with serving(Narrow) as server, ThreadPoolExecutor(len(bodies)) as posts:
        taken = list(posts.map(lambda body: until_taken(server, body), bodies))
    assert [answer[-20:] for answer in taken] == [body[:20] for body in bodies]


def until_taken(server: Server, body: bytes) -> bytes:
    for _ in range(200):
        with suppress(ConnectionError):
            answer = server.ask(post("/in", body, "Connection: close"))
            if answer.startswith(b"HTTP/1.1 200 "):
                return answer
        time.sleep(0.02)
    raise AssertionError("it is never taken")


def test_the_time_of_hundreds_is_looked_at_once_a_second() -> None:
    class Counting(Crowd):
        looks = 0

        def idle(self) -> list[object]:  # type: ignore[override]
            self.looks += 1
            return []

    worker = PatientWorker(0, 0, [], None, 30, Config(), None)
    worker._crowd = crowd = Counting(Limits(), 1_000)
    worker._looked = 0.0
    for _ in range(100):
        worker.murder_keepalived()
    assert crowd.looks == 2, "for time, and for weight"
    worker.tmp.close()

"""The loopback SendGrid misbehaves exactly as ordered, and its journal says so."""

import json
import socket
import threading
import time

import pytest

from .answers import FieldError
from .client import HEADERS, LOST, ask, send, until
from .faults import (
    AnswerMalformed,
    AnswerSlowly,
    AnswerTruncated,
    BadRequest,
    DropBeforeBody,
    DropUnanswered,
    Fault,
    Hang,
    OkInsteadOfAccepted,
    Redirect,
    SenderNotVerified,
    ServerError,
    StallReading,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)
from .orders import order_from
from .sendgrid import LoopbackSendGrid
from .test_rules import digest


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        (TooManyRequests(), 429, False),
        (Unauthorized(), 401, False),
        (SenderNotVerified(), 403, False),
        (BadRequest((FieldError("No", "personalizations.0.to.0.email"),)), 400, False),
        (TooLarge(), 413, False),
        (ServerError(), 503, False),
        (ServerError(500, accept=True), 500, True),
        (Redirect(301), 301, False),
        (OkInsteadOfAccepted(), 200, True),
        (StallReading(0.01), 202, True),
        (Hang(0.01), 202, True),
        (AnswerSlowly(0.0001), 202, True),
    ],
)
def test_a_fault_answers_as_ordered(sendgrid: LoopbackSendGrid, fault: Fault, status: int, accepted: bool) -> None:
    sendgrid.misbehave(fault)
    assert send(sendgrid) == status
    (one,) = sendgrid.requests
    assert (one.status, one.accepted, one.whole, one.fault) == (status, accepted, True, type(fault).__name__)
    assert send(sendgrid) == 202


@pytest.mark.parametrize(
    ("fault", "whole", "accepted"),
    [
        (DropBeforeBody(), False, False),
        (DropUnanswered(), True, False),
        (DropUnanswered(accept=True), True, True),
        (Hang(0.01, accept=False), True, False),
        (AnswerMalformed(), True, False),
        (AnswerMalformed(accept=True), True, True),
    ],
)
def test_a_fault_leaves_the_sender_without_an_answer(
    sendgrid: LoopbackSendGrid, fault: Fault, whole: bool, accepted: bool
) -> None:
    sendgrid.misbehave(fault)
    with pytest.raises(LOST):
        send(sendgrid, digest(100))
    (one,) = sendgrid.requests
    assert (one.status, one.whole, one.accepted) == (None, whole, accepted)
    assert len(sendgrid.addresses()) == (100 if accepted else 0)


def test_a_truncated_answer_ends_inside_its_headers(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(AnswerTruncated())
    body = json.dumps(digest(1)).encode()
    head = [
        "POST /v3/mail/send HTTP/1.1",
        f"Content-Length: {len(body)}",
        *map(": ".join, HEADERS.items()),
        "",
        "",
    ]
    with socket.create_connection(("127.0.0.1", sendgrid.port)) as connection:
        connection.sendall("\r\n".join(head).encode() + body)
        with connection.makefile("rb") as answer:
            received = answer.read()
    assert received.startswith(b"HTTP/1.1 202")
    assert b"\r\n\r\n" not in received
    assert (sendgrid.requests[0].status, len(sendgrid.addresses())) == (None, 1)


def test_a_request_against_the_rules_is_never_accepted(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(ServerError(accept=True))
    assert send(sendgrid, {"personalizations": []}) == 503
    assert sendgrid.accepted == []


def test_reset_time_is_told_or_left_out(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(TooManyRequests(reset_in=5), TooManyRequests())
    headers = ask(sendgrid, "POST", "/v3/mail/send", digest())[1]
    assert 3 < int(headers["X-RateLimit-Reset"]) - time.time() < 7
    assert "X-RateLimit-Reset" not in ask(sendgrid, "POST", "/v3/mail/send", digest())[1]


def test_faults_come_when_they_are_due(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(ServerError(500), ServerError(502), nth=2)
    sendgrid.misbehave(TooLarge(), every=5)
    assert [send(sendgrid) for _ in range(6)] == [202, 500, 502, 202, 413, 202]
    sendgrid.misbehave(ServerError(), path="/v3/scopes", every=1)
    assert ask(sendgrid, "GET", "/v3/scopes")[0] == 503
    sendgrid.behave()
    assert ask(sendgrid, "GET", "/v3/scopes")[0] == 200


def test_a_fault_may_be_meant_for_one_reader(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(DropUnanswered(accept=True), address="reader2@example.org")
    assert send(sendgrid, digest(2)) == 202
    with pytest.raises(LOST):
        send(sendgrid, digest(3))
    with pytest.raises(ValueError, match="cannot be ordered by address"):
        sendgrid.misbehave(DropBeforeBody(), address="reader2@example.org")


def test_chance_is_alike_in_every_run() -> None:
    drawn = [order_from("too-large@chance=0.3,seed=7").due(count) is not None for count in range(1000)]
    assert drawn == [order_from("too-large@chance=0.3,seed=7").due(count) is not None for count in range(1000)]
    assert 250 < sum(drawn) < 350


def test_orders_can_be_written_on_the_command_line() -> None:
    assert order_from("hang(seconds=0.5,accept=false)@2").due(2) == Hang(0.5, accept=False)
    assert order_from("drop-unanswered").queued
    assert order_from("too-large@address=bob@example.org").address == "bob@example.org"
    for nonsense in (
        "sulk",
        "hang",
        "hang(seconds=1)@never=1",
        "Hang()",
        "stall-reading(seconds=1,accept=false)",
    ):
        with pytest.raises(ValueError, match=r"hang|sulk|Hang|stall"):
            order_from(nonsense)


def test_stopping_ends_a_hanging_request_at_once(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(Hang(60, accept=False))
    outcome: list[type[Exception]] = []
    client = threading.Thread(target=_note_failure, args=(sendgrid, outcome))
    client.start()
    until(lambda: len(sendgrid.requests) == 1)
    began = time.perf_counter()
    sendgrid.stop()
    client.join(5)
    assert time.perf_counter() - began < 1
    assert len(outcome) == 1


def _note_failure(sendgrid: LoopbackSendGrid, outcome: list[type[Exception]]) -> None:
    try:
        send(sendgrid)
    except LOST as problem:
        outcome.append(type(problem))

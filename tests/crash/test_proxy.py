"""The road to SendGrid cut at any byte: the sender is never certain of what is not so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from random import Random

import pytest

from digest.domain.shared.tokens import new_key
from digest.mail.message.rendering import Identity, Rendered, Tags
from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import Answer, Bulk, Certainty
from digest.mail.sendgrid.transport import SendGridTransport
from tests.conftest import TUESDAY
from tests.crash.programme import FORM, SEED, Form, by_form, note_figures
from tests.crash.proxy import Cut, Proxy
from tests.loopback.journal import Received
from tests.loopback.sendgrid import LoopbackSendGrid

_CERTAIN_NO = {Certainty.RETRY, Certainty.NEVER_LEFT, Certainty.REFUSED, Certainty.OFFENDERS, Certainty.TOO_LARGE}
_SPREAD = by_form(40, 110, 600)
_IDENTITY = Identity("Privacy Digest", "http://digest.test", "1 Street, London", "editor@digest.test", "")


def bulk(padding: int = 0) -> Bulk:
    """A request for three readers under an attempt of its own; with padding it no longer fits the system's buffers."""
    return Bulk(
        rendered=Rendered("A fine", "Read %leave%" + "x" * padding, "<p>Read %leave%</p>"),
        tags=Tags(unsubscribe="%leave%", preferences="%choose%", since="%since%"),
        recipients=[(f"reader{n}@example.org", "l", "c", "3 May 2024", n) for n in range(3)],
        leave_root="http://digest.test/unsubscribe/",
        choose_root="http://digest.test/preferences/",
        headers={},
        category="digest",
        issue="2024-05-17",
        batch=1,
        attempt=new_key(),
        deadline=ticking() + 20.0,
        at=TUESDAY,
    )


@pytest.fixture
def sendgrid() -> Iterator[LoopbackSendGrid]:
    with LoopbackSendGrid(keep_payloads=False) as server:
        yield server


def post(proxy: Proxy, request: Bulk, cut: Cut) -> Answer:
    """One request over a road of its own, which is closed afterwards."""
    proxy.cut = cut
    with closing(SendGridTransport("SG.loopback", proxy.url, _IDENTITY)) as transport:
        return transport.send_bulk(request)


def lengths(sendgrid: LoopbackSendGrid, padding: int = 0) -> tuple[int, int]:
    """How many bytes a request has, and its answer."""
    with Proxy(sendgrid.port) as proxy:
        assert post(proxy, bulk(padding), Cut()).certainty is Certainty.ACCEPTED
    return proxy.sent, proxy.answered


def offsets(length: int, random: Random) -> list[int]:
    """Both ends, what lies beside them, and a spread between."""
    edges = {*range(5), *range(length - 4, length + 1)}
    return sorted(edges | {random.randrange(length) for _ in range(_SPREAD)})


def wrongly_certain(answers: dict[str, tuple[Cut, Answer]], received: list[Received]) -> list[str]:
    """The answers that say what the journal denies."""
    accepted = {copy.args["digest_attempt"] for one in received if one.accepted for copy in one.copies}
    return [
        f"{cut}: {answer}"
        for attempt, (cut, answer) in answers.items()
        if (answer.certainty in _CERTAIN_NO and attempt in accepted)
        or (answer.certainty is Certainty.ACCEPTED and attempt not in accepted)
    ]


@pytest.mark.parametrize("padding", [0, by_form(3_000_000, 3_000_000, 8_000_000)], ids=["small", "large"])
@pytest.mark.parametrize("hard", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("side", ["request", "answer"])
def test_no_cut_makes_a_sender_wrongly_certain(sendgrid: LoopbackSendGrid, side: str, hard: bool, padding: int) -> None:
    random = Random(f"{SEED} {side} {hard} {padding}")  # noqa: S311 - to be drawn again
    request, answer = lengths(sendgrid, padding)
    places = offsets(request, random) if side == "request" else range(answer + 1)
    if padding and FORM is not Form.LONG:
        places = random.sample(list(places), by_form(6, 12, 12))
    answers = {}
    with Proxy(sendgrid.port) as proxy:
        for place in places:
            cut = Cut(request=place, hard=hard) if side == "request" else Cut(answer=place, hard=hard)
            posted = bulk(padding)
            answers[posted.attempt] = (cut, post(proxy, posted, cut))
    sendgrid.stop()
    assert wrongly_certain(answers, sendgrid.requests) == [], f"CRASH_SEED={SEED}"
    seen = {answer.certainty for _, answer in answers.values()}
    assert Certainty.UNKNOWN in seen
    assert seen <= {Certainty.UNKNOWN, Certainty.RETRY, Certainty.ACCEPTED}
    note_figures(cuts_of_the_road=len(answers))

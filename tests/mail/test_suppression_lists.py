"""What SendGrid's own suppression lists tell, and what becomes of reading them when it doesn't."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from digest.mail.deadline import ticking
from digest.mail.outbox import Listed, Page, SuppressionList, Trouble
from digest.mail.sendgrid_client import HttpAnswer, SendGridClient
from digest.mail.suppression_lists import read_lists
from tests.loopback.faults import AnswerMalformed, Fault, Hang, Refusal, TooManyRequests, Unauthorized
from tests.loopback.sendgrid import LoopbackSendGrid

MONDAY = datetime(2024, 5, 13, 9, 0, tzinfo=UTC)
BOUNCES = "/v3/suppression/bounces"


@pytest.fixture
def client(sendgrid: LoopbackSendGrid) -> Iterator[SendGridClient]:
    client = SendGridClient("SG.loopback", sendgrid.url)
    yield client
    client.close()


def enter(sendgrid: LoopbackSendGrid, name: str, address: str, at: datetime = MONDAY) -> None:
    sendgrid.account.suppressed[name].append({"email": address, "created": int(at.timestamp()), "reason": "550"})


def read(
    client: SendGridClient, since: datetime | None = None, seconds: float = 10.0, page_size: int = 500
) -> list[Page | Trouble]:
    return list(read_lists(client, since, ticking() + seconds, page_size))


def test_three_lists_are_read_and_the_soft_blocks_are_not(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    for name, address in (
        ("bounces", "Bob@Example.org"), ("spam_reports", "carol@example.org"),
        ("invalid_emails", "dave@example.org"), ("blocks", "eve@example.org"),
    ):  # fmt: skip
        enter(sendgrid, name, address)
    assert read(client) == [
        Page(SuppressionList.BOUNCES, (Listed("bob@example.org", MONDAY),)),
        Page(SuppressionList.SPAM_REPORTS, (Listed("carol@example.org", MONDAY),)),
        Page(SuppressionList.INVALID_EMAILS, (Listed("dave@example.org", MONDAY),)),
    ]


def test_a_long_list_comes_page_by_page_to_its_end(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    every = [f"reader{number}@example.org" for number in range(1_201)]
    for address in every:
        enter(sendgrid, "bounces", address)
    pages = [part for part in read(client) if isinstance(part, Page) and part.of is SuppressionList.BOUNCES]
    assert [len(page.entries) for page in pages] == [500, 500, 201]
    assert [entry.address for page in pages for entry in page.entries] == every


def test_a_list_of_exactly_one_page_ends_too(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    for number in range(4):
        enter(sendgrid, "bounces", f"reader{number}@example.org")
    sizes = [len(part.entries) for part in read(client, page_size=2) if isinstance(part, Page)]
    assert sizes == [2, 2, 0, 0, 0]


def test_since_a_moment_only_later_entries_come(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    enter(sendgrid, "bounces", "old@example.org", datetime(2024, 5, 12, tzinfo=UTC))
    enter(sendgrid, "bounces", "new@example.org", MONDAY)
    first, *_ = read(client, since=MONDAY)
    assert first == Page(SuppressionList.BOUNCES, (Listed("new@example.org", MONDAY),))


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Refusal(403), "the API key may not read it (403): give it Suppressions, Read Access"),
        (Unauthorized(), "SendGrid does not know the API key (401)"),
        (TooManyRequests(), "SendGrid asked for fewer requests (429)"),
        (Refusal(500), "SendGrid answered 500"),
    ],
)
def test_a_refused_list_is_told_in_words_and_the_others_are_read(
    client: SendGridClient, sendgrid: LoopbackSendGrid, fault: Fault, why: str
) -> None:
    enter(sendgrid, "spam_reports", "carol@example.org")
    sendgrid.misbehave(fault, path=BOUNCES)
    trouble, page, empty = read(client)
    assert trouble == Trouble(SuppressionList.BOUNCES, why)
    assert page == Page(SuppressionList.SPAM_REPORTS, (Listed("carol@example.org", MONDAY),))
    assert isinstance(empty, Page)


def test_broken_answers_and_a_dead_host_are_told_too(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(AnswerMalformed(), path=BOUNCES)
    assert "could not be asked" in str(read(client)[0])
    sendgrid.stop()
    assert [part.why.partition("(")[0] for part in read(client) if isinstance(part, Trouble)] == [
        "SendGrid could not be asked "
    ] * 3


def test_silence_ends_at_the_deadline(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(Hang(30), path=BOUNCES)
    before = time.monotonic()
    assert read(client, seconds=0.2) == [Trouble(name, "SendGrid took too long") for name in SuppressionList]
    assert time.monotonic() - before < 5


class Saying(SendGridClient):
    """Answers 200 with these bytes, whatever is asked."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, path: str, deadline: float, query: Mapping[str, int] | None = None) -> HttpAnswer:  # noqa: ARG002
        return HttpAnswer(200, {}, self._body)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[1]", b'["a@b.org"]', b"[{}]", b'[{"email": 7}]', b"[null]", b"\xff", b"[[]]"]
)
def test_an_answer_that_is_no_list_is_trouble(body: bytes) -> None:
    assert read(Saying(body)) == [
        Trouble(name, "SendGrid’s answer could not be understood") for name in SuppressionList
    ]


@pytest.mark.parametrize("created", ["null", '"yesterday"', "1e400", "99999999999999999"])
def test_an_entry_without_a_usable_moment_still_counts(created: str) -> None:
    first, *_ = read(Saying(b'[{"email": "a@b.org", "created": ' + created.encode() + b"}]"))
    assert first == Page(SuppressionList.BOUNCES, (Listed("a@b.org", None),))

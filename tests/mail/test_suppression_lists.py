"""What SendGrid's own suppression lists tell, and what becomes of reading them when it doesn't."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import ListEntry, ListMark, ListPage, SuppressionList, UnreadList
from digest.mail.sendgrid.client import HttpAnswer, SendGridClient
from digest.mail.sendgrid.suppression_lists import read_lists
from tests.loopback.faults import AnswerMalformed, Fault, Hang, Refusal, TooManyRequests, Unauthorized
from tests.loopback.sendgrid import LoopbackSendGrid

MONDAY = datetime(2024, 5, 13, 9, 0, tzinfo=UTC)
NOW = datetime(2024, 5, 17, 7, 0, tzinfo=UTC)
DONE = ListMark(NOW + timedelta(seconds=1))
BOUNCES = "/v3/suppression/bounces"


@pytest.fixture
def client(sendgrid: LoopbackSendGrid) -> Iterator[SendGridClient]:
    client = SendGridClient("SG.loopback", sendgrid.url)
    yield client
    client.close()


def enter(sendgrid: LoopbackSendGrid, name: str, address: str, at: datetime = MONDAY) -> None:
    sendgrid.account.suppressed[name].append({"email": address, "created": int(at.timestamp()), "reason": "550"})


def read(
    client: SendGridClient, since: Mapping[str, ListMark] | None = None, seconds: float = 10.0, page_size: int = 500
) -> list[ListPage | UnreadList]:
    return list(read_lists(client, since or {}, NOW, ticking() + seconds, page_size))


def bounces(parts: Sequence[ListPage | UnreadList]) -> list[ListPage]:
    return [part for part in parts if isinstance(part, ListPage) and part.of is SuppressionList.BOUNCES]


def test_three_lists_are_read_and_the_soft_blocks_are_not(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    for name, address in (
        ("bounces", "Bob@Example.org"), ("spam_reports", "carol@example.org"),
        ("invalid_emails", "dave@example.org"), ("blocks", "eve@example.org"),
    ):  # fmt: skip
        enter(sendgrid, name, address)
    assert read(client) == [
        ListPage(SuppressionList.BOUNCES, (ListEntry("bob@example.org", MONDAY),), DONE),
        ListPage(SuppressionList.SPAM_REPORTS, (ListEntry("carol@example.org", MONDAY),), DONE),
        ListPage(SuppressionList.INVALID_EMAILS, (ListEntry("dave@example.org", MONDAY),), DONE),
    ]


@pytest.mark.parametrize("spread", [0, 1, 60, 100_000], ids="{} s apart".format)
@pytest.mark.parametrize("order", ["earliest first", "latest first", "by chance"])
def test_a_long_list_is_read_to_its_end_whatever_its_order(
    client: SendGridClient, sendgrid: LoopbackSendGrid, spread: int, order: str
) -> None:
    every = [(f"reader{number}@example.org", NOW - timedelta(seconds=number * spread)) for number in range(200)]
    for address, at in {"latest first": every, "earliest first": every[::-1]}.get(order, Random(0).sample(every, 200)):  # noqa: S311
        enter(sendgrid, "bounces", address, at)
    pages = bounces(read(client, page_size=20))
    assert {entry.address for page in pages for entry in page.entries} == {address for address, _ in every}
    assert pages[-1].mark == DONE
    assert len(pages) < 100


def test_what_was_read_to_is_read_whole(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    for number in range(100):
        enter(sendgrid, "bounces", f"reader{number}@example.org", MONDAY - timedelta(hours=number * 37 % 100))
    seen: set[str] = set()
    for page in bounces(read(client, page_size=10)):
        seen |= {entry.address for entry in page.entries}
        assert page.mark
        due = [entry for entry in sendgrid.account.suppressed["bounces"] if _before(entry, page.mark)]
        assert {entry["email"] for entry in due} <= seen


def _before(entry: Mapping[str, Any], mark: ListMark) -> bool:
    return bool(entry["created"] < mark.read_to.timestamp())


def test_a_reading_goes_on_where_the_last_was_cut_off(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    every = [f"reader{number}@example.org" for number in range(100)]
    for number, address in enumerate(every):
        enter(sendgrid, "bounces", address, MONDAY - timedelta(hours=number))
    sendgrid.misbehave(Refusal(500), path=BOUNCES, every=2)  # a page a reading
    seen: set[str] = set()
    since: dict[str, ListMark] = {}
    for _ in range(300):
        [page] = bounces(read(client, since, page_size=10))
        assert page.mark
        since["bounces"] = page.mark
        seen |= {entry.address for entry in page.entries}
        if page.mark == DONE:
            break
    assert seen == set(every)
    assert since["bounces"] == DONE


def test_a_list_of_exactly_one_page_ends_too(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    for number in range(4):
        enter(sendgrid, "bounces", f"reader{number}@example.org")
    pages = bounces(read(client, page_size=4))
    assert len({entry.address for page in pages for entry in page.entries}) == 4
    assert pages[-1].mark == DONE


def test_since_a_moment_only_later_entries_come(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    for name in ("bounces", "spam_reports"):
        enter(sendgrid, name, "old@example.org", datetime(2024, 5, 12, tzinfo=UTC))
        enter(sendgrid, name, "new@example.org", MONDAY)
    first, second, *_ = read(client, since={"bounces": ListMark(MONDAY)})
    assert first == ListPage(SuppressionList.BOUNCES, (ListEntry("new@example.org", MONDAY),), DONE)
    assert isinstance(second, ListPage)
    assert len(second.entries) == 2


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
    assert trouble == UnreadList(SuppressionList.BOUNCES, why)
    assert page == ListPage(SuppressionList.SPAM_REPORTS, (ListEntry("carol@example.org", MONDAY),), DONE)
    assert isinstance(empty, ListPage)


def test_broken_answers_and_a_dead_host_are_told_too(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(AnswerMalformed(), path=BOUNCES)
    assert "could not be asked" in str(read(client)[0])
    sendgrid.stop()
    assert [part.why.partition("(")[0] for part in read(client) if isinstance(part, UnreadList)] == [
        "SendGrid could not be asked "
    ] * 3


def test_silence_ends_when_the_lists_share_of_the_time_does(client: SendGridClient, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(Hang(30), path=BOUNCES)
    before = time.monotonic()
    trouble, *others = read(client, seconds=1.5)
    assert trouble == UnreadList(SuppressionList.BOUNCES, "SendGrid took too long")
    assert [(part.of, type(part)) for part in others] == [("spam_reports", ListPage), ("invalid_emails", ListPage)]
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
        UnreadList(name, "SendGrid’s answer could not be understood") for name in SuppressionList
    ]


@pytest.mark.parametrize("created", ["null", '"yesterday"', "1e400", "99999999999999999"])
def test_an_entry_without_a_usable_moment_still_counts(created: str) -> None:
    first, *_ = read(Saying(b'[{"email": "a@b.org", "created": ' + created.encode() + b"}]"))
    assert first == ListPage(SuppressionList.BOUNCES, (ListEntry("a@b.org", None),), DONE)

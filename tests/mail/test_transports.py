"""The two transports: what a message says arrives as it is, and what can't be made fails alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from digest.mail.folder import eml
from digest.mail.folder.files import OutboxFolder
from digest.mail.message.rendering import Rendered
from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import Answer, Bulk, Certainty, Single, Transport
from digest.mail.sendgrid import transport as sendgrid_transport
from digest.mail.sendgrid.transport import SendGridTransport
from tests.hostile import TEXTS
from tests.loopback.sendgrid import LoopbackSendGrid

from .samples import IDENTITY, TAGS

BAD = "=?utf-8?q?a=0d=0aBcc=3a_e=40e.e?=@example.net"
AT = datetime(2024, 5, 14, 9, 0, tzinfo=UTC)
LETTER = Single(
    "00000007-notice", "alice@example.org", Rendered("A fine", "x\n", "<p>x</p>"), {"X-A": "b"}, "notice", AT
)


def bulk(*addresses: str, subject: str = "A fine") -> Bulk:
    """A digest for these addresses."""
    return Bulk(
        rendered=Rendered(subject, f"Leave: {TAGS.unsubscribe}\n", f"<p>{TAGS.unsubscribe}</p>"),
        tags=TAGS,
        recipients=[(address, f"l{n}", f"c{n}", "3 May 2024", n) for n, address in enumerate(addresses)],
        leave_root="http://digest.test/unsubscribe/",
        choose_root="http://digest.test/preferences/",
        headers={"List-Id": "Digest <digest.digest.test>"},
        category="digest",
        issue="2024-05-17",
        batch=1,
        attempt="a" * 32,
        deadline=ticking() + 20.0,
        at=AT,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture(params=["outbox", "sendgrid"])
def transport(request: pytest.FixtureRequest, folder: Path, sendgrid: LoopbackSendGrid) -> Iterator[Transport]:
    """Either transport."""
    if request.param == "outbox":
        yield OutboxFolder(folder, IDENTITY)
        return
    with closing(SendGridTransport("SG.loopback", sendgrid.url, IDENTITY)) as transport:
        yield transport


def written(folder: Path) -> list[EmailMessage]:
    """What the files hold, as a mail program reads them."""
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*"))]
    return [message for message in found if isinstance(message, EmailMessage)]


@pytest.mark.parametrize("text", TEXTS)
def test_file_carries_the_literal_text_and_no_other_header(text: str, folder: Path) -> None:
    transport = OutboxFolder(folder, replace(IDENTITY, name=text))
    headers = {"List-Id": f"{text} <digest.digest.test>"}
    single = replace(LETTER, rendered=Rendered(text, "x\n", "<p>x</p>"), headers=headers)
    assert transport.send_single(single).certainty is Certainty.ACCEPTED
    assert transport.send_bulk(replace(bulk("alice@example.org", subject=text), headers=headers)).certainty is (
        Certainty.ACCEPTED
    )
    digest, message = written(folder)
    for one in (digest, message):
        assert one["Subject"] == text
        assert one["List-Id"] == headers["List-Id"]
        assert [each.display_name for each in one["From"].addresses] == [text]
        assert [each.addr_spec for each in one["To"].addresses] == ["alice@example.org"]
    common = ["Subject", "From", "To", "Date", "Message-ID", "Reply-To", "List-Id"]
    assert message.keys() == [*common, "MIME-Version", "Content-Type"]
    assert digest.keys() == [*common, "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"]


@pytest.mark.parametrize("text", TEXTS)
def test_request_carries_the_literal_text_and_no_other_recipient(text: str, sendgrid: LoopbackSendGrid) -> None:
    name = text.replace(",", "").replace(";", "")  # SendGrid takes neither in a name
    with closing(SendGridTransport("SG.loopback", sendgrid.url, replace(IDENTITY, name=name))) as transport:
        transport.send_single(replace(LETTER, rendered=Rendered(text, "x\n", "<p>x</p>")))
        transport.send_bulk(bulk("bob@example.org", subject=text))
    single, digest = (received.payload for received in sendgrid.accepted)
    assert single and digest
    for payload, address in ((single, "alice@example.org"), (digest, "bob@example.org")):
        assert payload["subject"] == text
        assert payload["from"] == {"email": IDENTITY.sender, "name": name}
        assert [person["to"] for person in payload["personalizations"]] == [[{"email": address}]]
        assert not {"cc", "bcc"} & set(payload["personalizations"][0])


@pytest.mark.parametrize(
    "bad", [BAD, "a@example.net\r\nBcc: eve@example.net", "a\u2028@example.net", "a, b@example.net"]
)
def test_copy_that_cannot_be_made_is_named_and_nothing_leaves(
    bad: str, transport: Transport, sendgrid: LoopbackSendGrid
) -> None:
    answer = transport.send_bulk(bulk("alice@example.org", bad, "bob@example.org", bad))
    assert answer.certainty is Certainty.OFFENDERS
    assert list(answer.offenders) == [1, 3]
    assert "no message can be made to it" in answer.offenders[1]
    assert "example.net" not in answer.offenders[1]
    assert sendgrid.requests == []
    rest = transport.send_bulk(bulk("alice@example.org", "bob@example.org"))
    assert rest.certainty is Certainty.ACCEPTED


def test_message_that_cannot_be_made_fails_with_the_reason(transport: Transport, sendgrid: LoopbackSendGrid) -> None:
    for single in (replace(LETTER, recipient=BAD), replace(LETTER, rendered=Rendered("a\r\nBcc: x", "x", "x"))):
        answer = transport.send_single(single)
        assert answer.certainty is Certainty.OFFENDERS
        assert answer.offenders[0]
    assert sendgrid.requests == []


def test_fault_in_what_all_copies_share_fails_them_all_for_good(
    transport: Transport, sendgrid: LoopbackSendGrid
) -> None:
    answer = transport.send_bulk(bulk("alice@example.org", "bob@example.org", subject="a\r\nBcc: eve@example.net"))
    assert answer.certainty is Certainty.OFFENDERS
    assert set(answer.offenders.values()) == {
        "its header “Subject” has U+000D in it, a control character or line break"
    }
    assert len(answer.offenders) == 2
    assert sendgrid.requests == []


@pytest.mark.parametrize(
    ("error", "certainty"),
    [
        (RuntimeError("of any kind, about alice@example.org"), Certainty.OFFENDERS),
        (RecursionError(), Certainty.OFFENDERS),
        (MemoryError(), Certainty.RETRY),
        (OSError("no space left"), Certainty.RETRY),
    ],
)
def test_whatever_goes_wrong_in_the_making_is_an_answer(
    error: Exception, certainty: Certainty, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise error

    monkeypatch.setattr(eml, "text_line", fail)
    monkeypatch.setattr(sendgrid_transport, "checked", fail)
    one_off = Rendered(f"{error!r}", "x", "x")  # what SendGrid's copies share is kept for a while
    answers = [
        transport.send_single(replace(LETTER, rendered=one_off)),
        transport.send_bulk(replace(bulk("alice@example.org"), rendered=one_off)),
    ]
    assert [answer.certainty for answer in answers] == [certainty, certainty]
    assert all("alice@" not in answer.detail for answer in answers)


def test_whose_share_it_is_is_found_out(sendgrid: LoopbackSendGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = sendgrid_transport.personalizations

    def fail(asked: Bulk) -> str:
        if any(address == "bob@example.org" for address, *_ in asked.recipients):
            raise RuntimeError("bob")
        return usual(asked)

    monkeypatch.setattr(sendgrid_transport, "personalizations", fail)
    with closing(SendGridTransport("SG.loopback", sendgrid.url, IDENTITY)) as transport:
        answer = transport.send_bulk(bulk("alice@example.org", "bob@example.org", "carol@example.org"))
    assert answer.certainty is Certainty.OFFENDERS
    assert dict(answer.offenders) == {1: "it could not be made into a message (bob)"}


def test_folder_that_cannot_be_written_is_no_readers_fault(folder: Path) -> None:
    folder.write_text("a file stands where the folder should be")
    transport = OutboxFolder(folder, IDENTITY)
    answers: list[Answer] = [transport.send_bulk(bulk("alice@example.org")), transport.send_single(LETTER)]
    assert [answer.certainty for answer in answers] == [Certainty.REFUSED, Certainty.REFUSED]
    assert not any(answer.offenders for answer in answers)


def test_file_says_when_it_was_ready_and_which_message_it_is(folder: Path) -> None:
    transport = OutboxFolder(folder, replace(IDENTITY, sender="editor@digest.example"))
    transport.send_single(LETTER)
    transport.send_bulk(bulk("alice@example.org", "bob@example.org"))
    first = written(folder)
    assert {message["Date"].datetime for message in first} == {AT}
    ids = [str(message["Message-ID"]) for message in first]
    assert len(set(ids)) == 3
    assert all(one.startswith("<") and one.endswith("@digest.example>") and " " not in one for one in ids)
    transport.send_single(LETTER)
    transport.send_bulk(replace(bulk("alice@example.org", "bob@example.org"), attempt="b" * 32))
    assert [str(message["Message-ID"]) for message in written(folder)] == ids


@pytest.mark.parametrize(
    ("sender", "url", "host"),
    [
        ("digest@localhost", "https://news.example:8443", "news.example"),
        ("digest@localhost", "http://127.0.0.1:8000", "127.0.0.1"),
        ("digest@localhost", "http://[::1]:8000", "localhost"),
        ("press@mail.example", "https://news.example", "mail.example"),
    ],
)
def test_message_id_is_of_the_sender_or_else_of_the_site(sender: str, url: str, host: str, folder: Path) -> None:
    OutboxFolder(folder, replace(IDENTITY, sender=sender, url=url, reply_to="")).send_single(LETTER)
    (message,) = written(folder)
    assert str(message["Message-ID"]).endswith(f"@{host}>")

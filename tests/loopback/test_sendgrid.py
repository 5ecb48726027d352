"""The loopback SendGrid keeps connections, answers as SendGrid does, and keeps a truthful journal."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from .client import HEADERS, ask, send, until
from .faults import (
    TooLarge,
)
from .journal import addresses, read_journal
from .sendgrid import LoopbackSendGrid
from .test_rules import digest

ROOT = Path(__file__).parents[2]


def test_mail_is_accepted_journalled_and_reaches_readers(sendgrid: LoopbackSendGrid) -> None:
    status, headers, content = ask(sendgrid, "POST", "/v3/mail/send", digest())
    assert (status, content) == (202, None)
    (one,) = sendgrid.accepted
    assert headers["X-Message-Id"] == one.message_id
    assert sendgrid.addresses() == ["reader0@example.org", "reader1@example.org"]
    assert one.copies[1].args["digest_delivery"] == "1"
    assert one.payload == digest()
    assert sendgrid.policy_faults() == []
    (mail,) = sendgrid.inbox("reader1@example.org")
    assert mail.text == "Leave: https://digest.example.org/unsubscribe/1"


def test_a_reader_served_twice_is_seen(sendgrid: LoopbackSendGrid) -> None:
    send(sendgrid, digest(2))
    send(sendgrid, digest(1))
    assert sendgrid.doubled() == ["reader0@example.org"]
    assert len(sendgrid.addresses("2026-05-15")) == 3
    assert sendgrid.addresses("2026-05-22") == []


def test_one_connection_carries_many_requests_without_stalls(sendgrid: LoopbackSendGrid) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sendgrid.port, timeout=5)
    began = time.perf_counter()
    for _ in range(20):
        connection.request("GET", "/v3/scopes", headers=HEADERS)
        assert json.loads(connection.getresponse().read())["scopes"][0] == "mail.send"
    connection.close()
    assert time.perf_counter() - began < 0.4
    assert {one.connection for one in sendgrid.requests} == {1}


def test_an_offender_fails_the_whole_request(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.refuse("Reader1@example.org")
    status, _, content = ask(sendgrid, "POST", "/v3/mail/send", digest())
    assert status == 400
    assert content["errors"][0]["field"] == "personalizations.1.to.0.email"
    assert content["errors"][0].keys() == {"message", "field", "help"}
    assert sendgrid.accepted == []
    assert sendgrid.requests[0].errors[0].field == "personalizations.1.to.0.email"


def test_refusals_before_reading(sendgrid: LoopbackSendGrid) -> None:
    for bearer in ("Bearer None", "Bearer ", "Basic SG.loopback"):
        assert ask(sendgrid, "GET", "/v3/scopes", headers={"Authorization": bearer})[0] == 401
    assert ask(sendgrid, "GET", "/v3/mail/send")[0] == 405
    assert ask(sendgrid, "GET", "/v3/elsewhere")[0] == 404
    assert ask(sendgrid, "POST", "/v3/mail/send", digest(), HEADERS | {"Content-Type": "text/plain"})[0] == 415
    sendgrid.account.largest_body = 500
    assert send(sendgrid) == 413
    sendgrid.account.scopes = ()
    sendgrid.account.largest_body = 30_000_000
    assert send(sendgrid) == 403
    assert sendgrid.accepted == []


def test_sandbox_mode_only_checks(sendgrid: LoopbackSendGrid) -> None:
    assert send(sendgrid, digest() | {"mail_settings": {"sandbox_mode": {"enable": True}}}) == 200
    assert sendgrid.accepted == []


def test_the_account_can_be_read_and_readers_erased(sendgrid: LoopbackSendGrid) -> None:
    sendgrid.account.tracking["open"] = True
    settings = ask(sendgrid, "GET", "/v3/tracking_settings")[2]["result"]
    assert [one["name"] for one in settings if one["enabled"]] == ["open"]
    sendgrid.account.suppressed["bounces"] = [{"email": f"b{n}@example.org", "created": n} for n in range(9)]
    page = ask(sendgrid, "GET", "/v3/suppression/bounces?start_time=2&end_time=7&limit=2&offset=1")[2]
    assert [one["created"] for one in page] == [3, 4]
    assert ask(sendgrid, "GET", "/v3/suppression/bounces?limit=501")[0] == 400
    assert ask(sendgrid, "GET", "/v3/suppression/rumours")[0] == 404
    status, _, job = ask(sendgrid, "POST", "/v3/recipients/erasejob", {"email_addresses": ["a@b.cd"]})
    assert (status, sendgrid.account.erased) == (202, ["a@b.cd"])
    assert job["job_id"]


def test_a_request_cut_off_by_the_sender_is_not_accepted(sendgrid: LoopbackSendGrid) -> None:
    with socket.create_connection(("127.0.0.1", sendgrid.port)) as connection:
        head = "POST /v3/mail/send HTTP/1.1\r\nAuthorization: Bearer SG.loopback\r\nContent-Length: 100\r\n\r\n{"
        connection.sendall(head.encode())
    until(lambda: len(sendgrid.requests) == 1)
    assert (sendgrid.requests[0].whole, sendgrid.requests[0].accepted) == (False, False)


def test_it_can_be_down_for_a_while_on_the_same_port(sendgrid: LoopbackSendGrid) -> None:
    send(sendgrid)
    sendgrid.stop()
    with pytest.raises(ConnectionRefusedError):
        send(sendgrid)
    sendgrid.start()
    assert send(sendgrid) == 202
    assert len(sendgrid.accepted) == 2


def test_many_senders_at_once_are_all_journalled(sendgrid: LoopbackSendGrid) -> None:
    senders = [threading.Thread(target=lambda: [send(sendgrid) for _ in range(5)]) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(one.index for one in sendgrid.requests) == list(range(40))
    assert len({one.message_id for one in sendgrid.accepted}) == 40


def test_lenient_counts_readers_without_reading_them() -> None:
    with LoopbackSendGrid(lenient=True) as sendgrid:
        assert send(sendgrid, digest(1000)) == 202
        assert sendgrid.accepted[0].count == 1000
        assert sendgrid.accepted[0].copies == ()
        with pytest.raises(ValueError, match="lenient"):
            sendgrid.misbehave(TooLarge(), address="a@b.cd")


def test_a_journal_is_continued_and_holds_no_key(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for _ in range(2):
        with LoopbackSendGrid(journal=path) as sendgrid:
            send(sendgrid, digest(1))
            assert read_journal(path)[-1].copies == sendgrid.requests[-1].copies
    assert [one.index for one in read_journal(path)] == [0, 1]
    assert sendgrid.doubled() == ["reader0@example.org"]
    assert "SG.loopback" not in path.read_text()
    path.write_text(path.read_text() + '{"index": 2, "ti')
    assert len(read_journal(path)) == 2


def test_it_runs_as_a_process_until_told_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    command = [
        sys.executable,
        "-m",
        "tests.loopback.sendgrid",
        "--journal",
        str(path),
        "--fault",
        "too-large@2",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        outside = LoopbackSendGrid(port=int(process.stdout.readline().rpartition(":")[2]))
        assert [send(outside) for _ in range(3)] == [202, 413, 202]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert [one.status for one in read_journal(path)] == [202, 413, 202]
    assert len(addresses(read_journal(path))) == 4

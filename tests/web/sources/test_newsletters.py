"""A newsletter by mail: its address, its door, what comes in by it, and what an editor sees of that."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from digest.config import Settings
from digest.operations.running.housekeeping import tidy_up
from digest.operations.shared.context import Context
from digest.operations.sources.receiving import MOST_A_DAY, MOST_LEADS_A_DAY, watch_newsletter
from digest.operations.sources.source_files import listed_sources
from digest.operations.sources.watching import stop_watching
from digest.operations.writing.meaning import Said
from digest.storage.base.database import Database
from digest.storage.sources.leads import Lead
from digest.storage.sources.newsletters import Newsletter
from digest.storage.sources.polling import due_sources, polled_ids
from digest.storage.sources.source_list import SourceLine
from digest.storage.sources.sources import WatchedSource
from tests.web.browser import Browser, one, page, words
from tests.web.sources.inbound import fields, multipart, post, whole

NOW = datetime(2024, 5, 14, 9, 0, tzinfo=UTC)
FINE = "https://regulator.example/news/fine-for-a-hospital"
HTML = (
    f'<h1>May</h1><p><a href="{FINE}?utm_source=nl&amp;mc_eid=0a1b2c">A fine of two million for a hospital</a></p>'
    '<p><a href="https://regulator.example/news/guidance">New guidance on loyalty cards</a></p>'
    '<p><a href="https://regulator.example/leave?t=ourtoken">Unsubscribe</a></p>'
)


@pytest.fixture(autouse=True)
def _tuesday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def made(db: Database, settings: Settings, publication: str = "The Regulator") -> tuple[int, str]:
    """A newsletter that is watched: the source's id and its key."""
    source_id = watch_newsletter(
        Context(db, settings, NOW), publication, "alice@digest.test", Said(publication, make=True)
    )
    assert isinstance(source_id, int)
    return source_id, key_of(db, source_id)


def key_of(db: Database, source_id: int) -> str:
    with db.reading() as session:
        return session.get_one(WatchedSource, source_id).mail_key or ""


def leads(db: Database) -> list[Lead]:
    with db.reading() as session:
        return list(session.execute(select(Lead).order_by(Lead.id)).scalars())


def messages(db: Database) -> list[Newsletter]:
    with db.reading() as session:
        return list(session.execute(select(Newsletter).order_by(Newsletter.id)).scalars())


def line_of(db: Database, settings: Settings) -> SourceLine:
    return listed_sources(Context(db, settings, NOW))[0]


@pytest.mark.on_both
def test_an_editor_makes_an_address_and_reads_what_comes_there(
    alice: Browser, client: FlaskClient, db: Database
) -> None:
    answer = alice.send("/desk/sources/newsletter", "/desk/sources", form={"publication": "The Regulator"})
    where = answer.headers["Location"].partition("#")[0]
    told = words(alice.open(where))
    key = key_of(db, int(where.rpartition("/")[2]))
    assert "Nothing received yet" in told
    assert f"/events/inbound/{key}" in told and f"the-regulator-{key}@…" in told

    assert post(client, key, multipart(fields(HTML), {"attachment1": b"%PDF" * 9_000})) == 200
    told = words(alice.open(where))
    assert "Our news in May" in told and "2 leads" in told and "Nothing received yet" not in told
    assert "ourtoken" not in messages(db)[0].html
    fine, guidance = leads(db)
    assert (fine.title, fine.url) == ("A fine of two million for a hospital", FINE)
    assert guidance.title == "New guidance on loyalty cards"
    pane = page(alice.open(f"/desk/leads/{fine.id}?pane=1"))
    assert "From the newsletter “Our news in May”" in " ".join(pane.get_text(" ").split()).replace("“ ", "“").replace(
        " ”", "”"
    )
    assert "A fine of two million" in words(alice.open(str(one(pane, "a[href*='/mail/']")["href"])))


def test_a_hostile_message_runs_nothing_and_loads_nothing(
    alice: Browser, client: FlaskClient, db: Database, settings: Settings
) -> None:
    source_id, key = made(db, settings)
    html = (
        "<style>@import url(https://evil.example/x.css); body{background:url(//evil.example/b)}</style>"
        '<script>alert(1)</script><img src="https://evil.example/pixel.gif" onerror="alert(2)">'
        '<p style="background:url(//evil.example)">'
        '<a href="javascript:alert(3)">A story that runs something</a><iframe src="//evil.example"></iframe>'
        '<form action="//evil.example"><input name="a"></form><svg onload="alert(4)"></svg><base href="//evil.example">'
        '<link rel="stylesheet" href="//evil.example">'
        '<a href="https://ok.example/a-story" onclick="x()">A harmless story</a>'
    )
    assert post(client, key, multipart(fields(html, subject="<script>alert(5)</script>"))) == 200
    where = f"/desk/sources/{source_id}/mail/{messages(db)[0].id}"
    frame, about = alice.open(f"{where}/html"), alice.open(where)
    assert "evil.example" not in frame.text + about.text
    for shown in (frame.text, about.text.partition("<main")[2]):
        assert not re.search(r"<script>|<img|onerror|onclick|onload|javascript:", shown)
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and policy.endswith("sandbox")
    assert 'sandbox=""' in str(one(page(about), "iframe"))
    assert [lead.url for lead in leads(db)] == ["https://ok.example/a-story"]
    other_id, _ = made(db, settings, "Another")
    assert alice.open(f"/desk/sources/{other_id}/mail/{messages(db)[0].id}").status_code == 404


def test_the_message_to_confirm_is_read_on_the_desk_and_brings_no_lead(
    alice: Browser, client: FlaskClient, db: Database, settings: Settings
) -> None:
    source_id, key = made(db, settings)
    confirm = "https://regulator.example/optin?token=abc&utm_x=1"
    html = f'<p>Hello</p><a href="{confirm.replace("&", "&amp;")}">Confirm your subscription</a>'
    text = f"Please confirm: {confirm}\n\nTo unsubscribe at any time: https://regulator.example/u/ourtoken\n"
    assert post(client, key, multipart(fields(html, text, subject="Please confirm"))) == 200
    assert leads(db) == []
    read = page(alice.open(f"/desk/sources/{source_id}/mail/{messages(db)[0].id}"))
    assert [str(each["href"]) for each in read.select("main a[target=_blank]")] == [confirm, confirm]
    assert "ourtoken" not in read.text


@pytest.mark.on_both
def test_the_same_message_twice_and_the_same_link_twice_make_nothing_twice(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    _, key = made(db, settings)
    assert [post(client, key, multipart(fields(HTML))) for _ in range(2)] == [200, 200]
    assert (len(messages(db)), len(leads(db))) == (1, 2)
    again = (
        HTML.replace("utm_source=nl", "utm_source=other")
        + f'<a href="{FINE}/">A fine of two million for a hospital</a>'
    )
    assert post(client, key, multipart(fields(again, message_id="<2@news.example>"))) == 200
    assert (len(messages(db)), len(leads(db))) == (2, 2)


def test_encodings_are_those_that_the_message_had(client: FlaskClient, db: Database, settings: Settings) -> None:
    _, key = made(db, settings)
    czech = '<a href="https://uoou.example/pokuta">Pokuta za únik dat pacientů</a>'
    charsets = json.dumps({"html": "iso-8859-2", "text": "iso-8859-1", "subject": "windows-1252"})
    given = {
        "html": czech.encode("iso-8859-2"),
        "text": "Décision".encode("latin-1"),
        "subject": "L’été".encode("cp1252"),
    }
    assert post(client, key, multipart(fields(charsets=charsets, **given))) == 200
    stored = messages(db)[0]
    assert (leads(db)[0].title, stored.text, stored.subject) == ("Pokuta za únik dat pacientů", "Décision", "L’été")


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_a_whole_message_is_read_too(client: FlaskClient, db: Database, settings: Settings, charset: str) -> None:
    _, key = made(db, settings)
    mail = whole('<a href="https://cnil.example/avis">Décision relative à un hôpital</a>', "Décision", charset)
    assert post(client, key, multipart({"email": mail, "from": "x", "envelope": "{}"})) == 200
    stored = messages(db)[0]
    assert (stored.subject, stored.text.strip()) == ("Décisions de mai", "Décision")
    assert stored.sender == "The Regulator <news@regulator.example>"
    assert leads(db)[0].title == "Décision relative à un hôpital"


def test_a_message_of_text_alone_brings_its_links(client: FlaskClient, db: Database, settings: Settings) -> None:
    _, key = made(db, settings)
    text = f"A fine of two million for a hospital\n{FINE}\n\nUnsubscribe:\nhttps://regulator.example/u/ourtoken\n"
    assert post(client, key, multipart(fields(text=text))) == 200
    assert [(lead.title, lead.url) for lead in leads(db)] == [("A fine of two million for a hospital", FINE)]
    assert "ourtoken" not in messages(db)[0].text and FINE in messages(db)[0].text


@pytest.mark.on_both
def test_one_address_at_sendgrid_serves_every_newsletter_by_the_key_in_its_name(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    first, key = made(db, settings)
    second, other = made(db, settings, "Another")
    to = json.dumps({"to": [f"Another-{other.upper()}@in.digest.test"]})
    assert post(client, key, multipart(fields(HTML, envelope=to))) == 200
    strangers = json.dumps({"to": [f"x-{'0' * 32}@in.digest.test"]})
    assert post(client, key, multipart(fields(HTML, envelope=strangers))) == 200
    assert [message.source_id for message in messages(db)] == [second, first]


def test_strangers_and_nonsense_get_nowhere(client: FlaskClient, db: Database, settings: Settings) -> None:
    _, key = made(db, settings)
    body = multipart(fields(HTML))
    for wrong in ("0" * 32, "x", key.upper(), key + "0", "%00", "’"):
        assert post(client, wrong, body) == 404
    assert client.get(f"/events/inbound/{key}").status_code == 405
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(3_000))
    within = multipart(fields("<div>" * 100_000, message_id="<within>"))  # would take a minute
    long = multipart(fields(text=" https://x.example/" * 50_000, message_id="<long>"))  # likewise
    odd = [b"", within, long, body[:-40], b"--xYzZY\r\n\r\n", multipart({"x": "y"}), multipart({"email": deep})]
    assert {post(client, key, each) for each in odd} <= {200, 400}
    assert client.post(f"/events/inbound/{key}", data={"html": HTML}).status_code == 400
    for name in ("envelope", "charsets", "headers", "subject", "html"):
        for value in (b"\xff\x00[", b"[" * 100_000, b'{"to": 7, "html": {}}', b""):
            assert post(client, key, multipart(fields(text="x", message_id="<odd>", **{name: value}))) == 200
    assert leads(db) == []


def test_a_large_newsletter_passes_and_a_huge_one_is_refused(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    _, key = made(db, settings)
    assert post(client, key, multipart(fields(HTML), {"attachment1": b"x" * 5_000_000})) == 200
    assert post(client, key, multipart(fields(HTML), {"attachment1": b"x" * 10_000_000})) == 413
    assert len(messages(db)) == 1


def test_who_learns_the_address_fills_no_disk(client: FlaskClient, db: Database, settings: Settings) -> None:
    source_id, key = made(db, settings)
    with db.writing() as session:
        session.add_all(
            Newsletter(source_id=source_id, message_hash=str(at), received_at=NOW) for at in range(MOST_A_DAY)
        )
    assert post(client, key, multipart(fields(HTML))) == 200
    assert (len(messages(db)), leads(db)) == (MOST_A_DAY, [])


def test_who_learns_the_address_fills_no_inbox(
    alice: Browser, client: FlaskClient, db: Database, settings: Settings
) -> None:
    source_id, key = made(db, settings)
    for mail in range(4):
        links = "".join(
            f"<a href='https://spam.example/{mail}/{at}'>A headline that is long enough</a>" for at in range(190)
        )
        assert post(client, key, multipart(fields(links, message_id=f"<{mail}>"))) == 200
    assert (len(leads(db)), len(messages(db))) == (MOST_LEADS_A_DAY, 4)
    shown = words(alice.open(f"/desk/sources/{source_id}"))
    assert "more than 300 new links within a day" in shown and "0 leads" in shown
    assert line_of(db, settings).entries == 190, "they stand with their message"


@pytest.mark.on_both
def test_it_says_how_it_is_doing_and_nobody_asks_it(
    alice: Browser, client: FlaskClient, db: Database, settings: Settings
) -> None:
    source_id, key = made(db, settings)
    assert (line_of(db, settings).state, line_of(db, settings).kind) == ("new", "mail")
    with db.reading() as session:
        assert (due_sources(session, NOW), polled_ids(session)) == ([], [])
    assert "comes by mail" in words(alice.open(alice.send(f"/desk/sources/{source_id}/check").headers["Location"]))
    post(client, key, multipart(fields(HTML)))
    line = line_of(db, settings)
    assert (line.state, line.ok_at, line.entries, line.next_at) == ("ok", NOW, 2, None)
    tidy_up(db, NOW + timedelta(days=91), timedelta(days=365))
    assert line_of(db, settings).state == "silent" and "3 months ago" in line_of(db, settings).words
    post(client, key, multipart(fields(HTML, message_id="<2>")))
    assert line_of(db, settings).state == "ok"


def test_a_paused_one_keeps_its_messages_and_brings_no_leads(
    alice: Browser, client: FlaskClient, db: Database, settings: Settings
) -> None:
    source_id, key = made(db, settings)
    alice.send(f"/desk/sources/{source_id}/pause")
    post(client, key, multipart(fields(HTML)))
    assert (line_of(db, settings).state, len(messages(db)), leads(db)) == ("paused", 1, [])
    alice.send(f"/desk/sources/{source_id}/resume")
    assert (line_of(db, settings).state, line_of(db, settings).next_at) == ("ok", None)


@pytest.mark.on_both
def test_messages_go_with_their_time_or_their_source_and_leads_stay(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    source_id, key = made(db, settings)
    post(client, key, multipart(fields(HTML)))
    tidy_up(db, NOW + timedelta(days=89), timedelta(days=90))
    assert len(messages(db)) == 1
    with db.writing() as session:
        for lead in session.execute(select(Lead)).scalars():
            lead.state = "used"
    tidy_up(db, NOW + timedelta(days=91), timedelta(days=90))
    assert (len(messages(db)), len(leads(db))) == (0, 2)
    post(client, key, multipart(fields(HTML)))
    stop_watching(Context(db, settings, NOW), source_id)
    assert (len(messages(db)), len(leads(db))) == (0, 2)
    assert post(client, key, multipart(fields(HTML))) == 404


@pytest.mark.parametrize(
    "email",
    [
        b"Subject: " + b"=?a?q? " * 70_000 + b"\r\n\r\nx",
        b'Content-Type: text/html; x="' + b";" * 300_000 + b"\r\n\r\nx",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(300))
        + b"\n" * 300_000,
    ],
    ids=["encoded words", "parameters", "parts"],
)
def test_headers_made_to_be_slow_take_no_time(
    client: FlaskClient, db: Database, settings: Settings, email: bytes
) -> None:
    _, key = made(db, settings)
    began = time.process_time()
    assert post(client, key, multipart({"email": email})) in (200, 400)
    assert time.process_time() - began < 10


def test_no_message_is_taken_apart_into_more_parts_than_honest_ones_have(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    _, key = made(db, settings)
    side_by_side = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 500
    within_each_other = b"Content-Type: message/rfc822\n\n" * 200 + b"\n"
    for email in (side_by_side, within_each_other):
        assert post(client, key, multipart({"email": email})) == 400
    assert messages(db) == []

"""The doctor: each fault, planted by itself, is named with a remedy; without one, all is green."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.resolver import Resolver
from sqlalchemy import update

from digest.config import Settings
from digest.domain.running.findings import Finding, FindingState
from digest.domain.sources.states import SourceState
from digest.operations.issues.holding import hold
from digest.operations.issues.week import ensure_issue
from digest.operations.running import doctor_abroad
from digest.operations.running.backing_up import back_up_daily
from digest.operations.running.doctor import examine
from digest.operations.running.doctor_abroad import domain_findings, site_findings
from digest.operations.running.proxy_signs import note_unknown_proxy
from digest.operations.running.startup import MIGRATIONS
from digest.operations.shared.context import Context
from digest.storage.base.database import Database, database_now
from digest.storage.events.sendgrid_status import put_sendgrid_status
from digest.storage.issues.issues import current_issue
from digest.storage.messages.messages import queue_message
from digest.storage.messages.outgoing_events import queue_event
from digest.storage.running import schema
from digest.storage.running.backups import Backup
from digest.storage.running.heartbeats import Heartbeat, beat
from digest.storage.sending.batches import Batch
from digest.storage.sending.editions import Edition
from digest.storage.sources.sources import WatchedSource
from tests import postgresql
from tests.conftest import TUESDAY, through
from tests.factories import make_source
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import public_key

DOMAIN = "digest.test"
RECORDS = {
    DOMAIN: "v=spf1 include:sendgrid.net ~all",
    f"s1._domainkey.{DOMAIN}": "k=rsa; t=s; p=MIGfMA0GCSqG",
    f"_dmarc.{DOMAIN}": "v=DMARC1; p=quarantine",
}
HEALTH = b'{"status": "ok", "database": "ok", "migrations": "ok", "clock": "ok"}'


@contextmanager
def name_server(records: Mapping[str, str]) -> Iterator[Resolver]:
    """A name server on this machine that knows these TXT records and no other name."""

    def answer() -> None:
        while not stopping.is_set():
            try:
                asked, sender = listening.recvfrom(4096)
            except TimeoutError:
                continue
            question = dns.message.from_wire(asked)
            response = dns.message.make_response(question)
            name = question.question[0].name.to_text(omit_final_dot=True)
            if name in records:
                response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", f'"{records[name]}"'))
            else:
                response.set_rcode(dns.rcode.NXDOMAIN)
            listening.sendto(response.to_wire(), sender)

    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))
    listening.settimeout(0.02)
    stopping = threading.Event()
    thread = threading.Thread(target=answer)
    thread.start()
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], listening.getsockname()[1]
    try:
        yield resolver
    finally:
        stopping.set()
        thread.join()
        listening.close()


@contextmanager
def site(body: bytes = HEALTH, status: int = 200, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Something that answers at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    named = {"SITE_CONTROLLER": "Example Press, 1 Street, London", "SITE_AUTHORITY": "The Information Commissioner"}
    monitors = {"ALERT_URL": "https://monitor.example.org/alerts", "HEARTBEAT_URL": "https://monitor.example.org/beat"}
    return environ | through(sendgrid) | named | monitors | {"SENDGRID_WEBHOOK_KEY": public_key()}


@pytest.fixture
def well(db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    """An installation that lacks nothing: its clock ticks, a backup was made and proven, the site and DNS answer."""
    monkeypatch.setenv("PATH", postgresql.programs(), prepend=":")
    with name_server(RECORDS) as resolver, site() as url:
        monkeypatch.setattr(doctor_abroad, "Resolver", lambda: resolver)
        ours = replace(settings, site_url=url, backup_path=tmp_path / "backups")
        with db.reading() as session:
            now = database_now(session)
        context = Context(db, ours, datetime.fromtimestamp(now, UTC))
        ensure_issue(context)
        back_up_daily(context)
        with db.writing() as session:
            beat(session, "here:1", now)
        yield context


def with_settings(context: Context, **changed: Any) -> Context:
    """The same installation, set otherwise."""
    return replace(context, settings=replace(context.settings, **changed))


def found(context: Context) -> list[Finding]:
    """What is not green."""
    return [each for each in examine(context) if each.state is not FindingState.OK]


def test_an_installation_that_lacks_nothing_is_green(well: Context) -> None:
    assert found(well) == []
    assert {each.state for each in examine(well)} == {FindingState.OK}


def _old_tables(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    schema.downgrade(well.db, MIGRATIONS, "-1")
    return well


def _dead_clock(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        session.execute(update(Heartbeat).values(at=Heartbeat.at - 300))
    return well


def _held_issue(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        issue = current_issue(session)
        assert issue is not None
        hold(session, well.now, issue, "alice@digest.test")
    return well


def _waiting_message(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        queue_message(session, well.now - timedelta(hours=3), "notice", "alice@digest.test", ("s", "t", "h"))
    return well


def _silent_webhook(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        issue = current_issue(session)
        assert issue is not None
        edition = Edition(issue_id=issue.id, items=1, subject="s", text="t", html="h", tags="{}", hash="0" * 64)
        session.add(edition)
        session.flush()
        session.add(Batch(issue_id=issue.id, edition_id=edition.id, size=1, accepted_at=database_now(session) - 7_300))
    return well


def _refused_alert(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        alert = queue_message(session, well.now - timedelta(minutes=30), "alert", "http://127.0.0.1:9/", ("s", "t", ""))
        alert.tries, alert.detail = 3, "the monitor answered 500"
    return well


def _waiting_event(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        queue_event(session, "k" * 32, "issue.sent", well.now - timedelta(hours=2))
    return with_settings(well, events_url="http://127.0.0.1:9/")


def _suspended_account(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        put_sendgrid_status(session, "suspended", False, well.now, "event")
    return well


def _overdue_backup(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    return replace(well, now=well.now + timedelta(days=3))


def _unproven_backup(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    with well.db.writing() as session:
        session.execute(update(Backup).values(proven_at=None))
    return well


def _ailing_source(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    make_source(well.db, "Ministry of Ink")
    with well.db.writing() as session:
        session.execute(update(WatchedSource).values(state=SourceState.FAILING))
    return well


def _unknown_proxy(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    note_unknown_proxy(well.settings, well.now)
    return well


def _withdrawn_key(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    return with_settings(well, sendgrid_api_key="SG.withdrawn")


def _narrow_key(well: Context, sendgrid: LoopbackSendGrid) -> Context:
    sendgrid.account.scopes = ("suppression.read",)
    return well


def _tracked_clicks(well: Context, sendgrid: LoopbackSendGrid) -> Context:
    sendgrid.account.tracking["click"] = True
    return well


def _fast_clock(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    return replace(well, now=well.now + timedelta(minutes=3))


def _plain_http(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    return with_settings(well, site_url="http://news.invalid")


def _silent_sendgrid(well: Context, _sendgrid: LoopbackSendGrid) -> Context:
    return with_settings(well, sendgrid_host="http://127.0.0.1:9")


FAULTS = [
    (_old_tables, "database", "bad", "Run `digest db upgrade`."),
    (_dead_clock, "clock", "bad", "Start it"),
    (_held_issue, "next issue", "warn", "Release it or skip it"),
    (_waiting_message, "single messages", "bad", "See the outbox"),
    (_refused_alert, "ALERT_URL", "bad", "--rehearse-alerts"),
    (_waiting_event, "EVENTS_URL", "warn", "the service there"),
    (_silent_webhook, "webhook", "bad", "/events/sendgrid"),
    (_suspended_account, "SendGrid’s word", "bad", "Sign in at SendGrid"),
    (_overdue_backup, "backups", "bad", "BACKUP_PATH can be written"),
    (_unproven_backup, "backups", "bad", "digest backup --check"),
    (_ailing_source, "sources", "warn", "Each one’s page"),
    (_unknown_proxy, "proxy", "bad", "Set TRUSTED_PROXIES"),
    (_withdrawn_key, "SendGrid’s key", "bad", "set SENDGRID_API_KEY"),
    (_narrow_key, "SendGrid’s key", "bad", "“Mail Send”"),
    (_tracked_clicks, "trackers", "warn", "turn them off"),
    (_fast_clock, "time abroad", "bad", "NTP"),
    (_plain_http, "settings", "bad", "Serve the site by https"),
    (_silent_sendgrid, "SendGrid’s key", "bad", "SENDGRID_HOST"),
]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("plant", "name", "state", "remedy"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_each_fault_is_named_with_its_remedy(
    plant: Callable[[Context, LoopbackSendGrid], Context],
    name: str,
    state: str,
    remedy: str,
    well: Context,
    sendgrid: LoopbackSendGrid,
) -> None:
    told = {each.name: each for each in found(plant(well, sendgrid))}
    assert told[name].state == state
    assert remedy in told[name].remedy
    assert all(each.remedy for each in told.values())


@pytest.mark.only_on("sqlite")
def test_a_full_disk_is_named(well: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: _Usage(free=90_000_000))
    [told] = found(well)
    assert (told.name, told.state) == ("disk", "bad")
    assert told.words.startswith("0.1 GB are free")


@dataclass(frozen=True)
class _Usage:
    free: int


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("lacking", "name", "state"),
    [(f"s1._domainkey.{DOMAIN}", "DKIM", "bad"), (f"_dmarc.{DOMAIN}", "DMARC", "bad"), (DOMAIN, "SPF", "warn")],
)
def test_a_missing_record_of_the_senders_domain_is_named(
    lacking: str, name: str, state: str, db: Database, settings: Settings
) -> None:
    records = {at: record for at, record in RECORDS.items() if at != lacking}
    with name_server(records) as resolver:
        [told] = domain_findings(Context(db, settings, TUESDAY), 2.0, resolver)
    assert (told.name, told.state) == (name, state)


@pytest.mark.only_on("sqlite")
def test_a_policy_of_the_domain_above_holds_for_a_sender_below_it(db: Database, settings: Settings) -> None:
    below = {f"news.{name}" if "_dmarc" not in name else name: record for name, record in RECORDS.items()}
    below = {name.replace("news.s1._domainkey.", "s1._domainkey.news."): record for name, record in below.items()}
    sender = replace(settings, mail_from=f"editor@news.{DOMAIN}")
    with name_server(below) as resolver:
        [told] = domain_findings(Context(db, sender, TUESDAY), 2.0, resolver)
    assert told.state == "ok"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": b"It works"}, "is not Digest"),
        ({"status": 301, "headers": {"Location": "https://www.digest.test/health"}}, "redirects to https://www."),
    ],
)
def test_a_site_that_is_not_reached_from_outside_is_named(
    answer: dict[str, Any], words: str, db: Database, settings: Settings
) -> None:
    with site(**answer) as url:
        [told] = site_findings(Context(db, replace(settings, site_url=url), TUESDAY), 2.0)
    assert told.state == "bad"
    assert words in told.words

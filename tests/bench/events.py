"""How many of SendGrid's events a second the site takes, and how soon it answers.

The site runs as `digest serve` runs it, on a database whose issue has gone to 100,000 readers; SendGrid is a few kept
connections on the same machine, so its work is in the figures too. By hand: `python -m tests.bench.events`.
"""

import http.client
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from digest import config
from digest.config import Settings
from digest.domain.shared.tokens import fingerprint, new_key
from digest.mail.outgoing.interface import Answer, Certainty
from digest.operations.issues.closing import close_issue
from digest.operations.running.startup import MIGRATIONS
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.freezing import freeze
from digest.operations.sending.recording import Result
from digest.operations.sending.sender import take_turn
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import SubscriberState, add_subscribers
from digest.storage.running import schema
from tests.factories import make_issue, make_summary
from tests.loopback.events import Event, body_of, event_of
from tests.loopback.journal import Copy, Received
from tests.loopback.webhook import PATH, public_key, signed_headers
from tests.ports import free_port

READERS = 100_000
CONNECTIONS = 4
WANTED_A_SECOND = 1_000
SECONDS = 15
"""How long events come at that rate."""

Post = tuple[Mapping[str, str], bytes, int]
"""Headers, body, and how many events are in it."""


@dataclass(frozen=True)
class Figures:
    """What came of some POSTs; `answers` are in seconds, sorted."""

    events: int
    seconds: float
    answers: Sequence[float]

    def __str__(self) -> str:
        def at(share: float) -> str:
            return f"{self.answers[min(len(self.answers) - 1, int(share * len(self.answers)))] * 1000:.0f}"

        return (
            f"{self.events / self.seconds:8,.0f} events/s, answers after {at(0.5)} ms (median), {at(0.99)} ms (99 %), "
            f"{self.answers[-1] * 1000:.0f} ms (longest)"
        )


def bench(readers: int = READERS) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        environ = _environ(Path(folder))
        settings = config.load(environ, Path(folder))
        db = Database(settings.database_url)
        schema.upgrade(db, MIGRATIONS)
        claims = sent_issue(db, settings, readers)
        db.close()
        some, others = claims[::2], claims[1::2]
        with _serving(environ) as url:
            for size, half in ((50, some), (500, others)):
                posts = posts_of(half, "deferred", size)
                _say(f"deferred, {size} a POST", measure(url, posts))
                _say("  again: a replay", measure(url, posts[: len(posts) // 2]))
                _say(f"bounced and suppressed, {size} a POST", measure(url, posts_of(half[:10], "bounce", size)))
                posts = posts_of(half, "delivered", size)[: SECONDS * WANTED_A_SECOND // size]
                _say(f"delivered, {size} a POST, at {WANTED_A_SECOND:,}/s", measure(url, posts, len(posts) / SECONDS))


def sent_issue(db: Database, settings: Settings, readers: int) -> list[Claim]:
    """An issue that was accepted for so many readers; returns what was claimed for it."""
    now = datetime.now(UTC)
    for start in range(0, readers, 10_000):
        with db.writing() as session:
            add_subscribers(session, [_reader(settings, now, number) for number in range(start, start + 10_000)])
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(Context(db, settings, now), issue_id, "bench")
    freeze(Context(db, settings, now), issue_id, "bench")
    claims: list[Claim] = []
    results: list[Result] = []
    bench = Claimant("bench")
    while found := take_turn(Context(db, settings, now), issue_id, bench, results, [new_key() for _ in range(8)]):
        claims += found
        results = [Result(one.attempt_id, [], Answer(Certainty.ACCEPTED, 202)) for one in found]
    return claims


def posts_of(claims: Sequence[Claim], name: str, size: int) -> list[Post]:
    """One such event of every copy, `size` in a POST, in any order."""
    chance = random.Random(0)  # noqa: S311
    events = [event for claim in claims for event in _events(claim, name, chance)]
    chance.shuffle(events)
    posts: list[Post] = []
    for start in range(0, len(events), size):
        body = body_of(events[start : start + size])
        posts.append((signed_headers(body, str(int(time.time()))), body, min(size, len(events) - start)))
    return posts


def measure(url: str, posts: Sequence[Post], a_second: float | None = None) -> Figures:
    """Send the POSTs over a few connections: each as soon as one is free, or so many a second.

    At a rate, an answer's time counts from when its POST was due.
    """
    waiting: queue.SimpleQueue[tuple[Post, float] | None] = queue.SimpleQueue()
    answers: list[float] = []
    senders = [threading.Thread(target=_sender, args=(url, waiting, answers)) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for sender in senders:
        sender.start()
    for number, post in enumerate(posts):
        if a_second is not None:
            time.sleep(max(0.0, began + number / a_second - time.perf_counter()))
        waiting.put((post, began + number / a_second if a_second else 0.0))
    for _ in senders:
        waiting.put(None)
    for sender in senders:
        sender.join()
    seconds = time.perf_counter() - began
    if len(answers) != len(posts):
        raise RuntimeError(f"{len(posts) - len(answers)} POSTs were not taken")
    return Figures(sum(count for _, _, count in posts), seconds, sorted(answers))


def _sender(url: str, waiting: "queue.SimpleQueue[tuple[Post, float] | None]", answers: list[float]) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    while (found := waiting.get()) is not None:
        (headers, body, _), due = found
        began = due or time.perf_counter()
        connection.request("POST", PATH, body, dict(headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status == 204:
            answers.append(time.perf_counter() - began)
    connection.close()


def _events(claim: Claim, name: str, chance: random.Random) -> Iterator[Event]:
    at = int(time.time())
    received = Received(0, at, "POST", "/v3/mail/send", 202, True, True, message_id="Ew1kFXX2Qp6u0c5Tk9bVhQ")
    args = {
        "digest_issue": claim.issue_date.isoformat(),
        "digest_batch": str(claim.batch_id),
        "digest_attempt": claim.attempt_id,
    }
    for delivery, address in zip(claim.copies.deliveries, claim.copies.addresses, strict=True):
        yield event_of(Copy(address, args | {"digest_delivery": str(delivery)}), name, received, at, chance)


def _reader(settings: Settings, now: datetime, number: int) -> Mapping[str, object]:
    address = f"reader{number:07d}@example.org"
    return {
        "email": address, "address": address, "address_hash": fingerprint(address, settings.suppression_key),
        "state": SubscriberState.CONFIRMED, "link_key": new_key(), "created_at": now, "confirmed_at": now,
    }  # fmt: skip


def _environ(folder: Path) -> dict[str, str]:
    return {
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": "bench-secret-key-bench",
        "SUPPRESSION_KEY": "bench-suppression-key-bench",
        "POSTAL_ADDRESS": "1 Street, London",
        "MAIL_FROM": "editor@example.org",
        "SENDGRID_WEBHOOK_KEY": public_key(),
    }


@contextmanager
def _serving(environ: Mapping[str, str]) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "digest.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, env=os.environ | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as site:
        try:
            _until_it_answers(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            site.terminate()


def _until_it_answers(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/robots.txt", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the site did not start")


def _say(what: str, figures: Figures) -> None:
    sys.stdout.write(f"{what:45} {figures}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    bench()

"""Each original of the archive is looked at once a month, politely; a dead one gets the copy that an editor gave."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.config import Settings
from digest.domain.issues.links import LinkFinding
from digest.domain.sources.hosts import host_of
from digest.mail.transports import open_transport
from digest.operations.shared.context import Process
from digest.operations.sources.looking_at_originals import MONTH, Looked, look_at_originals, looking_through
from digest.storage.base.database import Database
from digest.storage.sources.polling import host_named
from digest.storage.writing.summaries import SourceLink
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.feeds.server import Reply, Stranger, redirect
from tests.operations.sources.stage import Rounds

HOUR = timedelta(hours=1)


class Web:
    """What answers, and when it was asked; it looks whether anybody holds the database meanwhile."""

    def __init__(self, db: Database) -> None:
        self.asked: list[tuple[str, datetime]] = []
        self.answers: dict[str, Looked] = {}
        self.now = TUESDAY
        self._db = db

    def __call__(self, url: str) -> Looked:
        with self._db.at_once().writing():  # Busy, if a transaction were open
            self.asked.append((url, self.now))
        return self.answers.get(url, Looked(LinkFinding("ok", "The page is there.")))


def pass_time(db: Database, settings: Settings, web: Web, whole: timedelta, step: timedelta = HOUR) -> datetime:
    """The clock goes on for so long; returns when it ends."""
    now, end = TUESDAY, TUESDAY + whole
    while now < end:
        web.now = now
        look_at_originals(Process(db, settings, open_transport(settings), lambda: now), web)  # noqa: B023
        now += step
    return now


def link(db: Database, url: str) -> SourceLink:
    with db.reading() as session:
        found = session.query(SourceLink).filter(SourceLink.url == url).first()
        assert found
        session.expunge(found)
        return found


def make_many(db: Database, how_many: int, host: str = "host{}.example") -> list[str]:
    urls = [f"https://{host.format(number)}/story" for number in range(how_many)]
    for number, url in enumerate(urls):
        make_summary(db, f"Story {number}", date(2024, 5, 1), sources=[(url, "", "")])
    return urls


@pytest.mark.only_on("sqlite")
def test_each_is_looked_at_once_a_month_and_they_are_spread(db: Database, settings: Settings) -> None:
    urls, web = make_many(db, 30), Web(db)
    make_summary(db, "A draft", published=False, sources=[("https://draft.example/", "", "")])
    pass_time(db, settings, web, MONTH + HOUR, timedelta(hours=2))
    assert sorted(url for url, _ in web.asked) == sorted(urls)
    days = {at.date() for _, at in web.asked}
    assert len(days) >= 15, "spread, and not all on the first day"


def look_now(rounds: Rounds, after: timedelta = timedelta()) -> int:
    """As the clock looks; returns at how many."""
    rounds.now += after
    process = Process(rounds.db, rounds.settings, open_transport(rounds.settings), lambda: rounds.now)
    return look_at_originals(process, looking_through(rounds.asker()))


def test_a_host_on_hold_is_let_be_and_what_it_says_holds_for_all(rounds: Rounds, stranger: Stranger) -> None:
    url = stranger.url("/story")
    make_summary(rounds.db, sources=[(url, "", "")])
    look_now(rounds)
    stranger.answers["/story"] = Reply(429, headers={"Retry-After": str(5 * 3_600)})
    rounds.now += timedelta(days=40)
    asked = [look_now(rounds, hours * HOUR) for hours in (0, 2, 2, 22, 2)]
    assert asked == [1, 0, 0, 1, 0]
    host = host_of(url)
    with rounds.db.reading() as session:
        assert host_named(session, host).refusals == 2
    assert link(rounds.db, url).health == "", "it says nothing of the page"
    stranger.answers["/story"] = Reply(body=b"<p>Here.</p>")
    assert look_now(rounds, 26 * HOUR) == 1
    assert link(rounds.db, url).health == "ok"
    with rounds.db.reading() as session:
        assert host_named(session, host).refusals == 0, "its next one is a first one again"


def test_no_link_leads_to_a_host_on_hold_and_little_is_read(rounds: Rounds, stranger: Stranger) -> None:
    with Stranger("127.0.0.2") as other:
        urls = [stranger.url(f"/short/{number}") for number in range(2)]
        for url in urls:
            make_summary(rounds.db, url, sources=[(url, "", "")])
            stranger.answers[url.removeprefix(stranger.url(""))] = redirect(other.url("/story"))
        other.answers["/story"] = Reply(503, headers={"Retry-After": "604800"})
        look_now(rounds)
        rounds.now += MONTH
        for _ in range(3):
            look_now(rounds, 2 * HOUR)
        assert other.paths == ["/story"]
        assert {link(rounds.db, url).health for url in urls} == {""}
        other.answers["/story"] = Reply(body=b"<p>" + b"a" * 5_000_000)
        look_now(rounds, timedelta(days=8))
        look_now(rounds, 2 * HOUR)
    assert {link(rounds.db, url).health_words for url in urls} == {
        "The page is there; it was too large to be read to its end."
    }


def test_what_was_found_and_said_outlives_a_change_of_the_summary(db: Database, settings: Settings) -> None:
    [url], web = make_many(db, 1), Web(db)
    web.answers[url] = Looked(LinkFinding("dead", "Nothing is there (404)."))
    pass_time(db, settings, web, MONTH, timedelta(days=1))
    found = link(db, url)
    assert (found.health, found.health_words) == ("dead", "Nothing is there (404).")
    assert found.checked_at and found.check_at == found.checked_at + MONTH
    assert found.checked_at.tzinfo is UTC


@pytest.mark.only_on("sqlite")
def test_what_was_taken_away_for_good_is_not_asked_for_again(db: Database, settings: Settings) -> None:
    [url], web = make_many(db, 1), Web(db)
    web.answers[url] = Looked(LinkFinding("dead", "Taken away (410)."), gone=True)
    pass_time(db, settings, web, 3 * MONTH, timedelta(days=1))
    assert [asked for asked, _ in web.asked] == [url]
    assert link(db, url).health == "dead"

"""The sources on the desk: adding, importing, checking, rules; a page without a feed by its example."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import g

from digest.feeds.fetching import fetcher
from digest.operations.running.housekeeping import tidy_up
from digest.storage.base.database import Database
from digest.storage.sources.kept_answers import KeptAnswer
from digest.storage.sources.leads import Lead
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import publication_names
from digest.web.sources import strangers
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.feeds.server import Reply, Stranger
from tests.web.browser import Browser, one, page, words

_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Harbour Court",
    "items": [
        {
            "id": "1",
            "url": "https://court.example/1",
            "title": "Ruling on letters",
            "date_published": TUESDAY.isoformat(),
        },
        {"id": "2", "url": "https://court.example/2", "title": "Sponsored: win", "date_published": TUESDAY.isoformat()},
    ],
}
_ITEM = '<li><a href="/decisions/{0}">Decision {0} on a hospital’s letters</a> <time>1{0} May 2024</time></li>'
_PAGE = (
    "<html><head><title>Coast Authority</title></head><body><nav><a href='/about'>About us</a></nav><main>"
    "<h1>Decisions</h1><ul>" + "".join(_ITEM.format(number) for number in range(1, 5)) + "</ul></main></body></html>"
)
_OPML = (
    b'<opml version="2.0"><body><outline text="Courts"><outline type="rss" text="Harbour Court" '
    b'xmlUrl="https://court.example/feed.xml"/></outline>'
    b'<outline text="No" xmlUrl="javascript:alert(1)"/></body></opml>'
)


def _watch(browser: Browser, stranger: Stranger) -> str:
    """The page of a source that is watched from now on."""
    stranger.answers["/feed.json"] = Reply(
        body=json.dumps(_FEED).encode(), headers={"Content-Type": "application/feed+json", "ETag": '"1"'}
    )
    answer = browser.send("/desk/sources/add", form={"url": stranger.url("/feed.json")})
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def _sources(db: Database) -> list[WatchedSource]:
    with db.reading() as session:
        return session.query(WatchedSource).all()


def test_a_feed_is_watched_at_once_and_its_leads_wait(alice: Browser, stranger: Stranger) -> None:
    where = _watch(alice, stranger)
    assert "Watching it: 2 entries, 2 new leads." in words(alice.open(where))
    assert "Ruling on letters" in words(alice.open("/desk/leads"))
    assert "Well" in one(page(alice.open("/desk/sources")), ".source-table tbody tr").text


def test_the_same_address_again_leads_to_the_source_that_there_is(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    where = _watch(alice, stranger)
    asked = len(stranger.heads)
    assert _watch(alice, stranger) == where
    assert (len(stranger.heads), len(_sources(db))) == (asked, 1)


def test_a_new_publication_is_asked_for_before_its_source_is(alice: Browser, stranger: Stranger, db: Database) -> None:
    make_summary(db, publication="Harbour Court")
    stranger.answers["/feed.json"] = Reply(
        body=json.dumps(_FEED).encode(), headers={"Content-Type": "application/feed+json"}
    )
    typed = {"url": stranger.url("/feed.json"), "publication": "Habour Court"}
    asked = alice.send("/desk/sources/add", form=typed)
    offered = [str(each["value"]) for each in page(asked).select("button[name=publication_choice]")]
    assert (asked.status_code, offered) == (422, ["use:Harbour Court", "make:Habour Court"])
    assert stranger.heads == [] and _sources(db) == []
    done = alice.send("/desk/sources/add", form={**typed, "publication_choice": "use:Harbour Court"})
    assert "Harbour Court" in words(alice.open(str(done.headers["Location"])))
    with db.reading() as session:
        assert publication_names(session) == ["Harbour Court"]


def test_a_title_that_looks_like_a_publication_is_said_to(alice: Browser, stranger: Stranger, db: Database) -> None:
    make_summary(db, publication="Harbour Courts")
    assert "If “Harbour Courts” is meant, say so below." in words(alice.open(_watch(alice, stranger)))


def test_a_newsletter_asks_which_publication_is_meant(alice: Browser, db: Database) -> None:
    make_summary(db, publication="Harbour Court")
    asked = alice.send("/desk/sources/newsletter", form={"publication": "Harbor Court"})
    assert "Make “Harbor Court” a new publication, or did you mean one of these?" in words(asked)
    assert _sources(db) == []
    made = {"publication": "Harbor Court", "publication_choice": "make:Harbor Court"}
    assert alice.send("/desk/sources/newsletter", form=made).status_code == 303
    with db.reading() as session:
        assert publication_names(session) == ["Harbor Court", "Harbour Court"]


def test_a_source_gets_another_publication_and_topics_and_its_leads_go_with_it(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    where = _watch(alice, stranger)
    make_summary(db, publication="Bay Court")
    typed = {"publication": "bay  cort", "topics": "Fines, Courts", "language": "de"}
    asked = alice.send(f"{where}/describe", form=typed)
    assert one(page(asked), "input[name=topics]")["value"] == "Fines, Courts", "nothing typed is lost"
    assert "did you mean one of these" in words(asked)
    alice.send(f"{where}/describe", form={**typed, "publication_choice": "use:Bay Court"})
    shown = page(alice.open(where))
    fields = [str(one(shown, f"input[name={name}]")["value"]) for name in ("publication", "topics", "language")]
    assert fields == ["Bay Court", "Courts, Fines", "de"]
    assert "Bay Court" in words(alice.open("/desk/leads"))
    publication = one(shown, ".source-facts a[href*='/publications/']")["href"]
    of_it = page(alice.open(str(publication)))
    assert str(one(of_it, "[aria-labelledby=sources] a")["href"]).endswith(where.removeprefix("http://digest.test"))
    refused = alice.send(f"{where}/describe", form={**typed, "topics": "?"})
    assert (refused.status_code, "is no topic" in words(refused)) == (422, True)


def test_a_page_without_a_feed_is_watched_by_the_example_that_was_shown(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    stranger.answers["/decisions"] = Reply(body=_PAGE.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
    offer = alice.send("/desk/sources/add", form={"url": stranger.url("/decisions")})
    assert "It would bring 4 items" in words(offer)
    assert _sources(db) == []
    example = stranger.url("/decisions/2")
    form = {"url": stranger.url("/decisions"), "publication": "Coast Authority", "example": example}
    tried = alice.send("/desk/sources/page", form={**form, "act": "try"})
    assert one(page(tried), f'input[type=checkbox][value="{example}"]').has_attr("checked")
    done = alice.send("/desk/sources/page", form={**form, "act": "watch"})
    [source] = _sources(db)
    assert (source.kind, source.entries, bool(source.recipe)) == ("page", 4, True)
    assert "Coast Authority" in words(alice.open(str(done.headers["Location"])))


def test_a_publisher_is_asked_once_however_long_an_editor_chooses(
    alice: Browser, ada: Browser, stranger: Stranger, db: Database
) -> None:
    html = {"Content-Type": "text/html; charset=utf-8", "ETag": '"1"'}
    stranger.answers["/decisions"] = Reply(body=_PAGE.encode(), headers=html)
    address = stranger.url("/decisions")
    offer = page(alice.send("/desk/sources/add", form={"url": address}))
    stranger.answers["/decisions"] = Reply(body=b"<html>All is new</html>", headers=html)
    form = {"url": address, "offer": str(one(offer, "input[name=offer]")["value"]), "publication": "Coast Authority"}
    tried = alice.send("/desk/sources/page", form={**form, "act": "try", "example": stranger.url("/decisions/2")})
    assert "It would bring 4 items" in words(tried), "the page that the editor saw"
    assert "It would bring 0 items" in words(ada.send("/desk/sources/page", form={**form, "act": "try"})), "hers alone"
    asked = stranger.paths.count("/decisions")
    alice.send("/desk/sources/page", form={**form, "act": "watch"})
    assert asked == stranger.paths.count("/decisions") == 2
    [source] = _sources(db)
    assert (source.entries, source.etag) == (4, '"1"')
    with db.reading() as session:
        assert len({kept.editor_id for kept in session.query(KeptAnswer)}) == 1, "what was chosen is forgotten"


def test_what_publishers_answered_an_editor_is_kept_for_an_hour_and_for_few_offers(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    stranger.answers["/decisions"] = Reply(body=_PAGE.encode(), headers={"Content-Type": "text/html"})
    for _ in range(5):
        alice.send("/desk/sources/page", form={"url": stranger.url("/decisions"), "act": "try"})
    with db.reading() as session:
        [*offers] = session.query(KeptAnswer.offer, KeptAnswer.kept_at)
    assert len(offers) == 3
    tidy_up(db, offers[0].kept_at + timedelta(hours=2))
    with db.reading() as session:
        assert session.query(KeptAnswer).count() == 0


def test_a_page_is_watched_through_its_sites_sitemap(alice: Browser, stranger: Stranger, db: Database) -> None:
    page_of_one = "<html><body><p>Read <a href='/only'>the only decision of the year</a></p></body></html>"
    rows = "".join(f"<url><loc>/year/{number}-letters-sent</loc></url>" for number in range(12))
    stranger.answers |= {
        "/year": Reply(body=page_of_one.encode(), headers={"Content-Type": "text/html"}),
        "/sitemap.xml": Reply(body=f"<urlset>{rows}<url><loc>/jobs</loc></url></urlset>".encode()),
    }
    offer = page(alice.send("/desk/sources/add", form={"url": stranger.url("/year")}))
    assert one(offer, "button[value=sitemap]")
    form = {"url": stranger.url("/year"), "offer": str(one(offer, "input[name=offer]")["value"])}
    shown = alice.send("/desk/sources/page", form={**form, "act": "sitemap"})
    assert "It holds 12 pages" in words(shown) and "0 pages of it have a date" in words(shown)
    assert "Letters sent" in words(shown)
    asked = len(stranger.requests)
    done = alice.send("/desk/sources/page", form={**form, "act": "watch-sitemap", "publication": "Coast Authority"})
    assert len(stranger.requests) == asked
    [source] = _sources(db)
    assert (source.url, source.fetch_url) == (stranger.url("/year"), stranger.url("/sitemap.xml"))
    assert "Coast Authority" in words(alice.open(str(done.headers["Location"])))
    refused = alice.send("/desk/sources/page", form={"url": "http://10.0.0.1/", "act": "sitemap"})
    assert refused.status_code == 422


def test_what_can_not_be_watched_says_why_and_keeps_what_was_typed(alice: Browser) -> None:
    answer = alice.send("/desk/sources/add", form={"url": "http://10.0.0.1/feed", "publication": "Harbour"})
    assert answer.status_code == 422
    assert one(page(answer), "input[name=url]")["value"] == "http://10.0.0.1/feed"
    assert one(page(answer), "input[name=publication]")["value"] == "Harbour"
    assert one(page(answer), ".notice.is-bad").text.strip()


def test_a_list_of_a_feed_reader_comes_in_and_goes_out_again(alice: Browser, db: Database) -> None:
    for expected in ("1 added, 0 already there, 1 refused", "0 added, 1 already there, 1 refused"):
        answer = alice.send("/desk/sources/import", form={"file": (BytesIO(_OPML), "feeds.opml")})
        assert expected in words(alice.open(str(answer.headers["Location"])))
    assert len(_sources(db)) == 1
    out = alice.open("/desk/sources.opml")
    assert b"https://court.example/feed.xml" in out.data
    assert b"Courts" in out.data


def test_a_rule_is_tried_before_it_is_made_and_shows_what_it_kept_out(alice: Browser, stranger: Stranger) -> None:
    where = _watch(alice, stranger)
    tried = words(alice.open(f"{where}?kind=keep_out&rule=sponsored"))
    assert "Of the last 2 leads, it would have kept out 1 and let in 1." in tried
    assert "at least one word" in words(alice.open(f"{where}?kind=keep_out&rule=%2C"))
    alice.send(f"{where}/rules", form={"kind": "keep_out", "rule": "sponsored"})
    assert "Keep out: sponsored" in words(alice.open(where))
    drop = one(page(alice.open(where)), "form[action$='/drop']")["action"]
    alice.send(str(drop))
    assert "Keep out: sponsored" not in words(alice.open(where))


def test_a_source_is_paused_resumed_and_removed_and_its_leads_stay(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    where = _watch(alice, stranger)
    alice.send(f"{where}/pause")
    assert "Paused by alice@digest.test." in words(alice.open(where))
    alice.send(f"{where}/resume")
    assert "asked within the last minute" in words(alice.open(str(alice.send(f"{where}/check").headers["Location"])))
    assert "Watch this no more?" in words(alice.open(f"{where}/remove"))
    alice.send(f"{where}/remove")
    assert _sources(db) == []
    with db.reading() as session:
        assert session.query(Lead).count() == 2


def test_editors_who_wait_for_strangers_leave_threads_and_transactions_free(
    alice: Browser, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_meanwhile = []
    real = fetcher.Fetcher.get

    def looking(self: fetcher.Fetcher, *words: Any, **options: Any) -> fetcher.WebAnswer:
        open_meanwhile.append("reading" in g)
        return real(self, *words, **options)

    monkeypatch.setattr(fetcher.Fetcher, "get", looking)
    _watch(alice, stranger)
    alice.send("/desk/leads/new", form={"url": stranger.url("/story")})
    alice.send("/desk/article", form={"url": stranger.url("/story")})
    assert open_meanwhile == [False] * 3
    monkeypatch.setattr(strangers, "_PLACES", threading.Semaphore(0))
    monkeypatch.setattr(strangers, "_WAIT", 0.0)
    busy = alice.send("/desk/sources/add", form={"url": stranger.url("/other")})
    assert "Others wait for answers from elsewhere" in words(busy)
    assert len(open_meanwhile) == 3


def test_a_page_on_which_no_list_is_found_still_lets_one_point_at_an_item(alice: Browser, stranger: Stranger) -> None:
    page_of_one = "<html><body><p>Read <a href='/only'>the only decision of the year</a></p></body></html>"
    stranger.answers["/year"] = Reply(body=page_of_one.encode(), headers={"Content-Type": "text/html"})
    offer = alice.send("/desk/sources/add", form={"url": stranger.url("/year")})
    assert "Nor was a list of items" in words(offer)
    assert one(page(offer), f'input[type=checkbox][value="{stranger.url("/only")}"]')


def test_a_page_whose_make_up_changed_is_read_by_a_new_example(
    alice: Browser, stranger: Stranger, db: Database
) -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    stranger.answers["/decisions"] = Reply(body=_PAGE.encode(), headers=html)
    form = {"url": stranger.url("/decisions"), "publication": "Coast Authority", "act": "watch"}
    where = str(alice.send("/desk/sources/page", form=form).headers["Location"])
    rows = "".join(
        f"<div class='new'><h3><a href='/n/{n}'>Notice {n} of the coast</a></h3><p>2{n} May 2024</p></div>"
        for n in range(5)
    )
    stranger.answers["/decisions"] = Reply(body=f"<html><body>{rows}</body></html>".encode(), headers=html)
    assert "Show an example" in words(alice.open(where))
    again = alice.send("/desk/sources/page", form={**form, "example": stranger.url("/n/2")})
    assert "5 new leads" in words(alice.open(str(again.headers["Location"])))
    [source] = _sources(db)
    assert (source.state, source.entries) == ("ok", 5)

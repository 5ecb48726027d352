"""A page without a feed read through its site's sitemap: new is what was not there at the first look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from digest.operations.shared.refusal import Refused
from digest.operations.sources.finding import Search
from digest.operations.sources.sitemaps import find_sitemap, with_first_look
from digest.operations.sources.watching import Watched, watch
from tests.feeds.server import Reply, Request, Stranger
from tests.operations.sources.stage import Rounds

DAY = timedelta(days=1)
HTML = {"Content-Type": "text/html; charset=utf-8"}


def places(*pages: tuple[str, datetime | None], etag: str = "") -> Reply:
    rows = "".join(
        f"<url><loc>{path}</loc>" + (f"<lastmod>{at.isoformat()}</lastmod>" if at else "") + "</url>"
        for path, at in pages
    )
    return Reply(body=f"<urlset>{rows}</urlset>".encode(), headers={"ETag": etag} if etag else {})


def article(title: str, at: datetime) -> Reply:
    head = f"<title>{title}</title><meta property='article:published_time' content='{at.isoformat()}'>"
    return Reply(body=f"<html><head>{head}</head><body><h1>{title}</h1></body></html>".encode(), headers=HTML)


def watched(rounds: Rounds, page: str) -> int:
    asker = rounds.asker()
    found = with_first_look(asker, find_sitemap(Search(asker), page), rounds.now)
    source = watch(rounds.context, found)
    assert isinstance(source, Watched)
    return source.id


def test_only_what_is_new_since_the_first_look_becomes_leads(rounds: Rounds, stranger: Stranger) -> None:
    old = [(f"/news/undated-{number}", None) for number in range(100)] + [("/news/long-ago", rounds.now - 90 * DAY)]
    careers = [("/careers/we-hire", rounds.now - DAY)]
    lately = [("/news/of-today", rounds.now - DAY), ("/news/only-changed", rounds.now - 2 * DAY)]
    stranger.answers |= {
        "/robots.txt": Reply(body=b"Sitemap: /map.xml\nUser-agent: *\nDisallow: /*/second"),
        "/map.xml": places(*old, *lately, *careers, etag='"1"'),
        "/news/of-today": article("The authority fines a hospital", rounds.now - DAY),
        "/news/only-changed": article("A decision of 2019", rounds.now - 2_000 * DAY),
    }
    source = watched(rounds, stranger.url("/news"))
    assert rounds.leads() == ["The authority fines a hospital"]
    assert rounds.source(source).entries == 103
    stranger.answers["/map.xml"] = Reply(304)
    rounds.poll(2 * DAY)
    assert stranger.requests[-1].header("If-None-Match") == '"1"'
    new = [("/news/second-letter", None), ("/news/third", rounds.now)]
    stranger.answers["/map.xml"] = places(*old, *new, ("/news/long-ago", rounds.now), etag='"2"')
    stranger.answers["/news/second-letter"] = article("What robots shall not read", rounds.now)
    stranger.answers["/news/third"] = article("A third letter", rounds.now)
    assert rounds.poll(2 * DAY).new_leads == 2
    assert rounds.leads()[1:] == ["A third letter", "Second letter"]
    assert rounds.source(source).state == "ok"
    assert stranger.paths.count("/news/of-today") == 1 == stranger.paths.count("/news/third")
    assert "/news/second-letter" not in stranger.paths


def test_a_site_made_again_does_not_fill_the_inbox(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/sitemap.xml"] = places(*((f"/{number}", None) for number in range(300)))
    source = watched(rounds, stranger.url("/"))
    assert rounds.leads() == []
    stranger.answers["/sitemap.xml"] = places(*((f"/new/{number}-letters", None) for number in range(300)))
    asked = len(stranger.requests)
    assert rounds.poll(2 * DAY).new_leads == 50
    assert "300 addresses were new at once" in rounds.source(source).words
    assert len(stranger.requests) - asked == 12, "robots.txt, and a few pages for their titles"
    assert rounds.poll(2 * DAY).new_leads == 0


def test_of_an_index_the_sitemap_changed_last_is_read_and_asked_again_by_its_own_word(
    rounds: Rounds, stranger: Stranger
) -> None:
    def index(at: datetime) -> Callable[[Request], Reply]:
        stamps = {"/old.xml": "2020-01-01", "/new.xml": at.isoformat()}
        named = "".join(f"<sitemap><loc>{path}</loc><lastmod>{on}</lastmod></sitemap>" for path, on in stamps.items())
        whole = Reply(body=f"<sitemapindex>{named}</sitemapindex>".encode(), headers={"ETag": f'"{at}"'})
        return lambda request: Reply(304) if request.header("If-None-Match") == f'"{at}"' else whole

    stranger.answers |= {"/sitemap.xml": index(rounds.now), "/new.xml": places(("/a-letter", None), etag='"c1"')}
    source = watched(rounds, stranger.url("/"))
    stranger.answers |= {"/sitemap.xml": index(rounds.now + DAY), "/new.xml": Reply(304)}
    assert rounds.poll(2 * DAY).fetched == 1
    assert stranger.requests[-1].header("If-None-Match") == '"c1"'
    stranger.answers |= {"/sitemap.xml": index(rounds.now + 2 * DAY), "/new.xml": Reply(500)}
    assert rounds.poll(2 * DAY).failed == 1
    stranger.answers["/new.xml"] = places(("/a-letter", None), ("/another-letter", None), etag='"c2"')
    assert rounds.poll(2 * DAY).new_leads == 1, "what failed is asked again"
    assert rounds.leads() == ["Another letter"]
    assert rounds.source(source).fetch_url == stranger.url("/sitemap.xml")
    assert "/old.xml" not in stranger.paths


def test_a_site_without_a_sitemap_says_so(rounds: Rounds, stranger: Stranger) -> None:
    with pytest.raises(Refused, match="No sitemap was found"):
        find_sitemap(Search(rounds.asker()), stranger.url("/news"))
    assert stranger.paths == ["/robots.txt", "/sitemap.xml", "/sitemap_index.xml"]

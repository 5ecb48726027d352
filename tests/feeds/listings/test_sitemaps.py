"""Sitemaps: with news or without, an index, and the hostile ones."""

from __future__ import annotations

import gzip

import pytest

from digest.feeds.base.entries import Bulletin, UnreadableDocument
from digest.feeds.listings.page_links import numbered_links
from digest.feeds.listings.robots import may_ask, sitemaps_named
from digest.feeds.listings.sitemaps import SitemapIndex, read_sitemap, words_of

WHERE = "https://paper.example/sitemap.xml"

NEWS = b"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://paper.example/a/older-piece_12345.html</loc><lastmod>2024-05-01</lastmod></url>
<url><loc>/b/fees</loc><lastmod>2024-01-01</lastmod><news:news><news:title>Fees &amp; tolls rise</news:title>
<news:publication_date>2024-05-02T09:30:00+02:00</news:publication_date></news:news></url>
<url><loc>javascript:alert(1)</loc></url></urlset>"""


def test_a_news_sitemap_brings_its_titles_newest_first() -> None:
    bulletin = read_sitemap(NEWS, "application/xml", WHERE)

    assert isinstance(bulletin, Bulletin)
    assert [
        (entry.title or words_of(entry.url), entry.url, f"{entry.published_at:%Y-%m-%d %H:%M}")
        for entry in bulletin.entries
    ] == [
        ("Fees & tolls rise", "https://paper.example/b/fees", "2024-05-02 07:30"),
        ("Older piece", "https://paper.example/a/older-piece_12345.html", "2024-05-01 00:00"),
    ]


def test_an_index_names_its_sitemaps_changed_last_first() -> None:
    index = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <sitemap><loc>https://paper.example/1.xml</loc><lastmod>2023-01-01</lastmod></sitemap>
    <sitemap><loc>https://paper.example/2.xml</loc><lastmod>2024-01-01</lastmod></sitemap></sitemapindex>"""

    assert read_sitemap(index, "", WHERE) == SitemapIndex(
        ("https://paper.example/2.xml", "https://paper.example/1.xml")
    )


def test_a_packed_sitemap_is_unpacked_and_a_bomb_is_not() -> None:
    bulletin = read_sitemap(gzip.compress(NEWS), "application/x-gzip", f"{WHERE}.gz")
    assert isinstance(bulletin, Bulletin) and len(bulletin.entries) == 2
    with pytest.raises(UnreadableDocument):
        read_sitemap(gzip.compress(b" " * 9_000_000), "", WHERE)


def test_the_day_on_which_a_site_was_made_again_is_no_date() -> None:
    def places(stamp: str) -> bytes:
        return "".join(
            f"<url><loc>/n/{number}</loc><lastmod>{stamp.format(number)}</lastmod></url>" for number in range(10, 22)
        ).encode()

    for stamp, dated in (("2024-05-01", False), ("2024-05-{}", True)):
        bulletin = read_sitemap(b"<urlset>" + places(stamp) + b"</urlset>", "", WHERE)
        assert isinstance(bulletin, Bulletin)
        assert [bool(entry.published_at) for entry in bulletin.entries] == [dated] * 12


def test_robots_txt_names_sitemaps_those_of_news_first() -> None:
    robots = b"User-agent: *\nDisallow: /\nSITEMAP: /all.xml\nsitemap : https://cdn.example/news.xml # daily\nSitemap:ftp://x/"
    assert sitemaps_named(robots, "https://paper.example/robots.txt") == (
        "https://cdn.example/news.xml", "https://paper.example/all.xml",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/news/1", True), ("/private/1", False), ("/private/open/1", True), ("/a/b.pdf", False), ("/a/b.pdf?x", True),
        ("/a/print/b", False), ("/search?q=1", False), ("/pr%69vate/1", False),
    ],
)  # fmt: skip
def test_robots_txt_is_read_by_its_longest_rule(path: str, allowed: bool) -> None:
    rules = (
        b"Disallow: /private # all\nAllow: /private/open\nDisallow: /*.pdf$\nDisallow: /*/print/*\nDisallow: /search?"
    )
    everybody = b"User-agent: Other\nDisallow: /\n\nUser-agent: x\nuser-agent: *\n" + rules
    assert may_ask(everybody, f"https://paper.example{path}") == allowed
    for_us = everybody + b"\nUser-Agent: Digest\nDisallow: /news\n"
    assert may_ask(for_us, f"https://paper.example{path}") == (path != "/news/1")
    assert may_ask(b"", f"https://paper.example{path}")


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><urlset><url><loc>&a;</loc></url></urlset>',
        '<!DOCTYPE x [<!ENTITY a "a">]><urlset/>'.encode("utf-16"),
        '<!DOCTYPE x [<!ENTITY a "a">]><urlset/>'.encode("utf-16-be"),
        b"<rss/>",
        b"",
        b"<urlset>" + b" " * 11_000_000,
    ],
    ids=["entities", "in UTF-16", "without a mark", "a feed", "nothing", "too large"],
)
def test_what_is_no_sitemap_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        read_sitemap(body, "", WHERE)


def test_links_are_numbered_in_the_pages_order_with_the_likely_ones_first() -> None:
    menu = "<nav><a href='/home'>Home</a></nav>"
    items = "".join(f"<li>{n} May 2024 <a href='/n/{n}'>News of the harbour {n}</a></li>" for n in (3, 2, 1))

    links = numbered_links(f"<body>{menu}<ul>{items}</ul></body>".encode(), "text/html", "https://paper.example/")

    assert [(link.number, link.url.rpartition("/")[2]) for link in links] == [(2, "3"), (3, "2"), (4, "1"), (1, "home")]
    assert links[0].text == "News of the harbour 3"
    assert links[0].context == "3 May 2024 News of the harbour 3"

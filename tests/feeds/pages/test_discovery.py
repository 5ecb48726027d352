"""Where a page's feeds are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.pages.discovery import FoundFeed, feeds_of, guesses


def test_a_pages_feeds_best_first() -> None:
    page = b"""<html><head><base href="/blog/">
    <link rel="alternate" type="application/rss+xml" href="comments/feed" title="Comments on the Paper">
    <link REL="Alternate" type="application/atom+xml; charset=utf-8" href="a.atom" title=" The  Paper ">
    <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
    <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
    <link rel="alternate" hreflang="fr" href="/fr"></head>
    <body><a href="a.atom">again</a><a href="feed:https://paper.example/feed/">RSS</a><a href="/about">About</a>"""
    assert feeds_of(page, "text/html", "https://paper.example/news") == (
        FoundFeed("https://paper.example/blog/a.atom", "The Paper", "atom"),
        FoundFeed("https://paper.example/feed/", "RSS", ""),
        FoundFeed("https://paper.example/blog/comments/feed", "Comments on the Paper", "rss"),
    )


def test_the_usual_addresses_are_few() -> None:
    tried = guesses("https://paper.example/news/?a=1")
    assert tried[:2] == ("https://paper.example/news/feed", "https://paper.example/feed")
    assert len(tried) < 9
    assert guesses("https://www.youtube.com/channel/UC0123456789012345678901") == (
        "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789012345678901",
    )
    assert guesses("https://www.reddit.com/r/privacy/") == ("https://www.reddit.com/r/privacy/.rss",)
    assert guesses("javascript:alert(1)") == ()


@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: f"<a href='{text}/feed'><link>".encode()))
def test_any_page_can_be_asked(body: bytes) -> None:
    feeds = feeds_of(body, "", "https://paper.example/")
    assert all(feed.url.startswith(("http://", "https://")) for feed in feeds)

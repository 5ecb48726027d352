"""What an editor sees of an article, and which walls are called by their name."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime

import pytest

from digest.feeds.pages.articles import article_of

URL = "https://news.example/2026/03/ruling?ref=feed"
PARAGRAPHS = [
    f"Paragraph {number} says that the regulator of Northmark told the company to stop keeping location data "
    "for longer than it needs them, and to show by June that it has erased what it kept."
    for number in range(8)
]
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
DATA = {
    "@context": "https://schema.org", "@graph": [
        {"@type": "NewsArticle", "headline": "Location data: a ruling", "datePublished": "2026-03-01T07:30:00+01:00",
         "publisher": {"@type": "Organization", "name": "Northmark Post"}, "isAccessibleForFree": True},
    ],
}  # fmt: skip


def page(body: str = BODY, head: str = "", data: object = DATA, lang: str = "en-GB") -> bytes:
    return (
        f"<!DOCTYPE html><html lang='{lang}'><head><meta charset='utf-8'><title>Ruling | Post</title>{head}"
        f"<script type='application/ld+json'>{json.dumps(data)}</script></head>"
        f"<body><nav><a href='/'>Home</a></nav><article><h1>Location data: a ruling</h1>{body}</article></body></html>"
    ).encode()


def test_an_article_is_its_own_words_and_what_its_page_says_of_itself() -> None:
    head = "<link rel='canonical' href='/2026/03/ruling'><meta property='og:site_name' content='The Northmark Post'>"
    article = article_of(page(head=head), "text/html; charset=utf-8", URL)
    assert (article.title, article.publication, article.language) == (
        "Location data: a ruling",
        "The Northmark Post",
        "en-GB",
    )
    assert article.published_at == datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
    assert article.canonical == "https://news.example/2026/03/ruling"
    assert [line for line in article.text.split("\n\n") if line.startswith("Paragraph")] == PARAGRAPHS
    assert (article.words > 200, article.incomplete, article.wall, article.kind) == (True, False, "", "page")


def test_nothing_is_fetched_or_opened_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError("the net was asked")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(socket.socket, "connect", never)
    hostile = (
        "<base href='http://127.0.0.1:9/'><link rel='stylesheet' href='http://127.0.0.1:9/x.css'>"
        "<script src='//127.0.0.1:9/x.js'></script>"
        "<meta http-equiv='refresh' content='0;url=http://127.0.0.1:9/'><link rel='canonical' href='http://127.0.0.1:9/'>"
        "<meta property='og:url' content='file:///etc/passwd'><link rel='amphtml' href='http://127.0.0.1:9/amp'>"
    )  # fmt: skip
    body = b"<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + page(
        "<img src='http://127.0.0.1:9/'>&x;" + BODY, hostile
    )
    article = article_of(body, "text/html", URL)
    assert (article.canonical, article.words > 200) == ("", True)
    assert "root:" not in article.text


@pytest.mark.parametrize(
    ("canonical", "found"),
    [
        ("https://www.news.example/a", "https://www.news.example/a"), ("http://news.example/a", "http://news.example/a"),
        ("https://other.example/a", ""), ("javascript:alert(1)", ""), ("//news.example:22/", "https://news.example:22/"),
        ("https://news.example@other.example/", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_canonical_address_is_believed_on_its_own_host_only(canonical: str, found: str) -> None:
    assert article_of(page(head=f"<link rel='canonical' href='{canonical}'>"), "text/html", URL).canonical == found


@pytest.mark.parametrize(
    ("body", "data", "url", "wall"),
    [
        (BODY, DATA, URL, ""),
        (BODY, {"@type": ["Article"], "isAccessibleForFree": "False"}, URL, "paywall"),
        (BODY + "<p>Subscribe to continue reading.</p>", {}, URL, "paywall"),
        ("<p>The regulator said on Monday…</p><p>This article is for subscribers only.</p>", {}, URL, "paywall"),
        ("<p>Die Behörde sagte am Montag.</p><div class='teaser paywall'>Mit Plus</div>", {}, URL, "paywall"),
        ("<p>Cet article est réservé aux abonnés.</p>", {}, URL, "paywall"),
        ("<p>We value your privacy. We and our 812 partners store information.</p>", {}, URL, "consent"),
        ("<p>Weiter mit Werbung lesen, oder Zustimmung verwalten</p>", {}, URL, "consent"),
        ("<p>Before reading on</p>", {}, "https://consent.news.example/collectConsent?x=1", "consent"),
        (BODY + "<p>We use cookies and similar techniques on this site. Accept all cookies</p>", {}, URL, ""),
        (BODY + "<p>This is available in French. Sweden, already a member, wrote for members.</p>", {}, URL, ""),
        (BODY + "<p>The rest is only for subscribers. Already a subscriber? Sign in.</p>", {}, URL, "paywall"),
        (BODY.replace("keeping", "asking “accept all cookies” while keeping"), {}, URL, ""),
    ],
)  # fmt: skip
def test_walls_are_called_by_their_name(body: str, data: object, url: str, wall: str) -> None:
    article = article_of(page(body, data=data), "text/html", url)
    assert (article.wall, article.incomplete) == (wall, bool(wall))


def test_a_challenge_is_no_article() -> None:
    body = b"<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
    assert article_of(body, "text/html", URL).wall == "challenge"


def test_short_texts_may_be_incomplete_and_other_kinds_are_not_read() -> None:
    assert article_of(page("<p>One line.</p>"), "text/html", URL).incomplete
    for body, kind in ((b"%PDF-1.7\n", "text/html"), (b"x", "application/pdf")):
        article = article_of(body, kind, URL)
        assert (article.kind, article.text, article.words, article.incomplete) == ("pdf", "", 0, True)
    assert article_of(b"PK\x03\x04", "application/zip", URL).kind == "other"
    assert article_of(b"", "text/html", URL).text == ""


def test_a_page_is_read_in_its_own_letters() -> None:
    text = page(BODY.replace("regulator", "Behörde “Nord”")).decode().replace("<meta charset='utf-8'>", "")
    for charset in ("windows-1252", "utf-8"):
        assert "Behörde “Nord”" in article_of(text.encode(charset), "text/html", URL).text
    polish = text.replace("“Nord”", "Łódź").encode("iso-8859-2")
    assert "Behörde Łódź" in article_of(polish, "text/html; charset=ISO-8859-2", URL).text


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 100_000, b"<html><body><p>" + b"<b><i>x " * 30_000, b"<html><table><tr><td>x" * 20_000,
        b"<html><body><li>x y z " * 12_000,
        page(data=json.loads("[" * 900 + "]" * 900)),
        b"<html><script type='application/ld+json'>" + b"[" * 200_000 + b"</script>",
        b"<html>" + b"\x00<p \xff='" * 5_000, b"<html><body>" + b"<a href=//x>x</a> " * 12_000,
    ],
    ids=range(8),
)  # fmt: skip
def test_hostile_pages_cost_little(body: bytes) -> None:
    began = time.process_time()
    article_of(body, "text/html", URL)
    assert time.process_time() - began < 20

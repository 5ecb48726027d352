"""A wall against robots is told from the page, and from a plain no."""

from __future__ import annotations

import pytest

from digest.feeds.fetching.challenges import is_challenge
from tests.feeds.internet import NOW, loopback
from tests.feeds.server import Reply, Stranger

HTML = {"content-type": "text/html; charset=UTF-8"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "wall"),
    [
        (403, {**HTML, "cf-mitigated": "challenge"}, b"<title>Just a moment...</title>", True),
        (503, HTML, b"<html><script src='/cdn-cgi/challenge-platform/h/b/x'></script>", True),
        (202, {**HTML, "x-amzn-waf-action": "challenge"}, b"", True),
        (405, {**HTML, "x-amzn-waf-action": "captcha"}, b"", True),
        (403, {"x-datadome": "protected"}, b'{"url":"x"}', True),
        (403, HTML, b"<H1>Access Denied</H1> Reference #18.2 https://errors.edgesuite.net/18.2", True),
        (200, HTML, b"<html><iframe id='main-iframe' src='/_Incapsula_Resource?x=1'></iframe>", True),
        (429, {**HTML, "x-vercel-mitigated": "challenge"}, b"<title>Vercel Security Checkpoint</title>", True),
        (200, HTML, b"<title>Making sure you're not a bot!</title>", True),
        (429, {"x-kpsdk-ct": "x"}, b"", True),
        (403, HTML, b"<h1>Forbidden</h1>", False),
        (429, HTML, b"Too many requests", False),
        (503, {**HTML, "server": "cloudflare"}, b"<h1>Back soon</h1>", False),
        (404, HTML, b"<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>", False),
        (200, HTML, b"<p>On captchas: Just a moment...</p><script src='/cdn-cgi/challenge-platform/x'>", False),
        (200, {"content-type": "application/rss+xml", "x-datadome": "protected"}, b"<rss>DDoS-Guard</rss>", False),
    ],
)  # fmt: skip
def test_walls_are_known_by_their_signs(status: int, headers: dict[str, str], body: bytes, wall: bool) -> None:
    assert is_challenge(status, headers, body) is wall


def test_an_answer_says_that_it_is_one() -> None:
    headers = {"CF-Mitigated": "challenge", "Content-Type": "text/html"}
    with Stranger() as stranger:
        stranger.answers["/feed"] = Reply(403, b"<title>Just a moment...</title>", headers, packed=True)
        answer = loopback().get(stranger.url("/feed"), now=NOW)
    assert (answer.status, answer.challenged) == (403, True)

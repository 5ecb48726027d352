"""By which way an answer comes: TLS by the name, a proxy to the vetted address."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from digest.config import load
from digest.feeds.fetching.fetcher import Unreachable
from digest.feeds.fetching.rules import fetch_rules, user_agent
from tests.feeds.certificates import Authority
from tests.feeds.internet import AGENT, NOW, OTHER, PUBLIC, Internet, loopback
from tests.feeds.proxy import TunnelProxy
from tests.feeds.server import Reply, Stranger, redirect


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


def test_the_certificate_must_be_the_names_although_an_address_is_dialled(authority: Authority) -> None:
    with Stranger(tls=authority.server("feeds.example")) as stranger:
        stranger.answers["/"] = Reply(body=b"<rss/>")
        names = {"feeds.example": [PUBLIC], "other.example": [PUBLIC]}
        internet = Internet(names, {(PUBLIC, 443): stranger})
        assert internet.fetcher().get("https://feeds.example/", now=NOW).body == b"<rss/>"
        assert stranger.requests[0].header("Host") == "feeds.example"
        with pytest.raises(Unreachable, match=r"certificate of other\.example can’t be trusted \(.*not valid for"):
            internet.fetcher().get("https://other.example/", now=NOW)
    assert len(stranger.requests) == 1


def test_a_certificate_of_nobody_we_trust_is_refused(tmp_path: Path) -> None:
    with Stranger(tls=Authority(tmp_path).server("feeds.example")) as stranger:
        internet = Internet({"feeds.example": [PUBLIC]}, {(PUBLIC, 443): stranger})
        with pytest.raises(Unreachable, match=r"certificate of feeds\.example can’t be trusted") as caught:
            internet.fetcher().get("https://feeds.example/", now=NOW)
    assert (stranger.requests, caught.value.refused) == ([], False)


def test_https_never_leads_to_plain_http(authority: Authority) -> None:
    with Stranger(tls=authority.server("feeds.example")) as stranger, Stranger() as plain:
        stranger.answers["/"] = redirect("http://feeds.example/feed", 301)
        internet = Internet({"feeds.example": [PUBLIC]}, {(PUBLIC, 443): stranger, (PUBLIC, 80): plain})
        with pytest.raises(Unreachable, match="redirects from https to plain http") as caught:
            internet.fetcher().get("https://feeds.example/", now=NOW)
    assert caught.value.refused
    assert plain.connections == 0


def test_what_speaks_no_tls_is_said_in_words() -> None:
    with Stranger() as stranger:
        stranger.answers["/"] = Reply()
        with pytest.raises(Unreachable, match="No secure connection"):
            loopback().get(stranger.url().replace("http:", "https:"), now=NOW)


def test_a_proxy_is_asked_for_the_vetted_address_and_the_name_stays_inside(authority: Authority) -> None:
    with (
        Stranger() as plain,
        Stranger(tls=authority.server("feeds.example")) as secure,
        TunnelProxy({f"{PUBLIC}:80": plain.address, f"{PUBLIC}:443": secure.address}) as proxy,
    ):
        plain.answers["/"] = redirect("https://feeds.example/feed", 301)
        secure.answers["/feed"] = Reply(body=b"<rss/>")
        internet = Internet({"feeds.example": [PUBLIC], "inside.example": ["10.0.0.7"], "other.example": [OTHER]})
        fetcher = internet.fetcher(proxy=f"http://op:p%40ss@127.0.0.1:{proxy.address[1]}")
        answer = fetcher.get("http://feeds.example/", now=NOW)
        assert (answer.body, answer.moved_to) == (b"<rss/>", "https://feeds.example/feed")
        with pytest.raises(Unreachable, match="leads to an address that is not public"):
            fetcher.get("http://inside.example/", now=NOW)
        with pytest.raises(Unreachable, match=r"The proxy of FEED_PROXY opened no way there .*403 Forbidden"):
            fetcher.get("http://other.example/", now=NOW)
    pair = b64encode(b"op:p@ss")
    assert proxy.heads[0] == b"CONNECT %b:80 HTTP/1.1\r\nHost: %b:80\r\nProxy-Authorization: Basic %b\r\n\r\n" % (
        PUBLIC.encode(), PUBLIC.encode(), pair
    )  # fmt: skip
    assert [head.split(b" ")[1] for head in proxy.heads] == [
        f"{address}:{port}".encode() for address, port in ((PUBLIC, 80), (PUBLIC, 443), (OTHER, 80))
    ]
    assert b"Proxy-Authorization" not in plain.heads[0]
    assert internet.dialled == []


def test_the_settings_make_the_rules(tmp_path: Path) -> None:
    environ = {
        "SITE_URL": "https://digest.example.org", "FEED_NETWORKS": "10.20.0.0/16, 192.168.7.5",
        "FEED_PROXY": "http://op:planted@proxy.example.org:3128/", "FEED_INTERVAL": "15",
    }  # fmt: skip
    settings = load(environ, tmp_path)
    rules = fetch_rules(settings)
    assert [str(network) for network in rules.networks] == ["10.20.0.0/16", "192.168.7.5/32"]
    assert rules.proxy == "http://op:planted@proxy.example.org:3128"
    assert rules.agent == user_agent("https://digest.example.org")
    assert rules.agent.startswith("Digest/") and rules.agent.endswith(" (+https://digest.example.org/about/feeds)")
    assert "planted" in settings.secrets
    assert AGENT.startswith("Digest/")

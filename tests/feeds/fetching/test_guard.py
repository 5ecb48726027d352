"""No URL of a stranger's reaches what is not public: spelled, looked up, or redirected to."""

from __future__ import annotations

import re

import pytest

from digest.feeds.fetching.fetcher import Fetcher, FetchRules, Unreachable
from digest.feeds.fetching.resolving import system_resolver
from tests.feeds.internet import AGENT, NOW, OTHER, PUBLIC, Internet
from tests.feeds.server import Reply, Stranger, redirect

ADDRESSES = [
    "127.0.0.1", "127.8.9.10", "0.1.2.3", "10.1.2.3", "100.64.0.7", "100.127.1.1",
    "169.254.169.254", "172.16.3.4", "172.31.255.1", "192.0.0.1", "192.0.0.170", "192.0.0.192", "192.0.2.7",
    "192.88.99.7", "192.168.1.1", "198.18.7.7", "198.19.1.1", "198.51.100.7", "203.0.113.7", "224.0.0.7",
    "232.1.1.1", "239.7.7.7", "240.0.0.7", "255.255.255.255", "168.63.129.16", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[::ffff:a83f:8110]", "[::10.0.0.1]", "[::a9fe:a9fe]",
    "[::8.8.8.8]", "[64:ff9b::10.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::8.8.8.8]",
    "[64:ff9b:1:fffe::1]", "[2002:a00:1::]", "[2002:808:808::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:2::1]", "[2001:10::1]", "[2001:db8::1]", "[fec0::7]", "[fe80::7]", "[fc00::7]", "[fd12::7]",
    "[fd00:ec2::254]", "[ff02::7]", "[ff0e::7]", "[5f00::7]", "[3fff::7]", "[100::7]", "[4000::7]",
]  # fmt: skip

SPELLINGS = [
    "http://127.1/", "http://10.1/", "http://0/", "http://0.0.0.0/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.0.0.01/", "http://0x/", "http://127.0.0.1./",
    "http://1.1.1.1.1/", "http://localhost/", "http://localhost./", "http://LocalHost/", "http://ⓛⓞⓒⓐⓛhost/",
    "http://①⓪.⓪.⓪.①/", "http://127。0。0。1/", "http://127．0．0．1/", "http://１２７.0.0.1/", "http://⑧.8.8.8/",
    "http://feeds.example@127.0.0.1/", "http://127.0.0.1@feeds.example/", "http://user:pw@feeds.example/",
    "http://@feeds.example/", "http://127.0.0.1#@feeds.example/", "http://127.0.0.1?@feeds.example/",
    "http://127.0.0.1\\@feeds.example/", "http://feeds.example\\@127.0.0.1/",
    "http://127.0.0.1%2f@feeds.example/", "http://feeds.example%2f/", "http://feeds.example%00.evil/",
    "http://feeds.example:80:127.0.0.1/", "http://[::1/", "http://::1/", "http://[::1]x/",
    "http://[fe80::7%25eth0]/", "http://[v1.x]/", "http://feeds.example%0d%0aHost:x/",
    "http://feeds.example:80%0d%0a/", "http://feeds.example\t/", "http://feeds.example/\r\nHost: x",
    "ht\ntp://feeds.example/", "http://feeds.example/\x00", "http://feeds.example/\x7f",
    "http://feeds.example/\ud800", "\x01http://feeds.example/", "http://feeds.example:22/",
    "http://feeds.example:8080/", "http://feeds.example:0/", "http://feeds.example:65536/",
    "http://feeds.example:080/", "http://feeds.example:/", "http://feeds.example:８０/",
    "http://feeds.example:-80/", "file:///etc/passwd", "gopher://feeds.example/", "ftp://feeds.example/",
    "dict://feeds.example/", "jar:http://feeds.example!/", "data:text/xml,<a/>", "javascript:alert(1)",
    "//feeds.example/", "http:/feeds.example", "http:feeds.example", "http:///feeds.example", "feeds.example",
    "", "view-source:http://feeds.example/", "https+unix://feeds.example/", "http://", "http:///",
    "http://.../", "http://feeds..example/", "http://-/", "http://feeds example/",
    f"http://feeds.example/{'a' * 8000}", f"http://{'a' * 64}.example/", f"http://{'a.' * 130}example/",
]  # fmt: skip

NAMES = {
    "feeds.example": [PUBLIC], "localhost": ["127.0.0.1", "::1"], "inside.example": ["10.0.0.7"],
    "first.example": [PUBLIC, "10.0.0.7"], "last.example": ["192.168.7.7", PUBLIC],
    "six.example": ["fd12::7", PUBLIC], "mapped.example": ["::ffff:10.0.0.7"], "link.example": ["fe80::7%2"],
    "xn--feeds-.example": ["127.0.0.1"], "loopback.example": ["127.0.0.1"],
}  # fmt: skip

REFUSED = [f"http://{address}/" for address in ADDRESSES] + SPELLINGS + [
    f"http://{name}/" for name, found in NAMES.items() if found != [PUBLIC]
]  # fmt: skip

_IN_A_HEADER = re.compile(r"(?!http:///|http://$)[a-z0-9+-]+:(?!/?feeds\.example$)[^\x00-\x1f\x7f\ud800]*$")
"""The others can't be sent, or are a path on the same host (RFC 3986, section 5.4)."""


@pytest.fixture
def internet() -> Internet:
    return Internet(NAMES)


@pytest.mark.parametrize("url", REFUSED, ids=ascii)
def test_what_is_not_public_or_oddly_spelled_is_refused_before_anything_is_dialled(
    url: str, internet: Internet
) -> None:
    with pytest.raises(Unreachable) as caught:
        internet.fetcher().get(url, now=NOW)
    assert caught.value.refused, caught.value
    assert internet.dialled == []


def test_redirects_to_each_of_them_are_refused_too() -> None:
    with Stranger() as stranger:
        internet = Internet(NAMES, {(PUBLIC, 80): stranger})
        fetcher = internet.fetcher()
        for number, url in enumerate(filter(_IN_A_HEADER.match, REFUSED)):
            location = url.encode("utf-8").decode("latin-1")
            stranger.answers[f"/{number}"] = redirect(location, (301, 302, 303, 307, 308)[number % 5])
            with pytest.raises(Unreachable) as caught:
                fetcher.get(f"http://feeds.example/{number}", now=NOW)
            assert caught.value.refused, (url, str(caught.value))
    assert len(stranger.requests) > 100
    assert set(internet.dialled) == {(PUBLIC, 80)}


def test_a_public_address_is_dialled_as_vetted_and_never_looked_up_again() -> None:
    with Stranger() as stranger, Stranger() as canary:
        stranger.answers["/"] = Reply(body=b"<rss/>")
        names = {"rebinding.example": [[PUBLIC], ["127.0.0.1"]]}
        internet = Internet(names, {(PUBLIC, 80): stranger, ("127.0.0.1", 80): canary})
        assert internet.fetcher().get("http://rebinding.example/", now=NOW).body == b"<rss/>"
        assert internet.looked_up == ["rebinding.example"]
        with pytest.raises(Unreachable, match="leads to an address that is not public"):
            internet.fetcher().get("http://rebinding.example/", now=NOW)
    assert internet.dialled == [(PUBLIC, 80)]
    assert canary.connections == 0


def test_a_redirect_is_vetted_anew() -> None:
    with Stranger() as stranger:
        stranger.answers["/"] = redirect("/again")
        internet = Internet({"rebinding.example": [[PUBLIC], ["127.0.0.1"]]}, {(PUBLIC, 80): stranger})
        with pytest.raises(Unreachable) as caught:
            internet.fetcher().get("http://rebinding.example/", now=NOW)
    assert caught.value.refused
    assert (stranger.paths, internet.dialled) == (["/"], [(PUBLIC, 80)])


def test_a_real_look_up_of_this_machine_reaches_no_canary() -> None:
    with Stranger() as canary:
        port = canary.address[1]
        fetcher = Fetcher(FetchRules((), "", AGENT), system_resolver)
        for host in ("127.0.0.1", "localhost", "[::1]", "127.1", "[::ffff:127.0.0.1]"):
            with pytest.raises(Unreachable):
                fetcher.get(f"http://{host}:{port}/", now=NOW)
    assert canary.connections == 0


def test_a_named_network_may_be_reached_on_any_port_and_nothing_beside_it() -> None:
    with Stranger() as stranger:
        stranger.answers["/feed"] = Reply(body=b"<rss/>")
        names = {
            "intranet.example": ["10.20.0.7"],
            "two.example": ["10.20.0.7", "10.21.0.7"],
            "feeds.example": [PUBLIC],
        }
        internet = Internet(names, {("10.20.0.7", 8080): stranger})
        fetcher = internet.fetcher(["10.20.0.0/16", "2001:db8:7::/48"])
        assert fetcher.get("http://intranet.example:8080/feed", now=NOW).status == 200
        refused = [
            "http://two.example/",
            "http://10.21.0.1/",
            "http://feeds.example:8080/",
            "http://[2001:db8:8::1]/",
            "http://10.20.1/",
        ]
        for url in refused:
            with pytest.raises(Unreachable) as caught:
                fetcher.get(url, now=NOW)
            assert caught.value.refused
    assert internet.dialled == [("10.20.0.7", 8080)]


def test_localhost_is_named_by_either_of_its_addresses() -> None:
    with Stranger() as stranger:
        internet = Internet({"localhost": ["::1", "127.0.0.1"]}, {("127.0.0.1", 8080): stranger})
        assert internet.fetcher(["127.0.0.0/8"]).get("http://localhost:8080/", now=NOW).status == 404
        assert internet.dialled == [("::1", 8080), ("127.0.0.1", 8080)]
        with pytest.raises(Unreachable, match=r"leads to an address that is not public"):
            internet.fetcher(["::1"]).get("http://localhost/", now=NOW)


def test_nat64_and_mapped_addresses_are_the_public_ones_inside() -> None:
    with Stranger() as stranger:
        internet = Internet(
            {"six.example": ["64:ff9b::101:101"]},
            {("64:ff9b::101:101", 80): stranger, ("::ffff:101:101", 80): stranger},
        )
        assert internet.fetcher().get("http://six.example/", now=NOW).status == 404
        assert internet.fetcher().get("http://[::ffff:1.1.1.1]/", now=NOW).status == 404
    assert stranger.heads[1].splitlines()[1] == b"Host: [::ffff:101:101]"


def test_the_next_address_is_tried_and_families_take_turns() -> None:
    with Stranger() as stranger:
        six = ["2606:4700::1", "2606:4700::2", "2606:4700::3", "2606:4700::4"]
        internet = Internet({"feeds.example": [*six, PUBLIC, OTHER]}, {(OTHER, 80): stranger})
        assert internet.fetcher().get("http://feeds.example/", now=NOW).status == 404
    assert internet.dialled == [(six[0], 80), (PUBLIC, 80), (six[1], 80), (OTHER, 80)]


def test_a_name_that_leads_nowhere_is_told_from_a_refusal(internet: Internet) -> None:
    with pytest.raises(Unreachable, match=r"There is no host called gone\.example\. Check the spelling") as caught:
        internet.fetcher().get("http://gone.example/", now=NOW)
    assert not caught.value.refused
    with pytest.raises(Unreachable, match=r"feeds\.example can’t be reached \(Connection refused\)") as caught:
        internet.fetcher().get("http://feeds.example/", now=NOW)
    assert not caught.value.refused


def test_other_letters_are_looked_up_in_their_ascii_form() -> None:
    with Stranger() as stranger:
        internet = Internet({"xn--bcher-kva.example": [PUBLIC]}, {(PUBLIC, 80): stranger})
        internet.fetcher().get("http://Bücher.example/Menü?q=ü&r=%C3%BC b", now=NOW)
    assert stranger.heads[0].split(b"\r\n")[:2] == [
        b"GET /Men%C3%BC?q=%C3%BC&r=%C3%BC%20b HTTP/1.1", b"Host: xn--bcher-kva.example"
    ]  # fmt: skip

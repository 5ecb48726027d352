"""Feeds as publishers serve them, whole and broken."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.base.entries import Bulletin, Entry, UnreadableDocument
from digest.feeds.parsing.documents import parse

URL = "https://paper.example/feeds/all.xml"
WHEN = datetime(2024, 3, 5, 14, 30, tzinfo=UTC)


def read(document: str | bytes, content_type: str = "") -> Bulletin:
    return parse(document if isinstance(document, bytes) else document.encode(), content_type, URL)


def item(inside: str) -> Entry:
    """The entry of an RSS item with that in it."""
    return read(f'<rss version="2.0"><channel><title>Paper</title><item>{inside}</item></channel></rss>').entries[0]


def atom(inside: str) -> Entry:
    return read(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{inside}</entry></feed>').entries[0]


def test_rss() -> None:
    bulletin = read(
        """<?xml version="1.0"?>
        <!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">
        <rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>
        <title>The &lt;i&gt;Paper&lt;/i&gt;</title><link>/</link><language>en_gb</language><ttl>90</ttl>
        <sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>8</sy:updateFrequency>
        <skipHours><hour>0</hour><hour>24</hour><hour>7</hour></skipHours><skipDays><day>Sunday</day></skipDays>
        <item><title>Fine of 3 &amp; 4</title><link> https://paper.example/1 </link><guid isPermaLink="false">g1</guid>
        <pubDate>Tue, 05 Mar 2024 14:30:00 GMT</pubDate><description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;
        </description></item></channel></rss>"""
    )
    assert (bulletin.title, bulletin.home, bulletin.language) == ("The Paper", "https://paper.example/", "en-GB")
    assert bulletin.entries == (Entry("g1", "https://paper.example/1", "Fine of 3 & 4", "One. Two.", WHEN),)
    assert bulletin.rhythm.at_least == timedelta(hours=3)
    assert (bulletin.rhythm.skip_hours, bulletin.rhythm.skip_days) == (frozenset({0, 7}), frozenset({6}))


def test_no_feed_puts_its_next_visit_off_by_more_than_a_day() -> None:
    assert read("<rss><channel><ttl>99999</ttl></channel></rss>").rhythm.at_least == timedelta(hours=24)


def test_rdf_whose_items_stand_beside_the_channel() -> None:
    bulletin = read(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:d="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Paper</title></channel>
        <item rdf:about="https://paper.example/1"><title>One</title><d:date>2024-03-05T15:30+01:00</d:date></item>
        </rdf:RDF>"""
    )
    assert bulletin.title == "Paper"
    assert bulletin.entries == (Entry("https://paper.example/1", "https://paper.example/1", "One", "", WHEN),)


def test_atom() -> None:
    entry = atom(
        """<id>urn:uuid:1</id><title type="html">A &lt;b&gt;bold&lt;/b&gt; step</title>
        <link rel="self" href="/self"/><link rel="enclosure" href="/a.mp3"/><link href="/one"/>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p><script>x()</script><p>Two.</p></div>
        </content><updated>2024-03-05T14:30:00Z</updated>"""
    )
    assert entry == Entry("urn:uuid:1", "https://paper.example/one", "A bold step", "One. Two.", WHEN)


def test_atom_0_3() -> None:
    entry = read(
        """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title mode="base64">T25l</title>
        <link rel="alternate" type="text/html" href="https://paper.example/1"/><issued>2024-03-05T14:30:00Z</issued>
        </entry></feed>"""
    ).entries[0]
    assert (entry.title, entry.url, entry.published_at) == ("One", "https://paper.example/1", WHEN)


def test_json_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "Paper", "home_page_url": "/", "language": "de-AT",
        "items": [
            {"id": 7, "url": "/7", "title": "Seven", "content_html": "<p>One.<p>Two.",
             "date_published": "2024-03-05T14:30:00Z"},
            {"id": "https://paper.example/8", "content_text": "Say <b>no</b> more"},
            "not an item",
        ],
    }  # fmt: skip
    bulletin = read("\ufeff" + json.dumps(feed))
    assert (bulletin.title, bulletin.home, bulletin.language) == ("Paper", "https://paper.example/", "de-AT")
    assert bulletin.entries[0] == Entry("7", "https://paper.example/7", "Seven", "One. Two.", WHEN)
    assert bulletin.entries[1].url == "https://paper.example/8"
    assert bulletin.entries[1].title.startswith("Say")


@pytest.mark.parametrize(
    ("inside", "address"),
    [
        ("<link>urn:uuid:1</link><guid>tag:paper.example,2024:1</guid>", ""),
        ("<link>javascript:alert(1)</link>", ""),
        ("<guid>https://paper.example/1</guid>", "https://paper.example/1"),
        ('<guid isPermaLink="false">https://paper.example/1</guid>', ""),
        ("<guid>7bd204c6</guid>", ""),
        ("<link/><guid>https://paper.example/1</guid>", "https://paper.example/1"),
        ("<link><![CDATA[ https://paper.example/?a=1&b=2 ]]></link>", "https://paper.example/?a=1&b=2"),
        ("<link>https://paper.example/?a=1&b=2</link>", "https://paper.example/?a=1&b=2"),
        ("<link>https://paper.example/?a=1&amp;amp;b=2</link>", "https://paper.example/?a=1&b=2"),
        ("<link>//paper.example/a b</link>", "https://paper.example/a%20b"),
        ("<link>one/1</link>", "https://paper.example/feeds/one/1"),
        ('<link xml:base="https://other.example/x/">1</link>', "https://other.example/x/1"),
        ('<link href="https://paper.example/1"/>', "https://paper.example/1"),
        ('<link rel="self" href="https://paper.example/1"/>', ""),
        ("<feedburner:origLink>https://paper.example/1</feedburner:origLink>", "https://paper.example/1"),
    ],
)
def test_an_entrys_address(inside: str, address: str) -> None:
    assert item(f"<title>One</title>{inside}").url == address


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("AT&T", "AT&T"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("Caf&eacute;&nbsp;&#8211; &unknown;", "Café – &unknown;"),
        ("<![CDATA[Caf&eacute; <em>now</em>]]>", "Café now"),
        ("&amp;lt;em&amp;gt;now&amp;lt;/em&amp;gt;", "now"),
        ("a &lt; b &gt; c", "a < b > c"),
        ("Fine <b>of</b> 3", "Fine of 3"),
        ("one&#0;&#x1F; two\x08", "one� two"),
        ("<![CDATA[<script>alert(1)</script>Fine]]>", "Fine"),
        ("", "The first words of what follows it."),
    ],
)
def test_a_title_is_text(title: str, shown: str) -> None:
    assert item(f"<title>{title}</title><description>The first words of what follows it.</description>").title == shown


def test_an_atom_title_of_plain_text_keeps_its_angle_brackets() -> None:
    assert atom('<title type="text">Why &lt;video&gt; stutters</title>').title == "Why <video> stutters"


def test_an_entry_without_title_and_text_is_called_by_its_address() -> None:
    assert item("<link>https://paper.example/1</link>").title == "https://paper.example/1"


def test_a_lede_is_cut_between_words() -> None:
    lede = item(f"<title>One</title><description>{'word ' * 400}</description>").lede
    assert len(lede) <= 500
    assert lede.endswith("word…")


def test_a_summary_that_says_nothing_gives_way_to_the_content() -> None:
    content = "The authority fined the company four million for keeping the records of people who had left."
    entry = item(f"<description>Read more</description><content:encoded><![CDATA[{content}]]></content:encoded>")
    assert entry.lede == content


@pytest.mark.parametrize(
    "document",
    [
        '\n\n <?xml version="1.0"?><rss><channel><item><title>Größe</title></item></channel></rss>'.encode(),
        '\ufeff<?xml version="1.0" encoding="iso-8859-1"?><rss><item><title>Größe</title></item></rss>'.encode(),
        '<?xml version="1.0" encoding="utf-8"?><rss><item><title>Größe</title></item></rss>'.encode("latin-1"),
        '<?xml version="1.0" encoding="windows-1251"?><rss><item><title>Größe</title></item></rss>'.encode(),
        '<?xml version="1.0" encoding="no-such"?><rss><item><title>Größe</title></item></rss>'.encode(),
        '<?xml version="1.0" encoding="utf-8"?><rss><item><title>Größe</title></item></rss>'.encode("utf-16"),
        "<rss><item><title>Größe</title></item></rss>".encode("utf-16-le"),
        "Warning: line 1<br>\n<rss><item><title>Größe</title></item></rss>".encode(),
        "<rss><channel><item><title>Größe</title><link>https://paper.exa".encode(),
        "<rss><channel><item><title><![CDATA[Größe".encode(),
        "<html><body><rss><channel><item><title>Größe</title></item></channel></rss></body></html>".encode(),
        "<rss><channel><item><description>a<br>b<p>c</description><title>Größe</title></item></channel></rss>".encode(),
        "<RSS><Channel><Item><Title>Größe</Title></Item></Channel></RSS>".encode(),
    ],
)
def test_a_malformed_document_still_brings_its_entry(document: bytes) -> None:
    assert [entry.title for entry in read(document).entries] == ["Größe"]


def test_a_section_where_none_can_be_hides_nothing() -> None:
    hidden = '<rss><item a="<![CDATA["><title>One&#55555;</title></item></rss>'
    assert [entry.title for entry in read(hidden).entries] == ["Untitled"]


def test_a_declared_encoding_is_believed_where_it_fits() -> None:
    document = '<?xml version="1.0" encoding="windows-1251"?><rss><item><title>Штраф</title></item></rss>'
    assert read(document.encode("cp1251")).entries[0].title == "Штраф"
    assert (
        read(document.replace("windows-1251", "utf-8").encode("cp1251"), "text/xml; charset=windows-1251")
        .entries[0]
        .title.startswith("Штраф")
    )


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<!doctype html><html><p>Hello</p></html>", "web page"),
        (b'<html><form><input name=p type="password"></form></html>', "sign in"),
        (b"<opml><body/></opml>", "list of feeds"),
        (b"<urlset/>", "sitemap"),
        (b"<soap/>", "not a feed"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 8, "picture"),
        (b"<rss>" + b"<br " * 6_000, "malformed"),
        (b"Not found", "neither"),
        (b'{"error": 1}', "not a JSON Feed"),
        (b'{"items": [', "cut off"),
        (b'<!DOCTYPE r [<!ENTITY a "b">]><rss>&a;</rss>', "entities"),
        (b'<!DOCTYPE r [<!-- --><!EN<!-- -->TITY a SYSTEM "file:///etc/hosts">]><rss>&a;</rss>', "entities"),
        (b'<?x <![CDATA[?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "not a feed"),
        ('<!DOCTYPE r [<!ENTITY % a SYSTEM "x">%a;]><rss/>'.encode("utf-16"), "entities"),
    ],
)
def test_what_is_no_feed_is_called_what_it_is(document: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words):
        read(document)


def test_nothing_is_fetched_or_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = tmp_path / "canary.xml"
    canary.write_text("<rss><item><title>Canary</title></item></rss>")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        monkeypatch.chdir(tmp_path)
        for name in (address, str(canary), "canary.xml", canary.as_uri()):
            with pytest.raises(UnreadableDocument):
                parse(name.encode(), "", name)
        bulletin = parse(
            f"""<?xml-stylesheet href="{address}"?><!DOCTYPE rss SYSTEM "{address}"><rss
            xmlns:xi="http://www.w3.org/2001/XInclude"><item><xi:include href="{canary}"/><title>&lt;img
            src="{address}"&gt;One</title><link xml:base="{address}">a</link></item></rss>""".encode(),
            "",
            canary.as_uri(),
        )
        assert bulletin.entries[0].title == "One"
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    "hostile",
    [
        lambda: "<rss><channel>" + "<a>" * 500_000,
        lambda: "<rss><channel>" + "<item/>" * 300_000,
        lambda: "<rss>" + "<br " * 500_000,
        lambda: "<rss><channel>" + "&" * 2_000_000,
        lambda: "<rss><channel>" + "<!--" * 500_000,
        lambda: "<rss><channel>" + "<![CDATA[]]>" * 200_000,
        lambda: "<rss>" + "<!DOCTYPE x [" * 150_000,
        lambda: "<rss " + "a='' " * 400_000 + ">",
        lambda: '{"items":[' + "{}," * 700_000 + "{}]}",
        lambda: "[" * 300_000,
        lambda: "<rss><item><title><![CDATA[" + "<b>" * 600_000 + "]]></title></item></rss>",
    ],
)
def test_a_hostile_document_takes_no_time_to_speak_of(hostile: Callable[[], str]) -> None:
    document = hostile().encode()
    start = time.process_time()
    with contextlib.suppress(UnreadableDocument):
        read(document)
    assert time.process_time() - start < 10


_FRAGMENTS = """
<rss> <item> </item> <title> </title> <link> <![CDATA[ ]]> <!-- --> & &#x; é <!DOCTYPE <?xml > <b \0 "
javascript:x https://e.example/ xmlns:a=' {"items":[ }
"""


@settings(max_examples=150)
@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from(_FRAGMENTS.split()), max_size=30).map(lambda parts: "".join(parts).encode())
)
def test_any_bytes_bring_entries_or_are_unreadable(body: bytes) -> None:
    try:
        bulletin = parse(body, "text/xml; charset=koi8-r", URL)
    except UnreadableDocument:
        return
    for entry in bulletin.entries:
        assert entry.url == "" or entry.url.startswith(("http://", "https://"))
        assert entry.title

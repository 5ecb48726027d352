"""Lists of feeds, in and out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.base.entries import UnreadableDocument
from digest.feeds.parsing import opml
from digest.feeds.parsing.opml import OpmlFile, Outline, read_opml, write_opml

_LIST = """<?xml version="1.0" encoding="UTF-8"?>
<!-- of a reader
that writes two lines -->
<opml version="1.1"><head><title>Mine</title></head>
<outline text="Law">
<outline title="EU &amp; co" text="eu">
<outline type="rss" title="A" xmlUrl="https://a.example/?a=1&b=2" htmlUrl="https://a.example/" category="/Courts"/>
</outline>
<outline text="B" URL="feed://b.example/rss"/>
<outline text="C" xmlurl="javascript:alert(1)"/>
<outline text="D" xmlUrl="feed:https://d.example/x"/>
<outline text="E" xmlUrl="https://d.example/x"/>
<outline text="F" xmlUrl="nothing"/>
<outline text="G" type="link" url="https://g.example/page"/>
<outline text="H" xmlUrl=""/>
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_outline_with_an_address_is_accounted_for(encoding: str) -> None:
    outlines = read_opml(_LIST.encode(encoding)).outlines
    assert outlines[0] == Outline(
        7, "https://a.example/?a=1&b=2", "A", "https://a.example/", ("Law", "EU & co", "Courts")
    )
    assert [(outline.line, outline.url, bool(outline.refused)) for outline in outlines[1:]] == [
        (9, "https://b.example/rss", False),
        (10, "javascript:alert(1)", True),
        (11, "https://d.example/x", False),
        (12, "https://d.example/x", True),
        (13, "nothing", True),
    ]
    assert "javascript:" in outlines[2].refused
    assert "line 11" in outlines[4].refused


_THUNDERBIRD = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0" xmlns:fz="urn:forumzilla:">
  <head><title>Thunderbird OPML Export - Law</title><dateCreated>Tue, 14 May 2024 08:00:00 GMT</dateCreated></head>
  <body>
    <outline title="Courts">
      <outline title="Harbour Court">
        <outline type="rss" title="Harbour Court" text="Harbour Court" version="RSS" fz:quickMode="false"
          fz:options="{&quot;version&quot;:2,&quot;category&quot;:{&quot;prefix&quot;:&quot;url&quot;}}"
          xmlUrl="https://court.example/feed?a=1&amp;b=2" htmlUrl="https://court.example/"/>
      </outline>
      <outline title="Two at once">
        <outline type="rss" title="First" text="First" version="RSS" fz:quickMode="true" xmlUrl="https://one.example/"/>
        <outline type="rss" title="Second" text="Second" version="RSS" fz:quickMode="true" xmlUrl="https://two.example/"/>
      </outline>
    </outline>
  </body>
</opml>"""
_FRESHRSS = """<?xml version="1.0" encoding="UTF-8"?>
<opml xmlns:frss="https://freshrss.org/opml" version="2.0">
  <head><title>FreshRSS</title><dateCreated>Tue, 14 May 2024 08:00:00 +0000</dateCreated></head>
  <body>
    <outline text="Uncategorized">
      <outline text="Coast Authority" type="rss" xmlUrl="https://coast.example/rss" htmlUrl="https://coast.example/"
        description="News &amp; more" frss:filtersActionRead="intitle:ad&#10;url:x" frss:url="https://no.example/"/>
    </outline>
    <outline text="Law &amp;amp; Order" frss:opmlUrl="https://lists.example/opml">
      <outline text="Decisions" type="HTML+XPath" xmlUrl="https://office.example/decisions"
        htmlUrl="https://office.example/" frss:xPathItem="//li" frss:xPathItemTitle="descendant::a"/>
      <outline text="Registry" type="JSON+DotNotation" xmlUrl="https://office.example/api" frss:jsonItem="items"/>
    </outline>
  </body>
</opml>"""
_INOREADER = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0">
    <head><title>Subscriptions from Inoreader [https://www.inoreader.com]</title></head>
    <body>
    <outline text="Courts" title="Courts">
        <outline text="Harbour Court" title="Harbour Court" type="rss" xmlUrl="https://court.example/feed"
          htmlUrl="https://court.example/"/>
    </outline>
    <outline text="Europe" title="Europe">
        <outline text="Harbour Court" title="Harbour Court" type="rss" xmlUrl="https://court.example/feed"
          htmlUrl="https://court.example/"/>
    </outline>
    <outline text="Alone" title="Alone" type="rss" xmlUrl="https://alone.example/feed" htmlUrl=""/>
    </body>
</opml>"""
_FEEDLY = """<?xml version="1.0" encoding="UTF-8"?>

<opml version="1.0">
    <head>
        <title>Alice subscriptions in feedly Cloud</title>
    </head>
    <body>
        <outline text="Courts" title="Courts">
            <outline type="rss" text="Harbour Court" title="Harbour Court" xmlUrl="http://court.example/feed" htmlUrl="http://court.example"/>
            <outline type="rss" text="A channel" title="A channel" xmlUrl="https://video.example/feeds/videos.xml?channel_id=UC1"/>
        </outline>
    </body>
</opml>"""


@pytest.mark.parametrize(
    ("export", "feeds"),
    [
        (_THUNDERBIRD, [
            ("https://court.example/feed?a=1&b=2", "Harbour Court", ("Courts",)),
            ("https://one.example/", "First", ("Courts", "Two at once")),
            ("https://two.example/", "Second", ("Courts", "Two at once")),
        ]),
        (_FRESHRSS, [
            ("https://coast.example/rss", "Coast Authority", ()),
            ("https://office.example/decisions", "Decisions", ("Law & Order",)),
            ("https://office.example/api", "Registry", ("Law & Order",)),
        ]),
        (_INOREADER, [
            ("https://court.example/feed", "Harbour Court", ("Courts",)),
            ("https://court.example/feed", "Harbour Court", ("Europe",)),
            ("https://alone.example/feed", "Alone", ()),
        ]),
        (_FEEDLY, [
            ("http://court.example/feed", "Harbour Court", ("Courts",)),
            ("https://video.example/feeds/videos.xml?channel_id=UC1", "A channel", ("Courts",)),
        ]),
    ],
    ids=["Thunderbird", "FreshRSS", "Inoreader", "Feedly"],
)  # fmt: skip
def test_an_export_is_read_as_its_reader_meant_it(export: str, feeds: list[tuple[str, str, tuple[str, ...]]]) -> None:
    outlines = read_opml(export.encode()).outlines
    assert [(outline.url, outline.title, outline.topics) for outline in outlines] == feeds


def test_what_freshrss_takes_apart_itself_is_a_page_or_is_refused_with_the_remedy() -> None:
    feed, page, registry = read_opml(_FRESHRSS.encode()).outlines
    assert (feed.is_page, feed.refused) == (False, "")
    assert (page.is_page, page.refused) == (True, "")
    assert "JSON+DotNotation" in registry.refused and "show an example" in registry.refused


def test_what_is_written_is_read_again() -> None:
    feeds = (
        Outline(0, "https://a.example/?a=1&b=2", "A & <b>", "https://a.example/", ("Law", "EU")),
        Outline(0, "https://c.example/rss", "C"),
        Outline(0, "javascript:x", "D", refused="no"),
    )
    again = read_opml(write_opml(feeds, "Mine", datetime(2024, 3, 5, tzinfo=UTC))).outlines
    assert {(feed.url, feed.title, feed.home, feed.topics) for feed in again} == {
        (feed.url, feed.title, feed.home, feed.topics) for feed in feeds[:2]
    }


def test_an_empty_list_is_one() -> None:
    assert read_opml(b"<opml><head/></opml>") == OpmlFile(())


@pytest.mark.parametrize("data", [b"", b"hello", b"<html/>", b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', b"\xff\xfe<"])
def test_what_is_no_list_is_refused_with_the_remedy(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"OPML|entities"):
        read_opml(data)


@given(st.binary(max_size=100) | st.text(max_size=100).map(lambda text: f"<opml><outline xmlUrl='{text}'".encode()))
def test_any_bytes_are_a_list_or_unreadable(data: bytes) -> None:
    try:
        read_opml(data)
    except UnreadableDocument as error:
        assert str(error)


def test_a_list_longer_than_a_team_reads_is_refused_and_few_topics_are_taken() -> None:
    many = "".join(f'<outline xmlUrl="https://a.example/{number}"/>' for number in range(2_001))
    with pytest.raises(UnreadableDocument, match="more than 2,000 feeds"):
        read_opml(f"<opml><body>{many}</body></opml>".encode())
    topics = ",".join(str(number) for number in range(9))
    [one] = read_opml(
        f'<opml><body><outline xmlUrl="https://a.example/" category="{topics}"/></body></opml>'.encode()
    ).outlines
    assert one.topics == ("0", "1", "2", "3", "4")


def test_no_more_categories_are_looked_at_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    def noted(text: str, most: int) -> str:
        looked.append(text)
        return text[:most]

    monkeypatch.setattr(opml, "shortened", noted)
    many = ",".join(f"Topic {number}" for number in range(50_000))
    line = f'<outline text="A" xmlUrl="https://a.example/" category="{many}"/>'
    [outline] = read_opml(f'<opml version="2.0"><body>{line}</body></opml>'.encode()).outlines
    assert outline.topics == ("Topic 0", "Topic 1", "Topic 2", "Topic 3", "Topic 4")
    assert len(looked) < 20

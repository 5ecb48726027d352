"""`make fuzz`: what strangers send, mutated for a while. No error but the one that is meant, and no time without end.

Seeds are this project's own samples, and whatever files are named: `python -m tests.fuzz SECONDS [FILE …]`. What breaks
a reader is written to a file, whose name is said.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from digest.domain.writing.markup import sanitised
from digest.feeds.base.entries import UnreadableDocument
from digest.feeds.listings.examples import Example, NoSuchExample
from digest.feeds.listings.listing import learn, read_listing
from digest.feeds.listings.page_links import numbered_links
from digest.feeds.listings.robots import sitemaps_named
from digest.feeds.listings.sitemaps import read_sitemap
from digest.feeds.newsletters.links import links_of, well_formed
from digest.feeds.newsletters.mails import newsletter_in
from digest.feeds.pages.articles import article_of
from digest.feeds.pages.discovery import feeds_of
from digest.feeds.parsing.documents import parse
from digest.feeds.parsing.opml import read_opml

URL = "https://news.example/section/page.html"
SECONDS_A_MB, AT_LEAST = 4.0, 4.0
"""Of CPU; a page's text may take two whatever its length."""

Reader = Callable[[bytes], object]


def _list(data: bytes) -> object:
    found = [read_listing(data, "text/html", URL), numbered_links(data, "text/html", URL)]
    links = numbered_links(data, "text/html", URL)
    if links:
        learn(data, "text/html", URL, (Example(links[len(links) // 2].url),))
    return found


def _mail(data: bytes) -> object:
    mail = newsletter_in({"email": data})
    links_of(mail.html, mail.text)
    return sanitised(well_formed(mail.html[:500_000]))


READERS: dict[str, Reader] = {
    "feed": lambda data: parse(data, "application/xml", URL),
    "list": _list,
    "newsletter": _mail,
    "opml": read_opml,
    "sitemap": lambda data: read_sitemap(data, "", URL),
    "robots": lambda data: sitemaps_named(data, URL),
    "article": lambda data: article_of(data, "text/html", URL),
    "discovery": lambda data: feeds_of(data, "text/html", URL),
}

_ROWS = "".join(
    f"<li class='i{n}'><a href='/n/{n}'>News {n} of a harbour</a> <i>{n} May 2024</i></li>" for n in range(9)
)
SEEDS = (
    b'<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>A</title>'
    b"<ttl>60</ttl><item><guid>1</guid><title>One &amp; two</title><link>/1</link><dc:date>2024-05-14</dc:date>"
    b"<description><![CDATA[<p>Words</p>]]></description></item></channel></rss>",
    b'<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">&lt;b&gt;A</title><entry>'
    b'<id>urn:1</id><title>B</title><link rel="alternate" href="https://a.example/1"/>'
    b"<updated>2024-05-14T08:00:00Z</updated></entry></feed>",
    b'{"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": [{"id": 1, "url": "/1", "title": "B",'
    b' "date_published": "2024-05-14T08:00:00Z"}]}',
    f"<html lang=de><head><title>A</title><link rel=alternate type=application/rss+xml href=/f></head><ul>{_ROWS}</ul>"
    "<table><tr><th>Date</th><th>Title</th></tr><tr><td>1.5.2024</td><td><a href=x>Sieben Briefe</a></td></tr></table>"
    "</html>".encode(),
    b'<opml version="2.0"><body><outline text="A"><outline type="rss" text="B" xmlUrl="https://b.example/f"/></outline>'
    b"</body></opml>",
    b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>/a</loc><lastmod>2024-05-14</lastmod></url>'
    b"</urlset>",
    b"Sitemap: https://a.example/s.xml\n",
    b"From: A <a@a.example>\nSubject: =?utf-8?q?B=C3=A4?=\nMessage-ID: <1@a>\nContent-Type: multipart/mixed;"
    b' boundary="b"\n\n--b\nContent-Type: text/html; charset=utf-8\n\n'
    b'<a href="https://c.example/?url=https%3A%2F%2Fd.example%2F1">'
    b"A headline that is long</a>\n--b\nContent-Type: text/plain\n\nWords https://e.example/1\n--b--\n",
)
_TELLING = (
    b"<", b">", b"&", b'"', b"'", b"]]>", b"<!--", b"<![CDATA[", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"\0",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b", b"<a href='", b"<div>", b"</", b"[", b"{", b"\\u0000", b"\\ud800",
    b"\n--b\n", b"\n\t", b"2024-02-31", b"99/99/9999", b"=?utf-8?q?", b"http://[", b"//", b"%00", b" " * 50,
    b"\xe2\x80\xae",
)  # fmt: skip


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, broken in one to six ways."""
    data = chance.choice(seeds)[:400_000]
    for _ in range(chance.randint(1, 6)):
        data = chance.choice(_WAYS)(chance, data, seeds)[:1_500_000]
    return data


def _cut(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[end:]


def _again(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A piece of it many times, next to each other or within each other."""
    start, end = _span(chance, data)
    piece = data[start : min(end, start + 3_000)]
    return data[:start] + piece * chance.choice((2, 30, 1_000, 20_000)) + data[end:]


def _told(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_TELLING) * chance.choice((1, 1, 3, 500, 50_000)) + data[at:]


def _flipped(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    found = bytearray(data or b"x")
    for _times in range(chance.randint(1, 20)):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def _spliced(chance: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


_WAYS = (_cut, _again, _told, _flipped, _spliced)


def _span(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.choice((1, 8, 60, 400, 5_000)))


def fault_of(read: Reader, data: bytes) -> str:
    """What is wrong with how it reads this; empty if nothing is."""
    began = time.process_time()
    try:
        read(data)
    except (UnreadableDocument, NoSuchExample):
        pass
    except Exception as error:  # noqa: BLE001 - the very thing that is looked for
        return f"{type(error).__name__}: {str(error)[:200]}"
    took = time.process_time() - began
    allowed = max(AT_LEAST, SECONDS_A_MB * len(data) / 1_000_000)
    return f"took {took:.1f} s for {len(data):,} bytes" if took > allowed else ""


def main(words: Sequence[str]) -> int:
    """Mutate for so many seconds; 1 if anything broke."""
    seconds = float(words[0]) if words else 60.0
    seeds = [*SEEDS, *(Path(name).read_bytes() for name in words[1:])]
    first = int(time.time())
    chance = random.Random(first)  # noqa: S311 - to be told again, not to be secret
    ends, tried, faults = time.monotonic() + seconds, Counter[str](), 0
    while time.monotonic() < ends:
        data = mutated(chance, seeds)
        name = chance.choice(list(READERS))
        tried[name] += 1
        if fault := fault_of(READERS[name], data):
            faults += 1
            with tempfile.NamedTemporaryFile(prefix=f"fuzz-{name}-", delete=False) as file:
                file.write(data)
            click.echo(f"{name}: {fault} ({file.name})")
    click.echo(f"{sum(tried.values()):,} documents from seed {first}, {faults} faults; {dict(tried)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where a site keeps its sitemaps: its robots.txt says so; nothing else is read there."""

from __future__ import annotations

from urllib.parse import urlsplit

from digest.feeds.listings.markup import absolute

_MOST_LINES, _MOST = 5_000, 20
_USUAL = ("/sitemap.xml", "/sitemap_index.xml")


def robots_address(url: str) -> str:
    """The address of the robots.txt of the site that a page is on."""
    return urlsplit(url)._replace(path="/robots.txt", query="", fragment="").geturl()


def sitemaps_named(body: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt served from `url` names, those of news first, each once, at most 20.

    Source: https://www.sitemaps.org/protocol.html#submit_robots. They may be on another host.
    """
    found: dict[str, None] = {}
    for line in body[:500_000].decode("utf-8", "replace").splitlines()[:_MOST_LINES]:
        name, _, value = line.partition(" #")[0].partition(":")
        if name.strip().lower() == "sitemap" and (address := absolute(url, value.strip())):
            found.setdefault(address)
    return tuple(sorted(found, key=lambda address: "news" not in address.lower())[:_MOST])


def usual_sitemaps(url: str) -> tuple[str, ...]:
    """Where a site keeps its sitemap whose robots.txt names none."""
    return tuple(urlsplit(url)._replace(path=path, query="", fragment="").geturl() for path in _USUAL)

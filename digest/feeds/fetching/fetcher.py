"""The one way to ask strangers for anything: a feed, a page, an article, a sitemap, a link that is checked.

Every request goes through the guard (`feeds/fetching/targets.py` reads the URL, `feeds/fetching/resolving.py` vets the
addresses), again at each redirect. Nothing is kept between requests: no cookie, no connection that another name could
use.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from urllib3.response import BaseHTTPResponse

from digest.feeds.fetching import challenges, freshness
from digest.feeds.fetching.connecting import Allowance, Dial, Line, Stopwatch, connection_on
from digest.feeds.fetching.decoding import WANTED, beginning, decoded
from digest.feeds.fetching.failures import in_words
from digest.feeds.fetching.public import Network
from digest.feeds.fetching.resolving import Resolver, system_resolver, vetted
from digest.feeds.fetching.targets import Target, redirected, target_of
from digest.feeds.fetching.unreachable import Obstacle, Unreachable

__all__ = ["FEEDS", "LARGEST", "PAGES", "Answer", "FetchRules", "Fetcher", "Obstacle", "Unreachable", "Validators"]

FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.3, */*;q=0.1"
)
PAGES = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5"
LARGEST = 10_000_000
"""Bytes of an answer, unpacked."""

_PERMANENT = (301, 308)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_HOPS = 10
_OF_A_REFUSAL = 100_000
"""So much is read of an answer that is not what was asked for: enough to see who refuses."""
_LONGEST_VALIDATOR = 4_000
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class Validators:
    """What a publisher gave to ask “anything newer?” with: byte for byte as received (as latin-1), never invented."""

    etag: str = ""
    last_modified: str = ""


NO_VALIDATORS = Validators()
"""For what was never asked before."""


@dataclass(frozen=True)
class FetchRules:
    """What the operator decides: networks that may be reached although not public (on any port), a proxy's address or
    nothing, and the User-Agent."""

    networks: tuple[Network, ...]
    proxy: str
    agent: str


@dataclass(frozen=True)
class WebAnswer:
    """What came of one question, whatever its status. Of a 4xx or 5xx only the beginning of the body is kept."""

    status: int
    url: str
    """Where the answer came from, after redirects."""
    moved_to: str = ""
    """The same, where every redirect on the way was a permanent one; else empty."""
    validators: Validators = NO_VALIDATORS
    retry_after: datetime | None = None
    fresh_for: timedelta = field(default=timedelta())
    content_type: str = ""
    body: bytes = b""
    challenged: bool = False
    """Whether a wall against robots answered in the publisher's place."""
    seconds: float = 0.0


Answer = WebAnswer
"""Short for it, where nothing is about mail."""


class Fetcher:
    """Asks strangers. May be used from many threads at once."""

    def __init__(
        self, rules: FetchRules, resolver: Resolver = system_resolver, dial: Dial = socket.create_connection
    ) -> None:
        self._rules = rules
        self._resolver = resolver
        self._dial = dial

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def get(  # noqa: PLR0913 - all that a request may differ in, by name
        self,
        url: str,
        *,
        accept: str = FEEDS,
        validators: Validators = NO_VALIDATORS,
        limit: int = LARGEST,
        deadline: float = 30.0,
        now: datetime,
        before_hop: Callable[[str], None] = lambda _url: None,
    ) -> WebAnswer:
        """What a URL answers, redirects followed. Raises Unreachable.

        `limit` is in bytes, unpacked; `deadline` in seconds over everything: look-ups, redirects, the body. A 304, 4xx
        or 5xx is an answer. `before_hop` is told where a redirect leads before that is asked, and may raise.
        """
        ask = _Ask(accept, validators, limit, Stopwatch(deadline), now)
        target, hops, permanent = target_of(url), [target_of(url).url], True
        while True:
            with self._asked(target, ask) as response:
                location = response.headers.getlist("Location")
                if response.status not in _REDIRECTS or not location:
                    return _answer(response, target, ask, moved=permanent and len(hops) > 1)
                permanent = permanent and response.status in _PERMANENT
            target = redirected(target, location[0])
            _check_way(hops, target)
            before_hop(target.url)
            hops.append(target.url)

    @contextlib.contextmanager
    def _asked(self, target: Target, ask: _Ask) -> Iterator[BaseHTTPResponse]:
        with in_words(target.host):
            addresses = vetted(target, self._rules.networks, self._resolver, ask.watch.left())
            line = Line(target, addresses, self._rules.proxy, self._dial, ask.watch, Allowance())
            with contextlib.closing(connection_on(line, self._trust)) as connection:
                connection.request(
                    "GET", target.path, headers=self._headers(target, ask), preload_content=False, decode_content=False
                )
                with contextlib.closing(connection.getresponse()) as response:
                    if response.status < 200:  # http.client passes over 100 alone, and loses what follows another
                        raise http.client.HTTPException("an interim answer that was not asked for")
                    line.allowance.left = 2 * max(ask.limit, _OF_A_REFUSAL)  # chunks may be small, and each has a head
                    yield response

    def _headers(self, target: Target, ask: _Ask) -> Mapping[str, str]:
        headers = {
            "Host": target.authority,
            "User-Agent": self._rules.agent,
            "Accept": ask.accept,
            "Accept-Encoding": WANTED,
            "Connection": "close",
        }
        if ask.validators.etag:
            headers["If-None-Match"] = ask.validators.etag
        if ask.validators.last_modified:
            headers["If-Modified-Since"] = ask.validators.last_modified
        return headers


@dataclass(frozen=True)
class _Ask:
    accept: str
    validators: Validators
    limit: int
    watch: Stopwatch
    now: datetime


def _check_way(hops: list[str], target: Target) -> None:
    if target.url in hops:
        raise Unreachable(
            f"{target.host} redirects in a circle, back to {target.url[:200]}. Open it in a browser, and use the "
            "address that it ends on.",
            Obstacle.CIRCLE,
        )
    if len(hops) > _MOST_HOPS:
        raise Unreachable(
            f"More than {_MOST_HOPS} redirects, the last to {target.host}. Open it in a browser, and use the address "
            "that it ends on.",
            Obstacle.CIRCLE,
        )


def _answer(response: BaseHTTPResponse, target: Target, ask: _Ask, moved: bool) -> WebAnswer:
    headers = {name.lower(): response.headers.getlist(name)[0] for name in response.headers}
    body = _body(response, ask.limit)
    return WebAnswer(
        status=response.status,
        url=target.url,
        moved_to=target.url if moved else "",
        validators=Validators(_validator(headers.get("etag", "")), _validator(headers.get("last-modified", ""))),
        retry_after=freshness.retry_after(headers.get("retry-after", ""), ask.now),
        fresh_for=freshness.fresh_for(
            ", ".join(response.headers.getlist("cache-control")),
            headers.get("expires", ""),
            headers.get("date", ""),
            ask.now,
        ),
        content_type=headers.get("content-type", ""),
        body=body,
        challenged=challenges.is_challenge(response.status, headers, body),
        seconds=ask.watch.passed(),
    )


def _body(response: BaseHTTPResponse, limit: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "")
    chunks = response.stream(65_536, decode_content=False)
    # Beyond 299 the status says enough: what is wrong with the rest of such an answer is nobody's matter.
    return decoded(chunks, encoding, limit) if response.status < 300 else beginning(chunks, encoding, _OF_A_REFUSAL)


def _validator(value: str) -> str:
    return value if len(value) <= _LONGEST_VALIDATOR and not _CONTROL.search(value) else ""

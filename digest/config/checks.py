"""What one setting's text may be: each check returns what the text means, or raises ValueError with the remedy."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from datetime import time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from digest.domain.issues.calendar import DAYS, Weekly
from digest.domain.shared import addresses, signatures, webhook_signatures
from digest.domain.shared.invisible import invisible_in
from digest.domain.shared.urls import fault_in_link

_LONGEST_MONITOR = 254  # it is kept where messages keep their recipient
_LONGEST_HOST = 253  # RFC 1035, section 2.3.4
_LABELS = re.compile(r"[\w-](?:[\w.-]*[\w.-])?")
_NOT_IN_ADDRESSES = frozenset(' \\"<>`{}|^')
_SEEN = str.maketrans("", "", "\u200c\u200d\ufe0f\u00a0\u2009\u202f")
"""Letters of Persian and Indic scripts, and emoji, are written with the first three; the others are spaces."""
_WEEK = 7 * 1440
_LONGEST_NOTICE = 4 * 1440
"""In minutes. A cut-off with more is nearly always one that was meant for after the send."""


def weekday(text: str) -> int:
    if text.lower() not in DAYS:
        raise ValueError(f"use one of {', '.join(DAYS)}")
    return DAYS.index(text.lower())


def clock_time(text: str) -> time:
    hours, colon, minutes = text.partition(":")
    if not (
        colon
        and hours.isdecimal()
        and minutes.isdecimal()
        and len(minutes) == 2
        and int(hours) < 24
        and int(minutes) < 60
    ):
        raise ValueError("use HH:MM, for example 09:00")
    return time(int(hours), int(minutes))


def weekly(text: str) -> Weekly:
    parts = text.split()
    if len(parts) != 2:
        raise ValueError("use a day and a time, for example “thu 16:00”")
    return Weekly(weekday(parts[0]), clock_time(parts[1]))


def zone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("use a name from the time zone database, for example Europe/London") from None


def one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise ValueError(f"use {' or '.join(words)}")
        return text

    return check


def cutoff(text: str, send: Weekly) -> Weekly:
    """The cut-off of a week whose issue goes at `send`. One meant for after the send would be the week before's."""
    found = weekly(text)
    notice = (_minutes(send) - _minutes(found)) % _WEEK or _WEEK
    if notice > _LONGEST_NOTICE:
        days, hours = notice // 1440, notice % 1440 // 60
        raise ValueError(
            f"the issue goes on {DAYS[send.weekday]} {send.at:%H:%M}, and would close {days} days {hours} h before; "
            f"use a time at most {_LONGEST_NOTICE // 1440} days before the send, for example “{_day_before(send)}”"
        )
    return found


def between(least: int, most: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
            raise ValueError(f"use a whole number, {least} or more, at most {most}")
        return int(text)

    return check


def line_of(most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(line(text)) > most:
            raise ValueError(f"use at most {most} characters")
        return text

    return check


def line(text: str) -> str:
    if invisible_in(text.translate(_SEEN)):
        raise ValueError("use one line without control characters, and nothing invisible")
    return text


def api_key(text: str) -> str:
    if not text.isascii() or any(not 32 < ord(character) < 127 for character in text):
        raise ValueError("use the key as SendGrid shows it, without spaces or other characters; copy it again")
    return text


def webhook_key(text: str) -> str:
    try:
        if text:
            signatures.public_key(text)
    except ValueError as error:
        raise ValueError(
            f"{error}; copy the verification key of SendGrid’s Event Webhook again, as one line without spaces"
        ) from None
    return text


A_KEY = "make one with `openssl rand -base64 32`, put “whsec_” before it, and give it to the service, too"


def events_key(text: str) -> str:
    try:
        if text:
            webhook_signatures.shared_key(text)
    except ValueError as error:
        raise ValueError(f"{error}; {A_KEY}") from None
    return text


def mailbox(text: str) -> str:
    if "<" in text or "=?" in text:
        raise ValueError(
            "it can’t be an email address and something more; use the address alone, for example digest@example.org "
            "(the name beside it is SITE_NAME)"
        )
    return addresses.parse(text).key if text else ""


def web_address(text: str) -> str:
    """A scheme, a host and perhaps a port; without a slash at its end, as paths are put behind it."""
    parts = _parts(text)
    if (
        parts is None
        or "@" in parts.netloc
        or parts.path not in ("", "/")
        or f"{parts.scheme}://{parts.netloc}{parts.path}" != text
    ):
        raise ValueError(
            "use an address such as https://digest.example.org: http or https, a host, perhaps a port, and nothing else"
        )
    if not text.isascii():
        raise ValueError(f"use the host’s ASCII form{_in_ascii(parts)}")
    return text.rstrip("/")


def monitor(text: str) -> str:
    parts = _parts(text)
    if text and parts is None:
        raise ValueError("use an http or https address, or leave it out")
    if parts and "@" in parts.netloc:
        raise ValueError("use an http or https address without a name and password in it, or leave it out")
    if len(text) > _LONGEST_MONITOR:
        raise ValueError(f"use an address of at most {_LONGEST_MONITOR} characters")
    return text


def sendgrid_host(text: str) -> str:
    address = web_address(text)
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("use https (plain http is for a loopback address only), for example https://api.sendgrid.com")
    return address


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks or single addresses, by commas or spaces. One that is everything would be no wall at all."""
    found = []
    for word in text.replace(",", " ").split():
        try:
            found.append(ip_network(word))
        except ValueError:
            raise ValueError(
                f"“{word}” is no network; use for example 10.20.0.0/16 or 192.168.7.5, separated by commas"
            ) from None
        if not found[-1].prefixlen:
            raise ValueError(f"“{word}” is the whole internet and everything inside; name your own networks alone")
    return tuple(found)


def proxy(text: str) -> str:
    parts = _parts(text)
    if text and (
        parts is None or parts.scheme != "http" or parts.path not in ("", "/") or parts.query or parts.fragment
    ):
        raise ValueError("use an address such as http://proxy.example.org:3128, or leave it out")
    return text.rstrip("/")


def database_url(text: str, root: Path) -> str:
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///")
        if not path or path == ":memory:":
            raise ValueError("use a file, for example sqlite:///instance/digest.db")
        return f"sqlite:///{root / path}"
    if not text.startswith("postgresql+psycopg://"):
        raise ValueError("use sqlite:///path/to/digest.db or postgresql+psycopg://user@host/database")
    return text


def _parts(url: str) -> SplitResult | None:
    """The parts of a web address that somebody can be reached at; None if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    usable = (
        url.isprintable()
        and not fault_in_link(url)
        and not _NOT_IN_ADDRESSES & set(url)
        and parts.scheme in ("http", "https")
        and not parts.netloc.endswith(":")
        and port != 0
        and (":" in host or (_LABELS.fullmatch(host) and ".." not in host and len(host) <= _LONGEST_HOST))
    )
    return parts if usable else None


def _in_ascii(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").encode("idna").decode()
    except UnicodeError:
        return ""
    return f", here {host}" if host.isascii() and host != parts.hostname else ""


def _minutes(moment: Weekly) -> int:
    return moment.weekday * 1440 + moment.at.hour * 60 + moment.at.minute


def _day_before(send: Weekly) -> str:
    return f"{DAYS[(send.weekday - 1) % 7]} 16:00"

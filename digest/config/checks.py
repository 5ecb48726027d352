"""What one setting's text may be: each check returns what the text means, or raises ValueError with the remedy."""

from __future__ import annotations

import unicodedata
import zoneinfo
from collections.abc import Callable
from datetime import time
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from digest.domain import addresses, signatures
from digest.domain.calendar import DAYS, Weekly
from digest.domain.urls import fault_in_link

_LONGEST_MONITOR = 254  # it is kept where messages keep their recipient


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


def at_least(least: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"use a whole number, {least} or more")
        return int(text)

    return check


def line(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise ValueError("use one line without control characters")
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


def mailbox(text: str) -> str:
    return addresses.parse(text).key if text else ""


def web_address(text: str) -> str:
    parts = _parts(line(text))
    if parts is None or parts.query or parts.fragment:
        raise ValueError("use an address such as https://digest.example.org")
    return text


def optional_web_address(text: str) -> str:
    if text and _parts(line(text)) is None:
        raise ValueError("use an http or https address, or leave it out")
    if len(text) > _LONGEST_MONITOR:
        raise ValueError(f"use an address of at most {_LONGEST_MONITOR} characters")
    return text


def sendgrid_host(text: str) -> str:
    parts = urlsplit(web_address(text))
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("use https (plain http is for a loopback address only), for example https://api.sendgrid.com")
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
    """The parts of a web address; None if it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and not fault_in_link(url)
    return parts if usable else None

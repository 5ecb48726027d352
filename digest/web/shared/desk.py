"""The desk itself: its door, and what all its pages share."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from datetime import timedelta

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response

from digest.domain.running.alerts import AlertKind, cause
from digest.operations.people.signing_in import WINDOW, is_news, note_seen
from digest.storage.base.patience import Busy
from digest.storage.messages.alerts import open_alerts
from digest.storage.people.desk_sessions import DeskSession
from digest.web.shared.context import db, now, reading
from digest.web.shared.proxies import unknown_proxy
from digest.web.shared.security import keep_out_strangers, session_key_hash
from digest.web.shared.sendgrid_notice import sendgrid_notice

ROW_ID = "int(max=2147483647)"
"""A row's id in an address; PostgreSQL breaks on a larger one where we want to say that nothing is there."""

BIG_ROW_ID = "int(max=9223372036854775807)"
"""The same for rows that are counted in 64 bits."""

TOO_MANY_TRIES = f"There were too many tries. Wait {WINDOW // timedelta(minutes=1)} minutes, then try again."
"""What is said to whoever guesses at a password too often."""

BUSY = "Many people are signing in at this moment. Nothing was tried: send it again in some seconds."
"""What is said to whoever finds every place taken where passwords are looked at."""

desk = Blueprint("desk", __name__, url_prefix="/desk")
keep_out_strangers(desk)


@desk.get("/")
def home() -> Response:
    """The desk begins with the week's issue."""
    return redirect(url_for("desk.issue"))


@desk.before_request
def _note_seen() -> None:
    if g.editor is None:
        return
    row = reading().get(DeskSession, session_key_hash())
    if row and is_news(row.seen_at, now()):
        with suppress(Busy):  # no page waits for this; the next one notes it
            note_seen(db().at_once(), now(), session_key_hash())


@desk.context_processor
def _what_desk_pages_know() -> dict[str, object]:
    editor = g.get("editor")
    return {
        "editor": editor,
        "for_the_operator": unknown_proxy() if editor and editor.is_admin else "",
        "alerts_now": _alerts_now() if editor else [],
        "trouble": sendgrid_notice(reading()) if editor else None,
    }


def _alerts_now() -> list[str]:
    """The headings of alerts that last, but for what the desk shows by itself."""
    told = (each for each in open_alerts(reading()) if each.told_at)
    return [each.heading for each in told if each.cause != cause(AlertKind.SENDGRID_ACCOUNT)]


def network() -> str:
    """Where this request comes from, as far as guessing is counted: an IPv4 address, or an IPv6 /64."""
    address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - stands for "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def page_number() -> int:
    """The page of a list that was asked for, from 1."""
    return min(max(1, request.args.get("page", 1, int)), 1_000_000)


def asked_word(name: str, longest: int) -> str:
    """A word of the address, without the zero byte that PostgreSQL takes in no text."""
    return request.args.get(name, "").replace("\0", "").strip()[:longest]

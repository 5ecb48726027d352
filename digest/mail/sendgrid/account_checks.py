"""What the account with SendGrid says of itself, asked by GET alone: what the key may do, which trackers are on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from digest.mail.outgoing.deadline import ticking
from digest.mail.sendgrid.client import HttpAnswer, NoAnswer, NotSent, SendGridClient


class AccountSilent(Exception):
    """SendGrid did not answer; the message says why."""


@dataclass(frozen=True)
class AccountSeen:
    """What was seen. Statuses are those of HTTP."""

    scopes_status: int
    scopes: frozenset[str]
    trackers: Sequence[str] | None
    """Those that are on, in SendGrid's names; None where the key may not see it."""
    senders: Sequence[str] | None
    """Verified senders and domains, in lower case; None where the key may not see them."""
    seconds_off: float | None
    """How far our clock is before SendGrid's."""


def look_at_account(api_key: str, host: str, now: datetime, seconds: float) -> AccountSeen:
    """Ask SendGrid, at this moment by our clock; in all for so many seconds at most. Raises AccountSilent."""
    client, deadline = SendGridClient(api_key, host), ticking() + seconds
    try:
        answer = client.get("scopes", deadline)
        seconds_off = _seconds_off(answer, now)
        scopes = frozenset(_field(answer, "scopes"))
        trackers = _trackers(client, deadline) if "tracking_settings.read" in scopes else None
        senders = _senders(client, deadline, scopes)
    except (NotSent, NoAnswer) as error:
        raise AccountSilent(str(error)) from None
    finally:
        client.close()
    return AccountSeen(answer.status, scopes, trackers, senders, seconds_off)


def _trackers(client: SendGridClient, deadline: float) -> Sequence[str] | None:
    answer = client.get("tracking_settings", deadline)
    if answer.status != 200:
        return None
    return [str(each.get("name")) for each in _field(answer, "result") if each.get("enabled")]


def _senders(client: SendGridClient, deadline: float, scopes: frozenset[str]) -> Sequence[str] | None:
    """Single senders that were verified by a mail to them, and domains that were authenticated by their records."""
    found: list[str] | None = None
    if "sender_verification_eligible" in scopes:
        answer = client.get("verified_senders", deadline)
        if answer.status == 200:
            found = [str(each.get("from_email")).lower() for each in _field(answer, "results") if each.get("verified")]
    if "whitelabel.read" in scopes:
        answer = client.get("whitelabel/domains", deadline)
        if answer.status == 200:
            domains = [each for each in _listed(answer) if each.get("valid")]
            found = [*(found or []), *(str(each.get("domain")).lower() for each in domains)]
    return found


def _seconds_off(answer: HttpAnswer, now: datetime) -> float | None:
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return (now - theirs.astimezone(UTC)).total_seconds()


def _field(answer: HttpAnswer, name: str) -> list[Any]:
    said = _json(answer)
    found = said.get(name) if isinstance(said, dict) else None
    return found if isinstance(found, list) else []


def _listed(answer: HttpAnswer) -> list[Any]:
    said = _json(answer)
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _json(answer: HttpAnswer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None

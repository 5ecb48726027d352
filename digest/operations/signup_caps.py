"""How much mail the sign-up form may cause: per mailbox, per network and in all, over every process.

Our form must not become somebody's tool to flood a stranger, nor may a stranger keep others from signing up. So a
mailbox has its few messages, a network's requests beyond its share are answered later, and what all together ask beyond
the brake leaves in order. Whoever asks isn't told.
"""

from __future__ import annotations

import ipaddress
import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.addresses import Address, masked
from digest.domain.mailboxes import mailbox_of
from digest.domain.tokens import fingerprint
from digest.storage.form_mail import forget_mailbox, form_mail_due, mail_to_mailbox
from digest.storage.messages import Turn
from digest.storage.tallies import count_one, moment_of

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
MONTH = timedelta(days=30)
PER_MAILBOX_HOUR = 1
PER_MAILBOX_MONTH = 3
PER_NETWORK_HOUR = 20
IN_ALL_HOUR = 1_000
"""The brake: what is due beyond that waits (`messaging`), and the operator is told (`braking`)."""

TURNED_AWAY = "signup-away"
BRAKE, ON = "signup-brake", "on"
"""Counted once, when the operator is told, until it is over."""
_ASKED = "signup-network"

log = logging.getLogger(__name__)


def turn(session: Session, settings: Settings, now: datetime, address: Address, ip: str) -> Turn | None:
    """When a message for this request may leave: its network has a share an hour. None: beyond what it has for a day.

    Counts the request for its network alone, whatever comes of it.
    """
    network = fingerprint(_prefix(ip), settings.suppression_key)
    share_ago = moment_of(session, _ASKED, network, PER_NETWORK_HOUR)
    moment = max(now, share_ago + HOUR) if share_ago else now
    if moment > now + DAY:
        _note_turned_away(session, now, network)
        return None
    count_one(session, _ASKED, network, moment)
    if moment > now:
        at = moment.astimezone(UTC).strftime("%H:%M")
        log.info("a sign-up of %s is answered at %s UTC: its network asks too often", masked(address.key), at)
    return Turn(moment, _hash(settings, address.key))


def may_mail(session: Session, turn: Turn) -> bool:
    """Whether one more message may be queued for this mailbox; all is counted, whatever comes first."""
    this_hour = mail_to_mailbox(session, turn.mailbox, turn.not_before - HOUR, turn.not_before + HOUR)
    this_month = mail_to_mailbox(session, turn.mailbox, turn.not_before - MONTH, turn.not_before + MONTH)
    return this_hour < PER_MAILBOX_HOUR and this_month < PER_MAILBOX_MONTH


def expected(session: Session, now: datetime, turn: Turn) -> datetime:
    """When this message will have left, with what the brake holds back before it."""
    return max(turn.not_before, now + HOUR * (form_mail_due(session, now) // IN_ALL_HOUR))


def braked_since(session: Session) -> datetime | None:
    """Since when more sign-ups come than messages may leave; None while they don't."""
    return moment_of(session, BRAKE, ON)


def forget_mail(session: Session, settings: Settings, address: str) -> None:
    """Drop what was counted for the mailbox of an address."""
    forget_mailbox(session, _hash(settings, address))


def _hash(settings: Settings, address: str) -> str:
    return fingerprint(mailbox_of(address), settings.suppression_key)


def _note_turned_away(session: Session, now: datetime, network: str) -> None:
    """For the desk and the log; once an hour, since a flood must fill neither."""
    noted = moment_of(session, TURNED_AWAY, network)
    if noted is None or now - noted >= HOUR:
        count_one(session, TURNED_AWAY, network, now)
        log.warning("a network has asked for a day’s share of sign-ups (%s): more are not taken", 24 * PER_NETWORK_HOUR)


def _prefix(ip: str) -> str:
    """The network that an address stands for: a household or an office, not one machine."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 56), strict=False))
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24), strict=False))

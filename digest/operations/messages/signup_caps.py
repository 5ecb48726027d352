"""How much mail the sign-up form may cause: per mailbox, per network and in all, over every process.

Our form must not become somebody's tool to flood a stranger, nor may a stranger keep others from signing up. So a
mailbox has its few messages, a network's requests beyond its share are answered later, and what all together ask beyond
the brake leaves in order. Whoever asks isn't told.
"""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared.addresses import Address, masked
from digest.domain.shared.mailboxes import mailbox_of
from digest.domain.shared.tokens import fingerprint
from digest.operations.shared.context import Work
from digest.storage.base.rate_limits import count_one, moment_of
from digest.storage.messages.form_mail import (
    forget_mailbox,
    form_mail_due,
    form_mail_waiting,
    mail_left,
    mail_to_mailbox,
    mail_waits,
)
from digest.storage.messages.messages import Turn

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
MONTH = timedelta(days=30)
OWN_PAGE_LIVES = timedelta(minutes=30)
"""How long a link to one's own page works."""
PER_MAILBOX_HOUR = 1
PER_MAILBOX_SPAN = 3
PER_NETWORK_HOUR = 20
PER_SITE_HOUR = 60
"""For an IPv6 /48, which is what one customer may get (RFC 6177) and has 256 networks in it."""
IN_ALL_HOUR = 1_000
"""The brake: what is due beyond that waits (`next_form_mail`), and the operator is told
(`operations.readers.signup_brake`)."""
MOST_WAITING = 20_000
"""So many wait at most, half of them for those who can't leave at once; the operator is told when there is no room."""

TURNED_AWAY = "signup-away"
BRAKE, ON = "signup-brake", "on"
"""Counted once, when the operator is told, until it is over."""
NO_ROOM = "signup-no-room"
"""Counted under ON at most once a minute while sign-ups are not taken for want of room."""
_ASKED = "signup-network"
SIGN_UP, OWN_PAGE, RETURN, MOVE = "", "own page of ", "return of ", "move to "
"""What a message to a mailbox is for."""

log = logging.getLogger(__name__)


def turn(work: Work, address: Address, ip: str, purpose: str = SIGN_UP) -> Turn | None:
    """When a message for this request may leave: its network has a share an hour. None: beyond what it has for a day,
    or beyond what may wait in all.

    Counts the request for its network alone, whatever comes of it. A mailbox has a share of each purpose: whoever signs
    a stranger up must not keep them from their own page.
    """
    shares = [(fingerprint(prefix, work.settings.suppression_key), share) for prefix, share in _shares(ip)]
    moment = max(
        [work.now, *(ago + HOUR for key, share in shares if (ago := moment_of(work.session, _ASKED, key, share)))]
    )
    if moment > work.now + DAY:
        _note_turned_away(work.session, work.now, shares[0][0])
        return None
    if form_mail_waiting(work.session) >= (MOST_WAITING if moment == work.now else MOST_WAITING // 2):
        _note_no_room(work.session, work.now)
        return None
    for key, _ in shares:
        count_one(work.session, _ASKED, key, moment)
    if moment > work.now:
        at = moment.astimezone(UTC).strftime("%H:%M")
        log.info("a sign-up of %s is answered at %s UTC: its network asks too often", masked(address.key), at)
    return Turn(moment, _hash(work.settings, address.key, purpose))


def turn_to_return(work: Work, address: Address) -> Turn:
    """The turn of who has left and comes back, at once: a share of its own for the mailbox, and none of the network's.

    Nothing ever resets what a mailbox had: whoever holds a forwarded link can leave for its reader again and again.
    """
    return Turn(work.now, _hash(work.settings, address.key, RETURN))


def turn_of_the_desk(work: Work, address: Address) -> Turn:
    """The turn of a link that an admin has sent again, at once: it counts as one that the mailbox asked for."""
    return Turn(work.now, _hash(work.settings, address.key, SIGN_UP))


def may_mail(session: Session, turn: Turn) -> bool:
    """Whether one more message may be queued for this mailbox: one an hour, and three in a month. All is counted,
    whatever comes first.
    """
    this_hour = mail_to_mailbox(session, turn.mailbox, turn.not_before - HOUR, turn.not_before + HOUR)
    in_span = mail_to_mailbox(session, turn.mailbox, turn.not_before - MONTH, turn.not_before + MONTH)
    return this_hour < PER_MAILBOX_HOUR and in_span < PER_MAILBOX_SPAN


def put_off(session: Session, turn: Turn) -> Turn | None:
    """The turn of the next link to somebody's own page, an hour after the last one, and three once it had three in a
    day. None: one waits already, or the last one's link is still good.

    So no stranger keeps a reader from their rights for longer than that, however often they ask.
    """
    left = mail_left(session, turn.mailbox, turn.not_before - DAY)
    last = max(left, default=turn.not_before - DAY)
    if mail_waits(session, turn.mailbox) or turn.not_before - last < OWN_PAGE_LIVES:
        return None
    apart = HOUR if len(left) < PER_MAILBOX_SPAN else 3 * HOUR
    return replace(turn, not_before=max(turn.not_before, last + apart))


def expected(session: Session, now: datetime, turn: Turn) -> datetime:
    """When this message will have left, with what the brake holds back before it."""
    return max(turn.not_before, now + HOUR * (form_mail_due(session, now) // IN_ALL_HOUR))


def braked_since(session: Session) -> datetime | None:
    """Since when more sign-ups come than messages may leave; None while they don't."""
    return moment_of(session, BRAKE, ON)


def forget_mail(session: Session, settings: Settings, address: str) -> None:
    """Drop what was counted for the mailbox of an address."""
    for mailbox in mailboxes_of(settings, address):
        forget_mailbox(session, mailbox)


def mailboxes_of(settings: Settings, address: str) -> list[str]:
    """The keyed hashes under which mail to this address is counted."""
    return [_hash(settings, address, purpose) for purpose in (SIGN_UP, OWN_PAGE, RETURN, MOVE)]


def _hash(settings: Settings, address: str, purpose: str) -> str:
    return fingerprint(f"{purpose}{mailbox_of(address)}", settings.suppression_key)


def _note_turned_away(session: Session, now: datetime, network: str) -> None:
    """For the desk and the log; once an hour, since a flood must fill neither."""
    noted = moment_of(session, TURNED_AWAY, network)
    if noted is None or now - noted >= HOUR:
        count_one(session, TURNED_AWAY, network, now)
        log.warning("a network has asked for a day’s share of sign-ups (%s): more are not taken", 24 * PER_NETWORK_HOUR)


def _note_no_room(session: Session, now: datetime) -> None:
    noted = moment_of(session, NO_ROOM, ON)
    if noted is None or now - noted >= timedelta(minutes=1):
        count_one(session, NO_ROOM, ON, now)


def _shares(ip: str) -> list[tuple[str, int]]:
    """The networks that an address stands for, the narrowest first, each with its share of an hour.

    A household or an office, not one machine; with IPv6 also the site that it belongs to.
    """
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return [("unknown", PER_NETWORK_HOUR)]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return [(_network(address, 56), PER_NETWORK_HOUR), (_network(address, 48), PER_SITE_HOUR)]
        address = address.ipv4_mapped
    return [(_network(address, 24), PER_NETWORK_HOUR)]


def _network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> str:
    return str(ipaddress.ip_network((address, bits), strict=False))

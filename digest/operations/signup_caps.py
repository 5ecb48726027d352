"""How much mail the sign-up form may cause: per address, per network and in all, over every process.

Our form must not become somebody's tool to flood a stranger. Whoever goes over a cap isn't told.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.domain.tokens import fingerprint
from digest.storage.tallies import count_one, counted, forget

HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)
PER_ADDRESS_HOUR = 1
PER_ADDRESS_MONTH = 3
PER_NETWORK_HOUR = 20
IN_ALL_HOUR = 1_000

_MAILED = "signup-mail"
_ASKED = "signup-network"


def admit_network(session: Session, now: datetime, ip: str, key: str) -> bool:
    """Count a request from this network, unless it has had its share; returns whether it may go on."""
    network = fingerprint(_prefix(ip), key)
    if counted(session, _ASKED, now - HOUR, network) >= PER_NETWORK_HOUR:
        return False
    count_one(session, _ASKED, network, now)
    return True


def may_mail(session: Session, now: datetime, address_hash: str) -> bool:
    """Whether one more message may go to this address now; all is counted, whatever comes first."""
    this_hour = counted(session, _MAILED, now - HOUR, address_hash)
    this_month = counted(session, _MAILED, now - MONTH, address_hash)
    in_all = counted(session, _MAILED, now - HOUR)
    return this_hour < PER_ADDRESS_HOUR and this_month < PER_ADDRESS_MONTH and in_all < IN_ALL_HOUR


def count_mail(session: Session, now: datetime, address_hash: str) -> None:
    """Count a message that the form has caused."""
    count_one(session, _MAILED, address_hash, now)


def forget_mail(session: Session, address_hash: str) -> None:
    """Drop an address's count."""
    forget(session, _MAILED, address_hash)


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

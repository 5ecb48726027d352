"""What the name servers say of the domain that mail is sent from: SPF, DKIM and DMARC, as mailboxes will ask for them.

Gmail and Yahoo ask bulk senders for all three, Outlook.com refuses without. With SendGrid's domain authentication the
keys are at `s1._domainkey` and `s2._domainkey`, and SPF is that of a return path of its own, so the domain's own SPF
needs no entry for SendGrid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers, Resolver

SELECTORS = ("s1", "s2")
_NOTHING = (NXDOMAIN, NoAnswer)


class NameServerSilent(Exception):
    """The name servers could not be asked; the message says why."""


@dataclass(frozen=True)
class DomainRecords:
    """What was found: the records as published, empty where there is none."""

    spf: str
    dkim: Sequence[str]
    """The selectors that have a key."""
    dmarc: str
    dmarc_at: str
    """The domain whose policy holds: the sender's own, or the one above it."""


def records_of(domain: str, resolver: Resolver, seconds: float) -> DomainRecords:
    """Ask for all of it, each question for so many seconds at most. Raises NameServerSilent."""
    try:
        spf = _beginning(_texts(resolver, domain, seconds), "v=spf1")
        keys = [each for each in SELECTORS if _key(resolver, f"{each}._domainkey.{domain}", seconds)]
        dmarc, at = _policy(resolver, domain, seconds)
    except NoNameservers:
        raise NameServerSilent("no name server could answer") from None
    except DNSException as error:
        raise NameServerSilent(str(error).partition("\n")[0][:200] or type(error).__name__) from None
    return DomainRecords(spf, keys, dmarc, at)


def _policy(resolver: Resolver, domain: str, seconds: float) -> tuple[str, str]:
    """The policy of the domain, else of those above it that have two names or more (RFC 9091's walk, cut short)."""
    names = domain.split(".")
    for start in range(max(1, len(names) - 1)):
        at = ".".join(names[start:])
        if found := _beginning(_texts(resolver, f"_dmarc.{at}", seconds), "v=dmarc1"):
            return found, at
    return "", ""


def _key(resolver: Resolver, name: str, seconds: float) -> bool:
    """Whether a key is published there; one with an empty `p=` is withdrawn (RFC 6376, 3.6.1)."""
    tags = [tag.replace(" ", "") for text in _texts(resolver, name, seconds) for tag in text.split(";")]
    return any(tag.startswith("p=") and len(tag) > len("p=") for tag in tags)


def _beginning(texts: Sequence[str], with_: str) -> str:
    return next((text for text in texts if text.lower().startswith(with_)), "")


def _texts(resolver: Resolver, name: str, seconds: float) -> list[str]:
    try:
        answer = resolver.resolve(name, "TXT", lifetime=seconds)
    except _NOTHING:
        return []
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]

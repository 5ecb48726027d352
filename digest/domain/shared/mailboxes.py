"""Which mailbox an address leads to: many spellings may lead to one, and it is mailboxes that a flood fills.

Only for counting. Who subscribes is told apart by address: merging two people here costs one of them an hour.
"""

from __future__ import annotations

_SAME = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
}
"""Domains of one provider that share their mailboxes, by the one that stands for them."""

_IGNORED = {"gmail.com": ".", "proton.me": ".-_"}
"""Characters that a provider reads past in what comes before the @."""

_READ_AS_HYPHEN = {"yandex.ru": "."}
"""Characters that a provider reads as a hyphen there."""

_SUBDOMAINS = ("fastmail.com", "fastmail.fm")
"""Providers where anything@name.provider leads to name@provider."""

_SEPARATORS = {"yahoo": "-", "ymail": "-", "rocketmail": "-"}
"""What begins a sub-address beside “+”, by the first label of the domain: yahoo.com, yahoo.co.uk and the like."""


def mailbox_of(address: str) -> str:
    """The mailbox behind an address in its unique form: without sub-address (RFC 5233) and a provider's variants."""
    local, _, domain = address.lower().rpartition("@")
    local, domain = _by_subdomain(local, _SAME.get(domain, domain))
    for separator in ("+", _SEPARATORS.get(domain.partition(".")[0], "+")):
        local = local.partition(separator)[0] or local
    plain = local.translate({ord(character): None for character in _IGNORED.get(domain, "")})
    plain = plain.translate({ord(character): "-" for character in _READ_AS_HYPHEN.get(domain, "")})
    return f"{plain or local}@{domain}"


def _by_subdomain(local: str, domain: str) -> tuple[str, str]:
    name, _, provider = domain.partition(".")
    return (name, provider) if provider in _SUBDOMAINS else (local, domain)

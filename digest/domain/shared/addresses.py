"""What an email address is to us: checked without the network, unique by its lower-cased IDNA form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from digest.domain.shared.invisible import invisible_in

LONGEST = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets


@dataclass(frozen=True)
class Address:
    """`shown` is how the reader writes it; `key` is what makes it unique and what we mail to (ASCII domain)."""

    shown: str
    key: str


_ANY = re.compile(r"\S+@\S+")
_MARKS = ("=?", "?=")
"""How an encoded word begins and ends (RFC 2047, section 2): no whole or half one may be in an address."""
_USUAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@-]*")  # RFC 5322, section 3.2.3, with what joins an address
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[a-z0-9_+-]+(\.[a-z0-9_+-]+)*")  # RFC 5321, section 4.5.3.1.1
_UNMAILABLE = re.compile(r"""=\?|\?=|[^\x21-\x7e]|[,;:<>()\[\]\\"]""")


class BadAddress(ValueError):
    """The text can't be an email address; the message tells a person why and what to do."""


def parse(text: str) -> Address:
    """The address in `text`, white space around it ignored. Raises BadAddress."""
    text = text.strip()
    if not text:
        raise BadAddress("Enter your email address, for example name@example.org.")
    if len(text) > LONGEST:
        raise BadAddress(f"An email address has at most {LONGEST} characters. Check what you entered.")
    if found := invisible_in(text):
        raise BadAddress(f"{_quoted(text)} can’t be an email address: it has a hidden {found} in it. Type it by hand.")
    if _has_encoded_word(text):
        raise BadAddress(
            f"{_quoted(text)} can’t be an email address: mail programs read “=?” and “?=” as a code. Type it by hand."
        )
    try:
        # No DNS: a look-up would tell a name server who subscribes, and would make the form's answer time differ.
        # `test_environment` lets names under .test pass (RFC 2606), which rehearsals use; nothing else changes.
        valid = validate_email(
            text,
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise BadAddress(f"{_quoted(text)} can’t be an email address: {_sentence(str(error))}") from None
    domain = valid.ascii_domain.lower()
    if "." not in domain:
        raise BadAddress(f"{_quoted(text)} lacks the end of its domain, for example “.org”.")
    return Address(shown=valid.normalized, key=f"{valid.local_part.lower()}@{domain}")


def parse_in_file(text: str) -> Address:
    """The same as `parse`, and quicker where one domain stands in many rows. Raises BadAddress.

    For files alone: on a form, its time would tell which domains others have.
    """
    local, _, domain = text.partition("@")
    if _PLAIN_LOCAL.fullmatch(local) and len(text) <= LONGEST and _is_plain_domain(domain):
        return Address(text, text)
    return parse(text)


@lru_cache(maxsize=20_000)
def _is_plain_domain(domain: str) -> bool:
    """Whether it is written as it is mailed to, so that nothing of it is to be changed."""
    try:
        return parse(f"a@{domain}") == Address(f"a@{domain}", f"a@{domain}")
    except BadAddress:
        return False


def _has_encoded_word(text: str) -> bool:
    return any(mark in text for mark in _MARKS)


def as_held(text: str) -> Address:
    """The address in `text`, also one that an older version took in and `parse` refuses now: to show it or erase it.

    Raises BadAddress.
    """
    try:
        return parse(text)
    except BadAddress:
        key = key_of(text.strip()) if _has_encoded_word(text) else None
        if key is None:
            raise
        return Address(text.strip(), key)


def unmailable(address: str) -> str:
    """Why no message may be written to this address, which is kept already; empty if one may.

    The last door, for what an older version took in: an address in a header must be nothing but an address.
    """
    found = _UNMAILABLE.search(address)
    if not found:
        return "" if address.count("@") == 1 else "its address is not one"
    return f"its address has {invisible_in(found[0]) or f'“{found[0]}”'} in it, so no message can be made to it"


def unmailable_among(addresses: Sequence[str]) -> Mapping[int, str]:
    """Those of the addresses that are unmailable, by their index, each with the reason."""
    joined = "".join(addresses)
    if _USUAL.fullmatch(joined) and not _has_encoded_word(joined) and all("@" in address for address in addresses):
        return {}  # as nearly always; looking at each of a thousand takes five times as long
    return {index: why for index, address in enumerate(addresses) if (why := unmailable(address))}


def key_of(text: str) -> str | None:
    """The unique form of an address as somebody else writes it; None if it can't be one.

    Quicker than `parse` for what is nearly always ASCII, and less strict: what matches no address of ours harms nobody.
    Encoded words are let through, so that a bounce still finds a reader whom an older version took in with one.
    """
    if not text.isascii():
        try:
            return parse(text).key
        except BadAddress:
            return None
    local, _, domain = text.rpartition("@")
    usable = local and domain and len(text) <= LONGEST and text.isprintable() and " " not in text
    return text.lower() if usable else None


def masked(address: str) -> str:
    """The address as logs may show it: `a***@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def without_addresses(text: str) -> str:
    """The text with every address in it taken out: for what is kept longer than its readers are."""
    return _ANY.sub("(address)", text)


def _quoted(text: str) -> str:
    # Without controls and turned-round text: what is quoted may stand on a page, in a log or on a terminal.
    printable = "".join(character if character.isprintable() else " " for character in text)
    return f"“{' '.join(printable.split())[:80]}”"


def _sentence(reason: str) -> str:
    return reason if reason.endswith(".") else f"{reason}."

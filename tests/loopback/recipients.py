"""What SendGrid checks in each personalization: readers, headers, substitutions and custom args."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .answers import FieldError

MOST_PERSONALIZATIONS = 1000
MOST_RECIPIENTS = 1000
MOST_BYTES = 10_000
FURTHEST_SEND_AT = 72 * 60 * 60
LONGEST_ADDRESS, LONGEST_LOCAL_PART = 254, 64

RESERVED_HEADERS = frozenset(
    {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"}
    | {"to", "from", "subject", "reply-to", "cc", "bcc"}
)

_HELP = "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LAST_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LAST_LABEL}")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_UNFIT_FOR_TAG = re.compile(r"[\s<>&]")
_UNFIT_FOR_NAME = re.compile(r"[;,\r\n]")


@dataclass(frozen=True)
class Checks:
    """What the checks depend on besides the request: the time, and addresses to call invalid."""

    now: float
    refused: Collection[str]


def faults_in_personalizations(payload: Mapping[str, Any], checks: Checks) -> Iterator[FieldError]:
    """What is wrong with a request's readers; a fault names the personalization, where one is to blame."""
    people = payload.get("personalizations", [])
    yield from _numbers(people)
    shared = payload.get("custom_args", {})
    sender = payload.get("from", {}).get("email", "")
    for number, one in enumerate(people):
        where = f"personalizations.{number}"
        yield from _readers(one, where, checks)
        yield from faults_in_headers(one.get("headers", {}), f"{where}.headers")
        yield from _substitutions(one.get("substitutions", {}), f"{where}.substitutions")
        yield from _weight({**shared, **one.get("custom_args", {})}, f"{where}.custom_args")
        if "subject" in one or "send_at" in one or "from" in one:
            yield from _seldom(one, where, sender, checks.now)
    yield from _repeated(people)


def _numbers(people: list[dict[str, Any]]) -> Iterator[FieldError]:
    if not 1 <= len(people) <= MOST_PERSONALIZATIONS:
        yield FieldError("Give 1 to 1000 personalizations.", "personalizations", _HELP)
    if sum(len(one.get(key, ())) for one in people for key in ("to", "cc", "bcc")) > MOST_RECIPIENTS:
        yield FieldError("No more than 1000 recipients in one request.", "personalizations", _HELP)


def _readers(one: Mapping[str, Any], where: str, checks: Checks) -> Iterator[FieldError]:
    if not one.get("to"):
        yield FieldError("The to array needs at least one recipient.", f"{where}.to", _HELP)
    for key in ("to", "cc", "bcc"):
        for number, person in enumerate(one.get(key, ())):
            yield from address_fault(person, f"{where}.{key}.{number}", checks.refused)


def address_fault(
    person: Mapping[str, str], where: str, refused: Collection[str] = frozenset()
) -> Iterator[FieldError]:
    """What is wrong with one `{email, name}`, as SendGrid would name it under `where`."""
    email = person.get("email", "")
    if not _valid(email) or email.lower() in refused:
        yield FieldError("Does not contain a valid address.", f"{where}.email", _HELP)
    if "name" in person and _UNFIT_FOR_NAME.search(person["name"]):
        yield FieldError("A name has no semicolon, comma or line break.", f"{where}.name", _HELP)


def _valid(email: str) -> bool:
    if len(email) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(email):
        return False
    return email.index("@") <= LONGEST_LOCAL_PART


def faults_in_headers(headers: Mapping[str, str], where: str) -> Iterator[FieldError]:
    """What is wrong with custom headers: reserved, badly named, or a value that would break the message."""
    for name, value in headers.items():
        if name.lower() in RESERVED_HEADERS or not _HEADER_NAME.fullmatch(name):
            yield FieldError("This header may not be set.", f"{where}.{name}", _HELP)
        if broken_line(value) or not value.isascii():
            yield FieldError("A header's value is one line of ASCII.", f"{where}.{name}", _HELP)


def broken_line(text: str) -> bool:
    """Whether a text would go on in a second line."""
    return "\n" in text or "\r" in text


def _substitutions(values: Mapping[str, str], where: str) -> Iterator[FieldError]:
    for tag in values:
        if not tag or _UNFIT_FOR_TAG.search(tag):
            yield FieldError("A substitution tag has no space, <, > or &.", where, _HELP)
    yield from _weight(values, where)


def _weight(values: Mapping[str, str], where: str) -> Iterator[FieldError]:
    characters = sum(map(len, values)) + sum(map(len, values.values())) + 6 * len(values)
    # In JSON a character takes six bytes at most, so a text far below the limit need not be encoded.
    if characters * 6 >= MOST_BYTES and len(json.dumps(values, ensure_ascii=False).encode()) >= MOST_BYTES:
        yield FieldError("No more than 10,000 bytes for each personalization.", where, _HELP)


def _seldom(one: Mapping[str, Any], where: str, sender: str, now: float) -> Iterator[FieldError]:
    if broken_line(one.get("subject", "")):
        yield FieldError("A subject is one line.", f"{where}.subject", _HELP)
    if "from" in one:
        yield from address_fault(one["from"], f"{where}.from")
        if _domain(one["from"].get("email", "")) != _domain(sender):
            yield FieldError("Must have the domain of the message's from.", f"{where}.from.email", _HELP)
    yield from faults_in_send_at(one, f"{where}.send_at", now)


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


def faults_in_send_at(part: Mapping[str, Any], where: str, now: float) -> Iterator[FieldError]:
    """Whether a message is to wait for longer than SendGrid keeps one."""
    if part.get("send_at", 0) > now + FURTHEST_SEND_AT:
        yield FieldError("No more than 72 hours ahead.", where, _HELP)


def _repeated(people: list[dict[str, Any]]) -> Iterator[FieldError]:
    """SendGrid compares without regard to case, and blames no personalization by number."""
    seen: set[str] = set()
    for one in people:
        for key in ("to", "cc", "bcc"):
            for person in one.get(key, ()):
                email = person.get("email", "").lower()
                if email in seen:
                    yield FieldError(f"Each address may be given once: [{email}].", "personalizations", _HELP)
                    return
                seen.add(email)

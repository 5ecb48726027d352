"""What SendGrid checks in a request to send mail, as far as its pages and its known answers tell.

Sources: the description of `POST /v3/mail/send`, and its page of mail errors. Where they disagree (10,000 or
50,000 bytes of substitutions), the stricter figure holds here.
"""

import re
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .answers import FieldError
from .recipients import (
    Checks,
    address_fault,
    broken_line,
    faults_in_headers,
    faults_in_personalizations,
    faults_in_send_at,
)
from .shapes import BAD_REQUEST, faults_in_shape

MOST_CATEGORIES = 10
LONGEST_CATEGORY = 255
PLAIN, HTML = "text/plain", "text/html"

_CATEGORY = re.compile(r"[\x20-\x7e]+")


def faults_in(payload: object, *, now: float | None = None, refused: Collection[str] = frozenset()) -> list[FieldError]:
    """Everything that SendGrid would refuse in a decoded request, empty if it would answer 202.

    `now` is in Unix seconds, by default the clock's; `refused` are addresses to be called invalid although
    they look well, in lower case. A wrong type is told alone, since SendGrid reads no further.
    """
    if not isinstance(payload, dict):
        return [BAD_REQUEST]
    shape = list(faults_in_shape(payload))
    if BAD_REQUEST in shape:
        return [BAD_REQUEST]
    return shape or list(_faults(payload, Checks(time.time() if now is None else now, refused)))


def _faults(payload: Mapping[str, Any], checks: Checks) -> Iterator[FieldError]:
    yield from faults_in_personalizations(payload, checks)
    yield from _sender(payload)
    yield from _subject(payload)
    yield from _content(payload.get("content", []))
    yield from faults_in_headers(payload.get("headers", {}), "headers")
    yield from _categories(payload.get("categories", []))
    yield from faults_in_send_at(payload, "send_at", checks.now)


def _sender(payload: Mapping[str, Any]) -> Iterator[FieldError]:
    if "from" not in payload:
        yield FieldError("The from object is required.", "from")
    for key in ("from", "reply_to"):
        if key in payload:
            yield from address_fault(payload[key], key)
    for number, person in enumerate(payload.get("reply_to_list", [])):
        yield from address_fault(person, f"reply_to_list.{number}")
    if "reply_to" in payload and "reply_to_list" in payload:
        yield FieldError("Give reply_to or reply_to_list, not both.", "reply_to_list")


def _subject(payload: Mapping[str, Any]) -> Iterator[FieldError]:
    everywhere = all(one.get("subject") for one in payload.get("personalizations", []))
    if not payload.get("subject") and not everywhere:
        yield FieldError("A subject is required, here or in every personalization.", "subject")
    if broken_line(payload.get("subject", "")):
        yield FieldError("A subject is one line.", "subject")


def _content(content: list[dict[str, str]]) -> Iterator[FieldError]:
    kinds = [part.get("type") for part in content]
    if not content:
        yield FieldError("At least one content block is required.", "content")
    if PLAIN in kinds[1:]:
        yield FieldError("text/plain comes first, then text/html.", "content")
    if HTML in kinds and kinds.index(HTML) > kinds.count(PLAIN):
        yield FieldError("text/html comes next after text/plain.", "content")
    if len(set(kinds)) < len(kinds):
        yield FieldError("Each type of content may be given once.", "content")
    for number, part in enumerate(content):
        for key in ("type", "value"):
            if not part.get(key):
                yield FieldError("Needs at least one character.", f"content.{number}.{key}")


def _categories(categories: list[str]) -> Iterator[FieldError]:
    if len(categories) > MOST_CATEGORIES:
        yield FieldError("No more than ten categories.", "categories")
    if len(set(categories)) < len(categories):
        yield FieldError("Categories are unique.", "categories")
    for number, category in enumerate(categories):
        if len(category) > LONGEST_CATEGORY or not _CATEGORY.fullmatch(category):
            yield FieldError("A category is 1 to 255 ASCII characters.", f"categories.{number}")

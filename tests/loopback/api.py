"""The endpoints: what SendGrid, in good health, would answer to a request."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

from .answers import Answer, FieldError, json_answer, refusal
from .journal import Copy
from .orders import MAIL_SEND
from .rules import faults_in
from .shapes import BAD_REQUEST

ERASE = "/v3/recipients/erasejob"
SUPPRESSIONS = ("bounces", "blocks", "spam_reports", "invalid_emails")
DEFAULT_KEY = "SG.loopback"
LARGEST_BODY = 30_000_000
MOST_ERASED = 5000
MOST_SUPPRESSIONS = 500


@dataclass
class Account:
    """What the account is and holds; a test may change any of it at any time.

    A body of `largest_body` bytes or more is refused with 413. `refused` are addresses, in lower case, that
    SendGrid calls invalid although they look well. `suppressed` entries are SendGrid's own objects: `email`
    and `created` (Unix seconds) at least.
    """

    key: str = DEFAULT_KEY
    scopes: tuple[str, ...] = (
        "mail.send",
        "suppression.read",
        "tracking_settings.read",
        "recipients.erasejob.create",
    )
    tracking: dict[str, bool] = field(
        default_factory=lambda: dict.fromkeys(("open", "click", "google_analytics", "subscription"), False)
    )
    suppressed: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SUPPRESSIONS})
    refused: set[str] = field(default_factory=set)
    erased: list[str] = field(default_factory=list)
    largest_body: int = LARGEST_BODY
    lenient: bool = False


@dataclass(frozen=True)
class Request:
    """A request whose whole body has come."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    now: float


@dataclass(frozen=True)
class Verdict:
    """What a healthy SendGrid answers, and what it read on the way."""

    answer: Answer
    errors: tuple[FieldError, ...] = ()
    payload: dict[str, Any] | None = None
    copies: tuple[Copy, ...] = ()
    count: int = 0
    message_id: str | None = None


def judge(account: Account, request: Request) -> Verdict:
    """The verdict on one request; nothing in the account is changed."""
    if request.headers.get("authorization") != f"Bearer {account.key}":
        return _refused(401, FieldError("The key is missing, wrong or withdrawn"))
    for prefix, method, endpoint in _ENDPOINTS:
        if request.path == prefix or (prefix.endswith("/") and request.path.startswith(prefix)):
            known = request.method == method
            return endpoint(account, request) if known else _refused(405, FieldError("Method not allowed"))
    return _refused(404, FieldError("Not found"))


def _send(account: Account, request: Request) -> Verdict:
    if len(request.body) >= account.largest_body:
        return _refused(413, FieldError("The request is too large"))
    if not request.headers.get("content-type", "").startswith("application/json"):
        return _refused(415, FieldError("Content-Type must be application/json."))
    if "mail.send" not in account.scopes:
        return _refused(403, FieldError("This key may not send mail"))
    # Where only speed is measured, counting the key is enough; inside a string its quotes would be escaped.
    return _accepted(None, (), request.body.count(b'"to"')) if account.lenient else _checked(account, request)


def _checked(account: Account, request: Request) -> Verdict:
    try:
        payload = json.loads(request.body)
    except ValueError:
        return _refused(400, BAD_REQUEST)
    errors = faults_in(payload, now=request.now, refused=account.refused)
    if errors:
        return _refused(400, *errors, payload=payload if isinstance(payload, dict) else None)
    copies = _copies(payload)
    if payload.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
        return Verdict(Answer(200), payload=payload, copies=copies, count=len(copies))
    return _accepted(payload, copies, len(copies))


def _copies(payload: Mapping[str, Any]) -> tuple[Copy, ...]:
    shared = payload.get("custom_args", {})
    return tuple(
        Copy(person["email"], {**shared, **one.get("custom_args", {})})
        for one in payload["personalizations"]
        for person in (*one.get("to", ()), *one.get("cc", ()), *one.get("bcc", ()))
    )


def _accepted(payload: dict[str, Any] | None, copies: tuple[Copy, ...], count: int) -> Verdict:
    message_id = uuid.uuid4().hex[:22]
    answer = Answer(202, headers=(("X-Message-Id", message_id),))
    return Verdict(answer, payload=payload, copies=copies, count=count, message_id=message_id)


def _scopes(account: Account, request: Request) -> Verdict:
    when = (("Date", formatdate(request.now, usegmt=True)),)
    return Verdict(json_answer(200, {"scopes": list(account.scopes)}, when))


def _tracking(account: Account, request: Request) -> Verdict:  # noqa: ARG001
    listed = [
        {"name": name, "title": name.replace("_", " ").title(), "description": "", "enabled": enabled}
        for name, enabled in account.tracking.items()
    ]
    return Verdict(json_answer(200, {"result": listed}))


def _suppressed(account: Account, request: Request) -> Verdict:
    entries = account.suppressed.get(request.path.rpartition("/")[2])
    if entries is None:
        return _refused(404, FieldError("Not found"))
    try:
        asked = {name: int(values[0]) for name, values in parse_qs(request.query).items()}
    except ValueError:
        return _refused(400, FieldError("Times, limit and offset are whole numbers"))
    limit, offset = asked.get("limit", MOST_SUPPRESSIONS), asked.get("offset", 0)
    if not 1 <= limit <= MOST_SUPPRESSIONS:
        return _refused(400, FieldError("The limit is 1 to 500", "limit"))
    start, end = asked.get("start_time", 0), asked.get("end_time", request.now)
    found = [entry for entry in list(entries) if start <= entry["created"] <= end]
    return Verdict(json_answer(200, found[offset : offset + limit]))


def _erase(account: Account, request: Request) -> Verdict:
    try:
        payload = json.loads(request.body)
        addresses = payload["email_addresses"]
    except (ValueError, KeyError, TypeError):
        return _refused(400, BAD_REQUEST)
    if not isinstance(addresses, list) or not 1 <= len(addresses) <= MOST_ERASED:
        return _refused(400, FieldError("Give 1 to 5000 addresses", "email_addresses"))
    if any(address.lower() in account.refused for address in addresses):
        return _refused(400, FieldError("An address is invalid", "email_addresses"))
    return Verdict(json_answer(202, {"job_id": str(uuid.uuid4())}), payload=payload)


def _refused(status: int, *errors: FieldError, payload: dict[str, Any] | None = None) -> Verdict:
    return Verdict(refusal(status, errors), errors, payload)


_ENDPOINTS: tuple[tuple[str, str, Callable[[Account, Request], Verdict]], ...] = (
    (MAIL_SEND, "POST", _send),
    ("/v3/scopes", "GET", _scopes),
    ("/v3/tracking_settings", "GET", _tracking),
    ("/v3/suppression/", "GET", _suppressed),
    (ERASE, "POST", _erase),
)

"""SendGrid as a transport: what a request says, and what each of its answers means (POST /v3/mail/send)."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any

from digest.domain.shared.addresses import unmailable, unmailable_among, without_addresses
from digest.mail.message.rendering import Identity, Rendered
from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.headers import checked
from digest.mail.outgoing.interface import (
    Answer,
    Bulk,
    Certainty,
    ListMark,
    ListPage,
    Single,
    UnreadList,
    leave_headers,
)
from digest.mail.outgoing.making import MakingFault, not_made, not_made_for, tried
from digest.mail.sendgrid.client import HttpAnswer, NoAnswer, NotSent, SendGridClient
from digest.mail.sendgrid.suppression_lists import read_lists

DEADLINE_SECONDS = 30.0
"""How long a request may take in all; its lease in the database is longer."""

PROBE_SECONDS = 10.0

_TRACKERS_OFF = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
_OFFENDER = re.compile(r"personalizations(?:\.|\[)(\d+)")


class SendGridTransport:
    """Hands messages to SendGrid. Threads may share it."""

    def __init__(self, api_key: str, host: str, identity: Identity) -> None:
        self._client = SendGridClient(api_key, host)
        self._identity = identity

    def send_bulk(self, bulk: Bulk) -> Answer:
        """One request for up to 1,000 recipients. For whom none can be made is an offender, before any byte leaves."""
        if found := unmailable_among([address for address, *_ in bulk.recipients]):
            return not_made({index: MakingFault(why) for index, why in found.items()})
        body = tried(lambda: request_body(self._shared(bulk), personalizations(bulk)))
        if isinstance(body, MakingFault):
            alone = [replace(bulk, recipients=[recipient]) for recipient in bulk.recipients]
            return not_made_for(len(alone), body, lambda index: personalizations(alone[index]))
        return self._post(body, bulk.deadline)

    def send_single(self, single: Single) -> Answer:
        """One request for one message."""
        if why := unmailable(single.recipient):
            return not_made({0: MakingFault(why)})
        person = {"to": [{"email": single.recipient}], "custom_args": {"digest_message": single.reference}}
        body = tried(lambda: request_body(self._shared(single), json.dumps(person)))
        if isinstance(body, MakingFault):
            return not_made({0: body})
        return self._post(body, ticking() + DEADLINE_SECONDS)

    def probe(self) -> bool:
        """GET /v3/scopes, which changes nothing: whether it is answered below 500."""
        try:
            return self._client.get("scopes", ticking() + PROBE_SECONDS).status < 500
        except (NotSent, NoAnswer):
            return False

    def erase(self, addresses: Sequence[str]) -> Answer:
        """POST /v3/recipients/erasejob: a job of SendGrid's own, taken on with 202."""
        body = json.dumps({"email_addresses": list(addresses)}).encode("ascii")
        try:
            answer = self._client.post("recipients/erasejob", body, ticking() + DEADLINE_SECONDS)
        except NotSent as error:
            return Answer(Certainty.RETRY, detail=f"SendGrid could not be reached ({error})")
        except NoAnswer as error:
            return Answer(Certainty.UNKNOWN, detail=f"no complete answer from SendGrid ({error})")
        return judge(answer)

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        """The account's lists of bounces, spam reports and invalid addresses."""
        return read_lists(self._client, since, until, deadline)

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._client.close()

    def _shared(self, message: Bulk | Single) -> str:
        return _envelope(
            self._identity.named(message.sender_name),
            message.rendered,
            tuple(message.headers.items()),
            message.category,
        )

    def _post(self, body: bytes, deadline: float) -> Answer:
        try:
            answer = self._client.post_mail(body, deadline)
        except NotSent as error:
            return Answer(Certainty.RETRY, detail=f"SendGrid could not be reached ({error})")
        except NoAnswer as error:
            return Answer(Certainty.UNKNOWN, detail=f"no complete answer from SendGrid ({error})")
        return judge(answer)


def personalizations(bulk: Bulk) -> str:
    """The recipients as JSON, with commas between them.

    Written into a ready pattern, all in one go: dicts for a thousand readers, and their encoding, take eight times as
    long. Tokens need no escaping; addresses are escaped, and the rest is escaped once for all.
    """
    quoted = encode_basestring_ascii
    days = {day for _, _, _, day, _ in bulk.recipients}
    since = {day: quoted(html.escape(day)) for day in days}
    values = [
        value
        for address, leave, choose, day, delivery in bulk.recipients
        for value in (quoted(address), leave, leave, choose, since[day], delivery)
    ]
    return ",".join([_pattern(bulk)] * len(bulk.recipients)) % tuple(values)


def _pattern(bulk: Bulk) -> str:
    """One personalization with `%` in the places of what differs: address, leave twice, choose, since, delivery."""
    leave, choose = html.escape(bulk.leave_root), html.escape(bulk.choose_root)
    person = {
        "to": [{"email": "\0"}],
        "headers": leave_headers(bulk.leave_root + "\1"),
        "substitutions": {
            bulk.tags.unsubscribe: leave + "\1",
            bulk.tags.preferences: choose + "\1",
            bulk.tags.since: "\0",
        },
        "custom_args": {
            "digest_issue": bulk.issue,
            "digest_batch": str(bulk.batch),
            "digest_attempt": bulk.attempt,
            "digest_delivery": "\2",
        },
    }
    pattern = json.dumps(person).replace("%", "%%")
    return pattern.replace('"\\u0000"', "%s").replace("\\u0001", "%s").replace("\\u0002", "%d")


@lru_cache(maxsize=8)
def _envelope(identity: Identity, rendered: Rendered, headers: tuple[tuple[str, str], ...], category: str) -> str:
    """What all recipients share, as JSON without its closing brace. Kept, because every batch of an edition has it.

    The subject and the sender's name are told as they are, also where they quote an encoded word: the API takes text,
    and says nothing of encoding it (POST /v3/mail/send). Were SendGrid to write one unencoded, a reader's program would
    show what it stands for, which can't make a header any more; were we to encode it first, all would see the code.
    So line breaks and controls are refused here, and pre-flight warns of an encoded word. Raises Unmakeable.
    """
    for name, text in (("Subject", rendered.subject), ("From", identity.name), *headers):
        checked(name, text)
    request = {
        "from": {"email": identity.sender, "name": identity.name},
        "subject": rendered.subject,
        "content": [
            {"type": "text/plain", "value": rendered.text},
            {"type": "text/html", "value": rendered.html},
        ],
        "headers": dict(headers),
        "categories": [category],
        "tracking_settings": _TRACKERS_OFF,
    }
    if identity.reply_to:
        request["reply_to"] = {"email": identity.reply_to}
    return json.dumps(request)[:-1]


def request_body(envelope: str, people: str) -> bytes:
    """The whole request: what all share, then the recipients."""
    return f'{envelope}, "personalizations": [{people}]}}'.encode("ascii")


OUTCOMES: Mapping[int, Certainty] = {
    202: Certainty.ACCEPTED,
    400: Certainty.OFFENDERS,  # if its errors blame recipients and nothing else
    408: Certainty.UNKNOWN,
    413: Certainty.TOO_LARGE,
    429: Certainty.RETRY,
}
"""What a complete answer makes certain, by its status. Any other 4xx is a refusal, and all the rest is unknown."""


def certainty_of(status: int) -> Certainty:
    """What an answer with this status makes certain."""
    return OUTCOMES.get(status) or (Certainty.REFUSED if 400 <= status < 500 else Certainty.UNKNOWN)


def judge(answer: HttpAnswer) -> Answer:
    """What a complete answer means. Anything that is not certain is unknown."""
    certainty = certainty_of(answer.status)
    if certainty is Certainty.ACCEPTED:
        return Answer(certainty, answer.status, message_id=answer.headers.get("x-message-id", ""))
    detail = _detail(answer)
    if certainty is Certainty.OFFENDERS:
        return _bad_request(answer, detail)
    if certainty is Certainty.RETRY:
        return Answer(certainty, answer.status, detail=detail, retry_after=_reset(answer), too_many=True)
    return Answer(certainty, answer.status, detail=detail)


def _bad_request(answer: HttpAnswer, detail: str) -> Answer:
    """One bad address fails a whole request: where every error names a recipient, only those are at fault."""
    offenders: dict[int, str] = {}
    errors = _errors(answer)
    for error in errors:
        field = str(error.get("field") or "")
        if not field.startswith("personalizations"):
            return Answer(Certainty.REFUSED, answer.status, detail=detail)
        if found := _OFFENDER.match(field):
            offenders.setdefault(int(found[1]), f"{error.get('message') or 'refused'} ({field})")
    if not errors:
        return Answer(Certainty.REFUSED, answer.status, detail=detail)
    return Answer(Certainty.OFFENDERS, answer.status, detail=detail, offenders=offenders)


def _errors(answer: HttpAnswer) -> list[Mapping[str, Any]]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return []
    errors = said.get("errors") if isinstance(said, dict) else None
    found = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    # The words are kept with the account, which outlives its readers: no address may stay in them.
    return [{**error, "message": without_addresses(str(error.get("message") or ""))} for error in found]


def _detail(answer: HttpAnswer) -> str:
    words = "; ".join(
        f"{error.get('message')} ({error['field']})" if error.get("field") else str(error.get("message"))
        for error in _errors(answer)
    )
    return f"SendGrid answered {answer.status}" + (f": {words}" if words else "")


def _reset(answer: HttpAnswer) -> float | None:
    """Seconds until the limit is lifted, by X-RateLimit-Reset (unix seconds), at least one; None if not said."""
    said = answer.headers.get("x-ratelimit-reset", "")
    return max(1.0, min(3_600.0, float(said) - time.time())) if said.isdigit() else None

"""What SendGrid reports of the account itself: suspended, deactivated, banned, and active again.

Facts: twilio.com/docs/sendgrid, “Event Webhook Reference”, account events (`event`, `type`, `timestamp`, `sg_event_id`;
no address), and support.sendgrid.com, “Account Under Review”, on what each state means for mail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_EVENT = b"account_status_change"
_WORD = re.compile(r"[a-z][a-z0-9_ -]{0,49}")
_NO_WORD = "unknown"
_ID = re.compile(r"[!-~]{1,100}")


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One report. `event` is its id, empty where it has none that can be kept."""

    word: str
    at: datetime
    event: str

    @property
    def well(self) -> bool:
        """Whether mail goes as it should."""
        return self.word in _WELL


@dataclass(frozen=True)
class Words:
    """What a state is called, and what it means for mail."""

    heading: str
    meaning: str


def account_changes(body: bytes, now: datetime) -> list[AccountChange]:
    """The reports of this kind in the body of a POST that is an array of events; most have none."""
    if _EVENT not in body:
        return []
    found = [one for one in json.loads(body) if isinstance(one, dict) and one.get("event") == _EVENT.decode()]
    return [_change(one, now) for one in found]


def in_words(word: str) -> Words:
    """A state as people are told of it."""
    unknown = Words(
        f"SendGrid says of the account: “{word}”",
        "What that means for mail is not known here. Look into SendGrid, and whether messages still arrive.",
    )
    return _WORDS.get(word, unknown)


def _change(found: Mapping[str, object], now: datetime) -> AccountChange:
    word, event = str(found.get("type", "")).strip().lower(), str(found.get("sg_event_id", ""))
    return AccountChange(
        word if _WORD.fullmatch(word) else _NO_WORD,
        _at(found.get("timestamp"), now),
        event if _ID.fullmatch(event) else "",
    )


def _at(seconds: object, now: datetime) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < now.timestamp():
        return now
    return datetime.fromtimestamp(seconds, UTC)


_ANSWER = "Answer the message that SendGrid has sent to the account’s owner: only that mends it."
_AGAIN = Words("SendGrid has made the account active again", "Mail goes as before; what was queued goes now.")

_WORDS: Mapping[str, Words] = {
    "compliance_suspend": Words(
        "SendGrid has suspended the account",
        "It still takes mail, but queues it for up to 72 hours and then throws it away, and calls it accepted all the "
        f"same. Put the issue on hold, or stop the send, until this is mended. {_ANSWER}",
    ),
    "compliance_deactivate": Words(
        "SendGrid has deactivated the account",
        "It sends nothing, and has thrown away what was queued: issues of the last days may not have arrived. "
        f"{_ANSWER}",
    ),
    "compliance_ban": Words(
        "SendGrid has banned the account",
        "It takes no mail any more, and its keys are dead. Write to SendGrid, or use another account and its key.",
    ),
    "reactivate": _AGAIN,
    "compliance_reactivate": _AGAIN,
    "activate": _AGAIN,
    "compliance_activate": _AGAIN,
}
_WELL = frozenset(word for word, words in _WORDS.items() if words is _AGAIN)

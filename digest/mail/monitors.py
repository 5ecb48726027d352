"""The operator's own monitors: alerts POSTed as JSON, and a heartbeat that an outside monitor waits for.

Mail may be what is broken, so alerts also go another way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import urllib3

from digest.mail.failures import in_words
from digest.mail.interface import Answer, Bulk, Certainty, ListMark, ListPage, Single, Transport, UnreadList

ALERT = "alert"
"""The category of a single message that goes to ALERT_URL instead of a mailbox; its text part is the JSON."""

_PATIENCE = urllib3.Timeout(connect=5.0, read=10.0)


@dataclass(frozen=True)
class Alert:
    """What an alert says. `site` and `link` are addresses."""

    site: str
    heading: str
    text: str
    link: str

    def as_json(self) -> str:
        """The body that is POSTed."""
        return json.dumps({"site": self.site, "heading": self.heading, "text": self.text, "link": self.link})


class AlertingTransport:
    """Takes alerts to the operator's monitor and leaves everything else to the transport behind it."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Hand over to the transport."""
        return self._inner.send_bulk(bulk)

    def send_single(self, single: Single) -> Answer:
        """POST an alert to its address; hand anything else to the transport."""
        if single.category != ALERT:
            return self._inner.send_single(single)
        return _post(single.recipient, single.rendered.text)

    def probe(self) -> bool:
        """Ask the transport."""
        return self._inner.probe()

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        """Ask the transport."""
        return self._inner.suppressed(since, until, deadline)

    def close(self) -> None:
        """Close the transport."""
        self._inner.close()


def ping(url: str) -> str | None:
    """GET the heartbeat's address; None if it answered well, else what was wrong. Never raises for the other side."""
    answer = _request("GET", url, None)
    return None if answer.certainty is Certainty.ACCEPTED else answer.detail


def _post(url: str, body: str) -> Answer:
    return _request("POST", url, body)


def _request(method: str, url: str, body: str | None) -> Answer:
    with urllib3.PoolManager(timeout=_PATIENCE, retries=False) as pool:
        try:
            response = pool.request(
                method, url, body=body, headers={"Content-Type": "application/json"}, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            return Answer(Certainty.RETRY, detail=f"the monitor could not be reached ({in_words(error)})")
    if 200 <= response.status < 300:
        return Answer(Certainty.ACCEPTED, response.status)
    return Answer(Certainty.RETRY, response.status, detail=f"the monitor answered {response.status}")

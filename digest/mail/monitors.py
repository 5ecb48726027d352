"""The operator's own monitors: alerts POSTed as JSON, and a heartbeat that an outside monitor waits for.

Mail may be what is broken, so alerts also go another way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

import urllib3

from digest.mail.outgoing.failures import in_words
from digest.mail.outgoing.interface import Answer, Certainty

_JSON = {"Content-Type": "application/json"}
ALERT = "alert"
"""The category of a single message that goes to ALERT_URL instead of a mailbox; its text part is the JSON."""

_PATIENCE = urllib3.Timeout(total=10.0)
"""What a monitor says is not read, so that none can hold up whoever tells it something by dripping."""


@dataclass(frozen=True)
class AlertPost:
    """What an alert says. `site` and `link` are addresses.

    `id` is of this one telling: it may come twice, and whoever has seen it may pass over it. `cause` is the same from
    `begun` to `over`.
    """

    site: str
    heading: str
    text: str
    link: str
    id: str
    cause: str
    state: str

    def as_json(self) -> str:
        """The body that is POSTed."""
        return json.dumps(asdict(self))


def post_alert(url: str, body: str) -> Answer:
    """POST an alert's JSON to the operator's monitor; what came of it. Never raises for the other side."""
    return _request("POST", url, body)


def post_event(url: str, body: str, headers: Mapping[str, str]) -> Answer:
    """POST an event's JSON to the operator's own service; what came of it. Never raises for the other side."""
    return _request("POST", url, body, headers)


def ping(url: str) -> str | None:
    """GET the heartbeat's address; None if it answered well, else what was wrong. Never raises for the other side."""
    answer = _request("GET", url, None)
    return None if answer.certainty is Certainty.ACCEPTED else answer.detail


class SiteSilent(Exception):
    """Nothing answers at the site's address; the message says why."""


@dataclass(frozen=True)
class SiteSeen:
    """The site as somebody else reaches it."""

    status: int
    is_digest: bool
    """Whether `/health` is answered as Digest does, healthy or not."""
    has_hsts: bool
    redirected_to: str


def look_at_site(url: str, seconds: float) -> SiteSeen:
    """GET `/health` of the site at that address, within so many seconds. Raises SiteSilent."""
    with urllib3.PoolManager(timeout=urllib3.Timeout(total=seconds), retries=False) as pool:
        try:
            response = pool.request("GET", f"{url}/health", redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise SiteSilent(in_words(error)) from None
    try:
        said = json.loads(response.data)
    except ValueError:
        said = None
    return SiteSeen(
        response.status,
        isinstance(said, dict) and {"status", "clock", "migrations"} <= said.keys(),
        "strict-transport-security" in response.headers,
        response.headers.get("location", "") if 300 <= response.status < 400 else "",
    )


def _request(method: str, url: str, body: str | None, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
    with urllib3.PoolManager(timeout=_PATIENCE, retries=False) as pool:
        try:
            response = pool.request(
                method, url, body=body, headers={**_JSON, **headers}, redirect=False, preload_content=False
            )
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            return Answer(Certainty.RETRY, detail=f"the monitor could not be reached ({in_words(error)})")
    if 200 <= response.status < 300:
        return Answer(Certainty.ACCEPTED, response.status)
    return Answer(Certainty.RETRY, response.status, detail=f"the monitor answered {response.status}")

"""SendGrid's own suppression lists (GET /v3/suppression/…): whom the account mails no more, whatever we ask.

Reading them repairs what a lost event left wrong. Blocks are not among them: SendGrid tries those addresses again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from digest.mail.deadline import ticking
from digest.mail.outbox import Listed, Page, SuppressionList, Trouble
from digest.mail.sendgrid_client import HttpAnswer, NoAnswer, NotSent, SendGridClient

PAGE_SIZE = 500
"""The most that SendGrid lists at once."""

PAGE_SECONDS = 15.0
"""How long one page may take; all of them together end at the caller's deadline."""


def read_lists(
    client: SendGridClient, since: datetime | None, deadline: float, page_size: int = PAGE_SIZE
) -> Iterator[Page | Trouble]:
    """Every list, page by page: entries since that moment, or all. Trouble with one list does not keep from the next.

    `deadline` is on `deadline.ticking`. Raises nothing for what SendGrid does.
    """
    for name in SuppressionList:
        yield from _read_list(client, name, since, deadline, page_size)


def _read_list(
    client: SendGridClient, name: SuppressionList, since: datetime | None, deadline: float, page_size: int
) -> Iterator[Page | Trouble]:
    query = {"limit": page_size, "offset": 0}
    if since is not None:
        query["start_time"] = max(0, int(since.timestamp()))
    while True:
        page = _read_page(client, name, query, deadline)
        yield page
        if isinstance(page, Trouble) or len(page.entries) < page_size:
            return
        query["offset"] += page_size


def _read_page(client: SendGridClient, name: SuppressionList, query: dict[str, int], deadline: float) -> Page | Trouble:
    until = min(deadline, ticking() + PAGE_SECONDS)
    try:
        answer = client.get(f"suppression/{name}", until, query)
    except (NotSent, NoAnswer) as error:
        late = ticking() >= until
        return Trouble(name, "SendGrid took too long" if late else f"SendGrid could not be asked ({error})")
    if answer.status != 200:
        return Trouble(name, _REFUSALS.get(answer.status, f"SendGrid answered {answer.status}"))
    try:
        return Page(name, tuple(_entries(answer)))
    except (ValueError, TypeError, KeyError):
        return Trouble(name, "SendGrid’s answer could not be understood")


_REFUSALS = {
    401: "SendGrid does not know the API key (401)",
    403: "the API key may not read it (403): give it Suppressions, Read Access",
    429: "SendGrid asked for fewer requests (429)",
}


def _entries(answer: HttpAnswer) -> Iterable[Listed]:
    said: Any = json.loads(answer.body)
    if not isinstance(said, list):
        raise TypeError("not a list")
    return [Listed(_address(entry["email"]), _moment(entry.get("created"))) for entry in said]


def _address(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError("not an address")
    return said.strip().lower()


def _moment(said: object) -> datetime | None:
    """Unix seconds, as far as they are."""
    if not isinstance(said, int):
        return None
    try:
        return datetime.fromtimestamp(said, UTC)
    except (ValueError, OverflowError, OSError):
        return None

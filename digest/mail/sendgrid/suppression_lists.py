"""SendGrid's own suppression lists (GET /v3/suppression/…): whom the account mails no more, whatever we ask.

Reading them repairs what a lost event left wrong. Blocks are not among them: SendGrid tries those addresses again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import ListEntry, ListMark, ListPage, SuppressionList, UnreadList
from digest.mail.sendgrid.client import HttpAnswer, NoAnswer, NotSent, SendGridClient

PAGE_SIZE = 500
"""The most that SendGrid lists at once."""

PAGE_SECONDS = 15.0
"""How long one page may take; all of them together end at the caller's deadline."""


def read_lists(
    client: SendGridClient, since: Mapping[str, ListMark], until: datetime, deadline: float, page_size: int = PAGE_SIZE
) -> Iterator[ListPage | UnreadList]:
    """Every list, page by page, the earliest entries first: those since its mark, or all, up to `until`.

    Trouble with one list does not keep from the next, nor does a long one: each has an equal share of the time that is
    left until `deadline`, which is on `deadline.ticking`. Raises nothing for what SendGrid does.
    """
    for still_to_read, name in zip(range(len(SuppressionList), 0, -1), SuppressionList, strict=True):
        begun = ticking()
        share = begun + (deadline - begun) / still_to_read
        yield from _read_list(client, name, since.get(name, _BEGINNING), until, share, page_size)


def _read_list(
    client: SendGridClient, name: SuppressionList, mark: ListMark, until: datetime, deadline: float, page_size: int
) -> Iterator[ListPage | UnreadList]:
    """Window by window of time, each halved until a page holds it.

    SendGrid says nothing of the order within a list, and entries are removed: no offset is worth anything to the next
    reading, but a window that was read to its end is done with.
    """
    start, last, offset = _seconds(mark.read_to), _seconds(until), 0
    ends = [last]
    if mark.window_to and start <= _seconds(mark.window_to) < last:
        ends.append(_seconds(mark.window_to))
    while ends:
        query = {"limit": page_size, "offset": offset, "start_time": start, "end_time": ends[-1]}  # both inclusive
        page = _read_page(client, name, query, deadline)
        if isinstance(page, UnreadList):
            yield page
            return
        if len(page.entries) < page_size:
            start, offset = ends.pop() + 1, 0
        elif start < ends[-1]:
            ends.append((start + ends[-1]) // 2)
        else:  # a second is the narrowest window
            offset += page_size
        yield replace(page, mark=ListMark(_at(start), _at(ends[-1]) if ends else None))


def _read_page(
    client: SendGridClient, name: SuppressionList, query: dict[str, int], deadline: float
) -> ListPage | UnreadList:
    until = min(deadline, ticking() + PAGE_SECONDS)
    try:
        answer = client.get(f"suppression/{name}", until, query)
    except (NotSent, NoAnswer) as error:
        late = ticking() >= until
        return UnreadList(name, "SendGrid took too long" if late else f"SendGrid could not be asked ({error})")
    if answer.status != 200:
        return UnreadList(name, _REFUSALS.get(answer.status, f"SendGrid answered {answer.status}"))
    try:
        return ListPage(name, tuple(_entries(answer)))
    except (ValueError, TypeError, KeyError):
        return UnreadList(name, "SendGrid’s answer could not be understood")


_REFUSALS = {
    401: "SendGrid does not know the API key (401)",
    403: "the API key may not read it (403): give it Suppressions, Read Access",
    429: "SendGrid asked for fewer requests (429)",
}


def _entries(answer: HttpAnswer) -> Iterable[ListEntry]:
    said: Any = json.loads(answer.body)
    if not isinstance(said, list):
        raise TypeError("not a list")
    return [ListEntry(_address(entry["email"]), _moment(entry.get("created"))) for entry in said]


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


def _seconds(moment: datetime) -> int:
    return max(0, int(moment.timestamp()))


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


_BEGINNING = ListMark(_at(0))

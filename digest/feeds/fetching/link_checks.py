"""What became of a link, in words for an editor: only what says so itself is called dead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from digest.feeds.fetching.fetcher import WebAnswer
from digest.feeds.fetching.unreachable import Obstacle, Unreachable


class LinkHealth(StrEnum):
    """How a link fares. `UNCLEAR`: people may well get there although we don't."""

    OK = "ok"
    MOVED = "moved"
    DEAD = "dead"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class LinkVerdict:
    """What to tell of a link. `moved_to` is the new address of what moved for good, else empty."""

    state: LinkHealth
    words: str
    moved_to: str = ""


_DEAD = {
    404: "There is nothing at this address (404). Look for the page’s new address, or take the link away.",
    410: "The page was taken away for good (410). Look for another source, or take the link away.",
}
_UNCLEAR = {
    401: "The site asks for a sign-in (401). Check it in a browser.",
    402: "The site asks to be paid (402). Check it in a browser, and say so beside the link.",
    403: "The site turns our check away (403), as many do with programs. Check it in a browser.",
    429: "The site asks us to come less often (429). It says nothing about the page.",
    451: "The site withholds the page for legal reasons (451), perhaps only from here. Check it in a browser.",
}


def verdict_of(outcome: WebAnswer | Unreachable) -> LinkVerdict:
    """The verdict on a link, from what the fetcher brought or raised."""
    return _of_failure(outcome) if isinstance(outcome, Unreachable) else _of_answer(outcome)


def _of_answer(answer: WebAnswer) -> LinkVerdict:
    status = answer.status
    if answer.challenged:
        return LinkVerdict(LinkHealth.UNCLEAR, "A wall against robots answered, not the page. Check it in a browser.")
    if status in _DEAD:
        return LinkVerdict(LinkHealth.DEAD, _DEAD[status])
    if status in _UNCLEAR:
        return LinkVerdict(LinkHealth.UNCLEAR, _UNCLEAR[status])
    if status >= 500:
        return LinkVerdict(LinkHealth.UNCLEAR, f"The site has trouble just now ({status}). Check it again later.")
    if not 200 <= status < 300 and status != 304:
        return LinkVerdict(LinkHealth.UNCLEAR, f"The site answers {status}, which says little. Check it in a browser.")
    return _moved(answer.moved_to) if answer.moved_to else LinkVerdict(LinkHealth.OK, "The page is there.")


def _moved(address: str) -> LinkVerdict:
    if urlsplit(address).path in ("", "/"):
        words = f"The address leads to a front page now, {address}: the page itself may be gone. Check it in a browser."
    else:
        words = f"The page has moved for good, to {address}. Use that address."
    return LinkVerdict(LinkHealth.MOVED, words, address)


def _of_failure(failure: Unreachable) -> LinkVerdict:
    if failure.obstacle is Obstacle.NO_SUCH_HOST:
        return LinkVerdict(LinkHealth.DEAD, str(failure))
    if failure.obstacle is Obstacle.TOO_LARGE:
        return LinkVerdict(LinkHealth.OK, "The page is there; it was too large to be read to its end.")
    return LinkVerdict(LinkHealth.UNCLEAR, str(failure))

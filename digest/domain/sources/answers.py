"""What an answer of a source means, and the words in which an editor reads it, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class AnswerOutcome(StrEnum):
    """What came of asking a source once."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    LIMITED = "limited"
    CHALLENGED = "challenged"
    GONE = "gone"


_MONTH, _YEAR = 30, 365

_OUTCOMES: Mapping[int, AnswerOutcome] = {
    304: AnswerOutcome.UNCHANGED,
    410: AnswerOutcome.GONE,
    429: AnswerOutcome.LIMITED,
    503: AnswerOutcome.LIMITED,
}

_WORDS: Mapping[int, str] = {
    400: "Its server refuses our request (400). If that lasts, look for another address of it.",
    401: "It wants a sign-in (401). Ask its publisher for a feed without one, or remove it here.",
    403: "Its server refuses us (403). Ask its publisher to let our poller in.",
    404: "Nothing is at its address any more (404). Look for its new one on the publication’s site, and add that.",
    451: "It is withheld here for legal reasons (451). Remove it if that lasts.",
}
CHALLENGED = (
    "A wall against robots stands before it, so we read nothing. Ask its publisher to let our poller through, "
    "or look for a feed of it elsewhere."
)
GONE = "Its publisher ended it (410), so it is not asked any more. Look for what took its place, or remove it here."
CHANGED_MAKE_UP = (
    "The page’s make-up changed, and its items are not found any more. Show an example of one on the page again."
)
NOTHING_LISTED = "No list of items was found on the page. Show an example of one on it."
NEVER_CHECKED = "Not checked yet. It is at the next round, within a minute if the clock runs."

NOTHING_RECEIVED = (
    "Nothing received yet. Its page on the desk says what to set up at SendGrid, and which address to subscribe with. "
    "The first message mostly asks to confirm that: open it there, and follow its link."
)
NOT_ASKED = "A newsletter is not asked: it comes by mail when its publisher sends it."


def outcome_of(status: int, challenged: bool) -> AnswerOutcome:
    """What an HTTP status means for a source; `challenged` if a wall against robots gave the answer."""
    if challenged:
        return AnswerOutcome.CHALLENGED
    return _OUTCOMES.get(status, AnswerOutcome.READ if 200 <= status < 300 else AnswerOutcome.FAILED)


def status_in_words(status: int) -> str:
    """A failing status, with what to do."""
    if status >= 500:
        return f"Its server is broken ({status}). It is tried again by itself; if that lasts, tell its publisher."
    return _WORDS.get(status, f"It answers with status {status}, which brings nothing. Open its address in a browser.")


def limited_in_words(host: str, until: datetime) -> str:
    """That a host asked for a pause, in which nothing needs to be done."""
    return f"{host} asked us to come later, not before {until:%-d %B, %H:%M} UTC. Nothing to do: we do."[:500]


def silent_in_words(newest: datetime, gap: timedelta, now: datetime) -> str:
    """That a source answers and brings nothing new, for longer than usual."""
    usual = f"; usually something comes {_rhythm(gap)}" if gap else ""
    return (
        f"It answers, but its newest entry is {_days((now - newest).days)} old{usual}. "
        "See whether the publication goes on elsewhere."
    )


def no_mail_in_words(newest: datetime, gap: timedelta, now: datetime) -> str:
    """That a newsletter has not come for longer than usual."""
    usual = f"; usually one comes {_rhythm(gap)}" if gap else ""
    return (
        f"Its last message came {_days((now - newest).days)} ago{usual}. See whether it still appears, whether it "
        "wants the subscription confirmed, and whether Inbound Parse still posts here."
    )


def too_many_links_in_words(most: int) -> str:
    """That a newsletter brought more links within a day than become leads."""
    return (
        f"Its messages brought more than {most} new links within a day. The rest are no leads; they stand with their "
        "messages below. If those are not its publisher’s, somebody knows its address: remove it, and add it anew."
    )


def well_in_words(gap: timedelta) -> str:
    """That all is well, and how often something comes."""
    return f"All is well. Something new comes {_rhythm(gap)}." if gap else "All is well."


def _rhythm(gap: timedelta) -> str:
    if gap < timedelta(hours=20):
        return "several times a day"
    if gap < timedelta(days=1.7):
        return "about every day"
    return f"about every {_days(round(gap / timedelta(days=1)))}"


def _days(count: int) -> str:
    if count >= 2 * _YEAR:
        return f"{count // _YEAR} years"
    if count >= 2 * _MONTH:
        return f"{count // _MONTH} months"
    return "1 day" if count == 1 else f"{count} days"

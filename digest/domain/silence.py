"""When silence means no: whether a batch whose fate nobody knows was not taken, judged by the events that did not come.

SendGrid reports on every copy that it took, mostly within minutes. So a batch of which it says nothing was not taken,
but only if it would have been heard of: the rule asks for proof that events came, and came for batches sent after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LISTEN_SECONDS = 3_600.0
"""So long an event may still come."""
HEARD_PERCENT = 95
"""Of so many of the issue's accepted batches events must have come, at least."""
LEAST_COPIES = 50
"""Of fewer copies, all may go to one mailbox provider that reports late: their silence says nothing."""


class Judgement(StrEnum):
    """What is to be done with the batch now."""

    WAIT = "wait"
    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True)
class Silence:
    """What is known of one batch and of the issue's others. Times are the database's."""

    seconds: float
    """Since nobody knows what became of it."""
    copies: int
    """Its deliveries that have no outcome of their own."""
    heard: bool
    """Whether an event of one of its attempts came: then it is not silent."""
    events_can_come: bool
    """Whether a webhook key is set."""
    accepted: int
    """The issue's accepted batches."""
    accepted_heard: int
    """Those of them of which events came."""
    later_heard: int
    """Those of them that SendGrid took with a 202 after this one had become unknown."""


@dataclass(frozen=True)
class Judged:
    """The judgement, and the evidence for it as the end of a sentence; no words while waiting."""

    judgement: Judgement
    evidence: str = ""


def judge(silence: Silence) -> Judged:
    """What silence proves: `RESEND` only where everything holds, else `HOLD` with what is lacking."""
    if not silence.events_can_come:
        return Judged(Judgement.HOLD, "no events can tell, since SENDGRID_WEBHOOK_KEY is not set")
    if silence.seconds < LISTEN_SECONDS:
        return Judged(Judgement.WAIT)
    waited = f"in {int(silence.seconds // 60):,} minutes"
    if lacking := _lacking(silence):
        return Judged(Judgement.HOLD, f"no event settled it {waited}, and silence proves nothing: {'; '.join(lacking)}")
    return Judged(
        Judgement.RESEND,
        f"no event of its {silence.copies:,} copies came {waited}, while events came for {_share(silence)}, "
        f"{silence.later_heard:,} of them accepted after it",
    )


def _lacking(silence: Silence) -> list[str]:
    lacking = []
    if silence.heard:
        lacking.append("an event of an attempt at it did come")
    if not silence.later_heard:
        lacking.append("no event came for a batch accepted after it")
    if not silence.accepted:
        lacking.append("no batch of the issue was accepted")
    elif silence.accepted_heard * 100 < HEARD_PERCENT * silence.accepted:
        lacking.append(f"events came for only {_share(silence)}, and {HEARD_PERCENT} % are needed")
    if silence.copies < LEAST_COPIES:
        word = "copy" if silence.copies == 1 else "copies"
        lacking.append(f"it has only {silence.copies} {word}, and {LEAST_COPIES} are needed")
    return lacking


def _share(silence: Silence) -> str:
    percent = silence.accepted_heard * 100 // silence.accepted
    word = "batch" if silence.accepted == 1 else "batches"
    return f"{silence.accepted_heard:,} of {silence.accepted:,} accepted {word} ({percent} %)"

"""When silence means no: whether a batch whose fate nobody knows was not taken, judged by the events that did not come.

SendGrid reports on every copy that it took, mostly within minutes. So a batch of which it says nothing was not taken,
but only if it would have been heard of: the rule asks for proof that events came, and came for batches sent after it.
What comes while nothing here is up, SendGrid repeats with growing pauses; so only time in which the installation was
demonstrably up counts, from the end of the last gap on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LISTEN_SECONDS = 3_600.0
"""So long an event may still come, while somebody listens."""
REPEATED_SECONDS = 86_400.0
"""So long SendGrid repeats an event that nobody took, and then never again: SendGrid’s page on its Event Webhook."""
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
    up: float
    """For so many seconds up to now the installation has been up without a gap."""
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

    @property
    def listened(self) -> float:
        """Seconds in which an event of it would have been taken."""
        return min(self.seconds, self.up)

    @property
    def deaf(self) -> float:
        """Seconds from its beginning to the end of the last gap: in some of them an event may have found nobody."""
        return self.seconds - self.listened

    @property
    def too_old(self) -> bool:
        """Whether an event that found nobody may be lost by now."""
        return self.seconds >= REPEATED_SECONDS


@dataclass(frozen=True)
class Judged:
    """The judgement, and the evidence for it as the end of a sentence; no words while waiting."""

    judgement: Judgement
    evidence: str = ""


def judge(silence: Silence) -> Judged:
    """What silence proves: `RESEND` only where everything holds, else `HOLD` with what is lacking."""
    if not silence.events_can_come:
        return Judged(Judgement.HOLD, "no events can tell, since SENDGRID_WEBHOOK_KEY is not set")
    # The pauses between SendGrid's repetitions grow with what has passed: the next comes within as long again.
    if silence.listened < max(LISTEN_SECONDS, silence.deaf) and not silence.too_old:
        return Judged(Judgement.WAIT)
    waited = _waited(silence)
    if lacking := _lacking(silence):
        return Judged(Judgement.HOLD, f"no event settled it {waited}, and silence proves nothing: {'; '.join(lacking)}")
    return Judged(
        Judgement.RESEND,
        f"no event of its {silence.copies:,} copies came {waited}, while events came for {_share(silence)}, "
        f"{silence.later_heard:,} of them accepted after it",
    )


def _waited(silence: Silence) -> str:
    if silence.too_old:
        return "in more than 24 hours"
    minutes = f"{int(silence.listened // 60):,} minutes"
    if silence.deaf < 60:
        return f"in {minutes}"
    return f"in the {minutes} since the clock last stood still ({int(silence.seconds // 60):,} in all)"


def _lacking(silence: Silence) -> list[str]:
    lacking = []
    if silence.too_old:
        meanwhile = "the clock stood still meanwhile, and " if silence.deaf >= 60 else ""
        lacking.append(f"{meanwhile}SendGrid repeats events for 24 hours only")
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

"""Every way in which the loopback SendGrid misbehaves, as the crash programme uses them."""

from __future__ import annotations

from tests.loopback.faults import (
    AnswerMalformed,
    AnswerSlowly,
    AnswerTruncated,
    DropBeforeBody,
    DropUnanswered,
    Fault,
    Hang,
    OkInsteadOfAccepted,
    Redirect,
    ServerError,
    StallReading,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)

FAULTS: tuple[Fault, ...] = (
    DropBeforeBody(),
    DropUnanswered(accept=True),
    DropUnanswered(accept=False),
    Hang(1.0),
    Hang(1.0, accept=False),
    TooManyRequests(),
    TooManyRequests(reset_in=2),
    ServerError(500),
    ServerError(503, accept=True),
    AnswerSlowly(),
    AnswerMalformed(accept=True),
    AnswerTruncated(),
    StallReading(0.05),
    Redirect(),
    OkInsteadOfAccepted(),
    TooLarge(),
    Unauthorized(),
)
"""Some hang: senders need a deadline of less than their second."""
DEADLINE = "0.5"

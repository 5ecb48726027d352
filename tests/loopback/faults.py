"""Ways in which SendGrid, or the road to it, can misbehave.

`accept` says whether the mail goes out all the same: that is what the sender cannot know after most of these.
A request that breaks SendGrid's rules is never accepted, whatever the fault says.
"""

import math
from dataclasses import dataclass, field

from .answers import Answer, FieldError, refusal


@dataclass(frozen=True)
class Fault:
    """The base of all faults: the usual answer, in an unusual manner."""

    accept: bool = field(default=False, kw_only=True)

    def answer(self, usual: Answer, now: float) -> Answer:  # noqa: ARG002
        """The answer given instead of `usual`; `now` is in Unix seconds."""
        return usual


@dataclass(frozen=True)
class DropBeforeBody(Fault):
    """The connection ends after the request's headers; nothing of the body is read."""


@dataclass(frozen=True)
class StallReading(Fault):
    """The body is left waiting for some seconds, so a large one cannot be written; then all is as usual."""

    seconds: float
    accept: bool = field(default=True, init=False)


@dataclass(frozen=True)
class DropUnanswered(Fault):
    """The whole request is read, then the connection ends without a byte of an answer."""


@dataclass(frozen=True)
class Hang(Fault):
    """After the whole request, silence for some seconds; then the answer, or the end if not accepted."""

    seconds: float
    accept: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class AnswerSlowly(Fault):
    """The usual answer, one byte at a time."""

    seconds_a_byte: float = 0.001
    accept: bool = field(default=True, init=False)


@dataclass(frozen=True)
class AnswerMalformed(Fault):
    """Bytes that are not HTTP, then the end."""


@dataclass(frozen=True)
class AnswerTruncated(Fault):
    """The usual answer, cut off inside its headers."""

    accept: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class TooManyRequests(Fault):
    """429; `reset_in` seconds from now go into `X-RateLimit-Reset`, None leaves the headers out."""

    reset_in: float | None = None

    def answer(self, usual: Answer, now: float) -> Answer:  # noqa: ARG002
        """A 429 whose reset time is counted from `now`."""
        headers: tuple[tuple[str, str], ...] = ()
        if self.reset_in is not None:
            reset = ("X-RateLimit-Reset", str(math.ceil(now + self.reset_in)))
            headers = (("X-RateLimit-Limit", "600"), ("X-RateLimit-Remaining", "0"), reset)
        return refusal(429, [FieldError("too many requests")], headers)


@dataclass(frozen=True)
class Refusal(Fault):
    """Any status with any errors; the named refusals below are this with their own values."""

    status: int
    errors: tuple[FieldError, ...] = (FieldError("Refused to order"),)

    def answer(self, usual: Answer, now: float) -> Answer:  # noqa: ARG002
        """The refusal, in SendGrid's shape."""
        return refusal(self.status, self.errors)


@dataclass(frozen=True)
class Unauthorized(Refusal):
    """401, as for a key that was withdrawn, or an account whose credits are used up."""

    status: int = field(default=401, init=False)
    errors: tuple[FieldError, ...] = (FieldError("Maximum credits exceeded"),)


@dataclass(frozen=True)
class SenderNotVerified(Refusal):
    """403, as for a `from` address that the account has not verified."""

    status: int = field(default=403, init=False)
    errors: tuple[FieldError, ...] = (FieldError("The from address is not a verified sender", "from"),)


@dataclass(frozen=True)
class BadRequest(Refusal):
    """400 with the errors given; by itself it blames the content, and so no reader."""

    status: int = field(default=400, init=False)
    errors: tuple[FieldError, ...] = (FieldError("The content is not acceptable", "content.0.value"),)


@dataclass(frozen=True)
class TooLarge(Refusal):
    """413."""

    status: int = field(default=413, init=False)
    errors: tuple[FieldError, ...] = (FieldError("The request is too large"),)


@dataclass(frozen=True)
class ServerError(Refusal):
    """500, 502 or 503, with the mail accepted behind it or not."""

    status: int = 503
    errors: tuple[FieldError, ...] = (FieldError("Something went wrong"),)


@dataclass(frozen=True)
class Redirect(Fault):
    """301 or 302 to a place where nothing is; a request seen there means that the client followed."""

    status: int = 302
    location: str = "/redirected"

    def answer(self, usual: Answer, now: float) -> Answer:  # noqa: ARG002
        """A redirect without a body."""
        return Answer(self.status, headers=(("Location", self.location),))


@dataclass(frozen=True)
class OkInsteadOfAccepted(Fault):
    """200 where 202 was due."""

    accept: bool = field(default=True, kw_only=True)

    def answer(self, usual: Answer, now: float) -> Answer:  # noqa: ARG002
        """The usual answer under the wrong status."""
        return Answer(200, usual.body, usual.headers)

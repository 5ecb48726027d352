"""What the line of a log is about besides its words: the request, or the job of the clock, that it was written in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that this thread answers; empty where it answers none."""
JOB: ContextVar[str] = ContextVar("job", default="")
"""The clock's job, or the duty of its tick, that this thread is at."""


@contextmanager
def at_work_on(job: str) -> Iterator[None]:
    """Whatever is logged in this block, by this thread, says that it was at this job."""
    token = JOB.set(job)
    try:
        yield
    finally:
        JOB.reset(token)

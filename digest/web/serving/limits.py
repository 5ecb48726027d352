"""What a peer is given: seconds for each part of a request as a whole, bytes, and a share of the connections."""

from __future__ import annotations

import resource
from dataclasses import dataclass

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request's body; what is larger is answered 413."""

THREADS = 8
"""Of each server process."""

_FILES_WANTED = 8_192
_FILES_FOR_THE_SITE = 128
_FILES_A_CONNECTION = 3  # its socket, and a temporary file for a large request and a large answer


@dataclass(frozen=True)
class Limits:
    """Seconds count from the beginning of each part, however its bytes come."""

    head_seconds: float = 10.0
    body_seconds: float = 60.0
    line_seconds: float = 30.0
    """For a request that is here as a whole, until a thread takes it."""
    answer_seconds: float = 60.0
    answer_pace: int = 10_000
    """Bytes a second that prolong the time for an answer: a large file may take as long as a slow line needs."""
    idle_seconds: float = 65.0
    """Between two requests; longer than the proxies of the documents keep a connection that they don't use."""
    parting_seconds: float = 2.0
    """For reading the end of an answer after we have closed our side, and throwing away what still comes."""
    stopping_seconds: float = 5.0
    """For a request that is on its way when the server is told to end."""
    head_bytes: int = 64 * 1024
    body_bytes: int = LARGEST_BODY
    waiting_bytes: int = 256 * 1024 * 1024
    """Of a process: of all requests and answers that wait, in temporary files but for the first few of each."""
    connections: int = 1_000
    per_network: int | None = 64
    """None behind proxies: there everybody comes from one address."""


def affordable(connections: int) -> int:
    """At most so many connections, and no more than this process may open files for; raises its limit if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        return connections
    return max(1, min(connections, (soft - _FILES_FOR_THE_SITE) // _FILES_A_CONNECTION))

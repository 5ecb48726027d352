"""What the loopback SendGrid received and accepted: the only witness the crash tests believe."""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .answers import FieldError
from .orders import MAIL_SEND

_PLAIN = (
    *("index", "time", "method", "path", "status", "whole", "accepted"),
    *("fault", "message_id", "count", "connection"),
)


@dataclass(frozen=True)
class Copy:
    """One reader's copy in a request: an address, and the custom args that came with it."""

    address: str
    args: Mapping[str, str]


@dataclass(frozen=True)
class Received:
    """One request, and what became of it.

    `status` is that of the answer, None unless a whole one is given; `whole` says whether all the body came;
    `accepted`, whether the mail goes out. `count` is the number of copies, known also where `copies` were not
    read. Headers and payload stay in memory and are never written to the journal's file.
    """

    index: int
    time: float
    method: str
    path: str
    status: int | None
    whole: bool
    accepted: bool
    fault: str | None = None
    message_id: str | None = None
    count: int = 0
    errors: tuple[FieldError, ...] = ()
    copies: tuple[Copy, ...] = ()
    connection: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: Mapping[str, Any] | None = field(default=None, repr=False)


class Journal:
    """An append-only list of requests, in memory and, if a path is given, in a file of JSON lines.

    A file that is already there is continued, and what it holds counts: SendGrid remembers over a restart.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open `path` for appending, after reading what it holds."""
        self._lock = threading.Lock()
        self._received = read_journal(path) if path is not None and path.exists() else []
        self._arrived = 1 + max((received.index for received in self._received), default=-1)
        self._file = path.open("ab", buffering=0) if path is not None else None

    def arrive(self) -> int:
        """The index of a request whose headers have just come."""
        with self._lock:
            self._arrived += 1
            return self._arrived - 1

    def record(self, received: Received) -> None:
        """Add a request; in the file, it is one write, handed to the system before this returns."""
        line = _as_line(received) if self._file is not None else b""
        with self._lock:
            self._received.append(received)
            if self._file is not None:
                self._file.write(line)

    def received(self) -> list[Received]:
        """All requests so far, in the order in which their fate was decided."""
        with self._lock:
            return list(self._received)

    def take(self) -> list[Received]:
        """The same, and forget them."""
        with self._lock:
            taken, self._received = self._received, []
            return taken

    def close(self) -> None:
        """Close the file; the list stays readable."""
        with self._lock:
            if self._file is not None:
                self._file.close()


def read_journal(path: Path) -> list[Received]:
    """The requests in a journal's file; a last line that is still being written is left out."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [_from_line(json.loads(line)) for line in lines]


def accepted_mail(received: Iterable[Received]) -> list[Received]:
    """The accepted requests to send mail."""
    return [one for one in received if one.accepted and one.path == MAIL_SEND]


def addresses(received: Iterable[Received], issue: str | None = None) -> list[str]:
    """The address of every accepted copy, as often as it was accepted; of one issue, if one is named."""
    copies = (copy for one in accepted_mail(received) for copy in one.copies)
    return [copy.address for copy in copies if issue is None or copy.args.get("digest_issue") == issue]


def doubled(received: Iterable[Received]) -> list[str]:
    """The addresses accepted more than once for one issue; mail that names no issue counts as one issue."""
    copies = (copy for one in accepted_mail(received) for copy in one.copies)
    times = Counter((copy.args.get("digest_issue"), copy.address.casefold()) for copy in copies)
    return sorted({address for (_, address), count in times.items() if count > 1})


def _as_line(received: Received) -> bytes:
    line = {name: getattr(received, name) for name in _PLAIN}
    line["errors"] = [vars(error) for error in received.errors]
    line["personalizations"] = [{"address": copy.address, "args": copy.args} for copy in received.copies]
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _from_line(line: dict[str, Any]) -> Received:
    errors = tuple(FieldError(**error) for error in line.pop("errors"))
    copies = tuple(Copy(copy["address"], copy["args"]) for copy in line.pop("personalizations"))
    return Received(**line, errors=errors, copies=copies)

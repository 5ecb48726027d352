"""The journal: who left, kept outside the database, so that it holds after an older backup was restored.

One line of JSON each in `<INSTANCE_PATH>/journal.jsonl`, only ever appended to: `at` (UTC), `what`, `address_hash`,
and where it is known `reason`.

Write it inside the transaction that it reports, before the commit. Should the commit then fail, the journal has a
line too many, which does no harm: the reader did ask to go. The other order could lose a goodbye for good. What must
not hold unless it was committed (lifting, moving) is written as about to happen, and settled after (`intentions`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from io import BufferedReader
from pathlib import Path

from digest.config import Settings
from digest.config.private import make_folder

FILE_NAME = "journal.jsonl"
_LONGEST_LINE = 4_096


class Parting(StrEnum):
    """What happened to an address."""

    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    LIFTED = "lifted"
    """No parting but its end: a suppression was lifted, which no erasure is by this."""
    LIFTING = "lifting"
    """It is about to be lifted, and was not unless LIFTED follows."""
    MOVING = "moving"
    """Its reader is about to move to another address, and did not unless ERASED follows."""


@dataclass(frozen=True)
class JournalEntry:
    """One parting, as the journal has it."""

    at: datetime
    what: Parting
    address_hash: str
    reason: str = ""


@dataclass(frozen=True)
class Passage:
    """A piece of a journal: its whole lines, where lines begin that can't be understood, and where it ends."""

    journal: str
    lines: Sequence[JournalEntry]
    unreadable: Sequence[int]
    end: int


def note_parting(
    settings: Settings, now: datetime, what: Parting, address_hashes: Iterable[str], reason: str = ""
) -> None:
    """Append one line for each address (its hash under SUPPRESSION_KEY); on disk when this returns."""
    lines = "".join(_line(now, what, address_hash, reason) for address_hash in address_hashes)
    if not lines:
        return
    make_folder(settings.instance_path)
    path = journal_path(settings)
    # One write at the file's end: lines of several processes never mix.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a+b", buffering=0) as file:
        content = (b"\n" if _is_torn(descriptor) else b"") + lines.encode()
        if file.write(content) != len(content):
            raise OSError(f"{path}: the disk took only a part of what was written")
        os.fsync(file.fileno())


def journal_path(settings: Settings) -> Path:
    """Where it is; it exists from the first parting on."""
    return settings.instance_path / FILE_NAME


def journal_name(settings: Settings) -> str | None:
    """The hash of its first line, which no other journal has; None without a first line."""
    try:
        with journal_path(settings).open("rb") as file:
            first = file.readline(_LONGEST_LINE)
    except FileNotFoundError:
        return None
    return sha256(first).hexdigest() if first.endswith(b"\n") else None


def read_passage(settings: Settings, journal: str, start: int, most: int) -> Passage:
    """Up to `most` whole lines from byte `start` on; from the beginning if no line begins there.

    A last line without its end is left for later: it is being written, or was cut short by a crash.
    """
    lines: list[JournalEntry] = []
    unreadable: list[int] = []
    with journal_path(settings).open("rb") as file:
        end = start if _begins_line(file, start) else 0
        file.seek(end)
        for _ in range(most):
            raw = _next_line(file)
            if not raw.endswith(b"\n"):
                break
            if line := _parsed(raw):
                lines.append(line)
            elif raw.strip():
                unreadable.append(end)
            end = file.tell()
    return Passage(journal, lines, unreadable, end)


def _line(now: datetime, what: Parting, address_hash: str, reason: str) -> str:
    entry = {"at": now.astimezone(UTC).isoformat(), "what": what.value, "address_hash": address_hash}
    return json.dumps(entry | ({"reason": reason} if reason else {})) + "\n"


def _is_torn(descriptor: int) -> bool:
    """Whether a crash or a full disk cut the last line short; the next would be lost with it."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _begins_line(file: BufferedReader, start: int) -> bool:
    if start == 0:
        return True
    file.seek(start - 1)
    return file.read(1) == b"\n"


def _next_line(file: BufferedReader) -> bytes:
    """The next line; of one that is far too long only the end, which can't be understood."""
    raw = file.readline(_LONGEST_LINE)
    while len(raw) == _LONGEST_LINE and not raw.endswith(b"\n"):
        raw = b"?" + file.readline(_LONGEST_LINE - 1)
    return raw


def _parsed(raw: bytes) -> JournalEntry | None:
    try:
        entry = json.loads(raw)
        at, what, address_hash = datetime.fromisoformat(entry["at"]), Parting(entry["what"]), entry["address_hash"]
        reason = str(entry.get("reason", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    well = at.tzinfo is not None and isinstance(address_hash, str) and address_hash
    return JournalEntry(at, what, address_hash, reason) if well else None

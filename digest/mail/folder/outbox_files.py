"""The files of the outbox folder as what somebody has of a reader: found by whom they are to, and deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

_HEAD = 65_536
"""Bytes in which a message's `To` and `Date` surely stand: they are among its first headers (`mail.folder.eml`)."""
_TO, _DATE = (re.compile(rb"^%s:[ \t]*(.*)$" % name, re.MULTILINE) for name in (b"To", b"Date"))
_RECEIPT = "-erased.eml"


def erase_copies(folder: Path, erased_at: Mapping[str, datetime]) -> None:
    """Delete every message to these addresses (in their unique form) from until they were erased; receipts stay.

    What a write that was cut short left goes, too. Safe to ask again. Raises OSError if one can't be deleted.
    """
    for path in _files(folder):
        if not path.name.endswith(_RECEIPT) and _is_from_before(path, erased_at):
            path.unlink(missing_ok=True)


def erase_receipts(folder: Path, written_before: datetime) -> None:
    """Delete receipts of erasures from before that moment. Raises OSError if one can't be deleted."""
    for path in _files(folder):
        if path.name.endswith(_RECEIPT) and path.stat().st_mtime < written_before.timestamp():
            path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    """Messages, and what a crash left of one that was being written, which is hidden (`config.private.write_whole`)."""
    return (path for path in folder.iterdir() if ".eml" in path.name) if folder.is_dir() else iter(())


def _is_from_before(path: Path, erased_at: Mapping[str, datetime]) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        return False
    until = erased_at.get(parseaddr(_said(_TO, head))[1])
    return until is not None and _is_until(_said(_DATE, head), until)


def _is_until(said: str, until: datetime) -> bool:
    """Whether a message of that date, which has whole seconds, is none of later. One without a date is not."""
    try:
        return parsedate_to_datetime(said) <= until
    except ValueError:
        return True


def _said(line: re.Pattern[bytes], head: bytes) -> str:
    found = line.search(head)
    return found[1].decode("utf-8", "replace").strip() if found else ""

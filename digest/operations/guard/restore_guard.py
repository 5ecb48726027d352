"""The epoch: how an installation knows that its database was brought back from an older backup.

Every claim is counted in the database, in its own transaction, and then noted in a file beside it before any byte
leaves. So the database is never behind its file, whatever crashes, unless it is an older copy of itself. Whoever
compares the two reads the file first, because the database may go on meanwhile.

The file is `<INSTANCE_PATH>/claims-<epoch>`, one for each database that the folder has seen. Its first line is the
count, always as long; each further line is a freeze, the issue's date and its slot, on disk before it is committed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import FileIO
from pathlib import Path

from digest.config import Settings
from digest.config.private import make_folder, write_whole
from digest.storage.guard.installations import Count

_PREFIX = "claims-"
_NAME = re.compile(r"claims-[0-9a-f]{32}")
_WIDTH = 32
_COUNT = re.compile(rb" *[0-9]{1,18}\n")


@dataclass(frozen=True)
class Noted:
    """What the file knows: how many claims (None: it can't be understood), and dates and slots of frozen issues."""

    claims: int | None
    frozen: frozenset[date] = frozenset()


def note_claims(settings: Settings, count: Count) -> None:
    """Note that the database has counted so many claims; on disk when this returns. Never goes back."""
    with _opened(settings, count) as file:
        if file and count.claims > (_claims(file.read(_WIDTH)) or 0):
            # In place and always as long, so that it is one write to one sector.
            os.pwrite(file.fileno(), _first_line(count), 0)
            os.fdatasync(file.fileno())


def note_freezes(settings: Settings, count: Count, dates: Iterable[tuple[date, date]]) -> None:
    """Note that issues of these dates and slots are frozen, each once; on disk when this returns."""
    with _opened(settings, count) as file:
        if not file:
            return
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]  # a line cut short was of a freeze that never was committed
        lines = [f"{send_date} {slot}\n".encode() for send_date, slot in dates]
        if added := b"".join(line for line in lines if line not in whole):
            os.pwrite(file.fileno(), added, len(whole))
            os.fsync(file.fileno())


def noted(settings: Settings, epoch: str) -> Noted | None:
    """What the file of this database knows; None where there is none."""
    try:
        content = claims_path(settings, epoch).read_bytes()
    except FileNotFoundError:
        return None
    claims = _claims(content[:_WIDTH])
    frozen = _frozen(content[_WIDTH:])
    return Noted(claims, frozen) if frozen is not None else Noted(None)


def make_note(settings: Settings, count: Count, anew: bool = False) -> None:
    """Make the file of this database if it lacks one; `anew`: in place of one that can't be understood."""
    make_folder(settings.instance_path)
    path = claims_path(settings, count.epoch)
    # Whole before it has its name: a file cut short would be taken for one that can't be understood.
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(_first_line(count))
        file.flush()
        os.fsync(file.fileno())
    if anew:
        fresh.replace(path)
    else:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)  # never replaces the file that another process has just made
        fresh.unlink()
    _keep_names(settings.instance_path)


def has_seen_others(settings: Settings, epoch: str) -> bool:
    """Whether this folder has sent from another database than this."""
    names = (path.name for path in settings.instance_path.glob(f"{_PREFIX}*"))
    return any(_NAME.fullmatch(name) and name != f"{_PREFIX}{epoch}" for name in names)


def claims_path(settings: Settings, epoch: str) -> Path:
    """Where the file of this database is, there already or not."""
    return settings.instance_path / f"{_PREFIX}{epoch}"


def claims_in(file: Path) -> int | None:
    """How many claims such a file knows of; None where it can't be understood."""
    with file.open("rb") as known:
        return _claims(known.read(_WIDTH))


def distrust(settings: Settings, epoch: str) -> None:
    """Let nothing here vouch for this database: until somebody looks, it may be an older copy."""
    write_whole(claims_path(settings, epoch), b"restored from a backup\n")


@contextmanager
def _opened(settings: Settings, count: Count) -> Iterator[FileIO | None]:
    """The file, locked, made if it is missing. None in a rehearsal without one: it must not vouch for its copy of
    the database later, when mail is meant for readers.
    """
    path = claims_path(settings, count.epoch)
    if not path.exists():
        if settings.mail_redirect_all:
            yield None
            return
        make_note(settings, count)
    with path.open("r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _first_line(count: Count) -> bytes:
    return str(count.claims).encode().rjust(_WIDTH - 1) + b"\n"


def _claims(first: bytes) -> int | None:
    return int(first) if len(first) == _WIDTH and _COUNT.fullmatch(first) else None


def _frozen(lines: bytes) -> frozenset[date] | None:
    try:
        words = lines[: lines.rfind(b"\n") + 1].decode("ascii").split()
        return frozenset(date.fromisoformat(word) for word in words)
    except ValueError:
        return None


def _keep_names(folder: Path) -> None:
    """A new name in a folder outlives a power cut only once the folder itself is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

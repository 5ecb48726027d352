"""A backup as one file: the database, the two keys, the journal and the claims, with a list of what there should be.

The file is a ZIP archive (64-bit, so of any size), which outlives this program. `manifest.json` in it says what the
others are: their sums, how many rows each table has, and of which moment they are.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from digest.config.private import FILE_MODE
from digest.domain.shared.tokens import new_key
from digest.operations.shared.archives import DAMAGED
from digest.storage.running.backup_copies import POSTGRESQL, SQLITE, Contents, CopyFailed, read_dump, read_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "manifest.json"
DATABASE_NAMES = {SQLITE: "digest.db", POSTGRESQL: "digest.dump"}
KEYS = ("secret_key", "suppression_key")
_VERSION = 1
_CHUNK = 1 << 20


class BadBackup(Exception):
    """A file is no backup, or a damaged one; the message names it and says what is wrong with it."""


@dataclass(frozen=True)
class BackupManifest:
    """What a backup says of itself."""

    made_at: datetime
    site: str
    kind: str
    """`sqlite` or `postgresql`: which kind of database it can be put back into."""
    contents: Contents
    sums: Mapping[str, str]
    """Of each file in it, by its name: SHA-256, in hexadecimal."""


def write_backup(target: Path, manifest: BackupManifest, files: Mapping[str, Path | bytes]) -> None:
    """Write the files and the manifest (its sums are filled in here) as `target`, which appears whole or not at all.

    It is on disk when this returns. Raises FileExistsError where there is something of that name already.
    """
    unfinished = target.with_name(f".{target.name}.{new_key()}")
    try:
        with os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, FILE_MODE), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                sums = {name: _add(archive, name, content) for name, content in files.items()}
                archive.writestr(MANIFEST, _as_json(manifest, sums))
            file.flush()
            os.fsync(file.fileno())
        target.hardlink_to(unfinished)  # unlike a rename, never replaces what is there
        _keep_names(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def read_manifest(file: Path) -> BackupManifest:
    """What the backup says of itself; nothing else of it is read. Raises BadBackup."""
    with _opened(file) as archive:
        return _manifest_of(file, archive)


@contextmanager
def unpacked(file: Path, folder: Path | None = None) -> Iterator[tuple[BackupManifest, Path]]:
    """The backup's files in a folder for its owner alone, made in `folder` (default: beside the backup), each of them
    whole: sums compared, and the database looked through. Raises BadBackup.
    """
    with TemporaryDirectory(prefix=".unpacked-", dir=folder or file.resolve().parent) as place:
        with _opened(file) as archive:
            manifest = _manifest_of(file, archive)
            for name, expected in manifest.sums.items():
                _unpack(file, archive, name, expected, Path(place))
        _look_through(file, manifest, Path(place))
        yield manifest, Path(place)


def _add(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> str:
    found = sha256()
    with archive.open(name, "w", force_zip64=True) as member:
        for chunk in _chunks(content):
            found.update(chunk)
            member.write(chunk)
    return found.hexdigest()


def _chunks(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _as_json(manifest: BackupManifest, sums: Mapping[str, str]) -> str:
    contents = manifest.contents
    said = {
        "version": _VERSION,
        "made_at": manifest.made_at.isoformat(),
        "site": manifest.site,
        "kind": manifest.kind,
        "revision": contents.revision,
        "epoch": contents.epoch,
        "claims": contents.claims,
        "rows": dict(contents.rows),
        "sha256": dict(sums),
    }
    return json.dumps(said, indent=1, ensure_ascii=False)


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except DAMAGED as error:
        raise BadBackup(f"{file} is no backup of Digest, or was cut short ({error}).") from None


def _manifest_of(file: Path, archive: zipfile.ZipFile) -> BackupManifest:
    try:
        said: Any = json.loads(archive.read(MANIFEST))
        if said["version"] != _VERSION:
            raise BadBackup(f"{file} is a backup of a newer Digest. Install that one to read it.")
        contents = Contents(said["revision"], said["epoch"], int(said["claims"]), dict(said["rows"]))
        made_at = datetime.fromisoformat(said["made_at"])
        manifest = BackupManifest(made_at, said["site"], said["kind"], contents, dict(said["sha256"]))
        _must_be_plain(file, [DATABASE_NAMES[manifest.kind], *manifest.sums])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadBackup(f"{file} is no backup of Digest: it has no {MANIFEST} that can be read.") from None
    return manifest


def _must_be_plain(file: Path, names: Sequence[str]) -> None:
    """No name in it leads out of the folder that it is unpacked into."""
    if strange := next((name for name in names if Path(name).name != name), None):
        raise BadBackup(f"{file} is no backup of Digest: it holds “{strange}”.")


def _unpack(file: Path, archive: zipfile.ZipFile, name: str, expected: str, place: Path) -> None:
    found = sha256()
    try:
        with archive.open(name) as member, (place / name).open("xb") as out:
            _copy(member, out, found)
    except KeyError:
        raise BadBackup(f"{file} lacks {name}.") from None
    if found.hexdigest() != expected:
        raise BadBackup(f"{file} is damaged: {name} is not what was backed up.")


def _copy(member: IO[bytes], out: IO[bytes], found: Any) -> None:
    while chunk := member.read(_CHUNK):
        found.update(chunk)
        out.write(chunk)


def _look_through(file: Path, manifest: BackupManifest, place: Path) -> None:
    database = place / DATABASE_NAMES[manifest.kind]
    try:
        if manifest.kind == POSTGRESQL:
            read_dump(database)
        elif read_sqlite(database) != manifest.contents:
            raise BadBackup(f"{file} holds other rows than it says.")
    except CopyFailed as error:
        raise BadBackup(f"{file}: {error}") from None


def _keep_names(folder: Path) -> None:
    """A new name outlives a power cut only once its folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""A site as a folder: what lies in it, and the manifest that counts and sums it up.

Neither the manifest nor any other file says when it was made: two exports of one site are the same, byte for byte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from digest.config.private import FILE_MODE, make_folder
from digest.operations.running.site_rows import LEFT_OUT
from digest.operations.shared.refusal import Refused

MANIFEST, README, KEYS_FOLDER, TABLES_FOLDER = "manifest.json", "README.md", "keys", "tables"
_FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True)
class TableTaken:
    """One table in an export. `last_id`: the largest id that it ever handed out; None where it hands out none."""

    rows: int
    last_id: int | None


@dataclass(frozen=True)
class SiteManifest:
    """What an export says of itself."""

    site: str
    revision: str
    """The last migration of the database that it was made from."""
    claims: int
    """How many claims that database had counted: what shows whether anything left since."""
    key_marks: Mapping[str, str]
    """Of each key a hash, by which another is told from it."""
    tables: Mapping[str, TableTaken]
    sums: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each file, by its path."""


def table_file(name: str) -> str:
    """Where in the folder the rows of this table are."""
    return f"{TABLES_FOLDER}/{name}.jsonl"


def write_file(folder: Path, name: str, pieces: Iterable[bytes]) -> str:
    """Write a file of the export, for its owner alone; on disk when this returns its SHA-256."""
    path, found = folder / name, sha256()
    make_folder(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
        for piece in pieces:
            found.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return found.hexdigest()


def write_manifest(folder: Path, manifest: SiteManifest) -> None:
    """The last file of an export."""
    said = {"format": _FORMAT, **asdict(manifest), "left_out": dict(LEFT_OUT)}
    write_file(folder, MANIFEST, [json.dumps(said, indent=1, ensure_ascii=False).encode() + b"\n"])


def read_manifest(folder: Path) -> SiteManifest:
    """What the export says of itself. Raises Refused for a folder that is none."""
    try:
        said: Any = json.loads((folder / MANIFEST).read_bytes())
        if said["format"] != _FORMAT:
            raise Refused(
                f"{folder} is an export of a newer Digest. Install that one to read it. Nothing was imported."
            )
        tables = {name: TableTaken(int(each["rows"]), each["last_id"]) for name, each in said["tables"].items()}
        return SiteManifest(
            str(said["site"]), str(said["revision"]), int(said["claims"]), dict(said["key_marks"]), tables, said["sums"]
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        raise Refused(
            f"{folder} is no export of Digest: it has no {MANIFEST} that can be read. Name the folder that `digest "
            "export` made. Nothing was imported."
        ) from None


def must_be_whole(folder: Path, manifest: SiteManifest) -> None:
    """Read every file, and compare. Raises Refused for the first that is missing or another."""
    for name, expected in manifest.sums.items():
        found = sha256()
        try:
            for chunk in _chunks(folder / name):
                found.update(chunk)
        except OSError as error:
            raise Refused(f"{folder} lacks {name} ({error.strerror}). Nothing was imported.") from None
        if found.hexdigest() != expected:
            raise Refused(f"{folder / name} is not what was exported. Nothing was imported; get the export again.")


def lines_of(folder: Path, name: str) -> Iterator[bytes]:
    """The lines of a file of the export."""
    with (folder / name).open("rb") as file:
        yield from file


def keep_names(folder: Path) -> None:
    """New names outlive a power cut only once their folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk

"""What other users of this machine could read when the program starts: files of ours are closed, the rest is said."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from digest.config import Settings, env_file
from digest.config.names import holds_keys
from digest.config.private import FILE_MODE, close_to_others, is_open_to_others, mode_of

_SQLITE = "sqlite:///"
_MAGIC = b"SQLite format 3\0"
_EVERYBODY = 0o007
_NAMED = 3
"""So many files are named; of more, their number is said."""


def close_what_is_open(settings: Settings, env: Path | None = None) -> list[str]:
    """Close the installation's files to others; returns a sentence for all that was closed, and for all that could not.

    A folder that is there already may be shared on purpose, so it is only said; so is `.env` (here `env`), which is not
    ours to change. Never raises for what it can't change.
    """
    closed: list[Path] = []
    not_ours: list[Path] = []
    for path in _files(settings):
        if is_open_to_others(path):
            (closed if close_to_others(path) else not_ours).append(path)
    return [*_said_of_files(closed, not_ours), *_said_of_folders(settings), *_said_of_env(env or env_file())]


def database_file(settings: Settings) -> Path | None:
    """The file of an SQLite database; None where the database is on a server."""
    url = settings.database_url
    return Path(url.removeprefix(_SQLITE).partition("?")[0]) if url.startswith(_SQLITE) else None


def _files(settings: Settings) -> Iterator[Path]:
    database = database_file(settings)
    if database and _may_be_ours(database):
        yield from (database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal"))
    folder = settings.instance_path
    yield from (folder / "secret_key", folder / "suppression_key", folder / "journal.jsonl")
    yield from sorted(folder.glob("claims-*"))
    if is_open_to_others(settings.outbox_path):  # behind a closed folder nobody reaches them, and there may be many
        yield settings.outbox_path
        yield from sorted(settings.outbox_path.glob("*.eml"))


def _may_be_ours(database: Path) -> bool:
    """Whether it is an SQLite database, or is to become one: a mistyped name must not change a file of others."""
    try:
        with database.open("rb") as file:
            return file.read(len(_MAGIC)) in (b"", _MAGIC)
    except OSError:
        return False


def _said_of_files(closed: list[Path], not_ours: list[Path]) -> list[str]:
    said = []
    if closed:
        said.append(
            f"Other users of this machine could read {_listed(closed)}. That is over: only you can now. What they may "
            "have read, you know best."
        )
    if not_ours:
        paths = " ".join(shlex.quote(str(path)) for path in not_ours[:_NAMED])
        said.append(
            f"Other users of this machine can read {_listed(not_ours)}, and whoever runs Digest may not change that. "
            f"Have the owner run: chmod go= {paths}"
        )
    return said


def _said_of_folders(settings: Settings) -> Iterator[str]:
    folder, database = settings.instance_path, database_file(settings)
    if is_open_to_others(folder):
        yield (
            f"The folder {folder} is open to other users of this machine (mode {mode_of(folder)}). "
            f"Run: chmod 700 {shlex.quote(str(folder))}"
        )
    if database and database.parent not in (folder, *folder.parents) and is_open_to_others(database.parent):
        yield (
            f"The folder {database.parent}, where the database is, is open to other users of this machine (mode "
            f"{mode_of(database.parent)}). Keep the database in a folder of its own with mode 700. Its file has mode "
            f"{FILE_MODE:o}."
        )


def _said_of_env(path: Path) -> Iterator[str]:
    """A group may read it: the one that runs Digest, where somebody else owns it."""
    if is_open_to_others(path, _EVERYBODY) and holds_keys(path):
        yield (
            f"The file {path} holds keys, and other users of this machine can read it (mode {mode_of(path)}). "
            f"Run: chmod o= {shlex.quote(str(path))}"
        )


def _listed(paths: list[Path]) -> str:
    names = [str(path) for path in paths[:_NAMED]]
    more = len(paths) - len(names)
    if more:
        names.append(f"{more:,} more")
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))

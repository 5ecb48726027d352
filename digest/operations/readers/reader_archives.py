"""Files of readers as services hand them over: one CSV file, or several of them in a ZIP archive or a folder.

In what a service exports as a whole lie other tables with addresses, too: who opened which post, who paid. So only
files that are called like those of readers are taken, by the table of `former_senders`, and everything else is named.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from digest.operations.readers.listmonk_answers import listmonk_answer, write_table
from digest.operations.readers.telling_names import telling_word
from digest.operations.shared.archives import DAMAGED, files_below, opened_archive
from digest.operations.shared.former_senders import BY_NAME, SENDERS
from digest.operations.shared.refusal import Refused


@dataclass(frozen=True)
class ReaderFiles:
    """The CSV files to import, those first that say who left, and the names of other tables that lie beside them."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...] = ()


@contextmanager
def reader_files(path: Path, sender: str = "", mailing_list: str = "") -> Iterator[ReaderFiles]:
    """The files of readers in `path`, unpacked for as long as this lasts; `sender` is whose, if the caller knows, and
    `mailing_list` which of a service's lists is this one.

    Raises Refused for an archive or folder in which none is called like one, and for a list where nothing tells of any.
    """
    answer = None if path.is_dir() else listmonk_answer(path)
    if mailing_list and answer is None:
        raise Refused(
            "It does not say who is on which list, so --list would choose nobody. Import what listmonk’s API answers "
            "(GET /api/subscribers?per_page=all), as a .json file. Nothing was imported."
        )
    if path.is_dir():
        yield _folder(path, sender)
    elif answer is not None:
        with TemporaryDirectory(prefix="readers-") as folder:
            yield ReaderFiles((write_table(answer, Path(folder) / f"{path.stem}.csv", mailing_list),))
    elif tables := _tables_in(path):
        with TemporaryDirectory(prefix="readers-") as folder:  # for its owner alone, as all that Python makes so
            chosen, left_out = _chosen(tables, sender)
            _must_have_room(path, chosen, Path(folder))
            yield ReaderFiles(tuple(_unpack(path, name, Path(folder)) for name in chosen), left_out)
    else:
        yield ReaderFiles((path,))


def _folder(path: Path, sender: str) -> ReaderFiles:
    tables = sorted(str(found.relative_to(path)) for found in files_below(path) if _is_table(found.name))
    chosen, left_out = _chosen(tables, sender)
    return ReaderFiles(tuple(path / name for name in chosen), left_out)


def _tables_in(path: Path) -> list[str]:
    """The CSV files in this archive; none for what is no archive, a spreadsheet among them."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return []
    with opened_archive(path) as archive:
        return sorted(name for name in archive.namelist() if _is_table(name) and "__MACOSX" not in name)


def _is_table(name: str) -> bool:
    return name.lower().endswith(".csv") and not PurePosixPath(name).name.startswith(".")


def _chosen(tables: Sequence[str], sender: str) -> tuple[list[str], tuple[str, ...]]:
    patterns = [pattern for each in ([BY_NAME[sender]] if sender else SENDERS) for pattern in each.files]
    named = {name: PurePosixPath(name).name.lower() for name in tables}
    found = [name for name, plain in named.items() if any(fnmatch(plain, pattern) for pattern in patterns)]
    if found:
        found.sort(key=lambda name: not named[name].startswith(_OF_THOSE_WHO_LEFT))
        left_out = tuple(name for name in tables if name not in found)
        _refuse_beside(found, left_out)
        return found, left_out
    if len(tables) == 1:
        return list(tables), ()
    raise Refused(
        (f"None of the tables in it ({', '.join(tables[:5])}) is called like one of readers." if tables else _EMPTY)
        + " Nothing was imported. Import the CSV file of readers by itself."
    )


def _refuse_beside(found: Sequence[str], left_out: Sequence[str]) -> None:
    """Whoever stands in `bounced.csv`, too, would be taken for a reader by the table beside it."""
    folders = {PurePosixPath(name).parent for name in found}
    for name in left_out:
        path = PurePosixPath(name)
        if path.parent in folders and telling_word(name) and not any(each.is_of_strangers(name) for each in SENDERS):
            raise Refused(
                f"{name} lies beside {', '.join(found[:5])}, and by its name has people who left, bounced or never "
                "confirmed. Nothing was imported. Import it by itself first, with a column “state”, or with “digest "
                "suppressions import”; then the others without it."
            )


_OF_THOSE_WHO_LEFT = ("cleaned", "unsub")
_EMPTY = "There is no CSV file in it."


def _must_have_room(path: Path, names: Sequence[str], folder: Path) -> None:
    """An archive may say of a few bytes that they are a thousand times as many, and a full disk stops the whole site.

    No more than it says of a file is ever unpacked.
    """
    with opened_archive(path) as archive:
        needed = sum(archive.getinfo(name).file_size for name in names)
    if needed > shutil.disk_usage(folder).free // 2:
        raise Refused(
            f"Unpacked, its files take {needed >> 20:,} MB, more than half of what is free under {folder.parent}. "
            "Unpack it where there is room, and import the folder. Nothing was imported."
        )


def _unpack(path: Path, name: str, folder: Path) -> Path:
    """Under its own name, which may tell where its readers stand."""
    target = folder / PurePosixPath(name.replace("\\", "/")).name
    try:
        with opened_archive(path) as archive, archive.open(name) as member, target.open("xb") as out:
            shutil.copyfileobj(member, out)
    except FileExistsError:
        raise Refused(f"It has {target.name} twice. Unpack it, and import one after the other.") from None
    except DAMAGED as error:
        raise Refused(
            f"It is damaged, or locked with a password ({error}). Unpack it yourself, or get it again."
        ) from None
    return target

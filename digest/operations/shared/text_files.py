"""Text files as people have them: in UTF-8, in the UTF-16 of Excel's “Unicode text”, in Windows-1252; and what is none.

A file is read in pieces and more than once, so that one of a million lines needs no more memory than one of ten.
"""

from __future__ import annotations

import codecs
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from digest.operations.shared.refusal import Refused

REMEDY = "Open it in a spreadsheet and save it as “CSV UTF-8”, then import that."
_PIECE = 1 << 16
_LONGEST_EXAMPLE = 80

_WORKBOOK = "an Excel workbook"
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"{_WORKBOOK} (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text with formatting (RTF)"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"<", "an HTML or XML page"),
    (b"{", "JSON"),
    (b"[{", "JSON"),
)
_PACKED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
)
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks (Unicode 16.0, section 23.8). The longer ones first: UTF-32's begins like UTF-16's."""


@dataclass(frozen=True)
class _Fault:
    """Where a file is not in some encoding, and why; `late` if letters beyond ASCII before that were."""

    line: int
    reason: str
    late: bool


@dataclass(frozen=True)
class TextFile:
    """A file that is text to its end. `example`: a line as a guessed encoding reads it, empty where it is no guess."""

    path: Path
    encoding: str
    example: str = ""

    @property
    def name(self) -> str:
        """Its name, without folders."""
        return self.path.name

    def open(self) -> TextIO:
        """From the beginning, with line ends as they are."""
        return self.path.open(encoding=self.encoding, newline="")


def text_file(path: Path) -> TextFile:
    """Find out how to read this file. Raises Refused, with the remedy, for what is no text, or can't be read."""
    try:
        if path.is_dir():
            raise Refused("This is a folder. Name the CSV file in it.")
        if path.exists() and not path.is_file():
            raise Refused("It can’t be read twice, as an import has to. Save it as a file first.")
        with path.open("rb") as file:
            start = file.read(_PIECE)
        _refuse_other_kinds(path, start)
        return _in_its_encoding(path, start)
    except FileNotFoundError:
        raise Refused("There is no such file.") from None
    except PermissionError:
        raise Refused("It may not be read by this user. Change its permissions, or copy it.") from None


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    if start.startswith((b"PK\3\4", b"PK\5\6")):
        raise Refused(_in_the_archive(path))
    text = start.lstrip(codecs.BOM_UTF8).lstrip()
    for magic, kind in _KINDS:
        if text.startswith(magic):
            raise Refused(
                f"This is {kind}, not CSV. {REMEDY if _WORKBOOK in kind else 'Export CSV from where it was made.'}"
            )
    for magic, kind in _PACKED:
        if start.startswith(magic):
            raise Refused(f"This is packed with {kind}. Unpack it, and import the CSV file in it.")


def _in_the_archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        names = []
    if any(name.startswith("xl/") for name in names):
        return f"This is {_WORKBOOK}, not CSV. {REMEDY}"
    if "content.xml" in names:
        return f"This is an OpenDocument spreadsheet, not CSV. {REMEDY}"
    if any(name.endswith(".iwa") or name.startswith("Index") for name in names):
        return "This is a Numbers spreadsheet, not CSV. Export it from Numbers as CSV in UTF-8, then import that."
    return "This is a ZIP archive. Unpack it, and import the CSV file in it."


def _in_its_encoding(path: Path, start: bytes) -> TextFile:
    marked = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "")
    encoding = marked or _unmarked_utf16(start) or "utf-8"
    fault = _fault(path, encoding)
    if fault is None:
        return TextFile(path, encoding)
    if encoding != "utf-8" or fault.late:
        name = encoding.upper().removesuffix("-SIG")
        raise Refused(f"It is {name}, but for line {fault.line} ({fault.reason}). {REMEDY}")
    if fault := _fault(path, "cp1252"):
        raise Refused(f"It is neither UTF-8 nor Windows-1252: line {fault.line} can’t be read. {REMEDY}")
    return TextFile(path, "cp1252", _first_foreign_line(path))


def _unmarked_utf16(start: bytes) -> str:
    """UTF-16 without its mark: every other byte of mostly Latin text is zero."""
    high, low = start[:1_000:2].count(0), start[1:1_000:2].count(0)
    most = min(len(start), 1_000) // 2
    if low > most * 0.8 and high < most * 0.2:
        return "utf-16-le"
    return "utf-16-be" if high > most * 0.8 and low < most * 0.2 else ""


def _fault(path: Path, encoding: str) -> _Fault | None:
    """Why the file is no text in this encoding; None if it is. Raises Refused for NULs, which no text has."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, late = 1, False
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                return _Fault(line + before.count(b"\n"), error.reason, late or not before.isascii())
            if "\0" in text:
                line += text[: text.index("\0")].count("\n")
                raise Refused(f"Line {line} holds a NUL byte, so this is no CSV file, or a damaged one. {REMEDY}")
            if not piece:
                return None
            line, late = line + text.count("\n"), late or not text.isascii()


def _first_foreign_line(path: Path) -> str:
    with path.open(encoding="cp1252", newline="") as file:
        for number, line in enumerate(file, 1):
            if not line.isascii():
                return f"line {number}: {line.strip()[:_LONGEST_EXAMPLE]}"
    return ""

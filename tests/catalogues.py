"""The catalogues of readers' languages: which texts the source has for them, and bringing new ones in.

`make catalogues`: texts that are new come in untranslated, those that are gone go out; what is translated stays.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from digest.config.catalogues import FOLDER

ROOT = Path(__file__).parents[1]
_SOURCES = {"digest": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}


def texts() -> Catalog:
    """Every text that the source says to readers, in English."""
    found = Catalog()
    for folder, methods in _SOURCES.items():
        for _, _, message, _, context in extract_from_dir(ROOT / folder, methods):
            found.add(message, context=context)
    return found


def read(path: Path) -> Catalog:
    """A catalogue as it is committed."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def bring_up_to_date(path: Path) -> int:
    """Write the catalogue anew, with every text there is; returns how many are to be translated."""
    head, kept, made = path.read_text("utf-8").partition("\n\n")[0], read(path), Catalog(locale=path.stem)
    for message in texts():
        if message.id:
            before = kept.get(message.id)
            made.add(message.id, before.string if before else "")
    body = BytesIO()
    write_po(body, made, width=120, sort_output=True, omit_header=True, no_location=True)
    path.write_text(f"{head}\n\n{body.getvalue().decode().strip()}\n", "utf-8")
    return sum(1 for message in made if message.id and not any(message.string or ()))


if __name__ == "__main__":
    for each in sorted(FOLDER.glob("*.po")):
        print(f"{each.relative_to(ROOT)}: {bring_up_to_date(each)} to translate")  # noqa: T201

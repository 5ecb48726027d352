"""Who may open which door: `docs/access.md` as a table, and the doors that the site's URL map has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

NOBODY, EDITOR, SENDER, ADMIN = ROLES = ("nobody", "editor", "sender", "admin")
"""Each may what those before it may."""
_DOCUMENT = Path(__file__).parents[3] / "docs" / "access.md"
_LINE = re.compile(r"^\| (GET|POST) `(/[^`]*)` \|" + r" (yes|–) \|" * len(ROLES), re.MULTILINE)
_WORDS = re.compile(r"\(([^)]+)\)")
_ARGUMENT = re.compile(r"<(?:[^<>:]+:)?(\w+)>")
VALUES = {
    "handle": "0" * 12,
    "token": "x" * 43,
    "name": "message-00000001.eml",
    "iso_date": "2024-05-17",
    "day": "2024-05-17",
}


@dataclass(frozen=True)
class Door:
    """One method at one address; of an address with words in it, each word is a door."""

    method: str
    address: str
    """As the document has it: `/desk/leads/<lead_id>`."""
    endpoint: str
    url: str
    """With the first of everything in it."""

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


def lowest_roles() -> Mapping[str, str]:
    """For each line of the document the lowest role that may: `GET /desk/leads/<lead_id>`."""
    told: dict[str, str] = {}
    for method, addresses, *marks in _LINE.findall(_DOCUMENT.read_text()):
        assert marks == sorted(marks, reverse=True), f"{addresses}: who may more may less"  # – comes after y
        for address in _each_word(addresses):
            assert told.setdefault(f"{method} {address}", ROLES[marks.index("yes")])
    return told


def doors(app: Flask) -> list[Door]:
    """Every door of the site."""
    return [door for rule in app.url_map.iter_rules() for door in _doors_of(rule)]


def _each_word(addresses: str) -> Iterator[str]:
    """`/(a, b)/c` as `/a/c` and `/b/c`."""
    parts = _WORDS.split(addresses)
    yield from map("".join, product(*(re.split(r", ", part) if at % 2 else [part] for at, part in enumerate(parts))))


def _doors_of(rule: Rule) -> Iterator[Door]:
    converters = rule._converters
    words = {name: sorted(found.items) for name, found in converters.items() if isinstance(found, AnyConverter)}
    for chosen in product(*words.values()):
        said = dict(zip(words, chosen, strict=True))
        built = rule.build({name: _value(name, converter) for name, converter in converters.items()} | said)
        assert built is not None, f"{rule}"
        address = _ARGUMENT.sub(lambda found, said=said: said.get(found[1], f"<{found[1]}>"), rule.rule)  # type: ignore[misc]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Door(method, address, str(rule.endpoint), built[1])


def _value(name: str, converter: BaseConverter) -> object:
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else VALUES.get(name, "x")
